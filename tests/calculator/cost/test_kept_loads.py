"""Kept loads: nothing that a load reads is missing from what it is kept by, and no answer is an older one's."""

import functools
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from calculator.cost import kept_cash, kept_loads
from calculator.cost.demand import Load
from calculator.cost.inputs import Inputs, ScenarioNumbers
from calculator.cost.kept_loads import READ_OF_INPUTS, READ_OF_OPTION, READ_OF_SCENARIO, load_of
from calculator.cost.tco import cost_draws
from calculator.finance.kept_draws import KeptDraws, forget_all
from calculator.finance.ledger import Horizon
from calculator.scenario.scenario import Scenario
from calculator.service.usage import QuietHours, Usage
from tests.calculator.cost.held import held_bytes
from tests.calculator.cost.reader import Reader
from tests.calculator.offers import MAC, MAC_USAGE, SCENARIO, TARIFF

COUNT = 200
GROWING = SCENARIO.changed(demand_growth_rate=0.6, when_full="buy-another")
USAGES = {
    "one rule for all hours": MAC_USAGE,
    "by the hour": Usage(30, 30, 210, hour_levels=((0.4, 1.2), (0.6, 3.0))),
    "quiet hours": Usage(30, 30, 210, quiet_capacity_ratio=2.0, peak_fraction=0.3, quiet=QuietHours(0.5, 0.4, 0.8)),
}
SCENARIOS = {
    "buys another": GROWING,
    "buys tokens": GROWING.changed(when_full="buy-from-api", when_down="buy-from-api"),
    "version 0.1": GROWING.model_copy(update={"rules": 1, "downtime_usd_per_h": 5.0}),
}


@pytest.fixture(autouse=True)
def made_anew(monkeypatch: pytest.MonkeyPatch) -> None:
    """Dollars are added up each time, so that every cost asks for its load."""
    monkeypatch.setattr(kept_cash, "_MANY", 10**9)


def _drawn(scenario: Scenario, **changed: float) -> Inputs:
    """Draws are the same objects as long as the value that they lie around is the same, as those of a page are."""
    names = (
        *("wage_usd_per_h", "requests_per_working_day", "demand_growth_rate", "answer_tokens"),
        *("resale_fraction", "care_growth_rate", "failure_growth_rate", "inflation_rate", "discount_rate"),
    )
    given: dict[str, Any] = {name: _around(float(getattr(scenario, name))) for name in names}
    return Inputs(scenario, {**given, "mac.decode_speed_ratio": _around(-1.0), **changed})


@functools.cache
def _around(value: float) -> np.ndarray[Any, np.dtype[np.float64]]:
    """Draws around a value; around -1 those of a ratio, in falling order."""
    spread = np.linspace(0.5, 1.6, COUNT)
    found = value * spread if value >= 0 else spread[::-1].copy()
    found.flags.writeable = False
    return found


@pytest.mark.parametrize("usage", USAGES)
@pytest.mark.parametrize("scenario", SCENARIOS)
def test_all_that_a_load_reads_is_what_it_is_kept_by(scenario: str, usage: str) -> None:
    read: set[str] = set()
    reader: Any = Reader(_drawn(SCENARIOS[scenario]), read)
    Load.of("mac", reader, USAGES[usage], may_grow=True)
    known = {f"scenario.{name}" for name in READ_OF_SCENARIO} | set(READ_OF_INPUTS)
    of_every_option = {"given", "tax_tables", "scenario.figures", "drawn", "draw_count", "_found"}
    assert read - known <= of_every_option
    assert {"demand_growth_rate", "scenario.months", "answer_tokens"} <= read


def test_option_reads_its_two_speeds() -> None:
    asked: list[str] = []

    class _Asked(Inputs):
        def of(self, owner: str, name: str, otherwise: Any) -> Any:
            asked.append(name)
            return super().of(owner, name, otherwise)

    Load.of("mac", _Asked(GROWING), MAC_USAGE, may_grow=True)
    assert set(asked) == set(READ_OF_OPTION)


def _costs(inputs: Inputs) -> np.ndarray[Any, np.dtype[np.float64]]:
    scenario = inputs.scenario
    horizon = Horizon(scenario.months, inputs.discount_rate, scenario.timing)
    found = cost_draws(MAC, inputs=inputs, horizon=horizon, usage=MAC_USAGE, reference_api=TARIFF)
    return np.broadcast_to(found.present_value_cost_usd, (COUNT,))


def test_no_input_finds_the_cost_of_an_older_one(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every number of a scenario is moved in turn; what is kept answers as what is made anew."""
    names = [name for name in ScenarioNumbers.__annotations__ if isinstance(getattr(GROWING, name), float | int)]
    moved = [_drawn(GROWING, **{name: 0.9 * float(getattr(GROWING, name)) + 0.01}) for name in names]
    moved += [_drawn(GROWING, **{"mac.prefill_speed_ratio": ratio}) for ratio in (0.7, 1.0, 2.0)]
    moved += [_drawn(SCENARIOS["buys tokens"])]
    _costs(_drawn(GROWING))
    kept = [_costs(inputs) for inputs in moved]
    monkeypatch.setattr(kept_loads, "_MANY", COUNT + 1)
    for found, inputs in zip(kept, moved, strict=True):
        assert np.array_equal(found, _costs(inputs))
    assert len({row.tobytes() for row in kept}) > 20


def test_load_of_the_same_draws_is_made_once(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []
    of: Callable[..., Load] = Load.of
    monkeypatch.setattr(Load, "of", lambda owner, *args, **named: made.append(owner) or of(owner, *args, **named))
    inputs = _drawn(GROWING.changed(requests_per_working_day=123))
    first = load_of("mac", inputs, MAC_USAGE, may_grow=True)
    dearer = _drawn(inputs.scenario, wage_usd_per_h=71.0)
    again = load_of("mac", dearer, MAC_USAGE, may_grow=True)
    assert made == ["mac"]
    assert again.inputs is dearer
    assert again.purchases is not None
    assert first.purchases is not None
    assert again.purchases is first.purchases
    load_of("other", inputs, MAC_USAGE, may_grow=True)
    assert made == ["mac", "other"]


@pytest.mark.parametrize("growth", [0.02, 0.2, 0.6])
def test_kept_load_weighs_about_what_it_holds(growth: float, monkeypatch: pytest.MonkeyPatch) -> None:
    kept: KeptDraws[Load] = KeptDraws(most=10**9, weigh=kept_loads._bytes)  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(kept_loads, "_LOADS", kept)
    for wage in (50.0, 60.0):
        _costs(_drawn(GROWING.changed(demand_growth_rate=growth), wage_usd_per_h=wage))
    given = _drawn(GROWING.changed(demand_growth_rate=growth)).given.values()
    ((load, weight),) = kept._kept.values()  # pyright: ignore[reportPrivateUsage]
    assert 0.5 * weight <= held_bytes(load, but=given) <= 1.5 * weight


def test_moves_of_a_rate_that_no_load_reads_let_old_sums_go(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: KeptDraws[Load] = KeptDraws(most=10**9, weigh=kept_loads._bytes)  # pyright: ignore[reportPrivateUsage]
    monkeypatch.setattr(kept_loads, "_LOADS", kept)
    rates = [_around(step / 100) for step in range(1, 40)]
    most = 0.0
    for rate in rates:
        inputs = _drawn(GROWING)
        moved = Inputs(GROWING, {**inputs.given, "discount_rate": rate, "wage_escalation_rate": rate})
        _costs(moved)
        ((load, weight),) = kept._kept.values()  # pyright: ignore[reportPrivateUsage]
        most = max(most, held_bytes(load, but=[*inputs.given.values(), *rates]) / weight)
    assert most <= 2.0


def test_people_who_have_gone_leave_no_loads() -> None:
    load_of("mac", _drawn(GROWING), MAC_USAGE, may_grow=True)
    assert len(kept_loads._LOADS)  # pyright: ignore[reportPrivateUsage]
    forget_all()
    assert not len(kept_loads._LOADS)  # pyright: ignore[reportPrivateUsage]


def test_no_more_is_kept_than_is_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_loads, "_LOADS", KeptDraws(most=1, weigh=kept_loads._bytes))  # pyright: ignore[reportPrivateUsage]
    kept_loads.keep_at_most(100_000)
    for requests in range(100, 130):
        load_of("mac", _drawn(GROWING.changed(requests_per_working_day=requests)), MAC_USAGE, may_grow=True)
    kept = kept_loads._LOADS  # pyright: ignore[reportPrivateUsage]
    assert 0 < sum(weight for _, weight in kept._kept.values()) <= 100_000  # pyright: ignore[reportPrivateUsage]
