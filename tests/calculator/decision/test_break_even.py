"""Break-even among those that can do the job: the month, or why there is none."""

from calculator import Comparison, Scenario, compare, load_catalog
from calculator.decision import words
from calculator.decision.break_even import break_even, break_evens

CATALOG = load_catalog()
MAC, SMALL = "mac-studio-m5-ultra-256", "mac-studio-m5-ultra-96"
AM5, API = "dual-rtx-4090-am5", "api-same-model"


def verdict_on(**values: object) -> Comparison:
    return compare(Scenario.parse(values), CATALOG, draw_count=64)


def test_break_evens_leave_out_what_cannot_do_the_job() -> None:
    used = "mac-studio-m2-ultra-192-used"
    found = verdict_on(options=(used, MAC, "cloud-h100", API), first_token_p95_target_s=15)
    assert not found[used].eligible
    rows = break_evens(found.options)
    assert {(row.option, row.against) for row in rows} == {(MAC, "cloud-h100"), (MAC, API)}


def test_break_even_month_is_where_the_cumulative_costs_cross() -> None:
    found = verdict_on(options=(MAC, "cloud-h100"))
    row = break_even(found[MAC], found["cloud-h100"])
    ours, theirs = found[MAC].tco, found["cloud-h100"].tco
    assert ours is not None
    assert theirs is not None
    assert row.month is not None
    after, before = int(row.month), int(row.month) - 1
    crossed = [mine > other for mine, other in zip(ours.cumulative_usd, theirs.cumulative_usd, strict=True)]
    assert crossed[min(after + 1, len(crossed) - 1)]
    assert not crossed[max(before - 1, 0)]
    assert row.reason.startswith(f"{found[MAC].name} is cheaper than {found['cloud-h100'].name} from month ")


def test_purchase_that_never_pays_back_says_the_first_month_and_what_is_short_at_the_end() -> None:
    found = compare(Scenario.parse({"options": (MAC, SMALL, API)}), CATALOG, draw_count=0)
    for own, other in ((MAC, API), (MAC, SMALL)):
        mine, its = found[own].tco, found[other].tco
        assert mine is not None
        assert its is not None
        row = break_even(found[own], found[other])
        assert row.month is None
        assert row.reason == words.never_cheaper(
            found[own].name,
            found[other].name,
            own_usd=-mine.monthly_usd[1],
            other_usd=-its.monthly_usd[1],
            months=36,
            short_usd=mine.total_cost_usd - its.total_cost_usd,
        )


def test_lease_in_advance_breaks_even_in_the_month_that_the_chart_shows() -> None:
    """By the calendar its payments are those of a lease at the end of each month; only their discount differs."""
    leases = {MAC: {"usd_per_month": 410.0}}
    rows = [
        break_even(found[MAC], found["cloud-h100"])
        for in_advance in (False, True)
        for found in [verdict_on(options=(MAC, "cloud-h100"), leases={MAC: {**leases[MAC], "in_advance": in_advance}})]
    ]
    assert rows[0] == rows[1]


def test_first_month_of_the_sentence_is_month_one_of_both_though_the_api_costs_more_each_month() -> None:
    found = compare(Scenario.parse({"options": (MAC, API), "demand_growth_rate": 3.0}), CATALOG, draw_count=0)
    mine, its = found[MAC].tco, found[API].tco
    assert mine is not None
    assert its is not None
    own_usd, other_usd = (-sum(row.amount_usd for row in tco.ledger if row.month == 1) for tco in (mine, its))
    second_usd = -sum(row.amount_usd for row in its.ledger if row.month == 2)
    assert f"{other_usd:,.0f}" != f"{second_usd:,.0f}"
    row = break_even(found[MAC], found[API])
    assert row.month is None
    assert row.reason == words.never_cheaper(
        found[MAC].name,
        found[API].name,
        own_usd=own_usd,
        other_usd=other_usd,
        months=36,
        short_usd=mine.total_cost_usd - its.total_cost_usd,
    )
