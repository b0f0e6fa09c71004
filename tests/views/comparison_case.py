"""A Comparison made by hand, for tests of what is drawn: plausible figures, none of them a claim about a machine."""

import itertools
from dataclasses import replace
from typing import Literal

from calculator.catalog import load_catalog
from calculator.cost.tco import Tco
from calculator.decision.comparison import BreakEven, Comparison, HardVerdict, OptionResult, Verdict, Verdicts
from calculator.decision.eligibility import Eligibility, Reason
from calculator.decision.option_money import OptionMoney
from calculator.evidence import Remark
from calculator.finance.ledger import Line
from calculator.number import Range
from calculator.physics.memory.memory_fit import MemoryFit
from calculator.physics.speed.speed import Speed
from calculator.risk.candidates import Candidates
from calculator.risk.drawn_costs import DrawnCosts, Money
from calculator.scenario.scenario import Scenario
from calculator.service.occupancy import Service

GB = 1_000_000_000


def tco(
    *,
    months: int,
    purchase_usd: float = 0.0,
    setup_usd: float = 0.0,
    monthly_usd: dict[str, float],
    resale_usd: float = 0.0,
) -> Tco:
    """Lines of equal months and their folds, by plain sums."""
    lines: dict[str, list[float]] = {}
    if purchase_usd:
        lines["hardware"], lines["sales tax"] = (
            _once(-purchase_usd, 0, months),
            _once(-0.0725 * purchase_usd, 0, months),
        )
    lines["setup"] = _once(-setup_usd, 0, months)
    lines |= {line: [0.0, *[-amount] * months] for line, amount in monthly_usd.items()}
    if resale_usd:
        lines["resale"] = _once(resale_usd, months, months)
    monthly = [sum(flow) for flow in zip(*lines.values(), strict=True)]
    total, served = -sum(monthly), 200 * 21 * months * 4200.0
    soft = ("setup", "administration")
    hard = -sum(sum(flow) for line, flow in lines.items() if line not in soft)
    return Tco(
        months=months,
        lines={line: sum(flow) for line, flow in lines.items()},
        monthly_usd=tuple(monthly),
        cumulative_usd=tuple(itertools.accumulate(monthly)),
        total_cost_usd=total,
        hard_cost_usd=hard,
        present_value_cost_usd=0.93 * total,
        hard_present_value_cost_usd=0.93 * hard,
        discounted_usd=tuple(0.93 * usd for usd in itertools.accumulate(monthly)),
        equivalent_annual_cost_usd=0.38 * total,
        hard_equivalent_annual_cost_usd=0.38 * hard,
        usd_per_mtok=total / served * 1e6,
        hard_usd_per_mtok=hard / served * 1e6,
        marginal_usd_per_mtok=0.2 * total / served * 1e6,
        energy_kwh=1500.0,
        served_tokens=served,
        served_here_fraction=1.0,
        bought_fraction=0.0,
        remarks=(),
        entries=tuple(Line(line, "soft" if line in soft else "hard", ()) for line in lines),
        flows=tuple(tuple(flow) for flow in lines.values()),
        discounted_flows=tuple(tuple(0.93 * usd for usd in flow) for flow in lines.values()),
    )


def _once(amount_usd: float, month: int, months: int) -> list[float]:
    return [amount_usd if at == month else 0.0 for at in range(months + 1)]


def memory(*, usable_gb: float, weights_gb: float = 39.7, second_tenant_gb: float = 0.0) -> MemoryFit:
    """Weights, a 2.8 GB cache and 1.5 GB of work space against what is usable."""
    weights, cache, work, runtime, tenant = (int(size * GB) for size in (weights_gb, 2.8, 0.9, 0.6, second_tenant_gb))
    peak, usable = weights + cache + work + runtime + tenant, int(usable_gb * GB)
    return MemoryFit(
        weights_bytes=weights,
        kv_cache_bytes=cache,
        transient_bytes=work,
        overhead_bytes=runtime,
        second_tenant_bytes=tenant,
        peak_bytes=peak,
        usable_bytes=usable,
        tightest_peak_bytes=peak,
        tightest_usable_bytes=usable,
        headroom_bytes=usable - peak,
        fits=peak <= usable,
    )


def option(
    option_id: str,
    name: str,
    *,
    kind: Literal["own", "rent", "api"] = "own",
    fit: MemoryFit | None,
    cost: Tco | None,
    speed: float | None = 15.0,
    remarks: tuple[Remark, ...] = (),
    reasons: tuple[Reason, ...] = (),
    machine_count: int | None = None,
) -> OptionResult:
    """One option whose speeds are `speed` +- 20 %; it can do the job unless there are reasons why not."""
    fits = fit is None or fit.fits
    decode = None if speed is None else Speed(0.8 * speed, speed, 1.2 * speed, bound_by="weights", basis="fitted")
    return OptionResult(
        id=option_id,
        name=name,
        kind=kind,
        available=True,
        format_id="mlx-4bit",
        format_name="MLX 4-bit",
        runtime_id="mlx-lm",
        split="layer",
        weight_class="4-bit" if fit is not None else "",
        fits=fits,
        memory=fit,
        decode=decode,
        prefill=None,
        time_to_first_token=None
        if speed is None
        else Speed(30 / speed, 60 / speed, 120 / speed, unit="s", bound_by="compute", basis="fitted"),
        basis_of_speed="" if speed is None else "fitted",
        eligibility=Eligibility(
            reasons=reasons,
            machine_count=machine_count,
            first_token_p95_s=None if speed is None or kind == "api" else Range(9.0, 12.0, 18.0, "s"),
            keeps_promise_chance=None if speed is None or kind == "api" else 0.7,
        ),
        service=Service(5.0, 40.0, 210.0, 0.21, 1.0 if fits else 0.0, 2.0, 0.21),
        power_w={"idle": 10.0, "prefill": 250.0, "decode": 200.0},
        tco=cost,
        remarks=remarks,
        money=None if cost is None else OptionMoney(option_id, cost, _Around(cost)),
    )


class _Around(DrawnCosts):
    """Futures from 0.8 to 1.3 of the base case, their middle 5 % above it."""

    def __init__(self, cost: Tco) -> None:
        self._base = OptionMoney("", cost, None)

    def range(self, option: str, money: Money) -> Range:
        usd = self._base.range(money).central
        return Range(0.8 * usd, 1.05 * usd, 1.3 * usd, "USD")


def comparison(
    *,
    months: int = 36,
    second_tenant_gb: float = 0.0,
    money: Literal["present-value", "cash"] = "present-value",
    labour: Literal["with", "without"] = "with",
    overloaded: str = "",
) -> Comparison:
    """Five options: the dual 4090 does not fit, the API has no memory to show; `overloaded` has a cost but cannot keep
    up."""
    people, power = {"administration": 47.5}, {"energy idle": 4.0, "energy decode": 5.0, "cooling": 1.5}
    options = (
        option(
            "mac-studio-m5-ultra-256",
            "Mac Studio M5 Ultra 256 GB",
            fit=memory(usable_gb=206, second_tenant_gb=second_tenant_gb),
            cost=tco(months=months, purchase_usd=7499, setup_usd=285, monthly_usd=people | power, resale_usd=3100),
            speed=21,
        ),
        option(
            "mac-studio-m2-ultra-192-used",
            "Mac Studio M2 Ultra 192 GB, used",
            fit=memory(usable_gb=154, second_tenant_gb=second_tenant_gb),
            cost=tco(months=months, purchase_usd=4400, setup_usd=285, monthly_usd=people | power, resale_usd=1500),
            speed=12.1,
            machine_count=2,
        ),
        option(
            "dual-rtx-4090-threadripper",
            "Dual RTX 4090, Threadripper Pro",
            fit=memory(usable_gb=32),
            cost=None,
            speed=None,
            remarks=(
                Remark(code="does-not-fit", text="Llama 3 70B at 4-bit does not fit this machine.", level="problem"),
            ),
            reasons=(Reason("does-not-fit", "Does not fit: it needs 45 GB and has 32.", "3-bit weights fit."),),
        ),
        option(
            "cloud-h100",
            "Rented H100 80 GB",
            kind="rent",
            fit=memory(usable_gb=76),
            cost=tco(months=months, setup_usd=190, monthly_usd={"rental": 620.0, "administration": 79.0}),
            speed=44,
        ),
        option(
            "api-same-model",
            "Hosted API, same model",
            kind="api",
            fit=None,
            cost=tco(months=months, setup_usd=95, monthly_usd={"api": 14.0, "administration": 15.8}),
            speed=50,
            remarks=(Remark(code="old-price", text="The price is of 2026-03.", level="warning"),),
        ),
    )
    if overloaded:
        reason = Reason("overloaded-at-peak", "Cannot keep up: 3.5 times the work it can do.", "4 of these machines.")
        options = tuple(
            replace(row, eligibility=replace(row.eligibility, reasons=(reason,))) if row.id == overloaded else row
            for row in options
        )
    scenario = Scenario(months=months, second_tenant_gb=second_tenant_gb, money=money, labour=labour)
    best, second = options[4], options[1]
    assert best.tco is not None
    assert second.tco is not None
    difference = second.tco.total_cost_usd - best.tco.total_cost_usd
    verdict = Verdict(
        sentence=f"Over {months} months, Hosted API, same model costs ${difference:,.0f} less than "
        "Mac Studio M2 Ultra 192 GB, used.",
        detail="The difference lies between $900 and $5,200.",
        cheapest=best.id,
        next=second.id,
        difference_usd=Range(900.0, difference, 5200.0, "USD"),
        chance=0.93,
        too_close=False,
        hard=HardVerdict(
            "Counting only invoices the API is still the cheapest.",
            best.id,
            second.id,
            Range(500.0, 2000.0, 3000.0, "USD"),
            0.9,
        ),
        flips_sentence="Care of an API account above 40 h a year turns it.",
    )
    pair = replace(
        verdict, sentence="Mac or PC: no PC in this comparison can do the job.", cheapest=options[0].id, next=None
    )
    convention = "Nominal dollars, monthly flows at the month's end, purchase in month 0; people's time included."
    return Comparison(
        scenario=scenario,
        scenario_id=scenario.id(),
        catalogue_hash="0123456789abcdef",
        catalogue_compiled="2026-11-22",
        version="0.1.0",
        options=options,
        verdicts=Verdicts(verdict, pair, convention, 120.0, "", "Keeping your data in house costs $3,720 more."),
        break_even=(
            BreakEven(
                "mac-studio-m2-ultra-192-used",
                "cloud-h100",
                7.2,
                "After 7.2 months the Mac has cost less than the rented H100.",
            ),
            BreakEven(
                "mac-studio-m2-ultra-192-used", "api-same-model", None, "never: the API costs less in each month."
            ),
        ),
        remarks=(Remark(code="assumptions", text="14 of 26 inputs are assumptions.", level="info"),),
        candidates=Candidates((), scenario, {}, load_catalog().distributions),
        prices_as_of="2026-11-26",
    )
