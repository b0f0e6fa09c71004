"""`predict`, read from the command line as a user would."""

import json
from pathlib import Path
from typing import Any

import pytest

from calculator.__main__ import main
from calculator.catalog.loader import FOLDER


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


PREDICT = ("predict", "--model", "llama-3-70b")


def _predicted(capsys: pytest.CaptureFixture[str], *arguments: str) -> dict[str, Any]:
    code, out, _ = run(capsys, "predict", *arguments, "--json")
    assert code == 0
    return json.loads(out)


def test_predict_says_load_times_and_joules(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, *PREDICT, "--machine", "mac-studio-m2-ultra-192-used", "--format", "mlx-8bit")
    assert found["load_s"]["cold"]["central"] == pytest.approx(74.96 / 7.4, rel=1e-3)
    assert found["load_s"]["cold"]["bound_by"] == "storage"
    assert found["load_s"]["warm"]["central"] < found["load_s"]["cold"]["central"]
    power = found["power"]
    assert (power["scope"], power["idle_w"]["central"]) == ("wall", 10)
    expected = power["decode_w"]["central"] / found["decode_tok_s"]["central"]
    assert power["decode_j_per_token"]["central"] == pytest.approx(expected)
    assert power["prefill_j_per_token"]["central"] < power["decode_j_per_token"]["central"]
    assert found["beyond_memory"] is None


@pytest.mark.parametrize(
    ("machine", "format_id", "runtime"),
    [
        ("mac-studio-m5-max-128", "q8_0", "llama.cpp"),
        ("mac-studio-m5-max-128", "mlx-8bit", "mlx-lm"),
        ("mac-studio-m5-max-128", "nvfp4", "mlx-lm"),
        ("dual-rtx-4090-am5", "awq-int4", "vllm"),
        ("dual-rtx-4090-am5", "q4_k_m", "llama.cpp"),
        ("dual-rtx-4090-am5", "f16", "llama.cpp"),
        ("cloud-h100", "q8_0", "llama.cpp"),
        ("cloud-h100", "fp8", "vllm"),
        ("dual-rtx-4090-am5", "exl2-4.0bpw", "exllamav2"),
    ],
)
def test_predict_takes_the_runtime_that_loads_the_format(
    capsys: pytest.CaptureFixture[str], machine: str, format_id: str, runtime: str
) -> None:
    """The machine's own where it does; a GGUF file is no file of mlx-lm."""
    assert answer(capsys, *PREDICT, "--machine", machine, "--format", format_id)["runtime"] == runtime


def test_predict_of_a_bare_chip_knows_no_watts(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, *PREDICT, "--machine", "nvidia-h200", "--format", "fp8")
    assert found["power"] is None


def test_predict_counts_boxes_of_macs_and_cards_of_pcs(capsys: pytest.CaptureFixture[str]) -> None:
    mac = ("--machine", "mac-studio-m3-ultra-512", "--format", "mlx-8bit")
    one, four = (answer(capsys, *PREDICT, *mac, "--count", str(count), "--split", "tensor") for count in (1, 4))
    assert (one["box_count"], four["box_count"]) == (1, 4)
    assert four["usable_bytes"] == 4 * one["usable_bytes"]
    assert four["power"]["decode_w"]["central"] == 4 * one["power"]["decode_w"]["central"]
    assert four["load_s"]["cold"]["central"] == pytest.approx(one["load_s"]["cold"]["central"] / 4)
    assert [row["code"] for row in four["remarks"]].count("boxes") == 1
    tcp = answer(capsys, *PREDICT, *mac, "--count", "4", "--split", "tensor", "--link", "tcp")
    assert tcp["decode_tok_s"]["central"] < four["decode_tok_s"]["central"]
    cards = answer(
        capsys, *PREDICT, "--machine", "nvidia-rtx-4090", "--count", "4", "--format", "awq-int4", "--split", "tensor"
    )
    p2p = answer(
        capsys,
        *PREDICT,
        "--machine",
        "nvidia-rtx-4090",
        "--count",
        "4",
        "--format",
        "awq-int4",
        "--split",
        "tensor",
        "--link",
        "p2p",
    )
    assert (cards["box_count"], cards["chip_count"]) == (1, 4)
    assert p2p["decode_tok_s"]["central"] > cards["decode_tok_s"]["central"]


def test_predict_beyond_memory_is_in_json_and_text(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (*PREDICT, "--machine", "dual-rtx-4090-am5", "--format", "q8_0")
    found = answer(capsys, *arguments)
    assert (found["fits"], found["decode_tok_s"]) == (False, None)
    beyond = found["beyond_memory"]
    assert beyond["how"] == "layers in system RAM"
    assert 0.5 < beyond["decode_tok_s"]["central"] < 3
    assert beyond["offload"]["card_layer_count"] + beyond["offload"]["host_layer_count"] == 80
    assert "layers in system RAM: decode" in run(capsys, *arguments)[1]
    mac = answer(
        capsys, *PREDICT, "--machine", "mac-studio-m2-ultra-192-used", "--format", "bf16", "--wired-limit-mb", "100000"
    )
    assert mac["beyond_memory"]["how"] == "beyond the wired limit"
    assert {"wired-limit-cliff", "beyond-wired-limit"} <= {row["code"] for row in mac["remarks"]}


def test_predict_under_a_power_limit_loses_7_percent_at_260_w(capsys: pytest.CaptureFixture[str]) -> None:
    card = ("predict", "--machine", "nvidia-rtx-4090", "--model", "qwen3.6-27b", "--format", "q3_k_m")
    full, capped = (answer(capsys, *card, *more) for more in ((), ("--power-limit-w", "260")))
    assert capped["decode_tok_s"]["central"] / full["decode_tok_s"]["central"] == pytest.approx(0.93, abs=0.005)
    in_turn = ("--machine", "dual-rtx-4090-am5", "--format", "q4_k_m")
    two, two_capped = (answer(capsys, *PREDICT, *in_turn, *more) for more in ((), ("--power-limit-w", "260")))
    assert two["decode_tok_s"]["central"] == two_capped["decode_tok_s"]["central"]


def test_predict_packs_the_cache_and_takes_a_smaller_step(capsys: pytest.CaptureFixture[str]) -> None:
    mac = (*PREDICT, "--machine", "mac-studio-m2-ultra-192-used", "--format", "mlx-8bit", "--context-tokens", "32768")
    full, packed, stepped = (
        answer(capsys, *mac, *more) for more in ((), ("--kv-bits", "8"), ("--prefill-step", "512"))
    )
    assert packed["kv_cache_bytes"] == full["kv_cache_bytes"] * 8.5 / 16
    assert stepped["transient_bytes"] < full["transient_bytes"]


def test_predict_and_finetune_take_a_described_model_of_ones_own(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    """What `measurements describe` writes has the form of the catalogue's own files."""
    own = tmp_path / "own.toml"
    own.write_text(
        (FOLDER / "models" / "llama-3-8b.toml").read_text("utf-8").replace('id = "llama-3-8b"', 'id = "mine"')
    )
    machine = ("--machine", "mac-studio-m2-ultra-192-used", "--format", "mlx-4bit")
    mine, known = (answer(capsys, "predict", *machine, "--model", name) for name in (str(own), "llama-3-8b"))
    assert (mine["model"], mine["peak_bytes"]) == ("mine", known["peak_bytes"])
    assert mine["decode_tok_s"]["central"] == pytest.approx(
        known["decode_tok_s"]["central"], rel=0.2
    )  # no row of its own
    assert answer(capsys, "finetune", *machine, "--qlora", "--model", str(own))["fits"]


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.toml", "x =", "is not valid TOML"),
        ("a.toml", "x = 1", "id is missing"),
        ("absent.toml", None, "cannot be read"),
        ("config.json", "{}", "measurements describe"),
    ],
)
def test_a_file_that_is_no_model_is_refused_with_one_sentence(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, name: str, content: str | None, said: str
) -> None:
    if content is not None:
        (tmp_path / name).write_text(content)
    code, out, err = run(
        capsys, "predict", "--machine", "rtx-5090-pc", "--format", "q4_k_m", "--model", str(tmp_path / name)
    )
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--link", "p2p"), "link is p2p"),
        (("--power-limit-w", "300"), "power_limit_w cannot be applied to Apple"),
        (("--kv-bits", "7"), "kv_bits is 7"),
        (("--prefill-step", "0"), "prefill_step is 0"),
        (("--second-tenant-gb", "-1"), "second_tenant_gb is -1"),
        (("--wired-limit-mb", "0"), "wired_limit_mb is 0"),
    ],
)
def test_predict_refuses_with_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = run(
        capsys, *PREDICT, "--machine", "mac-studio-m2-ultra-192-used", "--format", "mlx-4bit", *arguments
    )
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


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


def test_predict_70b_on_two_4090s_fits_at_4_bit_only(capsys: pytest.CaptureFixture[str]) -> None:
    two = ("--machine", "nvidia-rtx-4090", "--count", "2", "--model", "llama-3-70b", "--split", "layer")
    assert not _predicted(capsys, *two, "--format", "q8_0", "--context-tokens", "4096")["fits"]
    assert _predicted(capsys, *two, "--format", "q4_k_m", "--context-tokens", "4096")["fits"]


def test_predict_ranges_hold_the_published_speeds(capsys: pytest.CaptureFixture[str]) -> None:
    """12.1 tok/s on the M2 Ultra and 19.1 on two 4090s (layer split): XiongjieDai's table, llama.cpp, tg1024 from an
    empty cache.
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
    assert mac["decode_tok_s"]["low"] <= 12.1 <= mac["decode_tok_s"]["high"]
    assert pc["decode_tok_s"]["low"] <= 19.1 <= pc["decode_tok_s"]["high"]


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
def test_predict_refuses_ids_and_figures_with_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...]
) -> None:
    code, out, err = run(capsys, "predict", *arguments)
    assert code == 2
    assert out == ""
    assert len(err.strip().splitlines()) == 1


def test_predict_takes_drafts_only_with_an_acceptance(capsys: pytest.CaptureFixture[str]) -> None:
    asked = [
        "predict",
        "--machine",
        "nvidia-rtx-4090",
        "--model",
        "qwen3.8-27b",
        "--format",
        "q4_k_m",
        "--draft-tokens",
        "2",
    ]
    assert main(asked) == 2
    assert "needs both draft_tokens and acceptance" in capsys.readouterr().err
    assert main([*asked, "--acceptance", "0.8"]) == 0
    assert "2.44 tokens kept per step of 3" in capsys.readouterr().out


def test_draft_model_counts_its_memory_and_its_own_time(capsys: pytest.CaptureFixture[str]) -> None:
    words = ["predict", "--machine", "rtx-5090-pc", "--model", "qwen3-32b", "--format", "q4_k_m", "--json"]
    drafts = ["--draft-tokens", "4", "--acceptance", "0.7"]
    answers: list[dict[str, Any]] = []
    for more in ([], ["--draft-model", "qwen3-0.6b"], [*drafts], [*drafts, "--draft-model", "qwen3-0.6b"]):
        assert main([*words, *more]) == 0
        answers.append(json.loads(capsys.readouterr().out))
    plain, beside, free, drafted = answers
    assert plain["draft_bytes"] == 0 < beside["draft_bytes"] == beside["peak_bytes"] - plain["peak_bytes"]
    assert free["decode_tok_s"]["central"] > drafted["decode_tok_s"]["central"] > plain["decode_tok_s"]["central"]
    assert main([*words, "--draft-format", "q8_0"]) == 2
    assert "draft_format needs draft_model" in capsys.readouterr().err


def test_predict_takes_vllms_knobs_and_says_what_its_cache_holds(capsys: pytest.CaptureFixture[str]) -> None:
    """vllm issue 13061: 81,536 tokens at a utilisation of 0.98 on two RTX 4090s; 0.9 does not hold them."""
    asked = ("--machine", "dual-rtx-4090-am5", "--model", "qwen2.5-14b", "--format", "bf16", "--runtime", "vllm")
    asked = (*asked, "--split", "tensor", "--context-tokens", "81536")
    full = _predicted(capsys, *asked, "--gpu-memory-utilization", "0.98")
    assert full["fits"]
    assert full["cache_pool"]["cache_tokens"] == pytest.approx(81_536, rel=0.01)
    assert not _predicted(capsys, *asked)["fits"]
    few = _predicted(capsys, *asked, "--gpu-memory-utilization", "0.98", "--max-num-seqs", "16")
    wide = _predicted(capsys, *asked, "--gpu-memory-utilization", "0.98", "--max-num-batched-tokens", "64000")
    assert few["transient_bytes"] < full["transient_bytes"] < wide["transient_bytes"]
    code, out, _ = run(capsys, "predict", *asked, "--gpu-memory-utilization", "0.98")
    assert code == 0
    assert "requests of 81,536 tokens at once" in out


def test_predict_names_towers_and_whether_they_are_counted(capsys: pytest.CaptureFixture[str]) -> None:
    asked = ("--machine", "mac-studio-m4-max-128", "--model", "qwen3.5-9b", "--format", "mlx-4bit")
    sizes = {
        runtime: _predicted(capsys, *asked, "--runtime", runtime) for runtime in ("mlx-lm", "mlx-vlm", "lm-studio")
    }
    assert {name: found["towers_included"] for name, found in sizes.items()} == {
        "mlx-lm": False,
        "mlx-vlm": True,
        "lm-studio": True,
    }
    assert {found["tower_bytes"] for found in sizes.values()} == {912_020_960}
    assert sizes["lm-studio"]["weights_bytes"] == 5_950_062_560  # mlx-community/Qwen3.5-9B-4bit
    assert sizes["lm-studio"]["runtime"] == "lm-studio-mlx"
    assert _predicted(capsys, *asked, "--towers", "with")["weights_bytes"] == 5_950_062_560
    without = _predicted(capsys, *asked, "--runtime", "mlx-vlm", "--towers", "without")
    assert without["weights_bytes"] == sizes["mlx-lm"]["weights_bytes"]


def test_predict_loads_the_makers_checkpoint_as_released(capsys: pytest.CaptureFixture[str]) -> None:
    """Kimi-K2.6's files are 595,148,192,736 bytes; mlx-lm adds a bias to each group of its experts."""
    asked = ("--model", "kimi-k2.5", "--format", "as-released", "--context-tokens", "8192")
    on_vllm = _predicted(capsys, *asked, "--machine", "nvidia-h200", "--count", "8", "--split", "tensor")
    assert (on_vllm["runtime"], on_vllm["weights_bytes"], on_vllm["fits"]) == ("vllm", 595_148_192_736, True)
    assert on_vllm["decode_tok_s"]["central"] > 0
    on_mac = _predicted(capsys, *asked, "--machine", "mac-studio-m3-ultra-512", "--count", "2")
    assert on_mac["weights_bytes"] == pytest.approx(657.6e9, rel=0.001)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--format", "mxfp4-native"), "not published in MXFP4"),
        (("--format", "as-released", "--runtime", "llama.cpp"), "loads files converted from it"),
        (("--format", "q4_k_m", "--gpu-memory-utilization", "0.9"), "llama.cpp has none"),
        (("--format", "awq-int4", "--gpu-memory-utilization", "9"), "at most 1"),
        (("--format", "awq-int4", "--max-num-seqs", "0"), "max_num_seqs is 0"),
        (("--format", "mlx-4bit"), "vLLM, which serves on 2x RTX 4090 on an AM5 board, does not load MLX 4-bit"),
        (("--format", "exl3-4.0bpw", "--runtime", "vllm"), "is loaded by ExLlamaV3."),
        (("--format", "q4_k_m", "--runtime", "sglang"), "Formats for it: awq-int4, fp8, bf16."),
    ],
)
def test_predict_refuses_in_one_sentence(
    arguments: tuple[str, ...], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, _, error = run(capsys, *PREDICT, "--machine", "dual-rtx-4090-am5", *arguments)
    assert code == 2
    assert said in error
    assert len(error.strip().splitlines()) == 1
