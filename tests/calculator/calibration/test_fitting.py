"""Fitting: the rows that the constants come from, and what no row shows."""

import math

import pytest

from calculator.calibration.fitting import ASSUMED, TABLE, usable_cases, with_assumed
from calculator.calibration.rows import read_table
from calculator.catalog import load_catalog
from calculator.catalog.calibration import Law

CATALOG = load_catalog()


def test_usable_cases_are_those_that_the_calibration_counts() -> None:
    decode, prefill = usable_cases(read_table(TABLE), CATALOG)
    known = CATALOG.calibration.rows
    # of rates over whole requests, those that mostly tell about prefill teach nothing of decoding
    assert known["decode"] <= len(decode) < 1.2 * known["decode"]
    assert len(prefill) == known["prefill"]


def test_with_assumed_adds_what_no_row_shows_and_keeps_the_rest() -> None:
    law = Law({}, {"loss/all": 1.0}, 0.1, {"chip": 1.0})
    found = with_assumed(law, CATALOG)
    assert set(found.effects) == {f"assumed/{family}" for family in ASSUMED}
    for family, name in ASSUMED.items():
        effect = found.effects[f"assumed/{family}"]
        assert effect.value == pytest.approx(math.log(CATALOG.constants[name].central))
        assert effect.error > 0
    assert (found.spread, found.noise, found.stretch) == (law.spread, law.noise, law.stretch)
