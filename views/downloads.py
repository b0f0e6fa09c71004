"""Downloads of an answer: what the page offers to take home, as a list that any page can draw."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from calculator.catalog import Catalog
from calculator.decision.comparison import Comparison
from calculator.report.home_files import HOME_FILES, HomeFile
from views.turns import turn


@dataclass(frozen=True, slots=True)
class Download:
    """One file: its label, what is in it, its name and type, and what makes its bytes when it is asked for."""

    key: str
    label: str
    says: str
    file_name: str
    mime: str
    content: Callable[[], bytes]


def downloads(comparison: Comparison, *, catalog: Catalog) -> tuple[Download, ...]:
    """Every file of the answer that can be made here, all read from the one comparison, when `content` is called."""
    return tuple(
        Download(
            key=file.key,
            label=file.label,
            says=f"{file.says[0].upper()}{file.says[1:]}.",
            file_name=file.name(comparison),
            mime=file.mime,
            content=partial(_made, file, comparison, catalog),
        )
        for file in HOME_FILES
        if file.can_be_made
    )


def _made(file: HomeFile, comparison: Comparison, catalog: Catalog) -> bytes:
    with turn():
        return file.content(comparison, catalog)
