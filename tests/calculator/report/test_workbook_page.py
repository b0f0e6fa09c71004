"""Pages of the workbook: names that spreadsheets allow, texts that start no formula, addresses."""

from io import BytesIO

import openpyxl
import pytest
from xlsxwriter import Workbook

from calculator.report.workbook_page import Book


@pytest.fixture
def out() -> BytesIO:
    return BytesIO()


@pytest.fixture
def book(out: BytesIO) -> Book:
    workbook = Workbook(out)
    workbook.add_worksheet("First page")
    return Book(workbook)


@pytest.mark.parametrize(
    ("key", "name"),
    [
        ("wage_usd_per_h", "wage_usd_per_h"),
        ("cloud-h100.rate_usd_per_h", "rate_usd_per_h_of_cloud_h100"),
        ("Host/model-1.5:free.input_usd_per_mtok", "input_usd_per_mtok_of_Host_model_1_5_free"),
    ],
)
def test_name_is_one_that_spreadsheets_allow(book: Book, key: str, name: str) -> None:
    assert book.name_for(key) == name
    assert book.name_for(key) == name


def test_two_keys_never_share_a_name(book: Book) -> None:
    keys = ("a-b.price_usd", "a_b.price_usd", "A_b.price_usd", "A_B.price_usd", "A-b_2.price_usd")
    names = [book.name_for(key) for key in keys]
    assert len({name.lower() for name in names}) == len(keys), "spreadsheets do not see the case of a name"
    assert [book.name_for(key) for key in keys] == names


def test_page_writes_texts_numbers_and_formulas_with_their_value(book: Book, out: BytesIO) -> None:
    page = book.page("First page", note="A note.", widths={0: 20})
    page.head(3, ("Figure", "Value"))
    page.row(4, ("=1+1", 2.5, None))
    page.formula(5, 1, "=B5*2", 5.0)
    assert page.at(4, 1) == "'First page'!B5"
    assert page.at(4, 1, fixed_row=True, fixed_column=True) == "'First page'!$B$5"
    assert page.span((4, 1), (5, 2)) == "'First page'!$B$5:$C$6"
    book.workbook.close()
    sheet = openpyxl.load_workbook(out)["First page"]
    assert [sheet[cell].value for cell in ("A1", "A2", "A4", "A5", "B5", "C5", "B6")] == [
        *("First page", "A note.", "Figure", "'=1+1", 2.5, None, "=B5*2")
    ]
    assert openpyxl.load_workbook(out, data_only=True)["First page"]["B6"].value == 5
