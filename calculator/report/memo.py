"""Decision memo as a PDF: one page to approve, and an appendix with inputs and sources; made offline by Typst.

The same answer gives the same bytes: no date of making, no fonts of the system.
"""

import json
from pathlib import Path
from typing import Literal

from calculator.catalog import Catalog
from calculator.decision.comparison import Comparison
from calculator.errors import CalculatorError
from calculator.report.memo_facts import memo_dict

_LAYOUT = Path(__file__).with_name("memo.typ")
_FONT = "Libertinus Serif"  # travels inside the package typst


def memo_pdf(comparison: Comparison, catalog: Catalog, *, paper: Literal["a4", "us-letter"] = "a4") -> bytes:
    """The memo. Raises CalculatorError in one sentence where the package typst is not installed."""
    try:
        import typst
    except ImportError:
        raise CalculatorError(
            "The PDF memo needs the package typst, which is not installed. Run pip install 'local-llm-tco[pdf]'."
        ) from None
    facts = json.dumps(memo_dict(comparison, catalog, font=_FONT))
    return typst.compile(
        _LAYOUT.read_bytes(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"memo": facts, "paper": paper},
    )
