"""Ceilings of a machine, and each result's share of them."""

from typing import Any

from calculator import load_catalog
from measurements.records.ceilings import ceilings_of, machine_ceilings
from measurements.records.host import host_id
from measurements.records.listing import words
from measurements.records.record import Host, Measurement, Result, Series
from tests.measurements.examples import a_measurement

CATALOG = load_catalog()


BASE = a_measurement()


def here(run: str = "1", **changes: Any) -> Measurement:
    return a_measurement(run, **{"host": BASE.host.model_copy(update={"host_id": host_id()}), **changes})


def test_share_of_the_ceiling_is_said_of_every_kind_of_result() -> None:
    host = Host(chip="nvidia-rtx-4090")
    plan = {
        "depths": [512],
        "kv_read_bytes": [0],
        "read_bytes_per_token": 10_080_000_000,
        "flops_per_prefill_token": 16_520_000_000,
    }
    # 1,008 GB/s over 10.08 GB: 100 tokens/s; 165.2 TFLOPS over 16.52 GFLOP: 10,000 tokens/s
    ceilings = ceilings_of(plan, machine=machine_ceilings(CATALOG, host=host, items=()), batch_count=1)
    assert ceilings.sentences() == [
        "Decode ceiling from 1,008 GB/s (the catalogue): 100 tokens/s at 512 tokens.",
        "Prefill ceiling from 165.2 TFLOPS (the catalogue): 10,000 tokens/s.",
    ]
    said = words(here(result=Result(prefill_tokens_per_s=Series.of([5_000.0]))), ceilings=ceilings)
    assert said == "prefill 5,000 tokens/s after 512 tokens (50% of what arithmetic alone would allow)"
    found = Result(bandwidth_gb_per_s=Series.of([907.2]), matrix_tflops=Series.of([82.6]))
    assert words(here(kind="host", result=found), ceilings=ceilings) == (
        "bandwidth 907.2 GB/s (90% of what the catalogue states), "
        "matrix rate 82.6 TFLOPS (50% of what the catalogue states)"
    )
    unknown = machine_ceilings(CATALOG, host=Host(chip="amd-epyc"), items=())
    assert "No ceiling is known" in unknown.sentences()[0]
