"""Tables of llama-bench as people paste them: several devices, the processor, headings, flags, noise, scatter."""

import json
from collections.abc import Callable

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment
from calculator.physics.measured import measured_speed
from measurements.importers.facts import Facts, Known
from measurements.importers.reading import import_content, read_upload
from measurements.records.gate import gate_of
from measurements.records.record import Host
from measurements.records.store import Store
from measurements.records.trusted_speeds import is_usable, speeds_of
from tests.measurements.importers.examples import FIXTURES, KNOWN

CATALOG = load_catalog()
ALL_KNOWN = Known.of(CATALOG)
HEAD = (
    "| model                  |       size |   params | backend    | ngl |{head}          test |              t/s |\n"
    "| ---------------------- | ---------: | -------: | ---------- | --: |{rule}------------: | ---------------: |\n"
)
ROW = "| {model} | {size} | {params} | {backend} | {ngl} |{cell} {test} | {rate} |\n"


def table(*rows: dict[str, str], head: str = "", command: str = "") -> str:
    """A table of llama-bench with one more column `head`, below a command."""
    words = {
        "model": "qwen3 32B Q4_K - Medium",
        "size": "18.40 GiB",
        "params": "32.76 B",
        "backend": "CUDA",
        "ngl": "99",
        "test": "tg128",
        "rate": "38.50 ± 0.10",
        "cell": "",
    }
    lines = [f"{command}\n"] if command else []
    lines.append(HEAD.format(head=f" {head} |" if head else "", rule=" --- |" if head else ""))
    for row in rows:
        full = words | row
        full["cell"] = f" {full['cell']} |" if head else ""
        lines.append(ROW.format(**full))
    return "".join(lines)


def read(content: str, **facts: object):
    return import_content(content, facts=Facts(**facts), known=ALL_KNOWN, gate=gate_of(CATALOG))  # type: ignore[arg-type]


CARD: dict[str, object] = {"chip": "nvidia-rtx-4090", "models": {"": "qwen3-32b"}}


# -- several devices


def test_devices_of_a_column_are_counted() -> None:
    found = read(table({"cell": "CUDA0"}, {"cell": "CUDA0/CUDA1", "rate": "39.00 ± 0.10"}, head="dev"), **CARD)
    assert [record.host.chip_count for record in found.records] == [1, 2]


def test_rows_over_a_network_are_asked_for_and_never_one_chip(store: Store) -> None:
    content = table({"cell": "RPC1", "backend": "CUDA,RPC"}, {"cell": "RPC0/RPC1", "backend": "CUDA,RPC"}, head="dev")
    found = read(content, **CARD)
    assert (found.records, found.missing) == ((), ("chip_count",))
    assert "the number of chips that worked together" in found.question()
    stated = read(content, **CARD, chip_count=2)
    assert [record.host.chip_count for record in stated.records] == [1, 2]
    store.append_all(list(stated.records))
    assert speeds_of(store.records(), host=Host(), versions={}) == ()


def test_log_of_two_cards_gives_their_kind_and_number() -> None:
    prefill, decode = read(read_upload(FIXTURES / "llama_bench_two_cards.md")).records
    assert (prefill.host.chip, prefill.host.chip_count) == ("nvidia-rtx-4090", 2)
    assert (decode.model.model, decode.model.format, decode.engine.version) == ("llama-3-70b", "q4_k_m", "b6092")


def test_log_of_two_kinds_is_refused() -> None:
    content = read_upload(FIXTURES / "llama_bench_two_cards.md").replace("1: NVIDIA GeForce RTX 4090", "1: RTX 3090")
    found = read(content)
    assert found.records == ()
    assert "several kinds of chip" in found.refused[0].reason


# -- the processor


@pytest.mark.parametrize(
    ("row", "head", "command"),
    [
        ({"ngl": "0"}, "", ""),
        ({"ngl": "20"}, "", ""),
        ({"ngl": "64"}, "", ""),  # qwen3-32b has 64 layers and the output
        ({"backend": "CPU"}, "", ""),
        ({"backend": "BLAS"}, "", ""),
        ({"cell": "1"}, "nkvo", ""),
        ({"cell": "8"}, "n_cpu_moe", ""),
        ({"cell": "exps=CPU"}, "ot", ""),
        ({}, "", "llama-bench -m x.gguf --n-cpu-moe 12"),
        ({"cell": "none"}, "dev", ""),
    ],
)
def test_row_of_the_processor_is_kept_and_never_the_cards_speed(
    row: dict[str, str], head: str, command: str, store: Store
) -> None:
    found = read(table(row | {"rate": "4.45 ± 0.05"}, head=head, command=command), **CARD)
    assert (len(found.records), found.refused, found.missing) == (1, (), ())
    assert not is_usable(found.records[0])
    store.append_all(list(found.records))
    deployment = Deployment.of("nvidia-rtx-4090", "qwen3-32b", "q4_k_m", catalog=CATALOG)
    speeds = speeds_of(store.records(), host=Host(), versions={})
    assert measured_speed(speeds, deployment, phase="decode", context_tokens=64) is None


@pytest.mark.parametrize("ngl", ["99", "-1", "65", "999"])
def test_row_with_every_layer_on_the_card_is_used(ngl: str) -> None:
    (record,) = read(table({"ngl": ngl}), **CARD).records
    assert is_usable(record)


def test_row_of_the_processor_asks_for_no_chip() -> None:
    found = read(table({"backend": "CPU"}), models={"": "qwen3-32b"})
    assert [(record.host.chip, record.engine.backend) for record in found.records] == [("", "cpu")]


def test_llamafile_bench_names_the_processor() -> None:
    content = (
        "| cpu_info | model_filename | size | test | t/s |\n| --: | --: | --: | --: | --: |\n"
        "| AMD Ryzen 9 5950X 16-Core Processor (znver3) | Qwen3-32B-Q6_K | 25.04 GiB | tg16 | 2.10 |\n"
    )
    (record,) = read(content, chip="nvidia-rtx-4090").records
    assert (record.host.chip_name, record.model.model) == ("AMD Ryzen 9 5950X 16-Core Processor (znver3)", "qwen3-32b")
    assert not is_usable(record)


# -- headings and flags


def test_each_table_takes_the_heading_above_it() -> None:
    row = {"model": "qwen2 7B Q8_0", "size": "7.54 GiB", "params": "7.62 B", "rate": "90.00 ± 0.10"}
    content = f"# Results\n\n## Qwen2.5-7B-Instruct-Q8_0.gguf\n\n{table(row)}\n## Qwen3-32B-Q4_K_M.gguf\n\n{table({})}"
    found = read(content, chip="nvidia-rtx-4090")
    assert [record.model.model for record in found.records] == ["qwen2.5-7b", "qwen3-32b"]


def test_model_for_all_rows_is_only_for_those_that_the_text_does_not_name() -> None:
    row = {"model": "llama 3B Q4_K - Medium", "size": "1.87 GiB", "params": "3.21 B", "rate": "200.00 ± 0.10"}
    content = f"### Llama-3.2-3B-Instruct-Q4_K_M.gguf\n{table(row)}### Mystery\n"
    (record,) = read(content, chip="nvidia-rtx-4090", models={"": "tinyllama-1.1b"}).records
    assert record.model.model == "llama-3.2-3b"


def test_heading_of_another_model_is_not_the_rows() -> None:
    row = {"model": "llama 70B Q4_K - Medium", "size": "39.59 GiB", "params": "70.55 B", "rate": "18.50 ± 0.10"}
    content = f"### tinyllama-1.1b.Q4_K_M.gguf\n{table(row)}"  # a 70B row below a heading of 1.1B
    found = read(content, chip="nvidia-rtx-4090")
    assert found.missing == ("model",)
    refused = read(content, chip="nvidia-rtx-4090", models={"": "qwen3-32b"})
    assert "70.5 billion parameters, but qwen3-32b has 32.8 billion" in refused.refused[0].reason


def test_words_to_map_are_printed_and_accepted() -> None:
    row = {"model": "llama 8B Q4_K - Medium", "size": "4.58 GiB", "params": "8.03 B", "rate": "130.00 ± 0.10"}
    content = f"### My-Tune-8B-Q4_K_M.gguf\n{table(row)}"
    found = read(content, chip="nvidia-rtx-4090")
    assert '"My-Tune-8B-Q4_K_M.gguf"' in found.question()
    for name in ("My-Tune-8B-Q4_K_M.gguf", "llama 8B Q4_K - Medium"):
        (record,) = read(content, chip="nvidia-rtx-4090", models={name: "llama-3-8b"}).records
        assert record.model.model == "llama-3-8b"


@pytest.mark.parametrize(
    ("flags", "bits", "split"),
    [("-ctk q8_0 -ctv q8_0", 8, ""), ("-ctk f16 -ctv q4_0", 4, ""), ("-sm none", 0, "none"), ("-ctk q8_0,f16", 0, "")],
)
def test_flags_without_a_column_are_read(flags: str, bits: int, split: str) -> None:
    (record,) = read(table({}, command=f"$ ./llama-bench -m x.gguf {flags}"), **CARD).records
    assert (record.workload.kv_bits, record.workload.split) == (bits, split)


@pytest.mark.parametrize(
    ("line", "version"),
    [
        ("build: c81de6e1 (6092)", "b6092"),
        ("llama.cpp build e9fd8dc (7825)", "b7825"),
        ("version: 6092 (c81de6e1)", "b6092"),
    ],
)
@pytest.mark.parametrize("is_above", [True, False])
def test_build_is_read_with_and_without_its_colon(line: str, version: str, is_above: bool) -> None:
    content = f"{line}\n\n{table({})}" if is_above else f"{table({})}\n{line}\n"
    (record,) = read(content, **CARD).records
    assert record.engine.version == version


# -- scatter


@pytest.mark.parametrize(
    ("rate", "is_used"), [("1802.00 ± 882.00", True), ("1802.00 ± 1698.00", False), ("1802.00 ± 2700.00", False)]
)
def test_spread_above_half_is_a_remark_that_says_it_is_not_used(rate: str, is_used: bool) -> None:
    found = read(table({"test": "pp512", "rate": rate}), **CARD)
    (record,) = found.records
    assert is_usable(record) is is_used
    assert [remark.code for remark in record.remarks if remark.code == "spread"] == ([] if is_used else ["spread"])
    assert any("kept but not used" in text for _, text in found.warnings()) is not is_used


def test_spread_of_samples_counts_as_well() -> None:
    rows = json.loads(read_upload(FIXTURES / "llama_bench_2026-04.json"))
    rows[0]["samples_ts"] = [700.0, 7000.0, 7100.0, 900.0, 7200.0]
    first, second = import_content(json.dumps(rows), facts=Facts(), known=KNOWN).records
    assert (first.status, second.status) == ("rejected", "ok")


# -- dress


@pytest.mark.parametrize(
    "dress",
    [
        lambda text: "".join(f"> {line}\n" for line in text.splitlines()),
        lambda text: f"Hi all!\n\n```\n{text}```\nNot bad.",
        lambda text: "".join(f"\x1b[36m{line}\x1b[0m\r\n" for line in text.splitlines()),
        lambda text: "".join(f"llama-1  | {line}\n" for line in text.splitlines()),
        lambda text: "".join(f"    {line}\n" for line in text.splitlines()),
        lambda text: text.replace("±", "+/-"),
        lambda text: text.replace("|", "│"),
        lambda text: "".join(
            "\t".join(cell.strip() for cell in line.strip("|").split("|")) + "\n" for line in text.splitlines()
        ),
        lambda text: f"<details><summary>RTX 4090</summary>\n\n{text}</details>",
        lambda text: text.replace("| qwen3", "ggml_cuda_graph_set_enabled: ok\n| qwen3"),
        lambda text: f"{text}\n| card | price |\n|------|-------|\n| 4090 | 1,999 |\n",
        lambda text: f"| card | price |\n|------|-------|\n| 4090 | 1,999 |\n{text}",
        lambda text: text.replace("tg128", "**tg128**").replace("38.50 ± 0.10", "`38.50 ± 0.10`"),
    ],
)
def test_table_is_found_in_any_dress(dress: Callable[[str], str]) -> None:
    content = dress(table({}, {"test": "pp512", "rate": "1890.00 ± 5.00"}))
    found = read(content, **CARD)
    assert (len(found.records), found.missing) == (2, ())
    assert not found.refused


def test_csv_between_log_lines_is_read() -> None:
    lines = read_upload(FIXTURES / "llama_bench.csv").splitlines()
    noisy = ['ggml_cuda_init: found 1 CUDA devices, "ok"', *lines[:1], 'warning: a "quote', *lines[1:], "$ exit"]
    found = import_content("\n".join(noisy), facts=Facts(), known=KNOWN)
    assert (len(found.records), found.refused) == (2, ())
