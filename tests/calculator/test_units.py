"""Units: the factors, and the unit that a name promises by its ending."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator import units
from calculator.units import UNIT_OF_ENDING, unit_of_name


def test_unit_of_name_takes_the_longest_ending() -> None:
    assert unit_of_name("electricity_usd_per_kwh") == "USD/kWh"
    assert unit_of_name("energy_kwh") == "kWh"
    assert unit_of_name("bandwidth_gb_per_s") == "GB/s"
    assert unit_of_name("load_s") == "s"
    assert unit_of_name("colour") is None


@given(st.sampled_from(sorted(UNIT_OF_ENDING)), st.text(alphabet="abc_", max_size=5))
def test_unit_of_name_is_never_shadowed_by_a_shorter_ending(ending: str, start: str) -> None:
    longest = max((known for known in UNIT_OF_ENDING if (start + ending).endswith(known)), key=len)
    assert unit_of_name(start + ending) == UNIT_OF_ENDING[longest]


def test_factors_are_those_of_the_units() -> None:
    assert units.BYTES_PER_GIB == 1024**3
    assert pytest.approx(1.073741824) == units.BYTES_PER_GIB / units.BYTES_PER_GB
    assert units.BYTES_PER_GIB / units.BYTES_PER_MIB == 1024
    assert units.H_PER_MONTH * units.MONTHS_PER_YEAR == units.H_PER_YEAR == 24 * units.DAYS_PER_YEAR
    assert units.S_PER_H == 60 * units.MINUTES_PER_H


def test_longer_endings_stand_before_those_they_end_with() -> None:
    endings = list(UNIT_OF_ENDING)
    for index, ending in enumerate(endings):
        assert not [other for other in endings[index + 1 :] if other.endswith(ending)], ending
