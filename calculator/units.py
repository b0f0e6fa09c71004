"""Units: the only place with 1e9, 2**30, 8760 and 3600, and the unit that every ending of a name implies.

Bytes are integers inside the calculator; GB (1e9) and GiB (2**30) appear at the edges only. Rates are per year and
decimal: 0.10 is ten percent a year, and no percent sign occurs inside the model.
"""

import math
from typing import Annotated

from pydantic import Field

BYTES_PER_GB = 1_000_000_000
BYTES_PER_GIB = 2**30
BYTES_PER_MIB = 2**20
BITS_PER_BYTE = 8
FLOPS_PER_TFLOP = 1e12
W_PER_KW = 1_000.0
S_PER_H = 3_600.0
MINUTES_PER_H = 60.0
H_PER_DAY = 24.0
H_PER_YEAR = 8_760.0
MONTHS_PER_YEAR = 12
H_PER_MONTH = H_PER_YEAR / MONTHS_PER_YEAR
DAYS_PER_YEAR = 365.0
TOKENS_PER_MTOK = 1_000_000
PARAMETERS_PER_BILLION = 1_000_000_000
G_PER_KG = 1_000.0
MS_PER_S = 1_000.0
US_PER_S = 1_000_000.0
NS_PER_S = 1_000_000_000.0

# Longest ending first: "_usd_per_kwh" must be found before "_kwh".
UNIT_OF_ENDING: dict[str, str] = {
    "_usd_per_kwh": "USD/kWh",
    "_usd_per_mtok": "USD/Mtok",
    "_usd_per_h": "USD/h",
    "_usd_per_month": "USD/month",
    "_usd": "USD",
    "_gb_per_s": "GB/s",
    "_tokens_per_s": "token/s",
    "_h_per_year": "h/year",
    "_h_per_day": "h/day",
    "_g_per_kwh": "g/kWh",
    "_tflops": "TFLOPS",
    "_fraction": "1",
    "tax_rate": "1",
    "_rate": "1/year",
    "_index": "1",
    "_ratio": "1",
    "_gb": "GB",
    "_gib": "GiB",
    "_mib": "MiB",
    "_kwh": "kWh",
    "_kg": "kg",
    "_w": "W",
    "_months": "month",
    "_minutes": "min",
    "_years": "year",
    "_tokens": "token",
    "_bits": "bit",
    "_count": "1",
    "_h": "h",
    "_us": "us",
    "_s": "s",
}


def unit_of_name(name: str) -> str | None:
    """The unit that a field name promises by its ending, or None where the ending names no unit.

    >>> unit_of_name("electricity_usd_per_kwh")
    'USD/kWh'
    """
    for ending, unit in UNIT_OF_ENDING.items():
        if name.endswith(ending):
            return unit
    return None


Finite = Annotated[float, Field(allow_inf_nan=False)]
NonNegative = Annotated[float, Field(ge=0, allow_inf_nan=False)]
Positive = Annotated[float, Field(gt=0, allow_inf_nan=False)]


def digits(value: float, count: int) -> str:
    """A number to so many digits as a person writes it: whole digits all, thousands apart, never 1.3e-05.

    Beyond a thousand billions and below a billionth a power of ten stands behind it, as nobody counts zeros.

    >>> digits(1234.5, 3), digits(12.345, 3), digits(0.13456, 3), digits(3.0, 3), digits(0.0000134, 2)
    ('1,234', '12.3', '0.135', '3', '0.000013')
    >>> digits(1e308, 3), digits(-2.5e-12, 3), digits(float("nan"), 3)
    ('10^308', '-2.5 x 10^-12', 'nan')
    """
    if value == 0 or not math.isfinite(value):
        return f"{value:g}".removeprefix("-") if value == 0 else f"{value:g}"
    mantissa, _, exponent = f"{value:.{count - 1}e}".partition("e")
    if not _LEAST_WRITTEN <= abs(value) < _MOST_WRITTEN:
        figure = _without_zeros(mantissa)
        power = f"10^{int(exponent)}"
        return {"1": power, "-1": f"-{power}"}.get(figure, f"{figure} x {power}")
    return _without_zeros(f"{value:,.{max(count - 1 - int(exponent), 0)}f}")


def plain_number(value: float) -> str:
    """A number with up to six digits, thousands apart from 10,000 on: 0.35, 1000, 1,000,000; never 1e+06."""
    return f"{value:g}" if _LEAST_PLAIN <= abs(value) < _LEAST_GROUPED else digits(value, 6)


def _without_zeros(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


_LEAST_WRITTEN, _MOST_WRITTEN = 1e-9, 1e15
_LEAST_PLAIN, _LEAST_GROUPED = 1e-4, 9_999.995  # the latter is written 10,000


def counted(count: float, noun: str) -> str:
    """A count with its noun, which has an s unless the count is one.

    >>> counted(1, "day"), counted(3, "year"), counted(1.5, "month"), counted(1200, "file")
    ('1 day', '3 years', '1.5 months', '1,200 files')
    """
    return f"{digits(count, 6)} {noun}{'' if count == 1 else 's'}"
