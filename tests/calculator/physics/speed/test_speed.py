"""Speed: a range with its basis."""

import dataclasses
import tomllib
from pathlib import Path

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.number import Range
from calculator.physics.speed.classes import Conditions
from calculator.physics.speed.decode import decode_cells, decode_estimate
from calculator.physics.speed.prefill import prefill_cells, prefill_estimate, time_to_first_token
from calculator.physics.speed.ranges import speed_of
from calculator.physics.speed.speed import Speed

CATALOG = load_catalog()
GOLDEN = Path(__file__).parents[3] / "golden"


def test_speed_is_a_range_in_tokens_per_second() -> None:
    found = Speed(low=1.0, central=2.0, high=4.0, bound_by="weights", basis="fitted")
    assert isinstance(found, Range)
    assert (found.low, found.central, found.high, found.unit, found.note) == (1.0, 2.0, 4.0, "token/s", "")


def test_speed_keeps_the_order_of_its_published_keys() -> None:
    names = [field.name for field in dataclasses.fields(Speed)]
    assert names == ["low", "central", "high", "unit", "bound_by", "basis", "note", "record_ids"]


def test_speed_is_frozen() -> None:
    found = Speed(low=1.0, central=2.0, high=4.0, bound_by="weights", basis="fitted")
    with pytest.raises(dataclasses.FrozenInstanceError):
        found.low = 2.0  # pyright: ignore[reportAttributeAccessIssue]  (frozen on purpose)


def public_speeds() -> list[tuple[str, float, Speed]]:
    """(what, published figure, our range) of every figure of tests/golden/public_speeds.toml."""
    found: list[tuple[str, float, Speed]] = []
    known = CATALOG.calibration
    for row in tomllib.loads((GOLDEN / "public_speeds.toml").read_text("utf-8"))["speeds"]:
        deployment = Deployment.of(
            row["machine"],
            row["model"],
            row["format"],
            runtime=row.get("runtime"),
            chip_count=row.get("count"),
            catalog=CATALOG,
        )
        workload = Workload(prompt_tokens=row.get("prompt_tokens", 512), batch_count=1)
        conditions = Conditions(
            age_years=known.year - row.get("year", known.year), served=False, step_tokens=row.get("step_tokens")
        )
        chip, name = deployment.hardware.chip, f"{row['machine']} {row['model']} {row.get('prompt_tokens', '')}"
        decode = speed_of(
            decode_estimate(deployment, workload, conditions=conditions, calibration=known),
            law=known.decode,
            tokens=1.0,
            chip=chip,
            cells=decode_cells(deployment, workload, conditions=conditions),
        )
        prefill = speed_of(
            prefill_estimate(deployment, workload, conditions=conditions, calibration=known),
            law=known.prefill,
            tokens=workload.prompt_tokens,
            chip=chip,
            cells=prefill_cells(deployment, workload, conditions=conditions),
        )
        said = {
            "decode": decode,
            "prefill": prefill,
            "first_token_s": time_to_first_token(prefill, prompt_tokens=workload.prompt_tokens),
        }
        found += [(f"{name} {what}", row[what], speed) for what, speed in said.items() if what in row]
    return found


def test_four_of_five_public_figures_of_single_machines_lie_in_the_range() -> None:
    speeds = public_speeds()
    missed = [
        f"{name}: {figure:g}, said {speed.low:.4g} to {speed.high:.4g}"
        for name, figure, speed in speeds
        if not speed.low <= figure <= speed.high
    ]
    assert len(speeds) >= 30
    assert len(missed) <= 0.2 * len(speeds), missed
