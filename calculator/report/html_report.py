"""Report of an answer as one HTML file: no script, no remote part, made to be printed on A4 and Letter."""

from collections.abc import Iterable, Sequence
from html import escape
from typing import Any

from calculator.catalog import Catalog
from calculator.decision.comparison import Comparison
from calculator.report.memo_facts import memo_dict

_FONT = "system-ui, 'Segoe UI', Helvetica, Arial, sans-serif"
_STYLE = f"""
:root {{ color-scheme: light; }}
* {{ box-sizing: border-box; }}
body {{ font: 15px/1.5 {_FONT}; color: #1d2330; background: #fff; margin: 0 auto; max-width: 1000px; padding: 24px; }}
h1 {{ font-size: 1.7em; margin: 0 0 .2em; line-height: 1.2; }}
h2 {{ font-size: 1.05em; margin: 1.8em 0 .5em; padding-bottom: .2em; border-bottom: 2px solid #1f4e9c; }}
p {{ margin: .4em 0; }}
.faint {{ color: #565d6b; font-size: .92em; }}
.verdict {{ border-left: 4px solid #1f4e9c; padding: .2em 0 .2em 1em; margin: 1em 0; }}
.verdict strong {{ font-size: 1.15em; }}
.charts {{ display: grid; grid-template-columns: repeat(auto-fit, minmax(330px, 1fr)); gap: 24px; }}
.charts svg {{ width: 100%; height: auto; }}
.wide {{ overflow-x: auto; }}
table {{ border-collapse: collapse; width: 100%; font-size: .92em; }}
th, td {{ text-align: left; padding: .3em .5em; border-bottom: 1px solid #d5d9e0; vertical-align: top; }}
th {{ font-weight: 600; }}
.right td:not(:first-child), .right th:not(:first-child) {{ text-align: right; font-variant-numeric: tabular-nums; white-space: nowrap; }}
.worded :is(td, th):nth-child(2) {{ text-align: left; }}
.small {{ font-size: .8em; }}
.sources td:first-child {{ width: 22%; }}
.sources :is(td, th):nth-child(2) {{ text-align: right; font-variant-numeric: tabular-nums; }}
.sources td:last-child {{ white-space: nowrap; }}
@page {{ margin: 14mm; }}
@media print {{
  body {{ font-size: 9.5pt; max-width: none; padding: 0; }}
  .wide {{ overflow: visible; }}
  table {{ font-size: 8.4pt; }}
  .charts {{ grid-template-columns: 1fr 1fr; }}
  h2 {{ break-after: avoid; }}
  tr, svg, .verdict {{ break-inside: avoid; }}
  thead {{ display: table-header-group; }}
  .sources {{ font-size: 6.8pt; line-height: 1.25; }}
  .sources td {{ padding: .15em .4em; }}
}}
"""


def html_report(comparison: Comparison, catalog: Catalog) -> str:
    """The report. Every text is escaped; its policy forbids whatever is not in the file."""
    memo = memo_dict(comparison, catalog, font=_FONT)
    parts = [
        f"<h1>{escape(memo['title'])}</h1>",
        _p(f"{memo['scenario']} · {memo['facts']['prices as of']}", "faint"),
        _p(memo["question"]),
        *([_p(memo["changes"], "faint")] if memo["changes"] else []),
        f'<div class="verdict"><p><strong>{escape(memo["recommendation"])}</strong></p>{_ps(memo["details"])}</div>',
        *_list("How sure", memo["odds"]),
        *_options(memo),
        *_list("What would turn it", memo["flips"]),
        *_budget(memo["budget"]),
        *_years(memo["years"]),
        *_list("Before you sign", memo["warnings"]),
        "<h2>Where this comes from</h2>",
        _p(memo["convention"], "faint"),
        _table([], [list(pair) for pair in memo["facts"].items()]),
        *_sources(memo["sources"]),
    ]
    return (
        '<!doctype html>\n<html lang="en"><head><meta charset="utf-8">'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">"
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(memo['title'])} {escape(memo['scenario'])}</title><style>{_STYLE}</style></head>\n"
        f"<body><main>\n{chr(10).join(parts)}\n</main></body></html>\n"
    )


def _options(memo: dict[str, Any]) -> list[str]:
    found: list[str] = []
    if memo["options"]:
        head = [
            "Option",
            "Can it do the job?",
            "Machines",
            "First word, busy hour",
            "Cost",
            "8 of 10 futures",
            "Invoices, cash",
        ]
        rows = [list(row.values()) for row in memo["options"]]
        found += [
            f"<h2>Cost in {escape(memo['money'])}</h2>",
            f'<div class="charts">{memo["cost_chart"]}{memo["spend_chart"]}</div>',
            _p(
                f"Dot: base case. Bar and shade: from the 10th to the 90th percentile of the futures. {memo['spend_note']} "
                f"{memo['currency_note']}",
                "faint",
            ),
            _table(head, rows, "right worded"),
        ]
    if memo["not_ranked"]:
        found += ["<h2>Cannot do the job</h2>", _table([], [[row["name"], row["why"]] for row in memo["not_ranked"]])]
    return found


def _budget(budget: dict[str, Any] | None) -> list[str]:
    if budget is None or not budget["rows"]:
        return []
    keys = ("label", "cash", "staff", "p50", "p90")
    rows = [[row[key] for key in keys] for row in (*budget["rows"], budget["whole"])]
    return [
        f"<h2>Budget for {escape(budget['option'])}, by {budget['unit']}</h2>",
        _table(["", "Cash out", "Staff hours", "P50", "P90"], rows, "right"),
        _p(budget["says"], "faint"),
    ]


def _years(rows: list[list[str]]) -> list[str]:
    if len(rows) < 2:
        return []
    return ["<h2>Cash of the recommended option by fiscal year</h2>", _table(rows[0], rows[1:], "right")]


def _sources(rows: list[dict[str, str]]) -> list[str]:
    head = ["Figure", "Value", "P10 to P90", "Unit", "Basis", "Source or reason", "Date"]
    return [
        "<h2>Every figure, how it is known, and where it was read</h2>",
        _table(head, [list(row.values()) for row in rows], "small sources"),
    ]


def _list(title: str, sentences: Sequence[str]) -> list[str]:
    if not sentences:
        return []
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in sentences)
    return [f"<h2>{escape(title)}</h2><ul>{items}</ul>"]


def _table(head: Sequence[str], rows: Iterable[Sequence[str]], style: str = "") -> str:
    heads = "".join(f'<th scope="col">{escape(cell)}</th>' for cell in head)
    top = f"<thead><tr>{heads}</tr></thead>" if head else ""
    body = "".join(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in row)}</tr>" for row in rows)
    return f'<div class="wide"><table class="{style}">{top}<tbody>{body}</tbody></table></div>'


def _ps(sentences: Iterable[str]) -> str:
    return "".join(_p(sentence) for sentence in sentences)


def _p(text: str, style: str = "") -> str:
    return f'<p class="{style}">{escape(text)}</p>' if style else f"<p>{escape(text)}</p>"
