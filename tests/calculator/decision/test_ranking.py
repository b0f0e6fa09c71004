"""Ranking of those that can do the job, and the nearest of those that cannot."""

from dataclasses import replace

from calculator import Comparison, Scenario, compare, load_catalog
from calculator.decision.comparison import OptionResult
from calculator.decision.eligibility import Eligibility, Reason, ReasonCode, Shares
from calculator.decision.ranking import named, nearest, ranked, value_usd
from tests.views.comparison_case import option

CATALOG = load_catalog()
MAC, SMALL = "mac-studio-m5-ultra-256", "mac-studio-m5-ultra-96"
USED = "mac-studio-m2-ultra-192-used"
AM5, API = "dual-rtx-4090-am5", "api-same-model"


def verdict_on(**values: object) -> Comparison:
    return compare(Scenario.parse(values), CATALOG, draw_count=64)


def test_ranked_are_those_that_can_lowest_present_value_first() -> None:
    found = verdict_on(first_token_p95_target_s=15)
    rows = ranked(found.options)
    assert {row.id for row in rows} == {row.id for row in found.options if row.eligible}
    values = [value_usd(row) for row in rows]
    assert values == sorted(values)


def test_nearest_is_the_one_that_is_mended_most_easily() -> None:
    # one does not fit at all, the other only waits too long
    found = verdict_on(options=(SMALL, "mac-studio-m3-ultra-512"), model="deepseek-v3-671b", first_token_p95_target_s=1)
    near, text, mending = nearest([row for row in found.options if not row.eligible])
    assert near.id == "mac-studio-m3-ultra-512"
    assert text
    assert mending
    assert named(near) == near.name


def test_of_several_too_small_ones_the_nearest_takes_the_fewest_machines() -> None:
    for count in ("auto", 1):
        found = verdict_on(requests_per_working_day=1_000_000, machine_count=count, options=(USED, MAC, SMALL))
        near, text, _ = nearest(found.options)
        assert near.id == MAC
        assert text.startswith("It would take 3,022 of these machines")


def test_of_several_that_do_not_fit_the_nearest_lacks_the_least_memory() -> None:
    found = verdict_on(options=(USED, SMALL, MAC), model="deepseek-v3-671b", weight_class="8-bit")
    short = {row.id: -row.memory.headroom_bytes for row in found.options if row.memory}
    near, text, mending = nearest(found.options)
    assert near.id == min(short, key=lambda name: short[name]) == MAC
    assert "does not fit" in text.lower()
    assert mending == f"{short[MAC] / 1e9:.1f} GB more memory."


def _row(name: str, *codes: ReasonCode, here: float | None = None, count: int | None = None) -> OptionResult:
    reasons = tuple(Reason(code, f"{name} {code}", f"mend {code}") for code in codes)
    shares = None if here is None else Shares(here, 0.0, 1 - here, 0.0)
    row = option(name, name, fit=None, cost=None)
    return replace(row, eligibility=Eligibility(reasons=reasons, shares=shares, machine_count=count))


def test_nearest_has_the_least_of_worst_reasons_then_fewest_then_serves_most_then_fewest_machines() -> None:
    unserved, both, memory = _row("b", "unserved"), _row("a", "leaves-the-house", "unserved"), _row("c", "does-not-fit")
    nothing = _row("d")
    for rows in ([unserved, both, memory, nothing], [nothing, memory, both, unserved]):
        assert nearest(rows) == (unserved, "b unserved", "mend unserved")
    assert nearest([both, memory, nothing])[0] is both
    assert nearest([memory, nothing])[0] is memory
    assert nearest([nothing]) == (nothing, "It has no cost.", "")
    more, less = _row("f", "unserved", here=0.8, count=9), _row("e", "unserved", here=0.7, count=1)
    assert nearest([less, more])[0] is more
    few, many = _row("h", "unserved", here=0.8, count=2), _row("g", "unserved", here=0.8, count=3)
    assert nearest([many, few])[0] is few
    unknown = _row("i", "unserved")
    assert nearest([unknown, _row("a", "unserved", here=0.1)])[0].name == "a"
