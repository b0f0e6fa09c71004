"""Text cells: harmless wherever they are opened, and unchanged where nothing is dangerous."""

import csv
import io
import random
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from xlsxwriter import Workbook

from calculator import Scenario, compare, load_catalog
from calculator.report.cells import harmless
from calculator.report.home_files import HOME_FILES
from calculator.report.workbook_page import Book
from tests.libreoffice import csv_filter, opened

HOSTILE = (
    "=1+1",
    "+1+1",
    "-1-1",
    "@SUM(1)",
    "name=a,=1+1",
    "a;=1+1",
    "a\t=1+1",
    "a|=1+1",
    "a\n=1+1",
    "a\r\n=1+1",
    "\x00=1+1",
    "a\x00;\x00=1+1",
    "  =1+1",
    '"=1+1',
    'a";=1+1;"',
    '";"=1+1',
    "'=1+1",
    "a, ;\t =1+1",
    "\uff1d1+1",
    "a\uff1b=1+1",
    "\ufeff=1+1",
    "\u200b=1+1",
    "\u2028=1+1",
    '=HYPERLINK("http://example.com","a"),=1+1',
    "=cmd|' /C calc'!A0",
)
SPLITTERS = re.compile('[,;|\t\r\n"]')
LETTERS = st.text(
    alphabet=st.sampled_from("=+-@;,|\t\r\n\x00\"' a1()\uff1d\uff0b\uff20\ufeff\u200b\u2212"), max_size=20
)


@given(LETTERS | st.text(max_size=30))
@example("a;=1+1")
def test_harmless_text_starts_no_formula_however_it_is_split(text: str) -> None:
    for piece in SPLITTERS.split(harmless(text)):
        first = unicodedata.normalize("NFKC", piece.strip())[:1].replace("\u2212", "-")
        assert first not in tuple("=+-@")


@given(LETTERS | st.text(max_size=30))
def test_harmless_text_only_gains_apostrophes_and_is_then_final(text: str) -> None:
    safe = harmless(text)
    assert harmless(safe) == safe
    assert _seen(safe) == _seen(text)


def _seen(text: str) -> list[str]:
    """The signs that take room, without apostrophes."""
    return [
        sign
        for sign in text
        if sign != "'" and not sign.isspace() and unicodedata.category(sign) not in ("Cc", "Cf", "Cs")
    ]


@pytest.mark.parametrize(
    "text", ["A firm of eight", "costs $5,568 less (2 x RTX 4090); see b", "2 - 1 = 1", "Zürich 日本"]
)
def test_harmless_leaves_plain_text_alone(text: str) -> None:
    assert harmless(text) == text


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_no_hostile_text_becomes_a_formula_in_libreoffice(tmp_path: Path, separator: str) -> None:
    """Written with commas and opened where each of the separators is the usual one; the raw texts show that it looks."""
    for name, texts in (("raw", HOSTILE), ("safe", tuple(map(harmless, HOSTILE)))):
        out = io.StringIO()
        csv.writer(out, lineterminator="\n").writerows(("row", text, "end") for text in texts)
        (tmp_path / f"{name}.csv").write_text(out.getvalue().replace("\x00", ""), "utf-8")
    filtered = csv_filter(separator)
    raw = opened(tmp_path / "raw.csv", infilter=filtered, folder=tmp_path / "a")
    safe = opened(tmp_path / "safe.csv", infilter=filtered, folder=tmp_path / "b")
    assert [cell for cell in raw if cell.formula]
    assert not [cell for cell in safe if cell.formula]
    assert len(safe) >= len(HOSTILE)


@pytest.mark.parametrize("separator", [",", ";"])
def test_every_table_of_a_hostile_scenario_opens_without_a_formula(tmp_path: Path, separator: str) -> None:
    catalog = load_catalog()
    name = 'a,=1+1;=2+2\t"=3+3'
    comparison = compare(Scenario(name=name, options=("dgx-spark", "api-same-model")), catalog, draw_count=64)
    for file in HOME_FILES:
        if file.is_table:
            path = tmp_path / f"{file.key}.csv"
            path.write_bytes(file.content(comparison, catalog))
            cells = opened(path, infilter=csv_filter(separator), folder=tmp_path / file.key)
            assert not [cell for cell in cells if cell.formula]
            assert any("2+2" in str(cell.value) for cell in cells)


def _texts(seed: int, count: int) -> list[str]:
    """Random texts of what starts, quotes and separates cells somewhere; XML knows no other control characters."""
    pick = random.Random(seed)
    signs = "=+-@;,|\t\n\"' a1()\uff1d\uff0b\uff0d\uff20\uff1b\ufeff\u200b\u2212"
    return ["".join(pick.choice(signs) for _ in range(pick.randint(1, 16))) for _ in range(count)]


def _plain_texts(seed: int, count: int) -> list[str]:
    """Random texts as people write them: a letter first, then anything that separates nothing, single blanks."""
    pick = random.Random(seed)
    signs = "abc XYZ 0123 .()%/&-+=@äß日"
    made = ("".join(pick.choice(signs) for _ in range(12)) for _ in range(count))
    return [" ".join(f"n{number}{text}z".split()) for number, text in enumerate(made)]


@pytest.mark.parametrize("separator", [",", ";"])
def test_random_texts_open_in_libreoffice_without_a_formula_and_plain_ones_unchanged(
    tmp_path: Path, separator: str
) -> None:
    plain = _plain_texts(5, 200)
    out = io.StringIO()
    rows = (
        (f"row {number}", harmless(text), harmless(plain[number % 200])) for number, text in enumerate(_texts(4, 600))
    )
    csv.writer(out, delimiter=separator, lineterminator="\n").writerows(rows)
    (tmp_path / "random.csv").write_text(out.getvalue(), "utf-8")
    for opens in (",", ";"):
        cells = opened(tmp_path / "random.csv", infilter=csv_filter(opens), folder=tmp_path / f"as{ord(opens)}")
        assert not [cell for cell in cells if cell.formula]
        if opens == separator:
            assert [harmless(text) for text in plain] == plain
            assert {cell.value for cell in cells if cell.column == 2} == set(plain)


def test_random_texts_are_no_formula_in_a_workbook_and_plain_ones_unchanged(tmp_path: Path) -> None:
    texts, plain = _texts(6, 600), _plain_texts(7, 200)
    workbook = Workbook(tmp_path / "random.xlsx", {"strings_to_formulas": False, "strings_to_urls": False})
    workbook.add_worksheet("Texts")
    page = Book(workbook).page("Texts")
    for row, text in enumerate(texts, start=4):
        page.row(row, (text, plain[row % 200]))
    workbook.close()
    cells = opened(tmp_path / "random.xlsx", folder=tmp_path / "opened")
    assert not [cell for cell in cells if cell.formula]
    assert set(plain) <= {cell.value for cell in cells}
