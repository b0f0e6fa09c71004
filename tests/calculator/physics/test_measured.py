"""Measured speeds: the most trusted one is picked, at the right context, and says where it comes from."""

from dataclasses import fields, replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment
from calculator.physics.measured import MeasuredSpeed, Phase, measured_speed, unused_measurement
from tests.calculator.offers import MEASURED

ONE = MEASURED
CATALOG = load_catalog()


DEPLOYMENT = Deployment.of("apple-m2-ultra-76", "llama-3-70b", "mlx-4bit", catalog=CATALOG)


def _at(*rows: MeasuredSpeed, context_tokens: float = 512) -> float | None:
    found = measured_speed(rows, DEPLOYMENT, phase="decode", context_tokens=context_tokens)
    return None if found is None else found.central


def test_measured_speed_of_nothing_is_nothing() -> None:
    assert _at() is None


@pytest.mark.parametrize(
    "change",
    [
        {"chip": "x"},
        {"model": "x"},
        {"format": "x"},
        {"runtime": "x"},
        {"phase": "prefill"},
        {"batch_count": 2},
        {"chip_count": 2},
    ],
)
def test_measured_speed_of_another_question_is_nothing(change: dict[str, Any]) -> None:
    assert _at(replace(ONE, **change)) is None


def test_measured_speed_interpolates_seconds_per_token() -> None:
    # 1/12 s at 512 and 1/8 s at 8704 tokens; at 4608, half way: (1/12 + 1/8)/2 = 5/48 s -> 9.6 token/s
    far = replace(ONE, context_tokens=8704, low_tokens_per_s=7, central_tokens_per_s=8, high_tokens_per_s=9)
    assert _at(ONE, far, context_tokens=4608) == pytest.approx(9.6)
    assert _at(far, ONE, context_tokens=8704) == pytest.approx(8)


def test_measured_speed_is_never_extrapolated() -> None:
    far = replace(ONE, context_tokens=8192)
    assert _at(ONE, far, context_tokens=32_768) is None
    assert _at(ONE, far, context_tokens=64) is None
    # within a quarter of the context asked for, a single measured one is taken: |512 - 640| = 0.2 * 640
    assert _at(ONE, context_tokens=640) == 12
    assert _at(ONE, context_tokens=700) is None


def test_measured_speed_prefers_trust_then_fresh_then_real_then_new() -> None:
    published = replace(ONE, trust="published", central_tokens_per_s=11.1, series="p")
    imported = replace(ONE, trust="imported", central_tokens_per_s=11.2, series="i")
    elsewhere = replace(ONE, trust="same chip", central_tokens_per_s=11.3, series="s")
    stale = replace(ONE, stale_because="mlx was 0.30.0, is 0.32.4", central_tokens_per_s=11.4, series="t")
    synthetic = replace(ONE, is_synthetic=True, central_tokens_per_s=11.5, series="y")
    old = replace(ONE, as_of="2026-01-01", central_tokens_per_s=11.6, series="o")
    ordered = [published, imported, elsewhere, stale, synthetic, old, ONE]
    for count in range(1, len(ordered) + 1):
        assert _at(*reversed(ordered[:count])) == ordered[count - 1].central_tokens_per_s


def test_measured_speed_falls_back_to_the_next_trust_that_covers_the_context() -> None:
    published = replace(
        ONE, trust="published", context_tokens=8192, central_tokens_per_s=5, low_tokens_per_s=5, high_tokens_per_s=5
    )
    assert _at(ONE, published, context_tokens=8192) == 5


def test_measured_speed_of_two_machines_is_never_interpolated() -> None:
    other = replace(ONE, context_tokens=8192, series="b")
    assert _at(ONE, other, context_tokens=4096) is None


def test_measured_speed_takes_the_newest_of_a_repeated_context() -> None:
    newer = replace(ONE, as_of="2026-11-23", central_tokens_per_s=12.5)
    assert _at(newer, ONE) == _at(ONE, newer) == 12.5


def test_measured_speed_says_where_it_comes_from() -> None:
    once = replace(ONE, reading_count=1, stale_because="mlx was 0.30.0", source="me")
    found = measured_speed([once], DEPLOYMENT, phase="decode", context_tokens=512)
    assert found is not None
    assert (found.basis, found.unit) == ("measured here", "token/s")
    assert (
        found.note == "measured on this machine, 2026-11-22; me; a single reading, so no range; stale: mlx was 0.30.0"
    )


@given(
    st.lists(st.tuples(st.floats(1, 1e5), st.floats(0.1, 1e3)), min_size=1, max_size=6, unique_by=lambda pair: pair[0]),
    st.floats(1, 1e5),
)
def test_measured_speed_lies_between_its_neighbours(points: list[tuple[float, float]], asked: float) -> None:
    rows = [
        replace(ONE, context_tokens=c, low_tokens_per_s=v, central_tokens_per_s=v, high_tokens_per_s=v)
        for c, v in points
    ]
    found = _at(*rows, context_tokens=asked)
    if min(c for c, _ in points) <= asked <= max(c for c, _ in points):
        assert found is not None
    if found is not None:
        speeds = [v for _, v in points]
        assert min(speeds) * (1 - 1e-9) <= found <= max(speeds) * (1 + 1e-9)


def test_unused_measurement_says_at_which_length_it_was_taken() -> None:
    catalog = load_catalog()
    deployment = Deployment.of("apple-m2-ultra-76", "llama-3-70b", "mlx-4bit", catalog=catalog)
    one = MeasuredSpeed(
        phase="decode",
        chip="apple-m2-ultra-76",
        chip_count=1,
        model="llama-3-70b",
        format="mlx-4bit",
        runtime="mlx-lm",
        context_tokens=512,
        batch_count=1,
        low_tokens_per_s=12,
        central_tokens_per_s=12,
        high_tokens_per_s=12,
        trust="imported",
        as_of="2026-11-01",
        record_id="abc",
    )

    def said(*rows: MeasuredSpeed, phase: Phase = "decode") -> str:
        return unused_measurement(
            rows, deployment, phase=phase, context_tokens=4075, prompt_tokens=4000, catalog=catalog
        )

    assert said(one) == (
        "the stored measurement of writing was taken at 512 tokens on average; your prompts have 4,000 tokens"
    )
    deep = replace(one, depth_tokens=448)
    assert said(deep) == "the stored measurement of writing wrote after 448 tokens; your prompts have 4,000 tokens"
    after = replace(one, depth_tokens=400, prompt_tokens=48)
    assert said(after) == said(deep)
    other = replace(one, format="mlx-8bit")
    assert said(other) == (
        "a measurement of writing is stored for MLX 8-bit, groups of 64 on mlx-lm, not for MLX 4-bit, groups of 64 on "
        "mlx-lm"
    )
    assert said(one, phase="prefill") == ""
    read = replace(one, phase="prefill", context_tokens=256, prompt_tokens=512)
    assert said(read, phase="prefill") == (
        "the stored measurement of reading read 512 tokens; your prompts have 4,000 tokens"
    )
    assert said(replace(read, prompt_tokens=0), phase="prefill") == (
        "the stored measurement of reading was taken at 256 tokens on average; your prompts have 4,000 tokens"
    )
    late = replace(read, context_tokens=3744, depth_tokens=3488)
    assert said(late, phase="prefill") == (
        "the stored measurement of reading read 512 tokens after 3,488 others; your prompts have 4,000 tokens"
    )
    used = measured_speed([one], deployment, phase="decode", context_tokens=512)
    assert used is not None
    assert used.record_ids == ("abc",)


def test_measurement_at_just_a_quarter_off_is_taken_and_none_beyond() -> None:
    assert _at(replace(ONE, context_tokens=750), context_tokens=1_000) == 12
    assert _at(replace(ONE, context_tokens=749), context_tokens=1_000) is None
    assert _at(replace(ONE, context_tokens=1_250), context_tokens=1_000) == 12
    assert _at(replace(ONE, context_tokens=1_251), context_tokens=1_000) is None


def test_unused_measurement_that_is_named_is_of_the_same_question_before_a_nearer_context() -> None:
    def said(*rows: MeasuredSpeed, phase: Phase = "decode") -> str:
        return unused_measurement(
            rows, DEPLOYMENT, phase=phase, context_tokens=4_000, prompt_tokens=4_000, catalog=CATALOG
        )

    same, other = replace(ONE, context_tokens=9_000), replace(ONE, format="mlx-8bit", context_tokens=4_000)
    assert said(other, same).startswith("the stored measurement of writing was taken at 9,000 tokens")
    assert "at 8,000 tokens" in said(same, replace(same, context_tokens=8_000))
    batch = replace(ONE, batch_count=4)
    assert said(batch) == "the stored measurement of writing is of 4 streams at once, not of one"
    assert "of reading is of 4" in said(replace(batch, phase="prefill"), phase="prefill")


def test_series_are_compared_by_trust_before_their_date() -> None:
    # the newest of the equally trusted; a date decides nothing between two of different trust
    old = replace(ONE, series="z", as_of="2026-01-01", central_tokens_per_s=10.0)
    older = replace(ONE, series="a", as_of="2025-12-31", central_tokens_per_s=9.0)
    assert _at(old, older) == _at(older, old) == 10.0
    stranger = replace(ONE, trust="published", as_of="2026-12-31", central_tokens_per_s=5.0, series="p")
    assert _at(stranger, old) == 10.0


def test_interpolated_measurement_carries_the_older_day_both_ids_and_what_is_stale() -> None:
    left = replace(ONE, record_id="l", reading_count=5, as_of="2026-11-22", stale_because="old")
    right = replace(ONE, record_id="r", reading_count=3, as_of="2026-10-01", context_tokens=1_024, stale_because="old")
    found = measured_speed([left, right], DEPLOYMENT, phase="decode", context_tokens=768)
    assert found is not None
    assert found.record_ids == ("l", "r")
    assert "2026-10-01" in found.note
    assert "stale: old" in found.note


def test_measurement_at_just_the_context_asked_for_stands_alone() -> None:
    below, there, above = (
        replace(ONE, record_id=name, context_tokens=tokens, as_of=day)
        for name, tokens, day in (("b", 512, "2026-10-01"), ("t", 1_024, "2026-11-22"), ("a", 2_048, "2026-10-02"))
    )
    found = measured_speed([below, there, above], DEPLOYMENT, phase="decode", context_tokens=1_024)
    assert found is not None
    assert found.record_ids == ("t",)
    assert found.note == "measured on this machine, 2026-11-22"


def test_measurement_names_its_day_without_the_hour() -> None:
    found = measured_speed([replace(ONE, as_of="2026-11-22T09:30:00Z")], DEPLOYMENT, phase="decode", context_tokens=512)
    assert found is not None
    assert found.note == "measured on this machine, 2026-11-22"


def test_measurement_that_counts_no_readings_is_a_single_one() -> None:
    told: dict[str, Any] = {
        one.name: getattr(MEASURED, one.name) for one in fields(MEASURED) if one.name != "reading_count"
    }
    one = MeasuredSpeed(**{**told, "trust": "imported", "as_of": "2026-11-01"})
    found = measured_speed([one], DEPLOYMENT, phase="decode", context_tokens=512)
    assert found is not None
    assert found.note == "imported from another tool's file, 2026-11-01; a single reading, so no range"
