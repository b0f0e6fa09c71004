"""Links between cards and boxes against what was published of them."""

from dataclasses import replace

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment, Link, Workload
from calculator.catalog.hardware import Hardware
from calculator.catalog.models import Split
from calculator.catalog.options import Chip
from calculator.errors import ScenarioError
from calculator.physics.speed.decode import decode_speed
from calculator.physics.speed.links import (
    PUBLISHED_BOXES,
    boxes_remarks,
    linked_decode_speed,
    linked_prefill_speed,
)
from calculator.physics.speed.prefill import prefill_speed
from calculator.physics.speed.speed import Speed

CATALOG = load_catalog()


def _decode(chip: str, count: int, model: str, format_id: str, *, split: Split, link: Link | None) -> Speed:
    found = CATALOG.chips[chip]
    hardware = Hardware(chip=found, chip_count=count, memory_gib=max(found.memory_options_gib))
    runtime = CATALOG.runtime("mlx-lm" if found.vendor == "apple" else "vllm")
    format = CATALOG.format(format_id)
    deployment = Deployment(CATALOG.model(model), format, runtime, hardware, split=split, link=link)
    speed = decode_speed(deployment, Workload(context_tokens=512), calibration=CATALOG.calibration)
    return linked_decode_speed(speed, deployment, catalog=CATALOG)


@pytest.mark.parametrize(
    ("chip", "count", "model", "format_id", "split", "link", "measured"),
    [
        # guruswami's own table, M3 Ultra over RDMA
        ("apple-m3-ultra-80", 2, "llama-3.1-405b", "mlx-4bit", "tensor", "rdma", 4.3),
        ("apple-m3-ultra-80", 4, "llama-3.1-405b", "mlx-4bit", "tensor", "rdma", 6.4),
        ("apple-m3-ultra-80", 2, "qwen2.5-32b", "mlx-4bit", "tensor", "rdma", 21.6),
        # exo issue 2070, two M5 Max: MLX's own tensor split, exo's, exo's pipeline over TCP
        ("apple-m5-max-40", 2, "gpt-oss-120b", "mlx-4bit", "tensor", "rdma", 98),
        ("apple-m5-max-40", 2, "gpt-oss-120b", "mlx-4bit", "tensor", "rdma", 48),
        ("apple-m5-max-40", 2, "gpt-oss-120b", "mlx-4bit", "layer", "tcp", 68),
        # club-3090 issue 873, two RTX 5090, the same model, with and without peer access
        ("nvidia-rtx-5090", 2, "qwen3.5-35b-a3b", "nvfp4", "tensor", "no-p2p", 222.8),
        ("nvidia-rtx-5090", 2, "qwen3.5-35b-a3b", "nvfp4", "tensor", "p2p", 288.1),
    ],
)
def test_linked_decode_speed_holds_published_clusters(
    *, chip: str, count: int, model: str, format_id: str, split: Split, link: Link, measured: float
) -> None:
    found = _decode(chip, count, model, format_id, split=split, link=link)
    assert found.low <= measured <= found.high


def test_peer_access_saves_25_us_per_layer() -> None:
    without, with_it = (
        _decode("nvidia-rtx-3090", 2, "qwen3.6-27b", "awq-int4", split="tensor", link=link)
        for link in ("no-p2p", "p2p")
    )
    layers = CATALOG.model("qwen3.6-27b").layer_count
    assert 1e6 / without.central - 1e6 / with_it.central == pytest.approx(25 * layers)
    gain = with_it.central / without.central - 1
    assert 0.02 <= gain <= 0.22  # what club-3090 measured on such pairs


def test_links_change_nothing_else() -> None:
    fitted = _decode("apple-m3-ultra-80", 2, "llama-3-70b", "mlx-8bit", split="tensor", link=None)
    named = _decode("apple-m3-ultra-80", 2, "llama-3-70b", "mlx-8bit", split="tensor", link="rdma")
    assert (named.low, named.central, named.high) == (fitted.low, fitted.central, fitted.high)
    slower = _decode("apple-m3-ultra-80", 2, "llama-3-70b", "mlx-8bit", split="tensor", link="tcp")
    assert 1e6 / slower.central - 1e6 / fitted.central == pytest.approx(500 * 80)
    assert slower.low <= slower.central <= slower.high
    in_turn = _decode("nvidia-rtx-4090", 2, "llama-3-70b", "awq-int4", split="layer", link="p2p")
    assert in_turn.central == _decode("nvidia-rtx-4090", 2, "llama-3-70b", "awq-int4", split="layer", link=None).central


def test_linked_prefill_speed_gains_from_peer_access_in_a_tensor_split_only() -> None:
    cards = Deployment.of("nvidia-rtx-4090", "llama-3-70b", "awq-int4", runtime="vllm", chip_count=2, catalog=CATALOG)
    tensor = replace(cards, split="tensor", link="p2p")
    speed = prefill_speed(tensor, Workload(prompt_tokens=4096), calibration=CATALOG.calibration)
    gained = linked_prefill_speed(speed, tensor, catalog=CATALOG)
    assert gained.central == pytest.approx(1.15 * speed.central)
    for other in (replace(tensor, split="layer"), replace(tensor, link="no-p2p"), replace(tensor, link=None)):
        assert linked_prefill_speed(speed, other, catalog=CATALOG).central == speed.central


@pytest.mark.parametrize(
    ("chip", "count", "link"),
    [
        ("apple-m3-ultra-80", 2, "p2p"),
        ("nvidia-rtx-4090", 2, "rdma"),
        ("nvidia-rtx-4090", 1, "p2p"),
        ("nvidia-h200", 2, "p2p"),
    ],
)
def test_a_link_that_is_not_there_is_refused(chip: str, count: int, link: Link) -> None:
    with pytest.raises(ScenarioError, match=f"link is {link}, which joins"):
        _decode(
            chip, count, "llama-3-8b", "mlx-4bit" if chip.startswith("apple") else "bf16", split="tensor", link=link
        )


def test_several_boxes_say_what_they_add_and_how_many_were_published() -> None:
    mac, spark = (CATALOG.chips[name] for name in ("apple-m3-ultra-80", "nvidia-gb10"))

    def said(chip: Chip, count: int, split: Split) -> list[str]:
        hardware = Hardware(chip=chip, chip_count=1, memory_gib=128, node_count=count)
        return [remark.text for remark in boxes_remarks(hardware, split=split)]

    assert said(mac, 1, "layer") == []
    assert said(mac, 2, "layer") == [
        "2 boxes: a layer split (pipeline) adds memory, not speed, because each box waits for the one before. No such "
        "cluster was measured, so the range is wide."
    ]
    assert "adds speed where RDMA over Thunderbolt 5 works" in said(mac, 2, "tensor")[0]
    assert "adds speed where RDMA over a fast cable works" in said(spark, 2, "tensor")[0]
    assert len(said(mac, PUBLISHED_BOXES, "layer")) == 1
    assert said(mac, PUBLISHED_BOXES + 1, "layer")[1] == (
        f"Nobody has published a cluster of {PUBLISHED_BOXES + 1} such boxes; the largest has {PUBLISHED_BOXES} (exo, "
        "mlx.distributed)."
    )
