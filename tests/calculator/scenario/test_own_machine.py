"""A machine of one's own as an entry of the catalogue: what is given is kept, the rest is the nearest machine's."""

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator import Scenario, compare, load_catalog
from calculator.catalog.check_references import evidence_of
from calculator.catalog.freshness import stale_price
from calculator.catalog.options import Machine
from calculator.errors import ScenarioError
from calculator.report.answer_json import comparison_dict
from calculator.report.ledger_csv import tidy_csv
from calculator.scenario.files import read_scenario
from calculator.scenario.own_machine import nearest_machine, own_machine, own_remark
from calculator.scenario.own_options import OwnOption

CATALOG = load_catalog()
DUAL = CATALOG.machines["dual-rtx-3090"]


def _own(**values: Any) -> OwnOption:
    return OwnOption.model_validate({"chip": "nvidia-rtx-3090", "chip_count": 4, "price_usd": 9000, **values})


def test_what_is_not_given_is_an_assumption_that_names_the_machine_it_comes_from() -> None:
    quad = own_machine("quad", _own(), catalog=CATALOG)
    for path, quantity in evidence_of(quad).items():
        if path == "prices[0].price_usd":
            assert (quantity.basis, quantity.central) == ("yours", 9000)
        else:
            assert quantity.basis == "assumption"
            assert quantity.note.startswith(f"not given; as {DUAL.name} (dual-rtx-3090).")
    (remark,) = own_remark(quad)
    assert f"comes from {DUAL.name} (dual-rtx-3090): system RAM, idle watts" in remark.text


def test_watts_of_more_cards_lie_between_those_of_the_machine_and_as_many_times_of_them() -> None:
    quad = own_machine("quad", _own(), catalog=CATALOG)
    for state in ("idle_w", "prefill_w", "decode_w"):
        here, there = getattr(quad.power, state), getattr(DUAL.power, state)
        assert (here.low, here.central, here.high) == (there.low, 1.5 * there.central, 2 * there.high)


def test_watts_of_a_smaller_chip_reach_down_by_its_bandwidth_and_two_boxes_draw_twice_as_much() -> None:
    small = own_machine("m4", _own(chip="apple-m4-10", chip_count=1), catalog=CATALOG)
    there = CATALOG.machines["mac-studio-m4-max-128"]
    assert "(mac-studio-m4-max-128)" in small.note
    ratio = 120 / 546  # GB/s
    assert small.power.decode_w.low == pytest.approx(ratio * there.power.decode_w.low, rel=1e-3)
    assert small.power.decode_w.high == there.power.decode_w.high
    one = CATALOG.machines["framework-desktop-strix-halo-128"]
    pair = own_machine("pair", _own(chip=one.chip, chip_count=2, memory_gib=128, price_usd=3000), catalog=CATALOG)
    assert pair.power.idle_w.central == pytest.approx(
        2 * next(row for row in CATALOG.machines.values() if f"({row.id})" in pair.note).power.idle_w.central
    )


def test_share_of_the_cards_rises_with_their_number() -> None:
    # a box of 7,110 with two cards of 1,275: 0.36; with four the same rest of 4,560: 5,100 / 9,660 = 0.53
    share = own_machine("quad", _own(), catalog=CATALOG).gpu_price_fraction
    assert share is not None
    assert share.central == pytest.approx(5100 / 9660, abs=0.005)


def test_what_is_given_is_kept_with_no_range() -> None:
    given_figures = {"idle_w": 80, "prefill_w": 900, "decode_w": 500, "setup_h": 3, "gpu_price_fraction": 0.4}
    quad = own_machine("quad", _own(**given_figures, age_when_bought_years=6), catalog=CATALOG)
    found = {path.removeprefix("power."): quantity for path, quantity in evidence_of(quad).items()}
    for name, value in {**given_figures, "age_when_bought_years": 6}.items():
        assert (found[name].low, found[name].central, found[name].high) == (value, value, value)
        assert found[name].basis == "yours"


@pytest.mark.parametrize("key", CATALOG.machines)
def test_machine_of_the_catalogue_described_by_chip_count_memory_and_price_costs_the_same(key: str) -> None:
    there = CATALOG.machines[key]
    row = {
        "chip": there.chip,
        "chip_count": there.chip_count,
        "memory_gib": there.memory_gib,
        "price_usd": there.purchase_price().price_usd.central,
    }
    near = nearest_machine(OwnOption.model_validate(row), chip=CATALOG.chips[there.chip], catalog=CATALOG)
    scenario = Scenario.parse({"options": (key, "mine"), "own_options": {"mine": row}, "model": "llama-3-8b"})
    one, other = compare(scenario, CATALOG, draw_count=0).options
    if one.tco is None:  # a chip of which nobody knows how fast it reads
        assert [row.code for row in other.eligibility.reasons] == [row.code for row in one.eligibility.reasons]
        return
    assert one.tco is not None
    assert other.tco is not None
    if near.id == key:
        assert other.tco.lines == pytest.approx(one.tco.lines, abs=0.005)
    assert other.tco.lines["hardware"] == pytest.approx(one.tco.lines["hardware"])


@given(st.sampled_from(sorted(CATALOG.chips)), st.integers(1, 8), st.floats(100, 100_000))
def test_every_chip_makes_a_machine_with_watts_in_order(chip: str, count: int, price_usd: float) -> None:
    own = OwnOption(chip=chip, chip_count=count, price_usd=price_usd)
    machine = own_machine("mine", own, catalog=CATALOG)
    assert machine.memory_gib in CATALOG.chips[chip].memory_options_gib
    assert 0 < machine.power.idle_w.central < machine.power.decode_w.central
    assert CATALOG.chips[chip].vendor in CATALOG.runtime(machine.runtime).vendors


def test_own_price_is_certain_and_does_not_age() -> None:
    quad = own_machine("quad", _own(), catalog=CATALOG)
    assert stale_price(quad, catalog=CATALOG, as_of="2030-01-01") is None
    row = {"chip": "nvidia-rtx-3090", "price_usd": 9000, "chip_count": 4}
    scenario = Scenario.parse({"options": ("quad", "dual-rtx-3090"), "own_options": {"quad": row}})
    found = compare(scenario, CATALOG, as_of="2030-01-01", draw_count=64)
    assert [old.option for old in found.verdict.rests_on_old_prices if old.option == "quad"] == []


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"chip": "nvidia-rtx-3091"}, "own_options.quad: chip 'nvidia-rtx-3091' is not in the catalogue. Did you mean"),
        ({"memory_gib": 96}, "own_options.quad.memory_gib is 96; it is the memory of one chip, and NVIDIA GeForce RTX"),
        ({"runtime": "mlx-lm"}, "own_options.quad.runtime is 'mlx-lm'; NVIDIA GeForce RTX 3090 runs exllamav2,"),
        (
            {"chip": "apple-m6-pro", "chip_count": 1},
            "own_options.quad: chip 'apple-m6-pro' is not in the catalogue.",
        ),
        (
            {"chip": "nvidia-rtx-5090", "chip_count": 1, "bought": "used"},
            "own_options.quad.age_when_bought_years is missing, and no machine like it is bought used.",
        ),
    ],
)
def test_machine_that_cannot_be_is_refused_in_a_sentence(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        own_machine("quad", _own(**values), catalog=CATALOG)
    assert str(refused.value).startswith(says)


def test_used_one_brings_the_share_that_was_given_after_three_years() -> None:
    # a used M2 Ultra of $6,000 of which 20 % are left after three years: $1,200, whatever its age
    row = {"chip": "apple-m2-ultra-76", "memory_gib": 192, "price_usd": 6000, "bought": "used"}
    scenario = Scenario.parse(
        {
            "options": ("m2",),
            "own_options": {"m2": {**row, "age_when_bought_years": 3}},
            "model": "llama-3-8b",
            "machine_count": 1,
            "resale_fraction": 0.2,
            "resale_fee_fraction": 0,
            "months": 36,
        }
    )
    (m2,) = compare(scenario, CATALOG, draw_count=0).options
    assert m2.tco is not None
    assert m2.tco.lines["hardware"] == -6000
    assert m2.tco.lines["resale"] == pytest.approx(1200)


MIXED = {"chips": {"nvidia-rtx-5090": 1, "nvidia-rtx-4090": 1}, "price_usd": 9500}


def _mixed(**values: Any) -> Machine:
    scenario = Scenario.parse({"own_options": {"mixed": {**MIXED, **values}}})
    return own_machine("mixed", scenario.own_options["mixed"], catalog=CATALOG)


def test_cards_of_two_kinds_are_one_machine_that_takes_turns() -> None:
    machine = _mixed()
    assert (machine.chip, machine.chip_count, machine.split) == ("nvidia-rtx-5090", 1, "layer")
    assert [(one.chip, one.chip_count, one.memory_gib) for one in machine.other_cards] == [("nvidia-rtx-4090", 1, 24)]
    assert machine.name == "NVIDIA GeForce RTX 5090 + NVIDIA GeForce RTX 4090"
    by_text = _mixed(chips="nvidia-rtx-5090:1, nvidia-rtx-4090:1")
    assert by_text == machine


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"chips": {"nvidia-rtx-5090": 1, "apple-m5-ultra-64": 1}}, "are no cards of one box"),
        ({"chips": {"nvidia-rtx-5090": 1, "amd-radeon-ai-pro-r9700": 1}}, "of different makers"),
        ({"chips": {"nvidia-rtx-5090": 1, "no-such": 1}}, "'no-such' is not in the catalogue"),
        ({"split": "tensor"}, "cards of several kinds take layers"),
        ({"runtime": "vllm"}, "which shares equally"),
        ({"chip": "nvidia-rtx-4090"}, "chip and chips contradict each other"),
        ({"chips": "nvidia-rtx-5090"}, "must name each kind with its number"),
        ({"chips": {"nvidia-rtx-5090": 0}}, "at least 1"),
    ],
)
def test_cards_that_cannot_share_a_model_are_refused_in_a_sentence(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        _mixed(**values)
    assert says in str(refused.value)
    assert "pydantic" not in str(refused.value)


def test_mixed_cards_are_compared_by_file_and_flag_with_the_same_figures() -> None:
    file = Path(__file__).parents[2] / "fixtures" / "mixed_cards.toml"
    found = compare(read_scenario(file), CATALOG)
    speeds = {row.id: row.decode.central for row in found.options if row.decode is not None}
    assert speeds["two-4090"] < speeds["mixed"] < speeds["two-5090"]
    frame = pd.read_csv(io.StringIO(tidy_csv(found)), comment="#")
    for row in comparison_dict(found)["options"]:
        in_csv = -frame.loc[frame["option"] == row["id"], "amount_usd"].sum()
        assert in_csv == pytest.approx(row["total_cost_usd"], abs=0.005)
    flags = ["own_options.mixed.chips=nvidia-rtx-5090:1,nvidia-rtx-4090:1", "own_options.mixed.name=5090 and 4090"]
    flags += ["own_options.mixed.price_usd=9500"]
    assert read_scenario(None, settings=flags).own_options["mixed"] == read_scenario(file).own_options["mixed"]


def test_two_macs_that_share_every_layer_are_held_back_by_their_cable() -> None:
    file = Path(__file__).parents[2] / "fixtures" / "mixed_cards.toml"
    found = compare(read_scenario(file), CATALOG, draw_count=0)
    shared, in_turn = found["two-macs"].decode, found["two-macs-in-turn"].decode
    assert shared is not None
    assert in_turn is not None
    assert shared.high > in_turn.high
    assert "host link" in shared.bound_by
