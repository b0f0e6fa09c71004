"""Prices of an option: the person's where given, else the catalogue's with its evidence."""

from dataclasses import replace

import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.errors import CalculatorError
from calculator.report.live_prices import price_of, tariff_named, token_prices
from calculator.risk.candidates import Candidate

CATALOG = load_catalog()
MAC, PC, RENTED, API = "mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "cloud-h100", "api-same-model"


def _compared(**values: object) -> Comparison:
    return compare(Scenario.parse({"options": (MAC, PC, RENTED, API), **values}), CATALOG, draw_count=0)


def _candidate(found: Comparison, option: str) -> Candidate:
    return next(one for one in found.candidates if one.option.id == option)


def test_price_of_a_machine_is_the_ledgers() -> None:
    found = _compared()
    price = price_of(f"{MAC}.price_usd", candidate=_candidate(found, MAC), scenario=found.scenario)
    tco = found[MAC].tco
    assert tco is not None
    assert price.value == -tco.lines["hardware"]
    assert price.quantity is not None
    assert price.quantity.central == price.value


def test_figure_of_the_person_comes_first_and_has_no_catalogue_evidence() -> None:
    found = _compared(figures={f"{MAC}.price_usd": 4000.0})
    price = price_of(f"{MAC}.price_usd", candidate=_candidate(found, MAC), scenario=found.scenario)
    assert (price.value, price.quantity) == (4000.0, None)


def test_prices_of_a_lease_and_of_an_owned_machine_are_the_scenarios() -> None:
    found = _compared(leases={MAC: {"usd_per_month": 210, "buyout_usd": 700}}, already_own_usd={PC: 3100})
    values = {
        key: price_of(key, candidate=_candidate(found, key.split(".")[0]), scenario=found.scenario).value
        for key in (f"{MAC}.lease_usd_per_month", f"{MAC}.lease_buyout_usd", f"{PC}.worth_usd")
    }
    assert list(values.values()) == [210, 700, 3100]


def test_rented_and_hosted_prices_are_those_of_the_lines() -> None:
    found = _compared()
    rented = price_of(f"{RENTED}.rate_usd_per_h", candidate=_candidate(found, RENTED), scenario=found.scenario)
    tco = found[RENTED].tco
    assert tco is not None
    (rental,) = [line for line in tco.entries if line.name == "rental"]
    assert rented.value == rental.inputs["rate_usd_per_h"]
    hosted = _candidate(found, API)
    tariff = tariff_named(hosted, found.scenario)
    assert tariff is not None
    for key, quantity in token_prices(tariff).items():
        assert price_of(key, candidate=hosted, scenario=found.scenario).value == quantity.central


def test_field_of_the_scenario_needs_no_option() -> None:
    found = _compared(wage_usd_per_h=77)
    assert price_of("wage_usd_per_h", candidate=_candidate(found, MAC), scenario=found.scenario).value == 77


def test_unknown_price_is_named() -> None:
    found = _compared()
    with pytest.raises(CalculatorError, match="no such price"):
        price_of(f"{MAC}.colour", candidate=_candidate(found, MAC), scenario=found.scenario)


def test_machine_without_a_reference_host_has_no_tariff() -> None:
    found = _compared()
    assert tariff_named(replace(_candidate(found, MAC), reference_api=None), found.scenario) is None
