"""Assumptions: what a row most likely means, by its maker's rule or its own columns, otherwise nothing."""

import pytest

from calculator.calibration.assumptions import runtime_of
from calculator.calibration.cases import Case, case_of
from calculator.calibration.rows import PublishedRow, rows_of
from calculator.catalog import load_catalog
from calculator.physics.memory.weights import weights_bytes

CATALOG = load_catalog()


def row(**values: str) -> PublishedRow:
    record = {
        "id": "x-1",
        "device_id": "nvidia-rtx-4090",
        "device_count": "1",
        "model_id": "llama-3-8b",
        "runtime_id": "llama.cpp",
        "format_id": "",
        "prompt_tokens": "512",
        "context_depth": "0",
        "batch": "1",
        "decode_tok_s": "130",
        "source": "github.com/a/b",
        "notes": "",
    }
    return rows_of([{**record, **values}])[0]


def format_id(**values: str) -> str:
    found = case_of(row(**values), CATALOG, assume=True)
    return found.deployment.format.id if isinstance(found, Case) else found


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({}, "q4_k_m"),
        ({"runtime_id": "vllm"}, "format not stated"),
        ({"runtime_id": "mlx-lm", "device_id": "apple-m4-max-40"}, "format not stated"),
        ({"model_id": "gpt-oss-20b"}, "mxfp4"),
        ({"format_id": "Q5_K_M"}, "q5_k_m"),
        ({"format_id": "mlx-4bit-dwq", "runtime_id": "mlx-lm"}, "mlx-4bit"),
        ({"format_id": "iq4_nl_xl"}, "iq4_nl"),
        ({"format_id": "exl2-4.2bpw", "runtime_id": "exllamav2"}, "exl2-4.0bpw"),
        ({"format_id": "gptq-8bit", "runtime_id": "vllm"}, "fp8"),
        ({"format_id": "something-else"}, "format something-else is not in the catalogue"),
        ({"weights_bits": "8.5"}, "q8_0"),
    ],
)
def test_format_is_what_the_row_most_likely_means(values: dict[str, str], expected: str) -> None:
    assert format_id(**values) == expected


def test_format_of_a_stated_file_has_its_size() -> None:
    # Llama 3 8B in Q6_K is a file of 6.6 GB
    found = case_of(row(file_size_gb="6.6"), CATALOG, assume=True)
    assert isinstance(found, Case)
    assert weights_bytes(found.deployment.model, format=found.deployment.format) / 1e9 == pytest.approx(6.6, rel=0.01)
    assert format_id(file_size_gb="60") == "format not stated"


def test_runtime_of_a_wrapper_is_its_engine() -> None:
    names = {
        name: runtime_of(row(runtime_id=name), CATALOG) for name in ("LM-Studio", "TabbyAPI", "mlx-vlm", "exllama")
    }
    assert {name: found.id if found else None for name, found in names.items()} == {
        "LM-Studio": "llama.cpp",
        "TabbyAPI": "exllamav2",
        "mlx-vlm": "mlx-lm",
        "exllama": None,
    }


def test_nothing_is_assumed_for_the_fit() -> None:
    assert case_of(row(), CATALOG) == "format not stated"
    assert case_of(row(runtime_id="jan", format_id="q4_k_m"), CATALOG) == "runtime jan is not in the catalogue"


def test_a_model_by_a_name_that_people_use_is_predicted_and_never_fitted() -> None:
    for words in ({"model_id": "llama3.1:8b"}, {"model_id": "", "model": "meta-llama/Llama-3.1-8B-Instruct"}):
        named = row(**words, format_id="q4_k_m")
        found = case_of(named, CATALOG, assume=True)
        assert isinstance(found, Case)
        assert found.deployment.model.id == "llama-3-8b"
        assert isinstance(case_of(named, CATALOG), str)
