"""Sheet Inputs: each price and rate once, with its value, its range, and whose it is."""

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.report.live_lines import live_options
from calculator.report.workbook_inputs import LiveInput, live_inputs

CATALOG = load_catalog()
OPTIONS = ("mac-studio-m5-ultra-96", "cloud-h100", "api-same-model")


def _inputs(**values: object) -> dict[str, LiveInput]:
    found = compare(Scenario.parse({"options": OPTIONS, **values}), CATALOG, draw_count=0)
    inputs = live_inputs(found, live_options(found), CATALOG)
    assert len({one.key for one in inputs}) == len(inputs)
    return {one.key: one for one in inputs}


def test_prices_rates_wage_energy_resale_and_discount_are_there() -> None:
    inputs = _inputs()
    assert {
        "discount_rate",
        "wage_usd_per_h",
        "electricity_usd_per_kwh",
        "resale_fraction",
        "sales_tax_fraction",
        "resale_fee_fraction",
        "cloud_price_trend_rate",
        "mac-studio-m5-ultra-96.price_usd",
        "cloud-h100.rate_usd_per_h",
    } <= set(inputs)
    assert any(key.endswith(".output_usd_per_mtok") for key in inputs)
    assert "tax_rate" not in inputs
    assert "tax_rate" in _inputs(tax_mode="expense")


def test_scenarios_inputs_come_first_and_say_whose_they_are() -> None:
    inputs = _inputs(wage_usd_per_h=60, figures={"cloud-h100.rate_usd_per_h": 2.0})
    keys = list(inputs)
    assert keys == sorted(keys, key=lambda key: "." in key)
    yours = inputs["wage_usd_per_h"]
    assert (yours.value, yours.basis, yours.low) == (60, "yours", None)
    assert inputs["cloud-h100.rate_usd_per_h"].basis == "yours"
    default = inputs["electricity_usd_per_kwh"]
    assert default.basis != "yours"
    assert default.low is not None
    assert default.high is not None
    assert default.low <= default.value <= default.high
    assert inputs["warranty_usd"].basis == "not set"
    price = inputs["mac-studio-m5-ultra-96.price_usd"]
    assert "Mac Studio M5 Ultra 96 GB" in price.label
    assert price.as_of


def test_inputs_are_called_and_dated_as_pages_and_memo_have_them() -> None:
    options = ("mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "cloud-h100", "api-same-model")
    lease = {"mac-studio-m5-ultra-96": {"usd_per_month": 300.0, "buyout_usd": 900.0}}
    inputs = _inputs(options=options, leases=lease)
    said = {key: one.label for key, one in inputs.items()}
    assert said["dual-rtx-4090-am5.price_usd"] == "Price of 2x RTX 4090 on an AM5 board before tax"
    assert said["cloud-h100.rate_usd_per_h"] == "Hourly rate of Rented H100 80 GB by the hour"
    assert said["mac-studio-m5-ultra-96.lease_usd_per_month"] == "Lease of Mac Studio M5 Ultra 96 GB"
    tokens = [label for key, label in said.items() if key.endswith("output_usd_per_mtok")]
    assert [label.startswith("Price of output tokens of the API of ") for label in tokens] == [True]
    assert not [label for label in said.values() if "_" in label or "($" in label or " usd " in label.lower()]
    assert (
        inputs["dual-rtx-4090-am5.price_usd"].as_of == CATALOG.machines["dual-rtx-4090-am5"].purchase_price().aged_from
    )
