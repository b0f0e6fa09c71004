"""A page for the OpenAPI document: every path with what it gives, what it takes, and a link to try it. No script."""

from html import escape
from typing import Any

from calculator.units import plain_number

_STYLE = """
:root { color-scheme: light dark; }
body { font: 16px/1.5 system-ui, sans-serif; max-width: 56rem; margin: 2rem auto; padding: 0 1rem; }
h1 { font-size: 1.5rem; } h2 { font-size: 1.1rem; margin-top: 2rem; overflow-wrap: anywhere; }
table { border-collapse: collapse; width: 100%; } td, th { text-align: left; vertical-align: top; }
td, th { padding: .25rem .75rem .25rem 0; border-bottom: 1px solid #8886; } code { overflow-wrap: anywhere; }
.table { overflow-x: auto; }
"""
_TRY = {
    "/api/predict.json": "?machine=rtx-5090-pc&model=qwen3-32b&format=q4_k_m",
    "/api/choose.json": "?budget_usd=8000",
}

_KINDS = {
    "array": "list",
    "string": "text",
    "integer": "whole number",
    "number": "number",
    "boolean": "true or false",
}


def api_page(document: dict[str, Any]) -> str:
    """The document as HTML, for a person who writes a program."""
    scenario = document["components"]["schemas"]["Scenario"]["properties"]
    parts = "".join(_path(path, methods["get"]) for path, methods in document["paths"].items())
    fields = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_kind(field))}</td>"
        f"<td>{escape(field.get('description', ''))}</td></tr>"
        for name, field in scenario.items()
    )
    return (
        f'<!doctype html><html lang="en"><head><meta charset="utf-8"><title>API of {escape(document["info"]["title"])}'
        f'</title><meta name="viewport" content="width=device-width"><style>{_STYLE}</style></head><body><main>'
        f"<h1>From another program</h1><p>{escape(document['info']['description'])} "
        "Each path is a GET. Repeat a list (<code>options=a&amp;options=b</code>) or put commas in it "
        "(<code>options=a,b</code>), write a table as JSON; what you leave out keeps our default. A value that cannot be "
        "used is answered with 422 and a sentence.</p>"
        '<p><a href="/api/openapi.json">The same as an OpenAPI 3.1 document</a></p>'
        f"{parts}<h2>Values of a scenario</h2>{_table(fields)}</main></body></html>"
    )


def _path(path: str, operation: dict[str, Any]) -> str:
    own = [one for one in operation["parameters"] if one["name"] != "scenario"]
    takes = "Takes the values of a scenario." if len(own) < len(operation["parameters"]) else "Takes:"
    if own and takes != "Takes:":
        takes = "Takes the values of a scenario, and:"
    rows = "".join(
        f"<tr><td><code>{escape(one['name'])}</code>{' (needed)' if one.get('required') else ''}</td>"
        f"<td>{escape(_kind(one['schema']))}</td><td>{escape(one.get('description', ''))}</td></tr>"
        for one in own
    )
    address = escape(path + _TRY.get(path, ""))
    return (
        f'<h2><a href="{address}">{escape(path)}</a></h2><p>{escape(operation["summary"])} {takes}</p>'
        f"{_table(rows) if rows else ''}"
    )


def _table(rows: str) -> str:
    return (
        '<div class="table"><table><thead><tr><th scope="col">name</th><th scope="col">kind</th>'
        f'<th scope="col">what it is</th></tr></thead><tbody>{rows}</tbody></table></div>'
    )


def _kind(schema: dict[str, Any]) -> str:
    """What a value may be, in words: `number, 0 to 1000`."""
    choices = [one for one in schema.get("anyOf", [schema]) if one.get("type") != "null"]
    return " or ".join(dict.fromkeys(_one_kind(one) for one in choices))


def _one_kind(schema: dict[str, Any]) -> str:
    if "enum" in schema or "const" in schema:
        return ", ".join(map(str, schema.get("enum", [schema.get("const")])))
    kind = _KINDS.get(str(schema.get("type")), "table")
    low, high = (schema.get(one, schema.get(f"exclusiveM{one[1:]}")) for one in ("minimum", "maximum"))
    if low is None:
        return kind if high is None else f"{kind}, at most {plain_number(high)}"
    least = plain_number(low)
    return f"{kind}, {least} or more" if high is None else f"{kind}, {least} to {plain_number(high)}"
