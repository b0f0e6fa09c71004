"""Cold starts of a rented GPU that scales to zero: how often it starts anew, and what it is kept warm for.

Requests come at random at a steady rate L (per second); the machine is busy a share rho of the time and is kept warm T
seconds after its last answer. Each busy period follows one idle period, which outlasts T with chance exp(-L T):

    share of requests that find it off    c = (1 - rho) exp(-L T)
    seconds kept warm per request         (1 - rho) (1 - exp(-L T)) / L

Both are exact for one machine and exponential gaps. Requests that arrive during a start wait for it, too, which is not
counted; real requests come in bunches, which makes starts rarer than this.
"""

from calculator.number import Number, exp, larger, where
from calculator.units import S_PER_H

LATE_FRACTION = 0.05
"""Where more requests than this find the machine off, the first word's p95 is theirs."""
_LEAST = 1e-12


def requests_per_s(*, requests_per_day: Number, on_h_per_day: Number) -> Number:
    """Rate of the mean hour on: requests of a day over its hours on."""
    return requests_per_day / (on_h_per_day * S_PER_H)


def cold_fraction(rate_per_s: Number, *, busy_fraction: Number, keep_warm_s: Number) -> Number:
    """Share of the requests that find the machine off, 0..1; 0 where it is always busy."""
    return larger(1.0 - busy_fraction, 0.0) * exp(-rate_per_s * keep_warm_s)


def warm_s_per_request(rate_per_s: Number, *, busy_fraction: Number, keep_warm_s: Number) -> Number:
    """Seconds idle but paid per request; at most those kept warm."""
    rate = larger(rate_per_s, _LEAST)
    idle = where(rate_per_s > _LEAST, (1.0 - exp(-rate * keep_warm_s)) / rate, keep_warm_s)
    return larger(1.0 - busy_fraction, 0.0) * idle
