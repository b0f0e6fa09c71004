"""What the addresses under /api answer, free of any web server: files to take home, and questions of programs."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from calculator.errors import CalculatorError
from calculator.report.answer_json import comparison_dict
from calculator.report.home_files import HOME_FILES, HomeFile
from serving.answers import Answers, Query
from serving.questions import ChoiceQuestion, questions


@dataclass(frozen=True, slots=True)
class Reply:
    """Status, content and kind of an answer, as a route gives it."""

    status: int
    content: bytes
    kind: str
    headers: Mapping[str, str] = field(default_factory=dict[str, str])

    @classmethod
    def refusal(cls, path: str, says: str, *, status: int = 422, headers: Mapping[str, str] | None = None) -> "Reply":
        """Why there is no answer: as JSON where the answer would be, in plain text elsewhere."""
        if path.endswith(".json"):
            return cls(status, json.dumps({"error": says}).encode(), "application/json", headers or {})
        return cls(status, f"{says}\n".encode(), "text/plain; charset=utf-8", headers or {})


ReplyOf = Callable[[str, Query], Reply]
"""The reply to the parameters of one of PATHS."""


@dataclass(frozen=True, slots=True)
class Door:
    """One path and the files behind it, by the word that `layout` names them with; the first is given without it."""

    path: str
    says: str
    files: Mapping[str, HomeFile]


_BY_KEY = {file.key: file for file in HOME_FILES}
_MARK = b"\xef\xbb\xbf"
"""By it Excel knows UTF-8; programs that read an address need none."""
MEMO = "/api/memo.pdf"
DOORS = (
    Door(
        "/api/compare.csv",
        "The ledger; layout=wide by year, layout=summary one row per option.",
        {"tidy": _BY_KEY["csv"], "wide": _BY_KEY["wide_csv"], "summary": _BY_KEY["summary_csv"]},
    ),
    Door("/api/focus.csv", "The forecast as billing rows of FOCUS 1.2.", {"focus": _BY_KEY["focus_csv"]}),
    Door("/api/report.xlsx", "The workbook with live formulas.", {"workbook": _BY_KEY["xlsx"]}),
    Door(MEMO, "The memo to sign.", {"memo": _BY_KEY["memo"]}),
    Door("/api/report.html", "The report as one HTML file.", {"report": _BY_KEY["html"]}),
    Door("/api/meta.json", "Question, day, versions and hashes.", {"meta": _BY_KEY["meta"]}),
)
COMPARE, PREDICT, CHOOSE = "/api/compare.json", "/api/predict.json", "/api/choose.json"
PATHS = (*(door.path for door in DOORS), COMPARE, PREDICT, CHOOSE)


def replies(answers: Answers) -> ReplyOf:
    """The replies to all of PATHS, from the given answers.

    A wrong value is refused with its sentence and status 422, because a script does not read notices; the page uses a
    default and says so. Raises KeyError for another path.
    """
    asked = {question.name: question for question in questions(answers)}
    by_path: dict[str, Callable[[Query], Reply]] = {
        **{door.path: _file_of(door, answers) for door in DOORS},
        COMPARE: _json_of(lambda query: comparison_dict(answers.comparison(query)[0])),
        PREDICT: _json_of(lambda query: asked["predict"].answer(_last(query))),
        CHOOSE: _json_of(lambda query: asked["choose"].answer(_choosing(query))),
    }

    def reply(path: str, query: Query) -> Reply:
        try:
            return by_path[path](query)
        except CalculatorError as error:
            return Reply.refusal(path, str(error))

    return reply


def _file_of(door: Door, answers: Answers) -> Callable[[Query], Reply]:
    def given(query: Query) -> Reply:
        layout = next(iter(door.files))
        if len(door.files) > 1 and "layout" in query:
            layout = query["layout"][-1]
            query = {name: texts for name, texts in query.items() if name != "layout"}
        if layout not in door.files:
            raise CalculatorError(f"layout is {layout[:40]!r}; use {', '.join(door.files)}.")
        comparison, catalog = answers.comparison(query)
        file = door.files[layout]
        content = file.content(comparison, catalog).removeprefix(_MARK)
        kind = f"{file.mime}; charset=utf-8" if file.is_text else file.mime
        return Reply(200, content, kind, {"content-disposition": f'attachment; filename="{file.name(comparison)}"'})

    return given


def _json_of(answer: Callable[[Query], dict[str, Any]]) -> Callable[[Query], Reply]:
    def given(query: Query) -> Reply:
        return Reply(200, json.dumps(answer(query), allow_nan=False).encode(), "application/json")

    return given


def _last(query: Query) -> dict[str, str]:
    return {name: texts[-1] for name, texts in query.items()}


def _choosing(query: Query) -> dict[str, Any]:
    """The limits of the choice, and the scenario in which it is made."""
    limits = {name: query[name][-1] for name in ChoiceQuestion.model_fields if name in query and name != "scenario"}
    return {**limits, "scenario": {name: list(texts) for name, texts in query.items() if name not in limits}}
