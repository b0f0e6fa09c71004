"""Odds of the default's two verdicts beside those of 300,000 futures drawn and costed in plain loops.

    python bench/odds.py [number of futures] [seed]

Fails where one of the three chances (cheapest of all, Mac or PC, the same in invoices alone) differs by a point or more.
"""

import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from calculator import Scenario, load_catalog
from calculator.decision.compare import compare
from tests.calculator.answer_by_loops import odds_of

FUTURE_COUNT = 300_000
_ONE_POINT = 0.01


def main() -> int:
    """Exit code 0 where all chances agree."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else FUTURE_COUNT
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else 11
    found = compare(Scenario(), load_catalog(), draw_count=10_000, with_turns=False)
    pair, since = found.verdicts.mac_or_pc, time.perf_counter()
    mine = odds_of(found, count=count, seed=seed)
    worst = 0.0
    for label, theirs, own in (
        ("cheapest of all", found.verdicts.overall.chance, mine.cheapest),
        ("Mac or PC", pair.chance if pair else None, mine.pair),
        ("Mac or PC, invoices alone", pair.hard.chance if pair else None, mine.hard_pair),
    ):
        if theirs is None:
            print(f"{label}: the answer states no chance")
            return 1
        worst = max(worst, abs(theirs - own))
        print(f"{label:28} {theirs:8.2%} of 10,000 futures, {own:8.2%} of {count:,} by loops")
    print(f"largest difference {100 * worst:.2f} points, {time.perf_counter() - since:,.0f} s")
    return 1 if worst >= _ONE_POINT else 0


if __name__ == "__main__":
    sys.exit(main())
