"""One click for everything that an option misses: the engine itself finds it able afterwards."""

from typing import Any

import pytest

from calculator import Scenario
from tests.views.pages import CATALOG
from tests.views.test_mending import CASES, OPTIONS, answer
from views.mending import mending
from views.whole_mend import whole_mends

MANY: dict[str, dict[str, Any]] = {
    **CASES,
    "8 bits and a fast stream": {"weight_class": "8-bit", "stream_target_tokens_per_s": 60},
    "8 bits and a short wait": {"weight_class": "8-bit", "first_token_p95_target_s": 1},
    "8 bits and far too much work": {"weight_class": "8-bit", "requests_per_working_day": 1_000_000},
}


def ways(case: str) -> tuple[Scenario, dict[str, Any]]:
    scenario = Scenario.parse({**MANY[case], "options": OPTIONS})
    return scenario, whole_mends(answer(scenario), catalog=CATALOG, speeds=())


@pytest.mark.parametrize("case", MANY)
def test_click_makes_the_option_able_beside_all_others(case: str) -> None:
    scenario, found = ways(case)
    for option, way in found.items():
        if "put" in way:
            assert answer(scenario.changed(**way["put"]))[option].eligible, (option, way)


@pytest.mark.parametrize("case", MANY)
def test_option_with_a_click_is_mended_or_its_last_reason_is_said(case: str) -> None:
    """Nothing between: a click by a reason makes the option able, or the way says more."""
    scenario, found = ways(case)
    for option in answer(scenario).options:
        changes = [change for reason in option.eligibility.reasons if (change := mending(reason, option, scenario))]
        if changes and option.id not in found:
            assert any(answer(scenario.changed(**change["put"]))[option.id].eligible for change in changes), option.id


def test_both_kinds_of_way_occur_in_the_cases() -> None:
    kinds = {kind for case in MANY for way in ways(case)[1].values() for kind in way}
    assert kinds == {"label", "put", "then"}


def test_label_names_every_change() -> None:
    _, found = ways("everything at once")
    label = found["cloud-h100"]["label"]
    assert "take as many machines as it needs" in label.lower()
    assert label.endswith("and allow all work to leave the house")


def test_own_figures_of_other_options_stay_out_of_the_search() -> None:
    mine = {"dgx-spark.price_usd": 4000.0, "cloud-h100.rate_usd_per_h": 2.0}
    scenario = Scenario.parse({**MANY["everything at once"], "options": OPTIONS, "figures": mine})
    assert "put" in whole_mends(answer(scenario), catalog=CATALOG, speeds=())["cloud-h100"]
