"""Time of choosing over the whole catalogue: every machine in every number.

python -m bench.choose
"""

import time

from calculator.catalog import load_catalog
from calculator.decision.choose import Wanted, choose
from calculator.scenario.scenario import Scenario


def main() -> None:
    """Print the number of machines, of choices, and milliseconds."""
    start = time.perf_counter()
    catalog = load_catalog()
    loaded = time.perf_counter()
    for requests in (200, 20_000):
        scenario = Scenario(model="qwen3-32b", first_token_p95_target_s=10, requests_per_working_day=requests)
        begun, busy = time.perf_counter(), time.process_time()
        found = choose(scenario, catalog, wanted=Wanted())
        print(
            f"{requests:>6,} requests a day: {len(catalog.machines)} machines, {len(found.choices)} choices, "
            f"{len(found.best())} best, {1000 * (time.perf_counter() - begun):,.0f} ms "
            f"({1000 * (time.process_time() - busy):,.0f} ms of one core)"
        )
    print(f"loading the catalogue: {1000 * (loaded - start):,.0f} ms")


if __name__ == "__main__":
    main()
