"""Demand of a scenario from the counts of a usage log, and the scenario file that holds it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from calculator.errors import ScenarioError
from calculator.scenario.hourly_profile import profile_days
from calculator.scenario.json_text import keys_in_words
from calculator.scenario.scenario import Scenario
from calculator.scenario.usage_logs.tally import Tally
from calculator.units import DAYS_PER_YEAR, counted

_DAYS_PER_WEEK = 7
_HOURS_PER_DAY = 24
_STEADY_WEEKS = 4
_MOST_VARIATION = 1.5
_KNOWN_HOURS_FRACTION = 0.5


@dataclass(frozen=True, slots=True)
class LogDemand:
    """Values of a scenario that a log says, and what a person must know of them."""

    values: Mapping[str, Any]
    remarks: tuple[str, ...]

    def scenario(self) -> Scenario:
        """Our defaults with the log's demand. Raises ScenarioError where a value lies beyond what a scenario holds."""
        return Scenario.parse({"schema_version": 2, **self.values})


def demand_of(tally: Tally, *, requests_per_day: float | None = None) -> LogDemand:
    """Requests a day, mean tokens, their spread, cached share, working days, hours on and the hourly profile.

        requests per working day = requests / days with requests;   working days per year = 365 x days with requests /
        days from the first to the last, where these are a week or more;   cached share = cached / input tokens

    `requests_per_day`: requests on a day with usage, where the export counts tokens and no requests. What the log does
    not say is left out, so that the defaults stay. Raises ScenarioError where no number of requests is known.
    """
    days = sorted(tally.requests_by_day)
    requests, remarks = float(tally.request_count), _remarks(tally)
    if tally.token_rows_without_requests:
        if requests_per_day is None:
            raise ScenarioError(
                f"{tally.token_rows_without_requests:,} rows count tokens and no requests, so the length of a request "
                "is not known. Say how many requests a day with usage has: --requests-per-day 500."
            )
        requests = requests_per_day * max(len(days), 1)
    if requests <= 0:
        raise ScenarioError("The file counts no request. Give a log with at least one.")
    dated = max(len(days), 1)
    values: dict[str, Any] = {
        "requests_per_working_day": requests / dated,
        "prompt_tokens": max(1, round(tally.input_tokens / requests)),
        "retrieved_tokens": 0,
        "answer_tokens": max(1, round(tally.output_tokens / requests)),
        "cached_prompt_fraction": tally.cached_tokens / tally.input_tokens if tally.input_tokens else 0.0,
    }
    if _is_by_request(tally) and tally.output.count > 1 and tally.output.mean > 0:
        ratio = tally.output.deviation / tally.output.mean
        values["answer_variation_ratio"] = min(ratio, _MOST_VARIATION)
        if ratio > _MOST_VARIATION:
            remarks.append(
                f"Answers vary by {ratio:.2f} of their mean; the waits are checked up to {_MOST_VARIATION}, which is "
                "used."
            )
    if not days:
        remarks.append("No row has a time: all requests count as one day, and the hours stay at their defaults.")
        return LogDemand(_rounded(values), tuple(remarks))
    span = days[-1] - days[0] + 1
    if span < _DAYS_PER_WEEK:
        remarks.append(f"The log spans {counted(span, 'day')}; working days and hours are our defaults.")
        return LogDemand(_rounded(values), tuple(remarks))
    values["working_days_per_year"] = max(1, min(round(DAYS_PER_YEAR * len(days) / span), int(DAYS_PER_YEAR)))
    if tally.hourly_count < _KNOWN_HOURS_FRACTION * tally.request_count or tally.hourly_count == 0:
        remarks.append("The rows are days, so the hours of the day stay at their defaults.")
        return LogDemand(_rounded(values), tuple(remarks))
    values |= _hours(tally.hourly, working_days_per_year=values["working_days_per_year"])
    if span < _STEADY_WEEKS * _DAYS_PER_WEEK:
        remarks.append(
            f"The log spans {counted(span, 'day')}, so each hour of the week was seen {span // _DAYS_PER_WEEK}-"
            f"{-(-span // _DAYS_PER_WEEK)} times and the busiest one may be chance. Four weeks or more say it better."
        )
    return LogDemand(_rounded(values), tuple(remarks))


def _is_by_request(tally: Tally) -> bool:
    """Whether most requests have a row of their own, so that their spread is known."""
    return tally.output.count > _KNOWN_HOURS_FRACTION * tally.request_count


def _hours(hourly: list[int], *, working_days_per_year: int) -> dict[str, Any]:
    """The profile as counted, the hours per day in which something was asked, and no more working days than its days
    make in a year."""
    asked = {hour % _HOURS_PER_DAY for hour, count in enumerate(hourly) if count}
    days = round(DAYS_PER_YEAR * profile_days(hourly) / _DAYS_PER_WEEK)
    return {
        "working_days_per_year": min(working_days_per_year, days),
        "on_h_per_day": float(len(asked)),
        "hourly_profile": tuple(hourly),
    }


def _remarks(tally: Tally) -> list[str]:
    found: list[str] = []
    for count, words in (
        (tally.undated, "without a time: their tokens count, their hour does not"),
        (tally.unusable, "without usable counts, or answered from a cache"),
        (tally.passed_over, "longer than 16 MB, passed over"),
    ):
        if count:
            found.append(f"{counted(count, 'row')} {words}.")
    if said := twice_sentence(tally):
        found.append(said)
    if tally.repeats:
        found.append(f"Rows that repeat a request, counted once: {tally.repeats:,}.")
    return found


def twice_sentence(tally: Tally) -> str:
    """How many rows are not read since keys appear twice in them, with the first three keys; empty where none is."""
    if not tally.twice:
        return ""
    keys = tuple(tally.twice_keys)
    are, them = ("is", "it") if tally.twice == 1 else ("are", "them")
    return (
        f"{counted(tally.twice, 'row')} {are} not read, because the {keys_in_words(keys)} "
        f"appear{'s' if len(keys) == 1 else ''} twice in {them} and programs differ in which value they take."
    )


def _rounded(values: dict[str, Any]) -> dict[str, Any]:
    """Four digits are more than a log of weeks can say."""
    return {name: float(f"{value:.4g}") if isinstance(value, float) else value for name, value in values.items()}


def scenario_toml(demand: LogDemand, tally: Tally, *, name: str) -> str:
    """The scenario file: the counts that were read as comments, the values one per line."""
    read, written = tally.input, tally.output
    head = [
        "# Demand read from a usage log; nothing but these counts was kept.",
        f"# Requests: {_counted(tally.request_count)}; days with requests: {_counted(len(tally.requests_by_day))}; tokens "
        f"read: {tally.input_tokens:,}, of them cached: {tally.cached_tokens:,}; written: {tally.output_tokens:,}.",
    ]
    if _is_by_request(tally):
        head.append(
            f"# Per request: read {read.mean:,.0f} +- {read.deviation:,.0f}, at most {read.most:,}; "
            f"written {written.mean:,.0f} +- {written.deviation:,.0f}, at most {written.most:,}."
        )
    if tally.sessions:
        turns = tally.request_count / len(tally.sessions)
        head.append(f"# Sessions: {len(tally.sessions):,}, of {turns:,.1f} requests in the mean.")
    head += [f"# {remark}" for remark in demand.remarks]
    lines = ["schema_version = 2", f"name = {json.dumps(name, ensure_ascii=False)}"]
    for key, value in demand.values.items():
        lines += _profile_lines(value) if key == "hourly_profile" else [f"{key} = {value}"]
    return "\n".join((*head, *lines)) + "\n"


def _counted(count: int) -> str:
    return f"{count:,}" if count else "not counted in this file"


def _profile_lines(profile: tuple[int, ...]) -> list[str]:
    days = (profile[start : start + _HOURS_PER_DAY] for start in range(0, len(profile), _HOURS_PER_DAY))
    return ["hourly_profile = [", *(f"  {', '.join(map(str, day))}," for day in days), "]"]
