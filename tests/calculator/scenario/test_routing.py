"""Routes: by count or by length against drawn lengths, and what is refused in a sentence."""

from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator import Scenario, compare, load_catalog
from calculator.errors import CalculatorError, ScenarioError
from calculator.scenario.files import read_scenario
from calculator.scenario.own_catalog import not_compared
from calculator.scenario.routing import Route, refuse_chains, split_of

CATALOG = load_catalog()
MAC, API = "mac-studio-m5-ultra-96", "api-frontier"


def _route(**values: Any) -> Route:
    return Route(base=MAC, to=API, **values)


def test_share_by_count_leaves_lengths_as_they_are() -> None:
    split = split_of(_route(share=0.25), mean_tokens=3800)
    assert (split.share, split.base_length_ratio, split.to_length_ratio) == (0.25, 1, 1)


@pytest.mark.parametrize(("variation", "limit"), [(0.3, 4000), (0.8, 8000), (1.5, 2000), (3.0, 30_000)])
def test_share_by_length_is_that_of_a_million_lognormal_lengths(variation: float, limit: int) -> None:
    mean = 3800.0
    spread = np.sqrt(np.log1p(variation**2))
    drawn = np.random.default_rng(7).lognormal(np.log(mean) - spread**2 / 2, spread, 1_000_000)
    longer = drawn > limit
    split = split_of(_route(longer_than_tokens=limit, input_variation_ratio=variation), mean_tokens=mean)
    assert split.share == pytest.approx(float(longer.mean()), rel=0.02)
    assert split.to_length_ratio == pytest.approx(float(drawn[longer].mean()) / mean, rel=0.03)
    assert split.base_length_ratio == pytest.approx(float(drawn[~longer].mean()) / mean, rel=0.03)


@settings(max_examples=200, deadline=None)
@given(mean=st.floats(1, 1e6), limit=st.integers(0, 10_000_000), variation=st.floats(0, 10))
def test_both_parts_read_what_all_requests_read(mean: float, limit: int, variation: float) -> None:
    split = split_of(_route(longer_than_tokens=limit, input_variation_ratio=variation), mean_tokens=mean)
    assert 0 <= split.share <= 1
    both = split.share * split.to_length_ratio + (1 - split.share) * split.base_length_ratio
    assert both == pytest.approx(1, rel=1e-6)


def test_lengths_that_are_all_alike_go_all_one_way() -> None:
    alike = {"longer_than_tokens": 3800, "input_variation_ratio": 0}
    assert split_of(_route(**alike), mean_tokens=3801).share == 1
    assert split_of(_route(**alike), mean_tokens=3800).share == 0


@pytest.mark.parametrize(
    ("values", "says"),
    [
        ({"base": MAC, "to": API}, "either share or longer_than_tokens"),
        ({"base": MAC, "to": API, "share": 0.1, "longer_than_tokens": 5}, "either share or longer_than_tokens"),
        ({"base": MAC, "to": MAC, "share": 0.1}, "name two options"),
        ({"base": MAC, "to": API, "longer_than_tokens": 5}, "needs input_variation_ratio"),
        ({"base": MAC, "to": API, "share": 0.1, "input_variation_ratio": 1}, "changes nothing beside share"),
        ({"base": MAC, "to": API, "share": 1.2}, "1.2"),
        ({"base": MAC, "to": API, "share": True}, "neither true nor false"),
        ({"base": MAC, "too": API, "share": 0.1}, "Did you mean to?"),
    ],
)
def test_route_that_cannot_be_is_refused_in_a_sentence(values: dict[str, Any], says: str) -> None:
    with pytest.raises(ScenarioError) as refused:
        Scenario.parse({"routing": {"mix": values}})
    assert says in str(refused.value)
    assert "pydantic" not in str(refused.value)


@pytest.mark.parametrize(
    ("routing", "says"),
    [
        ({"dgx-spark": {"base": MAC, "to": API, "share": 0.1}}, "'dgx-spark' is an id of the catalogue"),
        ({"mix": {"base": MAC, "to": "no-such", "share": 0.1}}, "'no-such' is not in the catalogue"),
        ({"mix": {"base": MAC, "to": API, "share": 0.1, "model": "no-such"}}, "'no-such' is not in the catalogue"),
        (
            {"mix": {"base": MAC, "to": API, "share": 0.1}, "again": {"base": "mix", "to": API, "share": 0.1}},
            "'mix' is a route itself",
        ),
    ],
)
def test_route_to_nowhere_or_to_a_route_is_refused(routing: dict[str, Any], says: str) -> None:
    with pytest.raises(CalculatorError, match=says):
        compare(Scenario.parse({"routing": routing}), CATALOG, draw_count=0)


def test_figures_and_counts_belong_to_the_parts() -> None:
    mix: dict[str, Any] = {"options": ("mix",), "routing": {"mix": {"base": MAC, "to": API, "share": 0.1}}}
    found = compare(Scenario.parse({**mix, "figures": {f"{MAC}.price_usd": 100}}), CATALOG, draw_count=0)["mix"]
    assert found.tco is not None
    assert found.tco.lines[f"{MAC}: hardware"] == -100
    for table, row in (("figures", {"mix.price_usd": 1}), ("machine_counts", {"mix": 2})):
        with pytest.raises(ScenarioError, match=rf"mix is made of two options. Name {MAC} or {API}"):
            compare(Scenario.parse({**mix, table: row}), CATALOG, draw_count=0)


def test_route_by_flag_is_the_route_of_a_file() -> None:
    settings_ = [f"routing.mix.base={MAC}", f"routing.mix.to={API}", "routing.mix.share=0.1", "options=mix"]
    there = Scenario.parse({"routing": {"mix": {"base": MAC, "to": API, "share": 0.1}}, "options": ("mix",)})
    assert read_scenario(None, settings=settings_).id() == there.id()


def test_route_that_is_not_compared_is_named() -> None:
    (said,) = not_compared(Scenario.parse({"routing": {"mix": {"base": MAC, "to": API, "share": 0.1}}}))
    assert said.text == "routing.mix is not compared. Add mix to options, or remove it."


def test_chain_is_refused_before_anything_is_computed() -> None:
    with pytest.raises(ScenarioError, match="is a route itself"):
        refuse_chains({"a": _route(share=0.5), "b": Route(base="a", to=API, share=0.5)}, options={})
