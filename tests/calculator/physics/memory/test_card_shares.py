"""Shares of cards: everything is dealt out, towers sit on the first card, vLLM works on every card."""

from dataclasses import replace

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment
from calculator.physics.memory.card_shares import card_shares
from calculator.physics.memory.weights import bytes_by_role, weights_bytes

CATALOG = load_catalog()


def _deployment(runtime: str, format: str, *, count: int, split: str = "layer") -> Deployment:
    found = Deployment.of("nvidia-rtx-4090", "gemma-3-27b", format, runtime=runtime, chip_count=count, catalog=CATALOG)
    return replace(found, split=split)  # pyright: ignore[reportArgumentType]


def test_layer_split_deals_out_every_byte_and_layer_and_puts_towers_first() -> None:
    deployment = _deployment("llama.cpp", "q4_k_m", count=3)
    language = weights_bytes(deployment.model, format=deployment.format)
    shares = card_shares(deployment, weights=language + 900, cache=3000, transient=70, towers=900)
    without = card_shares(deployment, weights=language, cache=3000, transient=70, towers=0)
    assert sum(layers or 0 for layers, _ in shares) == deployment.model.layer_count
    assert abs(sum(size for _, size in shares) - (language + 900 + 3000 + 70)) <= 3
    assert [one[1] - other[1] for one, other in zip(shares, without, strict=True)] == [900, 0, 0]


def test_work_space_is_on_the_last_card_but_with_vllm_on_all() -> None:
    for runtime, format, times in (("llama.cpp", "q4_k_m", 1), ("vllm", "awq-int4", 2)):
        deployment = _deployment(runtime, format, count=2)
        idle, busy = (
            card_shares(deployment, weights=20_000_000_000, cache=0, transient=size, towers=0) for size in (0, 64)
        )
        assert sum(size for _, size in busy) - sum(size for _, size in idle) == 64 * times


def test_tensor_split_shares_evenly_and_one_card_holds_all() -> None:
    shares = card_shares(
        _deployment("vllm", "bf16", count=4, split="tensor"), weights=400, cache=40, transient=5, towers=0
    )
    assert shares == [(None, 115)] * 4
    assert card_shares(_deployment("vllm", "bf16", count=1), weights=400, cache=40, transient=5, towers=0)[0][1] == 445


def test_layers_are_dealt_as_if_the_head_were_one_more() -> None:
    # 62 layers and the head are 63 over three cards: 21, 21 and 20 beside it; of q4_k_m the head is the tied embedding
    deployment = _deployment("llama.cpp", "q4_k_m", count=3)
    head = bytes_by_role(deployment.model, deployment.format)["embedding"]
    shares = card_shares(deployment, weights=head + 6_200, cache=62_000, transient=7, towers=0)
    assert shares == [(21, 23_100), (21, 23_100), (20, 22_000 + head + 7)]
    (one,) = card_shares(_deployment("llama.cpp", "q4_k_m", count=1), weights=9, cache=8, transient=7, towers=0)
    assert one == (62, 24)


def test_no_card_holds_fewer_than_no_layers_however_many_there_are() -> None:
    for count in range(2, 65):
        deployment = _deployment("llama.cpp", "q4_k_m", count=count)
        deployment = replace(deployment, model=deployment.model.model_copy(update={"layer_count": 28}))
        layers = [of or 0 for of, _ in card_shares(deployment, weights=10**9, cache=10**6, transient=70, towers=0)]
        assert min(layers) >= 0
        assert sum(layers) == 28
