"""Memo as a PDF: one page to approve, the same bytes twice, no remote part; one sentence where Typst is missing."""

import subprocess
import sys
from pathlib import Path
from typing import Literal

import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.errors import CalculatorError
from calculator.report.memo import memo_pdf
from tests.calculator.report.pdf_text import page_texts

CATALOG = load_catalog()


@pytest.fixture(scope="module")
def found() -> Comparison:
    return compare(Scenario(), CATALOG, as_of="2026-11-26", draw_count=256)


def test_memo_is_the_same_bytes_for_the_same_answer(found: Comparison) -> None:
    content = memo_pdf(found, CATALOG)
    assert content.startswith(b"%PDF")
    assert content == memo_pdf(found, CATALOG)
    again = compare(Scenario(), CATALOG, as_of="2026-11-26", draw_count=256)
    assert content == memo_pdf(again, CATALOG)


@pytest.mark.parametrize("paper", ["a4", "us-letter"])
def test_first_page_holds_what_is_approved(found: Comparison, paper: Literal["a4", "us-letter"]) -> None:
    first, second, *_ = page_texts(memo_pdf(found, CATALOG, paper=paper))
    assert "Approved by" in first
    assert "Whole plan" in first
    assert "Budget for Hosted API" in first or "BUDGET FOR HOSTED API" in first
    for option in found.options:
        assert option.name.split(" (")[0] in first
    assert found.scenario_id in first
    assert found.catalogue_hash in first
    assert "Appendix" in second


def test_page_to_approve_stays_one_page_with_twelve_options_and_long_reasons() -> None:
    options = (*list(CATALOG.machines)[:10], "cloud-h100", "api-same-model")
    values = {"options": options, "months": 84, "first_token_p95_target_s": 9, "name": "A long name " * 9}
    first, second, *_ = page_texts(memo_pdf(compare(Scenario.parse(values), CATALOG, draw_count=64), CATALOG))
    assert "Approved by" in first
    assert "Appendix" in second


def test_hostile_name_is_only_a_text() -> None:
    name = '#panic("x") $x$ *bold* <script>'
    found = compare(Scenario(name=name, options=("dgx-spark", "api-same-model")), CATALOG, draw_count=64)
    first, *_ = page_texts(memo_pdf(found, CATALOG))
    assert '#panic("x")' in first.replace("“", '"').replace("”", '"')


def test_missing_package_is_one_sentence(found: Comparison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "typst", None)
    with pytest.raises(CalculatorError, match=r"needs the package typst.*pip install"):
        memo_pdf(found, CATALOG)


MEMOS = """
import sys
from dataclasses import replace
from pathlib import Path
from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.report.memo import memo_pdf
from serving.free_memory import return_free_pages, share_free_memory
share_free_memory()
found = compare(Scenario(), load_catalog(), as_of="2026-11-26", draw_count=256)
for number in range(12):
    named = found.scenario.model_copy(update={"name": f"Firm {number}"})
    memo_pdf(replace(found, scenario=named), load_catalog())
    return_free_pages()
    print(int(Path("/proc/self/statm").read_text().split()[1]) * 4096)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads /proc")
def test_memory_does_not_grow_with_the_memos() -> None:
    """By 30 to 40 MB for each of ten, where typst keeps what it laid out."""
    root = Path(__file__).parents[3]
    done = subprocess.run([sys.executable, "-c", MEMOS], cwd=root, capture_output=True, text=True, check=True)
    held = [int(line) for line in done.stdout.split()]
    assert held[-1] - held[1] < 60_000_000
