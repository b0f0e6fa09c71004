"""Entry point of the importers: encodings, truncated files, unknown formats, limits."""

import json
import re
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from measurements.importers import reading
from measurements.importers.facts import Facts, Known
from measurements.importers.reading import decode, import_content, read_upload
from measurements.records.gate import gate_of
from measurements.records.record import MeasurementError
from tests.measurements.examples import a_measurement
from tests.measurements.importers.examples import (
    ALL_FACTS,
    FIXTURES,
    KNOWN,
    LLAMA_ROW,
    SAMPLES,
    check_sane,
    many,
    spoilt,
)


def test_gate_refuses_a_row_with_its_reason() -> None:
    found = import_content(
        read_upload(FIXTURES / "llama_bench_2025-10.jsonl"),
        facts=Facts(),
        known=KNOWN,
        gate=lambda record: "too fast" if record.workload.depth_tokens == 1024 else None,
    )
    assert len(found.records) == 4
    assert [(refusal.place, refusal.reason) for refusal in found.refused] == [
        ("object 3", "too fast"),
        ("object 4", "too fast"),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("", "unknown format"),
        ("hello", "unknown format"),
        ("{}", "unknown format"),
        ("[1, 2]", "unknown format"),
        ("{", "broken JSON"),
        ('{"n_prompt": NaN}', "unknown format"),
        ("[" * 200_000, "broken JSON"),
        ('{"n_prompt": ' + "9" * 5000 + "}", "broken JSON"),
        ('{"avg_ts": 3.0, "tokens": 5}', "unknown format"),
    ],
)
def test_file_that_no_parser_knows_is_refused_with_a_sentence(content: str, said: str) -> None:
    found = import_content(content, facts=Facts(), known=KNOWN)
    assert (found.records, len(found.refused)) == ((), 1)
    assert said in found.refused[0].reason


def test_jsonl_cut_off_in_the_middle_keeps_what_was_whole() -> None:
    content = read_upload(FIXTURES / "llama_bench_2025-10.jsonl")
    found = import_content(content[: len(content) // 2], facts=Facts(), known=KNOWN)
    assert len(found.records) == 3
    assert [refusal.place for refusal in found.refused] == ["after object 3"]


@pytest.mark.parametrize("name", SAMPLES)
@pytest.mark.parametrize(
    "spoil",
    [
        lambda text: text.encode("utf-16"),  # what PowerShell's > writes
        lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
        lambda text: text.encode("utf-8-sig"),
        lambda text: text.replace("\n", "\r\n").encode(),
        lambda text: ("\n\n" + text + "\n\n").encode(),
    ],
    ids=["utf-16", "utf-16-be", "mark", "crlf", "blank-lines"],
)
def test_file_in_another_dress_is_the_same_file(name: str, spoil: Callable[[str], bytes]) -> None:
    facts, count = SAMPLES[name]
    content = spoil(read_upload(FIXTURES / name))
    found = import_content(decode(content, name=name), facts=facts, known=KNOWN)
    assert (len(found.records), found.refused, found.missing) == (count, (), ())


def test_array_cut_off_in_the_middle_keeps_what_was_whole() -> None:
    content = read_upload(FIXTURES / "llama_bench_2026-04.json")
    found = import_content(content[: len(content) * 3 // 5], facts=Facts(), known=KNOWN)
    assert len(found.records) == 1
    assert [refusal.place for refusal in found.refused] == ["after object 1"]


def test_nan_of_one_row_leaves_the_others() -> None:
    """Python's writers print NaN where no request was complete; the file goes on behind it."""
    lines = read_upload(FIXTURES / "vllm_appended.json").splitlines()
    first = json.loads(lines[0]) | {"median_tpot_ms": float("nan"), "request_rate": float("inf")}
    found = import_content("\n".join([json.dumps(first), *lines[1:]]), facts=Facts(chip="nvidia-rtx-4090"), known=KNOWN)
    assert len(found.records) == 1
    assert [refusal.place for refusal in found.refused] == ["object 1"]
    record = a_measurement()
    own_line = record.canonical_json().replace("12.1", "NaN", 1)
    assert "finite" in import_content(own_line, facts=Facts(), known=Known()).refused[0].reason


@pytest.mark.parametrize(
    ("name", "spoil", "said"),
    [
        # 4.36 GiB, the size of this file, stated as bytes of 4.36 GB
        (
            "llama_bench_2026-04.json",
            lambda text: re.sub(r'"model_size": \d+', '"model_size": 4360000000', text),
            "GiB were read as GB",
        ),
        # 3.504 GB of peak: below the weights of this model in 8 bits, 4.5 GB
        ("mlx_lm_2026-03.txt", lambda text: text.replace("4bit", "8bit"), "of the weights"),
    ],
)
def test_gib_read_as_gb_is_refused(name: str, spoil: Callable[[str], str], said: str) -> None:
    catalog = load_catalog()
    facts = Facts(chip="apple-m2-ultra-76") if name.startswith("mlx") else Facts()
    known = Known(tuple(catalog.chips), tuple(catalog.models))
    content = read_upload(FIXTURES / name)
    assert import_content(content, facts=facts, known=known, gate=gate_of(catalog)).refused == ()
    found = import_content(spoil(content), facts=facts, known=known, gate=gate_of(catalog))
    assert found.records == ()
    assert said in found.refused[0].reason


@pytest.mark.parametrize(
    "line", ["|" * 2_000_000, "prompt_tps= generation_tps= " * 50_000, '{"n_prompt": "' + "9" * 2_000_000]
)
def test_huge_line_ends_soon(line: str) -> None:
    began = time.process_time()
    check_sane(import_content(line, facts=ALL_FACTS, known=KNOWN))
    assert time.process_time() - began < 5


def test_device_without_an_end_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(reading, "LARGEST_FILE_BYTES", 1_000)
    with pytest.raises(MeasurementError, match="goes on beyond 1,000 bytes"):
        read_upload(Path("/dev/zero"))


def test_upload_that_is_no_text_or_too_large_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "x.json"
    file.write_bytes(b"\xff\xfe\x00")
    with pytest.raises(MeasurementError, match="not UTF-8"):
        read_upload(file)
    monkeypatch.setattr(reading, "LARGEST_FILE_BYTES", 2)
    with pytest.raises(MeasurementError, match="the limit is 2"):
        read_upload(file)
    with pytest.raises(MeasurementError, match="cannot be read"):
        read_upload(tmp_path / "none")


@many
@given(
    st.text(max_size=300)
    | st.binary(max_size=200).map(lambda raw: raw.decode("utf-8", "replace"))
    | spoilt(json.dumps(LLAMA_ROW))
)
def test_any_content_never_raises(content: str) -> None:
    check_sane(import_content(content, facts=ALL_FACTS, known=KNOWN))
