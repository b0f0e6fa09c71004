"""Command `predict`: the agreed shape, published speeds within the range, refusals in one sentence."""

import json

import pytest

from calculator.__main__ import main


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    out = capsys.readouterr()
    return code, out.out, out.err


def test_predict_json_has_the_agreed_shape(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(
        capsys,
        "predict",
        "--machine",
        "apple-m2-ultra-76",
        "--model",
        "llama-3-70b",
        "--format",
        "mlx-8bit",
        "--context-tokens",
        "32768",
        "--json",
    )
    answer = json.loads(out)
    assert code == 0
    keys = {
        "weights_bytes",
        "kv_cache_bytes",
        "transient_bytes",
        "peak_bytes",
        "usable_bytes",
        "fits",
        "decode_tok_s",
        "prefill_tok_s",
        "ttft_s",
        "remarks",
    }
    assert keys <= set(answer)
    assert answer["weights_bytes"] == pytest.approx(74.97e9, rel=0.005)
    assert answer["kv_cache_bytes"] == pytest.approx(10.74e9, rel=0.005)
    assert answer["fits"]


def _predicted(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, object]:
    code, out, _ = run(capsys, "predict", *arguments, "--json")
    assert code == 0
    return json.loads(out)


def test_predict_70b_on_two_4090s_fits_at_4_bit_only(capsys: pytest.CaptureFixture[str]) -> None:
    two = ("--machine", "nvidia-rtx-4090", "--count", "2", "--model", "llama-3-70b", "--split", "layer")
    assert not _predicted(capsys, *two, "--format", "q8_0", "--context-tokens", "4096")["fits"]
    assert _predicted(capsys, *two, "--format", "q4_k_m", "--context-tokens", "4096")["fits"]


def test_predict_ranges_hold_the_published_speeds(capsys: pytest.CaptureFixture[str]) -> None:
    """12.1 tok/s on the M2 Ultra and 19.1 on two 4090s (layer split): XiongjieDai's table, llama.cpp.

    tg1024 from an empty cache.
    """
    mac = _predicted(
        capsys,
        "--machine",
        "apple-m2-ultra-76",
        "--model",
        "llama-3-70b",
        "--format",
        "q4_k_m",
        "--runtime",
        "llama.cpp",
        "--context-tokens",
        "512",
    )
    pc = _predicted(
        capsys,
        "--machine",
        "nvidia-rtx-4090",
        "--count",
        "2",
        "--model",
        "llama-3-70b",
        "--format",
        "q4_k_m",
        "--runtime",
        "llama.cpp",
        "--context-tokens",
        "512",
    )
    assert mac["decode_tok_s"]["low"] <= 12.1 <= mac["decode_tok_s"]["high"]  # type: ignore[index]
    assert pc["decode_tok_s"]["low"] <= 19.1 <= pc["decode_tok_s"]["high"]  # type: ignore[index]


@pytest.mark.parametrize(
    "arguments",
    [
        ("--machine", "m4 ultra", "--model", "llama-3-8b", "--format", "q4_k_m"),
        ("--machine", "rtx-9090", "--model", "llama-3-8b", "--format", "q4_k_m"),
        ("--machine", "nvidia-rtx-4090", "--model", "nope", "--format", "q4_k_m"),
        ("--machine", "nvidia-rtx-4090", "--model", "llama-3-8b", "--format", "q4_k_z"),
        ("--machine", "nvidia-rtx-4090", "--model", "llama-3-8b", "--format", "q4_k_m", "--runtime", "nope"),
        ("--machine", "nvidia-rtx-4090", "--model", "llama-3-8b", "--format", "q4_k_m", "--batch", "0"),
        ("--machine", "nvidia-rtx-4090", "--model", "llama-3-8b", "--format", "q4_k_m", "--count", "0"),
        ("--machine", "nvidia-rtx-4090", "--model", "llama-3-8b", "--format", "q4_k_m", "--context-tokens", "-5"),
        ("--machine", "nvidia-rtx-4090", "--model", "llama-3-8b", "--format", "q4_k_m", "--memory-gib", "nan"),
    ],
)
def test_predict_refuses_with_one_sentence(capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]) -> None:
    code, out, err = run(capsys, "predict", *arguments)
    assert code == 2
    assert out == ""
    assert len(err.strip().splitlines()) == 1
