"""Demand: requests, their length, the hours, the peak and the targets."""

from typing import Annotated, Self

from pydantic import Field, model_validator

from calculator.scenario.hourly_profile import profile_problem
from calculator.scenario.knob import DEFAULTS, Display, Part

_MOST_IN_AN_HOUR = 1e12


class Demand(Part):
    """How much is asked, when, and how fast it must be answered."""

    requests_per_working_day: Annotated[
        float,
        Field(ge=0, le=1_000_000),
        Display("demand", "Requests a working day", unit="requests", step=10),
    ] = DEFAULTS["requests_per_working_day"]
    """Requests that the whole team sends on a working day."""

    prompt_tokens: Annotated[
        int,
        Field(ge=1, le=1_000_000),
        Display("demand", "Prompt", unit="tokens", step=50),
    ] = 300
    """Tokens of instruction and question."""

    retrieved_tokens: Annotated[
        int,
        Field(ge=0, le=1_000_000),
        Display("demand", "Retrieved text", unit="tokens", step=250),
    ] = 3500
    """Tokens of documents put before the question (RAG)."""

    answer_tokens: Annotated[
        int,
        Field(ge=1, le=100_000),
        Display("demand", "Answer", unit="tokens", step=50),
    ] = 400
    """Tokens that the model writes."""

    cached_prompt_fraction: Annotated[
        float,
        Field(ge=0, le=1),
        Display("demand", "Prompt already cached", unit="%", step=5, shown=100),
    ] = 0
    """Share of prompt and retrieved tokens whose keys and values are still in memory, or billed at the cached price."""

    concurrent_request_count: Annotated[
        int,
        Field(ge=1, le=256),
        Display("demand", "People asking at once", unit="requests"),
    ] = 2
    """Requests that must be served at the same time."""

    on_h_per_day: Annotated[
        float,
        Field(ge=0.5, le=24),
        Display("demand", "Hours per day switched on", unit="h", step=0.5),
    ] = 10
    """Hours per working day during which the machine is on."""

    working_days_per_year: Annotated[
        int,
        Field(ge=1, le=365),
        Display("demand", "Working days", unit="days/year"),
    ] = 252
    """Days per year on which it is used."""

    on_days_per_year: Annotated[
        int,
        Field(ge=0, le=366),
        Display("demand", "Days switched on", unit="days/year"),
    ] = 0
    """Days per year on which the machine is on; 0: the working days only."""

    reserved_context_tokens: Annotated[
        int,
        Field(ge=0, le=10_000_000),
        Display("demand", "Context reserved", unit="tokens", step=1024),
    ] = 0
    """Tokens of cache that are kept free for each request; 0: as many as question and answer take."""

    demand_growth_rate: Annotated[
        float,
        Field(ge=-0.9, le=10),
        Display("demand", "Growth of demand", unit="%/year", step=5, shown=100),
    ] = DEFAULTS["demand_growth_rate"]
    """Change of requests per year."""

    peak_factor_ratio: Annotated[
        float,
        Field(ge=1, le=24),
        Display("demand", "Peak factor", step=0.1),
    ] = DEFAULTS["peak_factor_ratio"]
    """Requests in the busiest hour of the day over those of the mean hour in which the machine is on. 1 is an even
    day."""

    answer_variation_ratio: Annotated[
        float,
        Field(ge=0, le=1.5),
        Display("demand", "Variation of answers", step=0.05),
    ] = DEFAULTS["answer_variation_ratio"]
    """Standard deviation of the answers' length over its mean: 0 where all are alike, 1 where many are short and a few
    very long."""

    first_token_p95_target_s: Annotated[
        float,
        Field(ge=0, le=36_000),
        Display("demand", "Target for the first word", unit="s"),
    ] = DEFAULTS["first_token_p95_target_s"]
    """At the peak hour 19 of 20 requests see their first word within this time; 0 sets no target."""

    answer_p95_target_s: Annotated[
        float,
        Field(ge=0, le=36_000),
        Display("demand", "Target for the whole answer", unit="s", step=5),
    ] = 0
    """At the peak hour 19 of 20 answers are complete within this time; 0 sets no target."""

    stream_target_tokens_per_s: Annotated[
        float,
        Field(ge=0, le=10_000),
        Display("demand", "Target for the speed of an answer", unit="tokens/s"),
    ] = 0
    """Tokens per second at which one person sees an answer grow at the peak hour; 0 sets no target."""

    unserved_fraction_max: Annotated[
        float,
        Field(ge=0, le=1),
        Display("demand", "Work that may stay undone", unit="%", shown=100),
    ] = 0
    """Share of the work that an option may leave unserved."""

    leaves_house_fraction_max: Annotated[
        float,
        Field(ge=0, le=1),
        Display("demand", "Work that may leave the house", unit="%", step=5, shown=100),
    ] = 1
    """Share of the work that other people's computers may read: 1 allows hosted and rented options, 0 leaves only
    machines of your own."""

    hourly_profile: tuple[Annotated[float, Field(ge=0, le=_MOST_IN_AN_HOUR)], ...] = ()
    """Requests of each hour of the week from Monday 0:00, as 168 weights; in place of the peak factor where it is known.
    Empty: one busiest hour a day by the peak factor."""

    open_session_count: Annotated[int, Field(ge=0, le=10_000)] = 0
    """Sessions whose read text should stay in memory between their turns, so that the cached share holds: where a
    machine holds fewer of them, it reads the others anew. 0: the cached share is taken as it is."""

    @model_validator(mode="after")
    def _profile_fits_the_hours_on(self) -> Self:
        if problem := profile_problem(
            self.hourly_profile, on_h_per_day=self.on_h_per_day, working_days_per_year=self.working_days_per_year
        ):
            raise ValueError(problem)
        return self
