"""Options that someone else hosts, answered: an API by the token, or a subscription by the seat."""

from collections.abc import Sequence

from calculator.catalog.options import ApiOffer
from calculator.catalog.plans import Subscription
from calculator.cost.subscription import is_limit_known, limit_figure
from calculator.cost.tco import Tco, cost_of
from calculator.decision import words
from calculator.decision.comparison import OptionResult
from calculator.decision.eligibility import Eligibility, Reason, Shares, share_reasons
from calculator.decision.input_words import label
from calculator.decision.question import Question
from calculator.evidence import Remark
from calculator.risk.candidates import Candidate
from calculator.scenario.scenario import knobs
from calculator.service.serving import promise_of
from calculator.service.tariff import excess_tariff

Answer = tuple[OptionResult, Candidate | None]


def hosted(offer: ApiOffer, question: Question) -> Answer:
    """A hosted API: no memory and no speed of ours to state; no host for the model is an answer too."""
    scenario, reference = question.scenario, question.reference
    if offer.kind == "same-model" and reference is None:
        own = question.catalog.models.get(scenario.model)
        text = words.no_host(own.name if own else scenario.model, offer=offer.name)
        remark = Remark(code="no-host", text=text, level="problem")
        reason = Reason("no-price", text, "A price of your own, or another model.", "no price known")
        return _result(offer, reasons=[reason], remarks=(remark,)), None
    tco = cost_of(offer, scenario=scenario, reference_api=reference, tax_tables=question.catalog.tax)
    shares = Shares(0.0, 1.0, 0.0, 1.0)
    reasons = share_reasons(
        shares, promise=promise_of(scenario), mend_unserved="", mend_leaving="Allow work to leave the house."
    )
    return (
        _result(offer, reasons=reasons, remarks=tco.remarks, tco=tco, shares=shares),
        Candidate(offer, reference_api=reference),
    )


def subscribed(plan: Subscription, question: Question) -> Answer:
    """A subscription: seats, and what exceeds their limits bought or refused; everything leaves the house.

    Where nobody says what a seat takes its seats are costed, but whether they are enough is not known: not ranked.
    """
    scenario, tariff = question.scenario, excess_tariff(plan, question.catalog)
    tco = cost_of(plan, scenario=scenario, reference_api=tariff, tax_tables=question.catalog.tax)
    shares = Shares(0.0, tco.bought_fraction, max(0.0, 1 - tco.bought_fraction), tco.bought_fraction)
    said = plan.published or "none"
    remarks = (
        *tco.remarks,
        Remark(code="plan-limits", text=f"{plan.name}: limits as published: {said}.", level="info"),
    )
    reasons: list[Reason] = []
    if not is_limit_known(plan, scenario):
        reasons.append(
            Reason(
                "limit-not-published",
                f"{plan.vendor} publishes no number of requests that a seat takes, so nobody can tell whether the "
                "seats are enough.",
                f"Enter the {label(limit_figure(plan), names={plan.id: plan.name})}.",
                "its limit is not published",
            )
        )
    reasons += share_reasons(
        shares,
        promise=promise_of(scenario),
        mend_unserved=_MEND_REFUSED if scenario.subscription_excess == "refuse" else _MEND_NO_TOKENS,
        mend_leaving="Allow work to leave the house.",
    )
    return (
        _result(plan, reasons=reasons, remarks=remarks, tco=tco, shares=shares),
        Candidate(plan, reference_api=tariff),
    )


_SEATS, _EXCESS = (knobs()[name].label for name in ("seat_count", "subscription_excess"))
_MEND_REFUSED = f'More seats under "{_SEATS}", or buy what exceeds them under "{_EXCESS}".'
_MEND_NO_TOKENS = f'More seats under "{_SEATS}": this vendor sells no tokens.'


def _result(
    option: ApiOffer | Subscription,
    *,
    reasons: Sequence[Reason],
    remarks: tuple[Remark, ...],
    tco: Tco | None = None,
    shares: Shares | None = None,
) -> OptionResult:
    return OptionResult(
        id=option.id,
        name=option.name,
        kind="api",
        available=tco is not None,
        format_id="",
        format_name="",
        runtime_id="",
        split="",
        weight_class="",
        fits=tco is not None,
        memory=None,
        decode=None,
        prefill=None,
        time_to_first_token=None,
        basis_of_speed="",
        service=None,
        eligibility=Eligibility(reasons=tuple(reasons), shares=shares),
        power_w={},
        tco=tco,
        remarks=remarks,
    )
