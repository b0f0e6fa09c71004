"""Live lines: quantities of the engine times prices are the ledger, now and at other prices."""

import random

import numpy as np
import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.report.live_lines import index_values, live_options, value_of
from calculator.report.live_prices import price_of
from calculator.units import TOKENS_PER_MTOK
from tests.calculator.report.workbook_questions import some_changes, workbook_question

CATALOG = load_catalog()
OPTIONS = ("mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "cloud-h100", "api-same-model")


def _differences(found: Comparison, changes: dict[str, float]) -> list[str]:
    """Lines whose parts at changed prices are not what the engine then says."""
    wrong: list[str] = []
    fields = {key: value for key, value in changes.items() if key in Scenario.model_fields}
    under = found.candidates.under(found.scenario.model_copy(update=fields))
    for option in live_options(found):
        lines = under.cost(option.candidate, values=changes).lines
        for name in {line.line.name for line in option.lines if line.parts}:
            usd = 0.0
            for part in (part for line in option.lines if line.line.name == name for part in line.parts):
                keys = [factor.key for factor in part.product.factors] + [part.product.index] * bool(part.product.index)
                now = {key: price_of(key, candidate=option.candidate, scenario=found.scenario).value for key in keys}
                values = {key: changes.get(key, value) for key, value in now.items()}
                usd += float(value_of(part, values, months=found.scenario.months).sum())
            if usd != pytest.approx(lines.get(name, 0.0), rel=1e-9, abs=1e-9):
                wrong.append(f"{option.candidate.option.id} {name}: {usd} instead of {lines.get(name, 0.0)}")
    return wrong


@pytest.mark.parametrize("seed", range(30))
def test_parts_at_other_prices_are_the_engines_lines(seed: int) -> None:
    found = workbook_question(seed, leases={})
    assert not _differences(found, some_changes(found, seed))


def test_no_line_of_the_defaults_is_stamped() -> None:
    found = compare(Scenario(), CATALOG, draw_count=0)
    assert all(line.parts for option in live_options(found) for line in option.lines)


def test_quantities_are_what_their_unit_says() -> None:
    found = compare(Scenario(options=OPTIONS), CATALOG, draw_count=0)
    mac, _, rented, _ = live_options(found)
    amounts = {line.line.name: -line.parts[0].quantity for line in mac.lines}
    assert amounts["hardware"][0] == 1
    assert amounts["resale"][found.scenario.months] == -1
    tco = found[OPTIONS[0]].tco
    assert tco is not None
    kwh = sum(amounts[name].sum() for name in amounts if name.startswith("energy "))
    assert kwh == pytest.approx(tco.energy_kwh, rel=1e-12)
    (rental,) = [line for line in rented.lines if line.line.name == "rental"]
    assert -rental.parts[0].quantity[1] == pytest.approx(rental.line.inputs["paid_h_per_month"])


def test_tokens_served_are_the_ledgers() -> None:
    found = compare(Scenario(options=OPTIONS, demand_growth_rate=0.2), CATALOG, draw_count=0)
    for option in live_options(found):
        tco = found[option.candidate.option.id].tco
        assert tco is not None
        assert option.served_mtok.sum() * TOKENS_PER_MTOK == pytest.approx(tco.served_tokens, rel=1e-12)


def test_line_that_waits_for_a_price_is_there_with_nothing_in_it() -> None:
    found = compare(Scenario(options=OPTIONS), CATALOG, draw_count=0)
    (warranty,) = [line for line in live_options(found)[0].lines if line.line.name == "warranty"]
    assert not warranty.flow.any()
    assert warranty.parts[0].quantity[0] == -1


def test_reservation_that_outlasts_the_horizon_says_that_it_follows_the_discount_rate() -> None:
    settled, left = (
        compare(Scenario(options=OPTIONS, cloud_rate="reserved", months=months), CATALOG, draw_count=0)
        for months in (36, 30)
    )
    assert all(line.follows_discount for option in live_options(settled) for line in option.lines)
    rented = live_options(left)[2]
    assert rented.candidate.option.id == "cloud-h100"
    assert {line.line.name for line in rented.lines if not line.follows_discount} <= {"rental"}


def test_index_moves_once_a_year_or_every_month() -> None:
    rate = random.Random(1).uniform(0.01, 0.2)
    yearly = index_values(rate, index="inflation_rate", months=25)
    monthly = index_values(rate, index="api_price_trend_rate", months=25)
    assert yearly[[0, 1, 12, 13, 24, 25]].tolist() == pytest.approx([1, 1, 1, 1 + rate, 1 + rate, (1 + rate) ** 2])
    assert monthly[13] == pytest.approx(1 + rate)
    assert monthly[7] == pytest.approx((1 + rate) ** 0.5)
    assert np.all(index_values(rate, index="", months=3) == 1)


def test_rules_of_version_1_are_live_too() -> None:
    options = ("mac-studio-m2-ultra-192-used", "dual-rtx-4090-threadripper", "api-same-model")
    found = compare(Scenario.parse({"rules": 1, "options": options}), CATALOG, draw_count=0)
    assert len(found.candidates) >= 2
    changes = {"wage_usd_per_h": 31.0, "resale_fraction": 0.3, "gpu_resale_fraction": 0.2, "discount_rate": 0.04}
    assert not _differences(found, changes)
