"""Bridges between scenarios: they sum exactly and start and end at whole comparisons."""

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.analysis.bridge import bridge
from calculator.cli.explain import bridge_text
from calculator.errors import ScenarioError
from calculator.scenario.presets import preset, preset_names
from tests.views.other_pages import measured_mac

CATALOG = load_catalog()


USED, PC, CLOUD, API = "mac-studio-m2-ultra-192-used", "dual-rtx-4090-threadripper", "cloud-h100", "api-same-model"


@pytest.mark.parametrize("start", preset_names())
@pytest.mark.parametrize("end", ["our-defaults", "article"])
def test_bridge_between_presets_starts_and_ends_at_whole_comparisons(start: str, end: str) -> None:
    found = bridge(preset(start), preset(end), catalog=CATALOG)

    def gap(scenario: Scenario) -> float:
        pair = (found.cheaper, found.dearer)
        mine = {
            table: {key: row for key, row in getattr(scenario, table).items() if "/" in key or key.startswith(pair)}
            for table in ("figures", "already_own_usd", "leases")
        }
        usd = {row.id: row.tco for row in compare(scenario.changed(options=pair, **mine), CATALOG).options}
        cheaper, dearer = usd[found.cheaper], usd[found.dearer]
        assert cheaper is not None
        assert dearer is not None
        return dearer.present_value_cost_usd - cheaper.present_value_cost_usd

    assert found.start_usd == pytest.approx(gap(preset(start)), abs=1e-9)
    assert found.end_usd == pytest.approx(gap(preset(end)), abs=1e-9)
    walked = found.start_usd + sum(step.change_usd for step in found.steps)
    assert walked == pytest.approx(found.end_usd, abs=1e-8)


def test_bridge_leaves_out_the_ranges_of_options_that_are_not_of_its_pair() -> None:
    from calculator.analysis.bridge import bridge

    start = Scenario.parse({"ranges": {f"{CLOUD}.rate_usd_per_h": (2, 3, 4), f"{USED}.price_usd": (4000, 5000, 6000)}})
    found = bridge(start, Scenario(wage_usd_per_h=50), catalog=CATALOG, pair=(API, USED))
    names = {step.name for step in found.steps}
    assert {"wage_usd_per_h", f"figures: {USED}.price_usd"} <= names
    assert not any(CLOUD in name for name in names)
    assert found.start_usd + sum(step.change_usd for step in found.steps) == pytest.approx(found.end_usd, abs=1e-8)


def test_model_of_another_size_is_one_step_that_names_its_size() -> None:
    small = Scenario(model="another-size", another_size_b=13)
    for start, end, before, after in (
        (Scenario(), small, Scenario().model, "13 billion parameters"),
        (small, small.changed(another_size_b=8), "13 billion parameters", "8 billion parameters"),
    ):
        found = bridge(start, end, catalog=CATALOG, pair=(USED, PC))
        (step,) = found.steps
        assert (step.name, step.before, step.after) == ("model", before, after)
        assert found.start_usd + sum(one.change_usd for one in found.steps) == pytest.approx(found.end_usd, abs=1e-8)
    idle = bridge(Scenario(), Scenario(another_size_b=13, typed=()), catalog=CATALOG, pair=(USED, PC))
    assert not any(step.change_usd for step in idle.steps)


def test_value_that_a_person_set_is_one_step_whatever_the_list_of_set_values_says() -> None:
    set_here = {"months": 48, "typed": ("months",)}
    found = bridge(Scenario(), Scenario.parse(set_here), catalog=CATALOG, pair=(USED, PC))
    assert [step.name for step in found.steps] == ["months"]
    assert "ne assumption" in found.sentence
    same = bridge(Scenario(), Scenario(wage_usd_per_h=95, typed=("wage_usd_per_h",)), catalog=CATALOG, pair=(USED, PC))
    assert same.steps == ()
    assert same.sentence.startswith("No assumption that counts for these two differs; ")


def test_bridge_sums_exactly_from_the_article_to_our_defaults() -> None:
    found = bridge(preset("article"), preset("our-defaults"), catalog=CATALOG)
    start, end = compare(preset("article"), CATALOG), compare(preset("our-defaults"), CATALOG)

    def gap(comparison: object) -> float:
        costs = {row.id: row.tco for row in comparison.options}  # type: ignore[attr-defined]
        return costs[found.dearer].present_value_cost_usd - costs[found.cheaper].present_value_cost_usd

    assert found.start_usd == pytest.approx(gap(start), rel=1e-12)
    assert found.end_usd == pytest.approx(gap(end), rel=1e-9)
    assert found.start_usd + sum(step.change_usd for step in found.steps) == pytest.approx(found.end_usd, rel=1e-12)
    assert len(found.steps) == len({step.name for step in found.steps})


def test_bridge_names_the_two_assumptions_that_carry_the_article() -> None:
    found = bridge(preset("article"), preset("our-defaults"), catalog=CATALOG)
    assert set(found.carriers) == {"wage_usd_per_h", "gpu_resale_fraction"}  # the billing rate, and "scrap"
    assert found.survives == (found.end_usd > 0)
    alone = {step.name: step.alone_usd for step in found.steps}
    assert found.carriers[0] == min(alone, key=lambda name: alone[name])
    assert found.sentence in bridge_text(found)


def test_bridge_to_itself_has_no_steps() -> None:
    found = bridge(preset("article"), preset("article"), catalog=CATALOG)
    assert found.steps == ()
    assert found.start_usd == found.end_usd


def test_bridge_with_one_option_is_refused() -> None:
    alone = Scenario(options=("api-same-model",))
    with pytest.raises(ScenarioError, match="fewer than two options"):
        bridge(alone, Scenario(), catalog=CATALOG)


@pytest.mark.parametrize("way", ["there", "back"])
def test_bridge_to_an_hourly_profile_changes_its_hours_together(way: str) -> None:
    """A profile around the clock agrees with no office hours: hours on, days and profile change in one step."""
    around = Scenario(hourly_profile=(1.0,) * 168, on_h_per_day=24, working_days_per_year=365)
    ends = (Scenario(), around) if way == "there" else (around, Scenario())
    found = bridge(*ends, catalog=CATALOG, pair=("mac-studio-m5-ultra-96", "dual-rtx-4090-am5"))
    (step,) = [one for one in found.steps if one.name == "hours"]
    said = {"10 h on 252 days, one peak a day", "24 h on 365 days, by the hour"}
    assert {step.before, step.after} == said
    assert found.start_usd + sum(one.change_usd for one in found.steps) == pytest.approx(found.end_usd)


def test_routed_option_can_be_walked_to_from_a_scenario_without_one() -> None:
    routing = {"mix": {"base": "mac-studio-m5-ultra-96", "to": "api-frontier", "share": 0.2}}
    end = Scenario.parse({"routing": routing, "options": ["mix", "api-same-model"]})
    found = bridge(preset("article"), end, catalog=CATALOG, pair=("api-same-model", "mix"))
    assert found.start_usd + sum(step.change_usd for step in found.steps) == pytest.approx(found.end_usd)
    assert "routing" not in {step.name for step in found.steps}


@pytest.mark.parametrize("money", ["present-value", "cash"])
@pytest.mark.parametrize("labour", ["with", "without"])
def test_bridge_is_in_the_money_that_its_end_shows(money: str, labour: str) -> None:
    end = Scenario.parse({"money": money, "labour": labour, "wage_usd_per_h": 50})
    found = bridge(Scenario(), end, catalog=CATALOG, pair=(API, USED))
    rows = compare(end, CATALOG, draw_count=0)
    mine, theirs = rows[USED].tco, rows[API].tco
    assert mine is not None
    assert theirs is not None
    names = {"present-value": "present_value_cost_usd", "cash": "total_cost_usd"}
    name = names[money] if labour == "with" else f"hard_{names[money].removeprefix('total_')}"
    assert found.end_usd == pytest.approx(getattr(mine, name) - getattr(theirs, name), abs=1e-9)
    assert found.start_usd + sum(step.change_usd for step in found.steps) == pytest.approx(found.end_usd, abs=1e-8)


def test_bridge_uses_the_speeds_that_were_measured() -> None:
    options = ("mac-studio-m5-ultra-96", API)
    scenario = Scenario(options=options)
    measured = measured_mac()
    answer = compare(scenario, CATALOG, (measured,), draw_count=0)
    mine, theirs = answer[options[0]].tco, answer[API].tco
    assert mine is not None
    assert theirs is not None
    found = bridge(scenario, scenario, catalog=CATALOG, pair=(API, options[0]), measurements=(measured,))
    assert found.end_usd == pytest.approx(mine.present_value_cost_usd - theirs.present_value_cost_usd, abs=1e-9)
    assert found.end_usd != bridge(scenario, scenario, catalog=CATALOG, pair=(API, options[0])).end_usd
