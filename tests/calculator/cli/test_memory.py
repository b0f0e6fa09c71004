"""`finetune` and `retrieval`, read from the command line as a user would."""

import json
from typing import Any

import pytest

from calculator.__main__ import main
from calculator.catalog import load_catalog
from calculator.catalog.hardware import hardware_of
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


def test_finetune_adds_up_byte_by_byte(capsys: pytest.CaptureFixture[str]) -> None:
    found = answer(
        capsys,
        "finetune",
        "--machine",
        "mac-studio-m3-ultra-256",
        "--model",
        "llama-3-8b",
        "--rank",
        "16",
        "--batch",
        "4",
    )
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


def test_retrieval_gives_the_second_tenant_and_its_pool(capsys: pytest.CaptureFixture[str]) -> None:
    arguments = ("retrieval", "--documents", "1000000", "--dimensions", "768", "--index", "hnsw")
    bare = answer(capsys, *arguments)
    assert bare["index_bytes"] == pytest.approx(1e6 * 3_212.267, rel=1e-6)  # 768 x 4 + 2 x 16 x 4 + 16/15 x 4 + 8
    assert (bare["pool"], bare["fits"]) == (None, None)
    pc = answer(capsys, *arguments, "--machine", "dual-rtx-4090-am5")
    assert (pc["pool"], pc["pool_bytes"], pc["fits"]) == ("system RAM", (128 - 6) * 2**30, True)
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
        (("--documents", "-1"), "documents is -1"),
        (("--dimensions", "0"), "dimensions is 0"),
        (("--links", "1"), "cannot be"),
        (("--number-bytes", "nan"), "number_bytes is nan"),
        (("--machine", "no-such"), "no-such"),
    ],
)
def test_retrieval_refuses_with_one_sentence(
    capsys: pytest.CaptureFixture[str], arguments: tuple[str, ...], said: str
) -> None:
    code, out, err = run(capsys, "retrieval", "--documents", "10", "--dimensions", "8", *arguments)
    assert (code, out) == (2, "")
    assert said in err
    assert len(err.strip().splitlines()) == 1


def test_retrieval_in_words_says_where_the_index_lives(capsys: pytest.CaptureFixture[str]) -> None:
    """A million vectors of 768 numbers of 4 bytes, in one flat list: 3.072 GB."""
    asked = ("retrieval", "--documents", "1000000", "--chunks", "1", "--dimensions", "768", "--index", "flat")
    code, out, err = run(capsys, *asked)
    assert (code, err) == (0, "")
    first, last = out.splitlines()
    assert first.startswith("1,000,000 vectors of 768 dimensions, flat: ")
    gigabytes = float(first.removesuffix(" GB").rpartition(" ")[2])
    assert gigabytes >= 3.072
    assert last.startswith(f"  beside a model: compare --set second_tenant_gb={gigabytes:.4g}")
    _, on_mac, _ = run(capsys, *asked, "--machine", "mac-studio-m5-ultra-96")
    assert "  on mac-studio-m5-ultra-96 it lives in " in on_mac.splitlines()[1]
    assert on_mac.splitlines()[1].endswith("for programs, which is enough")
    many = (*asked[:2], "100000000", *asked[3:])
    assert run(capsys, *many, "--machine", "mac-studio-m5-ultra-96")[1].splitlines()[1].endswith("is not enough")
    _, bare, _ = run(capsys, *asked, "--machine", "nvidia-rtx-4090")
    assert "nvidia-rtx-4090 is a bare chip: where the index lives depends on the machine." in bare
