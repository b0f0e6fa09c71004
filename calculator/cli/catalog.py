"""Command `catalog`: what to look up first, further dated prices from a table, and the price package's own list."""

import argparse
import shutil
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any

from calculator.analysis.price_watch import WatchedPrice, watched_prices
from calculator.catalog import load_catalog
from calculator.catalog.figure_list import drawn_at_random, listed_figures
from calculator.catalog.loader import FOLDER
from calculator.catalog.package_prices import KEPT, hosted_prices, installed, price_changes, rows_to_append
from calculator.catalog.price_import import additions
from calculator.decision.compare import compare
from calculator.errors import CatalogError
from calculator.scenario.files import read_scenario
from calculator.units import plain_number


def register(commands: Any) -> None:
    """Add catalog and its own commands to the parser's."""
    parser = commands.add_parser(
        "catalog", help="maintain the catalogue: old prices, new price rows, the price package"
    )
    kept = parser.add_subparsers(required=True, metavar="COMMAND")

    command = kept.add_parser("check", help="list prices by age and weight: what to look up first")
    command.add_argument("scenario", nargs="?", type=Path, metavar="SCENARIO.toml")
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings")
    command.set_defaults(command=_check)

    command = kept.add_parser("import", help="add dated price rows from a CSV file, checked as all rows are")
    command.add_argument("file", type=Path, metavar="FILE.csv")
    command.add_argument("--dry-run", action="store_true", help="check and print the rows without writing them")
    command.add_argument("--folder", type=Path, default=FOLDER, help=argparse.SUPPRESS)
    command.set_defaults(command=_import)

    command = kept.add_parser("figures", help="list figures with their sources, or a random sample to check")
    command.add_argument(
        "word",
        nargs="?",
        default="",
        metavar="WORD",
        help="only figures whose place in the catalogue contains this word",
    )
    command.add_argument("--random", type=int, metavar="COUNT", help="a random sample of this size")
    command.add_argument("--seed", type=int, default=0, help="seed of the sample; default: 0")
    command.set_defaults(command=_figures)

    command = kept.add_parser("prices", help="list hosted models that you can compare as api:<provider>/<model>")
    command.add_argument(
        "word", nargs="?", default="", metavar="WORD", help="only models whose name contains this word"
    )
    command.set_defaults(command=_prices)

    command = kept.add_parser("diff", help="show prices in the installed package that differ from the previous one")
    command.add_argument("--write", action="store_true", help="save the new prices as dated rows")
    command.set_defaults(command=_diff)


def check_text(rows: tuple[WatchedPrice, ...], names: dict[str, str]) -> str:
    """The list for a terminal: option, age, shelf lives, and the move of the price that would change the answer."""
    width = max((len(row.option) for row in rows), default=0)
    lines = [f"{'option':<{width}}  {'price':<11}  {'read':<10}  {'days':>5}  {'x shelf life':>12}  what would turn it"]
    for row in rows:
        lines.append(
            f"{row.option:<{width}}  {row.kind:<11}  {row.as_of:<10}  {row.age_days:>5}  {row.shelf_lives:>12.1f}  "
            f"{_said(row, names)}"
        )
    return "\n".join(lines)


def _said(row: WatchedPrice, names: dict[str, str]) -> str:
    if row.turn is None:
        return "no price within a factor of 20" if row.compared else "-"
    name = names.get(row.turn.winner, row.turn.winner)
    contest = {"overall": "own, rent or API", "mac-or-pc": "Mac or PC"}[row.turn.contest]
    age = "" if row.turn.spreads is None else f", {row.turn.spreads:.1f} times what such prices move in that time"
    return f"{row.turn.ratio - 1:+.0%}{age}: {contest} goes to {name}"


def _check(arguments: argparse.Namespace) -> int:
    catalog = load_catalog()
    scenario = read_scenario(arguments.scenario, settings=arguments.settings)
    found = compare(scenario, catalog, as_of=date.today().isoformat(), draw_count=0, with_turns=False)
    rows = watched_prices(found, catalog)
    print(check_text(rows, {row.id: row.name for row in found.options}))
    print(
        f"\n{len(rows)} prices on {found.prices_as_of}, those that would turn an answer soonest first. "
        "'-': not compared in this scenario, or it cannot do the job."
    )
    return 0


def _import(arguments: argparse.Namespace) -> int:
    try:
        text = arguments.file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        raise CatalogError(f"{arguments.file} cannot be read: {why}. Give a CSV file in UTF-8.") from None
    folder: Path = arguments.folder
    try:
        added = additions(text, load_catalog(folder), today=_day())
    except CatalogError as error:
        raise CatalogError(f"{arguments.file}: {error}") from None
    with tempfile.TemporaryDirectory() as place:
        trial = Path(place) / "catalog"
        shutil.copytree(folder, trial, ignore=shutil.ignore_patterns("__pycache__", "*.py"))
        for file, block in added.items():
            _append(trial / file, block)
        load_catalog.__wrapped__(trial)  # raises CatalogError with file, key and repair
    for file, block in sorted(added.items()):
        print(f"# {file}{block}")
        if not arguments.dry_run:
            _append(folder / file, block)
    print("Checked; nothing was written." if arguments.dry_run else f"Added to {len(added)} files.")
    return 0


def _append(path: Path, block: str) -> None:
    path.write_text(f"{path.read_text('utf-8').rstrip()}\n{block}", "utf-8")


def _figures(arguments: argparse.Namespace) -> int:
    rows = [row for row in listed_figures(load_catalog()) if arguments.word.lower() in row.where.lower()]
    if arguments.random is not None:
        rows = drawn_at_random(rows, count=max(0, arguments.random), seed=abs(arguments.seed))
    for row in rows:
        print(f"{row.where} = {row.said}  [{row.basis}, {row.as_of}]")
        for words in (*row.sources, row.note):
            if words:
                print(f"    {words}")
    return 0


def _prices(arguments: argparse.Namespace) -> int:
    word = arguments.word.lower()
    rows = [quote for key, quote in sorted(hosted_prices(_day()).items()) if word in key.lower()]
    width = max((len(quote.key) for quote in rows), default=0) + len("api:")
    print(
        f"{'option':<{width}}  {'$/M in':>9}  {'$/M out':>9}  {'cache read':>10}  {'cache write':>11}  longer requests"
    )
    for quote in rows:
        cached, kept = (
            "-" if usd is None else plain_number(usd)
            for usd in (quote.cached_input_usd_per_mtok, quote.cache_write_usd_per_mtok)
        )
        tiers = "; ".join(
            f"above {tier.above_input_tokens:,}: {plain_number(tier.input_usd_per_mtok)} in, "
            f"{plain_number(tier.output_usd_per_mtok)} out"
            for tier in quote.tiers
        )
        print(
            f"{'api:' + quote.key:<{width}}  {plain_number(quote.input_usd_per_mtok):>9}  "
            f"{plain_number(quote.output_usd_per_mtok):>9}  {cached:>10}  {kept:>11}  {tiers or '-'}"
        )
    print(f"{len(rows)} of {installed()}, in force on {_day()}, and of the list beside it.")
    return 0


def _diff(arguments: argparse.Namespace) -> int:
    changes = price_changes(_day())
    for change in changes:
        print(change.said())
    if arguments.write and changes:
        KEPT.write_text(KEPT.read_text("utf-8") + rows_to_append(changes), "utf-8")
    kept = f"; kept in {KEPT.name}" if arguments.write and changes else ""
    print(f"{len(changes)} prices of {installed()} differ from those kept{kept}.", file=sys.stderr)
    return 0


def _day() -> str:
    """The day on which prices are looked at, read at the command line's door."""
    return date.today().isoformat()
