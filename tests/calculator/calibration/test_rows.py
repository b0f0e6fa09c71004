"""Rows: one row of a table with its conditions, and tables that cannot be read."""

from pathlib import Path

import pytest

from calculator.calibration.rows import PublishedRow, publisher_of, read_table, rows_of
from calculator.errors import CalculatorError

PUBLISHED = Path(__file__).parents[3] / "measurements" / "published.csv"


RECORD = {
    "id": "x-1",
    "device_id": "apple-m4-max-40",
    "device_count": "1",
    "model_id": "llama-3-8b",
    "runtime_id": "llama.cpp",
    "format_id": "q4_k_m",
    "prompt_tokens": "512",
    "context_depth": "0",
    "batch": "1",
    "decode_tok_s": "50",
    "source": "github.com/a/b x.csv",
    "notes": "",
}


def row(**values: str) -> PublishedRow:
    return rows_of([{**RECORD, **values}])[0]


def test_rates_that_are_the_baseline_of_a_speculative_run_are_not_speculative() -> None:
    assert not row(speculative="True", notes="baseline w/o speculation; with MTP flag: 41.3").speculative
    assert row(speculative="True", notes="MTP speculative drafting ON").speculative
    assert row(runtime_id="ollama", model="qwen3.6:27b-mtp-q8_0", format_id="q8_0").speculative


def test_depth_is_the_mean_while_decoding() -> None:
    # 128 tokens generated after 4,096: the middle one sees 4,160
    assert row(context_depth="4096", notes="llama-bench pp2048/tg128 @ d4096, fa=1").context_tokens == 4096 + 64
    # a run of 1,024 tokens from an empty cache, whatever the prompt of the other test
    assert row(prompt_tokens="1024", notes="tgN starts from empty KV (mean depth ~N/2)").context_tokens == 512


def test_publisher_of_a_source_is_the_owner() -> None:
    assert publisher_of("https://github.com/x/y/issues/1 comment") == "github.com/x"
    assert publisher_of("getop.com forum report (page, zh)") == "getop.com"
    assert publisher_of("") == ""


def test_publisher_of_an_issue_is_its_author_where_named() -> None:
    assert publisher_of("github.com/jundot/omlx issues/1783 (abkrim)") == "github.com/abkrim"
    assert (
        publisher_of("github.com/a/b docs/x.py @4a29 (data: discussion 62 @laurimyllari)") == "github.com/laurimyllari"
    )
    assert publisher_of("github.com/a/b README.md (second reading)") == "github.com/a"


def test_publisher_of_a_data_file_is_the_same_in_all_of_its_rows() -> None:
    # one file, whose single streams name whose data they are and whose batches do not
    file = "github.com/a/b docs/power.py @4a29"
    named, unnamed, other = (
        {**RECORD, "id": name, "source": source}
        for name, source in (("x-1", f"{file} (data: discussion 62 @someone)"), ("x-2", file), ("x-3", f"{file}0"))
    )
    assert [one.publisher for one in rows_of([unnamed, other, named])] == [
        "github.com/someone",
        "github.com/a",
        "github.com/someone",
    ]


def test_read_table_names_what_is_wrong(tmp_path: Path) -> None:
    with pytest.raises(CalculatorError, match="does not exist; give the path"):
        read_table(tmp_path / "none.csv")
    (tmp_path / "t.csv").write_text("id,device_id\n1,2\n")
    with pytest.raises(CalculatorError, match="lacks the columns device_count"):
        read_table(tmp_path / "t.csv")


@pytest.mark.parametrize(
    ("cell", "reason"),
    [
        ({"decode_tok_s": "fast"}, "decode_tok_s is not a number from 0 to 100,000,000"),
        ({"prompt_tokens": "-5"}, "prompt_tokens is not a number from 0 to 100,000,000"),
        ({"batch": "inf"}, "batch is not a number from 0 to 100,000"),
        ({"decode_tok_s": "1,300.5"}, ""),
        ({"decode_tok_s": "nan"}, ""),
    ],
)
def test_cell_that_is_no_number_spoils_its_row_alone(cell: dict[str, str], reason: str) -> None:
    assert row(**cell).unreadable == reason
    assert row(decode_tok_s="1,300.5").decode_tokens_per_s == 1300.5


def test_read_table_reads_every_shipped_row() -> None:
    rows = read_table(PUBLISHED)
    assert len(rows) > 1500
    assert len({one.id for one in rows}) == len(rows)
    assert all(one.batch_count >= 1 and one.device_count >= 1 and one.source for one in rows)
