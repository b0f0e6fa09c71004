"""`python -m calculator service`: what people feel in the busiest hour, option by option.

    python -m calculator service [SCENARIO.toml] [--set name=value ...] [--hours] [--json]

The table has one line per option that fits; --json has all fields, and the reason of each option that is left out.
"""

import argparse
import json
import math
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.options import ApiOffer
from calculator.catalog.plans import Subscription
from calculator.catalog.routed import Routed
from calculator.report.answer_json import remark_dicts
from calculator.scenario.files import read_scenario
from calculator.scenario.own_catalog import catalog_of
from calculator.scenario.scenario import Scenario
from calculator.service.capability import Capability, capability_of, scenario_model
from calculator.service.peak_hour import End, PeakHour, peak_hour, targets_of, week_of
from calculator.service.serving import serving_of
from calculator.service.week import HOURS_PER_WEEK, Week
from calculator.units import plain_number
from calculator.version import VERSION

if TYPE_CHECKING:
    from argparse import (
        _SubParsersAction,  # pyright: ignore[reportPrivateUsage]  (argparse has no public name)
    )

_ENDS: tuple[End, ...] = ("low", "central", "high")
_CONVENTION = (
    "One machine in the busiest hour, with requests at random times. Brackets: speeds at the top and bottom of their "
    "80 % range. 'needs': machines required to meet your targets (without targets: to avoid overload). "
    "`compare` costs as many machines as your promise needs."
)


@dataclass(frozen=True, slots=True)
class ServiceRow:
    """One option that fits: its peak hour at three speeds, and its week."""

    found: Capability
    peak: dict[End, PeakHour]
    week: Week


@dataclass(frozen=True, slots=True)
class ServiceAnswer:
    """All options of a scenario; `left_out` are those without a peak hour: id, name and why."""

    scenario: Scenario
    catalogue_hash: str
    rows: tuple[ServiceRow, ...]
    left_out: tuple[tuple[str, str, str], ...]


def register(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `service` command to the calculator's parser."""
    command = commands.add_parser(
        "service",
        help="the peak hour: waiting, first word, answer, machines needed",
        description=(__doc__ or "").split("\n", maxsplit=1)[0],
    )
    command.add_argument("scenario", nargs="?", type=Path, metavar="SCENARIO.toml")
    command.add_argument(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="change one value; may be repeated",
    )
    command.add_argument("--hours", action="store_true", help="with --json: each of the week's 168 hours")
    command.add_argument("--json", action="store_true")
    command.set_defaults(command=_service)


def service_answer(scenario: Scenario, catalog: Catalog) -> ServiceAnswer:
    """The peak hour and the week of every option that fits. Raises UnknownIdError or PhantomError."""
    catalog = catalog_of(scenario, catalog)
    model = scenario_model(scenario, catalog)
    rows: list[ServiceRow] = []
    left_out: list[tuple[str, str, str]] = []
    for option_id in dict.fromkeys(scenario.options):
        option = catalog.option(option_id)
        if isinstance(option, Routed):
            left_out.append((option.id, option.name, f"Ask for its parts: {option.base} and {option.to}."))
            continue
        if isinstance(option, ApiOffer | Subscription):
            left_out.append(
                (option.id, option.name, "Latency of the hosted API is not modelled; providers do not publish it.")
            )
            continue
        found = capability_of(option, scenario=scenario, model=model, catalog=catalog)
        if not found.runs:
            why = next((remark.text for remark in found.remarks if remark.level == "problem"), "It does not fit.")
            left_out.append((option.id, option.name, why))
            continue
        peak: dict[End, PeakHour] = {at: peak_hour(found, scenario=scenario, at=at) for at in _ENDS}
        rows.append(ServiceRow(found, peak, week_of(found, scenario=scenario)))
    return ServiceAnswer(scenario, catalog.hash, tuple(rows), tuple(left_out))


def service_dict(answer: ServiceAnswer, *, hours: bool = False) -> dict[str, Any]:
    """What `service --json` prints: null where a wait has no end, never infinity. Hour 0 of the week is Monday 0:00."""
    scenario = answer.scenario
    return {
        "version": VERSION,
        "scenario": scenario.model_dump(mode="json"),
        "scenario_id": scenario.id(),
        "catalogue_hash": answer.catalogue_hash,
        "peak_factor_ratio": scenario.busiest_hour_ratio(),
        "targets": asdict(targets_of(scenario)),
        "options": [_row_dict(row, scenario, hours=hours) for row in answer.rows],
        "left_out": [{"id": key, "name": name, "reason": reason} for key, name, reason in answer.left_out],
    }


def service_text(answer: ServiceAnswer) -> str:
    """One line per option that fits, then the remarks."""
    scenario = answer.scenario
    lines = [
        f"{scenario.name}: {plain_number(scenario.requests_per_working_day)} requests a day, the busiest hour has "
        f"{plain_number(scenario.busiest_hour_ratio())} times the mean.",
        "",
        f"{'option':<34} {'load':>6} {'wait':>5} {'first word s: median':>22} {'p95':>22} {'answer s: median':>17} "
        f"{'p95':>22} {'tok/s':>6} {'needs':>6} {'week busy h':>12}",
    ]
    lines += [_line(row) for row in answer.rows]
    lines += ["", _CONVENTION]
    remarks = {remark.text: None for row in answer.rows for remark in row.peak["central"].remarks}
    lines += [f"- {text}" for text in remarks]
    lines += [f"- {name}: {reason}" for _, name, reason in answer.left_out]
    return "\n".join([*lines, "", f"scenario {scenario.id()}, catalogue {answer.catalogue_hash}, version {VERSION}"])


def _service(arguments: argparse.Namespace) -> int:
    scenario = read_scenario(arguments.scenario, settings=arguments.settings)
    answer = service_answer(scenario, load_catalog())
    if arguments.json:
        print(json.dumps(service_dict(answer, hours=arguments.hours), indent=2, allow_nan=False))
    else:
        print(service_text(answer))
    return 0


def _reached_batch(found: Capability, scenario: Scenario) -> float:
    """Mean number of requests that one machine writes together over the day."""
    one = scenario.changed(machine_count=1, machine_counts={})
    return float(serving_of(found, scenario=one, when_full="buy-another").service.reached_batch_count)


def _row_dict(row: ServiceRow, scenario: Scenario, *, hours: bool) -> dict[str, Any]:
    found, week = row.found, row.week
    peak = row.peak["central"]
    return {
        "id": found.option.id,
        "name": found.option.name,
        "concurrent_count": found.concurrent_count,
        "reached_batch_count": _reached_batch(found, scenario),
        "peak_hour": _peak_dict(peak),
        "peak_hour_at_low_speed": _peak_dict(row.peak["low"]),
        "peak_hour_at_high_speed": _peak_dict(row.peak["high"]),
        "week": {
            "busy_h": float(week.busy_h.sum()),
            "on_h": float(week.on_h.sum()),
            "utilisation_fraction": week.utilisation_fraction,
            "served_fraction": week.served_fraction,
            "overflow_requests": float(week.overflow_requests.sum()),
            "peak_hour": week.peak_hour,
            **({"hours": [_hour_dict(week, hour) for hour in range(HOURS_PER_WEEK)]} if hours else {}),
        },
        "remarks": remark_dicts(peak.remarks),
    }


def _peak_dict(peak: PeakHour) -> dict[str, Any]:
    return {name: value for name, value in asdict(peak).items() if name != "remarks"}


def _hour_dict(week: Week, hour: int) -> dict[str, float | None]:
    load = float(week.load_fraction[hour])
    return {
        "hour": hour,
        "requests": float(week.requests[hour]),
        "on_h": float(week.on_h[hour]),
        "busy_h": float(week.busy_h[hour]),
        "load_fraction": load if math.isfinite(load) else None,
        "overflow_requests": float(week.overflow_requests[hour]),
    }


def _line(row: ServiceRow) -> str:
    peak = row.peak["central"]
    needs = f"{peak.machine_count:,}" if peak.machine_count is not None else "none"
    return (
        f"{row.found.option.id:<34} {peak.load_fraction:>6,.0%} {peak.wait_fraction:>5.0%} "
        f"{_seconds(peak.time_to_first_token_median_s):>22} {_ranged(row, 'time_to_first_token_p95_s'):>22} "
        f"{_seconds(peak.answer_median_s):>17} {_ranged(row, 'answer_p95_s'):>22} "
        f"{peak.stream_tokens_per_s:>6.1f} {needs:>6} {float(row.week.busy_h.sum()):>12.1f}"
    )


def _ranged(row: ServiceRow, name: str) -> str:
    low, central, high = (_seconds(getattr(row.peak[at], name)) for at in _ENDS)
    return central if low == central == high else f"{central} ({high} .. {low})"


def _seconds(seconds: float | None) -> str:
    if seconds is None:
        return "grows"
    return f"{seconds:,.0f}" if seconds >= 10 else f"{seconds:.1f}"
