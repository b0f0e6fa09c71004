"""The longer commands of the terminal: explain a number, walk a bridge between scenarios, sweep a grid."""

import argparse
import importlib
import sys
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from calculator.bridge import Bridge, bridge, preset, preset_names
from calculator.catalog import load_catalog
from calculator.compare import compare
from calculator.errors import ScenarioError
from calculator.explain import explain, explanation_text
from calculator.scenario import Scenario
from calculator.scenario_file import read_scenario
from calculator.sweep import Grid, chunk_rows, missing_chunks, read_grid


def register(commands: Any) -> None:
    """Add explain, bridge and sweep to the parser's commands."""
    command = commands.add_parser("explain", help="the arithmetic of one line of one option, with its sources")
    command.add_argument("option", metavar="OPTION")
    command.add_argument("line", metavar="LINE")
    command.add_argument("--scenario", type=Path, metavar="SCENARIO.toml")
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings")
    command.set_defaults(command=_explain)

    command = commands.add_parser("bridge", help="from one scenario's verdict to another's, one assumption at a time")
    command.add_argument("start", metavar="START", help=f"a preset ({', '.join(preset_names())}) or a scenario file")
    command.add_argument("end", metavar="END", nargs="?", default="our-defaults")
    command.add_argument("--pair", metavar="CHEAPER,DEARER", help="two options; the two cheapest of START unless given")
    command.set_defaults(command=_bridge)

    command = commands.add_parser("sweep", help="every combination of a grid, into a parquet file; resumable")
    command.add_argument("grid", type=Path, metavar="GRID.toml")
    command.add_argument("--out", type=Path, required=True, metavar="results.parquet")
    command.add_argument("--workers", type=int, default=None, metavar="N", help="processes; all cores unless given")
    command.add_argument("--scheduler", metavar="tcp://...", help="a dask.distributed cluster instead of this machine")
    command.set_defaults(command=_sweep)


def bridge_text(found: Bridge) -> str:
    """The bridge for a terminal: a line per step, and what carries the verdict."""
    rows = [("present value by which " + found.dearer + " costs more: start", found.start_usd)]
    rows += [(f"  {step.name}: {_said(step.before)} -> {_said(step.after)}", step.change_usd) for step in found.steps]
    rows.append(("end", found.end_usd))
    width = max(len(label) for label, _ in rows)
    return "\n".join([*(f"{label:<{width}} {usd:>12,.0f}" for label, usd in rows), "", found.sentence])


def bridge_note(path: Path | None, scenario: Scenario) -> str:
    """What survives of the article's verdict, for whoever compares its preset; empty for any other scenario."""
    if path is None or path.stem != _ARTICLE:
        return ""
    return bridge_text(bridge(scenario, preset("our-defaults"), catalog=load_catalog()))


def _explain(arguments: argparse.Namespace) -> int:
    catalog = load_catalog()
    scenario = read_scenario(arguments.scenario, settings=arguments.settings)
    if arguments.option not in scenario.options:
        catalog.option(arguments.option)
        scenario = scenario.changed(options=(*scenario.options[:11], arguments.option))
    found = explain(compare(scenario, catalog), arguments.option, arguments.line, catalog=catalog)
    print(explanation_text(found))
    return 0


def _bridge(arguments: argparse.Namespace) -> int:
    start, end = (_scenario(name) for name in (arguments.start, arguments.end))
    pair: tuple[str, str] | None = None
    if arguments.pair:
        cheaper, comma, dearer = arguments.pair.partition(",")
        if not comma:
            raise ScenarioError(f"--pair {arguments.pair!r} is not of the form CHEAPER,DEARER. Name two options.")
        pair = (cheaper.strip(), dearer.strip())
    catalog = load_catalog()
    print(bridge_text(bridge(start, end, catalog=catalog, pair=pair)))
    print(f"\n{end.name}: {compare(end, catalog).verdict.sentence}")
    return 0


def _sweep(arguments: argparse.Namespace) -> int:
    from calculator.report.parquet import begun, join_parts, write_part

    grid, out = read_grid(arguments.grid), arguments.out
    if arguments.workers is not None and arguments.workers < 1:
        raise ScenarioError(f"--workers is {arguments.workers}; it must be 1 or more. Leave it out for all cores.")
    total = grid.chunk_count()
    done = begun(out, work_id=grid.id(load_catalog().hash), chunk_count=total)
    left = missing_chunks(grid, done)
    if done:
        print(f"{len(done)} of {total} chunks were there already; going on with the rest.", file=sys.stderr)
    started = _seconds()
    for finished, (chunk, rows) in enumerate(_computed(grid, left, arguments), start=1):
        write_part(out, chunk, rows)
        elapsed = _seconds() - started
        _progress(len(done) + finished, total, left_s=elapsed / finished * (len(left) - finished))
    print(file=sys.stderr)
    print(f"{out}: {join_parts(out, total):,} rows of {grid.count():,} combinations.")
    return 0


def _computed(
    grid: Grid, chunks: list[int], arguments: argparse.Namespace
) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    """The rows of each chunk, in order, from this process, its cores, or a cluster."""
    if not chunks:
        return
    if arguments.scheduler:
        yield from _on_cluster(grid, chunks, arguments.scheduler)
    elif arguments.workers == 1 or len(chunks) == 1:
        yield from ((chunk, chunk_rows(grid, chunk)) for chunk in chunks)
    else:
        with ProcessPoolExecutor(max_workers=arguments.workers) as pool:
            yield from zip(chunks, pool.map(chunk_rows, [grid] * len(chunks), chunks), strict=True)


def _on_cluster(grid: Grid, chunks: list[int], scheduler: str) -> Iterator[tuple[int, list[dict[str, Any]]]]:
    try:
        distributed: Any = importlib.import_module("dask.distributed")
    except ModuleNotFoundError:
        raise ScenarioError(
            "--scheduler needs dask.distributed. Install it: pip install 'dask[distributed]'."
        ) from None
    client = distributed.Client(scheduler)
    try:
        futures = client.map(chunk_rows, [grid] * len(chunks), chunks, pure=False)
        for chunk, future in zip(chunks, futures, strict=True):
            yield chunk, future.result()
    finally:
        client.close()


def _scenario(name: str) -> Scenario:
    return preset(name) if name.removesuffix(".toml") in preset_names() else read_scenario(Path(name))


def _said(value: Any) -> str:
    if value is None:
        return "the catalogue's"
    return f"{value:g}" if isinstance(value, float | int) else str(value)


def _progress(finished: int, total: int, *, left_s: float) -> None:
    share = finished / total
    bar = "#" * round(share * _BAR)
    print(
        f"\r[{bar:<{_BAR}}] {finished}/{total} chunks, about {left_s:,.0f} s left ", end="", file=sys.stderr, flush=True
    )


def _seconds() -> float:
    return datetime.now(UTC).timestamp()


_BAR = 30
_ARTICLE = "article"
