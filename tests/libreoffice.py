"""LibreOffice Calc for tests: opens a file as a person would, and gives back what its cells hold.

Exit code 1 where it is not installed. Tests are skipped there, and fail where REQUIRE_LIBREOFFICE is set, as in
continuous integration.
"""

import os
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

_MAC = Path("/Applications/LibreOffice.app/Contents/MacOS/soffice")
_TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
_OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
_START_S = 240


@dataclass(frozen=True)
class Cell:
    """What a cell shows, and the formula behind it; empty where there is none."""

    sheet: str
    row: int
    column: int
    value: float | str
    formula: str


def soffice() -> str | None:
    """The path of LibreOffice, or None."""
    return shutil.which("soffice") or shutil.which("libreoffice") or (str(_MAC) if _MAC.exists() else None)


def opened(file: Path, *, infilter: str = "", folder: Path) -> list[Cell]:
    """Every cell with something in it after LibreOffice has opened the file; formulas are computed anew.

    infilter: how a text is read: `csv_filter(";")`. folder: an empty one for its profile and what it writes.
    """
    program = soffice()
    if program is None:
        says = "LibreOffice is not installed. Run `make test` as root on Debian, or install it."
        pytest.fail(says) if os.environ.get("REQUIRE_LIBREOFFICE") else pytest.skip(says)
    folder.mkdir(parents=True, exist_ok=True)
    profile = folder / "profile"
    _always_computes(profile)
    subprocess.run(
        [
            program,
            f"-env:UserInstallation={profile.as_uri()}",
            "--headless",
            *([f"--infilter={infilter}"] if infilter else []),
            *("--convert-to", "fods", "--outdir", str(folder), str(file)),
        ],
        check=True,
        capture_output=True,
        timeout=_START_S,
    )
    return list(_cells(folder / f"{file.stem}.fods"))


def csv_filter(separator: str) -> str:
    """LibreOffice's filter for UTF-8 text with this separator, as in a country where it is the usual one."""
    return f"Text - txt - csv (StarCalc):{ord(separator)},34,76,1"


def _always_computes(profile: Path) -> None:
    """A hard recalculation at load: the values that a program has stored beside its formulas count for nothing."""
    kinds = "".join(
        f'<item oor:path="/org.openoffice.Office.Calc/Formula/Load"><prop oor:name="{name}" oor:op="fuse">'
        "<value>0</value></prop></item>"
        for name in ("OOXMLRecalcMode", "ODFRecalcMode")
    )
    file = profile / "user" / "registrymodifications.xcu"
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(
        '<?xml version="1.0" encoding="UTF-8"?>\n<oor:items xmlns:oor="http://openoffice.org/2001/registry" '
        'xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">'
        f"{kinds}</oor:items>\n",
        "utf-8",
    )


def _cells(fods: Path) -> Iterator[Cell]:
    for sheet in ET.parse(fods).getroot().iter(f"{_TABLE}table"):
        row_number = 0
        for row in sheet.iter(f"{_TABLE}table-row"):
            column = 0
            for cell in row:
                if cell.tag not in (f"{_TABLE}table-cell", f"{_TABLE}covered-table-cell"):
                    continue
                kind, formula = cell.get(f"{_OFFICE}value-type"), cell.get(f"{_TABLE}formula", "")
                count = int(cell.get(f"{_TABLE}number-columns-repeated", "1"))
                if kind or formula:
                    number = cell.get(f"{_OFFICE}value")
                    text = "\n".join("".join(part.itertext()) for part in cell)
                    value = float(number) if number is not None else text
                    for offset in range(count):
                        yield Cell(sheet.get(f"{_TABLE}name", ""), row_number, column + offset, value, formula)
                column += count
            row_number += int(row.get(f"{_TABLE}number-rows-repeated", "1"))


if __name__ == "__main__":
    sys.exit(soffice() is None)
