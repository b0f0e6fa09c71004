"""The page for the OpenAPI document: kinds in words, and nothing that a description could run."""

from serving.api_page import api_page
from serving.openapi import Operation, openapi_document
from serving.questions import ChoiceQuestion


def test_kinds_are_words_and_bounds_are_said() -> None:
    asked = Operation("/api/choose.json", "Many.", "application/json", takes=ChoiceQuestion, with_scenario=True)
    page = api_page(openapi_document([], questions=[asked]))
    assert "Takes the values of a scenario, and:" in page
    assert "<code>budget_usd</code></td><td>number, 0 to 100,000,000,000</td>" in page
    assert "<code>months</code></td><td>whole number, 12 to 84" in page
    assert "None" not in page


def test_descriptions_are_text_and_never_markup() -> None:
    page = api_page(openapi_document([Operation("/api/<b>.csv", "<img src=x> & more", "text/csv", ("a", "<i>"))]))
    assert "<img" not in page
    assert "&lt;img src=x&gt; &amp; more" in page
    assert "<i>" not in page
