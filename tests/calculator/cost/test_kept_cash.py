"""Kept dollars: a move of people's time alone finds them, and no answer is an older one's."""

import itertools
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from calculator.cost import kept_cash
from calculator.cost.inputs import Inputs, ScenarioNumbers
from calculator.cost.kept_cash import NOT_READ, Cash, cash_of, words_of_scenario
from calculator.cost.staff_lines import STAFF_ALONE, further_machines
from calculator.cost.tco import charges_of, cost_draws
from calculator.finance.courses import Once
from calculator.finance.kept_draws import KeptDraws, forget_all
from calculator.finance.ledger import Horizon, Line, Term
from calculator.scenario.scenario import Scenario
from tests.calculator.cost.held import held_bytes
from tests.calculator.cost.reader import Reader
from tests.calculator.cost.test_kept_value import CARDS
from tests.calculator.cost.test_staff_lines import COUNT, OPTIONS, SCENARIOS, drawn
from tests.calculator.offers import CATALOG, MAC, MAC_USAGE, PC_USAGE, SCENARIO, TARIFF

MANY = 10**9


def _costs(option: str, inputs: Inputs) -> list[np.ndarray[Any, np.dtype[np.float64]]]:
    offer, usage = OPTIONS[option]
    horizon = Horizon(inputs.scenario.months, inputs.discount_rate, inputs.scenario.timing)
    found = cost_draws(offer, inputs=inputs, horizon=horizon, usage=usage, reference_api=TARIFF)
    four = (found.total_cost_usd, found.present_value_cost_usd, found.hard_present_value_cost_usd)
    return [np.broadcast_to(usd, (COUNT,)) for usd in (*four, found.hard_total_cost_usd)]


@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("option", OPTIONS)
def test_what_is_found_again_is_what_is_made_anew(option: str, scenario: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every number of a scenario is moved in turn, as a value of its own and as what is given in its place."""
    asked = SCENARIO.model_copy(update=SCENARIOS[scenario])
    names = [name for name in ScenarioNumbers.__annotations__ if isinstance(getattr(asked, name), float)]
    fractions = {name: 0.9 * float(getattr(asked, name)) + 0.01 for name in names}
    offer = OPTIONS[option][0]
    moved = [drawn(asked, **{name: usd}) for name, usd in fractions.items()]
    moved += [drawn(asked.model_copy(update={name: usd})) for name, usd in fractions.items()]
    own = {"price_usd": 4_321.0, "decode_watt_ratio": 0.7, "decode_w": 55.0, "setup_h": 9.0, "rate_usd_per_h": 1.5}
    moved += [drawn(asked, **{f"{offer.id}.{name}": usd}) for name, usd in own.items()]
    moved += [drawn(asked, **{f"{TARIFF.provider}/{TARIFF.provider_model}.output_usd_per_mtok": 9.0})]
    _costs(option, drawn(asked))
    kept = [_costs(option, inputs) for inputs in moved]
    monkeypatch.setattr(kept_cash, "_MANY", MANY)
    for found, inputs in zip(kept, moved, strict=True):
        for mine, theirs in zip(found, _costs(option, inputs), strict=True):
            assert np.array_equal(mine, theirs)


def _cash(inputs: Inputs, asked: list[int], *, usage: Any = MAC_USAGE) -> Cash:
    def bill() -> tuple[Line, ...]:
        asked.append(1)
        return charges_of(MAC, inputs=inputs, usage=usage, reference_api=TARIFF).lines

    horizon = Horizon(inputs.scenario.months, inputs.discount_rate, inputs.scenario.timing)
    return cash_of(MAC, inputs=inputs, horizon=horizon, usage=usage, reference_api=TARIFF, bill=bill)


def test_people_s_time_finds_them_and_all_else_makes_them_anew() -> None:
    forget_all()
    asked: list[int] = []
    first = _cash(drawn(SCENARIO), asked)
    for name in STAFF_ALONE:
        given = float(getattr(SCENARIO, name)) + 0.5
        assert _cash(drawn(SCENARIO, **{name: given}), asked) is first
        assert _cash(drawn(SCENARIO.model_copy(update={name: given}), **{name: 1.0}), asked) is first
    assert len(asked) == 1
    _cash(drawn(SCENARIO, electricity_usd_per_kwh=0.31), asked)
    _cash(drawn(SCENARIO.model_copy(update={"sales_tax_fraction": 0.2})), asked)
    assert len(asked) == 3


def test_short_key_may_stand_for_the_values() -> None:
    forget_all()
    asked: list[int] = []
    inputs = drawn(SCENARIO)
    found = [_cash(replace(inputs, values_key=key), asked) for key in (("a", 1), ("a", 1), ("a", 2))]
    assert found[0] is found[1] is not found[2]
    assert len(asked) == 2


@pytest.mark.parametrize("changes", [{"downtime_usd_per_h": 5.0}, {"shared_with_other_work": {"mac": 0.5}}])
def test_where_time_and_dollars_hang_together_nothing_is_kept(changes: dict[str, Any]) -> None:
    asked: list[int] = []
    inputs = drawn(SCENARIO.model_copy(update=changes))
    _cash(inputs, asked)
    _cash(inputs, asked)
    assert len(asked) == 2


def test_base_case_is_not_kept() -> None:
    asked: list[int] = []
    _cash(Inputs(SCENARIO), asked)
    _cash(Inputs(SCENARIO), asked)
    assert len(asked) == 2


def test_nobody_can_change_what_is_kept() -> None:
    cash = _cash(drawn(SCENARIO), [])
    for usd in (cash.total_usd, cash.present_value_usd):
        assert isinstance(usd, np.ndarray)
        with pytest.raises(ValueError, match="read-only"):
            usd[0] = 1.0


def test_no_more_is_kept_than_is_allowed_and_all_of_it_can_go(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(kept_cash, "_CASH", KeptDraws(most=1, weigh=kept_cash._bytes))  # pyright: ignore[reportPrivateUsage]
    kept_cash.keep_at_most(10_000)
    for price in range(1, 40):
        _cash(drawn(SCENARIO, electricity_usd_per_kwh=price / 10), [])
    kept = kept_cash._CASH  # pyright: ignore[reportPrivateUsage]
    assert 0 < sum(weight for _, weight in kept._kept.values()) <= 10_000  # pyright: ignore[reportPrivateUsage]
    forget_all()
    assert not len(kept)


def test_scenario_is_written_without_people_s_time_and_promises() -> None:
    other = Scenario(wage_usd_per_h=99.0, name="another", money="cash", first_token_p95_target_s=3.0)
    assert words_of_scenario(Scenario()) == words_of_scenario(other) != words_of_scenario(Scenario(months=48))


@pytest.mark.parametrize("is_drawn", [True, False])
@pytest.mark.parametrize("scenario", SCENARIOS)
@pytest.mark.parametrize("option", OPTIONS)
def test_no_cost_reads_what_is_left_out_of_the_key(option: str, scenario: str, is_drawn: bool) -> None:
    asked = SCENARIO.model_copy(update=SCENARIOS[scenario])
    read: set[str] = set()
    reader: Any = Reader(drawn(asked) if is_drawn else Inputs(asked, {}, CATALOG.tax), read)
    offer, usage = OPTIONS[option]
    charges_of(offer, inputs=reader, usage=usage, reference_api=TARIFF)
    assert {"scenario.rules"} <= read or option in ("api", "mixed fleet without machines", "seats", "rented")
    assert not read & {f"scenario.{name}" for name in NOT_READ}
    assert not read & set(NOT_READ)


def test_value_that_a_person_typed_is_another_question_than_the_same_as_a_default() -> None:
    """A share kept of the whole PC that was typed replaces those of its cards and of the rest."""
    asked = SCENARIO.model_copy(update={"typed": ("gpu_resale_fraction",)})
    horizon = Horizon(SCENARIO.months, SCENARIO.discount_rate, SCENARIO.timing)
    default, typed = (
        cost_draws(CARDS, inputs=inputs, horizon=horizon, usage=PC_USAGE, reference_api=TARIFF).hard_total_cost_usd
        for inputs in (drawn(SCENARIO), drawn(asked))
    )
    assert not np.array_equal(default, typed)
    assert words_of_scenario(asked) != words_of_scenario(SCENARIO)
    assert words_of_scenario(SCENARIO.model_copy(update={"typed": ("wage_usd_per_h",)})) == words_of_scenario(SCENARIO)


def test_watts_are_told_by_the_ratio_that_they_are_drawn_by() -> None:
    words = kept_cash._words_of_one  # pyright: ignore[reportPrivateUsage]
    other = {"other.decode_w": 9.0, "host/mac.price_ratio": 2.0, "mac.setup_h": 4.0}
    by_ratio = Inputs(SCENARIO, {"mac.decode_watt_ratio": 0.7, "mac.decode_w": 147.0, "mac.idle_w": 8.0, **other})
    assert list(words(MAC, by_ratio)) == ["mac.decode_watt_ratio", 0.7, "mac.idle_w", 8.0]
    alone = Inputs(SCENARIO, {"mac.decode_w": 147.0, **other})
    assert list(words(MAC, alone)) == ["mac.decode_w", 147.0]


def test_dollars_weigh_what_their_arrays_hold() -> None:
    cash = _cash(drawn(SCENARIO), [])
    held = sum(np.asarray(usd).nbytes for usd in (cash.total_usd, cash.present_value_usd))
    assert kept_cash._bytes(cash) == held == 2 * 8 * COUNT  # pyright: ignore[reportPrivateUsage]


def test_further_machines_are_held_beside_them_without_what_was_made_of_them() -> None:
    """Else a move of people's time would have to find out again who buys when."""
    forget_all()
    asked: list[int] = []
    grows = SCENARIO.model_copy(update={"demand_growth_rate": 0.6, "when_full": "buy-another"})
    bought = _cash(drawn(grows), asked).purchases
    found = further_machines(MAC, inputs=drawn(grows), usage=MAC_USAGE)
    assert bought is not None
    assert found is not None
    assert np.array_equal(bought.months, found.months)
    assert np.array_equal(bought.picked.rows, found.picked.rows)
    assert np.array_equal(bought.picked.counts, found.picked.counts)
    assert bought.picked is not found.picked
    assert _cash(drawn(SCENARIO), asked).purchases is None


def test_room_of_further_machines_counts() -> None:
    forget_all()
    kept = kept_cash._CASH  # pyright: ignore[reportPrivateUsage]
    cash = _cash(drawn(SCENARIO.model_copy(update={"demand_growth_rate": 0.6, "when_full": "buy-another"})), [])
    assert cash.purchases is not None
    rows = cash.purchases.picked.rows.size
    (weight,) = [weight for _, weight in kept._kept.values()]  # pyright: ignore[reportPrivateUsage]
    assert weight >= 8 * (2 * COUNT + 4 * rows)


@pytest.mark.parametrize("growth", [0.6, 1.5])
def test_moves_of_what_grows_with_people_s_time_let_old_values_and_sums_go(growth: float) -> None:
    """Dollars hold what they weigh, however often a rate has been moved."""
    forget_all()
    grows = SCENARIO.model_copy(update={"demand_growth_rate": growth, "when_full": "buy-another"})
    rates = [np.full(COUNT, step / 100) for step in range(40)]
    for rate in rates:
        rate.flags.writeable = False
    inputs = drawn(grows)
    for wage, care in itertools.pairwise(rates):
        moved = replace(inputs, given={**inputs.given, "wage_escalation_rate": wage, "care_growth_rate": care})
        _costs("mac", moved)
        ((cash, weight),) = kept_cash._CASH._kept.values()  # pyright: ignore[reportPrivateUsage]
        assert held_bytes(replace(cash, held=()), but=[*inputs.given.values(), *rates]) <= weight


def test_dollars_of_a_bill_are_what_its_invoices_cost_and_time_is_no_part_of_them() -> None:
    """100 after a year at 10 % a year, and 50 of people's time."""
    invoice, time = Line("a", "hard", (Term(-100.0, Once(12)),)), Line("b", "soft", (Term(-50.0, Once(0)),))
    cash = Cash.of((invoice, time), horizon=Horizon(36, 0.1))
    assert cash.total_usd == 100.0
    assert cash.present_value_usd == pytest.approx(100 / 1.1)
