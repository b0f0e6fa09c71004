"""Properties of the answer over random questions of the real catalogue: 100,000, or as many as are asked for.

    python bench/properties.py [number of questions] [first seed]

Each question is answered three times (as asked, with a stricter promise, with more requests); the first
twenty answers that break a property are printed, and any makes it fail. About 20 questions a second and core.
"""

import os
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.calculator.random_questions import problems

QUESTION_COUNT = 100_000
_SHOWN = 20
_BLOCK = 50


def found_in(first: int, last: int) -> list[str]:
    """What does not hold of the questions from the first seed up to the last, that one left out."""
    return [one for seed in range(first, last) for one in problems(seed, with_files=seed % 10 == 0)]


def main() -> int:
    """Exit code 0 where every property holds."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else QUESTION_COUNT
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    starts = range(first, first + count, _BLOCK)
    since = time.perf_counter()
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        ends = [min(start + _BLOCK, first + count) for start in starts]
        told = [one for block in pool.map(found_in, starts, ends) for one in block]
    for one in told[:_SHOWN]:
        print(one)
    print(f"{count:,} random questions in {time.perf_counter() - since:,.0f} s: {len(told)} properties broken")
    return 1 if told else 0


if __name__ == "__main__":
    sys.exit(main())
