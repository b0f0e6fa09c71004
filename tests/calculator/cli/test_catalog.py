"""Command `catalog`: the list by weight, an import that passes the catalogue's checks, the package's prices and diff."""

import shutil
from pathlib import Path

import pytest

from calculator.__main__ import main
from calculator.catalog.loader import FOLDER, load_catalog
from calculator.catalog.package_prices import KEPT, PriceChange
from calculator.cli import catalog as command

HEAD = "id,kind,central,as_of,source,note\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    place = tmp_path / "catalog"
    shutil.copytree(FOLDER, place, ignore=shutil.ignore_patterns("*.py", "__pycache__"))
    return place


def _run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    out = capsys.readouterr()
    return code, out.out, out.err


def test_check_lists_first_what_would_turn_an_answer(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "catalog", "check", "--set", "options=mac-studio-m5-ultra-96,dual-rtx-4090-am5")
    assert code == 0
    lines = out.splitlines()
    assert "Mac or PC goes to" in lines[1] or "own, rent or API goes to" in lines[1]
    assert any(line.startswith("cloud-h100 ") and line.endswith("  -") for line in lines)


def test_import_adds_a_row_and_overwrites_none(
    folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "rows.csv"
    table.write_text(HEAD + "dgx-spark,street,6500,2026-11-20,h26-spark-price,a shop\n", "utf-8")
    before = (folder / "machines/dgx-spark.toml").read_text("utf-8")
    assert _run(capsys, "catalog", "import", str(table), "--dry-run", "--folder", str(folder))[0] == 0
    assert (folder / "machines/dgx-spark.toml").read_text("utf-8") == before
    code, out, _ = _run(capsys, "catalog", "import", str(table), "--folder", str(folder))
    assert (code, out.splitlines()[-1]) == (0, "Added to 1 files.")
    assert (folder / "machines/dgx-spark.toml").read_text("utf-8").startswith(before.rstrip())
    spark = load_catalog.__wrapped__(folder).machines["dgx-spark"]
    assert [row.price_usd.central for row in spark.prices][-2:] == [6950, 6500]
    assert spark.purchase_price().price_usd.central == 6500  # of 20 November, newer than the list price of 2 October


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("dgx-spark,street,0,2026-11-20,h26-spark-price,\n", "a price is above 0"),
        ("dgx-spark,gift,1,2026-11-20,h26-spark-price,\n", "kind"),
        ("dgx-spark,street,1,last week,h26-spark-price,\n", "as_of"),
        ("dgx-spark,street,1,2026-11-20,nobody,\n", "source 'nobody' is not in sources.toml"),
        ("dgx-spark,estimate,1,2026-11-20,h26-spark-price,\n", "ingredients_as_of"),
    ],
)
def test_import_passes_the_same_checks_as_any_row(
    row: str, said: str, folder: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "rows.csv"
    table.write_text(HEAD + row, "utf-8")
    before = {path: path.read_bytes() for path in folder.rglob("*.toml")}
    code, _, err = _run(capsys, "catalog", "import", str(table), "--folder", str(folder))
    assert code == 2
    assert said in err
    assert {path: path.read_bytes() for path in folder.rglob("*.toml")} == before


def test_import_of_a_file_that_is_not_there_is_one_sentence(capsys: pytest.CaptureFixture[str]) -> None:
    code, _, err = _run(capsys, "catalog", "import", "no-such-file.csv")
    assert code == 2
    assert "no-such-file.csv cannot be read" in err


def test_prices_show_input_and_output_apart(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "catalog", "prices", "anthropic/claude-opus-5-5")
    assert code == 0
    row = next(line for line in out.splitlines() if line.startswith("api:anthropic/claude-opus-5-5 "))
    assert row.split()[1:5] == ["4", "20", "0.2", "5"]


def test_diff_of_the_package_that_was_kept_is_empty(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, err = _run(capsys, "catalog", "diff")
    assert (code, out) == (0, "")
    assert err.startswith("0 prices of genai-prices ")


def test_figures_are_listed_by_their_place_each_with_its_source(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = _run(capsys, "catalog", "figures", "DGX-spark")
    assert code == 0
    lines = out.splitlines()
    figures = [line for line in lines if not line.startswith("    ")]
    assert figures
    assert all("dgx-spark" in line and " = " in line and line.endswith("]") for line in figures)
    assert any("price" in line for line in figures)
    assert len(lines) > len(figures)  # titles of sources and notes stand below
    assert _run(capsys, "catalog", "figures", "no such place")[1] == ""


def test_figures_drawn_at_random_are_the_same_for_the_same_seed(capsys: pytest.CaptureFixture[str]) -> None:
    def drawn(*more: str) -> list[str]:
        out = _run(capsys, "catalog", "figures", *more)[1]
        return [line for line in out.splitlines() if not line.startswith("    ")]

    five = drawn("--random", "5", "--seed", "3")
    assert len(five) == 5
    assert five == drawn("--random", "5", "--seed", "-3") != drawn("--random", "5", "--seed", "4")
    assert drawn("--random", "-1") == []


def test_import_of_a_file_that_is_no_text_is_one_sentence(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    table = tmp_path / "rows.csv"
    table.write_bytes(b"id,kind\n\xff\xfe")
    code, _, err = _run(capsys, "catalog", "import", str(table))
    assert code == 2
    assert "it is not UTF-8 text. Give a CSV file in UTF-8." in err


def test_diff_is_shown_and_kept_as_dated_rows_only_where_that_is_asked(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    kept = tmp_path / KEPT.name
    kept.write_text("head\n", "utf-8")
    gone = PriceChange("a/model", ("1", "2", "", "", ""), "2026-10-01", None, "2026-11-27")
    monkeypatch.setattr(command, "KEPT", kept)
    monkeypatch.setattr(command, "price_changes", lambda _day: [gone])  # pyright: ignore[reportUnknownLambdaType]
    code, out, err = _run(capsys, "catalog", "diff")
    assert (code, out) == (0, f"{gone.said()}\n")
    assert err.startswith("1 prices of genai-prices ")
    assert kept.read_text("utf-8") == "head\n"
    _, _, err = _run(capsys, "catalog", "diff", "--write")
    assert err.rstrip().endswith(f"; kept in {KEPT.name}.")
    head, row = kept.read_text("utf-8").splitlines()
    assert (head, row.split(",")[:2]) == ("head", ["a/model", "2026-11-27"])
