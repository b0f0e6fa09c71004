"""Speeds of the Fit & speed page: they are the engine's own, each at its place."""

import pytest

from calculator import Scenario
from calculator.number import Range
from calculator.service.capability import capability_of, scenario_model
from tests.views.pages import CATALOG
from views.fit_curves import Curve, ladder, speed_by_context, speed_by_people, wait_by_prompt, widening, widening_text

SCENARIO = Scenario(options=("mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "cloud-h100", "api-same-model"))


def test_speed_of_each_person_times_people_is_the_engines_batch_speed_and_never_grows_alone() -> None:
    curves = {curve.option: curve for curve in speed_by_people(SCENARIO, CATALOG, ())}
    h100 = curves["cloud-h100"]
    four = capability_of(
        CATALOG.clouds["cloud-h100"],
        scenario=SCENARIO.changed(concurrent_request_count=4),
        model=scenario_model(SCENARIO, CATALOG),
        catalog=CATALOG,
    )
    assert four.batch_decode is not None
    assert 4 * h100.speeds[h100.x.index(4)].central == pytest.approx(four.batch_decode.central)
    for curve in curves.values():
        centrals = [one.central for one in curve.speeds]
        assert centrals == sorted(centrals, reverse=True)
        assert all(one.low <= one.central <= one.high for one in curve.speeds)
    assert max(curves["dual-rtx-4090-am5"].x) < max(h100.x)  # 48 GB hold fewer people than 80


def test_longer_contexts_are_slower_and_longer_prompts_take_longer() -> None:
    for curve in speed_by_context(SCENARIO, CATALOG, ()):
        centrals = [one.central for one in curve.speeds]
        assert centrals == sorted(centrals, reverse=True)
    for curve in wait_by_prompt(SCENARIO, CATALOG, ()):
        centrals = [one.central for one in curve.speeds]
        assert centrals == sorted(centrals)
        assert not any(curve.measured)


def test_model_that_fits_nowhere_has_no_curve_and_its_ladder_says_why() -> None:
    large = SCENARIO.changed(model="llama-3.1-405b", options=("dual-rtx-4090-am5",))
    assert speed_by_people(large, CATALOG, ()) == []
    found = ladder(large, CATALOG, (), classes=("4-bit", "16-bit"))["dual-rtx-4090-am5"]
    for one in found.values():
        assert one.prediction is not None
        assert not one.prediction.memory.fits


def test_curve_whose_range_doubles_at_a_stroke_is_named() -> None:
    steady, burst = (Range(9, 10, 11, "token/s"), Range(3, 5, 9, "token/s"))
    found = [
        Curve("a", "steady", (1, 2), (steady, steady), (False, False)),
        Curve("b", "bursting", (1, 2), (steady, burst), (False, False)),
    ]
    assert widening(found) == ["bursting"]


def test_band_that_bursts_open_says_why_and_others_say_nothing() -> None:
    curves = speed_by_people(Scenario(), CATALOG, ())
    said = widening_text(curves)
    assert "Mac Studio M5 Ultra 256 GB" in said
    assert "H100" not in said
    assert widening_text([curve for curve in curves if "H100" in curve.name]) == ""
    assert widening_text(curves[:0]) == ""
    steady, burst = (Range(9, 10, 11, "token/s"), Range(3, 5, 9, "token/s"))
    both = [Curve(name, name, (1, 2), (steady, burst), (False, False)) for name in ("A", "B")]
    assert widening_text(both).startswith(" The bands of A and B widen there because")
    assert widening_text(both[:1]).startswith(" The band of A widens there because")
