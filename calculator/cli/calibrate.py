"""`calibrate`: fit the speed constants to published measurements."""

import argparse
from collections.abc import Sequence
from pathlib import Path

from calculator.calibration.calibration_file import TARGET, write
from calculator.calibration.fitting import TABLE
from calculator.catalog import Catalog
from calculator.cli.flags import Parser


def add_table(parser: argparse.ArgumentParser) -> None:
    """The argument that `calibrate` and `accuracy` share: which rows."""
    parser.add_argument(
        "table",
        nargs="?",
        type=Path,
        default=TABLE,
        help="CSV with the columns of measurements/published.csv (default: the shipped rows)",
    )


def run(arguments: Sequence[str], *, catalog: Catalog) -> int:
    """The command line: fits, writes catalog/calibration.toml and prints where."""
    parser = Parser(
        prog="python -m calculator calibrate", description="Fit the speed constants to published measurements."
    )
    add_table(parser)
    parser.add_argument(
        "--target", type=Path, default=TARGET, help="where to write (default: calculator/catalog/calibration.toml)"
    )
    options = parser.parse_args(arguments)
    print(f"wrote {write(table=options.table, target=options.target, catalog=catalog)}")
    return 0
