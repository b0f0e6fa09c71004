"""Parts of a line: factors by hand, and every line of every kind of option is a product that is known."""

import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.finance.ledger import Line
from calculator.report.live_parts import Factor, products_of

CATALOG = load_catalog()


@pytest.mark.parametrize(
    ("factor", "value", "result", "formula"),
    [
        (Factor("price"), 3.0, 3.0, "x"),
        (Factor("fee", "rest"), 0.2, 0.8, "(1-x)"),
        (Factor("kept", "kept", 36), 0.5, 0.5, "x"),
        (Factor("kept", "kept", 18), 0.25, 0.5, "x^(18/36)"),
        (Factor("kept", "kept", 72), 0.5, 0.25, "x^(72/36)"),
    ],
)
def test_factor_by_hand(factor: Factor, value: float, result: float, formula: str) -> None:
    assert factor.of(value) == pytest.approx(result)
    assert factor.formula("x") == formula
    assert factor.of(factor.neutral) == 1.0


def test_every_line_of_every_kind_of_option_is_known() -> None:
    extras = {
        "warranty_usd": 100,
        "disposal_usd": 10,
        "insurance_rate": 0.01,
        "space_usd_per_month": 5,
        "software_usd_per_month": 5,
        "electrical_work_usd": 50,
        "demand_charge_usd_per_kw_month": 4,
        "downtime_usd_per_h": 3,
        "availability_fraction": 0.97,
        "when_down": "buy-from-api",
        "demand_growth_rate": 1.0,
        "requests_per_working_day": 3000,
        "options": ("mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "cloud-h100", "api-same-model"),
    }
    names: set[str] = set()
    for more in ({}, {"cloud_rate": "reserved", "reserved_upfront_fraction": 0.3}):
        found = compare(Scenario.parse({**extras, **more}), CATALOG, draw_count=0)
        for candidate in found.candidates:
            tco = found.candidates.cost(candidate)
            for line in tco.entries:
                assert products_of(line, candidate=candidate, scenario=found.scenario), line.name
                names.add(line.name)
    assert {"further machines", "further resale", "overflow to API", "reservation", "demand charge"} <= names


def test_unknown_line_has_no_parts() -> None:
    found = compare(Scenario(), CATALOG, draw_count=0)
    line = Line("something else", "hard", ())
    assert products_of(line, candidate=found.candidates.options[0], scenario=found.scenario) == ()


def test_resale_of_a_pc_follows_its_cards_and_the_rest_and_of_a_mac_one_share() -> None:
    found = compare(Scenario(), CATALOG, draw_count=0)
    kept: dict[str, list[str]] = {}
    for candidate in found.candidates:
        for line in found.candidates.cost(candidate).entries:
            if line.name == "resale":
                products = products_of(line, candidate=candidate, scenario=found.scenario)
                kept[candidate.option.id] = [
                    factor.key for product in products for factor in product.factors if factor.form == "kept"
                ]
    assert kept["mac-studio-m5-ultra-96"] == ["resale_fraction"]
    assert kept["dual-rtx-4090-am5"] == ["gpu_resale_fraction", "pc_rest_resale_fraction"]
