"""The law of speeds: the sum of corrected terms and its range."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog.calibration import Effect, Law
from calculator.physics.speed.law import Term, estimate, group_of


def law(effects: dict[str, float], *, spread: dict[str, float] | None = None, noise: float = 0.1) -> Law:
    return Law({name: Effect(value, 0.05, 3) for name, value in effects.items()}, spread or {}, noise, {"chip": 1.0})


def test_estimate_hand_worked_case() -> None:
    # 10 ms untouched + 4 ms x e^0.5 = 4 x 1.64872 = 6.59489 ms; the whole x e^(0.2 x 2) = 1.49182 -> 24.7566 ms
    terms = [Term("weights", 10.0), Term("loss", 4.0, ("loss/all/1",))]
    found = estimate(law({"loss/all/1": 0.5, "age/x": 0.2}), terms, [("age/x", 2.0)])
    assert found.central_ms == pytest.approx(16.59489 * 1.49182, rel=1e-5)
    assert found.shares == pytest.approx({"weights": 10 / 16.59489, "loss": 6.59489 / 16.59489}, rel=1e-5)
    assert found.floor_ms == pytest.approx(10.0)
    assert found.deviation == pytest.approx(0.1)
    assert found.unknown == ()


def test_estimate_scaled_effect_counts_its_weight() -> None:
    # 3 ms x exp(1.5 years x 0.2) = 3 x 1.34986 = 4.04958
    found = estimate(law({"age/all/1": 0.2}), [Term("overhead", 3.0, (), (("age/all/1", 1.5),))])
    assert found.central_ms == pytest.approx(4.04958, rel=1e-5)


def test_estimate_unknown_effect_widens_by_share_times_spread() -> None:
    # unknown chip: share of the term 4 / (10 + 4) = 0.285714, spread 0.3 -> 0.0857143; with noise 0.1: sqrt(0.01 +
    # 0.00734694)
    terms = [Term("weights", 10.0), Term("loss", 4.0, ("loss/chip/new",))]
    found = estimate(law({}, spread={"loss/chip": 0.3}), terms)
    assert found.deviation == pytest.approx(math.sqrt(0.01 + 0.0857142857**2), rel=1e-6)
    assert found.unknown == ("loss/chip/new",)


def test_estimate_skips_terms_without_a_base() -> None:
    found = estimate(law({}), [Term("weights", 2.0), Term("kv cache", 0.0)])
    assert found.central_ms == 2.0
    assert "kv cache" not in found.shares


@given(bases=st.lists(st.floats(0.001, 1e4), min_size=1, max_size=6), value=st.floats(-2, 2))
def test_estimate_shares_add_up_and_time_scales_with_the_bases(bases: list[float], value: float) -> None:
    terms = [Term(f"t{index}", base, ("e/all/1",)) for index, base in enumerate(bases)]
    known = law({"e/all/1": value})
    once = estimate(known, terms)
    twice = estimate(known, [term._replace(base_ms=2 * term.base_ms) for term in terms])
    assert sum(once.shares.values()) == pytest.approx(1.0)
    assert once.central_ms == pytest.approx(sum(bases) * math.exp(value), rel=1e-9)
    assert twice.central_ms == pytest.approx(2 * once.central_ms, rel=1e-9)


def test_group_of_is_the_name_without_its_last_part() -> None:
    assert group_of("loss/format/nvidia llama.cpp q4_k_m") == "loss/format"


def test_unknown_effect_of_several_terms_and_of_the_whole_adds_its_weights() -> None:
    # shares 0.5 and 0.5 of two terms, 1.5 years of the second and once the whole: 0.5 + 0.75 + 1
    terms = [Term("a", 2.0, ("age/x",)), Term("b", 2.0, (), (("age/x", 1.5),))]
    found = estimate(law({}, spread={"age": 0.2}), terms, [("age/x", 1.0)])
    assert found.deviation == pytest.approx(math.sqrt(0.01 + (0.2 * 2.25) ** 2))
