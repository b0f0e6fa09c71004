"""Explanations: the printed inputs multiply out to the ledger's line, each with its origin."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.analysis.explain import Explanation, explain, explanation_text
from calculator.errors import ScenarioError

CATALOG = load_catalog()


MAC, PC, USED = "mac-studio-m5-ultra-256", "dual-rtx-4090-threadripper", "mac-studio-m2-ultra-192-used"


Given = dict[str, float]

EXTRAS = {
    "electrical_work_usd": 1200,
    "warranty_usd": 399,
    "disposal_usd": 50,
    "insurance_rate": 0.01,
    "space_usd_per_month": 50,
    "software_usd_per_month": 20,
    "demand_charge_usd_per_kw_month": 12,
    "peak_hours_fraction": 0.3,
    "peak_price_ratio": 2,
    "cached_prompt_fraction": 0.3,
    "api_cache_write_fraction": 0.2,
    "availability_fraction": 0.98,
    "when_down": "buy-from-api",
}

SCENARIOS = {
    "default": {},
    "public body": {"site": "server-room", "timing": "annual-end", "sales_tax_fraction": 0},
    "tax, lease, reserved": {
        **EXTRAS,
        "tax_mode": "macrs-mid-quarter",
        "leases": {MAC: {"usd_per_month": 300, "buyout_usd": 1500}},
        "options": (MAC, PC, USED, "cloud-h100", "api-same-model", "api-frontier"),
        "cloud_rate": "reserved",
        "reserved_upfront_fraction": 0.5,
        "already_own_usd": {PC: 5000},
    },
    "growth, spot, batches": {
        **EXTRAS,
        "when_full": "buy-another",
        "demand_growth_rate": 1.5,
        "months": 36,
        "cloud_rate": "spot",
        "cloud_price_trend_rate": -0.1,
        "tax_mode": "straight-line",
        "downtime_usd_per_h": 3,
        "api_batch_fraction": 0.4,
        "api_retry_fraction": 0.02,
        "options": (MAC, PC, "cloud-h100", "api-same-model"),
    },
    "too much for it": {
        "requests_per_working_day": 20_000,
        "api_batch_fraction": 0.4,
        "api_retry_fraction": 0.02,
        "concurrent_request_count": 1,
        "machine_count": 1,
        "when_full": "buy-from-api",
        "first_token_p95_target_s": 0,
        "options": (MAC, "cloud-h100", "api-same-model"),
    },
    "by the second, and shared": {
        "options": ("cloud-h100", MAC),
        "cloud_rate": "serverless",
        "keep_warm_s": 60,
        "shared_with_other_work": {MAC: 0.25},
        "figures": {"cloud-h100.startup_minutes": 0.3},
    },
    "rented": {
        "options": ("cloud-h100", "api-same-capability"),
        "figures": {"cloud-h100.rate_usd_per_h": 2.5, "cloud-h100.storage_gb": 300},
    },
    "routed": {
        "options": ("mix",),
        "routing": {"mix": {"base": MAC, "to": "api:openai/gpt-6.1-sol", "share": 0.2}},
        "cached_prompt_fraction": 0.3,
    },
    "by the seat": {
        "options": ("chatgpt-plus", "claude-max-20x"),
        "requests_per_working_day": 1500,
        "seat_count": 4,
        "api_retry_fraction": 0.02,
        "figures": {"claude-max-20x.requests_per_window": 50, "claude-max-20x.seat_usd_per_month": 220},
    },
    "own figures": {
        "options": (MAC, "api-frontier"),
        "prompt_tokens": 300_000,
        "first_token_p95_target_s": 0,
        "figures": {
            f"{MAC}.price_usd": 9000,
            f"{MAC}.idle_w": 12,
            f"{MAC}.sleep_w": 1.5,
            "OpenAI/gpt-6.1-sol.price_ratio": 0.9,
        },
    },
}


def _busy(state: str) -> Callable[[Given], float]:
    def usd(x: Given) -> float:
        peak = 1 + x.get("peak_hours_fraction", 0) * (x.get("peak_price_ratio", 1) - 1)
        price = x["electricity_usd_per_kwh"] * (1 if state == "sleep" else peak)
        idle_w = x.get("idle_w", 0) if state in ("prefill", "decode") else 0  # of a machine that is on anyway
        return -(x[f"{state}_w"] - idle_w) / 1000 * x[f"{state}_h_per_month"] * price * x["machine_count"]

    return usd


def _tokens(kind: str) -> Callable[[Given], float]:
    def usd(x: Given) -> float:
        batch = 1 - x.get("api_batch_fraction", 0) * x.get("api_batch_discount_fraction", 0)
        factor = x.get("price_ratio", 1) * batch * (1 + x.get("api_retry_fraction", 0))
        return -x[f"{kind}_mtok_per_month"] * x[f"{kind}_usd_per_mtok"] * factor

    return usd


def _hours(x: Given) -> float:
    return next(value for name, value in x.items() if name.endswith("_h_per_year")) / 12 * x["wage_usd_per_h"]


def _repair(x: Given) -> float:
    rate = next(value for name, value in x.items() if name.endswith("_failure_rate"))
    aged = (1 + x["failure_growth_rate"]) ** x["age_when_bought_years"]
    return -rate / 12 * aged * x["repair_fraction"] * x.get("price_usd", x.get("worth_usd", 0)) * x["machine_count"]


def _resale(x: Given) -> float:
    fraction = next(value for name, value in x.items() if name in ("resale_fraction", "gpu_resale_fraction"))
    kept = fraction ** (x["held_months"] / 36)
    if "gpu_price_fraction" in x:
        cards = x["gpu_price_fraction"]
        kept = cards * kept + (1 - cards) * x["pc_rest_resale_fraction"] ** (x["held_months"] / 36)
    assert kept == pytest.approx(x["kept_fraction"])
    base = x.get("price_usd", x.get("worth_usd", 0))
    return base * kept * x["resale_market_index"] * (1 - x["resale_fee_fraction"]) * x["machine_count"]


def _reserved_month(x: Given) -> float:
    price = x["rate_usd_per_h"] * (1 - x.get("reserved_discount_fraction", 0))
    return price * x["paid_h_per_month"] * x["machine_count"]


def _rental(x: Given) -> float:
    if "busy_h_per_month" in x:
        return -x["rate_usd_per_h"] * x["busy_h_per_month"]
    return -_reserved_month(x) * (1 - x.get("reserved_upfront_fraction", 0)) * x.get("rented_h_ratio", 1)


def _further_rental(x: Given) -> float:
    """Each further one from its first month to the 36th, at the rate of each month: 10 % less a year."""

    def months(start: str) -> float:
        firsts = [int(month) for name, month in x.items() if name.startswith(start)]
        return sum(0.9 ** ((month - 1) / 12) for first in firsts for month in range(first, 37))

    quiet = x.get("quiet_h_fraction", 0)
    both = (1 - quiet) * months("first_month_of_") + quiet * months("first_quiet_month_of_")
    return -x["rate_usd_per_h"] * x["paid_h_per_month"] * both


def _overflow(x: Given) -> float:
    kinds = [name.removesuffix("_mtok_per_month") for name in x if name.endswith("_mtok_per_month")]
    return x["missed_month_1_fraction"] * sum(_tokens(kind)(x) for kind in kinds)


def _cooling(x: Given) -> float:
    ratio = x["pue_ratio"] - 1 if "pue_ratio" in x else x["cooling_season_fraction"] / x["cooling_cop_ratio"]
    return -x["energy_usd_per_month"] * ratio


def _insurance(x: Given) -> float:
    return -x["insurance_rate"] / 12 * x.get("price_usd", x.get("worth_usd", 0)) * x["machine_count"]


AT_PURCHASE: dict[str, Callable[[Given], float]] = {
    "hardware": lambda x: -x.get("price_usd", x.get("worth_usd", 0)) * x["machine_count"],
    "sales tax": lambda x: -x["price_usd"] * x["sales_tax_fraction"] * x["machine_count"],
    "setup": lambda x: -x["setup_h"] * x["wage_usd_per_h"] * x["machine_count"],
    "electrical work": lambda x: -x["electrical_work_usd"] * x["machine_count"],
    "warranty": lambda x: -x["warranty_usd"] * x["machine_count"],
    "reservation": lambda x: -_reserved_month(x) * x["reserved_months"] * x["reserved_upfront_fraction"],
}


IN_MONTH_1: dict[str, Callable[[Given], float]] = {
    **{f"energy {state}": _busy(state) for state in ("prefill", "decode", "idle", "sleep")},
    **{f"{kind} tokens": _tokens(kind) for kind in ("input", "kept", "cached", "output")},
    "cooling": _cooling,
    "demand charge": lambda x: -x["peak_kw"] * x["demand_charge_usd_per_kw_month"],
    "administration": lambda x: (
        -_hours(x)
        * (1 + (x.get("machine_count", 1) - 1) * x.get("further_care_fraction", 0))
        * x.get("borne_fraction", 1)
    ),
    "insurance": _insurance,
    "space": lambda x: (
        -x["space_usd_per_month"] * (1 + (x.get("machine_count", 1) - 1) * x.get("further_care_fraction", 0))
    ),
    "software": lambda x: -x["software_usd_per_month"],
    "rental": _rental,
    "warm rental": lambda x: -x["rate_usd_per_h"] * x["warm_h_per_month"],
    "cold starts": lambda x: -x["rate_usd_per_h"] * x["cold_starts_per_month"] * x["startup_s"] / 3600,
    "lease": lambda x: -x["lease_usd_per_month"] * x["machine_count"],
    "storage": lambda x: -x["storage_gb"] * x["storage_usd_per_gb_month"],
    "overflow to API": _overflow,
    "seats": lambda x: -x["seat_count"] * x["seat_usd_per_month"],
    "excess at token prices": _overflow,
    "downtime": lambda x: -(1 - x["availability_fraction"]) * x["on_h_per_month"] * x["downtime_usd_per_h"],
}

AT_THE_END: dict[str, Callable[[Given], float]] = {
    "resale": _resale,
    "disposal": lambda x: -x["disposal_usd"] * x["machine_count"],
    "buy-out": lambda x: -x["lease_buyout_usd"] * x["machine_count"],
}

IN_ALL: dict[str, Callable[[Given], float]] = {
    "tax on running costs": lambda x: x["tax_rate"] * x["costs_of_all_months_usd"],
    "tax on running costs paid in advance": lambda x: x["tax_rate"] * x["costs_of_all_months_usd"],
    "tax on staff time": lambda x: x["tax_rate"] * x["costs_of_all_months_usd"],
    "tax on depreciation": lambda x: (
        x["tax_rate"]
        * x.get("cost_usd", x.get("worth_usd", 0))
        * sum(v for k, v in x.items() if k.startswith("share_month_"))
    ),
    "tax on sale": lambda x: -x["tax_rate"] * (x["sale_usd"] - x["left_on_books_usd"]),
    "further machines": lambda x: (
        -_months(x)
        * x["machine_count"]
        * (x["price_usd"] * (1 + x["sales_tax_fraction"]) + x["electrical_work_usd"] + x["warranty_usd"])
    ),
    "further rental": _further_rental,
    "further setup": lambda x: -_months(x) * x["machine_count"] * x["setup_h"] * x["wage_usd_per_h"],
    "further resale": lambda x: (
        x["machine_count"]
        * sum(
            x["price_usd"] * x[f"kept_fraction_of_{n}"] * x["resale_market_index"] * (1 - x["resale_fee_fraction"])
            - x["disposal_usd"]
            for n in range(1, 16)
            if x.get(f"first_month_of_{n}", 99) <= 36
        )
    ),
}


# lines that grow from a month within the horizon: their last month is the arithmetic times the escalation, tested by
# hand in test_tco
BY_HAND_ELSEWHERE = {"repair", "further administration", "further space", "further repair", "further demand charge"}


def _months(x: Given) -> int:
    """How many further machines are bought within 36 months."""
    return sum(1 for name, month in x.items() if name.startswith("first_month_of_") and month <= 36)


def _again(found: Explanation) -> tuple[float, float] | None:
    """The ledger's amount and the one computed from the printed inputs; None for the lines that are tested elsewhere.
    The ledger's amount and the one computed from the printed inputs; None for the lines that are tested elsewhere."""
    given = {item.name: item.value for item in found.inputs}
    line = found.line.rpartition(": ")[2]  # of a routed option it has its part before it
    for table, usd in (
        (AT_PURCHASE, found.first_usd),
        (IN_MONTH_1, found.month_1_usd),
        (AT_THE_END, found.last_usd),
        (IN_ALL, found.total_usd),
    ):
        if line in table:
            return usd, table[line](given)
    assert line in BY_HAND_ELSEWHERE, f"{found.line} has no arithmetic in this test"
    return None


def test_explanation_of_every_line_multiplies_to_it() -> None:
    comparison = compare(Scenario(), CATALOG)
    for row in comparison.options:
        assert row.tco is not None
        for line, usd in row.tco.lines.items():
            found = explain(comparison, row.id, line, catalog=CATALOG)
            assert found.total_usd == pytest.approx(usd)
            assert found.formula
            assert found.inputs
            assert line in explanation_text(found)


def test_explanation_carries_sources_and_says_what_is_yours() -> None:
    scenario = Scenario(wage_usd_per_h=120, figures={"mac-studio-m5-ultra-256.price_usd": 9_999})
    comparison = compare(scenario, CATALOG)
    setup = {
        item.name: item for item in explain(comparison, "mac-studio-m5-ultra-256", "setup", catalog=CATALOG).inputs
    }
    assert setup["wage_usd_per_h"].basis == "yours"
    hardware = {i.name: i for i in explain(comparison, "mac-studio-m5-ultra-256", "hardware", catalog=CATALOG).inputs}
    assert (hardware["price_usd"].basis, hardware["price_usd"].value) == ("yours", 9_999)
    resale = {i.name: i for i in explain(comparison, "mac-studio-m5-ultra-256", "resale", catalog=CATALOG).inputs}
    assert resale["resale_fraction"].source
    assert resale["resale_fraction"].as_of == "2026-02"


@pytest.mark.parametrize("name", SCENARIOS)
def test_explanation_multiplies_out_to_the_ledgers_line(name: str) -> None:
    comparison = compare(Scenario.parse(SCENARIOS[name]), CATALOG)
    seen = 0
    for row in comparison.options:
        assert row.tco is not None, row.remarks
        for line, usd in row.tco.lines.items():
            found = explain(comparison, row.id, line, catalog=CATALOG)
            assert found.total_usd == pytest.approx(usd)
            amounts = _again(found)
            if amounts is not None:
                assert amounts[0] == pytest.approx(amounts[1], rel=1e-9, abs=1e-9), (row.id, line)
                seen += 1
            if line.rpartition(": ")[2] == "repair":
                month = next((m for m, usd in enumerate(row.tco.flows[list(row.tco.lines).index(line)]) if usd), None)
                given = {item.name: item.value for item in found.inputs}
                assert month == 1 + min(given["warranty_months"], given.get("cards_warranty_months", 84))
    assert seen >= 8


def test_table_of_lines_in_the_documentation_is_what_the_calculator_writes() -> None:
    page = (Path(__file__).parents[3] / "docs" / "model" / "finance.md").read_text("utf-8")
    table = page.split("## Lines", 1)[1].split("\n## ", 1)[0]
    said: dict[str, str] = {}
    for row in (line for line in table.splitlines() if line.startswith("| `")):
        names, _, dollars, fields, _ = (cell.strip() for cell in row.strip("|").split("|"))
        for name, soft in re.findall(r"`([^`]+)`( \(soft\))?", names):
            said[name] = "soft" if soft else dollars
        for field in re.findall(r"`([a-z_]+)`", fields):
            known = field in Scenario.model_fields or field.endswith("_") or field in ("in_advance", "buyout_usd")
            assert known, f"{field} is no field of the scenario"
    written: dict[str, str] = {}
    for values in SCENARIOS.values():
        for row in compare(Scenario.parse(values), CATALOG).options:
            assert row.tco is not None
            written |= {entry.name.rpartition(": ")[2]: entry.hardness for entry in row.tco.entries}
    assert written == {name: said.get(name) for name in written}
    assert set(said) == set(written)


def test_repair_multiplies_out_where_nothing_escalates() -> None:
    comparison = compare(Scenario(inflation_rate=0, warranty_months=0), CATALOG)
    for option in (MAC, PC):
        found = explain(comparison, option, "repair", catalog=CATALOG)
        assert found.month_1_usd == pytest.approx(_repair({item.name: item.value for item in found.inputs}))


@pytest.mark.parametrize("name", SCENARIOS)
def test_every_ingredient_says_where_it_comes_from(name: str) -> None:
    comparison = compare(Scenario.parse(SCENARIOS[name]), CATALOG)
    for row in comparison.options:
        assert row.tco is not None
        for line in row.tco.lines:
            found = explain(comparison, row.id, line, catalog=CATALOG)
            for item in found.inputs:
                assert item.basis, item
                assert item.unit, item
                if item.basis == "computed":
                    assert item.note not in ("", "from this scenario"), item
                elif item.basis not in ("yours", "chosen"):
                    assert item.as_of, item
            assert "{" not in explanation_text(found)


def test_evidence_stands_only_beside_the_catalogues_own_value() -> None:
    peak = Scenario(
        options=(PC, "api-same-model"), peak_hours_fraction=0.3, peak_price_ratio=2, already_own_usd={PC: 5000}
    )
    comparison = compare(peak, CATALOG)

    def ingredients(line: str) -> dict[str, str]:
        return {item.name: item.basis for item in explain(comparison, PC, line, catalog=CATALOG).inputs}

    idle = ingredients("energy idle")
    assert (idle["electricity_usd_per_kwh"], idle["peak_hours_fraction"]) == ("published", "chosen")
    assert ingredients("hardware") == {"worth_usd": "yours", "machine_count": "computed"}
    assert ingredients("repair")["worth_usd"] == "yours"
    assert ingredients("resale")["worth_usd"] == "yours"


def test_nothing_is_explained_of_an_option_that_is_not_there_or_has_no_cost() -> None:
    found = compare(Scenario.parse({"options": (MAC, USED), "model": "deepseek-v3-671b"}), CATALOG, draw_count=0)
    with pytest.raises(ScenarioError, match=f"'{PC}' is not among the options compared: {MAC}, {USED}"):
        explain(found, PC, "hardware", catalog=CATALOG)
    with pytest.raises(ScenarioError, match=f"{USED} cannot do the job, so it has no cost\\. "):
        explain(found, USED, "hardware", catalog=CATALOG)
    assert repr(found[USED]).startswith(f"{found[USED].name}: cannot do the job. ")


def test_payment_in_advance_and_its_relief_are_explained_in_their_calendar_months() -> None:
    asked = {"leases": {MAC: {"usd_per_month": 300}}, "tax_mode": "expense", "tax_rate": 0.25}
    comparison = compare(Scenario.parse(asked), CATALOG, draw_count=0)
    for line, usd in (("lease", -300), ("tax on running costs paid in advance", 75)):
        found = explain(comparison, MAC, line, catalog=CATALOG)
        assert (found.first_usd, found.month_1_usd, found.last_usd, found.total_usd) == (0, usd, usd, 36 * usd)
