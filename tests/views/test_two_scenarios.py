"""The walk between two scenarios: its steps sum to the whole change, and it is told without ids."""

import re

import pytest

from calculator import Scenario
from calculator.analysis.bridge import bridge
from calculator.scenario.presets import preset
from tests.views.other_pages import measured_what_if_script, opened, what_if_script
from tests.views.pages import CATALOG, texts, widget
from views.two_scenarios import bridge_sentence, step_name


def test_sentence_names_no_id() -> None:
    pair = ("mac-studio-m5-ultra-96", "dual-rtx-4090-am5")
    found = bridge(preset("article"), Scenario(), catalog=CATALOG, pair=pair)
    names = {key: CATALOG.option(key).name for key in pair}
    said = bridge_sentence(found, names=names)
    assert not re.search(r"[a-z]_[a-z]|-96\b|am5\b", said)
    assert f"{len(found.steps)} assumptions differ" in said
    assert said.endswith("Most of the change comes from hourly rate and resale value of a PC's GPUs.")
    assert abs(found.start_usd + sum(step.change_usd for step in found.steps) - found.end_usd) < 0.01


def test_gap_that_nothing_moves_is_told_as_one_though_the_scenarios_differ_elsewhere() -> None:
    pair, names = ("mac-studio-m5-ultra-256", "dual-rtx-4090-am5"), {"mac-studio-m5-ultra-256": "Mac"}
    leased = Scenario.parse({"leases": {"mac-studio-m5-ultra-96": {"usd_per_month": 400}}})
    said = bridge_sentence(bridge(Scenario(), leased, catalog=CATALOG, pair=pair), names=names | {pair[1]: "PC"})
    assert re.fullmatch(r"In both scenarios, PC costs \$[\d,]+ more than Mac: nothing that counts .* differs\.", said)


def test_option_that_was_cheaper_in_the_other_scenario_is_said_to_cost_less_there() -> None:
    pair = ("dual-rtx-4090-am5", "mac-studio-m5-ultra-96")
    found = bridge(Scenario(), Scenario(wage_usd_per_h=60), catalog=CATALOG, pair=pair)
    said = bridge_sentence(found, names={pair[0]: "PC", pair[1]: "Mac"})
    assert re.match(r"In the other scenario, Mac costs \$[\d,]+ less than PC; in yours it costs \$[\d,]+ less\.", said)


def test_pinned_scenario_is_the_one_that_is_compared_with() -> None:
    app = opened(what_if_script, wage_usd_per_h="120")
    next(button for button in app.button if button.label.startswith("Pin the scenario")).click().run()
    assert not app.exception
    assert widget(app, "other scenario").value == "The one I pinned"
    assert "nothing that counts for these two differs" in texts(app)
    app.query_params["wage_usd_per_h"] = "60"
    app.run()
    assert not app.exception
    assert "1 assumption differs." in texts(app)
    assert "comes from hourly rate." in texts(app)


@pytest.mark.parametrize(("money", "labour"), [("cash", "with"), ("cash", "without"), ("present-value", "without")])
def test_every_amount_is_in_the_money_that_the_page_shows(money: str, labour: str) -> None:
    app = opened(what_if_script, money=money, labour=labour, wage_usd_per_h="96")
    said = texts(app)
    words = "in cash" if money == "cash" else "in today's money"
    wrong = "today's money" if money == "cash" else "in cash"
    assert wrong not in said
    assert f"What each option costs per year, {words}{', invoices only' if labour == 'without' else ''}, by" in said
    flips = re.search(r"costs (\$[\d,]+) less than", said)
    bridge_end = re.search(r"in yours it costs (\$[\d,]+) more", said)
    assert flips is not None
    assert bridge_end is not None
    assert flips[1] == bridge_end[1]


def test_walk_uses_the_speeds_that_the_answer_uses() -> None:
    found: list[tuple[str, str]] = []
    for script in (measured_what_if_script, what_if_script):
        said = texts(opened(script, wage_usd_per_h="96"))
        end, gap = re.search(r"in yours it costs (\$[\d,]+) more", said), re.search(r"costs (\$[\d,]+) less than", said)
        assert end is not None
        assert gap is not None
        found.append((end[1], gap[1]))
    assert found[0] != found[1]
    assert all(end == gap for end, gap in found)


def test_bar_of_the_walk_is_named_in_words_with_a_capital() -> None:
    names = {"mac": "Mac Studio"}
    assert step_name("leases: mac", names=names) == "Lease of Mac Studio"
    assert step_name("already_own_usd: mac", names=names) == "Mac Studio that we own already"
    assert step_name("figures: mac.price_usd", names=names) == "Price of Mac Studio before tax"
    assert step_name("weight_classes", names=names) == "Bits per weight of single options"
    assert step_name("wage_usd_per_h", names=names) == "Hourly rate"
