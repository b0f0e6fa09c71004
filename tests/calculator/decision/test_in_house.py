"""Price of keeping everything in house: by the same convention, and none where nothing does."""

import pytest

from calculator import Comparison, Scenario, compare, load_catalog
from calculator.analysis.appraisal import appraise

CATALOG = load_catalog()
MAC, SMALL = "mac-studio-m5-ultra-256", "mac-studio-m5-ultra-96"
AM5, API = "dual-rtx-4090-am5", "api-same-model"


def verdict_on(**values: object) -> Comparison:
    return compare(Scenario.parse(values), CATALOG, draw_count=64)


def test_million_requests_on_one_machine_keep_nothing_in_house() -> None:
    found = verdict_on(requests_per_working_day=1_000_000, machine_count=1).verdicts
    assert found.overall.cheapest == API
    assert found.keep_in_house_usd_per_month is None
    assert found.keep_in_house_reason.startswith("No machine of your own can do the job with up to 64 machines.")


def test_machine_that_buys_from_an_api_keeps_nothing_in_house_and_says_its_share() -> None:
    found = verdict_on(
        options=(SMALL, AM5, API), requests_per_working_day=3000, when_full="buy-from-api", first_token_p95_target_s=0
    )
    assert found.verdicts.keep_in_house_usd_per_month is None
    assert "sends 45 % of the work to an API" in found.verdicts.keep_in_house_reason
    assert found.verdicts.mac_or_pc is not None
    shares = found[SMALL].eligibility.shares
    assert shares is not None
    assert f"It buys {shares.bought_fraction:.0%}".replace("%", " %") in found.verdicts.mac_or_pc.sentence


def test_price_of_keeping_it_in_house_is_the_appraisals_to_the_dollar() -> None:
    default = verdict_on()
    usd = next(row.usd_per_month for row in appraise(default.candidates).in_house if row.option == SMALL)
    assert default.verdicts.keep_in_house_usd_per_month == pytest.approx(usd, rel=1e-9)
    assert f"Keeping your data in house costs ${usd:,.0f} a month more" in default.verdict.detail
    alone = verdict_on(options=(SMALL, AM5)).verdicts
    assert alone.keep_in_house_usd_per_month == 0.0
    assert "in house" not in alone.overall.detail
