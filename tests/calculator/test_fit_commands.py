"""finetune, retrieval and what predict says of running a machine: read from the command line as a user would."""

import json
from pathlib import Path
from typing import Any

import pytest

from calculator.__main__ import main
from calculator.catalog import load_catalog
from calculator.catalog.hardware import hardware_of
from calculator.catalog.loader import FOLDER
from calculator.cli.memory import second_tenant

CATALOG = load_catalog()


def run(capsys: pytest.CaptureFixture[str], *arguments: str) -> tuple[int, str, str]:
    code = main(arguments)
    out, err = capsys.readouterr()
    return code, out, err


def answer(capsys: pytest.CaptureFixture[str], *arguments: str) -> Any:
    code, out, err = run(capsys, *arguments, "--json")
    assert (code, err) == (0, "")
    return json.loads(out)


PREDICT = ("predict", "--model", "llama-3-70b")


# --- finetune -----------------------------------------------------------------------------------------------------------


def test_finetune_adds_up_byte_by_byte(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(capsys, "finetune", "--machine", "mac-studio-m3-ultra-256", "--model", "llama-3-8b", "--rank", "16", "--batch", "4")  # fmt: skip
    parts = ("weights_bytes", "adapter_bytes", "optimizer_bytes", "activation_bytes", "base_bytes")
    assert sum(found[name] for name in parts) == pytest.approx(found["peak_bytes"], abs=len(parts))
    assert (found["format"], found["method"], found["fits"]) == ("bf16", "LoRA", True)
    assert found["adapter_bytes"] == 4 * found["trainable_parameters"]
    assert found["optimizer_bytes"] == 12 * found["trainable_parameters"]
    assert found["headroom_bytes"] == found["usable_bytes"] - found["peak_bytes"]


def test_qlora_fits_where_lora_does_not_on_both_kinds(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("finetune", "--model", "mistral-small-3.1-24b", "--sequence-tokens", "1024")
    for machine, packed in (("dual-rtx-4090-am5", "nf4"), ("apple-m4-10", "mlx-4bit")):
        plain = answer(capsys, *arguments, "--machine", machine)
        small = answer(capsys, *arguments, "--machine", machine, "--qlora")
        assert (plain["fits"], small["fits"], small["format"]) == (False, True, packed)
        assert plain["remarks"][0]["code"] == "finetune-does-not-fit"


def test_finetune_text_names_every_part(capsys: pytest.CaptureFixture[str]) -> None:
    code, out, _ = run(capsys, "finetune", "--machine", "dual-rtx-4090-am5", "--model", "llama-3-70b", "--qlora")
    assert code == 0
    for word in (
        "does not fit",
        "weights",
        "adapters",
        "gradients, Adam",
        "activations",
        "base",
        "one card must also hold",
    ):
        assert word in out


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--qlora", "--format", "bf16"), "is not packed"),
        (("--format", "q4_k_m"), "Add --qlora"),
        (("--rank", "0"), "rank is 0"),
        (("--machine", "mac-studio-m4-ultra"), "M4 Ultra"),
        (("--count", "100"), "count is 100"),
        (("--memory-gib", "nan"), "memory_gib is nan"),
    ],
)
def test_finetune_refuses_with_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = run(capsys, "finetune", "--machine", "rtx-5090-pc", "--model", "llama-3-8b", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


# --- retrieval ----------------------------------------------------------------------------------------------------------


def test_retrieval_gives_the_second_tenant_and_its_pool(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("retrieval", "--documents", "1000000", "--dimensions", "768", "--index", "hnsw")
    bare = answer(capsys, *arguments)
    assert bare["index_bytes"] == pytest.approx(1e6 * 3_212.267, rel=1e-6)  # 768 x 4 + 2 x 16 x 4 + 16/15 x 4 + 8
    assert (bare["pool"], bare["fits"]) == (None, None)
    pc = answer(capsys, *arguments, "--machine", "dual-rtx-4090-am5")
    assert (pc["pool"], pc["pool_bytes"], pc["fits"]) == ("the PC's own memory", (128 - 6) * 2**30, True)
    mac = answer(capsys, *arguments, "--machine", "mac-studio-m5-ultra-96")
    assert (mac["pool"], mac["pool_bytes"]) == ("unified memory", (96 - 8) * 2**30)
    chunked = answer(capsys, *arguments, "--chunks", "5")
    assert chunked["vectors"] == 5_000_000


def test_second_tenant_of_retrieval_is_what_predict_counts_where_it_lives(capsys: pytest.CaptureFixture[str]) -> None:
    tenant = answer(capsys, "retrieval", "--documents", "10000000", "--dimensions", "1024")["second_tenant_gb"]
    assert tenant == pytest.approx(40.96)
    format_of = {"mac-studio-m2-ultra-192-used": "mlx-8bit", "dual-rtx-4090-am5": "q4_k_m"}
    for machine, format_id in format_of.items():
        alone, beside = (
            answer(capsys, *PREDICT, "--machine", machine, "--format", format_id, "--second-tenant-gb", str(gb))
            for gb in (0, tenant)
        )
        grown = beside["peak_bytes"] - alone["peak_bytes"]
        assert grown == (round(tenant * 1e9) if machine.startswith("mac") else 0)  # cards: it lies in the PC's memory


def test_second_tenant_too_large_for_its_pool() -> None:
    hardware = hardware_of(CATALOG.machines["rtx-5090-pc"], chips=CATALOG.chips)
    found = second_tenant(10**8, size_bytes=10**12, hardware=hardware, catalog=CATALOG)
    assert found.fits is False


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--documents", "-1"), "documents is -1"), (("--dimensions", "0"), "dimensions is 0"), (("--links", "1"), "cannot be"),
        (("--number-bytes", "nan"), "number_bytes is nan"), (("--machine", "no-such"), "no-such"),
    ],
)  # fmt: skip
def test_retrieval_refuses_with_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = run(capsys, "retrieval", "--documents", "10", "--dimensions", "8", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


# --- predict ------------------------------------------------------------------------------------------------------------


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
        ("mac-studio-m5-max-128", "q8_0", "llama.cpp"), ("mac-studio-m5-max-128", "mlx-8bit", "mlx-lm"), ("mac-studio-m5-max-128", "nvfp4", "mlx-lm"),
        ("dual-rtx-4090-am5", "awq-int4", "vllm"), ("dual-rtx-4090-am5", "q4_k_m", "llama.cpp"), ("dual-rtx-4090-am5", "f16", "llama.cpp"),
        ("cloud-h100", "q8_0", "llama.cpp"), ("cloud-h100", "fp8", "vllm"), ("dual-rtx-4090-am5", "exl2-4.0bpw", "exllamav2"),
    ],
)  # fmt: skip
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
    cards = answer(capsys, *PREDICT, "--machine", "nvidia-rtx-4090", "--count", "4", "--format", "awq-int4", "--split", "tensor")  # fmt: skip
    p2p = answer(capsys, *PREDICT, "--machine", "nvidia-rtx-4090", "--count", "4", "--format", "awq-int4", "--split", "tensor", "--link", "p2p")  # fmt: skip
    assert (cards["box_count"], cards["chip_count"]) == (1, 4)
    assert p2p["decode_tok_s"]["central"] > cards["decode_tok_s"]["central"]


def test_predict_beyond_memory_is_in_json_and_text(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = (*PREDICT, "--machine", "dual-rtx-4090-am5", "--format", "q8_0")
    found = answer(capsys, *arguments)
    assert (found["fits"], found["decode_tok_s"]) == (False, None)
    beyond = found["beyond_memory"]
    assert beyond["how"] == "layers in the PC's memory"
    assert 0.5 < beyond["decode_tok_s"]["central"] < 3
    assert beyond["offload"]["card_layer_count"] + beyond["offload"]["host_layer_count"] == 80
    assert "layers in the PC's memory: decode" in run(capsys, *arguments)[1]
    mac = answer(capsys, *PREDICT, "--machine", "mac-studio-m2-ultra-192-used", "--format", "bf16", "--wired-limit-mb", "100000")  # fmt: skip
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
        ("a.toml", "x =", "is not valid TOML"), ("a.toml", "x = 1", "id is missing"), ("absent.toml", None, "cannot be read"),
        ("config.json", "{}", "measurements describe"),
    ],
)  # fmt: skip
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
        (("--link", "p2p"), "link is p2p"), (("--power-limit-w", "300"), "power_limit_w cannot be applied to Apple"),
        (("--kv-bits", "7"), "kv_bits is 7"), (("--prefill-step", "0"), "prefill_step is 0"), (("--second-tenant-gb", "-1"), "second_tenant_gb is -1"),
        (("--wired-limit-mb", "0"), "wired_limit_mb is 0"),
    ],
)  # fmt: skip
def test_predict_refuses_with_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = run(
        capsys, *PREDICT, "--machine", "mac-studio-m2-ultra-192-used", "--format", "mlx-4bit", *arguments
    )
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1
