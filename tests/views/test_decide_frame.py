"""Frame of the Decide page: every figure in it is the ledger's, and rows, charts and verdicts say the same one."""

import io
import json
import math
import re
from functools import cache
from pathlib import Path
from typing import Any, get_args

import pandas as pd
import pytest

from calculator import Scenario
from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison, OptionResult
from calculator.finance.ledger import Line
from calculator.physics.speed.speed import SpeedBasis
from calculator.report import memo_facts
from calculator.report.ledger_csv import tidy_csv
from calculator.scenario.presets import preset, preset_names
from tests.views.pages import CATALOG
from views.choices import words_of_basis
from views.decide_frame import decide_frame
from views.decide_words import name_of
from views.groups import GROUPS, group_of
from views.look import Hue, usd
from views.money import is_ranked

MONIES = [(money, labour) for money in ("present-value", "cash") for labour in ("with", "without")]
PARTS_USD, MONTHS_USD = 3, 1  # each part, and each month, is rounded to a dollar by itself


@cache
def answer(name: str, money: str, labour: str) -> Comparison:
    scenario = preset(name).changed(money=money, labour=labour)
    return compare(scenario, CATALOG, as_of="2026-11-26", draw_count=100, with_turns=False)


def cost_usd(option: OptionResult, money: str, labour: str) -> float:
    """The ledger's own sum, read from the cost without the page's code."""
    assert option.tco is not None
    if money == "cash":
        return option.tco.total_cost_usd if labour == "with" else option.tco.hard_cost_usd
    return option.tco.present_value_cost_usd if labour == "with" else option.tco.hard_present_value_cost_usd


def costed(frame: dict[str, Any]) -> list[dict[str, Any]]:
    return [row for row in frame["rows"] if "usd" in row]


@pytest.mark.parametrize(("money", "labour"), MONIES)
@pytest.mark.parametrize("name", preset_names())
def test_rows_parts_and_months_are_one_figure_in_every_money(name: str, money: str, labour: str) -> None:
    comparison = answer(name, money, labour)
    rows = costed(decide_frame(comparison))
    assert rows
    for row in rows:
        shown = row["usd"][1]
        assert math.isclose(shown, cost_usd(comparison[row["id"]], money, labour), abs_tol=0.005)
        assert abs(sum(row["parts"]) - shown) <= PARTS_USD
        assert abs(row["by_month"][-1] - shown) <= MONTHS_USD
        assert len(row["by_month"]) == comparison.scenario.months + 1
        assert len(row["parts"]) == len(GROUPS)


@pytest.mark.parametrize(("money", "labour"), MONIES)
@pytest.mark.parametrize("name", preset_names())
def test_rows_stand_from_the_cheapest_on_in_the_money_shown_and_the_verdict_names_the_first(
    name: str, money: str, labour: str
) -> None:
    comparison = answer(name, money, labour)
    frame = decide_frame(comparison)
    shown = [row["usd"][1] for row in costed(frame)]
    assert shown == sorted(shown)
    assert [row["id"] for row in frame["rows"]][len(shown) :] == [
        option.id for option in comparison.options if not is_ranked(option)
    ]
    overall = frame["verdicts"][-1]
    if overall["title"] != "Too close to call":
        assert overall["title"] == name_of(comparison[frame["rows"][0]["id"]])
        assert overall["amount"] == usd(shown[0])


def test_switch_of_the_money_moves_purchase_to_resale_and_people_only_where_it_should() -> None:
    rows = {pair: costed(decide_frame(answer("our-defaults", *pair))) for pair in MONIES}
    people = GROUPS.index("Staff")
    assert all(row["parts"][people] > 0 for row in rows["present-value", "with"])
    assert not any(
        row["parts"][people] for pair in (("present-value", "without"), ("cash", "without")) for row in rows[pair]
    )
    back = {pair: {row["id"]: row["parts"][-1] for row in rows[pair]} for pair in MONIES}
    for option, cash in back["cash", "with"].items():
        assert cash <= 0
        assert not cash or cash < back["present-value", "with"][option] < 0  # money of later is worth less today


@pytest.mark.parametrize("name", preset_names())
def test_frame_is_plain_json_that_a_browser_reads(name: str) -> None:
    frame = decide_frame(answer(name, "present-value", "with"))
    assert json.loads(json.dumps(frame, allow_nan=False)) == json.loads(json.dumps(frame))


@pytest.mark.parametrize("name", preset_names())
def test_option_that_cannot_do_the_job_has_reasons_and_no_cost(name: str) -> None:
    comparison = answer(name, "present-value", "with")
    for row in decide_frame(comparison)["rows"]:
        option = comparison[row["id"]]
        assert (row["state"] == "no") == (not is_ranked(option)) == ("usd" not in row) == bool(row["reasons"])
        assert [text for text, _, _ in row["reasons"]] == [reason.text for reason in option.eligibility.reasons]


def test_every_line_of_every_example_belongs_to_the_group_that_a_person_expects() -> None:
    groups = {
        line.name: GROUPS[group_of(line)]
        for name in preset_names()
        for option in answer(name, "present-value", "with").options
        if option.tco
        for line in option.tco.entries
    }
    expected = {
        "hardware": "Purchase",
        "resale": "Resale",
        "energy idle": "Power and cooling",
        "cooling": "Power and cooling",
        "setup": "Staff",
        "administration": "Staff",
        "repair": "Repair, insurance, tax",
    }
    assert {line: groups[line] for line in expected} == expected


@pytest.mark.parametrize(
    ("line", "group"),
    [
        (Line("hardware", "hard", (), kind="capital"), "Purchase"),
        (Line("hardware of month 13", "hard", (), kind="later capital"), "Purchase"),
        (Line("resale", "hard", (), kind="sale"), "Resale"),
        (Line("profit tax", "hard", (), kind="tax"), "Repair, insurance, tax"),
        (Line("demand charge", "hard", ()), "Power and cooling"),
        (Line("insurance", "hard", ()), "Repair, insurance, tax"),
        (Line("api tokens", "hard", ()), "Rent, API, software"),
        (Line("setup", "soft", ()), "Staff"),
    ],
)
def test_line_is_grouped_by_its_kind_before_its_name(line: Line, group: str) -> None:
    assert GROUPS[group_of(line)] == group


@pytest.mark.parametrize("name", preset_names())
def test_ring_stands_where_buying_has_become_cheaper_than_renting_for_good(name: str) -> None:
    frame = decide_frame(answer(name, "present-value", "with"))
    kinds: dict[str, dict[str, Any]] = {}
    for row in costed(frame):
        kinds.setdefault(row["kind"], row)
    paid = frame["paid"]
    if paid is None:
        if "to buy" in kinds and "to rent" in kinds:
            own, rent = kinds["to buy"]["by_month"], kinds["to rent"]["by_month"]
            assert own[-2] > rent[-2] or own[-1] > rent[-1]
        return
    own, rent = kinds["to buy"], kinds["to rent"]
    assert (paid["id"], paid["than"]) == (own["id"], rent["id"])
    month = paid["month"]
    assert all(own["by_month"][at] <= rent["by_month"][at] for at in range(month, frame["months"] + 1))
    assert month == 1 or own["by_month"][month - 1] > rent["by_month"][month - 1]


NEAR = ("mac-studio-m5-ultra-256", "dual-rtx-4090-am5")


@pytest.mark.parametrize("scenario", [Scenario(wage_usd_per_h=110), Scenario(wage_usd_per_h=80, options=NEAR)])
def test_live_frame_is_the_pages_own_but_for_its_futures(scenario: Scenario) -> None:
    """What does not rest on futures is equal to the cent, so nothing jumps when a thumb comes to rest."""
    live = decide_frame(compare(scenario, CATALOG, as_of="2026-11-26", draw_count=100, with_turns=False))
    rest = decide_frame(compare(scenario, CATALOG, as_of="2026-11-26", draw_count=400))
    same = ("months", "money", "labour", "groups", "paid", "sign", "convention", "as_of", "id")
    assert {name: live[name] for name in same} == {name: rest[name] for name in same}
    for one, other in zip(live["rows"], rest["rows"], strict=True):
        assert {key: value for key, value in one.items() if key != "usd"} == {
            key: value for key, value in other.items() if key != "usd"
        }
        assert "usd" not in one or one["usd"][1] == other["usd"][1]
    assert not live["flips"]
    assert bool(rest["flips"]) == (scenario.options == NEAR)


def test_flips_are_the_verdicts_own_by_input() -> None:
    comparison = compare(Scenario(options=NEAR), CATALOG, as_of="2026-11-26", draw_count=400)
    found = decide_frame(comparison)["flips"]
    assert comparison.verdicts.mac_or_pc is not None
    flips = comparison.verdicts.mac_or_pc.flips or comparison.verdicts.overall.flips
    assert found == {flip.name: flip.at for flip in flips} != {}


def test_kind_of_a_row_says_how_it_is_paid_for() -> None:
    options = ("mac-studio-m5-ultra-96", "cloud-h100", "api-same-model", "chatgpt-plus", "claude-max-20x")
    found = compare(Scenario(options=options), CATALOG, draw_count=0, with_turns=False)
    kinds = {row["id"]: row["kind"] for row in decide_frame(found)["rows"]}
    assert tuple(kinds[option] for option in options) == ("to buy", "to rent", "per token", "per seat", "per seat")
    nobody = compare(Scenario(model="codellama-34b"), CATALOG, draw_count=0, with_turns=False)
    assert nobody["api-same-model"].tco is None
    assert {row["id"]: row["kind"] for row in decide_frame(nobody)["rows"]}["api-same-model"] == "hosted"


@pytest.mark.parametrize(("money", "labour"), MONIES)
def test_convention_says_which_money_is_shown_and_whether_staff_hours_count(money: str, labour: str) -> None:
    said = decide_frame(answer("our-defaults", money, labour))["convention"]
    assert said.startswith("Cash is" if money == "cash" else "Today's money is")
    assert said.endswith("Here staff hours are left out.") == (labour == "without")


def test_colour_of_a_row_is_one_that_the_theme_has() -> None:
    for row in decide_frame(answer("our-defaults", "present-value", "with"))["rows"]:
        assert row["hue"] in get_args(Hue)
        assert row["dash"] in ("solid", "dash", "dot")


def test_colours_of_the_page_stand_in_the_order_of_the_theme() -> None:
    script = (Path(__file__).parents[2] / "views/components/decide/decide.js").read_text("utf-8")
    line = next(line for line in script.splitlines() if line.startswith("const HUES"))
    assert tuple(json.loads(line.partition(" = ")[2].partition(";")[0])) == get_args(Hue)


def test_every_basis_of_a_speed_has_its_words_in_the_table_and_a_sentence_on_a_phone() -> None:
    script = (Path(decide_frame.__code__.co_filename).parent / "components" / "decide" / "rows.js").read_text("utf-8")
    words, sentences = (
        dict(re.findall(r'"?([a-z ]+?)"?: "(.+)",', re.search(rf"const {name} = \{{\n(.+?)\n\}};", script, re.S)[1]))  # pyright: ignore[reportOptionalSubscript]
        for name in ("BASIS", "GETS")
    )
    assert {name.strip() for name in words} == {name.strip() for name in sentences} == set(get_args(SpeedBasis))
    assert {name.strip(): said for name, said in words.items()} == {
        basis: words_of_basis(basis) for basis in get_args(SpeedBasis)
    }  # the same words on every page
    for sentence in sentences.values():
        assert re.fullmatch(r"Each person gets (an estimated )?# tokens/s(, (as|if) .+)?\.", sentence)


def test_lease_in_advance_is_spent_by_the_dates_of_the_ledgers_file_and_in_the_memo_too() -> None:
    mac = "mac-studio-m5-ultra-96"
    asked = Scenario.parse(
        {
            "options": (mac, "cloud-h100"),
            "leases": {mac: {"usd_per_month": 230.0}},
            "start_month": "2026-12",
            "money": "cash",
        }
    )
    found = compare(asked, CATALOG, as_of="2026-11-26", draw_count=0)
    row = next(one for one in costed(decide_frame(found)) if one["id"] == mac)
    ledger: Any = pd.read_csv(io.StringIO(tidy_csv(found)))
    mine = ledger[(ledger["option"] == mac) & ((ledger["month"] > 0) | (ledger["line"] == "lease"))]
    by_date = -mine.groupby("date")["amount_usd"].sum().sort_index().cumsum()
    start = -ledger[(ledger["option"] == mac) & (ledger["month"] == 0) & (ledger["line"] != "lease")][
        "amount_usd"
    ].sum()
    assert row["by_month"][0] == round(start)
    assert row["by_month"][1:] == pytest.approx((by_date + start).tolist(), abs=MONTHS_USD)
    assert memo_facts._spent(found[mac], found) == pytest.approx(row["by_month"], abs=MONTHS_USD)  # pyright: ignore[reportPrivateUsage]
