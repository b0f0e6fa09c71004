"""Latency benchmark: medians of `compare` and `predict`, and their ratio to one walk over the catalogue.

Times depend on the machine, the ratios less so. Aims: compare < 5 ms, predict < 2 ms on two idle cores. Each
repetition asks a different question, so that no answer comes from a cache.
"""

import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from calculator import Deployment, Scenario, Workload, compare, load_catalog, predict
from calculator.catalog.loader import evidence_of

REPETITIONS = 200


def median_ms(call: Callable[[int], object], *, repetitions: int = REPETITIONS) -> float:
    """Median milliseconds of `call(i)` over the repetitions, after ten warm-up calls."""
    for index in range(10):
        call(index)
    times: list[float] = []
    for index in range(repetitions):
        start = time.perf_counter()
        call(10 + index)
        times.append((time.perf_counter() - start) * 1e3)
    return statistics.median(times)


def main() -> None:
    """Print the medians and their ratios."""
    start = time.perf_counter()
    catalog = load_catalog()
    loaded_ms = (time.perf_counter() - start) * 1e3
    base = Scenario()
    values = base.model_dump()
    yardstick = median_ms(lambda _: [evidence_of(machine) for machine in catalog.machines.values()])

    def scenario_at(index: int) -> Scenario:
        return Scenario.parse({**values, "wage_usd_per_h": 40 + index / 10})

    rows = {
        "compare, wage moves": median_ms(lambda i: compare(scenario_at(i), catalog)),
        "compare, demand moves": median_ms(
            lambda i: compare(Scenario.parse({**values, "requests_per_working_day": 50.0 + i}), catalog)
        ),
        "compare, all options": median_ms(
            lambda i: compare(
                Scenario.parse(
                    {
                        **values,
                        "options": tuple([*catalog.machines, *catalog.clouds][:12]),
                        "wage_usd_per_h": 40 + i / 10,
                    }
                ),
                catalog,
            ),
            repetitions=60,
        ),
        "predict, context moves": median_ms(
            lambda i: predict(
                Deployment.of("mac-studio-m2-ultra-192-used", "llama-3-70b", "mlx-8bit", catalog=catalog),
                Workload(context_tokens=1000 + i),
                catalog,
            )
        ),
        "predict, dual 4090": median_ms(
            lambda i: predict(
                Deployment.of("nvidia-rtx-4090", "llama-3-70b", "q4_k_m", chip_count=2, catalog=catalog),
                Workload(context_tokens=1000 + i),
                catalog,
            )
        ),
    }
    note = f"(yardstick: a walk over the machines' evidence, {yardstick:.3f} ms)"
    print(f"{'':<28}{'median ms':>10}{'x yardstick':>13}   {note}")
    for name, value in rows.items():
        print(f"{name:<28}{value:>10.3f}{value / yardstick:>13.1f}")
    print(f"{'catalogue loaded once':<28}{loaded_ms:>10.1f}")


if __name__ == "__main__":
    main()
