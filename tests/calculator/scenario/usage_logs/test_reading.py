"""Every format: its own totals, the same in any packing, and never an uncaught exception."""

import io
import json
import subprocess
import sys
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.errors import ScenarioError
from calculator.scenario.usage_logs.demand_of import demand_of
from calculator.scenario.usage_logs.reading import read_usage
from calculator.scenario.usage_logs.tally import Tally
from tests.calculator.scenario.usage_logs.examples import (
    CSV_FORMATS,
    FIXTURES,
    JSON_FORMATS,
    MANY,
    counts,
    csv_of,
    lines_of,
    times,
    words,
)


def _read(name: str) -> Tally:
    with (FIXTURES / name).open("rb") as stream:
        return read_usage(stream)


TOTALS = {
    # requests, input, cached, output, repeats: summed by hand from the rows of each file
    "openai_completions.csv": (36, 34_832, 1_280, 7_776, 0),
    "anthropic_console.csv": (0, 186_889, 8_000, 52_220, 0),
    "claude_code.jsonl": (3, 2_375, 760, 220, 2),
    "codex.jsonl": (2, 150, 80, 30, 1),
    "litellm_spend_logs.json": (2, 139, 84, 1_609, 0),
    "litellm_spend_logs.csv": (2, 139, 64, 1_609, 0),
    "otlp_spans.json": (2, 131, 40, 39, 0),
    "console_spans.json": (1, 10, 0, 5, 0),
    "plain.csv": (4, 5_000, 2_000, 400, 0),
}


@pytest.mark.parametrize("name", TOTALS)
def test_totals_of_each_format_are_its_own(name: str) -> None:
    found = _read(name)
    totals = (found.request_count, found.input_tokens, found.cached_tokens, found.output_tokens, found.repeats)
    assert totals == TOTALS[name]


def test_every_fixture_is_tested() -> None:
    assert {path.name for path in FIXTURES.iterdir()} == set(TOTALS)


def test_totals_of_codex_equal_its_own_running_total() -> None:
    last = json.loads((FIXTURES / "codex.jsonl").read_text("utf-8").splitlines()[-1])
    total = last["payload"]["info"]["total_token_usage"]
    found = _read("codex.jsonl")
    assert (found.input_tokens, found.cached_tokens, found.output_tokens) == (
        total["input_tokens"],
        total["cached_input_tokens"],
        total["output_tokens"],
    )


def test_totals_do_not_depend_on_how_a_document_is_packed() -> None:
    rows = json.loads((FIXTURES / "litellm_spend_logs.json").read_text("utf-8"))
    packings = (
        json.dumps(rows),
        json.dumps(rows, indent=4),
        json.dumps({"data": rows}),
        "".join(f"{json.dumps(row)}\n" for row in rows),
        "".join(json.dumps(row, indent=1) for row in rows),
    )
    for text in packings:
        found = read_usage(io.BytesIO(text.encode()))
        assert (found.request_count, found.input_tokens, found.cached_tokens) == (2, 139, 84), text[:40]


def test_several_logs_add_up_and_a_session_copied_into_another_file_counts_once() -> None:
    tally = Tally()
    for _ in range(2):
        with (FIXTURES / "claude_code.jsonl").open("rb") as stream:
            read_usage(stream, tally=tally)
    assert (tally.request_count, tally.input_tokens, len(tally.sessions)) == (3, 2_375, 2)


def test_row_with_a_key_twice_is_not_read_and_said_in_lines_and_in_a_document() -> None:
    def row(day: int, twice: str = "") -> str:
        return f'{{{twice}"prompt_tokens": 10, "completion_tokens": 5, "startTime": "2026-11-0{day}T10:00:00Z"}}'

    rows = [row(2), row(3, twice='"prompt_tokens": 900, '), row(4)]
    for content in (
        "\n".join(rows),
        "\n".join(rows[1:] + rows[:1]),
        f"[{','.join(rows)}]",
        f'{{"data": [{",".join(rows)}]}}',
    ):
        tally = read_usage(io.BytesIO(content.encode()))
        assert (tally.request_count, tally.input_tokens, tally.twice) == (2, 20, 1)
        found = demand_of(tally)
        assert any("1 row is not read, because the key 'prompt_tokens' appears" in remark for remark in found.remarks)
    with pytest.raises(ScenarioError, match="1 row is not read, because the key 'prompt_tokens' appears twice in it"):
        read_usage(io.BytesIO(rows[1].encode()))


def test_metadata_text_with_keys_twice_is_not_read_and_said_in_one_sentence_whatever_the_file() -> None:
    """The text of LiteLLM's metadata column counts as its table does; only the first three keys are named."""
    table = "{" + ", ".join(f'"{key}": 1, "{key}": 2' for key in ("a", "b", "c", "d", "e")) + "}"
    head = '"prompt_tokens": 10, "completion_tokens": 5, "startTime": "2026-11-0{}T10:00:00Z"'
    kinds = (json.dumps(table), table)
    rows = [
        [f'{{{head.format(day)}, "metadata": {kind if day > 2 else "{}"}}}' for day in range(1, 6)] for kind in kinds
    ]
    quoted = table.replace('"', '""')
    spend = [f'2026-11-0{day}T10:00:00Z,10,5,"{quoted if day > 2 else "{}"}"' for day in range(1, 6)]
    csv = "\n".join(["startTime,prompt_tokens,completion_tokens,metadata", *spend])
    for content in (csv, *(text for kind in rows for text in ("\n".join(kind), f"[{','.join(kind)}]"))):
        tally = read_usage(io.BytesIO(content.encode()))
        assert (tally.request_count, tally.twice) == (2, 3)
        said = [remark for remark in demand_of(tally).remarks if "twice" in remark]
        assert said == [
            "3 rows are not read, because the keys 'a', 'b', 'c' and 2 more appear twice in them and programs differ in "
            "which value they take."
        ]
    wrapped = f'{{"data": [{rows[0][4]}]}}'
    with pytest.raises(
        ScenarioError, match="1 row is not read, because the keys 'a', 'b', 'c' and 2 more appear twice"
    ):
        read_usage(io.BytesIO(wrapped.encode()))


def test_hours_are_those_of_the_time_zone() -> None:
    with (FIXTURES / "claude_code.jsonl").open("rb") as stream:
        found = read_usage(stream, zone=ZoneInfo("America/New_York"))
    assert [hour for hour, count in enumerate(found.hourly) if count] == [
        6,
        2 * 24 + 11,
    ]  # Monday 6:00, Wednesday 11:30


def test_broken_record_hides_no_other() -> None:
    broken = b'[{"startTime":"2026-09-23T09:00:00Z","prompt_tokens":5,"messages":"cut off\n},\n'
    whole = b'{"startTime":"2026-09-23T09:00:00Z","prompt_tokens":7,"completion_tokens":1}]'
    found = read_usage(io.BytesIO(broken + whole))
    assert (found.request_count, found.input_tokens) == (1, 7)


@pytest.mark.parametrize(
    "content", [b"", b"\n \n", b"\xef\xbb\xbf", b"hello\n", b"{}", b"[]", b"\x00\xff" * 99, b'{"a":']
)
def test_file_without_usage_is_refused_in_a_sentence(content: bytes) -> None:
    with pytest.raises(ScenarioError, match=r"^The file (is empty|holds no usage that can be read)\. Give "):
        read_usage(io.BytesIO(content))


def _never_breaks(content: bytes) -> None:
    try:
        tally = read_usage(io.BytesIO(content))
        demand_of(tally, requests_per_day=100.0).scenario()
    except ScenarioError as refused:
        assert str(refused).endswith(".")
    else:
        assert 0 <= tally.cached_tokens <= tally.input_tokens
        assert sum(tally.hourly) == tally.hourly_count <= tally.request_count


@pytest.mark.parametrize("kind", JSON_FORMATS)
@MANY
@given(data=st.data())
def test_json_of_any_content_is_read_or_refused(kind: str, data: st.DataObject) -> None:
    records: list[Any] = data.draw(st.lists(JSON_FORMATS[kind], min_size=1, max_size=3))
    packed = data.draw(st.sampled_from(["lines", "array", "indented", "cut"]))
    content = (
        lines_of(records)
        if packed in ("lines", "cut")
        else json.dumps(records, indent=packed == "indented" or None).encode()
    )
    _never_breaks(content[: data.draw(st.integers(0, len(content)))] if packed == "cut" else content)


@pytest.mark.parametrize("kind", CSV_FORMATS)
@MANY
@given(data=st.data())
def test_csv_of_any_content_is_read_or_refused(kind: str, data: st.DataObject) -> None:
    header = CSV_FORMATS[kind]
    cell = counts | times | words
    rows = data.draw(st.lists(st.lists(cell, max_size=len(header) + 1), max_size=4))
    _never_breaks(csv_of(header, rows))


@MANY
@given(content=st.binary(max_size=300))
def test_bytes_of_any_kind_are_read_or_refused(content: bytes) -> None:
    _never_breaks(content)


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    """40 MB of lines, and one line of 40 MB: both are read within 100 MB above the program itself."""
    text = "word " * 400
    row = {"type": "assistant", "timestamp": "2026-06-22T10:00:00Z", "message": {"content": text}}
    usage = {"input_tokens": 5, "output_tokens": 2}
    lines = tmp_path / "lines.jsonl"
    with lines.open("w", encoding="utf-8") as file:
        for number in range(20_000):
            row["message"] = {"id": str(number), "content": text, "usage": usage}
            file.write(json.dumps(row) + "\n")
    one = tmp_path / "one.json"
    with one.open("w", encoding="utf-8") as file:
        file.write("[")
        for number in range(20_000):
            row["message"] = {"id": str(number), "content": text, "usage": usage}
            file.write(("," if number else "") + json.dumps(row))
        file.write("]")
    code = (
        "import resource, sys\n"
        "from calculator.scenario.usage_logs.reading import read_usage\n"
        "before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss\n"
        "with open(sys.argv[1], 'rb') as stream: found = read_usage(stream)\n"
        "print(found.request_count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)\n"
    )
    for path in (lines, one):
        said = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
        count, grown = map(int, said.stdout.split())
        assert count == 20_000
        assert grown < (100 * 2**20 if sys.platform == "darwin" else 100 * 2**10)
