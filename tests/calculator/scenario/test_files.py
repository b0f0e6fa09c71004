"""Scenario files and settings: typed, read, and refused in one sentence."""

import json
from pathlib import Path

import pytest

from calculator import Scenario
from calculator.__main__ import main
from calculator.errors import ScenarioError
from calculator.scenario.files import read_scenario, typed


@pytest.mark.parametrize("text", ["", " ", "nan", "1e999", "0x10", "1,5", "True", "[]", "\u0661", "--1", "1_000"])
def test_typed_text_never_raises_and_parse_judges(text: str) -> None:
    value = typed("wage_usd_per_h", text)
    try:
        Scenario.parse({"wage_usd_per_h": value})
    except ScenarioError as error:
        assert str(error).startswith("wage_usd_per_h")


def test_whole_numbers_are_taken_as_such() -> None:
    assert Scenario.parse({"months": typed("months", "48")}).months == 48
    with pytest.raises(ScenarioError, match="whole number"):
        Scenario.parse({"months": typed("months", "48.5")})


@pytest.mark.parametrize(
    "text",
    ['{"months": ' + "1" * 5000 + "}", "[" * 100_000, '{"a":' * 100_000, '{"name": "\\ud800"}'],
    ids=["digits", "deep list", "deep table", "surrogate"],
)
def test_scenario_file_that_breaks_the_reader_is_refused(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str
) -> None:
    path = tmp_path / "broken.json"
    path.write_text(text, "utf-8")
    assert main(["compare", str(path)]) == 2
    assert 0 < len(capsys.readouterr().err) < 400


@pytest.mark.parametrize("text", ["months = " + "1" * 5000, "a = " + "[" * 50_000], ids=["digits", "deep list"])
def test_toml_that_breaks_the_reader_is_refused(capsys: pytest.CaptureFixture[str], tmp_path: Path, text: str) -> None:
    path = tmp_path / "broken.toml"
    path.write_text(text, "utf-8")
    assert main(["compare", str(path)]) == 2
    assert 0 < len(capsys.readouterr().err) < 400


@pytest.mark.parametrize("name", ["x" * 300, "x" * 5000, "a\0b"])
def test_scenario_path_that_no_system_takes_is_refused(capsys: pytest.CaptureFixture[str], name: str) -> None:
    assert main(["compare", name]) == 2
    assert "Traceback" not in capsys.readouterr().err


@pytest.mark.parametrize(
    ("text", "rules"),
    [
        ("months = 48", 1),  # yesterday's file
        ('[scenario]\nmonths = 48\nwhen_full = "buy-another"', 1),
        ("schema_version = 1\nmonths = 48", 1),
        ("schema_version = 2\nmonths = 48", 2),
        ("months = 48\nmachine_count = 2", 2),  # it holds what only version 0.2 knows
        ('months = 48\nwhen_full = "cheapest"', 2),
        ('months = 48\nweight_class = "best-that-fits"', 2),
        ("months = 48\nrules = 1", 1),
    ],
)
def test_file_without_a_version_is_of_version_1_unless_something_in_it_is_new(
    tmp_path: Path, text: str, rules: int
) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    assert read_scenario(path).rules == rules


def test_setting_goes_on_top_of_a_file_of_version_1_and_counts_as_typed(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("months = 48\nwage_usd_per_h = 95\n", "utf-8")
    assert read_scenario(path).typed == ("months",)  # 95 was its default
    found = read_scenario(path, settings=["wage_usd_per_h=95", "when_full=cheapest"])
    assert (found.rules, found.typed) == (1, ("wage_usd_per_h", "months", "when_full"))
    opted_in = read_scenario(path, settings=["schema_version=2"])
    assert (opted_in.rules, opted_in.typed) == (2, ("wage_usd_per_h", "months"))


def test_settings_alone_are_of_today_unless_they_say_version_1() -> None:
    assert read_scenario(None, settings=["months=48"]).rules == 2
    old = read_scenario(None, settings=["months=48", "schema_version=1"])
    assert (old.rules, old.typed, old.when_full) == (1, ("months",), "buy-from-api")


def test_json_of_a_comparison_is_a_scenario_file_again(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    assert main(["compare", "--json", "-", "--set", "months=48"]) == 0
    answer = json.loads(capsys.readouterr().out)
    path = tmp_path / "again.json"
    path.write_text(json.dumps(answer), "utf-8")
    assert main(["compare", str(path), "--json", "-"]) == 0
    assert json.loads(capsys.readouterr().out)["scenario_id"] == answer["scenario_id"]


@pytest.mark.parametrize(
    ("setting", "field", "value"),
    [
        ("options=cloud-h100, dgx-spark", "options", ("cloud-h100", "dgx-spark")),
        ("months=48", "months", 48),
        ("requests_per_working_day=1_000", "requests_per_working_day", 1000),
        ("tax_mode=expense", "tax_mode", "expense"),
        ("figures.cloud-h100.rate_usd_per_h=2.5", "figures", {"cloud-h100.rate_usd_per_h": 2.5}),
        ("already_own_usd.dgx-spark=1500", "already_own_usd", {"dgx-spark": 1500}),
        ("ranges.wage_usd_per_h=50,80,120", "ranges", {"wage_usd_per_h": (50, 80, 120)}),
        ("wage_usd_per_h=50/80/120", "ranges", {"wage_usd_per_h": (50, 80, 120)}),
        ("wage_usd_per_h=50/80/120", "wage_usd_per_h", 80),
        ("depreciation_fractions=0.5,0.5", "depreciation_fractions", (0.5, 0.5)),
        ("depreciation_fractions=1", "depreciation_fractions", (1,)),
        ("machine_count=3", "machine_count", 3),
        ("machine_count=auto", "machine_count", "auto"),
        ("machine_counts.dgx-spark=2", "machine_counts", {"dgx-spark": 2}),
        ("weight_classes.dgx-spark=8-bit", "weight_classes", {"dgx-spark": "8-bit"}),
        ("weight_class=best-that-fits", "weight_class", "best-that-fits"),
        ("wage_usd_per_h=95", "typed", ("wage_usd_per_h",)),
        ("wage_usd_per_h=50/80/120", "typed", ()),
    ],
)
def test_setting_becomes_the_value_of_its_field(setting: str, field: str, value: object) -> None:
    assert getattr(read_scenario(None, settings=[setting]), field) == value


def test_setting_of_a_lease_without_a_field_is_its_monthly_payment() -> None:
    found = read_scenario(None, settings=["leases.dgx-spark=300", "leases.dgx-spark.in_advance=false"])
    assert found.leases["dgx-spark"].usd_per_month == 300
    assert not found.leases["dgx-spark"].in_advance


def test_later_setting_wins_over_the_file_and_over_an_earlier_one(tmp_path: Path) -> None:
    path = tmp_path / "mine.toml"
    path.write_text("months = 24\nwage_usd_per_h = [60, 95, 200]\n", "utf-8")
    found = read_scenario(path, settings=["months=36", "months=60", "wage_usd_per_h=10/20/30"])
    assert (found.months, found.wage_usd_per_h, found.ranges["wage_usd_per_h"]) == (60, 20, (10, 20, 30))


@pytest.mark.parametrize("text", ["months = 48", "[scenario]\nmonths = 48"])
def test_heading_of_a_scenario_file_may_be_left_out(tmp_path: Path, text: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text, "utf-8")
    assert read_scenario(path).months == 48


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe", "is not UTF-8 text. Save it as UTF-8."),
        (b"months = ", "is not a valid scenario file"),
        (b"scenario = 3", "[scenario] is not a table"),
        (b"figures = 3", "figures is 3 in the scenario file, not a table"),
    ],
)
def test_broken_scenario_file_is_refused_with_its_name_and_repair(tmp_path: Path, content: bytes, says: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_bytes(content)
    with pytest.raises(ScenarioError) as refused:
        read_scenario(path, settings=["figures.cloud-h100.rate_usd_per_h=2"])
    assert says in str(refused.value)


def test_json_list_is_no_scenario(tmp_path: Path) -> None:
    path = tmp_path / "mine.json"
    path.write_text("[1]", "utf-8")
    with pytest.raises(ScenarioError, match="holds a list, not lines of name = value"):
        read_scenario(path)


@pytest.mark.parametrize("setting", ["months", "=3", " =3"])
def test_setting_without_a_name_and_a_value_is_refused_with_an_example(setting: str) -> None:
    with pytest.raises(ScenarioError, match="Write, for example, --set wage_usd_per_h=95"):
        read_scenario(None, settings=[setting])


def test_missing_file_and_a_folder_are_refused(tmp_path: Path) -> None:
    with pytest.raises(ScenarioError, match="there is no such scenario file"):
        read_scenario(tmp_path / "none.toml")
    with pytest.raises(ScenarioError, match="cannot be read"):
        read_scenario(tmp_path)


def test_key_that_stands_twice_is_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text('{"figures": {"cloud-h100.rate_usd_per_h": 2, "cloud-h100.rate_usd_per_h": 3}}')
    with pytest.raises(ScenarioError, match=r"the key 'cloud-h100\.rate_usd_per_h' appears twice in one table"):
        read_scenario(file)


@pytest.mark.parametrize("text", ['{"name": "\\ud800"}', '{"figures": {"\\ud800": 1}}', '"\\udfff"'])
def test_file_with_half_of_a_character_is_refused(text: str, tmp_path: Path) -> None:
    file = tmp_path / "scenario.json"
    file.write_text(text)
    with pytest.raises(ScenarioError, match="it holds half of a character"):
        read_scenario(file)
