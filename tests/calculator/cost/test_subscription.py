"""Subscription: seats and what exceeds their limits, by hand, refused, bought, unknown, and the same in every export."""

import io
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator import Scenario, compare, load_catalog
from calculator.analysis.explain import explain, explanation_text
from calculator.catalog.plans import Subscription
from calculator.cost.subscription import is_limit_known, limit_figure, limit_of, window_of
from calculator.decision.comparison import Comparison, OptionResult
from calculator.errors import CalculatorError, ScenarioError
from calculator.evidence import Quantity
from calculator.report.answer_json import comparison_dict
from calculator.report.ledger_csv import tidy_csv
from calculator.risk.monte_carlo import simulate
from calculator.scenario.files import read_scenario

CATALOG = load_catalog()
FILE = Path(__file__).parents[2] / "fixtures" / "subscription.toml"


def _found(**values: Any) -> Comparison:
    return compare(read_scenario(FILE).changed(**values), CATALOG, draw_count=0)


def _row(option: str = "chatgpt-plus", **values: Any) -> OptionResult:
    row = _found(**values)[option]
    assert row.tco is not None
    return row


def _lines(row: OptionResult) -> dict[str, float]:
    assert row.tco is not None
    return row.tco.lines


def test_seats_are_a_price_a_month_and_all_requests_leave_the_house() -> None:
    row = _row("chatgpt-pro-100")
    assert _lines(row)["seats"] == -36 * 8 * 100
    assert "excess at token prices" not in _lines(row)
    assert row.eligible
    shares = row.eligibility.shares
    assert shares is not None
    assert (shares.served_here_fraction, shares.leaves_house_fraction, shares.unserved_fraction) == (0, 1, 0)


def test_excess_is_bought_at_the_price_of_the_same_model_by_hand() -> None:
    # 2,000 requests in 10 hours, the busiest with twice the mean: 400 in it and 177.8 in each other one, so 1,111.1 in
    # the first window of five hours and 888.9 in the second; 8 seats take 8 x 49 = 392 in each: 719.1 + 496.9 beyond
    row, scenario = _row(), read_scenario(FILE)
    beyond = (1111.111 - 392) + (888.889 - 392)
    requests = beyond * scenario.working_days_per_year / 12
    usd = requests * (scenario.input_tokens() * 2 + scenario.answer_tokens * 10) / 1e6
    assert scenario.busiest_hour_ratio() == 2
    assert _lines(row)["excess at token prices"] == pytest.approx(-36 * usd, rel=1e-5)
    assert row.eligible


def test_one_more_token_costs_what_exceeds_the_limits() -> None:
    above, below = _row().tco, _row("chatgpt-pro-100").tco
    assert above is not None
    assert below is not None
    valued = dict(zip((entry.name for entry in above.entries), above.discounted_flows, strict=True))
    of_all = -sum(valued["excess at token prices"]) / above.present_value_cost_usd
    assert above.marginal_usd_per_mtok == pytest.approx(of_all * above.usd_per_mtok)
    assert above.marginal_usd_per_mtok > 0
    assert below.marginal_usd_per_mtok == 0


def test_refused_excess_is_not_served_and_not_ranked_unless_the_promise_allows_it() -> None:
    row = _row(subscription_excess="refuse")
    (reason,) = row.eligibility.reasons
    shares = row.eligibility.shares
    assert shares is not None
    assert reason.code == "unserved"
    assert shares.unserved_fraction == pytest.approx(1216 / 2000, rel=1e-5)
    assert '"Seats of a subscription"' in reason.mend
    assert "excess at token prices" not in _lines(row)
    assert _row(subscription_excess="refuse", unserved_fraction_max=0.7).eligible
    assert _row("chatgpt-plus:gpt-6-luna", subscription_excess="refuse").eligible  # 8 x 1,025 are enough


def test_nothing_but_leaving_the_house_is_forbidden_where_nothing_may_leave() -> None:
    assert [reason.code for reason in _row(leaves_house_fraction_max=0).eligibility.reasons] == ["leaves-the-house"]


@pytest.mark.parametrize("option", ["claude-max-5x", "copilot-business"])
def test_limit_that_nobody_publishes_is_said_and_not_ranked(option: str) -> None:
    row = _row(option)
    (reason,) = row.eligibility.reasons
    assert reason.code == "limit-not-published"
    assert reason.mend == f"Enter the requests that a seat of {row.name} takes in a window."
    given = _row(option, figures={f"{option}.requests_per_window": 1e6})
    assert given.eligible


def test_vendor_that_sells_no_tokens_leaves_the_excess_undone() -> None:
    row = _row("copilot-business", figures={"copilot-business.requests_per_window": 100})
    assert [reason.code for reason in row.eligibility.reasons] == ["unserved"]
    assert "sells no tokens" in row.eligibility.reasons[0].mend
    assert "unmet-demand" in {remark.code for remark in row.remarks}


def test_price_of_ones_own_and_seats_of_the_people_who_ask_at_once() -> None:
    own = _row("claude-max-5x", figures={"claude-max-5x.seat_usd_per_month": 150})
    assert _lines(own)["seats"] == -36 * 8 * 150
    assert _lines(_row("chatgpt-pro-100", seat_count=0, concurrent_request_count=3))["seats"] == -36 * 3 * 100
    one = compare(Scenario.parse({"options": ("chatgpt-business",), "seat_count": 1}), CATALOG, draw_count=0)
    assert _lines(one["chatgpt-business"])["seats"] == -36 * 2 * 25  # two users or more


def test_growth_reaches_the_limit_later() -> None:
    still = _row("chatgpt-plus:gpt-6-luna")
    grown = _row("chatgpt-plus:gpt-6-luna", demand_growth_rate=3)
    assert "excess at token prices" not in _lines(still)
    assert grown.tco is not None
    flow = dict(zip((entry.name for entry in grown.tco.entries), grown.tco.flows, strict=True))
    excess = flow["excess at token prices"]
    first = next(month for month, usd in enumerate(excess) if usd < 0)
    assert 1 < first <= 36
    assert min(np.diff(excess[first:])) < 0


@settings(max_examples=60, deadline=None)
@given(requests=st.floats(0, 50_000), seats=st.integers(1, 400), limit=st.floats(0, 1e4), growth=st.floats(-0.5, 1.0))
def test_more_seats_never_serve_less_and_shares_sum_to_one(
    requests: float, seats: int, limit: float, growth: float
) -> None:
    values: dict[str, Any] = {
        "options": ("claude-pro",),
        "requests_per_working_day": requests,
        "demand_growth_rate": growth,
        "subscription_excess": "refuse",
        "figures": {"claude-pro.requests_per_window": limit},
    }
    shares = [
        compare(Scenario.parse({**values, "seat_count": count}), CATALOG, draw_count=0)["claude-pro"].eligibility.shares
        for count in (seats, seats + 1)
    ]
    assert shares[0] is not None
    assert shares[1] is not None
    assert shares[1].unserved_fraction <= shares[0].unserved_fraction + 1e-9
    assert shares[0].bought_fraction + shares[0].unserved_fraction == pytest.approx(1)


def test_draws_without_width_are_the_base_case() -> None:
    found = _found(demand_growth_rate=0.4)
    odds = simulate(found.candidates, count=16, spreads={})
    for option in ("chatgpt-plus", "chatgpt-plus:gpt-6-luna"):
        tco = found[option].tco
        assert tco is not None
        assert odds.present_value_usd[option] == pytest.approx(tco.present_value_cost_usd, rel=1e-9)


def test_published_range_of_a_limit_is_drawn() -> None:
    odds = simulate(_found().candidates, count=64)
    assert np.quantile(odds.inputs["chatgpt-plus.requests_per_window"], 0.1) == pytest.approx(15, rel=0.3)
    assert np.std(odds.present_value_usd["chatgpt-plus"]) > 0


def test_csv_and_json_are_equal_to_the_cent() -> None:
    found = compare(read_scenario(FILE), CATALOG)
    frame = pd.read_csv(io.StringIO(tidy_csv(found)), comment="#")
    rows = comparison_dict(found)["options"]
    assert len(rows) == 7
    for row in rows:
        in_csv = -frame.loc[frame["option"] == row["id"], "amount_usd"].sum()
        assert in_csv == pytest.approx(row["total_cost_usd"], abs=0.005)


def test_seats_and_excess_are_explained_with_the_keys_that_replace_them() -> None:
    found = _found()
    seats = explain(found, "chatgpt-plus", "seats", catalog=CATALOG)
    price = next(row for row in seats.inputs if row.name == "seat_usd_per_month")
    assert (price.value, price.basis, price.key) == (20, "published", "figures.chatgpt-plus.seat_usd_per_month")
    excess = explain(found, "chatgpt-plus", "excess at token prices", catalog=CATALOG)
    assert "figures.OpenAI/gpt-6.1-sol.output_usd_per_mtok" in explanation_text(excess)
    cheaper = _row(figures={"OpenAI/gpt-6.1-sol.output_usd_per_mtok": 1.0})
    assert _lines(cheaper)["excess at token prices"] > _lines(_row())["excess at token prices"]


def test_unknown_model_of_a_plan_and_machines_of_one_are_refused() -> None:
    with pytest.raises(ScenarioError, match="Did you mean chatgpt-plus:gpt-6-luna"):
        CATALOG.option("chatgpt-plus:gpt-6-lunar")
    with pytest.raises(CalculatorError, match="is hosted and has no machines"):
        _found(machine_counts={"chatgpt-plus": 2})


def test_limits_windows_and_figures_of_a_plan() -> None:
    plan = CATALOG.option("chatgpt-plus:gpt-6-astra")
    assert isinstance(plan, Subscription)
    limit = limit_of(plan, Scenario())
    assert isinstance(limit, Quantity)
    assert (limit.low, limit.high, window_of(plan)) == (5, 45, 5)
    assert limit_figure(plan) == "chatgpt-plus:gpt-6-astra.requests_per_window"
    cursor = CATALOG.subscriptions["cursor-pro"]
    assert not is_limit_known(cursor, Scenario())
    assert window_of(cursor) == 730
    no_limit = CATALOG.subscriptions["chatgpt-pro-200"]
    assert is_limit_known(no_limit, Scenario())
    assert limit_of(no_limit, Scenario()) is None


def test_limit_that_growth_never_reaches_within_the_plan_costs_nothing_beyond() -> None:
    # the limit of `test_excess...` taken by the busiest window: 392 of 1,111 requests at 2,000 a day
    fits = 2_000 * 392 / 1_111.111
    below = _row(requests_per_working_day=fits * 0.5 * 0.999, demand_growth_rate=1.0, months=13)  # D(13) = 2
    assert "excess at token prices" not in _lines(below)
    above = _row(requests_per_working_day=fits * 0.5 * 1.001, demand_growth_rate=1.0, months=13)
    assert _lines(above)["excess at token prices"] < 0
