"""Mac Studio M5 Ultra 256 GB against the AM5 box at 500 settings of requests, wage, electricity and resale.

    python bench/grid.py [every n-th setting, 1 for all]

Prints how many are clear for the Mac, too close, and clear for the PC. Every value that is said to turn the verdict is
looked for by a bisection over whole answers (to 1 %); where none is named, every input is scanned over its range at every
tenth setting. Fails where one is not confirmed.
"""

import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.calculator.two_options import answer, cells, side, unsaid_flips, verdict_of, wrong_flips

_SHOWN = 30
_SCANNED_EVERY = 10


def main() -> int:
    """Exit code 0 where every turn is confirmed."""
    step = int(sys.argv[1]) if len(sys.argv) > 1 else 1
    since = time.perf_counter()
    sides: Counter[str] = Counter()
    told: list[str] = []
    flip_count = 0
    for number, cell in enumerate(cells()[::step]):
        found = answer(cell)
        sides[side(found)] += 1
        flip_count += len(verdict_of(found).flips)
        told += [f"{cell}: {one}" for one in wrong_flips(found)]
        if number % _SCANNED_EVERY == 0:
            told += [f"{cell}: {one}" for one in unsaid_flips(found)]
    for one in told[:_SHOWN]:
        print(one)
    print(", ".join(f"{sides[one]} {one}" for one in ("Mac", "too close", "PC")))
    print(f"{flip_count} turns, {len(told)} not confirmed, {time.perf_counter() - since:,.0f} s")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
