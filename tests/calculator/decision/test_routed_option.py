"""Routed option: with share 0 or 1 it is the pure option to the cent; between, the sum of two smaller questions."""

import io
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator import Scenario, compare, load_catalog
from calculator.catalog.routed import Routed
from calculator.decision.comparison import OptionResult
from calculator.decision.routed_option import routed_parts
from calculator.report.answer_json import comparison_dict
from calculator.report.ledger_csv import tidy_csv
from calculator.risk.candidates import spreads_of
from calculator.risk.monte_carlo import simulate
from calculator.scenario.files import read_scenario
from calculator.scenario.own_catalog import catalog_of
from tests.calculator.random_questions import question

CATALOG = load_catalog()
FILE = Path(__file__).parents[2] / "fixtures" / "routing.toml"
MAC, API, GPU = "mac-studio-m5-ultra-96", "api-frontier", "cloud-h100"
CENT = 0.005


def _mix(share: float, *, base: str = MAC, to: str = API, **values: Any) -> Scenario:
    routing = {"mix": {"base": base, "to": to, "share": share}}
    return Scenario.parse({**values, "options": ("mix", base, to), "routing": routing})


def _same(one: OptionResult, other: OptionResult) -> None:
    assert (one.tco is None) == (other.tco is None)
    assert one.eligible == other.eligible
    assert [reason.code for reason in one.eligibility.reasons] == [reason.code for reason in other.eligibility.reasons]
    if one.tco is None or other.tco is None:
        return
    assert one.tco.total_cost_usd == pytest.approx(other.tco.total_cost_usd, abs=CENT)
    assert one.tco.present_value_cost_usd == pytest.approx(other.tco.present_value_cost_usd, abs=CENT)
    assert one.tco.monthly_usd == pytest.approx(other.tco.monthly_usd, abs=CENT)
    assert {name.rpartition(": ")[2]: usd for name, usd in one.tco.lines.items()} == other.tco.lines
    assert one.eligibility.shares == other.eligibility.shares


@pytest.mark.parametrize("to", [API, GPU, "api:openai/gpt-6.1-sol", "chatgpt-plus:gpt-6-luna", "dgx-spark"])
def test_share_of_none_or_all_is_the_pure_option_to_the_cent(to: str) -> None:
    none, everything = (compare(_mix(share, to=to), CATALOG, draw_count=0) for share in (0, 1))
    _same(none["mix"], none[MAC])
    _same(everything["mix"], everything[to])


@pytest.mark.parametrize("seed", range(40))
def test_share_of_none_or_all_is_the_pure_option_in_random_questions(seed: int) -> None:
    asked = question(seed)
    base, to = asked.options[:2]
    for share, pure in ((0.0, base), (1.0, to)):
        routing = {"mix": {"base": base, "to": to, "share": share}}
        found = compare(asked.changed(options=("mix", base, to), routing=routing), CATALOG, draw_count=0)
        _same(found["mix"], found[pure])


@settings(max_examples=40, deadline=None)
@given(share=st.floats(0.01, 0.99), requests=st.integers(20, 5000))
def test_routed_option_is_the_sum_of_two_smaller_questions(share: float, requests: int) -> None:
    found = compare(_mix(share, requests_per_working_day=requests), CATALOG, draw_count=0)["mix"]
    parts = [
        compare(Scenario.parse({"options": (one,), "requests_per_working_day": requests * part}), CATALOG, draw_count=0)
        for one, part in ((MAC, 1 - share), (API, share))
    ]
    costs = [one.options[0].tco for one in parts]
    assert found.tco is not None
    assert all(cost is not None for cost in costs)
    assert found.tco.total_cost_usd == pytest.approx(sum(cost.total_cost_usd for cost in costs if cost), abs=CENT)
    assert found.tco.served_tokens == pytest.approx(sum(cost.served_tokens for cost in costs if cost))
    shares = found.eligibility.shares
    assert shares is not None
    assert shares.leaves_house_fraction == pytest.approx(share)
    assert shares.served_here_fraction == pytest.approx(1 - share)


def test_what_leaves_the_house_is_judged_of_the_whole() -> None:
    assert compare(_mix(0.1, leaves_house_fraction_max=0.2), CATALOG, draw_count=0)["mix"].eligible
    (reason,) = compare(_mix(0.3, leaves_house_fraction_max=0.2), CATALOG, draw_count=0)["mix"].eligibility.reasons
    assert (reason.code, reason.text) == ("leaves-the-house", "30 % of the work leaves the house; you allow 20 %.")


def test_part_that_cannot_do_its_share_is_named() -> None:
    found = compare(_mix(0.5, to="rtx-4090-pc"), CATALOG, draw_count=0)
    (reason,) = found["mix"].eligibility.reasons
    assert reason.code == "does-not-fit"
    name = CATALOG.machines["rtx-4090-pc"].name
    assert reason.text.startswith(f"{name}: ")
    assert reason.short.startswith(f"{name}: ")
    assert found["mix"].tco is None


def test_ledger_keeps_the_part_of_every_row_and_csv_is_json_to_the_cent() -> None:
    found = compare(read_scenario(FILE), CATALOG)
    frame = pd.read_csv(io.StringIO(tidy_csv(found)), comment="#")
    for row in comparison_dict(found)["options"]:
        in_csv = -frame.loc[frame["option"] == row["id"], "amount_usd"].sum()
        assert in_csv == pytest.approx(row["total_cost_usd"], abs=CENT)
    lines = set(frame.loc[frame["option"] == "hard-to-frontier", "line"])
    assert {line.partition(": ")[0] for line in lines} == {MAC, API}
    assert f"{API}: output tokens" in lines
    assert f"{MAC}: hardware" in lines


def test_long_questions_go_to_the_other_model_at_their_own_length() -> None:
    scenario = read_scenario(FILE)
    option = catalog_of(scenario, CATALOG).option("long-to-rented")
    assert isinstance(option, Routed)
    short, long = routed_parts(option, scenario)
    assert long.scenario.model == "gpt-oss-120b"
    assert long.scenario.input_tokens() > 8000 > scenario.input_tokens() > short.scenario.input_tokens()
    both = short.share * short.scenario.input_tokens() + long.share * long.scenario.input_tokens()
    assert both == pytest.approx(scenario.input_tokens(), abs=1)
    for part in (short, long):
        for name, ratio in part.ratios.items():
            assert ratio * getattr(scenario, name) == pytest.approx(getattr(part.scenario, name)), name


def test_part_of_the_shortest_questions_reads_one_token_and_no_text_beside_it() -> None:
    scenario = _mix(0.5, prompt_tokens=1, retrieved_tokens=0)
    option = catalog_of(scenario, CATALOG).option("mix")
    assert isinstance(option, Routed)
    for part in routed_parts(option, scenario):
        assert (part.scenario.prompt_tokens, part.scenario.retrieved_tokens) == (1, 0)
        assert part.ratios == {"requests_per_working_day": 0.5, "prompt_tokens": 1.0, "retrieved_tokens": 1.0}


def test_draws_without_width_are_the_base_case_and_parts_meet_the_futures_of_the_pure_options() -> None:
    found = compare(read_scenario(FILE), CATALOG, draw_count=0)
    still = simulate(found.candidates, count=16, spreads={})
    for row in found.options:
        assert row.tco is not None
        assert still.present_value_usd[row.id] == pytest.approx(row.tco.present_value_cost_usd, rel=1e-9)
    pure = compare(_mix(1.0), CATALOG, draw_count=0)
    odds = simulate(pure.candidates, count=64)
    assert odds.present_value_usd["mix"] == pytest.approx(odds.present_value_usd[API], rel=1e-9)


def test_every_input_of_both_parts_is_drawn() -> None:
    names = set(spreads_of(compare(_mix(0.3), CATALOG, draw_count=0).candidates))
    alone = compare(Scenario.parse({"options": (MAC, API)}), CATALOG, draw_count=0)
    assert names == set(spreads_of(alone.candidates))


def test_machines_of_two_kinds_are_named_in_a_sentence() -> None:
    row = compare(read_scenario(FILE), CATALOG, draw_count=0)["long-to-rented"]
    assert row.eligibility.machine_count is None
    assert "Mac Studio M5 Ultra 96 GB" in row.eligibility.machine_count_reason
    assert "Rented H100 80 GB by the hour" in row.eligibility.machine_count_reason
    (said,) = [remark.text for remark in row.remarks if remark.code == "routed"]
    assert "of the requests" in said


def test_shares_of_the_requests_are_said_in_percent() -> None:
    (said,) = [one.text for one in compare(_mix(0.125), CATALOG, draw_count=0)["mix"].remarks if one.code == "routed"]
    assert "gets 87.5 % of the requests" in said
    assert "gets 12.5 % of the requests" in said


def test_routed_option_fits_only_where_both_parts_do() -> None:
    found = compare(_mix(0.5, base=MAC, to=GPU, model="llama-3.1-405b", weight_class="4-bit"), CATALOG, draw_count=0)
    assert not found["mix"].fits
    small = compare(_mix(0.5, base=MAC, to="dgx-spark"), CATALOG, draw_count=0)
    assert small["mix"].fits == (small[MAC].fits and small["dgx-spark"].fits)
