"""An answer one may sign: questions to which the product once gave a conclusion that its own figures denied."""

import math
import re
from typing import Any

import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.scenario.presets import preset

CATALOG = load_catalog()
MAC, OTHER_MAC, USED, PC, BOX, API, CLOUD = (
    "mac-studio-m5-ultra-96",
    "mac-studio-m5-ultra-256",
    "mac-studio-m2-ultra-192-used",
    "dual-rtx-4090-am5",
    "dual-rtx-4090-threadripper",
    "api-same-model",
    "cloud-h100",
)


def _base(scenario: Scenario) -> Comparison:
    return compare(scenario, CATALOG, draw_count=0, with_turns=False)


def base(**values: Any) -> Comparison:
    """The base case alone, of the default with these values."""
    return _base(Scenario(**values))


def value_usd(found: Comparison, option: str) -> float:
    tco = found[option].tco
    assert tco is not None
    return tco.present_value_cost_usd


def codes(found: Comparison, option: str) -> list[str]:
    return [reason.code for reason in found[option].eligibility.reasons]


def named(found: Comparison) -> set[str | None]:
    """Whoever any verdict names."""
    verdicts = [one for one in (found.verdicts.overall, found.verdicts.mac_or_pc) if one]
    return {name for one in verdicts for name in (one.cheapest, one.next, one.hard.cheapest, one.hard.next)} - {None}


@pytest.mark.parametrize("requests", [1_500, 100_000])
def test_one_machine_that_serves_a_part_is_never_ranked(requests: int) -> None:
    found = base(
        model="another-size", requests_per_working_day=requests, options=(USED, OTHER_MAC, BOX), machine_count=1
    )
    assert named(found) == set()
    assert found.verdicts.overall.sentence.startswith("None of the 3 options can do the job.")
    for option in found.options:
        shares = option.eligibility.shares
        assert shares is not None
        assert shares.served_here_fraction < 0.5
        assert not option.eligible
        assert {*codes(found, option.id)} <= {"overloaded-at-peak", "beyond-this-tool"}


def test_enough_machines_serve_it_all_and_are_costed() -> None:
    found = base(model="another-size", requests_per_working_day=1_500, options=(USED, OTHER_MAC, BOX))
    for option in found.options:
        shares, tco = option.eligibility.shares, option.tco
        assert shares is not None
        assert tco is not None
        assert option.eligible
        assert shares.served_here_fraction == pytest.approx(1)
        count = option.eligibility.machine_count
        one = base(model="another-size", requests_per_working_day=1, options=(option.id,), first_token_p95_target_s=0)
        assert one[option.id].eligibility.machine_count == 1
        alone = one[option.id].tco
        assert count is not None
        assert alone is not None
        assert tco.lines["hardware"] == pytest.approx(count * alone.lines["hardware"])


def test_a_million_requests_are_kept_in_house_by_nobody() -> None:
    for count in ("auto", 1, 64):
        found = base(requests_per_working_day=1e6, machine_count=count)
        assert found.verdicts.keep_in_house_usd_per_month is None
        assert "No machine of your own can do the job" in found.verdicts.keep_in_house_reason
        assert named(found) == {API}
        for option in (MAC, OTHER_MAC, PC, BOX, USED, CLOUD):
            assert codes(found, option) == ["beyond-this-tool"]
    bought = base(requests_per_working_day=1e6, when_full="buy-from-api")
    assert bought.verdicts.keep_in_house_usd_per_month is None
    assert "more than 99.9 % of the work to an API" in bought.verdicts.keep_in_house_reason


def test_what_is_bought_elsewhere_is_not_kept_in_house() -> None:
    # 2,000 requests a day, the rest bought: the cheapest machine of one's own sends most of them away, and the verdict says so
    found = base(requests_per_working_day=2_000, when_full="buy-from-api")
    pair = found.verdicts.mac_or_pc
    assert pair is not None
    assert pair.cheapest is not None
    shares = found[pair.cheapest].eligibility.shares
    assert shares is not None
    assert f"buys {shares.bought_fraction:.0%} of its tokens".replace("%", " %") in pair.sentence
    assert found.verdicts.keep_in_house_usd_per_month is None


def test_machines_of_the_team_are_counted_and_paid_for() -> None:
    scenario = preset("team-24-7")
    found = _base(scenario)
    own = [option for option in found.options if option.kind == "own"]
    assert {option.id: option.eligibility.machine_count for option in own} == {
        MAC: 3,
        OTHER_MAC: 2,
        PC: 2,
        BOX: 2,
        USED: 36,
    }
    for option in own:
        count = option.eligibility.machine_count
        single = _base(scenario.changed(machine_count=1))[option.id]
        assert count is not None
        assert option.tco is not None
        assert single.tco is not None
        for line in ("hardware", "sales tax", "setup", "repair", "resale"):
            assert option.tco.lines[line] == pytest.approx(count * single.tco.lines[line]), line
        care = 1 + (count - 1) * scenario.further_care_fraction
        assert option.tco.lines["administration"] == pytest.approx(care * single.tco.lines["administration"])
        assert codes(_base(scenario.changed(machine_count=1)), option.id)


def test_fewest_machines_keep_the_promise_and_one_fewer_does_not() -> None:
    for scenario in (Scenario(), preset("team-24-7")):
        for option in _base(scenario).options:
            count = option.eligibility.machine_count
            if count is None or count == 1:
                continue
            wait = option.eligibility.first_token_p95_s
            assert wait is not None
            assert wait.central <= scenario.first_token_p95_target_s
            fewer = _base(scenario.changed(machine_count=count - 1))[option.id]
            assert not fewer.eligible
            assert fewer.eligibility.reasons[0].mend == f"{count} of these machines."


def test_a_used_mac_that_reads_for_27_seconds_is_out_at_a_promise_of_15() -> None:
    found = base(first_token_p95_target_s=15)
    assert codes(found, USED) == ["first-token-too-slow"]
    (reason,) = found[USED].eligibility.reasons
    assert reason.text == (
        "Reading one request alone takes 27 s; you asked for the first word within 15 s. "
        "More of these machines do not help."
    )
    assert reason.mend
    assert USED not in named(found)
    assert found[MAC].eligible


@pytest.mark.parametrize("option", [PC, MAC])
def test_a_typed_wage_is_certain_on_both_sides_of_the_default_and_on_it(option: str) -> None:
    p90 = []
    for wage in (94.9, 95, 95.1):
        found = compare(Scenario(wage_usd_per_h=wage, options=(MAC, PC)), CATALOG, draw_count=10_000, with_turns=False)
        value = found[option].present_value_usd
        assert value is not None
        p90.append(value.high)
    assert max(p90) / min(p90) - 1 < 0.02
    assert p90 == sorted(p90)


@pytest.mark.parametrize("options", [(OTHER_MAC, PC), (MAC, PC), (OTHER_MAC, BOX), (MAC, PC, API)])
def test_without_wages_both_sentences_and_their_odds_are_one(options: tuple[str, ...]) -> None:
    found = compare(Scenario(wage_usd_per_h=0, options=options), CATALOG, draw_count=2_000, with_turns=False)
    for verdict in (found.verdicts.overall, found.verdicts.mac_or_pc):
        assert verdict is not None
        assert verdict.cheapest == verdict.hard.cheapest
        assert verdict.difference_usd.low == pytest.approx(verdict.hard.difference_usd.low)
        assert verdict.difference_usd.high == pytest.approx(verdict.hard.difference_usd.high)
        assert verdict.chance == verdict.hard.chance
        assert verdict.too_close == (verdict.difference_usd.low <= 0)
        assert verdict.sentence.startswith("Too close to call") == verdict.too_close
        assert ("too close to call" in verdict.hard.sentence) == verdict.too_close


def test_where_nothing_may_leave_only_machines_of_ones_own_are_left() -> None:
    found = base(leaves_house_fraction_max=0)
    assert codes(found, API) == codes(found, CLOUD) == ["leaves-the-house"]
    assert {option.id for option in found.options if option.eligible} == {MAC, OTHER_MAC, PC, BOX, USED}
    assert found.verdicts.overall.cheapest == MAC
    assert found.verdicts.keep_in_house_usd_per_month == 0
    half = base(leaves_house_fraction_max=0.5, when_full="buy-from-api", requests_per_working_day=2_000)
    for option in half.options:
        shares = option.eligibility.shares
        assert shares is not None
        assert option.eligible == (shares.leaves_house_fraction <= 0.5)


def test_the_cheapest_of_two_rules_is_the_cheaper_of_both() -> None:
    both = [base(requests_per_working_day=600, when_full=rule) for rule in ("buy-another", "buy-from-api", "cheapest")]
    for option in (MAC, OTHER_MAC, PC, BOX, USED, CLOUD):
        another, bought, cheapest = (value_usd(found, option) for found in both)
        assert cheapest == pytest.approx(min(another, bought)), option


@pytest.mark.parametrize("rule", ["lose", "buy-from-api"])
def test_lost_requests_are_not_served_and_bought_ones_are(rule: str) -> None:
    found = base(availability_fraction=0.97, when_down=rule, unserved_fraction_max=0.05)
    whole = base()
    for option in (MAC, PC, USED):
        shares, tco, before = found[option].eligibility.shares, found[option].tco, whole[option].tco
        assert shares is not None
        assert tco is not None
        assert before is not None
        assert shares.served_here_fraction == pytest.approx(0.97)
        assert shares.unserved_fraction == pytest.approx(0.03 if rule == "lose" else 0, abs=1e-9)
        assert shares.bought_fraction == pytest.approx(0 if rule == "lose" else 0.03, abs=1e-9)
        for line in ("energy prefill", "energy decode"):
            assert tco.lines[line] == pytest.approx(0.97 * before.lines[line]), line
    strict = base(availability_fraction=0.97, when_down=rule)
    assert codes(strict, MAC) == (["unserved"] if rule == "lose" else [])


@pytest.mark.parametrize("rule", ["lose", "buy-from-api"])
def test_the_price_of_downtime_begins_at_nothing(rule: str) -> None:
    costs = [
        value_usd(base(availability_fraction=0.97, when_down=rule, downtime_usd_per_h=usd), MAC) for usd in (0, 1e-3, 1)
    ]
    # 3 % of 210 hours in each of 36 months at $1 of the first year's money, discounted at 10 % a year
    rise = 1 + Scenario().inflation_rate
    factor = sum(rise ** ((month - 1) // 12) * 1.1 ** (-month / 12) for month in range(1, 37))
    assert costs[2] - costs[0] == pytest.approx(0.03 * 210 * factor, rel=1e-6)
    assert costs[1] - costs[0] == pytest.approx(0.001 * (costs[2] - costs[0]), rel=1e-4)


def test_a_speed_of_ones_own_moves_speeds_loads_and_counts() -> None:
    plain = base()
    slow = base(figures={f"{MAC}.decode_speed_ratio": 0.1})
    was, now = plain[MAC], slow[MAC]
    assert was.decode is not None
    assert now.decode is not None
    assert was.service is not None
    assert now.service is not None
    assert now.decode.central == pytest.approx(0.1 * was.decode.central)
    assert now.service.decode_h > 5 * was.service.decode_h
    assert was.eligibility.machine_count == 1
    assert now.eligibility.machine_count is not None
    assert now.eligibility.machine_count > 1
    asked = base(figures={f"{MAC}.decode_speed_ratio": 0.1}, machine_count=1)
    assert codes(asked, MAC)
    assert MAC not in named(asked)
    other, same = plain[PC].decode, slow[PC].decode
    assert other is not None
    assert same is not None
    assert other.central == same.central


def test_what_idles_at_night_pays_for_it() -> None:
    off, idle = base(off_hours="off"), base(off_hours="idle")
    for option in (MAC, PC):
        before, after = off[option].tco, idle[option].tco
        assert before is not None
        assert after is not None
        # 8,766 hours of a year less 252 days of 10 hours, at idle watts; the price rises from year to year
        hours = 365.25 * 24 / 12 - 252 * 10 / 12
        price = sum(
            idle.scenario.electricity_usd_per_kwh * (1 + idle.scenario.electricity_escalation_rate) ** year
            for year in (0, 1, 2)
        )
        usd = off[option].power_w["idle"] / 1000 * hours * 12 * price
        assert after.lines["energy sleep"] == pytest.approx(-usd, rel=1e-3)
        cooling = idle.scenario.cooling_season_fraction / idle.scenario.cooling_cop_ratio
        assert after.total_cost_usd - before.total_cost_usd == pytest.approx(usd * (1 + cooling), rel=1e-3)
        assert "energy sleep" not in before.lines or math.isclose(before.lines["energy sleep"], 0)


def test_no_sentence_names_a_machine_that_cannot_do_the_work_as_the_cheapest() -> None:
    for requests in (10, 200, 2_000, 20_000, 200_000):
        found = base(requests_per_working_day=requests, machine_count=1)
        able = {option.name for option in found.options if option.eligible}
        told = re.match(r"(?:Cheapest: |Only )(.*?)(?:, \$| can do)", found.verdicts.overall.sentence)
        assert told is not None
        assert told[1] in able
