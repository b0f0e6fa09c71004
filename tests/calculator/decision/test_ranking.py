"""Ranking of those that can do the job, and the nearest of those that cannot."""

from calculator import Comparison, Scenario, compare, load_catalog
from calculator.decision.ranking import named, nearest, ranked, value_usd

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
        assert text.startswith("It would take 3,019 of these machines")
