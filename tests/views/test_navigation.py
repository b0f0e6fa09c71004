"""The row of pages for phones, and what stands on paper only."""

import re

from tests.views.pages import APP, page
from views.navigation import PAGE_NAMES


def test_every_page_stands_in_the_row() -> None:
    app = page()
    links = [one.proto.label for one in app.get("page_link")]
    assert links == ["Decide", "Fit & speed", "What if", "Sources", "Measurements"]


def test_names_in_the_address_are_those_of_the_pages() -> None:
    """The server answers 404 to a page that is not among them."""
    assert tuple(re.findall(r'url_path="([^"]+)"', APP.read_text("utf-8"))) == PAGE_NAMES
