"""Pasted results: what they lack is asked for, where the processor or another host took part is told."""

import pytest

from measurements.importers.facts import Collector, Facts
from measurements.importers.pasted import Pasted, keep, packing_of_name, rate
from measurements.importers.surroundings import Surroundings
from measurements.records.trusted_speeds import is_usable
from tests.measurements.importers.examples import KNOWN
from tests.measurements.importers.test_surroundings import seen

RUN = Pasted(
    tool="a tool", engine="llama.cpp", place="line 1", raw="x", decode=rate(38.0), prefill=rate(900.0),
    prompt_tokens=1000, answer_tokens=200, names=("Qwen3-32B-Q4_K_M.gguf",),
)  # fmt: skip


def kept(run: Pasted, *, text: str = "", gate: object = None, **facts: object):
    collector = Collector("a tool", gate=gate)  # type: ignore[arg-type]
    around = seen(text) if text else Surroundings()
    keep(run, around=around, facts=Facts(**facts), known=KNOWN, collector=collector)  # type: ignore[arg-type]
    return collector.imported()


def test_run_with_everything_is_one_record() -> None:
    (record,) = kept(RUN, chip="nvidia-rtx-4090").records
    assert (record.model.model, record.model.format, record.host.chip_count) == ("qwen3-32b", "q4_k_m", 1)
    assert is_usable(record)


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"names": ()}, ("chip", "model", "format")),
        ({"prompt_tokens": None}, ("chip", "prompt")),
        ({"answer_tokens": None}, ("chip", "answer")),
        ({"answer_tokens": None, "decode": None}, ("chip",)),
        ({"batch_count": 0}, ("chip", "batch")),
    ],
)
def test_missing_fact_is_asked_for(changes: dict[str, object], missing: tuple[str, ...]) -> None:
    fields = {name: getattr(RUN, name) for name in RUN.__slots__} | changes
    assert kept(Pasted(**fields)).missing == missing  # type: ignore[arg-type]


def test_devices_of_the_log_are_the_chip() -> None:
    log = "ggml_cuda_init: found 2 CUDA devices:\n  Device 0: NVIDIA GeForce RTX 4090, x\n  Device 1: NVIDIA GeForce RTX 4090, x"
    (record,) = kept(RUN, text=log).records
    assert (record.host.chip, record.host.chip_count) == ("nvidia-rtx-4090", 2)


def test_other_host_is_asked_for_and_not_used() -> None:
    command = "llama-server -m Qwen3-32B-Q4_K_M.gguf --rpc 10.0.0.2:50052"
    assert kept(RUN, text=command, chip="nvidia-rtx-4090").missing == ("chip_count",)
    (record,) = kept(RUN, text=command, chip="nvidia-rtx-4090", chip_count=2).records
    assert (record.host.chip_count, is_usable(record)) == (2, False)


def test_refused_prefill_leaves_the_decode() -> None:
    def gate(record):
        return "prefill: too fast." if record.result.prefill_tokens_per_s else None

    found = kept(RUN, gate=gate, chip="nvidia-rtx-4090")
    assert [record.result.prefill_tokens_per_s for record in found.records] == [None]
    assert [refusal.reason for refusal in found.refused] == ["prefill: too fast."]


@pytest.mark.parametrize("value", [0.0, -1.0, None, 1e300, float("inf")])
def test_rate_is_above_zero_and_finite(value: float | None) -> None:
    assert rate(value) is None


@pytest.mark.parametrize(
    ("name", "form"),
    [
        ("Qwen/Qwen3-32B-AWQ", "awq-int4"),
        ("neuralmagic/Llama-FP8-dynamic", "fp8"),
        ("nvidia/Llama-3.3-70B-NVFP4", "nvfp4"),
        ("x-GPTQ-Int8", "int8"),
        ("Qwen3-32B-Q4_K_M.gguf", "q4_k_m"),
        ("lawqit/model", None),
    ],
)
def test_packing_is_a_word_of_its_own(name: str, form: str | None) -> None:
    assert packing_of_name(name) == form
