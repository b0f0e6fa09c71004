"""Units: the factors, and the unit that a name promises by its ending."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from calculator import units
from calculator.units import UNIT_OF_ENDING, digits, plain_number, unit_of_name


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


@pytest.mark.parametrize(
    ("value", "count", "text"),
    [
        (1.3e-05, 2, "0.000013"),
        (9.99e-10, 3, "9.99 x 10^-10"),
        (123_456.7, 3, "123,457"),
        (0.00099996, 4, "0.001"),
        (-1234.5678, 6, "-1,234.57"),
        (99_999.99, 4, "100,000"),
        (1e15, 3, "10^15"),
        (-1e308, 3, "-10^308"),
        (0.0, 3, "0"),
        (-0.0, 3, "0"),
        (float("inf"), 3, "inf"),
    ],
)
def test_digits_are_written_as_a_person_writes_them(value: float, count: int, text: str) -> None:
    assert digits(value, count) == text


@given(st.floats(1e-9, 1e15, exclude_max=True), st.integers(1, 12), st.sampled_from((1, -1)))
def test_digits_are_the_number_to_so_many_places_and_have_no_exponent(size: float, count: int, sign: int) -> None:
    text = digits(sign * size, count)
    assert "e" not in text
    assert float(text.replace(",", "")) == pytest.approx(sign * size, rel=0.6 * 10.0 ** (1 - count))
    assert "e" not in plain_number(sign * size)
    assert float(plain_number(sign * size).replace(",", "")) == pytest.approx(sign * size, rel=1e-5)
