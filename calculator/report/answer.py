"""Answer of the library: a comparison that can be written to files."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Literal

from calculator.catalog import Catalog
from calculator.decision.compare import compare as comparison_of
from calculator.decision.comparison import Comparison
from calculator.physics.measured import MeasuredSpeed
from calculator.report.answer_json import comparison_dict
from calculator.risk.monte_carlo import FAST_COUNT
from calculator.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True, repr=False)
class Answer(Comparison):
    """Everything of a Comparison, and its files. `print(answer)` says the verdict, `answer["mac-studio-m5-max-128"]`
    one option."""

    def to_csv(self, layout: Literal["tidy", "wide"] = "tidy") -> str:
        """The ledger as CSV: `tidy` has one row per cash flow, `wide` one per option and line with a column per
        year."""
        from calculator.report.ledger_csv import tidy_csv, wide_csv  # pandas takes longer to import than all the rest

        return tidy_csv(self) if layout == "tidy" else wide_csv(self)

    def to_focus_csv(self) -> str:
        """The forecast as billing rows of the FinOps standard FOCUS 1.2."""
        from calculator.report.focus_csv import focus_csv

        return focus_csv(self)

    def to_xlsx(self, file: str | Path, catalog: Catalog) -> None:
        """Write the workbook: its costs follow the prices and rates that are changed in it."""
        from calculator.report.workbook import workbook_bytes

        Path(file).write_bytes(workbook_bytes(self, catalog))

    def to_pdf(self, file: str | Path, catalog: Catalog) -> None:
        """Write the decision memo. Raises CalculatorError where the extra `pdf` is not installed."""
        from calculator.report.memo import memo_pdf

        Path(file).write_bytes(memo_pdf(self, catalog))

    def to_json(self) -> str:
        """The answer as JSON, everything but the ledger's months."""
        return json.dumps(comparison_dict(self), indent=2)


def compare(
    scenario: Scenario,
    catalog: Catalog,
    measurements: Sequence[MeasuredSpeed] = (),
    *,
    as_of: str | None = None,
    draw_count: int = FAST_COUNT,
) -> Answer:
    """All options of the scenario at the same demand: what fits, how fast it is, what it costs, and how sure that is.

    scenario: the question. catalog: what exists, at which prices. measurements: speeds that were measured, where some
    are. as_of: the day of looking (YYYY-MM-DD), against which prices are old or fresh. draw_count: futures behind the
    ranges.

    Raises UnknownIdError, PhantomError or ScenarioError, each one sentence, for what the catalogue does not know.
    """
    found = comparison_of(scenario, catalog, measurements, as_of=as_of, draw_count=draw_count)
    return Answer(**{field.name: getattr(found, field.name) for field in fields(found)})
