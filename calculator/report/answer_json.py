"""The comparison and the prediction as plain dictionaries: what `--json` prints and the API route answers."""

import math
from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from calculator.analysis.carbon import carbon_accounts
from calculator.decision.can_do import can_do
from calculator.decision.comparison import Comparison, OptionResult
from calculator.evidence import Remark
from calculator.physics.prediction import Prediction
from calculator.physics.speed.speed import Speed
from calculator.report.currency import currency_dict
from calculator.report.prediction_words import operation_dict
from calculator.report.verdict_json import range_dict, verdicts_dict


def comparison_dict(comparison: Comparison) -> dict[str, Any]:
    """Everything of a Comparison but the month-by-month ledger (that is the CSV's).

    `lines` are signed as in the ledger (outgoing negative) and sum to `net_cash_usd`; `total_cost_usd` is minus that
    sum.
    """
    verdicts = comparison.verdicts
    carbon = {key: asdict(account) for key, account in carbon_accounts(comparison).items()}
    return {
        "version": comparison.version,
        "scenario": comparison.scenario.model_dump(mode="json"),
        "scenario_id": comparison.scenario_id,
        "catalogue_hash": comparison.catalogue_hash,
        "catalogue_compiled": comparison.catalogue_compiled,
        "measurements_hash": comparison.measurements_hash or None,
        "prices_as_of": comparison.prices_as_of,
        "verdicts": verdicts_dict(comparison),
        "keep_in_house_usd_per_month": verdicts.keep_in_house_usd_per_month,
        "keep_in_house_reason": verdicts.keep_in_house_reason,
        "options": [option_dict(option) | {"carbon": carbon.get(option.id)} for option in comparison.options],
        "break_even": [
            {"option": row.option, "against": row.against, "month": row.month, "reason": row.reason}
            for row in comparison.break_even
        ],
        "remarks": remark_dicts(comparison.remarks),
        "shown_in": currency_dict(comparison),
    }


def option_dict(option: OptionResult) -> dict[str, Any]:
    """One option; what is unknown is null, never zero.

    Ranges of money: central is the base case, the ledger's own sum; low and high are P10 and P90 of the futures. A
    hosted API's waits are null. `served_fraction` counts what is bought, too.
    """
    tco, memory, service = option.tco, option.memory, option.service
    judged = option.eligibility
    shares = judged.shares
    return {
        "id": option.id,
        "name": option.name,
        "kind": option.kind,
        "eligible": option.eligible,
        "can_do_the_job": can_do(option).words,
        "reasons": [{"code": reason.code, "text": reason.text, "mend": reason.mend} for reason in judged.reasons],
        "machine_count": judged.machine_count,
        "machine_count_reason": judged.machine_count_reason or None,
        "further_months": list(judged.further_months),
        "served_fraction": shares and 1.0 - shares.unserved_fraction,
        "served_here_fraction": shares and shares.served_here_fraction,
        "bought_fraction": shares and shares.bought_fraction,
        "leaves_house_fraction": shares and shares.leaves_house_fraction,
        "first_token_p95_s": range_dict(judged.first_token_p95_s),
        "answer_p95_s": range_dict(judged.answer_p95_s),
        "stream_tokens_per_s": range_dict(judged.stream_tokens_per_s),
        "keeps_promise_chance": judged.keeps_promise_chance,
        "fits": option.fits,
        "weight_class": option.weight_class or None,
        "format": option.format_id or None,
        "runtime": option.runtime_id or None,
        "split": option.split or None,
        "memory": memory
        and {
            "weights_bytes": memory.weights_bytes,
            "kv_cache_bytes": memory.kv_cache_bytes,
            "transient_bytes": memory.transient_bytes,
            "overhead_bytes": memory.overhead_bytes,
            "second_tenant_bytes": memory.second_tenant_bytes,
            "peak_bytes": memory.peak_bytes,
            "usable_bytes": memory.usable_bytes,
            "headroom_bytes": memory.headroom_bytes,
        },
        "decode_tok_s": speed_dict(option.decode),
        "prefill_tok_s": speed_dict(option.prefill),
        "ttft_s": speed_dict(option.time_to_first_token),
        "basis_of_speed": option.basis_of_speed or None,
        "service": service
        and {
            "prefill_h_per_month": service.prefill_h,
            "decode_h_per_month": service.decode_h,
            "on_h_per_month": service.on_h,
            "utilisation_fraction": service.utilisation_fraction,
            "served_fraction": service.served_fraction,
            "reached_batch_count": service.reached_batch_count,
        },
        "power_w": option.power_w,
        "total_cost_usd": tco and tco.total_cost_usd,
        "total_low_usd": option.total_usd and option.total_usd.low,
        "total_high_usd": option.total_usd and option.total_usd.high,
        "present_value_usd": range_dict(option.present_value_usd),
        "median_present_value_usd": option.median_present_value_usd,
        "hard_present_value_usd": range_dict(option.hard_present_value_usd),
        "hard_cost_usd": tco and tco.hard_cost_usd,
        "present_value_cost_usd": tco and tco.present_value_cost_usd,
        "hard_present_value_cost_usd": tco and tco.hard_present_value_cost_usd,
        "equivalent_annual_cost_usd": tco and tco.equivalent_annual_cost_usd,
        "hard_equivalent_annual_cost_usd": tco and tco.hard_equivalent_annual_cost_usd,
        "usd_per_mtok": tco and _existing(tco.usd_per_mtok),
        "hard_usd_per_mtok": tco and _existing(tco.hard_usd_per_mtok),
        "marginal_usd_per_mtok": tco and _existing(tco.marginal_usd_per_mtok),
        "energy_kwh": tco and tco.energy_kwh,
        "served_tokens": tco and tco.served_tokens,
        "net_cash_usd": tco and sum(tco.lines.values()),
        "token_prices_usd_per_mtok": token_prices(option),
        "lines": tco.lines if tco else {},
        "line_hardness": {entry.name: entry.hardness for entry in tco.entries} if tco else {},
        "remarks": remark_dicts(option.remarks),
    }


def token_prices(option: OptionResult) -> dict[str, float]:
    """What a hosted API asks per million tokens, by kind: input, output, cached, kept; empty for what is not hosted.

    Before batch discount and retries, of the tier that a request of this scenario falls into.
    """
    entries = option.tco.entries if option.kind == "api" and option.tco is not None else ()
    ending = "_usd_per_mtok"
    return {
        name.removesuffix(ending): float(value)
        for entry in entries
        for name, value in entry.inputs.items()
        if name.endswith(ending)
    }


def _existing(value: float) -> float | None:
    """None for a ratio that does not exist (a cost per token where there are no tokens)."""
    return value if math.isfinite(value) else None


def prediction_dict(prediction: Prediction) -> dict[str, Any]:
    """What `predict --json` prints. Speeds are null where the model does not fit."""
    memory = prediction.memory
    return {
        "machine": prediction.machine,
        "model": prediction.model,
        "format": prediction.format,
        "runtime": prediction.runtime,
        "chip_count": prediction.chip_count,
        "split": prediction.split,
        "prompt_tokens": prediction.prompt_tokens,
        "context_tokens": prediction.context_tokens,
        "batch": prediction.batch_count,
        "weights_bytes": memory.weights_bytes,
        "tower_bytes": memory.tower_bytes,
        "towers_included": memory.towers_included,
        "kv_cache_bytes": memory.kv_cache_bytes,
        "transient_bytes": memory.transient_bytes,
        "overhead_bytes": memory.overhead_bytes,
        "draft_bytes": memory.draft_bytes,
        "peak_bytes": memory.peak_bytes,
        "usable_bytes": memory.usable_bytes,
        "headroom_bytes": memory.headroom_bytes,
        "fits": memory.fits,
        "decode_tok_s": speed_dict(prediction.decode),
        "prefill_tok_s": speed_dict(prediction.prefill),
        "ttft_s": speed_dict(prediction.time_to_first_token),
        **operation_dict(prediction),
        "remarks": remark_dicts(prediction.remarks),
    }


def speed_dict(speed: Speed | None) -> dict[str, Any] | None:
    """A range with its basis, or None where there is no speed."""
    if speed is None:
        return None
    return {
        "low": speed.low,
        "central": speed.central,
        "high": speed.high,
        "unit": speed.unit,
        "bound_by": speed.bound_by,
        "basis": speed.basis,
        "note": speed.note,
    }


def remark_dicts(remarks: Iterable[Remark]) -> list[dict[str, str]]:
    """Remarks as code, text and level."""
    return [{"code": remark.code, "text": remark.text, "level": remark.level} for remark in remarks]
