"""Carbon of one's own machines and the Software Carbon Intensity: by hand, what is unknown, ranges and both grids."""

import json

import pytest

from calculator.analysis.carbon import carbon_accounts, carbon_facts, software_carbon_intensity_g_per_mtok
from calculator.catalog import load_catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.report.answer_json import comparison_dict
from calculator.report.facts import facts_dict
from calculator.scenario.scenario import Scenario

CATALOG = load_catalog()
MAC, PC = "mac-studio-m4-max-128", "rtx-4090-pc"


def _compared(**given: object) -> Comparison:
    values = {"options": [MAC, PC, "cloud-h100", "api-same-model"], "model": "qwen3-8b", **given}
    return compare(Scenario.parse(values), CATALOG, draw_count=0, with_turns=False)


def test_intensity_by_hand() -> None:
    # 100 kWh at 340.8 g and 120 kg of making, over 600 million tokens: (34,080 + 120,000) / 600
    found = software_carbon_intensity_g_per_mtok(
        energy_kwh=100, carbon_g_per_kwh=340.8, embodied_share_g=120_000, served_mtok=600
    )
    assert found == pytest.approx(256.8)


def test_account_of_a_mac_by_hand() -> None:
    comparison = _compared(market_carbon_g_per_kwh=20)
    account, tco = carbon_accounts(comparison)[MAC], comparison[MAC].tco
    assert tco is not None
    assert account.energy_kwh.central == tco.energy_kwh
    assert account.served_mtok == pytest.approx(tco.served_tokens / 1e6)
    assert account.embodied_share_kg is not None
    assert account.embodied_share_kg.central == pytest.approx(163 * 36 / 48)  # three years of a life of four
    assert account.embodied_share_kg.high == pytest.approx(240)  # a life of three years is used up
    assert account.electricity_location_kg.central == pytest.approx(tco.energy_kwh * 0.3408)
    assert account.electricity_market_kg is not None
    assert account.electricity_market_kg.central == pytest.approx(tco.energy_kwh * 0.02)
    assert account.sci_location_g_per_mtok is not None
    by_hand = (tco.energy_kwh * 340.8 + 163_000 * 36 / 48) / (tco.served_tokens / 1e6)
    assert account.sci_location_g_per_mtok.central == pytest.approx(by_hand)
    assert account.sci_location_g_per_mtok.low < by_hand < account.sci_location_g_per_mtok.high


def test_unknown_stays_unknown() -> None:
    accounts = carbon_accounts(_compared())
    assert set(accounts) == {MAC, PC}  # nobody tells what a rented GPU or a host draws
    assert accounts[PC].embodied_kg is None
    assert accounts[PC].sci_location_g_per_mtok is None
    assert accounts[PC].electricity_location_g_per_mtok is not None
    assert accounts[MAC].electricity_market_kg is None
    assert accounts[MAC].sci_market_g_per_mtok is None


def test_embodied_figure_of_ones_own_counts_for_every_machine() -> None:
    own = _compared(**{"figures": {f"{PC}.embodied_kg": 400}, "machine_counts": {PC: 2}})
    account = carbon_accounts(own)[PC]
    assert account.embodied_kg is not None
    assert account.embodied_kg.central == 800
    assert account.sci_location_g_per_mtok is not None


def test_shared_machine_bears_its_share_of_what_was_emitted_in_making_it() -> None:
    whole = _compared(figures={f"{PC}.embodied_kg": 400}, machine_counts={PC: 1})
    shared = _compared(figures={f"{PC}.embodied_kg": 400}, machine_counts={PC: 1}, shared_with_other_work={PC: 0.25})
    one, other = (carbon_accounts(found)[PC] for found in (whole, shared))
    assert one.embodied_share_kg is not None
    assert other.embodied_share_kg is not None
    assert other.embodied_share_kg.central == pytest.approx(0.25 * one.embodied_share_kg.central)
    assert other.energy_kwh.central < one.energy_kwh.central


def test_contract_of_zero_is_not_unknown() -> None:
    account = carbon_accounts(_compared(market_carbon_g_per_kwh=0))[MAC]
    assert account.electricity_market_kg is not None
    assert account.electricity_market_kg.central == 0
    assert account.sci_market_g_per_mtok is not None
    assert account.embodied_share_kg is not None
    assert account.sci_market_g_per_mtok.central == pytest.approx(
        account.embodied_share_kg.central * 1000 / account.served_mtok
    )


def test_exports_say_the_same() -> None:
    comparison = _compared()
    account = carbon_accounts(comparison)[MAC]
    found = {row["id"]: row for row in json.loads(json.dumps(comparison_dict(comparison)))["options"]}
    assert account.sci_location_g_per_mtok is not None
    assert found[MAC]["carbon"]["sci_location_g_per_mtok"]["central"] == account.sci_location_g_per_mtok.central
    assert found[PC]["carbon"]["sci_location_g_per_mtok"] is None
    assert found["cloud-h100"]["carbon"] is None
    facts = carbon_facts(carbon_accounts(comparison))
    assert facts_dict(comparison)["carbon"] == facts
    assert facts[f"sci_location_g_per_mtok.{PC}"] == "not known"
