"""A person's own speeds: they move what is shown, the load and the costs, once."""

from typing import Any

import pytest

from calculator.decision.compare import compare
from calculator.risk.candidates import spreads_of
from calculator.scenario.scenario import Scenario
from calculator.service.speeds import scaled_speed, speed_ratio
from tests.calculator.offers import CATALOG

MAC = "mac-studio-m5-ultra-256"
MINE: dict[str, Any] = {"options": (MAC,), "first_token_p95_target_s": 0, "when_full": "buy-from-api"}


def _row(**values: Any) -> Any:
    return compare(Scenario(**MINE, **values), CATALOG, draw_count=64)


def test_own_decode_speed_is_the_predicted_one_times_the_ratio_and_certain() -> None:
    predicted, mine = _row().options[0], _row(figures={f"{MAC}.decode_speed_ratio": 0.5}).options[0]
    assert mine.decode.central == pytest.approx(0.5 * predicted.decode.central)
    assert mine.decode.low == mine.decode.central == mine.decode.high
    assert mine.decode.note.endswith("your own figure: 0.5 times the predicted speed")
    assert mine.prefill == predicted.prefill


def test_own_prefill_speed_moves_the_first_token() -> None:
    predicted, mine = _row().options[0], _row(figures={f"{MAC}.prefill_speed_ratio": 2.0}).options[0]
    assert mine.prefill.central == pytest.approx(2 * predicted.prefill.central)
    assert mine.time_to_first_token.central == pytest.approx(predicted.time_to_first_token.central / 2)


def test_slow_machine_is_shown_as_overloaded_and_costs_more_energy_once() -> None:
    predicted, mine = _row(), _row(figures={f"{MAC}.decode_speed_ratio": 0.1})
    before, after = predicted.candidates.options[0].usage, mine.candidates.options[0].usage if mine.candidates else None
    if after is not None:
        assert after.decode_h_per_month > before.decode_h_per_month
        assert mine.options[0].tco.energy_kwh > predicted.options[0].tco.energy_kwh
    assert mine.options[0] != predicted.options[0]


def test_own_speed_is_not_drawn_and_its_own_range_is_relative_to_it() -> None:
    name = f"{MAC}.decode_speed_ratio"
    assert name in spreads_of(_row().candidates)
    assert name not in spreads_of(_row(figures={name: 0.9}).candidates)
    ranged = _row(ranges={name: (0.6, 0.8, 1.2)})
    spread = spreads_of(ranged.candidates)[name]
    assert (spread.low, spread.central, spread.high) == pytest.approx((0.75, 1.0, 1.5))
    shown, predicted = ranged.options[0].decode, _row().options[0].decode
    assert (shown.low, shown.central, shown.high) == pytest.approx(
        tuple(predicted.central * x for x in (0.6, 0.8, 1.2))
    )


def test_version_1_keeps_its_ratio_in_the_costs_alone() -> None:
    scenario = Scenario(**MINE, rules=1, figures={f"{MAC}.decode_speed_ratio": 0.5})
    assert speed_ratio(scenario, MAC, phase="decode") is None
    speed = _row().options[0].decode
    assert scaled_speed(speed, None) is speed
