"""Mixed cards: with equal cards the law of equal ones, between both kinds else, and no split of layers is faster."""

from dataclasses import replace

import pytest

from calculator import load_catalog
from calculator.catalog.deployment import Deployment, HostSettings, Workload
from calculator.catalog.hardware import CardGroup
from calculator.physics.memory.memory_fit import memory_fit
from calculator.physics.memory.weights import bytes_by_role
from calculator.physics.mixed_cards import is_mixed, mixed_memory_fit, mixed_speed
from calculator.physics.prediction import memory_and_speeds
from calculator.physics.speed.decode import decode_speed
from calculator.physics.speed.prefill import prefill_speed
from calculator.physics.speed.speed import Speed
from calculator.units import BYTES_PER_GIB

CATALOG = load_catalog()
FAST, SLOW = CATALOG.chips["nvidia-rtx-5090"], CATALOG.chips["nvidia-rtx-4090"]
WORK = Workload(prompt_tokens=4096, context_tokens=8192)


def _of(chip: str, count: int, model: str = "llama-3-70b", format: str = "q4_k_m") -> Deployment:
    found = Deployment.of(chip, model, format, runtime="llama.cpp", chip_count=count, catalog=CATALOG)
    return replace(found, split="layer")


def _mixed(*, fast: int = 1, slow: int = 1, model: str = "llama-3-70b", format: str = "q4_k_m") -> Deployment:
    one = _of(FAST.id, fast, model, format)
    return replace(one, hardware=replace(one.hardware, others=(CardGroup(SLOW, slow, 24),)))


def test_speed_lies_between_two_of_either_and_is_the_sum_of_their_turns() -> None:
    found = memory_and_speeds(_mixed(), WORK, catalog=CATALOG)
    assert found.decode is not None
    assert found.prefill is not None
    on_fast, on_slow = (card.layer_count or 0 for card in found.memory.cards)
    assert on_fast + on_slow == 80
    assert on_fast > on_slow > 0
    for speed, of in ((found.decode, decode_speed), (found.prefill, prefill_speed)):
        fast, slow = (of(_of(chip.id, 2), WORK, calibration=CATALOG.calibration) for chip in (FAST, SLOW))
        for end in ("low", "central", "high"):
            step = on_fast / 80 / getattr(fast, end) + on_slow / 80 / getattr(slow, end)
            assert getattr(speed, end) == pytest.approx(1 / step)
        assert min(slow.central, fast.central) < speed.central < max(slow.central, fast.central)


def test_order_of_the_cards_changes_nothing() -> None:
    one = _mixed()
    other = _of(SLOW.id, 1)
    other = replace(other, hardware=replace(other.hardware, others=(CardGroup(FAST, 1, 32),)))
    here, there = (memory_and_speeds(each, WORK, catalog=CATALOG) for each in (one, other))
    assert here.decode is not None
    assert there.decode is not None
    assert here.decode.central == pytest.approx(there.decode.central)
    assert here.memory.cards == there.memory.cards


def test_equal_cards_named_as_two_kinds_have_the_speed_and_the_bytes_of_equal_ones() -> None:
    one = _of(SLOW.id, 1)
    alike = replace(one, hardware=replace(one.hardware, others=(CardGroup(SLOW, 1, 24),)))
    mixed, plain = (
        memory_and_speeds(alike, WORK, catalog=CATALOG),
        memory_and_speeds(_of(SLOW.id, 2), WORK, catalog=CATALOG),
    )
    assert mixed.decode is not None
    assert plain.decode is not None
    assert mixed.decode.central == pytest.approx(plain.decode.central)
    assert mixed.memory.peak_bytes == plain.memory.peak_bytes
    assert mixed.memory.usable_bytes == plain.memory.usable_bytes


def test_no_split_of_whole_layers_is_faster() -> None:
    deployment = _mixed()
    fit = mixed_memory_fit(deployment, WORK, catalog=CATALOG)
    chosen = [card.layer_count for card in fit.cards]
    assert chosen[0] is not None

    def speed(layers: list[int | None]) -> float:
        return mixed_speed(
            deployment, layers, speed_on=lambda one: decode_speed(one, WORK, calibration=CATALOG.calibration)
        ).central

    best = speed(chosen)
    assert all(speed([fast, 80 - fast]) <= best * (1 + 1e-12) for fast in range(chosen[0] + 1))
    one_more = memory_fit(_of(FAST.id, 2), WORK, catalog=CATALOG)
    layer = (one_more.weights_bytes + one_more.kv_cache_bytes) / 80
    assert fit.cards[0].peak_bytes + layer > fit.cards[0].usable_bytes  # and the fast card takes no further one


def test_model_that_neither_kind_alone_holds_fits_on_both_and_a_larger_one_does_not() -> None:
    assert not memory_fit(_of(FAST.id, 1), WORK, catalog=CATALOG).fits
    assert not memory_fit(_of(SLOW.id, 1), WORK, catalog=CATALOG).fits
    assert mixed_memory_fit(_mixed(), WORK, catalog=CATALOG).fits
    large = mixed_memory_fit(_mixed(model="gpt-oss-120b"), WORK, catalog=CATALOG)
    assert not large.fits
    assert large.headroom_bytes < 0
    (said,) = [remark.text for remark in large.remarks if remark.code == "does-not-fit"]
    assert f"{FAST.name} + {SLOW.name} offer" in said
    assert memory_and_speeds(_mixed(model="gpt-oss-120b"), WORK, catalog=CATALOG).decode is None


def test_layers_never_pass_what_a_card_holds() -> None:
    for context in (1024, 16_384, 65_536, 131_072):
        fit = mixed_memory_fit(_mixed(slow=2), Workload(context_tokens=context, prompt_tokens=context), catalog=CATALOG)
        assert sum(card.layer_count or 0 for card in fit.cards) == 80
        assert fit.fits == all(card.peak_bytes <= card.usable_bytes for card in fit.cards)
        assert fit.cards[0].usable_bytes < 32 * BYTES_PER_GIB
        assert {card.usable_bytes for card in fit.cards[1:]} == {fit.cards[1].usable_bytes}


def test_only_a_box_of_several_kinds_is_mixed() -> None:
    assert is_mixed(_mixed())
    assert not is_mixed(_of(FAST.id, 2))
    assert _mixed(slow=2).hardware.all_chips_count() == 3


def test_layers_of_mixed_cards_by_hand() -> None:
    # a layer takes a share of weights (less the head) and cache; the last card holds the head and the work space
    deployment = _mixed()
    fit = mixed_memory_fit(deployment, WORK, catalog=CATALOG)
    equal = memory_fit(_of(FAST.id, 2), WORK, catalog=CATALOG)
    head = bytes_by_role(deployment.model, deployment.format)["output"]
    layer = round((equal.weights_bytes - head + equal.kv_cache_bytes) / 80)
    overhead = equal.overhead_bytes // 2
    first, last = fit.cards
    assert first.layer_count is not None
    assert last.layer_count is not None
    assert first.layer_count == (first.usable_bytes - overhead) // layer
    assert last.layer_count == 80 - first.layer_count
    assert first.peak_bytes == overhead + first.layer_count * layer
    assert last.peak_bytes == overhead + head + equal.transient_bytes + last.layer_count * layer
    room = (last.usable_bytes - overhead - head - equal.transient_bytes) // layer
    assert fit.headroom_bytes == (first.layer_count + room - 80) * layer
    assert fit.usable_bytes == first.usable_bytes + last.usable_bytes
    spare = [card.usable_bytes - card.peak_bytes for card in fit.cards]
    assert fit.tightest_card == spare.index(min(spare)) + 1
    assert fit.tightest_usable_bytes - fit.tightest_peak_bytes == min(spare)


def test_work_space_of_mixed_cards_is_that_of_the_fastest() -> None:
    """vLLM reads in larger steps on a large card: the RTX PRO 6000 is one, the RTX 4090 is none."""
    both = (("nvidia-rtx-pro-6000", 96), (SLOW.id, 24))
    of_each = [
        Deployment.of(chip, "llama-3-8b", "bf16", runtime="vllm", chip_count=2, catalog=CATALOG) for chip, _ in both
    ]
    large, small = (memory_fit(replace(one, split="layer"), WORK, catalog=CATALOG).transient_bytes for one in of_each)
    assert large > small
    for (chip, _), (other, gib) in (both, both[::-1]):
        one = Deployment.of(chip, "llama-3-8b", "bf16", runtime="vllm", catalog=CATALOG)
        mixed = replace(one.hardware, others=(CardGroup(CATALOG.chips[other], 1, gib),))
        deployment = replace(one, split="layer", hardware=mixed)
        assert mixed_memory_fit(deployment, WORK, catalog=CATALOG).transient_bytes == large


def test_desktop_is_on_the_fastest_card_alone() -> None:
    screen = replace(_mixed(slow=2), host=HostSettings(desktop_gib=1.0))
    plain, found = (mixed_memory_fit(each, WORK, catalog=CATALOG).cards for each in (_mixed(slow=2), screen))
    assert [one.usable_bytes - other.usable_bytes for one, other in zip(plain, found, strict=True)] == [2**30, 0, 0]


def test_mixed_cards_say_when_little_is_left_and_how_much_is_missing() -> None:
    def codes(tokens: int) -> tuple[list[str], float]:
        fit = mixed_memory_fit(_mixed(), Workload(context_tokens=tokens, prompt_tokens=512), catalog=CATALOG)
        return [remark.code for remark in fit.remarks], fit.headroom_bytes / fit.usable_bytes

    seen = {tokens: codes(tokens) for tokens in range(1_024, 65_536, 4_096)}
    for said, left in seen.values():
        assert ("does-not-fit" in said) == (left < 0)
        assert ("tight" in said) == (0 <= left < 0.05)
    assert {code for said, _ in seen.values() for code in said} >= {"tight", "does-not-fit"}
    assert any(left >= 0.05 for _, left in seen.values())


def test_bound_of_mixed_cards_is_that_of_the_card_that_takes_longest() -> None:
    def speed_on(one: Deployment) -> Speed:
        rate = 100.0 if one.hardware.chip == FAST else 50.0
        name = one.hardware.chip.name
        return Speed(low=rate, central=rate, high=rate, unit="token/s", bound_by=name, basis="fitted", note=name)

    mostly_fast = mixed_speed(_mixed(), [79, 1], speed_on=speed_on)
    assert mostly_fast.bound_by == FAST.name  # 79/100 against 1/50
    assert mostly_fast.central == pytest.approx(1 / (79 / 80 / 100 + 1 / 80 / 50))
    assert mostly_fast.note == (f"{FAST.name}; one after the other: 79 layers on {FAST.name}, 1 layers on {SLOW.name}")
    assert mixed_speed(_mixed(), [40, 40], speed_on=speed_on).bound_by == SLOW.name
    assert mixed_speed(_mixed(), [80, 0], speed_on=speed_on).central == 100


def test_head_and_work_space_are_on_the_last_of_three_cards() -> None:
    deployment = _mixed(slow=2)
    fit = mixed_memory_fit(deployment, WORK, catalog=CATALOG)
    equal = memory_fit(_of(FAST.id, 3), WORK, catalog=CATALOG)
    head = bytes_by_role(deployment.model, deployment.format)["output"]
    layer = round((equal.weights_bytes - head + equal.kv_cache_bytes) / 80)
    beside = [card.peak_bytes - (card.layer_count or 0) * layer - equal.overhead_bytes // 3 for card in fit.cards]
    assert beside == [0, 0, head + equal.transient_bytes]


def test_remarks_of_mixed_cards_tell_the_gigabytes() -> None:
    large = mixed_memory_fit(_mixed(model="gpt-oss-120b"), WORK, catalog=CATALOG)
    (said,) = [remark.text for remark in large.remarks if remark.code == "does-not-fit"]
    assert f"needs {large.peak_bytes / 1e9:,.1f} GB" in said
    assert f"offer {large.usable_bytes / 1e9:,.1f} GB, {-large.headroom_bytes / 1e9:,.1f} GB of whole layers" in said
    tight = next(
        fit
        for tokens in range(1_024, 65_536, 1_024)
        if 0
        <= (fit := mixed_memory_fit(_mixed(), Workload(512, context_tokens=tokens), catalog=CATALOG)).headroom_bytes
        < 0.05 * fit.usable_bytes
    )
    (said,) = [remark.text for remark in tight.remarks if remark.code == "tight"]
    assert said.startswith(f"It fits with {tight.headroom_bytes / 1e9:,.1f} GB to spare")


def _held(deployment: Deployment) -> tuple[list[int], list[int], int]:
    """What each card holds beside layers, the layers it has room for, and the bytes of one, by hand."""
    fit = mixed_memory_fit(deployment, WORK, catalog=CATALOG)
    count = len(fit.cards)
    alike = replace(deployment.hardware, chip=FAST, chip_count=count, memory_gib=32, others=())
    equal = memory_fit(replace(deployment, hardware=alike), WORK, catalog=CATALOG)
    roles = bytes_by_role(deployment.model, deployment.format)
    head = roles["output"] if "output" in roles else roles["embedding"]
    towers = equal.tower_bytes if deployment.loads_towers() else 0
    layer = round((equal.weights_bytes - towers - head + equal.kv_cache_bytes) / deployment.model.layer_count)
    beside = [equal.overhead_bytes // count for _ in range(count)]
    beside[0] += towers
    beside[-1] += head + equal.transient_bytes
    rooms = [(card.usable_bytes - taken) // layer for card, taken in zip(fit.cards, beside, strict=True)]
    return beside, rooms, layer


@pytest.mark.parametrize(("slow", "model"), [(1, "gpt-oss-120b"), (2, "llama-3.1-405b")])
def test_layers_without_a_place_lie_on_the_last_card_and_are_the_shortfall(slow: int, model: str) -> None:
    deployment = _mixed(slow=slow, model=model)
    fit = mixed_memory_fit(deployment, WORK, catalog=CATALOG)
    beside, rooms, layer = _held(deployment)
    count = deployment.model.layer_count
    left = count - sum(rooms)
    assert left > 0
    assert [card.layer_count for card in fit.cards] == [*rooms[:-1], rooms[-1] + left]
    assert [card.peak_bytes for card in fit.cards] == [
        taken + of * layer for taken, of in zip(beside, [*rooms[:-1], rooms[-1] + left], strict=True)
    ]
    last = fit.cards[-1]
    assert fit.headroom_bytes == min(-left * layer, last.usable_bytes - last.peak_bytes)
    assert fit.tightest_card == len(fit.cards)
    assert not fit.fits


def test_encoders_are_on_the_first_card_and_a_tied_head_on_the_last() -> None:
    deployment = replace(_mixed(model="qwen3.5-9b", format="bf16"), towers=True)
    fit = mixed_memory_fit(deployment, WORK, catalog=CATALOG)
    beside, _, layer = _held(deployment)
    assert fit.tower_bytes == 912_020_960
    assert fit.fits
    found = [card.peak_bytes - (card.layer_count or 0) * layer for card in fit.cards]
    assert found == beside
    assert beside[0] > fit.tower_bytes
    without = mixed_memory_fit(replace(deployment, towers=False), WORK, catalog=CATALOG)
    assert without.cards[0].peak_bytes - (without.cards[0].layer_count or 0) * layer == pytest.approx(
        beside[0] - fit.tower_bytes, abs=64
    )
    tied = _mixed(model="llama-3.2-3b", format="f16")
    beside, _, layer = _held(tied)
    cards = mixed_memory_fit(tied, WORK, catalog=CATALOG).cards
    assert [card.peak_bytes - (card.layer_count or 0) * layer for card in cards] == beside
    assert beside[-1] - beside[0] > 2 * 128_256 * 3_072


def test_other_software_that_the_pc_cannot_hold_is_a_misfit_of_mixed_cards_too() -> None:
    one = _mixed()
    for ram_gib, fits in ((128, True), (32, False)):
        found = replace(
            one, hardware=replace(one.hardware, system_ram_gib=ram_gib), host=HostSettings(second_tenant_gb=40)
        )
        fit = mixed_memory_fit(found, WORK, catalog=CATALOG)
        assert fit.fits == fits
        assert ("host-memory-short" in [remark.code for remark in fit.remarks]) == (not fits)
        said = [remark.text for remark in fit.remarks if remark.code == "does-not-fit"]
        assert all("0.0 GB of whole layers too little" in text for text in said)


@pytest.mark.parametrize("loads", [True, False])
def test_encoders_take_no_part_of_a_layer_on_either_of_two_cards(loads: bool) -> None:
    # both cards hold layers, so that encoders spread over the layers would show
    deployment = replace(_mixed(model="mistral-small-3.1-24b", format="bf16"), towers=loads)
    fit = mixed_memory_fit(deployment, WORK, catalog=CATALOG)
    beside, _, layer = _held(deployment)
    assert all(card.layer_count for card in fit.cards)
    assert [card.peak_bytes - (card.layer_count or 0) * layer for card in fit.cards] == beside
