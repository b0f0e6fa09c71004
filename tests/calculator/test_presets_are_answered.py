"""Presets on the real catalogue: each is answered, and the article bills its four thousand dollars."""

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.errors import ScenarioError
from calculator.scenario.presets import preset, preset_names

CATALOG = load_catalog()


@pytest.mark.parametrize("name", preset_names())
def test_preset_is_answered(name: str) -> None:
    found = compare(preset(name), CATALOG)
    assert found.verdict.cheapest is not None
    assert len(found.candidates) >= 2


def test_presets_are_these() -> None:
    assert preset_names() == [
        "already-own-4090s",
        "article",
        "article-workload",
        "batch-extraction",
        "batch-work",
        "chat",
        "coding-agent",
        "one-developer",
        "our-defaults",
        "public-body",
        "rag-assistant",
        "team-24-7",
    ]
    values = preset("our-defaults").model_dump()
    assert {**values, "name": ""} == {**Scenario().model_dump(), "name": ""}


def test_two_4090s_of_ones_own_are_compared_with_the_cheapest_mac_of_the_default_question() -> None:
    default, own = (compare(preset(name), CATALOG).verdicts.mac_or_pc for name in ("our-defaults", "already-own-4090s"))
    assert default is not None
    assert own is not None
    mac = default.cheapest
    assert mac is not None
    assert CATALOG.machines[mac].kind == "mac"
    assert mac in (own.cheapest, own.next)


def test_unknown_preset_is_refused() -> None:
    with pytest.raises(ScenarioError, match="'artikel' is not a preset"):
        preset("artikel")


def test_article_preset_bills_its_four_thousand_dollars() -> None:
    # "20 hours a year ... $200/hour ... you have lost $4,000": 12,000 over three years
    found = {row.id: row for row in compare(preset("article"), CATALOG).options}
    pc, mac = found["dual-rtx-4090-threadripper"].tco, found["mac-studio-m2-ultra-192-used"].tco
    assert pc is not None
    assert mac is not None
    assert pc.lines["administration"] == pytest.approx(-12_000)
    assert pc.lines["resale"] == pytest.approx(0)
    assert mac.lines["resale"] == pytest.approx(0.7 * 6_599)
    assert mac.present_value_cost_usd == pytest.approx(mac.total_cost_usd)  # nothing is discounted


@pytest.mark.parametrize(
    ("figures", "says"),
    [
        ({"mac-studio-m5-ultra-256.prise_usd": 1}, "'prise_usd' is not a figure"),
        ({"mac-studio-m9.price_usd": 1}, "'mac-studio-m9' is not among the options"),
        ({"mac-studio-m5-ultra-256.price_usd": -5}, "it must lie in 0..10,000,000"),
    ],
)
def test_wrong_figure_is_refused(figures: dict[str, float], says: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        Scenario().changed(figures=figures)
    assert says in str(refused.value)
