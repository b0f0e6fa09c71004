"""Measured speeds for the calculator: trust, context, staleness, unusable records."""

from typing import Any

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment
from calculator.physics.measured import measured_speed
from measurements.records.record import Engine, Host, Result, Series, Workload
from measurements.records.store import Store
from measurements.records.trusted_speeds import is_usable, speeds_of, stale_because, trust_of
from tests.measurements.examples import a_measurement

HERE = Host(host_id="h1", os="macOS", os_version="26.3")


TODAY = {"mlx": "0.32.4", "mlx-lm": "0.32.2"}


def test_speeds_reach_the_calculator_from_the_store(store: Store) -> None:
    store.append_all([a_measurement(), a_measurement("2", status="rejected"), a_measurement("3", kind="host")])
    found = speeds_of(store.records(), host=HERE, versions=TODAY)
    assert len(found) == 1
    one = found[0]
    # depth 512, no prompt, 64 written: mean context 512 + 32
    assert (one.phase, one.context_tokens, one.trust, one.is_synthetic) == ("decode", 544, "measured here", True)
    speed = measured_speed(
        found,
        Deployment.of("apple-m2-ultra-76", "llama-3-70b", "mlx-4bit", catalog=load_catalog()),
        phase="decode",
        context_tokens=544,
    )
    assert speed is not None
    assert (speed.central, speed.basis) == (12.1, "measured here")


def test_deleted_record_is_no_longer_used(store: Store) -> None:
    store.append(a_measurement())
    store.delete(a_measurement().id())
    assert speeds_of(store.records(), host=HERE, versions=TODAY) == ()


def test_record_with_both_phases_gives_two_speeds_at_their_contexts(store: Store) -> None:
    work = Workload(prompt_tokens=2048, generated_tokens=128, kv_fill="prompt")
    both = Result(decode_tokens_per_s=Series.of([10]), prefill_tokens_per_s=Series.of([100]))
    store.append(a_measurement(kind="imported", workload=work, result=both))
    found = {one.phase: one.context_tokens for one in speeds_of(store.records(), host=HERE, versions=TODAY)}
    assert found == {"decode": 2048 + 64, "prefill": 1024}


def test_trust_of_each_kind() -> None:
    kinds = {"fast": "measured here", "real": "measured here", "imported": "imported", "published": "published"}
    assert {kind: trust_of(a_measurement(kind=kind), host=HERE) for kind in kinds} == kinds
    assert trust_of(a_measurement(), host=Host(host_id="other")) == "same chip"
    nameless = a_measurement(host=Host(chip="x"))
    assert trust_of(nameless, host=Host()) == "same chip"


def test_stale_by_minor_version_of_the_engine_and_major_of_the_system() -> None:
    record = a_measurement()  # mlx 0.32.4, mlx-lm 0.32.2, macOS 26.1
    assert stale_because(record, host=HERE, versions={"mlx": "0.32.9", "mlx-lm": "0.32.0"}) == ""
    assert stale_because(record, host=HERE, versions={"mlx": "0.33.0"}) == "mlx was 0.32.4, now 0.33.0"
    assert stale_because(record, host=HERE, versions={"mlx-lm": "1.32.2"}) == "mlx-lm was 0.32.2, now 1.32.2"
    newer = Host(os="macOS", os_version="27.0")
    assert stale_because(record, host=newer, versions={}) == "measured under macOS 26.1, now macOS 27.0"
    assert stale_because(record, host=Host(os="Linux", os_version="12"), versions={}) == ""
    assert stale_because(a_measurement(kind="imported"), host=HERE, versions={"mlx": "9.9.9"}) == ""


def test_unusable_records_are_left_out() -> None:
    base = a_measurement()
    assert is_usable(base)
    unusable: tuple[dict[str, Any], ...] = (
        {"status": "rejected"},
        {"kind": "rag"},
        {"engine": Engine(name="mlx-cpu", backend="cpu")},
        {"workload": base.workload.model_copy(update={"speculative": True})},
        {"workload": base.workload.model_copy(update={"kv_bits": 8})},
        {"host": Host()},
        {"model": base.model.model_copy(update={"model": ""})},
    )
    for changes in unusable:
        assert not is_usable(a_measurement(**changes)), changes


def test_two_power_modes_or_builds_of_mlx_are_series_of_their_own(store: Store) -> None:
    base = a_measurement()
    low = base.host.model_copy(update={"power_mode": "low"})
    build = base.engine.model_copy(update={"wheel_tag": "py3-none-macosx_26_0_arm64"})  # with the M5's own kernels
    store.append_all([base, a_measurement(host=low), a_measurement(engine=build)])
    series = {one.series for one in speeds_of(store.records(), host=HERE, versions=TODAY)}
    assert len(series) == 3
