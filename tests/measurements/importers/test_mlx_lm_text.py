"""mlx_lm.benchmark importer: normalised decode rates, missing facts, edited text, and any content at all."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from measurements.importers import mlx_lm_text
from measurements.importers.facts import Facts
from measurements.importers.reading import import_content, read_upload
from tests.measurements.importers.examples import ALL_FACTS, FIXTURES, KNOWN, check_sane, many, read_example, spoilt


def test_mlx_lm_text_is_normalised_to_intervals() -> None:
    (record,) = read_example("mlx_lm_2026-03.txt", chip="apple-m2-ultra-76")
    assert (record.model.model, record.model.format) == ("qwen3.5-4b", "mlx-4bit")
    assert record.result.decode_tokens_per_s is not None
    assert record.result.prefill_tokens_per_s is not None
    # median of the five generation_tps is 39.020; 64 tokens over 63 intervals: 39.020 * 63/64 = 38.4103125
    assert record.result.decode_tokens_per_s.central == pytest.approx(38.4103125)
    assert record.result.prefill_tokens_per_s.central == 359.048
    assert record.result.peak_bytes == 3_504_000_000
    assert (record.workload.prompt_tokens, record.workload.generated_tokens) == (1024, 64)
    assert [remark.code for remark in record.remarks] == ["normalised"]


def test_mlx_lm_text_with_total_time_asks_for_what_no_line_says() -> None:
    content = read_upload(FIXTURES / "mlx_lm_2026-08.txt")
    assert import_content(content, facts=Facts(), known=KNOWN).missing == ("chip",)  # headings: Qwen3-0.6B, bf16
    bare = "\n".join(line for line in content.splitlines() if not line.startswith("#"))
    assert import_content(bare, facts=Facts(), known=KNOWN).missing == ("chip", "model", "format")
    (record,) = read_example("mlx_lm_2026-08.txt", chip="amd-strix-halo-128", models={"": "qwen3-0.6b"}, format="bf16")
    assert record.result.decode_tokens_per_s is not None
    assert record.result.decode_tokens_per_s.central == pytest.approx(33.633 * 127 / 128)


def test_mlx_lm_text_of_the_oldest_form_is_read() -> None:
    (record,) = read_example(
        "mlx_lm_2025-08.txt", chip="apple-m2-ultra-76", models={"": "qwen3-0.6b"}, format="mlx-4bit"
    )
    assert (record.workload.prompt_tokens, record.workload.generated_tokens, record.workload.batch_count) == (
        1024,
        64,
        1,
    )


def test_mlx_lm_text_of_a_batch_is_not_normalised() -> None:
    content = read_upload(FIXTURES / "mlx_lm_2026-03.txt").replace("batch_size=1", "batch_size=4")
    (record,) = import_content(content, facts=Facts(chip="apple-m2-ultra-76"), known=KNOWN).records
    assert record.result.decode_tokens_per_s is not None
    assert (record.result.decode_tokens_per_s.central, record.workload.batch_count) == (39.020, 4)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("generation_tokens=64", "generation_tokens=1", "at least two"),
        ("generation_tps=38.757", "generation_tps=0.000", "above 0"),
        ("generation_tps=38.813", "generation_tps=83.813", "do not match"),
        ("Timing with", "Timing without", "No 'Timing"),
    ],
)
def test_mlx_lm_text_that_was_changed_is_refused(old: str, new: str, said: str) -> None:
    content = read_upload(FIXTURES / "mlx_lm_2026-03.txt").replace(old, new).replace(" -p 1024 -g 64", "")
    found = import_content(content, facts=Facts(chip="apple-m2-ultra-76"), known=KNOWN)
    assert found.records == ()
    assert said in found.refused[0].reason


@pytest.mark.parametrize(
    "command",
    [
        "$ mlx_lm.benchmark --model mlx-community/Qwen3-0.6B-4bit -p 2048 -g 256 -b 4",
        "> python -m mlx_lm.benchmark --model=mlx-community/Qwen3-0.6B-4bit \\\n  --prompt-tokens 2048 --generation-tokens 256"
        " --batch-size=4",
    ],
)
def test_mlx_lm_text_without_its_first_line_takes_the_workload_from_the_command(command: str) -> None:
    content = f"{command}\nAverages: prompt_tps=1077.563, generation_tps=133.149, peak_memory=4.074\n"
    (record,) = import_content(content, facts=Facts(chip="apple-m2-ultra-76"), known=KNOWN).records
    work = record.workload
    assert (work.prompt_tokens, work.generated_tokens, work.batch_count) == (2048, 256, 4)
    assert (record.model.model, record.model.format) == ("qwen3-0.6b", "mlx-4bit")


def test_mlx_lm_text_of_several_hosts_asks_how_many() -> None:
    content = read_upload(FIXTURES / "mlx_lm_2026-03.txt").replace("uv run python3 -m", "mlx.launch --hostfile h.json")
    facts = {"chip": "apple-m2-ultra-76"}
    assert import_content(content, facts=Facts(**facts), known=KNOWN).missing == ("chip_count",)  # type: ignore[arg-type]
    (record,) = import_content(content, facts=Facts(**facts, chip_count=2), known=KNOWN).records  # type: ignore[arg-type]
    assert record.host.chip_count == 2


@many
@given(spoilt((FIXTURES / "mlx_lm_2026-03.txt").read_text("utf-8")) | st.text(max_size=200))
def test_mlx_lm_text_never_raises(content: str) -> None:
    check_sane(mlx_lm_text.import_text(content, facts=ALL_FACTS, known=KNOWN))
