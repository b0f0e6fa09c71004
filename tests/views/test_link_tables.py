"""Lists and tables of an address: each way of writing them, and what is said of one that cannot be read."""

import doctest
import json
from urllib.parse import parse_qs, urlencode

import pytest

from calculator import Scenario
from calculator.catalog.package_prices import PREFIX
from tests.views.pages import CATALOG
from views import link_tables
from views.link import read_link, write_link
from views.link_tables import EXAMPLES, is_list, is_table

MAC, CLOUD = "mac-studio-m5-ultra-96", "cloud-h100"
TABLES = [name for name in Scenario.model_fields if is_table(name)]


def problem(name: str, *texts: str) -> str:
    return read_link({name: list(texts)}, catalog=CATALOG).problems.get(name, "")


@pytest.mark.parametrize("texts", [[f"{MAC},{CLOUD}"], [MAC, CLOUD], [f" {MAC} ,", CLOUD], [f"{MAC},{CLOUD},{MAC}"]])
def test_options_may_be_repeated_or_have_commas_and_are_written_one_by_one(texts: list[str]) -> None:
    link = read_link({"options": texts}, catalog=CATALOG)
    assert (link.values["options"], link.problems) == ((MAC, CLOUD), {})
    written = parse_qs(write_link(Scenario.parse(link.values), catalogue_hash=CATALOG.hash))
    assert written["options"] == [MAC, CLOUD]


def test_no_id_has_a_comma_so_that_a_list_of_them_can() -> None:
    ids = [*CATALOG.machines, *CATALOG.clouds, *CATALOG.apis, *CATALOG.subscriptions, *CATALOG.models, PREFIX]
    assert not [one for one in ids if "," in one]
    assert not doctest.testmod(link_tables).failed


def test_option_of_a_list_that_we_do_not_have_is_named_without_the_others() -> None:
    said = problem("options", f"{MAC},nothing")
    assert "option 'nothing' is not in the catalogue" in said
    assert MAC not in said.partition("Did you mean")[0]


@pytest.mark.parametrize("texts", [["0.5,0.3,0.2"], ["0.5", "0.3", "0.2"], ["[0.5, 0.3, 0.2]"]])
def test_numbers_of_a_list_may_have_commas_be_repeated_or_be_json(texts: list[str]) -> None:
    link = read_link({"tax": ["custom"], "depreciation_fractions": texts}, catalog=CATALOG)
    assert link.values["depreciation_fractions"] == (0.5, 0.3, 0.2)


def test_hours_of_a_week_may_have_commas() -> None:
    hours = [float(9 <= hour % 24 < 17 and hour < 120) for hour in range(168)]
    link = read_link({"hourly_profile": [",".join(map(str, hours))]}, catalog=CATALOG)
    assert link.values["hourly_profile"] == tuple(hours)


@pytest.mark.parametrize("name", [name for name in EXAMPLES if name != "hourly_profile"])
def test_example_of_each_table_can_be_pasted(name: str) -> None:
    link = read_link(parse_qs(urlencode({name: EXAMPLES[name]})), catalog=CATALOG)
    assert not link.problems
    assert link.values[name]


@pytest.mark.parametrize("name", [name for name in TABLES if not name.startswith(("options", "typed"))])
@pytest.mark.parametrize("text", ["x", "", "5", "null", "410 a month", "{", "[", '{"a"', "(1)", '"a"', "true"])
def test_text_that_is_no_table_is_told_with_an_example_and_what_to_do(name: str, text: str) -> None:
    said = problem(name, text)
    if is_list(name) and text == "5":  # one number is a list of one
        assert said
        return
    assert said.startswith(f"{name} is {text!r}")
    assert ("168 numbers" if name == "hourly_profile" else f"for example {name}={EXAMPLES[name]}") in said
    assert said.endswith(" Correct it, or set it on the page and copy its link.")
    assert "column" not in said
    assert "Expecting" not in said


def test_character_from_which_a_table_cannot_be_read_is_counted() -> None:
    assert problem("figures", "{cloud-h100.rate_usd_per_h:2}").startswith(
        "figures is '{cloud-h100.rate_usd_per_h:2}': it cannot be read from character 2 on. It must be a table in JSON, "
    )


@pytest.mark.parametrize(("name", "row"), [("leases", 410), ("own_options", "x"), ("routing", [1]), ("ranges", 5)])
def test_row_that_is_no_table_is_told_with_an_example(name: str, row: object) -> None:
    said = problem(name, json.dumps({MAC: row}))
    noun = "list" if name == "ranges" else "table"
    assert said == (
        f"{name}.{MAC} is {json.dumps(row)}; it must be a {noun}, for example {name}={EXAMPLES[name]}. Correct it, or set "
        "it on the page and copy its link."
    )
