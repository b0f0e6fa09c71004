"""Answers of version 0.1.0, kept: eighteen scenarios, their links and ledgers as that version wrote them."""

import dataclasses
import json
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.catalog import Catalog
from calculator.decision import kept_sizing
from calculator.evidence import Quantity
from calculator.finance.kept_draws import KeptDraws
from calculator.scenario.files import read_scenario
from calculator.service.capability import Capability
from calculator.service.serving import Serving
from calculator.service.usage import Usage
from views.link import read_link

FIXTURES = Path(__file__).parents[1] / "fixtures" / "version_1"
ANSWERS: list[dict[str, Any]] = json.loads((FIXTURES / "answers.json").read_text("utf-8"))
EXACT: dict[str, Any] = {"rel": 1e-9, "abs": 1e-6}
USAGE: dict[str, dict[str, Any]] = json.loads((FIXTURES / "usage.json").read_text("utf-8"))
"""Hours, capacity and watts of each option as that version had them: speeds have been fitted anew since, and with them
the hours; what may not change is what the same hours cost."""
READ_UNTIL = "2026-11-22"
"""The day on which that version's prices were read. Newer rows stand beside them and are left out here."""


def _catalog_of_version_1() -> Catalog:
    catalog = load_catalog()

    def known(price: Quantity) -> bool:
        return all(catalog.sources[part].accessed <= READ_UNTIL for part in filter(None, price.source.split("+")))

    machines = {
        key: machine.model_copy(update={"prices": tuple(row for row in machine.prices if known(row.price_usd))})
        for key, machine in catalog.machines.items()
    }
    clouds = {
        key: offer.model_copy(update={"rates": tuple(row for row in offer.rates if known(row.rate_usd_per_h))})
        for key, offer in catalog.clouds.items()
    }
    return dataclasses.replace(catalog, machines=machines, clouds=clouds)


THEN = _catalog_of_version_1()


@pytest.fixture(autouse=True)
def hours_of_then(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each option works the hours that it worked in the answer that is held against it."""
    values = request.node.callspec.params
    name = values["then"]["name"] if "then" in values else values["path"].stem
    today = kept_sizing.serving_of

    def serving_of(found: Capability, **how: Any) -> Serving:
        return dataclasses.replace(today(found, **how), usage=Usage(**USAGE[name][found.option.id]))

    monkeypatch.setattr(kept_sizing, "serving_of", serving_of)
    monkeypatch.setattr(kept_sizing, "_SIZINGS", KeptDraws[kept_sizing.Sizing](most=0))


def _same_as_then(scenario: Scenario, then: dict[str, Any]) -> None:
    now = {option.id: option.tco for option in compare(scenario, THEN).options}
    assert now.keys() == then["options"].keys()
    for name, costs in then["options"].items():
        tco = now[name]
        if costs is None:
            assert tco is None, name
            continue
        assert tco is not None, name
        assert tco.lines == pytest.approx(costs["lines"], **EXACT), name
        for total in ("present_value_cost_usd", "total_cost_usd", "hard_cost_usd"):
            assert getattr(tco, total) == pytest.approx(costs[total], **EXACT), (name, total)


@pytest.mark.parametrize("then", ANSWERS, ids=lambda row: row["name"])
def test_scenario_of_version_1_costs_what_it_did(then: dict[str, Any]) -> None:
    _same_as_then(Scenario.parse(then["scenario"]), then)


@pytest.mark.parametrize("then", ANSWERS, ids=lambda row: row["name"])
def test_link_of_version_1_costs_what_it_did(then: dict[str, Any]) -> None:
    link = read_link(parse_qs(then["link"], keep_blank_values=True), catalog=load_catalog())
    assert not link.problems
    _same_as_then(Scenario.parse(link.values), then)


PRESETS = sorted((FIXTURES / "presets").glob("*.toml"))


@pytest.mark.parametrize("path", PRESETS, ids=lambda path: path.stem)
def test_file_of_version_1_costs_what_it_did(path: Path) -> None:
    """The presets as they shipped: files that state no version."""
    then = next(row for row in ANSWERS if row["name"] == path.stem)
    found = read_scenario(path)
    assert found == Scenario.parse(then["scenario"])
    _same_as_then(found, then)
