"""Uncertainty benchmark: 100,000 futures of six options and a map of winners, beside a hand-written closed form.

The six are costed by the rules of version 0.1, which the closed form writes out; the default seven, with their further
machines, by today's (aims: 10,000 futures in 20 ms, 100,000 in 1 s).

Aims: 100,000 draws x 6 options in under 1 s and a map of 80 x 80 in under 50 ms on two idle cores, and at most twice
the time of hand-written NumPy for the same six options (one thread each). Times depend on the machine, the ratio less
so. Both must give the same costs to 1e-9, or the benchmark fails.
"""

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent))

import numpy as np

from calculator.catalog import load_catalog
from calculator.decision.compare import compare
from calculator.number import Range
from calculator.risk.candidates import Candidate, costs, spreads_of
from calculator.risk.distributions import draw
from calculator.risk.monte_carlo import FULL_COUNT, ranges, simulate
from calculator.risk.sensitivity import switching_values, tornado, who_wins
from calculator.risk.value_of_information import total_effects
from calculator.scenario.scenario import Scenario
from calculator.service.usage import Usage
from tests.calculator.offers import (
    API,
    CLOUD,
    MAC,
    MAC_USAGE,
    PC,
    PC_USAGE,
    TARIFF,
    USED_MAC,
    candidates,
)

DRAWS = 100_000
CHUNK = 8_192
MAP_POINTS = 80
THEN = Scenario.parse({"schema_version": 1})
PC_2 = PC.model_copy(update={"id": "pc-2"})
SIX = candidates(
    Candidate(MAC, MAC_USAGE, TARIFF, Range(20, 25, 28), Range(150, 200, 300)),
    Candidate(USED_MAC, MAC_USAGE, TARIFF, Range(10, 12, 13), Range(60, 80, 90)),
    Candidate(PC, PC_USAGE, TARIFF, Range(17, 19, 22), Range(500, 700, 900)),
    Candidate(PC_2, PC_USAGE, TARIFF, Range(17, 19, 22), Range(500, 700, 900)),
    Candidate(CLOUD, PC_USAGE, TARIFF, Range(30, 40, 50), Range(3000, 4000, 5000)),
    Candidate(API),
    scenario=THEN,
)


def by_hand(x: Mapping[str, Any]) -> dict[str, Any]:
    """Present values of the six options, each cost summed in closed form by years and months; draws [n] in, [n] out."""
    months, month = THEN.months, np.arange(1, THEN.months + 1)
    v, g = (1 + x["discount_rate"]) ** (-1 / 12), (1 + x["demand_growth_rate"]) ** (1 / 12)
    a, c = (1 + x["api_price_trend_rate"]) ** (1 / 12), (1 + x["cloud_price_trend_rate"]) ** (1 / 12)

    def series(q: Any, step: Any = 0.0) -> Any:  # sum over months of q^(m-1) (1+step)^year v^m
        in_year = (1 - (q * v) ** 12) / (1 - q * v)
        year = (q * v) ** 12 * (1 + step)
        return v * in_year * (1 - year ** (months // 12)) / (1 - year)

    one = np.ones_like(v)
    kwh_price, kwh_step = x["electricity_usd_per_kwh"], x["electricity_escalation_rate"]
    flat_kwh, grown_kwh = series(one, kwh_step), series(g, kwh_step)
    wages, flat, at_end = series(one, x["wage_escalation_rate"]), series(one), v**months
    last_two = series(one, x["inflation_rate"]) - v * (1 - v**12) / (1 - v)
    requests = x["requests_per_working_day"] * 21
    tokens = requests * (3800 * x["host/llama.input_usd_per_mtok"] + 400 * x["host/llama.output_usd_per_mtok"]) / 1e6
    cool = 1 + x["cooling_season_fraction"] / x["cooling_cop_ratio"]
    wage = x["wage_usd_per_h"]

    def beyond(room: Any, factor: Any, step: Any) -> Any:  # what passes the machine's capacity, month by month
        rows = np.flatnonzero(np.maximum(1, g ** (months - 1)) > room)
        excess = np.zeros_like(v)
        for m in month:
            above = np.maximum(g[rows] ** (m - 1) - room[rows], 0)
            excess[rows] += above * factor[rows] ** (m - 1) * (1 + step[rows]) ** ((m - 1) // 12) * v[rows] ** m
        return excess

    def own(key: str, usage: Usage, *, list_usd: float, age: float, names: tuple[str, str, str]) -> Any:
        kept, hours, failures = names
        ratio = requests / (200 * 21)
        pre = usage.prefill_h_per_month * ratio / x[f"{key}.prefill_speed_ratio"]
        dec = usage.decode_h_per_month * ratio / x[f"{key}.decode_speed_ratio"]
        room = usage.on_h_per_month / (pre + dec)
        idle_w = usage.idle_w * x.get(f"{key}.idle_watt_ratio", 1.0)
        busy_wh = (usage.prefill_w * x.get(f"{key}.prefill_watt_ratio", 1.0) - idle_w) * pre
        busy_wh = busy_wh + (usage.decode_w * x.get(f"{key}.decode_watt_ratio", 1.0) - idle_w) * dec
        served = grown_kwh - beyond(room, one, kwh_step)
        energy = kwh_price * cool / 1000 * (idle_w * usage.on_h_per_month * flat_kwh + busy_wh * served)
        price = x.get(f"{key}.price_usd", 4500.0)
        sale = (
            list_usd * x[kept] ** ((age * 12 + months) / 36) * x["resale_market_index"] * (1 - x["resale_fee_fraction"])
        )
        care = x[hours] / 12 * wage * wages + x[f"{key}.setup_h"] * wage
        repair = x[failures] / 12 * x["repair_fraction"] * price * last_two
        overflow = tokens * beyond(room, a, np.zeros_like(v))
        return price * (1 + x["sales_tax_fraction"]) + care + energy + repair + overflow - sale * at_end

    mac = ("resale_fraction", "mac_administration_h_per_year", "built_failure_rate")
    pc = ("gpu_resale_fraction", "pc_administration_h_per_year", "self_built_failure_rate")
    ratio = requests / (200 * 21)
    cloud_h = (
        PC_USAGE.prefill_h_per_month / x["cloud.prefill_speed_ratio"]
        + PC_USAGE.decode_h_per_month / x["cloud.decode_speed_ratio"]
    ) * ratio
    return {
        "mac": own("mac", MAC_USAGE, list_usd=10_000, age=0, names=mac),
        "used-mac": own("used-mac", MAC_USAGE, list_usd=6_000, age=3, names=mac),
        "pc": own("pc", PC_USAGE, list_usd=8_000, age=0, names=pc),
        "pc-2": own("pc-2", PC_USAGE, list_usd=8_000, age=0, names=pc),
        "cloud": x["cloud.setup_h"] * wage
        + x["cloud.rate_usd_per_h"] * 10.1 * 21 * series(c)
        + 20 * flat
        + x["cloud_administration_h_per_year"] / 12 * wage * wages
        + tokens * beyond(210 / cloud_h, a, np.zeros_like(v)),
        "api": 2 * wage + tokens * series(a * g) + x["api_administration_h_per_year"] / 12 * wage * wages,
    }


def seconds(
    call: Callable[[], object], *, repetitions: int = 7, clock: Callable[[], float] = time.perf_counter
) -> float:
    """Median seconds over the repetitions, after one warm-up call, by `clock`."""
    call()
    times: list[float] = []
    for _ in range(repetitions):
        start = clock()
        call()
        times.append(clock() - start)
    return statistics.median(times)


def main() -> None:
    spreads = spreads_of(SIX)
    draws = draw(spreads, rules=SIX.rules, count=DRAWS)
    certain = {name: np.full(DRAWS, s.central) for name, s in spreads.items() if s.certain}
    pieces = [slice(start, start + CHUNK) for start in range(0, DRAWS, CHUNK)]

    def hand(piece: slice) -> dict[str, Any]:
        return by_hand({name: values[piece] for name, values in {**draws, **certain}.items()})

    def ours(piece: slice) -> dict[str, Any]:
        return {
            name: cost.present_value_cost_usd
            for name, cost in costs(SIX, {name: values[piece] for name, values in draws.items()}).items()
        }

    expected, found = hand(pieces[0]), ours(pieces[0])
    for name, usd in expected.items():
        np.testing.assert_allclose(found[name], usd, rtol=1e-9, err_msg=name)
    whole = seconds(lambda: simulate(SIX, count=DRAWS))
    own_time = time.process_time  # other work on the machine does not count
    one_thread = seconds(lambda: [ours(p) for p in pieces], clock=own_time)
    closed = seconds(lambda: [hand(p) for p in pieces], clock=own_time)
    x = ("requests_per_working_day", np.linspace(1, 5000, MAP_POINTS))
    y = ("pc_administration_h_per_year", np.linspace(0, 60, MAP_POINTS))
    growing = THEN.changed(demand_growth_rate=0.2)  # then what passes a machine's capacity differs by month
    pair = ("pc", "mac")
    seven = compare(Scenario(), load_catalog(), draw_count=64).candidates
    rows = [
        (f"{DRAWS:,} draws x {len(SIX)} options, two threads", whole, "aim < 1 s"),
        ("  the same on one thread (total, present value, hard)", one_thread, ""),
        ("  present value alone by hand-written closed form", closed, f"ratio {one_thread / closed:.2f}, aim <= 2"),
        (f"{FULL_COUNT:,} draws x {len(seven)} default options", seconds(lambda: simulate(seven)), "aim <= 20 ms"),
        (f"{DRAWS:,} draws x {len(seven)} default options", seconds(lambda: simulate(seven, count=DRAWS)), "aim < 1 s"),
        (f"map of {MAP_POINTS} x {MAP_POINTS}", seconds(lambda: who_wins(SIX, x=x, y=y)), "aim < 50 ms"),
        ("  the same where demand grows by 20 % a year", seconds(lambda: who_wins(SIX.under(growing), x=x, y=y)), ""),
        ("ranges (256 draws)", seconds(lambda: ranges(SIX), repetitions=50), ""),
        ("tornado", seconds(lambda: tornado(SIX)), ""),
        ("total effects of one difference", seconds(lambda: total_effects(SIX, pair=pair)), ""),
        ("switching values", seconds(lambda: switching_values(SIX)), ""),
    ]
    for label, value, note in rows:
        print(f"{label:58} {value * 1e3:9.1f} ms   {note}")


if __name__ == "__main__":
    main()
