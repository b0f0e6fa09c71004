"""`accuracy`: errors of the predictions on a table of published measurements."""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from calculator.calibration.accuracy import LEAVE_OUT, report
from calculator.calibration.rows import read_table
from calculator.catalog import Catalog
from calculator.cli.calibrate import add_table
from calculator.cli.flags import Parser


def run(arguments: Sequence[str], *, catalog: Catalog) -> int:
    """The command line; raises CalculatorError for a table that cannot be read."""
    parser = Parser(
        prog="python -m calculator accuracy", description="Predictions against a table of published measurements."
    )
    add_table(parser)
    parser.add_argument(
        "--leave-out",
        choices=list(LEAVE_OUT),
        default="none",
        help="leave rows of the same source, publisher or device out of the fit",
    )
    parser.add_argument("--json", action="store_true", help="print JSON")
    options = parser.parse_args(arguments)
    found = report(read_table(options.table), catalog=catalog, leave_out=options.leave_out)
    if options.json:
        json.dump(found, sys.stdout, indent=2)
        print()
    else:
        print(table_of(found))
    return 0


def table_of(found: Mapping[str, Any]) -> str:
    """The report as a table for people."""
    lines = [
        f"left out of the fit: {found['leave_out']}",
        f"{'':34}{'rows':>6}{'covered':>9}{'median':>8}{'p90':>8}{'signed':>8}{'in range':>9}",
    ]
    for name in ("decode", "prefill", "peak_memory"):
        part = found[name]
        lines.append(_line(name, part, rows=part["rows"]))
        for key in ("batch_1", "batch_above_1"):
            if key in part:
                lines.append(_line(f"  {key}", part[key]))
        for key in ("by_runtime", "by_device"):
            lines += [_line(f"    {item}", figures) for item, figures in part[key].items()]
        lines += [f"    not covered {count:5}  {reason}" for reason, count in part["not_covered"].items()]
    return "\n".join(lines)


def _line(name: str, figures: Mapping[str, Any], *, rows: int | None = None) -> str:
    def percent(key: str) -> str:
        return f"{'-':>8}" if figures[key] is None else f"{100 * figures[key]:7.1f}%"

    return (
        f"{name:34}{'' if rows is None else rows:>6}{figures['covered']:>9}{percent('median_abs_error')}"
        f"{percent('p90_abs_error')}{percent('median_signed_error')} {percent('interval_coverage')}"
    )
