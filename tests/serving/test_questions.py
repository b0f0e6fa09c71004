"""Questions of programs: each is answered by the one engine, and refuses in sentences."""

import json
from collections.abc import Mapping
from typing import Any

import pytest

from calculator import Scenario, load_catalog
from calculator.__main__ import main
from calculator.errors import CalculatorError
from calculator.scenario.scenario import knobs
from serving.answers import Answers, today
from serving.questions import questions
from views.link import read_link

ASKED = {question.name: question for question in questions(Answers(read_link, lambda: ()))}
SMALL = {"options": ["mac-studio-m5-ultra-96", "api-same-model"]}
PREDICTION = {"machine": "rtx-5090-pc", "model": "qwen3-32b", "format": "q4_k_m"}
OTHER = "0123456789abcdef"


def test_all_questions_have_words_and_a_schema() -> None:
    assert list(ASKED) == ["compare", "predict", "choose", "explain", "audit", "inputs", "catalogue"]
    for question in ASKED.values():
        schema = question.schema()
        assert question.says.endswith(".")
        assert schema["type"] == "object"
        assert all(field.get("description") for field in schema["properties"].values()), question.name
        assert schema["additionalProperties"] is False


@pytest.mark.parametrize(
    ("words", "name", "values"),
    [
        (
            ["predict", "--machine", "rtx-5090-pc", "--model", "qwen3-32b", "--format", "q4_k_m", "--batch", "4"],
            "predict",
            {"machine": "rtx-5090-pc", "model": "qwen3-32b", "format": "q4_k_m", "batch": 4},
        ),
        (
            ["choose", "--budget", "8000", "--model", "qwen3-32b", "--watts", "400"],
            "choose",
            {"budget_usd": 8000, "watts": 400, "scenario": {"model": "qwen3-32b"}},
        ),
    ],
)
def test_answer_is_the_command_lines_own(
    capsys: pytest.CaptureFixture[str], words: list[str], name: str, values: dict[str, Any]
) -> None:
    assert main([*words, "--json"]) == 0
    own = json.loads(capsys.readouterr().out)
    found = json.loads(json.dumps(ASKED[name].answer(values), allow_nan=False))
    assert {**found, "scenario_id": ""} == {**own, "scenario_id": ""}  # an id has the values that a person typed


def test_compare_gives_verdicts_and_options() -> None:
    found = ASKED["compare"].answer({"scenario": {**SMALL, "wage_usd_per_h": 95}})
    assert [option["id"] for option in found["options"]] == SMALL["options"]
    assert found["prices_as_of"] == today()
    assert found["scenario"]["wage_usd_per_h"] == 95
    assert found["verdicts"]


def test_explained_line_sums_to_the_comparisons_own_and_an_option_may_be_another() -> None:
    asked = {"scenario": SMALL, "option": "mac-studio-m5-ultra-96", "line": "hardware"}
    found = ASKED["explain"].answer(asked)
    compared = ASKED["compare"].answer({"scenario": SMALL})
    lines = next(option["lines"] for option in compared["options"] if option["id"] == "mac-studio-m5-ultra-96")
    line = next(line for line in lines if line["line"] == "hardware") if isinstance(lines, list) else lines["hardware"]
    usd = line["total_usd"] if isinstance(line, dict) else line
    assert found["total_usd"] == pytest.approx(usd, abs=0.005)
    assert all(one["unit"] for one in found["inputs"])
    other = ASKED["explain"].answer({"scenario": SMALL, "option": "dual-rtx-4090-am5", "line": "hardware"})
    assert other["option"] == "dual-rtx-4090-am5"


def test_claims_of_the_article_and_one_of_ones_own() -> None:
    assert len(ASKED["audit"].answer({})["findings"]) > 10
    own = {"machine": "m4-ultra", "model": "llama-3-70b", "format": "q8_0", "tokens_per_s": 22}
    assert [one["verdict"] for one in ASKED["audit"].answer(own)["findings"]] == ["no such thing"]


def test_inputs_and_catalogue_list_what_there_is() -> None:
    found = ASKED["inputs"].answer({})
    assert {row["name"] for row in found["inputs"]} | set(found["also"]) == set(Scenario.model_fields)
    assert {row["name"] for row in ASKED["inputs"].answer({"word": "wage"})["inputs"]} >= {"wage_usd_per_h"}
    wage = next(row for row in found["inputs"] if row["name"] == "wage_usd_per_h")
    assert wage["default"] == knobs()["wage_usd_per_h"].default
    catalog = load_catalog()
    for kind in ("machines", "clouds", "apis", "subscriptions", "models", "formats", "runtimes", "chips"):
        entries = ASKED["catalogue"].answer({"kind": kind})["entries"]
        assert [entry["id"] for entry in entries] == list(getattr(catalog, kind))
    assert {entry["id"] for entry in ASKED["catalogue"].answer({"kind": "machines", "word": "5090"})["entries"]} >= {
        "rtx-5090-pc"
    }


@pytest.mark.parametrize(
    ("name", "values", "says"),
    [
        ("compare", {"scenario": {"wage": 9}}, "wage is no value of a scenario. Did you mean wage_usd_per_h?"),
        ("compare", {"scenario": 3}, "scenario is 3; it must be a table of names and values."),
        ("compare", {"months": 3}, "months is not a known key."),
        ("choose", {"budget_usd": -1}, "budget_usd is -1; it must be more than 0 and at most 100,000,000,000."),
        ("explain", {"option": "x", "line": "hardware"}, "'x' is not in the catalogue"),
        ("explain", {"option": "dual-rtx-4090-am5", "line": "energy"}, "energy decode"),
        (
            "explain",
            {"scenario": {"options": list(load_catalog().machines)[:12]}, "option": "cloud-h100", "line": "hardware"},
            "cloud-h100 is not among the options, and 12 are compared already",
        ),
        ("explain", {"line": "energy"}, "option is missing. Add it."),
        ("audit", {"machine": "rtx-5090-pc"}, "A claim needs machine, model, format and tokens_per_s."),
        ("audit", {"split": "layer"}, "A claim needs machine, model, format and tokens_per_s."),
        ("catalogue", {"kind": "cars"}, "kind is 'cars'; allowed: 'machines'"),
        ("catalogue", {}, "kind is missing. Add it."),
    ],
)
def test_wrong_value_is_refused_in_a_sentence(name: str, values: dict[str, Any], says: str) -> None:
    with pytest.raises(CalculatorError) as refused:
        ASKED[name].answer(values)
    assert says in str(refused.value)


def test_choice_rests_on_predicted_speeds_and_says_so_where_the_question_had_measured_ones() -> None:
    asked = {"scenario": {**SMALL, "measurements_hash": OTHER}, "budget_usd": 8000}
    (said,) = (one["text"] for one in ASKED["choose"].answer(asked)["remarks"] if one["code"] == "other-measurements")
    assert f"measured speeds (set {OTHER}); the answer uses predicted speeds only." in said
    assert "other-measurements" not in _remarks("choose", {**asked, "scenario": {**SMALL, "measurements_hash": ""}})


def _remarks(name: str, values: Mapping[str, object]) -> list[str]:
    return [one["code"] for one in ASKED[name].answer(values)["remarks"]]


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("compare", {"scenario": SMALL}),
        ("choose", {"scenario": SMALL, "budget_usd": 8000}),
        ("explain", {"scenario": SMALL, "option": "mac-studio-m5-ultra-96", "line": "hardware"}),
    ],
)
def test_answer_in_a_scenario_says_that_the_question_was_made_with_another_catalogue(
    name: str, values: Mapping[str, object]
) -> None:
    stamped = {**values, "scenario": {**SMALL, "catalogue_hash": OTHER}}
    ours = {**values, "scenario": {**SMALL, "catalogue_hash": load_catalog().hash}}
    assert _remarks(name, stamped).count("other-catalogue") == 1
    assert _remarks(name, ours) == _remarks(name, values)
    assert "other-catalogue" not in _remarks(name, values)
    without, found = ASKED[name].answer(values), ASKED[name].answer(stamped)
    assert {key: value for key, value in found.items() if key != "remarks"} == {
        key: value for key, value in without.items() if key != "remarks"
    }


def test_prediction_says_the_same_and_still_refuses_what_it_does_not_know() -> None:
    assert "other-catalogue" in _remarks("predict", {**PREDICTION, "catalogue_hash": OTHER})
    assert "other-catalogue" not in _remarks("predict", {**PREDICTION, "catalogue_hash": load_catalog().hash})
    assert "other-catalogue" not in _remarks("predict", PREDICTION)
    with pytest.raises(CalculatorError, match="catalogue is not a known key"):
        ASKED["predict"].answer({**PREDICTION, "catalogue": OTHER})
