"""Measurements in a real browser: a probe survives a reload, an imported file changes the decision."""

import re
from collections.abc import Callable
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from playwright.sync_api import Page, expect

from measurements.probe.request import why_no_probe
from tests.browser.conftest import Visit, choose

pytestmark = pytest.mark.browser
Open = Callable[..., Visit]
BENCHMARK = Path(__file__).parents[1] / "fixtures" / "importers" / "mlx_lm_2026-03.txt"
QUESTION = (
    "?model=qwen3.5-4b&prompt_tokens=1024&retrieved_tokens=0&answer_tokens=64"
    "&options=mac-studio-m2-ultra-192-used&options=cloud-h100"
)


def go_to_measurements(seen: Visit) -> Page:
    """By the links at the top; on a phone they lie behind the button at the top left."""
    link, opener = (
        seen.page.get_by_role("link", name="Measurements").first,
        seen.page.get_by_test_id("stExpandSidebarButton"),
    )
    expect(link.or_(opener).first).to_be_visible()
    on_a_phone = opener.is_visible()
    if on_a_phone:
        opener.click()
    link.click()
    if on_a_phone:
        seen.page.get_by_test_id("stSidebarCollapseButton").get_by_role("button").click()
    seen.page.get_by_role("heading", name="What is stored").wait_for()
    return seen.page


def running(page: Page) -> None:
    expect(page.get_by_text("running", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Measure", exact=True)).to_be_disabled()


@pytest.mark.skipif(bool(why_no_probe()), reason="mlx-lm is not installed here")
def test_a_probe_survives_a_reload_shows_to_a_second_visitor_and_is_cancelled_by_him(visit: Open) -> None:
    seen = visit()
    page = go_to_measurements(seen)
    trials = page.get_by_role("spinbutton", name="Trials")
    trials.fill("50")
    trials.press("Enter")
    page.get_by_role("button", name="Measure", exact=True).click()
    running(page)

    page.reload()
    running(page)

    other = go_to_measurements(visit(width=390, height=844))
    running(other)
    assert other.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth") <= 390
    other.get_by_role("button", name="Cancel").click()
    for visitor in (other, page):
        expect(visitor.get_by_text("The probe was cancelled.").first).to_be_visible()
        expect(visitor.get_by_role("button", name="Measure", exact=True)).to_be_enabled()


def test_a_benchmark_brought_from_elsewhere_changes_the_decision(visit: Open, tmp_path: Path) -> None:
    seen = visit(QUESTION)
    fitted, address = seen.rows(), seen.page.url
    mac = seen.decide.locator("tr", has_text="M2 Ultra")
    expect(mac).to_contain_text("estimated")

    page = go_to_measurements(seen)
    page.locator("input[type=file][multiple]").set_input_files(BENCHMARK)
    expect(page.get_by_text("This file does not state the chip")).to_be_visible()
    chip = page.get_by_role("combobox", name="Measured on which chip?")
    name = "Apple M2 Ultra (76-core GPU)"
    choose(chip, page.get_by_role("option", name=name), name)
    page.get_by_role("button", name="Keep 1 measurement").click()
    expect(page.get_by_text("Imported 1; 0 were already stored")).to_be_visible()

    opened = page.get_by_role("combobox", name="Open one with its samples")
    choose(opened, page.get_by_role("option", name=re.compile("Qwen3.5 4B")), "Qwen3.5 4B")
    expect(page.get_by_text("Samples of decode_tokens_per_s")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name=re.compile("^Download these")).click()
    download.value.save_as(tmp_path / "measurements.jsonl")
    assert '"chip":"apple-m2-ultra-76"' in (tmp_path / "measurements.jsonl").read_text("utf-8")

    page.get_by_role("link", name="Decide").first.click()
    expect(mac).to_contain_text("measured elsewhere")
    assert parse_qs(urlsplit(page.url).query) == parse_qs(urlsplit(address).query)
    assert seen.rows() != fitted


def test_reason_why_a_file_is_refused_stands_on_the_page_whole(visit: Open, tmp_path: Path) -> None:
    seen = go_to_measurements(visit())
    large = tmp_path / "large.json"
    large.write_bytes(b" " * 21_000_000)
    seen.locator("input[type=file]").first.set_input_files(large)
    said = seen.locator("[data-testid=stFileChip] [role=alert]")
    expect(said).to_contain_text("or smaller")
    box = said.bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 1280
    assert said.evaluate("one => one.scrollWidth <= one.clientWidth && one.clientHeight >= 14")
