"""Ranking of those that can do the job, and the nearest of those that cannot."""

from calculator import Comparison, Scenario, compare, load_catalog
from calculator.decision.ranking import named, nearest, ranked, value_usd

CATALOG = load_catalog()
MAC, SMALL = "mac-studio-m5-ultra-256", "mac-studio-m5-ultra-96"
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
