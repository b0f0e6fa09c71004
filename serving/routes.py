"""Routes under /api that give the files to take home for the scenario in the address: doors, no arithmetic."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from calculator.catalog import Catalog
from calculator.decision.comparison import Comparison
from calculator.errors import CalculatorError
from calculator.report.answer_json import comparison_dict
from calculator.report.home_files import HOME_FILES, HomeFile
from serving.openapi import openapi_document

Answer = Callable[[Mapping[str, list[str]]], tuple[Comparison, Catalog]]
"""The answer to the scenario in an address. Raises CalculatorError, a sentence per value that cannot be used."""


@dataclass(frozen=True, slots=True)
class Door:
    """One path and the files behind it, by the word that `layout` names them with; the first is given without it."""

    path: str
    says: str
    files: Mapping[str, HomeFile]


_BY_KEY = {file.key: file for file in HOME_FILES}
_MARK = b"\xef\xbb\xbf"
"""By it Excel knows UTF-8; programs that read an address need none."""
DOORS = (
    Door(
        "/api/compare.csv",
        "The ledger; layout=wide by year, layout=summary one row per option.",
        {"tidy": _BY_KEY["csv"], "wide": _BY_KEY["wide_csv"], "summary": _BY_KEY["summary_csv"]},
    ),
    Door("/api/focus.csv", "The forecast as billing rows of FOCUS 1.2.", {"focus": _BY_KEY["focus_csv"]}),
    Door("/api/report.xlsx", "The workbook with live formulas.", {"workbook": _BY_KEY["xlsx"]}),
    Door("/api/memo.pdf", "The memo to sign.", {"memo": _BY_KEY["memo"]}),
    Door("/api/report.html", "The report as one HTML file.", {"report": _BY_KEY["html"]}),
    Door("/api/meta.json", "Question, day, versions and hashes.", {"meta": _BY_KEY["meta"]}),
)


def download_routes(answer: Answer) -> list[Route]:
    """A route per door, /api/compare.json, and the document that describes them.

    A wrong value is refused with its sentence and status 422, because a script does not read notices; the page uses a
    default and says so.
    """
    return [
        *(Route(door.path, _endpoint(door, answer)) for door in DOORS),
        Route("/api/compare.json", _json_endpoint(answer)),
        Route("/api/openapi.json", _document),
    ]


def _endpoint(door: Door, answer: Answer) -> Callable[[Request], Response]:
    def given(request: Request) -> Response:
        query = _query(request)
        default = next(iter(door.files))
        layout = query.pop("layout", [default])[-1] if len(door.files) > 1 else default
        try:
            if layout not in door.files:
                raise CalculatorError(f"layout is {layout[:40]!r}; use {', '.join(door.files)}.")
            comparison, catalog = answer(query)
            content = door.files[layout].content(comparison, catalog)
        except CalculatorError as error:
            return PlainTextResponse(f"{error}\n", status_code=422)
        file = door.files[layout]
        kind = f"{file.mime}; charset=utf-8" if file.is_text else file.mime
        headers = {"content-disposition": f'attachment; filename="{file.name(comparison)}"'}
        return Response(content.removeprefix(_MARK), media_type=kind, headers=headers)

    return given


def _json_endpoint(answer: Answer) -> Callable[[Request], Response]:
    def given(request: Request) -> Response:
        try:
            comparison, _ = answer(_query(request))
        except CalculatorError as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        text = json.dumps(comparison_dict(comparison), allow_nan=False)
        return Response(text, media_type="application/json")

    return given


def _document(_: Request) -> Response:
    described = [(door.path, door.says, next(iter(door.files.values())).mime, list(door.files)) for door in DOORS]
    described.append(("/api/compare.json", "Every result but the ledger's months.", "application/json", []))
    return JSONResponse(openapi_document(described))


def _query(request: Request) -> dict[str, list[str]]:
    return {name: request.query_params.getlist(name) for name in request.query_params}
