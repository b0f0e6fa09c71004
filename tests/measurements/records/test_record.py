"""Measurement records: complete, frozen, identified by their content."""

import json
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from measurements.records import record as m
from tests.measurements.examples import a_measurement

finite = st.floats(allow_nan=False, allow_infinity=False, width=32)


def test_content_key_is_blind_to_words_and_changes_with_what_was_measured() -> None:
    one = a_measurement()
    worded = a_measurement(remarks=[{"code": "depth-0", "text": "x"}], notes="y")
    assert one.content_key() == worded.content_key()
    others = [
        a_measurement("2"),
        a_measurement(measured_at="2026-11-22T10:00:01Z"),
        a_measurement(status="rejected"),
        a_measurement(provenance={"raw": "x"}),
        a_measurement(result=m.Result(decode_tokens_per_s=m.Series.of([12.0, 12.1, 12.2000001]))),
    ]
    assert len({record.content_key() for record in (one, *others)}) == 1 + len(others)


def test_content_key_stays_the_same_from_version_to_version() -> None:
    # stores hold it: a new field with a default, or another order of the fields, must not change it
    assert a_measurement().content_key() == "7fb76a981588b0d21d93420e9959e5a1"


def test_id_is_equal_for_equal_content_and_changes_with_any_field() -> None:
    one = a_measurement()
    assert one.id() == a_measurement().id()
    assert one.id() != a_measurement(notes="x").id()
    assert one.id() != a_measurement(result=m.Result(decode_tokens_per_s=m.Series.of([12.0, 12.1, 12.2000001]))).id()


def test_settings_key_ignores_the_result_but_not_the_settings() -> None:
    one = a_measurement()
    same = a_measurement(run="2", measured_at="2026-11-23", result=m.Result(decode_tokens_per_s=m.Series.of([9])))
    assert one.settings_key() == same.settings_key()
    for part, changes in {
        "host": (
            {"power_mode": "low"},
            {"chip": "apple-m1-7"},
            {"memory_bytes": 1},
            {"wired_limit_mib": 9},
            {"os_version": "27.1"},
        ),
        "engine": ({"version": "0.33.0"}, {"mlx_lm_version": "0.33.0"}, {"backend": "cpu"}),
        "model": ({"format": "mlx-8bit"}, {"weights": "real"}, {"config_sha256": "ab"}),
        "workload": ({"depth_tokens": 513}, {"prefill_step_tokens": 512}, {"batch_count": 2}),
    }.items():
        for change in changes:
            altered = getattr(one, part).model_copy(update=change)
            assert one.settings_key() != a_measurement(**{part: altered}).settings_key(), change
    patch = one.host.model_copy(update={"os_version": "26.1.7"})
    assert one.settings_key() == a_measurement(host=patch).settings_key()


def test_record_survives_its_own_json() -> None:
    one = a_measurement(notes='tab\t "quote" ünïcode\n=SUM(A1)')
    assert m.parse_measurement(one.canonical_json()) == one
    assert m.parse_measurement(json.dumps(one.model_dump(mode="json"), indent=2)).id() == one.id()


@given(st.lists(finite, min_size=1, max_size=8), st.text(max_size=40), st.integers(0, 10**9))
def test_record_json_round_trip_is_the_identity(samples: list[float], words: str, depth: int) -> None:
    try:
        one = a_measurement(
            result=m.Result(decode_tokens_per_s=m.Series.of(samples)),
            notes=words,
            workload=a_measurement().workload.model_copy(update={"depth_tokens": depth}),
        )
    except ValidationError:
        assert "\0" in words or any(0xD800 <= ord(letter) <= 0xDFFF for letter in words)
        return
    assert m.parse_measurement(one.canonical_json()) == one


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{", "not valid JSON"),
        ("[]", "record"),
        ('{"schema_version": 99}', "schema version 99"),
        ('{"kind": "fast", "measured_at": "2026-13", "engine": {"name": "x"}}', "not a date"),
        ('{"kind": "fast", "measured_at": "2026", "engine": {"name": "x"}, "colour": "red"}', "colour"),
        ('{"kind": "fast", "measured_at": "2026", "engine": {"name": "x"}, "notes": NaN}', "NaN"),
        ('{"kind": "fast", "measured_at": "2026", "engine": {"name": "a\\u0000"}}', "control character"),
        ("[" * 100_000, "not valid JSON"),
        ('{"kind": "fast", "kind": "slow"}', "the key 'kind' appears twice"),
    ],
)
def test_broken_record_is_refused_with_a_sentence(text: str, said: str) -> None:
    with pytest.raises(m.MeasurementError, match=said):
        m.parse_measurement(text)


def test_power_without_scope_is_refused() -> None:
    fields = a_measurement().model_dump(mode="json")
    fields["result"]["mean_power_w"] = 200.0
    with pytest.raises(m.MeasurementError, match="power_scope"):
        m.measurement_of(fields)


def test_not_a_number_never_enters() -> None:
    with pytest.raises(ValidationError):
        m.Series(central=math.nan, low=1, high=2)
    with pytest.raises(ValidationError):
        m.Series(central=1, low=1, high=math.inf)


def test_record_is_frozen() -> None:
    one = m.Measurement(kind="host", measured_at="2026", engine=m.Engine(name="x"), model=m.ModelUnderTest())
    with pytest.raises(ValidationError):
        one.kind = "fast"  # type: ignore[misc]


def test_system_is_named_with_what_its_version_is_of() -> None:
    hosts = [
        m.Host(os="Linux", os_version="12", os_build="debian 6.1.0-18-amd64"),
        m.Host(os="Linux", os_build="arch 6.9"),
        m.Host(os="Linux", os_version="9.4", os_build='"rocky" 5.14.0-427.el9'),
        m.Host(os="Linux", os_version="2", os_build="6.1.0-18-amd64"),
        m.Host(os="Linux", os_version="12"),
        m.Host(os="macOS", os_version="26.1", os_build="25B78"),
        m.Host(os="Windows", os_version="11", os_build="10.0.26100"),
        m.Host(),
    ]
    assert [host.system_name() for host in hosts] == [
        "Debian 12 (Linux)",
        "Arch (Linux)",
        "Rocky Linux 9.4",
        "Linux",
        "Linux",
        "macOS 26.1",
        "Windows 11",
        "",
    ]
