"""Which measurements the decision rests on: counted, and the others with what to run."""

from dataclasses import replace
from pathlib import Path

from calculator.decision.compare import compare
from calculator.physics.speed.speed import Speed
from calculator.scenario.scenario import Scenario
from measurements.desk import open_desk
from measurements.records.store import Store
from tests.views.pages import CATALOG, QUESTION, measurements_page, small_tables, texts, the_mac
from views.decide_words import name_of
from views.used_measurements import command_for, how_many_are_measured, is_measured, reasons, speed_cells


def test_without_a_record_every_option_is_predicted(store: Path) -> None:
    app = measurements_page()
    assert "No option rests on a measured speed yet. All speeds are estimated, each with its range." in texts(app)
    assert set(small_tables(app)[0]["Used"]) == {"estimated"}
    assert list(small_tables(app)[0]) == [
        "Option",
        "Writes, tokens/s",
        "Writes in 8 of 10 cases",
        "Reads, tokens/s",
        "Reads in 8 of 10 cases",
        "Used",
    ]
    assert "Nothing is stored for this model on any of these machines." in texts(app)


def test_record_of_the_case_counts_and_one_at_another_depth_says_what_to_run(store: Path) -> None:
    Store(str(store)).append(the_mac())
    speeds = open_desk("").speeds()
    used = compare(Scenario.parse(QUESTION), CATALOG, speeds)["mac-studio-m2-ultra-192-used"]
    assert is_measured(used)
    assert command_for(used, Scenario.parse(QUESTION)) == ""
    longer = Scenario.parse({**QUESTION, "prompt_tokens": 20_000})
    far = compare(longer, CATALOG, speeds)["mac-studio-m2-ultra-192-used"]
    assert not is_measured(far)
    assert command_for(far, longer) == "mlx_lm.benchmark -p 20000 -g 64"
    remark = next(remark for remark in far.remarks if remark.code == "measurement-not-used")
    assert "your prompts have 20,000 tokens" in remark.text
    assert "10,000" not in remark.text
    ((names, why),) = reasons([far])
    assert names == name_of(far)
    assert "your prompts have 20,000 tokens" in why
    assert reasons([used]) == []
    others = [option for option in compare(longer, CATALOG, speeds).options if option.kind != "api"]
    said = dict(reasons(others))
    assert len(said) == 2
    assert said["; ".join(name_of(one) for one in others if one.id != far.id)].startswith("Nothing is stored")


def test_every_option_without_a_measurement_gets_its_command_or_a_reason(store: Path) -> None:
    said = texts(app := measurements_page())
    commands = [block.value for block in app.code]
    found = compare(Scenario(), CATALOG)
    boxes = [option for option in found.options if option.kind != "api"]
    assert len(boxes) == 6
    for option in boxes:
        command = command_for(option, found.scenario)
        assert command in commands or option.runtime_id == "vllm", option.id
        assert f"**{name_of(option)}**" in said
    assert len(commands) == 5
    assert "No single command measures both reading and writing on vLLM" in said


def test_speed_without_a_range_is_said_once() -> None:
    one = Speed(low=18.0, central=18.2, high=18.4, unit="token/s", bound_by="measured", basis="imported")
    assert list(speed_cells("Writes", one).values()) == ["18", "-"]
    assert list(speed_cells("Writes", replace(one, low=15.0)).values()) == ["18", "15 to 18"]
    assert list(speed_cells("Writes", None).values()) == ["-", "-"]


def test_sentence_counts_measured_estimated_and_unknown_speeds() -> None:
    found = compare(Scenario(), CATALOG, draw_count=0)
    one = next(option for option in found.options if option.kind != "api")
    assert one.decode is not None
    measured = replace(one, decode=replace(one.decode, basis="imported"))
    unknown = replace(one, decode=None, prefill=None)
    assert [how_many_are_measured(boxes) for boxes in ([measured, measured], [measured], [one], [unknown])] == [
        "All 2 options rest on a measured speed.",
        "Its speed was measured.",
        "No option rests on a measured speed yet. Its speed is estimated.",
        "No option rests on a measured speed yet. For 1 no speed is known.",
    ]
    assert how_many_are_measured([measured, one, one, unknown]) == (
        "1 of 4 options rests on a measured speed. 2 are estimated, each with its range. For 1 no speed is known."
    )
