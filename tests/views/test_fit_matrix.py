"""Models against machines: the gigabytes are the engine's."""

import re

import pytest

from calculator import Scenario
from calculator.decision.can_do import can_do_sentence, can_do_text
from calculator.units import BYTES_PER_GB
from tests.views.other_pages import case_of, comparison_of
from tests.views.pages import CATALOG
from views.fit_matrix import answers_of_model, matrix

SCENARIO = Scenario(options=("mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "api-same-model"))


@pytest.mark.parametrize("bits", ["4-bit", "best-that-fits"])
def test_row_of_the_scenarios_model_has_the_headroom_of_the_answer(bits: str) -> None:
    asked = SCENARIO.changed(weight_class=bits)
    row = matrix(case_of(asked))[asked.model]
    for option in comparison_of(asked).options[:2]:
        assert option.memory is not None
        assert row[option.name] == f"{option.memory.headroom_bytes / BYTES_PER_GB:,.1f} GB spare"


def test_cell_that_says_no_says_what_is_missing() -> None:
    asked = SCENARIO.changed(weight_class="8-bit")
    cell = matrix(case_of(asked))[asked.model]["2x RTX 4090 on an AM5 board"]
    memory = comparison_of(asked)["dual-rtx-4090-am5"].memory
    assert memory is not None
    assert cell == f"no: {-memory.headroom_bytes / BYTES_PER_GB:,.1f} GB short"


def test_cell_of_a_format_that_the_program_does_not_load_says_so() -> None:
    asked = SCENARIO.changed(weight_class="5-bit", options=("cloud-h100",))
    row = matrix(case_of(asked))[asked.model]
    assert row[CATALOG.clouds["cloud-h100"].name] == "no: does not load 5-bit"


def test_other_software_that_the_pcs_own_memory_lacks_is_the_reason_and_not_the_cards() -> None:
    asked = SCENARIO.changed(second_tenant_gb=250.0, options=("dual-rtx-4090-am5",))
    cell = matrix(case_of(asked))[asked.model]["2x RTX 4090 on an AM5 board"]
    assert re.fullmatch(r"no: [\d.]+ GB of system RAM short", cell)
    assert can_do_text(comparison_of(asked)["dual-rtx-4090-am5"]) == cell


def test_row_of_a_model_says_which_machine_does_the_job_with_it_and_why_others_do_not() -> None:
    asked = case_of(SCENARIO.changed(stream_target_tokens_per_s=25))
    found = dict(answers_of_model(asked, (), model=SCENARIO.model))
    assert set(found) == {"Mac Studio M5 Ultra 96 GB", "2x RTX 4090 on an AM5 board"}
    cards = found["2x RTX 4090 on an AM5 board"]
    assert re.fullmatch(r"no: [\d.]+ of 25 tokens/s", can_do_text(cards))
    said = can_do_sentence(cards)
    assert re.fullmatch(r"An answer grows by [\d.]+ tokens a second .*; you asked for 25\..*", said)
    small = answers_of_model(asked, (), model="qwen3.5-4b")
    assert not any(can_do_text(answer).startswith("no") for _, answer in small)


def test_every_model_stands_in_it_the_largest_first() -> None:
    found = matrix(case_of(SCENARIO))
    sizes = [CATALOG.models[model].parameter_count() for model in found]
    assert set(found) == set(CATALOG.models)
    assert sizes == sorted(sizes, reverse=True)


def test_without_a_machine_there_is_no_matrix() -> None:
    assert matrix(case_of(Scenario(options=("api-same-model",)))) == {}
