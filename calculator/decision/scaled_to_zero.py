"""What a rented GPU that scales to zero does to the first word: reasons, waits and remarks."""

from calculator.catalog.options import CloudOffer, Machine
from calculator.cost.rented import has_rate
from calculator.cost.serverless import SERVERLESS, startup_s
from calculator.decision.eligibility import Reason, late_text, seconds_text
from calculator.decision.input_words import label
from calculator.evidence import Remark
from calculator.number import Range
from calculator.scenario.scenario import Scenario, knobs
from calculator.service.cold_starts import LATE_FRACTION, cold_fraction, requests_per_s
from calculator.service.serving import Serving

_NO_RATE, _NO_START = "not rented by the second", "its start-up time is unknown"


def cold_reasons(option: Machine | CloudOffer, serving: Serving, scenario: Scenario) -> list[Reason]:
    """Why it cannot be rented by the second, or breaks the promise of the first word; empty where it keeps it."""
    if not isinstance(option, CloudOffer) or scenario.cloud_rate != SERVERLESS:
        return []
    if not has_rate(option, scenario=scenario):
        text = f"No host is known that rents {option.name} by the second."
        return [Reason("no-price", text, f"Enter your own {_label(option, 'rate_usd_per_h')}.", _NO_RATE)]
    target, cold = scenario.first_token_p95_target_s, cold_share(serving, scenario)
    if cold <= LATE_FRACTION:
        return []
    often = f"{cold:.0%} of the requests find it off"
    if startup_s(option, scenario) is None:
        text = f"{often}, and nobody published how long it takes to start: neither cost nor waits are known."
        return [Reason("no-speed", text, f"Enter the {_label(option, 'startup_minutes')}.", _NO_START)]
    first = first_token_p95_s(option, serving, scenario)
    if not target or first is None or first.central <= target:
        return []
    wait, asked = seconds_text(first.central), seconds_text(target)
    text = f"One person in twenty waits {wait} for the first word, because {often}; you asked for {asked}."
    mend = f'A longer time under "{knobs()["keep_warm_s"].label}", or rent it by the hour.'
    return [Reason("first-token-too-slow", text, mend, late_text("first word", first.central, asked_s=target))]


def cold_share(serving: Serving, scenario: Scenario) -> float:
    """Share of the requests of the mean hour that find the machine off."""
    usage = serving.usage
    hours = usage.working_h_per_month or usage.on_h_per_month
    busy = (usage.prefill_h_per_month + usage.decode_h_per_month) * usage.machine_count / hours if hours else 0.0
    rate = requests_per_s(requests_per_day=scenario.requests_per_working_day, on_h_per_day=scenario.on_h_per_day)
    return float(cold_fraction(rate, busy_fraction=busy, keep_warm_s=scenario.keep_warm_s))


def first_token_p95_s(option: Machine | CloudOffer, serving: Serving, scenario: Scenario) -> Range | None:
    """The first word's p95: with the start where more than one request in twenty finds the machine off.

    Then at least start + what one waits at the busiest hour; None where nobody knows how long a start takes.
    """
    warm = serving.first_token_p95_s
    if not isinstance(option, CloudOffer) or scenario.cloud_rate != SERVERLESS:
        return warm
    if cold_share(serving, scenario) <= LATE_FRACTION:
        return warm
    seconds = startup_s(option, scenario)
    return None if seconds is None else Range(warm.low + seconds, warm.central + seconds, warm.high + seconds, "s")


def cold_remark(option: Machine | CloudOffer, serving: Serving, scenario: Scenario) -> tuple[Remark, ...]:
    """How often it starts anew, and whether that has a price."""
    if (
        not isinstance(option, CloudOffer)
        or scenario.cloud_rate != SERVERLESS
        or not has_rate(option, scenario=scenario)
    ):
        return ()
    text = f"{option.name}: {cold_share(serving, scenario):.0%} of the requests find it off and start it."
    if startup_s(option, scenario) is None:
        text += (
            " Nobody published how long that takes, so what it costs is not counted. "
            f"Enter the {_label(option, 'startup_minutes')}."
        )
        return (Remark(code="cold-starts", text=text, level="warning"),)
    return (Remark(code="cold-starts", text=text, level="info"),)


def _label(option: CloudOffer, figure: str) -> str:
    return label(f"{option.id}.{figure}", names={option.id: option.name})
