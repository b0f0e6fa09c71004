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
_KEPT_BY_TYPST = 10
"""It keeps what it laid out for its last ten documents (version 0.15)."""


def memo_pdf(comparison: Comparison, catalog: Catalog, *, paper: Literal["a4", "us-letter"] = "a4") -> bytes:
    """The memo. Raises CalculatorError in one sentence where the package typst is not installed."""
    try:
        import typst
    except ImportError:
        raise CalculatorError(
            "The PDF memo needs the package typst, which is not installed. Run pip install 'local-llm-tco[pdf]'."
        ) from None
    facts = json.dumps(memo_dict(comparison, catalog, font=_FONT))
    made = typst.compile(
        _LAYOUT.read_bytes(),
        format="pdf",
        ignore_system_fonts=True,
        sys_inputs={"memo": facts, "paper": paper},
    )
    # What typst keeps of a memo takes 30 to 40 MB, and the package offers no way to end that: so small documents, of
    # 3 ms each, take the memo's place (measured 2026-11-28).
    for _ in range(_KEPT_BY_TYPST):
        typst.compile(b"x", ignore_system_fonts=True)
    return made
