"""Questions that a program asks over /api or as an assistant's tool, each with its schema and the one engine's answer."""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from pydantic import Field

from calculator.analysis.explain import explain
from calculator.catalog import Catalog, load_catalog
from calculator.claims.audit import audit
from calculator.claims.finding import finding_dict
from calculator.claims.speed import SpeedClaim, audit_speed_claim
from calculator.decision.choose import Wanted, choose
from calculator.decision.compare import compare
from calculator.errors import ScenarioError
from calculator.evidence import Record
from calculator.report.answer_json import comparison_dict, prediction_dict, remark_dicts
from calculator.report.choices_json import choices_dict
from calculator.report.prediction_question import AskedRecord, PredictionQuestion
from calculator.report.stamps import CATALOGUE, catalogue_remarks, measurement_remarks
from calculator.scenario.one_more_option import with_option
from calculator.scenario.own_catalog import catalog_of
from calculator.scenario.presets import preset_names
from calculator.scenario.scenario import Scenario, knobs
from serving.answers import Answers, as_query, today

SCENARIO = (
    "Values that differ from our defaults, by name, in the model's own units; `inputs` lists them. `options` is a list "
    f"of ids of `catalogue`; `preset` starts from an example ({', '.join(preset_names())}). Empty for our defaults."
)
PREDICT_SAYS = (
    "Does one model in one format fit one machine; memory part by part, reading and writing speed with their "
    "80 % ranges, load time and watts."
)
CHOOSE_SAYS = (
    "Every machine of the catalogue, in every number, that keeps the scenario's promise within a budget and a "
    "limit of watts, cheapest first, and why the others do not."
)


class _Compare(AskedRecord):
    scenario: dict[str, Any] = Field({}, description=SCENARIO)


class AskedPrediction(PredictionQuestion):
    """Does one model fit one machine, and how fast is it."""

    catalogue_hash: str | None = Field(None, max_length=200)
    """Stamp of the catalogue with which the question was made; a remark says where the answer's is another."""


class ChoiceQuestion(AskedRecord):
    """Which machines do the job within a budget and a limit of watts."""

    scenario: dict[str, Any] = Field({}, description=SCENARIO)
    budget_usd: float | None = Field(None, gt=0, le=1e11)
    """Most that all machines together may cost, before sales tax; no limit without it."""
    watts: float | None = Field(None, gt=0, le=1e9)
    """Most watts at the wall under load, all machines together; no limit without it."""


class _Explain(AskedRecord):
    scenario: dict[str, Any] = Field({}, description=SCENARIO)
    option: str = Field(min_length=1, max_length=200)
    """Id of an option, as `catalogue` lists it."""
    line: str = Field(min_length=1, max_length=200)
    """A cost line: hardware, energy decode, administration, resale ..."""


class _Audit(AskedRecord):
    machine: str | None = Field(None, max_length=200)
    """Id of a machine, a rented machine or a bare chip. All empty: the claims of the article we answer."""
    model: str | None = Field(None, max_length=200)
    """Id of a language model."""
    format: str | None = Field(None, max_length=200)
    """Id of a weight format."""
    tokens_per_s: float | None = None
    """The claimed decoding speed, summed over the streams."""
    context_tokens: int = 0
    """Tokens in each stream's cache; an empty one without it."""
    batch: int = 1
    """Streams at once."""
    runtime: str | None = Field(None, max_length=200)
    """Id of the software that serves; the usual one without it."""
    split: Literal["layer", "tensor"] | None = None
    """How several chips share the work."""
    count: int | None = None
    """Chips, where the machine is a bare chip."""


class _Inputs(AskedRecord):
    word: str = Field("", max_length=100)
    """Only inputs with this word in their name, label or help; all without it."""


class _Catalogue(AskedRecord):
    kind: Literal["machines", "clouds", "apis", "subscriptions", "models", "formats", "runtimes", "chips"]
    """What to list."""
    word: str = Field("", max_length=100)
    """Only entries with this word in their id or name; all without it."""


@dataclass(frozen=True, slots=True)
class AskedQuestion:
    """One question: its name, what it is for, the schema of what it takes, and the answer to a table of values.

    `answer` raises CalculatorError with sentences where a value cannot be used.
    """

    name: str
    says: str
    kind: type[Record]
    answer: Callable[[Mapping[str, Any]], dict[str, Any]]

    def schema(self) -> dict[str, Any]:
        """JSON schema of the values."""
        return self.kind.model_json_schema()


def questions(answers: Answers) -> tuple[AskedQuestion, ...]:
    """All questions, answered by the given answers."""
    return (
        AskedQuestion(
            "compare",
            "Which hardware should serve a local LLM for the coming years, and what it costs: two verdicts (Mac or PC; "
            "own, rent or API) with ranges and what would flip them, and every option with its cost lines, memory, "
            "speed at the busiest hour and the reason where it cannot do the job. The same as /api/compare.json.",
            _Compare,
            lambda values: _compare(_Compare.parse(values), answers),
        ),
        AskedQuestion(
            "predict",
            PREDICT_SAYS,
            AskedPrediction,
            lambda values: _predict(AskedPrediction.parse(values), load_catalog()),
        ),
        AskedQuestion(
            "choose",
            CHOOSE_SAYS,
            ChoiceQuestion,
            lambda values: _choose(ChoiceQuestion.parse(values), answers),
        ),
        AskedQuestion(
            "explain",
            "The arithmetic of one cost line of one option: formula, every input with its source and date, and sums.",
            _Explain,
            lambda values: _explain(_Explain.parse(values), answers),
        ),
        AskedQuestion(
            "audit",
            "Is a claimed speed possible: against bandwidth, memory and what one would measure. Without values: the "
            "claims of the article that this calculator answers, one by one.",
            _Audit,
            lambda values: _audit(_Audit.parse(values)),
        ),
        AskedQuestion(
            "inputs",
            "The values that a scenario takes: name, label, help, unit, bounds and default.",
            _Inputs,
            lambda values: _inputs(_Inputs.parse(values)),
        ),
        AskedQuestion(
            "catalogue",
            "Ids and names of the machines, rented machines, APIs, models, formats, runtimes and chips that we know.",
            _Catalogue,
            lambda values: _catalogue(_Catalogue.parse(values), load_catalog()),
        ),
    )


def _compare(asked: _Compare, answers: Answers) -> dict[str, Any]:
    comparison, _ = answers.comparison(as_query(asked.scenario))
    return comparison_dict(comparison)


def _predict(asked: AskedPrediction, catalog: Catalog) -> dict[str, Any]:
    found = asked.answer(catalog)
    stamps = catalogue_remarks({CATALOGUE: [asked.catalogue_hash or ""]}, catalog=catalog)
    return prediction_dict(replace(found, remarks=(*found.remarks, *stamps)))


def _choose(asked: ChoiceQuestion, answers: Answers) -> dict[str, Any]:
    query = as_query(asked.scenario)
    scenario, catalog = answers.scenario(query)
    found = choose(scenario, catalog, wanted=Wanted(asked.budget_usd, asked.watts), as_of=today())
    stamps = (*catalogue_remarks(query, catalog=catalog), *measurement_remarks(query, measurements_hash=""))
    return choices_dict(found, stamps)


def _explain(asked: _Explain, answers: Answers) -> dict[str, Any]:
    query = as_query(asked.scenario)
    scenario, ours = answers.scenario(query)
    catalog = catalog_of(scenario, ours)
    catalog.option(asked.option)
    scenario = with_option(scenario, asked.option)
    comparison = compare(scenario, catalog, answers.speeds(), as_of=today())
    stamps = (
        *catalogue_remarks(query, catalog=ours),
        *measurement_remarks(query, measurements_hash=comparison.measurements_hash),
    )
    found = explain(comparison, asked.option, asked.line, catalog=catalog)
    return asdict(found) | {"remarks": remark_dicts(stamps)}


def _audit(asked: _Audit) -> dict[str, Any]:
    catalog = load_catalog()
    if not asked.model_fields_set:
        return {"findings": [finding_dict(finding) for finding in audit(catalog)]}
    if asked.machine is None or asked.model is None or asked.format is None or asked.tokens_per_s is None:
        raise ScenarioError(
            "A claim needs machine, model, format and tokens_per_s. Add what is missing, or give no value at all for "
            "the claims of the article."
        )
    claimed = SpeedClaim(
        machine=asked.machine,
        model=asked.model,
        format=asked.format,
        decode_tok_s=asked.tokens_per_s,
        context_tokens=asked.context_tokens,
        batch_count=asked.batch,
        runtime=asked.runtime,
        split=asked.split,
        chip_count=asked.count,
    )
    return {"findings": [finding_dict(audit_speed_claim(claimed, catalog))]}


def _inputs(asked: _Inputs) -> dict[str, Any]:
    rows = [
        {
            "name": knob.name,
            "section": knob.section,
            "label": knob.label,
            "help": knob.help,
            "unit": knob.unit or None,
            "low": knob.low if math.isfinite(knob.low) else None,
            "high": knob.high if math.isfinite(knob.high) else None,
            "default": knob.default,
        }
        for knob in knobs().values()
    ]
    rows = [row for row in rows if _has(asked.word, (row["name"], row["label"], row["help"]))]
    without = [name for name in Scenario.model_fields if name not in knobs()]
    return {"inputs": rows, "also": [name for name in without if _has(asked.word, (name,))]}


def _catalogue(asked: _Catalogue, catalog: Catalog) -> dict[str, Any]:
    entries: Mapping[str, Any] = getattr(catalog, asked.kind)
    found = [{"id": key, "name": entry.name} for key, entry in entries.items() if _has(asked.word, (key, entry.name))]
    return {"kind": asked.kind, "entries": found}


def _has(word: str, texts: Sequence[Any]) -> bool:
    return any(word.casefold() in str(text).casefold() for text in texts)
