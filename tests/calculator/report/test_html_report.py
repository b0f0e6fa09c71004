"""Report as one HTML file: complete, without remote parts, and whole on paper of both kinds."""

import re
from html import unescape
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.report.currency import shown
from calculator.report.facts import shown_cost_usd
from calculator.report.html_report import html_report
from calculator.report.memo_facts import memo_dict
from tests.calculator.report.pdf_text import page_texts

CATALOG = load_catalog()


@pytest.fixture(scope="module")
def found() -> Comparison:
    return compare(Scenario(), CATALOG, as_of="2026-11-26", draw_count=256)


def _text(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html.partition("<main>")[2])).split())


def test_report_says_what_the_answer_says(found: Comparison) -> None:
    text, memo = _text(html_report(found, CATALOG)), memo_dict(found, CATALOG, font="x")
    assert memo["recommendation"] in text
    for option in found.options:
        assert option.name in text
        assert shown(shown_cost_usd(option, found) or 0.0, scenario=found.scenario) in text
    for fact in (found.scenario.name, found.scenario_id, found.catalogue_hash, found.version, "2026-11-26"):
        assert fact in text
    assert "today's money (present value), staff hours counted" in text
    assert all(row["what"] in text for row in memo["sources"])


def test_report_has_no_script_and_no_remote_part(found: Comparison) -> None:
    html = html_report(found, CATALOG)
    assert not re.search(r"<(script|link|img|iframe|object|form|a)\b|@import|url\(", html)
    assert not re.search(r"\b(src|href|action)=", html)
    assert "default-src 'none'" in html
    assert html == html_report(found, CATALOG)


def test_hostile_name_is_only_a_text() -> None:
    name = "<script>alert(1)</script><img src=x onerror=alert(2)>"
    html = html_report(
        compare(Scenario(name=name, options=("dgx-spark", "api-same-model")), CATALOG, draw_count=64), CATALOG
    )
    assert "<script" not in html
    assert "<img" not in html
    assert "&lt;script&gt;" in html


@pytest.mark.browser
@pytest.mark.parametrize("paper", ["A4", "Letter"])
def test_printed_report_is_complete(
    found: Comparison, chromium: Browser, tmp_path: Path, paper: Literal["A4", "Letter"]
) -> None:
    file = tmp_path / "report.html"
    file.write_text(html_report(found, CATALOG), "utf-8")
    page = chromium.new_page()
    asked: list[str] = []
    errors: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.on("console", lambda message: errors.append(message.text))
    page.goto(file.as_uri())
    printed = "".join(" ".join(page_texts(page.pdf(format=paper, prefer_css_page_size=False))).split())
    memo = memo_dict(found, CATALOG, font="x")
    for option in found.options:
        assert "".join(option.name.split()) in printed
        assert "".join(shown(shown_cost_usd(option, found) or 0.0, scenario=found.scenario).split()) in printed
    assert "".join(memo["budget"]["whole"]["p90"].split()) in printed
    assert all("".join(row["what"].split()) in printed for row in memo["sources"])
    assert asked == [file.as_uri()]
    assert errors == []


@pytest.mark.browser
def test_report_is_readable_on_a_phone(found: Comparison, chromium: Browser, tmp_path: Path) -> None:
    file = tmp_path / "report.html"
    file.write_text(html_report(found, CATALOG), "utf-8")
    page = chromium.new_page(viewport={"width": 390, "height": 844})
    page.goto(file.as_uri())
    assert page.evaluate("document.documentElement.scrollWidth") <= 390


@pytest.mark.browser
def test_word_that_says_who_can_do_the_job_stands_at_the_left(
    found: Comparison, chromium: Browser, tmp_path: Path
) -> None:
    file = tmp_path / "report.html"
    file.write_text(html_report(found, CATALOG), "utf-8")
    page = chromium.new_page()
    page.goto(file.as_uri())
    sides = page.locator(".worded tbody tr:first-child td").evaluate_all(
        "cells => cells.map((cell) => getComputedStyle(cell).textAlign)"
    )
    page.close()
    assert sides == ["left", "left", *["right"] * 5]
