"""What if: switching values flip the answer when they are set, every section answers, nothing on it is inert."""

import re
from datetime import date

import pytest

from calculator import Comparison, Scenario, compare
from calculator.decision.close_calls import close_calls
from calculator.risk.monte_carlo import FULL_COUNT
from tests.views.other_pages import opened, what_if_script
from tests.views.pages import CATALOG, texts, widget
from views.link import read_link
from views.what_if import axis_title

PAIR = ["mac-studio-m5-ultra-96", "dual-rtx-4090-am5"]


def test_page_has_every_section_of_the_question() -> None:
    app = opened(what_if_script)
    titles = [title.value for title in app.subheader]
    assert titles == [
        "What flips it",
        "How far each input moves it",
        "Who wins where",
        "From another scenario to this one",
        "If you stop earlier, or go on",
        "Cash and budget",
        "Lease or buy",
        "What to find out first",
    ]
    assert "Mac Studio M5 Ultra 96 GB costs $" in texts(app)


def shown_answer(scenario: Scenario) -> Comparison:
    """The answer with as many futures as the page draws, on the day of looking."""
    return compare(scenario, CATALOG, as_of=date.today().isoformat(), draw_count=FULL_COUNT)


def test_two_inputs_that_flip_it_together_are_those_of_decide() -> None:
    pair = shown_answer(Scenario()).verdicts.mac_or_pc
    assert pair is not None
    assert "Two together do" in pair.flips_sentence
    assert pair.flips_sentence in texts(opened(what_if_script)).replace("\\", "")


def test_prices_at_which_it_is_too_close_to_call_are_named_for_the_pair_that_is_asked_about() -> None:
    answer = shown_answer(Scenario())
    pair = answer.verdicts.mac_or_pc
    assert pair is not None
    said = texts(opened(what_if_script)).replace("\\", "")
    calls = close_calls(answer, pair)
    assert calls
    for call in calls:
        assert said.count(call.sentence) == 1
    answer = shown_answer(Scenario(options=("mac-studio-m5-ultra-256", "dual-rtx-4090-am5")))
    near = answer.verdict
    assert any(flip.inside_range for flip in near.flips)
    said = texts(opened(what_if_script, options=["mac-studio-m5-ultra-256", "dual-rtx-4090-am5"])).replace("\\", "")
    for call in close_calls(answer, near):
        assert said.count(call.sentence) == 1


def test_value_and_the_name_after_it_are_kept_apart() -> None:
    said = texts(opened(what_if_script, options=[*PAIR]))
    assert re.search(r"at \*\*\$14,\d{3}\*\*, 2x RTX 4090 on an AM5 board is cheaper", said)
    assert "** 2x" not in said


@pytest.mark.parametrize("options", [[], PAIR, ["mac-studio-m5-ultra-256", "dual-rtx-4090-am5"]])
def test_every_value_that_is_set_flips_the_answer_and_has_three_digits(options: list[str]) -> None:
    asked = {"options": options} if options else {}
    before = shown_answer(Scenario.parse(asked)).verdicts.mac_or_pc
    assert before is not None
    names = [button.key for button in opened(what_if_script, **asked).button if str(button.key).startswith("set ")]
    assert names
    for name in names:
        app = opened(what_if_script, **asked)
        widget(app, str(name)).click().run()
        assert not app.exception
        query = {key: [str(app.query_params[key])] for key in app.query_params if key != "options"}
        link = read_link(query, catalog=CATALOG)
        assert not link.problems
        ((_, value),) = (link.values.get("figures") or link.values).items()
        assert float(f"{value:.3g}") == value
        after = shown_answer(Scenario.parse({**link.values, **asked, "typed": link.typed()})).verdicts.mac_or_pc
        assert after is not None
        assert kind(after.cheapest) != kind(before.cheapest)


def kind(option: str | None) -> str:
    return CATALOG.machines[str(option)].kind


def test_price_at_which_another_mac_takes_over_is_no_flip() -> None:
    said = texts(opened(what_if_script))
    assert "Price of Mac Studio M5 Ultra 96 GB before tax**: now" not in said
    assert "is clearly cheaper; above that the two are too close to call" in said


def test_a_quote_that_is_too_close_to_call_is_called_so() -> None:
    said = texts(opened(what_if_script, figures='{"mac-studio-m5-ultra-96.price_usd": 6527}'))
    assert "This is too close to call. In the base case Mac Studio M5 Ultra 96 GB costs" in said
    assert "too close to call. In the base case" not in texts(opened(what_if_script))


@pytest.mark.parametrize("key", ["map x", "map y"])
def test_axes_of_the_map_change_what_it_says(key: str) -> None:
    app = opened(what_if_script)
    widget(app, key).set_value("months").run()
    assert not app.exception
    widget(app, "map x").set_value("months").run()
    widget(app, "map y").set_value("months").run()
    assert "Choose two different inputs." in texts(app)


def test_question_may_be_about_all_options() -> None:
    app = opened(what_if_script)
    widget(app, "what if question").set_value("All options").run()
    assert not app.exception
    assert "Hosted API (same open model) costs $" in texts(app)


def test_one_option_alone_says_what_is_missing_instead_of_failing() -> None:
    said = texts(opened(what_if_script, options=["cloud-h100"]))
    assert "Two options that can do the job are needed" in said


def test_axes_of_the_map_say_their_units() -> None:
    assert axis_title("wage_usd_per_h") == "Hourly rate ($ an hour)"
    assert axis_title("mac_administration_h_per_year") == "Administration of a Mac (hours a year)"
    assert axis_title("months") == "Months"
    assert axis_title("requests_per_working_day") == "Requests a working day"
