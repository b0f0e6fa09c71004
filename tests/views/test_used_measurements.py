"""Which measurements the decision rests on: counted, and the others with what to run."""

from pathlib import Path

from calculator.decision.compare import compare
from calculator.scenario.scenario import Scenario
from measurements.desk import open_desk
from measurements.records.store import Store
from tests.views.pages import CATALOG, QUESTION, measurements_page, texts, the_mac
from views.used_measurements import command_for, is_measured


def test_without_a_record_every_option_is_predicted(store: Path) -> None:
    app = measurements_page()
    assert "0 of 6 options rest on a measured speed" in texts(app)
    assert set(app.table[0].value["Used"]) == {"predicted"}


def test_record_of_the_case_counts_and_one_at_another_depth_says_what_to_run(store: Path) -> None:
    Store(str(store)).append(the_mac())
    speeds = open_desk("").speeds()
    used = compare(Scenario.parse(QUESTION), CATALOG, speeds)["mac-studio-m2-ultra-192-used"]
    assert is_measured(used)
    assert command_for(used) == ""
    far = compare(Scenario.parse({**QUESTION, "prompt_tokens": 20_000}), CATALOG, speeds)[
        "mac-studio-m2-ultra-192-used"
    ]
    assert not is_measured(far)
    assert command_for(far) == "mlx_lm.benchmark -p 20000 -g 64"
    remark = next(remark for remark in far.remarks if remark.code == "measurement-not-used")
    assert "your prompts have 20,000 tokens" in remark.text
    assert "10,000" not in remark.text
