"""The scenario in an address and the engine's answer to it."""

from dataclasses import replace
from typing import Any

import pytest

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from calculator.errors import CalculatorError
from calculator.report.answer_json import comparison_dict
from calculator.risk.monte_carlo import FULL_COUNT
from serving.answers import Answers, as_query, today
from views.link import read_link

ANSWERS = Answers(read_link, lambda: ())


def test_comparison_is_the_librarys_own_with_all_futures() -> None:
    values = {"wage_usd_per_h": 95, "options": ["mac-studio-m5-ultra-96", "api-same-model"], "figures": {}}
    found, catalog = ANSWERS.comparison(as_query(values))
    scenario = Scenario(wage_usd_per_h=95, options=("mac-studio-m5-ultra-96", "api-same-model"))
    own = compare(scenario, load_catalog(), as_of=today(), draw_count=FULL_COUNT)
    assert comparison_dict(found) == comparison_dict(own)
    assert catalog is load_catalog()


def test_every_figure_is_the_same_while_it_moves_and_at_rest() -> None:
    query = as_query({"wage_usd_per_h": 96.5})
    live, (at_rest, _) = ANSWERS.while_it_moves(query), ANSWERS.comparison(query)
    assert live.draw_count == at_rest.draw_count == FULL_COUNT
    assert live.options == at_rest.options
    turns: dict[str, Any] = {"flips": (), "flips_sentence": "", "rests_on_old_prices": (), "detail": ""}
    for moving, resting in zip(
        (live.verdicts.mac_or_pc, live.verdicts.overall),
        (at_rest.verdicts.mac_or_pc, at_rest.verdicts.overall),
        strict=True,
    ):
        assert moving is not None
        assert resting is not None
        assert replace(resting, **turns) == replace(moving, **turns)


def test_a_value_counts_as_typed_like_one_in_a_page_address() -> None:
    scenario, _ = ANSWERS.scenario(as_query({"wage_usd_per_h": 95}))
    assert scenario.typed == ("wage_usd_per_h",)


def test_all_values_that_cannot_be_used_are_refused_at_once() -> None:
    with pytest.raises(CalculatorError) as refused:
        ANSWERS.scenario(as_query({"wage": 9, "months": -1, "options": ["nvidia"]}))
    said = str(refused.value)
    assert "wage is no value of a scenario. Did you mean wage_usd_per_h?" in said
    assert "months is -1; it must lie in" in said
    assert "option 'nvidia' is not in the catalogue" in said
    assert "page" not in said


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"options": []}, "options is an empty list. Name at least one option, or leave it out"),
        ({"name": None}, "name is null. Give a value, or leave it out."),
        ({"wage_usd_per_h": None}, "wage_usd_per_h is null"),
        ({"x" * 500: None}, "is null"),
        ({"schema_version": 99}, "schema_version is '99'; this program reads 1 and 2. Leave it out for version 2"),
        ({"schema_version": "x" * 500}, "this program reads 1 and 2"),
    ],
)
def test_value_that_says_nothing_or_another_version_is_refused(values: dict[str, Any], said: str) -> None:
    with pytest.raises(CalculatorError) as refused:
        ANSWERS.scenario(as_query(values))
    assert said in str(refused.value)
    assert len(str(refused.value)) < 200


@pytest.mark.parametrize("version", ["1", "2", ""])
def test_versions_that_are_read_pass(version: str) -> None:
    ANSWERS.scenario({"schema_version": [version], "months": ["48"]})


def test_empty_list_of_another_value_is_a_sentence_or_its_default() -> None:
    for name in Scenario.model_fields:
        try:
            ANSWERS.scenario(as_query({name: []}))
        except CalculatorError as error:
            assert name in str(error)


def test_lists_are_repeated_and_tables_are_json() -> None:
    assert as_query(
        {"options": ["a", "b"], "months": 36, "figures": {"wage_usd_per_h": 2.5}, "name": "x", "y": True}
    ) == {
        "options": ["a", "b"],
        "months": ["36"],
        "figures": ['{"wage_usd_per_h": 2.5}'],
        "name": ["x"],
        "y": ["true"],
    }


def test_files_of_an_address_carry_the_remark() -> None:
    found, _ = ANSWERS.comparison(
        as_query({"options": ["mac-studio-m5-ultra-96", "api-same-model"], "catalogue_hash": "0123456789abcdef"})
    )
    assert [one.code for one in found.remarks if one.code.startswith("other-")] == ["other-catalogue"]
