"""Routes under /api: the files to take home for the scenario in the address, and questions of programs. Doors only."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from calculator.catalog import Catalog
from calculator.decision.comparison import Comparison
from calculator.errors import CalculatorError
from calculator.report.answer_json import comparison_dict
from calculator.report.home_files import HOME_FILES, HomeFile
from serving.answers import Answers, Query
from serving.api_page import api_page
from serving.openapi import Operation, openapi_document
from serving.questions import CHOOSE_SAYS, PREDICT_SAYS, AskedPrediction, ChoiceQuestion, questions

Answer = Callable[[Query], tuple[Comparison, Catalog]]
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


def api_routes(answers: Answers) -> list[Route]:
    """A route per file and per question, the document that describes them, and a page for it.

    A wrong value is refused with its sentence and status 422, because a script does not read notices; the page uses a
    default and says so.
    """
    asked = {question.name: question for question in questions(answers)}
    return [
        *(Route(door.path, _endpoint(door, answers.comparison)) for door in DOORS),
        Route("/api/compare.json", _json_endpoint(lambda query: comparison_dict(answers.comparison(query)[0]))),
        Route("/api/predict.json", _json_endpoint(lambda query: asked["predict"].answer(_last(query)))),
        Route("/api/choose.json", _json_endpoint(lambda query: asked["choose"].answer(_choosing(query)))),
        Route("/api/openapi.json", _described),
        Route("/api", _page),
    ]


def _endpoint(door: Door, answer: Answer) -> Callable[[Request], Response]:
    def given(request: Request) -> Response:
        query = query_of(request)
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


def _json_endpoint(answer: Callable[[Query], dict[str, Any]]) -> Callable[[Request], Response]:
    def given(request: Request) -> Response:
        try:
            found = answer(query_of(request))
        except CalculatorError as error:
            return JSONResponse({"error": str(error)}, status_code=422)
        return Response(json.dumps(found, allow_nan=False), media_type="application/json")

    return given


def _described(_: Request) -> Response:
    return JSONResponse(_document())


def _page(_: Request) -> Response:
    return HTMLResponse(api_page(_document()))


def _document() -> dict[str, Any]:
    files = [Operation(door.path, door.says, next(iter(door.files.values())).mime, tuple(door.files)) for door in DOORS]
    compared = Operation("/api/compare.json", "Every result but the ledger's months.", "application/json")
    return openapi_document(
        [*files, compared],
        questions=[
            Operation("/api/predict.json", PREDICT_SAYS, "application/json", takes=AskedPrediction),
            Operation("/api/choose.json", CHOOSE_SAYS, "application/json", takes=ChoiceQuestion, with_scenario=True),
        ],
    )


def _last(query: Query) -> dict[str, str]:
    return {name: texts[-1] for name, texts in query.items()}


def _choosing(query: Query) -> dict[str, Any]:
    """The limits of the choice, and the scenario in which it is made."""
    limits = {name: query[name][-1] for name in ChoiceQuestion.model_fields if name in query and name != "scenario"}
    return {**limits, "scenario": {name: list(texts) for name, texts in query.items() if name not in limits}}


def query_of(request: Request) -> dict[str, list[str]]:
    """The parameters of a request, each with all of its texts."""
    return {name: request.query_params.getlist(name) for name in request.query_params}
