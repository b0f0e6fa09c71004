"""CSV template: the table that an unknown text is answered with can be filled in and imported."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.importers import csv_template
from measurements.importers.facts import Facts
from measurements.importers.reading import import_content, read_upload
from tests.measurements.importers.examples import ALL_FACTS, FIXTURES, KNOWN, check_sane, many, read_example, spoilt


def test_unknown_text_is_answered_with_a_template_that_can_be_filled_in() -> None:
    found = import_content("My new card is really quick, about 40 tokens a second!", facts=Facts(), known=KNOWN)
    assert found.records == ()
    assert "chip, model, weight format, runtime" in found.refused[0].reason
    header, example, *_ = found.template.splitlines()
    filled = dict(zip(header.split(","), example.split(","), strict=True)) | {"decode_tokens_per_s": "97.5"}
    content = f"{header}\n{','.join(filled.values())}\n"
    (record,) = import_content(content, facts=Facts(models={"": "llama-3-70b"}), known=KNOWN).records
    assert record.result.decode_tokens_per_s is not None
    assert (record.result.decode_tokens_per_s.central, record.host.chip) == (97.5, "nvidia-rtx-4090")


def test_template_states_chips_model_format_and_runtime() -> None:
    one, two = read_example("csv_template.csv")
    assert (one.host.chip_count, two.host.chip_count, two.model.model) == (1, 2, "llama-3-70b")
    assert (one.engine.name, one.engine.version, one.measured_at) == ("llama.cpp", "b6092", "2026-11-02")


@pytest.mark.parametrize("mark", [";", "\t"])
def test_spreadsheets_own_separators_are_read(mark: str) -> None:
    content = read_upload(FIXTURES / "csv_template.csv").replace(",", mark)
    assert len(import_content(content, facts=Facts(), known=KNOWN).records) == 2


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (",1,qwen3-32b", ",two,qwen3-32b", "chip_count is 'two'"),
        ("nvidia-rtx-4090,1", "my-card,1", "chip is 'my-card'"),
    ],
)
def test_wrong_cell_is_named(old: str, new: str, said: str) -> None:
    content = read_upload(FIXTURES / "csv_template.csv").replace(old, new, 1)
    found = import_content(content, facts=Facts(), known=KNOWN)
    assert len(found.records) == 1
    assert said in found.refused[0].reason


@many
@given(spoilt((FIXTURES / "csv_template.csv").read_text("utf-8")) | st.text(max_size=200))
def test_csv_template_never_raises(content: str) -> None:
    check_sane(csv_template.import_text(content, facts=ALL_FACTS, known=KNOWN))
