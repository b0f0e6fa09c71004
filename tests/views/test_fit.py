"""Fit & speed: its question goes into the address, its tables are the answer's, nothing on it is inert."""

import pytest

from calculator import Scenario
from calculator.units import BYTES_PER_GB
from tests.views.other_pages import comparison_of, fit_script, opened
from tests.views.pages import table, texts, widget


def test_table_has_every_machine_with_the_memory_of_the_answer() -> None:
    app = opened(fit_script)
    found = comparison_of(Scenario())
    shown = app.table[0].value
    expected = [option for option in found.options if option.kind != "api"]
    assert len(shown) == len(expected)
    for option, row in zip(expected, shown.to_dict("records"), strict=True):
        assert option.memory is not None
        assert row["Needs"] == f"{option.memory.peak_bytes / BYTES_PER_GB:,.1f} GB"
        assert row["Can it do the job?"] != "no"
        assert row["Memory for"] == f"{Scenario().concurrent_request_count} people"
    assert "Decide shows the mean of the busiest hour" in texts(app)


def test_memory_is_for_as_many_people_as_it_says_where_a_machine_holds_fewer_than_asked() -> None:
    rows = opened(fit_script, concurrent_request_count="64").table[0].value.to_dict("records")
    assert "for all 64 people at once" in texts(opened(fit_script, concurrent_request_count="64"))
    people = [int(row["Memory for"].split()[0]) for row in rows]
    assert max(people) == 64
    assert min(people) < 64
    fewest = rows[people.index(min(people))]
    alone = opened(fit_script, concurrent_request_count=str(min(people))).table[0].value.to_dict("records")
    assert alone[people.index(min(people))]["Needs"] == fewest["Needs"]


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("model", "qwen3-30b-a3b"),
        ("weight_class", "8-bit"),
        ("prompt_tokens", 20_000),
        ("concurrent_request_count", 8),
        ("second_tenant_gb", 20.0),
    ],
)
def test_each_field_goes_into_the_address_and_changes_the_table(name: str, value: str | float) -> None:
    app = opened(fit_script)
    before = app.table[0].value.to_dict()
    widget(app, f"fit {name}").set_value(value).run()
    assert not app.exception
    assert app.query_params[name] == (value if isinstance(value, str) else f"{value:g}")
    assert app.table[0].value.to_dict() != before


def test_matrix_names_every_model_and_the_frontier_answers_to_the_budget() -> None:
    app = opened(fit_script)
    matrix = table(app, "Model")
    assert "Llama 3 / 3.1 / 3.3 70B" in list(matrix["Model"])
    widget(app, "budget").set_value(1000.0).run()
    assert not app.exception
    assert "No machine of the catalogue does this job within these limits." in texts(app)


def test_only_hosted_apis_leave_nothing_to_fit_and_say_so() -> None:
    said = texts(opened(fit_script, options=["api-same-model"]))
    assert "Only hosted APIs are compared" in said
    assert "No machine is compared" in said
