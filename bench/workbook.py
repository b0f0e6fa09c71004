"""Workbooks of random questions: random blue cells changed, computed anew, held against the engine to 1e-9.

LibreOffice computes each of them, and so does the Python package `formulas`; that takes 3 to 40 s a workbook.

    python bench/workbook.py [number of questions] [first seed]

Prints what differs, and how many of the workbooks say what the engine says; exit code 1 where one does not.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from tests.calculator.report.workbook_questions import problems

QUESTION_COUNT = 20


def main() -> int:
    """Ask each seed's question."""
    count = int(sys.argv[1]) if len(sys.argv) > 1 else QUESTION_COUNT
    first = int(sys.argv[2]) if len(sys.argv) > 2 else 0
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for seed in range(first, first + count):
            found = problems(seed, Path(folder))
            wrong += bool(found)
            for one in found:
                print(one)
    says = "say what the engine says with changed inputs, in LibreOffice and in formulas, to 1e-9; all checks are 0"
    print(f"{count - wrong} of {count} workbooks {says}")
    return int(wrong > 0)


if __name__ == "__main__":
    sys.exit(main())
