"""Bands of money spent: the last month is the option's own range, and without ranges the band is its line."""

import numpy as np
import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.errors import CalculatorError
from calculator.finance.ledger import calendar_usd
from calculator.risk.spent_by_month import spent_bands

CATALOG = load_catalog()
OPTIONS = ("mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "cloud-h100", "api-same-model")
COUNT = 256


@pytest.mark.parametrize("growth", [0.0, 0.6])
@pytest.mark.parametrize("hard_only", [True, False])
@pytest.mark.parametrize("in_cash", [True, False])
def test_last_month_is_p10_and_p90_of_the_row(in_cash: bool, hard_only: bool, growth: float) -> None:
    scenario = Scenario(options=OPTIONS, demand_growth_rate=growth)
    found = compare(scenario, CATALOG, as_of="2026-11-26", draw_count=COUNT, with_turns=False)
    for candidate in found.candidates:
        row = found[candidate.option.id]
        ranges = {
            (True, True): row.hard_total_usd,
            (True, False): row.total_usd,
            (False, True): row.hard_present_value_usd,
            (False, False): row.present_value_usd,
        }
        band = spent_bands(found.candidates, [row.id], in_cash=in_cash, hard_only=hard_only, count=COUNT)[row.id]
        expected = ranges[in_cash, hard_only]
        assert expected is not None
        assert (band.low_usd[-1], band.high_usd[-1]) == pytest.approx((expected.low, expected.high), abs=0.005)
        assert len(band.low_usd) == len(band.high_usd) == scenario.months + 1
        assert all(low <= high for low, high in zip(band.low_usd, band.high_usd, strict=True))


def test_band_starts_at_the_purchase_and_holds_the_line_of_the_base_case() -> None:
    found = compare(Scenario(options=OPTIONS), CATALOG, as_of="2026-11-26", draw_count=COUNT, with_turns=False)
    for option in found.options:
        assert option.tco is not None
        band = spent_bands(found.candidates, [option.id], count=COUNT)[option.id]
        line = -np.asarray(option.tco.discounted_usd)
        inside = (np.asarray(band.low_usd) <= line * 1.001) & (line <= np.asarray(band.high_usd) * 1.001)
        assert inside[1:].all()


def test_option_that_is_not_compared_is_named() -> None:
    found = compare(Scenario(options=OPTIONS), CATALOG, draw_count=0, with_turns=False)
    with pytest.raises(CalculatorError, match="cloud-a100 has no band"):
        spent_bands(found.candidates, ["cloud-a100"], count=COUNT)


@pytest.mark.parametrize("in_cash", [True, False])
def test_band_of_a_lease_in_advance_lies_around_its_calendar_months(in_cash: bool) -> None:
    mac = OPTIONS[0]
    asked = Scenario.parse({"options": (mac, "api-same-model"), "leases": {mac: {"usd_per_month": 230.0}}})
    found = compare(asked, CATALOG, as_of="2026-11-26", draw_count=COUNT, with_turns=False)
    tco = found[mac].tco
    assert tco is not None
    assert any(line.in_advance for line in tco.entries)
    flows = tco.flows if in_cash else tco.discounted_flows
    months = zip(*map(calendar_usd, tco.entries, flows), strict=True)
    line = -np.cumsum([sum(month) for month in months])
    band = spent_bands(found.candidates, [mac], in_cash=in_cash, count=COUNT)[mac]
    inside = (np.asarray(band.low_usd) <= line * 1.001) & (line <= np.asarray(band.high_usd) * 1.001)
    assert inside[1:].all()
    expected = found[mac].total_usd if in_cash else found[mac].present_value_usd
    assert expected is not None
    assert (band.low_usd[-1], band.high_usd[-1]) == pytest.approx((expected.low, expected.high), abs=0.005)
