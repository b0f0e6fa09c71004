"""Files to take home: each is made, names its scenario, and restates where it comes from."""

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.decision.comparison import Comparison
from calculator.report.home_files import HOME_FILES, HomeFile
from calculator.report.html_report import html_report
from calculator.report.memo_facts import question_of
from tests.calculator.test_random_scenarios_are_answered_or_refused import some_scenario

CATALOG = load_catalog()


@pytest.fixture(scope="module")
def found() -> Comparison:
    return compare(Scenario(options=("dgx-spark", "api-same-model")), CATALOG, draw_count=64)


@pytest.mark.parametrize("file", HOME_FILES, ids=lambda file: file.key)
def test_file_is_made_and_named_after_the_scenario(file: HomeFile, found: Comparison) -> None:
    assert file.content(found, CATALOG)
    assert found.scenario_id in file.name(found)
    assert file.name(found).endswith(file.suffix)


@pytest.mark.parametrize("file", [file for file in HOME_FILES if file.is_table], ids=lambda file: file.key)
def test_table_opens_in_excel_as_utf_8_and_begins_with_its_header(file: HomeFile, found: Comparison) -> None:
    content = file.content(found, CATALOG)
    assert content.startswith(b"\xef\xbb\xbf") == (file.key != "focus_csv")  # read by programs, not by Excel
    head, first = content.decode("utf-8-sig").splitlines()[:2]
    assert {"option_name", "x_OptionName"} & set(head.split(","))
    assert found.scenario_id in first


def test_keys_and_suffixes_are_of_one_file_each() -> None:
    assert len({file.key for file in HOME_FILES}) == len(HOME_FILES)
    assert len({file.suffix for file in HOME_FILES}) == len(HOME_FILES)


@pytest.mark.parametrize("seed", [3, 11, 29])
def test_every_file_is_made_for_knobs_at_their_ends(seed: int) -> None:
    found = compare(Scenario.parse(some_scenario(seed)), CATALOG, draw_count=64)
    for file in HOME_FILES:
        assert len(file.content(found, CATALOG)) > 300


OWN_MODEL = {"mine": {"parameters_b": 8, "layer_count": 32, "kv_head_count": 8, "head_dim": 128}}


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ({"model": "another-size", "another_size_b": 30.0}, "serve a dense model with 30 billion parameters for"),
        ({"model": "mine", "own_models": OWN_MODEL}, "serve mine for"),
        ({"model": "qwen3-30b-a3b"}, "serve Qwen3 30B-A3B for"),
    ],
)
def test_every_file_is_made_for_a_model_that_the_catalogue_has_and_one_that_it_lacks(
    values: dict[str, object], said: str
) -> None:
    asked = Scenario.parse({"options": ("dgx-spark", "api-same-model"), **values})
    found = compare(asked, CATALOG, draw_count=64)
    for file in HOME_FILES:
        assert len(file.content(found, CATALOG)) > 300
    assert said in question_of(found, CATALOG)
    assert said in html_report(found, CATALOG)


def test_file_can_be_made_where_its_package_is_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert all(file.can_be_made for file in HOME_FILES)
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    assert [file.key for file in HOME_FILES if not file.can_be_made] == ["memo"]
