"""Fitting: the shipped constants come from the shipped rows, and ranges are stretched to cover."""

import math
import os
import subprocess
import sys
from pathlib import Path

import pytest

from calculator.calibration.cases import Case, case_of
from calculator.calibration.fitting import ASSUMED, TABLE, LeftOut, stretches, usable_cases, with_assumed
from calculator.calibration.rows import read_table
from calculator.catalog import load_catalog
from calculator.catalog.calibration import Effect, Law

ROOT = Path(__file__).parents[3]


def law(effects: dict[str, float], *, spread: dict[str, float] | None = None, noise: float = 0.1) -> Law:
    return Law({name: Effect(value, 0.05, 3) for name, value in effects.items()}, spread or {}, noise, {"chip": 1.0})


def test_calibration_regenerated_from_the_shipped_rows_is_the_same_file(tmp_path: Path) -> None:
    # one thread: the result then does not depend on how a library splits sums, and runs on a busy machine
    script = (
        "from pathlib import Path; from calculator.catalog import load_catalog; "
        "from calculator.calibration.fitting import write; "
        f"write(target=Path({str(tmp_path / 'calibration.toml')!r}), catalog=load_catalog())"
    )
    environment = {**os.environ, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "PYTHONPATH": str(ROOT)}
    subprocess.run([sys.executable, "-c", script], check=True, env=environment, cwd=ROOT)
    again = (tmp_path / "calibration.toml").read_text(encoding="utf-8")
    assert again == (ROOT / "calculator" / "catalog" / "calibration.toml").read_text(encoding="utf-8")


CATALOG = load_catalog()


def test_usable_cases_are_those_that_the_calibration_counts() -> None:
    decode, prefill = usable_cases(read_table(TABLE), CATALOG)
    known = CATALOG.calibration.rows
    # of rates over whole requests, those that mostly tell about prefill teach nothing of decoding
    assert known["decode"] <= len(decode) < 1.2 * known["decode"]
    assert len(prefill) == known["prefill"]


def test_stretches_cover_four_of_five_left_out_rows() -> None:
    """Errors of 1 to 10 tenths at a deviation of 0.1: the 80th percentile, 0.82, is 0.82 / 0.12816 = 6.398
    deviations.
    """
    rows = [case_of(row, CATALOG) for row in read_table(TABLE)]
    single = [case for case in rows if isinstance(case, Case) and case.row.batch_count == 1][:10]
    cases = {case.row.id: case for case in single}
    left = [LeftOut(key, (number + 1) / 10, 0.1, "chip") for number, key in enumerate(cases)]
    found = stretches(left, [], cases=cases)
    assert found["chip"] == pytest.approx(0.82 / 0.12816, rel=1e-6)
    assert found["family"] == found["vendor"] == found["chip"]  # too few rows of their own
    assert found["batch"] == 1.0


def test_with_assumed_adds_what_no_row_shows_and_keeps_the_rest() -> None:
    law = Law({}, {"loss/all": 1.0}, 0.1, {"chip": 1.0})
    found = with_assumed(law, CATALOG)
    assert set(found.effects) == {f"assumed/{family}" for family in ASSUMED}
    for family, name in ASSUMED.items():
        effect = found.effects[f"assumed/{family}"]
        assert effect.value == pytest.approx(math.log(CATALOG.constants[name].central))
        assert effect.error > 0
    assert (found.spread, found.noise, found.stretch) == (law.spread, law.noise, law.stretch)
