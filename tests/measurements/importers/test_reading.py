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
from tests.odd_values import ODD, objects_of, places, text_of, with_value


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
        ("", "The file is empty. It can be the output of"),
        ("\ufeff \r\n\t\n", "The file is empty. It can be the output of"),
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


NOISE = st.sampled_from(
    [
        "",
        "```",
        "```json",
        "> ",
        "$ ls -la",
        "PS C:\\Users\\me> ",
        "<details>",
        "</pre>",
        "ggml_cuda_init: GGML_CUDA_FORCE_MMQ:    no",
        "[2026-08-14 11:02:13] [INFO] ready { not json }",
        "INFO 08-14 11:02:13 [__init__.py:216] Automatically detected platform cuda.",
        "\x1b[33mwarning:\x1b[0m the GPU is warm",
        "100%|██████████| 500/500 [04:43<00:00,  1.76it/s]",
        "| card | price |",
        "|------|-------|",
        "==========",
        "## Some words",
        "Here is my run, what do you think?",
        'a "lonely quote',
        "key: value",
        "-----",
    ]
) | st.text(
    st.characters(blacklist_categories=["Cs"], blacklist_characters="\n\r\v\f\x1c\x1d\x1e\x85\u2028\u2029"), max_size=30
)
DRESSES: tuple[Callable[[str], str], ...] = (
    lambda line: line,
    lambda line: f"> {line}",
    lambda line: f"  {line}",
    lambda line: f"\x1b[36m{line}\x1b[0m",
    lambda line: f"{line}   ",
)


@pytest.mark.parametrize("name", SAMPLES)
@many
@given(data=st.data())
def test_noise_around_a_fixture_loses_no_row(name: str, data: st.DataObject) -> None:
    """Before, behind and, where the tool prints lines, between its lines; quoted, indented or coloured."""
    facts, count = SAMPLES[name]
    content = read_upload(FIXTURES / name)
    is_json = name.endswith(".json")  # one object over many lines: noise within it is broken JSON
    pieces = [content] if is_json else content.splitlines()
    for _ in range(data.draw(st.integers(1, 6))):
        pieces.insert(data.draw(st.integers(0, len(pieces))), data.draw(NOISE))
    dress = data.draw(st.sampled_from(DRESSES))
    noisy = "\n".join(dress(line) for piece in pieces for line in piece.split("\n"))
    found = import_content(noisy, facts=facts, known=KNOWN)
    assert (len(found.records), found.missing) == (count, ()), noisy


@pytest.mark.parametrize("name", [name for name in SAMPLES if name.endswith((".json", ".jsonl"))])
def test_value_of_another_kind_at_any_place_is_read_or_refused(name: str) -> None:
    """A list, a table, a number, a truth or nothing where a tool writes a text, and the other way round."""
    facts, _ = SAMPLES[name]
    document = objects_of((FIXTURES / name).read_text("utf-8"))[:1]
    tried = 0
    for place in places(document):
        for value in ODD:
            found = import_content(text_of(with_value(document, place, value)), facts=facts, known=KNOWN)
            check_sane(found)
            tried += len(found.records)
    assert tried > 50


def test_text_within_an_exported_record_is_not_read_again() -> None:
    """A record keeps the row as it was found, which may look like another tool's output."""
    record = a_measurement(
        notes="eval count: 5 token(s)\neval rate: 7.00 tokens/s\n| test | t/s |\n| tg8 | 1.0 ± 0.1 |"
    )
    found = import_content(f"log\n{record.canonical_json()}\nlog", facts=ALL_FACTS, known=KNOWN)
    assert (found.format, found.records, found.refused) == ("this tool", (record,), ())


def test_one_text_may_hold_results_of_several_tools() -> None:
    names = ("llama_bench_two_cards.md", "vllm_serving.txt", "llama_timings.txt", "ollama_api.json")
    content = "\n\n".join(read_upload(FIXTURES / name) for name in names)
    found = import_content(content, facts=Facts(chip="nvidia-rtx-4090"), known=KNOWN)
    assert found.format == "ollama, llama-bench, llama.cpp timings, serving benchmark"
    assert len(found.records) == sum(SAMPLES[name][1] for name in names)


@pytest.mark.parametrize(
    "line",
    [
        "| test | t/s |\n" * 20_000,
        "| test | t/s |\nbuild: abcdef0 (1)\n" * 20_000,
        "| model | test | t/s |\n" + "| llama 8B Q4_0 | tg8 | 1.0 ± 0.1 |\n" * 5_000,
        "| PP | TG | B | N_KV | S_PP t/s | S_TG t/s |\n|1|\n" * 10_000,
        "eval count: 1 token(s)\neval rate: 5 tokens/s\n" * 10_000,
        "eval time = 1 ms / 2 x\n" * 20_000,
        "Prompt: 1 tokens, 2 tokens-per-sec\n" * 10_000,
        "Successful requests: 1\nOutput token throughput (tok/s): 3\n" * 5_000,
        "CtxLimit:1/1, Amt:1/1, Process:" * 10_000,
        "1 tok/sec • 1 tokens " * 20_000,
        "decode_tokens_per_s,model\n" + "," * 500_000,
        "Output generated in 1 " * 20_000 + "tokens generated in ",
        "avg_ts,n_gen\n" + '"' * 500_000,
    ],
)
def test_hostile_text_of_every_importer_ends_soon(line: str) -> None:
    began = time.process_time()
    check_sane(import_content(line, facts=ALL_FACTS, known=KNOWN))
    assert time.process_time() - began < 10
