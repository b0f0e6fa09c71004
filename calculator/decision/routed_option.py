"""Routed option, answered: each part with its own demand, model and promise; one line, one cost, one set of shares."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from calculator.catalog.routed import Routed
from calculator.cost.parts import CostPart, cost_of_parts
from calculator.decision import words
from calculator.decision.comparison import OptionResult
from calculator.decision.eligibility import Eligibility, Reason, Shares, share_reasons
from calculator.decision.question import Question
from calculator.evidence import Remark
from calculator.risk.candidates import Candidate, CandidatePart
from calculator.scenario.routing import split_of
from calculator.scenario.scenario import Scenario
from calculator.service.capability import reference_tariff, scenario_model
from calculator.service.serving import promise_of
from calculator.units import digits

Answer = tuple[OptionResult, Candidate | None]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RoutedPart:
    """One part of a route that gets requests: the option, its scenario, its share of the requests, and its ratios."""

    option_id: str
    scenario: Scenario
    share: float
    ratios: dict[str, float]

    @property
    def weight(self) -> float:
        """Its tokens, as a measure beside the other part's."""
        return self.share * (self.scenario.input_tokens() + self.scenario.answer_tokens)


def routed_parts(option: Routed, scenario: Scenario) -> list[RoutedPart]:
    """The parts that get requests, what is not routed first; with share 0 or 1 it is one."""
    route = scenario.routing[option.id]
    split = split_of(route, mean_tokens=scenario.input_tokens())
    rows = (
        (route.base, scenario.model, 1 - split.share, split.base_length_ratio),
        (route.to, route.model or scenario.model, split.share, split.to_length_ratio),
    )
    return [
        _part(option_id, scenario, model=model, share=share, length_ratio=ratio)
        for option_id, model, share, ratio in rows
        if share > 0
    ]


def routed(option: Routed, question: Question, *, answer: Callable[[Question, str], Answer]) -> Answer:
    """The parts answered one by one and summed. Each keeps the promise; what may leave the house is judged of both."""
    parts = routed_parts(option, question.scenario)
    answers = [answer(_asked(question, part), part.option_id) for part in parts]
    rows = [row for row, _ in answers]
    costed = [one for _, one in answers if one is not None]
    shares = _shares(parts, rows)
    reasons = [
        replace(
            reason,
            text=f"{row.name}: {reason.text}",
            short=f"{row.name}: {reason.short}" if reason.short else "",
        )
        for row in rows
        for reason in row.eligibility.reasons
    ]
    if shares is not None and len(parts) > 1:
        reasons += share_reasons(
            shares,
            promise=promise_of(question.scenario),
            mend_unserved="",  # each part keeps that limit itself
            mend_leaving="A smaller share to other people's computers, or machines of your own for both parts.",
        )
    whole = len(costed) == len(parts)
    tco = None
    if whole:
        tco = cost_of_parts(
            [_cost_part(one, part) for one, part in zip(costed, parts, strict=True)],
            scenario=question.scenario,
            tax_tables=question.catalog.tax,
        )
    first = rows[0]
    result = replace(
        first,
        id=option.id,
        name=option.name,
        available=whole,
        fits=all(row.fits for row in rows),
        eligibility=_judged(rows, reasons=reasons, shares=shares),
        tco=tco,
        remarks=_unique((_said(option, parts, rows), *(remark for row in rows for remark in row.remarks))),
    )
    if not whole:
        return result, None
    found = tuple(CandidatePart(one, part.scenario, part.ratios) for one, part in zip(costed, parts, strict=True))
    return result, Candidate(option, parts=found)


def _part(option_id: str, scenario: Scenario, *, model: str, share: float, length_ratio: float) -> RoutedPart:
    """Its scenario: its share of the requests, at its mean length, with the shape of the whole's day."""
    changes = {
        "model": model,
        "requests_per_working_day": scenario.requests_per_working_day * share,
        "prompt_tokens": max(1, round(scenario.prompt_tokens * length_ratio)),
        "retrieved_tokens": round(scenario.retrieved_tokens * length_ratio),
        **({} if share == 1 else {"leaves_house_fraction_max": 1.0}),
    }
    ratios = {"requests_per_working_day": share}
    for name in ("prompt_tokens", "retrieved_tokens"):
        of_all: int = getattr(scenario, name)
        ratios[name] = changes[name] / of_all if of_all else 1.0  # pyright: ignore[reportOperatorIssue]
    return RoutedPart(option_id, scenario.model_copy(update=changes), share, ratios)


def _asked(question: Question, part: RoutedPart) -> Question:
    scenario, catalog = part.scenario, question.catalog
    return replace(
        question,
        scenario=scenario,
        model=scenario_model(scenario, catalog),
        reference=reference_tariff(scenario, catalog),
    )


def _cost_part(one: Candidate, part: RoutedPart) -> CostPart:
    assert not isinstance(one.option, Routed)
    return CostPart(one.option, part.scenario, one.usage, one.reference_api, part.ratios)


def _shares(parts: Sequence[RoutedPart], rows: Sequence[OptionResult]) -> Shares | None:
    """Where the tokens of both parts go; None where that of one is not known."""
    known = [row.eligibility.shares for row in rows if row.eligibility.shares is not None]
    whole = sum(part.weight for part in parts)
    if len(known) < len(parts) or whole <= 0:
        return None
    weights = [part.weight / whole for part in parts]

    def mean(name: str) -> float:
        return sum(weight * float(getattr(one, name)) for weight, one in zip(weights, known, strict=True))

    return Shares(
        served_here_fraction=mean("served_here_fraction"),
        bought_fraction=mean("bought_fraction"),
        unserved_fraction=mean("unserved_fraction"),
        leaves_house_fraction=mean("leaves_house_fraction"),
    )


def _judged(rows: Sequence[OptionResult], *, reasons: Sequence[Reason], shares: Shares | None) -> Eligibility:
    """The waits are those of the first part; machines of two kinds have no common number, so a sentence names them."""
    counted = [
        f"{words.option_name(row.name, machine_count=row.eligibility.machine_count)}. "
        f"{row.eligibility.machine_count_reason}".strip()
        for row in rows
        if row.eligibility.machine_count is not None
    ]
    return replace(
        rows[0].eligibility,
        reasons=tuple(reasons),
        shares=shares,
        machine_count=None,
        further_months=(),
        machine_count_reason=" ".join(counted),
    )


def _said(option: Routed, parts: Sequence[RoutedPart], rows: Sequence[OptionResult]) -> Remark:
    """Which share of the requests each part gets, and how long they are."""
    told = " and ".join(
        f"{row.name} gets {_percent(part.share)} of the requests, {part.scenario.input_tokens():,} tokens to read each"
        for part, row in zip(parts, rows, strict=True)
    )
    text = f"{option.name}: {told}. Memory, speeds and waits shown are those of {rows[0].name}."
    return Remark(code="routed", text=text, level="info")


def _percent(share: float) -> str:
    return f"{digits(100 * share, 3)} %"


def _unique(rows: Sequence[T]) -> tuple[T, ...]:
    """Each once, in their order."""
    found: list[T] = []
    for row in rows:
        if row not in found:
            found.append(row)
    return tuple(found)
