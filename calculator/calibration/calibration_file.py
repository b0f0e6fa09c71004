"""The file of fitted constants: `write` fits the laws to the published rows and writes catalog/calibration.toml."""

import tomllib
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from calculator.calibration.accuracy import Compared, accuracy
from calculator.calibration.fitting import AS_OF, TABLE, TODAY, fit_laws, with_assumed
from calculator.calibration.rows import PublishedRow, read_table
from calculator.calibration.solver import law_of
from calculator.calibration.stretching import stretches
from calculator.catalog import Catalog
from calculator.catalog.calibration import Calibration, Law, calibration_of
from calculator.errors import CatalogError

TARGET = Path(__file__).parent.parent / "catalog" / "calibration.toml"


def calibrate(rows: Sequence[PublishedRow], catalog: Catalog) -> str:
    """The text of calibration.toml."""
    laws = fit_laws(rows, catalog)
    bare = Calibration(
        as_of=AS_OF,
        year=TODAY,
        rows={"decode": len(laws.decode_rows), "prefill": len(laws.prefill_rows)},
        decode=with_assumed(law_of(laws.decode, stretch={}), catalog),
        prefill=law_of(laws.prefill, stretch={}),
    )
    known = replace(catalog, fitted=bare)
    publishers = accuracy(rows, catalog=known, leave_out="publisher", laws=laws)
    chips = accuracy(rows, catalog=known, leave_out="device", laws=laws)
    sections = [
        _section(name, law, by_publisher=publishers[name].compared, by_chip=chips[name].compared)
        for name, law in (("decode", bare.decode), ("prefill", bare.prefill))
    ]
    head = [
        "# Written by `python -m calculator calibrate` from measurements/published.csv; do not edit by hand.",
        "# An effect is [natural log of the factor on the time, its standard error, rows that speak about it].",
        "",
        "[calibration]",
        f'as_of = "{AS_OF}"',
        f"year = {TODAY}",
        f"rows = {{ decode = {len(laws.decode_rows)}, prefill = {len(laws.prefill_rows)} }}",
        "",
    ]
    return "\n".join(head) + "\n" + "\n".join(sections)


def write(*, table: Path = TABLE, target: Path = TARGET, catalog: Catalog) -> Path:
    """Fit and write calibration.toml; raises CatalogError where what was written cannot be read back."""
    text = calibrate(read_table(table), catalog)
    try:
        calibration_of(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise CatalogError(f"calibration.toml cannot be read back: {error}. The fit's output is broken.") from None
    target.write_text(text, encoding="utf-8")
    return target


def _section(name: str, law: Law, *, by_publisher: Sequence[Compared], by_chip: Sequence[Compared]) -> str:
    publisher_error, chip_error = _median_error(by_publisher), _median_error(by_chip)
    lines = [
        f"[{name}]",
        f"noise = {law.noise:.3f}",
        f"median_abs_error = {{ publisher_left_out = {publisher_error:.3f}, chip_left_out = {chip_error:.3f} }}",
        "",
        f"[{name}.stretch]",
        *(f'"{key}" = {value:.3f}' for key, value in stretches(by_publisher, by_chip).items()),
        "",
        f"[{name}.spread]",
        *(f'"{group}" = {value:.3f}' for group, value in sorted(law.spread.items())),
        "",
    ]
    groups: dict[str, list[str]] = {}
    for key, effect in sorted(law.effects.items()):
        group, _, member = key.rpartition("/")
        groups.setdefault(group, []).append(
            f'"{member}" = [{_plain(effect.value)}, {_plain(effect.error)}, {effect.rows}]'
        )
    for group, members in groups.items():
        lines += [f'[{name}.effects."{group}"]', *members, ""]
    return "\n".join(lines)


def _plain(value: float) -> str:
    text = f"{value:.3f}"
    return "0.000" if text == "-0.000" else text


def _median_error(compared: Sequence[Compared]) -> float:
    return float(np.median([abs(one.error) for one in compared]))
