"""The row of pages for phones, and what stands on paper only."""

from tests.views.pages import page


def test_every_page_stands_in_the_row() -> None:
    app = page()
    links = [one.proto.label for one in app.get("page_link")]
    assert links == ["Decide", "Fit & speed", "What if", "Sources", "Measurements"]
