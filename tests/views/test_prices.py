"""A person's own price: which figures an option has, and that each of them changes its cost."""

import doctest

import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.scenario.own_figures import FIGURE_BOUNDS
from calculator.service.tariff import tariff_for
from views import prices
from views.prices import PRICE_LABELS, price_figures, tables_of

CATALOG = load_catalog()


def figures(option: str, *, model: str = "llama-3-70b") -> list[str]:
    return price_figures(option, scenario=Scenario(model=model), catalog=CATALOG)


def test_price_of_each_kind_of_option_has_its_figure() -> None:
    assert figures("mac-studio-m5-ultra-96") == ["mac-studio-m5-ultra-96.price_usd"]
    assert figures("cloud-h100") == ["cloud-h100.rate_usd_per_h"]


def test_prices_of_a_hosted_model_are_those_of_its_host() -> None:
    found = figures("api-same-model")
    host = found[0].rpartition(".")[0]
    assert found == [f"{host}.input_usd_per_mtok", f"{host}.output_usd_per_mtok"]
    paid = tariff_for(Scenario(), CATALOG)
    assert paid is not None
    assert host == f"{paid.provider}/{paid.provider_model}"


@pytest.mark.parametrize("model", ["llama-3-70b", "qwen3-32b"])
def test_own_price_of_a_hosted_model_that_is_ours_changes_nothing(model: str) -> None:
    scenario = Scenario(model=model, options=("api-same-model",))
    paid = tariff_for(scenario, CATALOG)
    assert paid is not None
    (entered, *_) = price_figures("api-same-model", scenario=scenario, catalog=CATALOG)
    mine = scenario.changed(figures={entered: paid.input_usd_per_mtok.central})
    costs = [compare(one, CATALOG, draw_count=0, with_turns=False)["api-same-model"].tco for one in (scenario, mine)]
    assert costs[0] is not None
    assert costs[1] is not None
    assert costs[0].lines == costs[1].lines


def test_model_that_nobody_hosts_has_no_price_to_enter() -> None:
    assert figures("api-same-model", model="another-size") == []


@pytest.mark.parametrize("option", [*CATALOG.machines, *CATALOG.clouds, *CATALOG.apis, *CATALOG.subscriptions])
def test_every_price_of_every_option_has_a_label_and_bounds_and_changes_its_cost(option: str) -> None:
    for name in figures(option):
        figure = name.rpartition(".")[2]
        assert figure in PRICE_LABELS
        assert figure in FIGURE_BOUNDS
        scenario = Scenario.parse({"options": (option,), "figures": {name: 7.0}})
        before = compare(Scenario.parse({"options": (option,)}), CATALOG, draw_count=0, with_turns=False)[option]
        after = compare(scenario, CATALOG, draw_count=0, with_turns=False)[option]
        assert before.tco is None or after.tco is None or after.tco.lines != before.tco.lines


def test_examples_in_the_docstrings_are_true() -> None:
    found = doctest.testmod(prices)
    assert found.attempted
    assert found.failed == 0


def test_tables_of_fewer_options_lack_what_is_said_of_a_machine_of_ones_own_that_is_gone() -> None:
    box = {"chip": "nvidia-rtx-4090", "chip_count": 4, "price_usd": 9000}
    scenario = Scenario.parse(
        {
            "options": ("box", "cloud-h100"),
            "own_options": {"box": box},
            "figures": {"box.idle_w": 90, "cloud-h100.rate_usd_per_h": 2.5},
            "leases": {"box": {"usd_per_month": 200}},
            "ranges": {"box.setup_h": [1, 2, 3]},
        }
    )
    assert tables_of(("box", "cloud-h100"), scenario) == {}
    assert tables_of(("cloud-h100",), scenario) == {
        "figures": {"cloud-h100.rate_usd_per_h": 2.5},
        "leases": {},
        "ranges": {},
    }
