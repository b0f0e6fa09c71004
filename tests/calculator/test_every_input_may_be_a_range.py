"""Every input as a value or as P10, P50 and P90: in a file, on the command line, and with its effect."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from calculator import Scenario, compare, load_catalog
from calculator.__main__ import main
from calculator.errors import ScenarioError
from calculator.risk.candidates import costs, spreads_of
from calculator.risk.distributions import draw
from calculator.risk.monte_carlo import simulate
from calculator.risk.sensitivity import tornado
from calculator.scenario.own_figures import FIGURE_BOUNDS, NOT_DRAWN
from calculator.scenario.scenario import knobs

CATALOG = load_catalog()


USED, PC, CLOUD, API = "mac-studio-m2-ultra-192-used", "dual-rtx-4090-threadripper", "cloud-h100", "api-same-model"


PLAN = "chatgpt-plus"


TARIFF = "DeepInfra/meta-llama/Llama-3.3-70B-Instruct-Turbo"


NUMBERS = {name for name, info in Scenario.model_fields.items() if info.annotation in (int, float)} & set(knobs())


# what switches the line on that the input is about
SWITCHED = {
    "pue_ratio": {"site": "server-room"},
    "tax_rate": {"tax_mode": "straight-line"},
    "peak_price_ratio": {"peak_hours_fraction": 0.3},
    "peak_hours_fraction": {"peak_price_ratio": 2.0},
    "api_batch_discount_fraction": {"api_batch_fraction": 0.5},
    "downtime_usd_per_h": {"availability_fraction": 0.98},
    "electrical_work_usd": {"options": (PC, CLOUD)},
    "cloud_administration_h_per_year": {"options": (CLOUD, PC)},
    "cloud_price_trend_rate": {"options": (CLOUD, PC)},
    "reserved_discount_fraction": {
        "options": ("cloud-2x-rtx-4090", PC),
        "cloud_rate": "reserved",
    },  # no rate of its own
    "api_cache_write_fraction": {"options": (USED, "api:anthropic/claude-sonnet-4-5")},
    "reserved_upfront_fraction": {"options": (CLOUD, PC), "cloud_rate": "reserved"},
    "spot_interruption_fraction": {"options": (CLOUD, PC), "cloud_rate": "spot"},
    "pc_administration_h_per_year": {"options": (PC, CLOUD)},
    "gpu_resale_fraction": {"options": (PC, CLOUD)},
    "pc_rest_resale_fraction": {"options": (PC, CLOUD)},
    "further_care_fraction": {"machine_count": 3},
    "self_built_failure_rate": {"options": (PC, CLOUD)},
    "repair_fraction": {"warranty_months": 6},
    "built_failure_rate": {"options": (USED, PC)},
}


ALONE = {
    "machine_count": 1,
    "when_full": "buy-from-api",
    "when_down": "buy-from-api",
    "first_token_p95_target_s": 0,
    "api_host": "cheapest",
}
"""One machine for which nobody waits, the rest bought, at the cheapest host: costs then move with every input and in no
steps. (The median host is another one at another token mix, which a draw does not change.)"""


ABOUT = {"prompt_tokens", "retrieved_tokens", "answer_tokens", "cached_prompt_fraction"}
"""Speeds stay those of the central lengths in draws; a whole comparison computes them anew: less than a dollar of
5,077."""


def _three(name: str) -> tuple[float, float, float]:
    knob, default = knobs()[name], float(knobs()[name].default)
    if default > 0:
        low, high = max(0.7 * default, knob.low), min(1.3 * default, knob.high)
    else:
        low, high = (-0.1, 0.3) if knob.low < 0 else (0.05, 0.3) if knob.high <= 10 else (10.0, 50.0)
    middle = default if low < default < high else (low + high) / 2
    three = (low, middle, high)
    whole = Scenario.model_fields[name].annotation is int
    return tuple(float(round(one)) for one in three) if whole else three  # type: ignore[return-value]


FIGURES = {
    "price_usd": (USED, 4000.0, 4500.0, 6000.0),
    "gpu_price_fraction": (PC, 0.3, 0.4, 0.6),
    "age_when_bought_years": (USED, 2.0, 3.0, 3.5),
    "setup_h": (USED, 1.0, 4.0, 9.0),
    "prefill_w": (USED, 200.0, 240.0, 300.0),
    "decode_w": (USED, 150.0, 200.0, 260.0),
    "idle_w": (USED, 5.0, 10.0, 30.0),
    "sleep_w": (USED, 1.0, 2.0, 5.0),
    "prefill_speed_ratio": (USED, 0.8, 1.0, 1.3),
    "decode_speed_ratio": (USED, 0.8, 1.0, 1.3),
    "rate_usd_per_h": (CLOUD, 2.0, 2.95, 4.0),
    "billing_minutes": (CLOUD, 1.0, 5.0, 60.0),
    "startup_minutes": (CLOUD, 5.0, 10.0, 30.0),
    "storage_gb": (CLOUD, 100.0, 200.0, 400.0),
    "storage_usd_per_gb_month": (CLOUD, 0.05, 0.1, 0.2),
    "input_usd_per_mtok": (TARIFF, 0.05, 0.1, 0.4),
    "output_usd_per_mtok": (TARIFF, 0.1, 0.32, 0.9),
    "price_ratio": (TARIFF, 0.5, 1.0, 3.0),
    "seat_usd_per_month": (PLAN, 15.0, 20.0, 30.0),
    "requests_per_window": (PLAN, 10.0, 20.0, 60.0),
}


def _spreads(scenario: Scenario, comparison: Any) -> dict[str, Any]:
    return spreads_of(comparison.candidates)


def _answer(capsys: pytest.CaptureFixture[str], *words: str) -> dict[str, Any]:
    assert main(["compare", *words, "--json", "-"]) == 0
    return json.loads(capsys.readouterr().out)


@pytest.mark.parametrize("name", sorted(NUMBERS - set(NOT_DRAWN)))
def test_every_number_may_be_a_range_and_moves_what_a_whole_comparison_says(name: str) -> None:
    low, middle, high = _three(name)
    options = {**ALONE, "options": (USED, API), **SWITCHED.get(name, {})}
    scenario = Scenario.parse({**options, "ranges": {name: (low, middle, high)}})
    assert float(getattr(scenario, name)) == middle
    whole = compare(scenario, CATALOG, draw_count=0)
    candidates = whole.candidates
    bars = {bar.name: bar for bar in tornado(candidates)}
    base = {row.id: row.tco for row in whole.options}

    def values(at: float) -> dict[str, float]:
        end = int(at) if Scenario.model_fields[name].annotation is int else at
        rows = compare(scenario.changed(**{name: end}), CATALOG, draw_count=0).options
        return {row.id: row.tco.present_value_cost_usd for row in rows if row.tco is not None}

    centre = {key: tco.present_value_cost_usd for key, tco in base.items() if tco is not None}
    best = min(centre, key=lambda key: centre[key])
    assert name in bars, "it moves nothing"
    bar = bars[name]
    assert (bar.low_value, bar.central_value, bar.high_value) == (low, middle, high)
    for at, usd in ((low, bar.gap_at_low_usd), (high, bar.gap_at_high_usd)):
        found = values(at)
        expected = min(cost for key, cost in found.items() if key != best) - found[best]
        near = 1.0 if name in ABOUT else 1e-6
        assert usd == pytest.approx(expected, rel=1e-9, abs=near)


@pytest.mark.parametrize("name", sorted(NOT_DRAWN))
def test_number_that_cannot_be_drawn_says_why(name: str) -> None:
    with pytest.raises(ScenarioError, match=f"^{name} .*so it has no range of its own. Give one value.$"):
        Scenario.parse({"ranges": {name: (1, 2, 3)}})


def test_numbers_are_either_drawn_or_say_why_not() -> None:
    without_widget = {"open_session_count", "market_carbon_g_per_kwh"}
    assert set(NOT_DRAWN) <= NUMBERS | without_widget
    assert all(Scenario.model_fields[name].annotation in (int, float, float | None) for name in NOT_DRAWN)


@pytest.mark.parametrize("figure", FIGURES)
def test_every_figure_of_an_option_may_be_a_range(figure: str) -> None:
    owner, low, middle, high = FIGURES[figure]
    name = f"{owner}.{figure}"
    scenario = Scenario.parse({**ALONE, "options": (USED, PC, CLOUD, API, PLAN), "ranges": {name: (low, middle, high)}})
    assert scenario.figures == {name: middle}
    comparison = compare(scenario, CATALOG, draw_count=0)
    (spread,) = [one for key, one in _spreads(scenario, comparison).items() if key == name]
    assert (spread.low, spread.central, spread.high) == (low, middle, high)
    odds = simulate(comparison.candidates, count=64)
    assert np.quantile(odds.inputs[name], [0.1, 0.9]) == pytest.approx([low, high], rel=0.1)
    for at in (low, high):
        spreads = {key: one for key, one in _spreads(scenario, comparison).items() if key != name}
        certain = {key: np.array([one.central]) for key, one in spreads.items()}
        drawn = costs(comparison.candidates, {**certain, name: np.array([at])})
        whole = compare(scenario.changed(figures={name: at}), CATALOG, draw_count=0)
        for row in whole.options:
            assert row.tco is not None
            got = float(np.squeeze(drawn[row.id].present_value_cost_usd))
            assert got == pytest.approx(row.tco.present_value_cost_usd, rel=1e-9), row.id


def test_figures_that_may_be_ranges_are_all_tried() -> None:
    # this tariff has no prices of cached and kept tokens; the list price counts by the rules of version 0.1 only;
    # carbon is no dollar
    of_caches = {"cached_input_usd_per_mtok", "cache_write_usd_per_mtok"}
    assert set(FIGURE_BOUNDS) - set(FIGURES) == {*of_caches, "list_price_usd", "embodied_kg"}


def test_range_from_a_file_and_from_the_command_line_are_the_same(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    path = tmp_path / "mine.toml"
    price = f"{USED}.price_usd"
    path.write_text(
        "schema_version = 2\nwage_usd_per_h = [40, 70, 90]\nanswer_tokens = [200, 400, 900]\n"
        f'[ranges]\n"{price}" = [4000, 4600, 6000]\n',
        "utf-8",
    )
    from_file = _answer(capsys, str(path))
    settings = ["wage_usd_per_h=40/70/90", "answer_tokens=200/400/900", f"figures.{price}=4000/4600/6000"]
    from_words = _answer(capsys, *(word for setting in settings for word in ("--set", setting)))
    assert from_words["scenario_id"] == from_file["scenario_id"]
    assert from_words["analysis"] == from_file["analysis"]
    assert from_file["scenario"]["wage_usd_per_h"] == 70
    assert from_file["analysis"]["ranges"]["wage_usd_per_h"] == [40, 70, 90]
    assert from_file["analysis"]["ranges"][price] == [4000, 4600, 6000]
    assert from_file["analysis"]["ranges"]["answer_tokens"] == [200, 400, 900]
    plain = _answer(capsys)
    assert from_file["analysis"]["present_value_usd"] != plain["analysis"]["present_value_usd"]
    # a range is set over a file's, and a file's own answer can be read again
    wider = _answer(capsys, str(path), "--set", "ranges.wage_usd_per_h=10,70,200")
    assert wider["analysis"]["ranges"]["wage_usd_per_h"] == [10, 70, 200]
    again = tmp_path / "again.json"
    again.write_text(json.dumps(from_file), "utf-8")
    assert _answer(capsys, str(again))["scenario_id"] == from_file["scenario_id"]


@pytest.mark.parametrize(
    ("setting", "says"),
    [
        ("wage_usd_per_h=60/50/20", "must be low <= central <= high"),
        ("wage_usd_per_h=60/70/2000", "it must lie in 0..1000"),
        ("wage_usd_per_h=60/x/70", "ranges.wage_usd_per_h"),
        ("prompt_tokens=10.5/20.5/30", "prompt_tokens is 20.5"),
        ("months=12/24/36", "months is a term"),
        ("grid=1/2/3", "grid '1/2/3'"),
        (f"figures.{USED}.price_usd=-1/5/6", "it must lie in 0.."),
        (f"figures.{USED}.prise_usd=1/5/6", "'prise_usd' is not a figure"),
        ("figures.nope.price_usd=1/5/6", "'nope' is not among the options"),
        (f"figures.{CLOUD}.price_usd=1/5/6", f"figures.{CLOUD}.price_usd"),
    ],
)
def test_wrong_range_is_one_sentence(capsys: pytest.CaptureFixture[str], setting: str, says: str) -> None:
    assert main(["compare", "--set", setting]) == 2
    error = capsys.readouterr().err
    assert says in error
    assert "Traceback" not in error
    assert error.count("\n") == 1


def test_seed_is_printed_and_the_draws_are_the_same_for_every_option(capsys: pytest.CaptureFixture[str]) -> None:
    first, second = _answer(capsys), _answer(capsys)
    assert first["analysis"]["seed"] == 20261122
    assert first["analysis"] == second["analysis"]
    # common random numbers: leaving an option out changes nothing about the futures of the others
    alone = _answer(capsys, "--set", f"options={USED},{API}")
    for name in (USED, API):
        assert alone["analysis"]["present_value_usd"][name] == first["analysis"]["present_value_usd"][name]
    scenario = Scenario()
    spreads = _spreads(scenario, compare(scenario, CATALOG))
    drawn = draw(spreads, rules=CATALOG.distributions, count=1000)
    assert np.array_equal(
        drawn["wage_usd_per_h"],
        draw({"wage_usd_per_h": spreads["wage_usd_per_h"]}, rules=CATALOG.distributions, count=1000)["wage_usd_per_h"],
    )


def test_every_default_has_a_range_with_a_source_or_an_assumption() -> None:
    for name, quantity in CATALOG.defaults.items():
        assert quantity.low <= quantity.central <= quantity.high, name
        assert quantity.source or (quantity.basis == "assumption" and quantity.note), name


def test_every_range_of_an_options_entry_is_drawn() -> None:
    # what the catalogue states as a range reaches the draws; ages are facts of the past, the speed of RAM is in the
    # speeds
    past = ("age_when_bought_years", "system_ram_gb_per_s")
    spreads = _spreads(Scenario(), compare(Scenario(), CATALOG))
    for option in (CATALOG.machines[USED], CATALOG.machines[PC], CATALOG.clouds[CLOUD], CATALOG.apis[API]):
        for name, quantity in vars(option).items():
            if getattr(quantity, "low", 0) != getattr(quantity, "high", 0) and name not in past:
                assert f"{option.id}.{name}" in spreads, name
        if option.id in CATALOG.machines:
            for state in ("prefill", "decode", "idle"):
                assert f"{option.id}.{state}_watt_ratio" in spreads
            assert f"{option.id}.price_usd" in spreads
