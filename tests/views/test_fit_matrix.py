"""Models against machines: the gigabytes are the engine's."""

from calculator import Scenario
from calculator.units import BYTES_PER_GB
from tests.views.other_pages import case_of, comparison_of
from tests.views.pages import CATALOG
from views.fit_matrix import matrix

SCENARIO = Scenario(options=("mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "api-same-model"))


def test_row_of_the_scenarios_model_has_the_headroom_of_the_answer() -> None:
    row = matrix(case_of(SCENARIO))[SCENARIO.model]
    for option in comparison_of(SCENARIO).options[:2]:
        assert option.memory is not None
        assert row[option.name] == round(option.memory.headroom_bytes / BYTES_PER_GB, 1)


def test_every_model_stands_in_it_the_largest_first() -> None:
    found = matrix(case_of(SCENARIO))
    sizes = [CATALOG.models[model].parameter_count() for model in found]
    assert set(found) == set(CATALOG.models)
    assert sizes == sorted(sizes, reverse=True)


def test_without_a_machine_there_is_no_matrix() -> None:
    assert matrix(case_of(Scenario(options=("api-same-model",)))) == {}
