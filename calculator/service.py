"""Can the machine do the work in its hours? Demand meets speed: busy hours, utilisation, latency, overflow.

Formulas take floats or NumPy arrays of draws and return the same.
"""

from dataclasses import dataclass
from typing import Any

Number = Any
"""float, or an ndarray of draws."""


@dataclass(frozen=True, slots=True)
class Service:
    """One option's working month at today's demand (month 1).

    Hours are per month and count the machine, not the request: `prefill_h` + `decode_h` = busy hours of serving the
    share `served_fraction`; the rest of the demand is overflow, bought at the API price.
    """

    prefill_h: Number
    decode_h: Number
    on_h: Number
    utilisation_fraction: Number
    served_fraction: Number
    reached_batch_count: Number
