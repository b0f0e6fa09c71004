"""Charts in a real browser: no line hides another."""

import json
from collections.abc import Callable
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.browser.conftest import Visit

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]


def test_of_two_lines_that_lie_on_each_other_the_second_is_dashed(visit: Open) -> None:
    pair = ("dual-rtx-4090-am5", "dual-rtx-4090-threadripper")
    prices = json.dumps({f"{option}.price_usd": 9_000 for option in pair})
    seen = visit(f"?options={pair[0]}&options={pair[1]}&figures={quote(prices)}")
    lines = seen.decide.locator("polyline.line")
    expect(lines).to_have_count(2)
    dashes = [line.evaluate("(one) => getComputedStyle(one).strokeDasharray") for line in lines.all()]
    assert ["8px" in dash for dash in dashes] == [False, True]
