"""Example files, facts and generated rows for the tests of the importers."""

import json
import os
from pathlib import Path

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st

from measurements.importers import reading
from measurements.importers.facts import Facts, Known
from measurements.importers.reading import import_content, read_upload
from measurements.records.record import Measurement
from tests.measurements.examples import a_measurement

FIXTURES = Path(__file__).parents[2] / "fixtures" / "importers"


EXAMPLE_COUNT = 10_000 if os.environ.get("THOROUGH") else 200


KNOWN = Known(
    chips=(
        "amd-strix-halo-128",
        "apple-m2-ultra-76",
        "nvidia-h100-sxm-80",
        "nvidia-rtx-4080",
        "nvidia-rtx-4090",
        "nvidia-rtx-pro-6000",
    ),
    models=(
        "llama-2-7b",
        "llama-2-70b",
        "llama-3-70b",
        "llama-3.2-1b",
        "qwen2.5-7b",
        "qwen3-0.6b",
        "qwen3.5-4b",
        "qwen3-32b",
    ),
)


ALL_FACTS = Facts(
    chip="nvidia-rtx-4090", models={"": "llama-3-70b"}, format="q4_k_m", batch_count=1, measured_at="2026-08"
)


def read_example(name: str, **facts: object) -> "tuple[Measurement, ...]":
    found = import_content(read_upload(FIXTURES / name), facts=Facts(**facts), known=KNOWN)  # type: ignore[arg-type]
    assert (found.refused, found.missing) == ((), ())
    return found.records


SAMPLES = {
    "llama_bench_2025-10.jsonl": (Facts(), 6),
    "llama_bench_2026-04.json": (Facts(), 2),
    "llama_bench.csv": (Facts(), 2),
    "llama_bench_depth.md": (Facts(chip="nvidia-rtx-4090", models={"": "qwen2.5-7b"}), 4),
    "mlx_lm_2026-03.txt": (Facts(chip="apple-m2-ultra-76"), 1),
    "vllm_appended.json": (Facts(chip="nvidia-rtx-4090"), 2),
    "llama_bench_two_cards.md": (Facts(), 2),
    "llama_batched_bench.md": (Facts(chip="nvidia-rtx-4080"), 4),
    "llama_sweep_bench.md": (Facts(chip="nvidia-rtx-4080"), 3),
    "llama_timings.txt": (Facts(chip="nvidia-rtx-4090"), 2),
    "llama_server.json": (Facts(chip="nvidia-rtx-4090"), 1),
    "ollama_verbose.txt": (Facts(chip="apple-m2-ultra-76", models={"": "llama-3.2-1b"}), 1),
    "ollama_api.json": (Facts(chip="nvidia-rtx-4090"), 1),
    "mlx_lm_generate.txt": (Facts(chip="apple-m2-ultra-76"), 1),
    "vllm_serving.txt": (Facts(chip="nvidia-rtx-4090"), 1),
    "sglang_one_batch.txt": (Facts(chip="nvidia-rtx-4090"), 1),
    "exllamav3_perf.txt": (Facts(chip="nvidia-rtx-4090", models={"": "qwen3-32b"}), 4),
    "koboldcpp.txt": (Facts(chip="nvidia-rtx-4080", models={"": "qwen3-32b"}), 1),
    "lm_studio.txt": (Facts(chip="nvidia-rtx-4090", prompt_tokens=300), 2),
    "tabby_api.txt": (Facts(chip="nvidia-rtx-4090", models={"": "qwen3-32b"}, format="exl3-4.0bpw"), 1),
    "trtllm_bench.txt": (Facts(), 1),
    "csv_template.csv": (Facts(), 2),
}
"""Every fixture of which all rows are taken, with the facts that it lacks and the number of its records."""


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4),
    max_leaves=8,
)


many = settings(
    max_examples=EXAMPLE_COUNT,
    deadline=None,
    suppress_health_check=[
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
        HealthCheck.filter_too_much,
        HealthCheck.large_base_example,
    ],
)


def with_odd_values(row: dict[str, object]) -> "st.SearchStrategy[dict[str, object]]":
    return st.dictionaries(st.sampled_from(sorted(row)), json_values, max_size=6).map(lambda odd: {**row, **odd})


def check_sane(found: "reading.Imported") -> None:
    for record in found.records:
        assert Measurement.model_validate(record.model_dump(mode="json")) == record
    assert all(refusal.reason for refusal in found.refused)


LLAMA_ROW = json.loads((FIXTURES / "llama_bench_2026-04.json").read_text("utf-8"))[1]


VLLM_ROW = json.loads((FIXTURES / "vllm_appended.json").read_text("utf-8").splitlines()[0])


OWN_ROW = {"measurement": a_measurement().model_dump(mode="json")}


def spoilt(content: str) -> "st.SearchStrategy[str]":
    """The real text with parts cut out, doubled and replaced."""
    cut = st.integers(0, len(content))
    odd = st.text(max_size=12) | st.sampled_from(["|", "=", ",", "\n", '"', "9" * 400, "-1", "1e999", "nan", "\0", "±"])
    return st.tuples(cut, cut, odd, cut).map(
        lambda p: content[: p[0]] + p[2] + content[p[1] :] + p[2] + content[p[3] : p[3] + 80]
    )
