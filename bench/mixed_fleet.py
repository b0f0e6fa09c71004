"""Mixed fleets of 200 random questions against brute force over 0 to 20 machines: python bench/mixed_fleet.py [COUNT]"""

import sys
import time
from collections import Counter
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.calculator.mixed_fleets import chosen, wrong


def main(count: int) -> int:
    started = time.perf_counter()
    rows = [row for seed in range(count) for row in chosen(seed)]
    bad = wrong(rows)
    counts = Counter(row.count or 0 for row in rows)
    print(f"{count} questions, {len(rows)} fleets, {len(bad)} not the optimum, {time.perf_counter() - started:.0f} s")
    print("machines chosen: " + ", ".join(f"{number}: {times}" for number, times in sorted(counts.items())))
    for row in bad:
        print(row)
    return 1 if bad else 0


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1]) if len(sys.argv) > 1 else 200))
