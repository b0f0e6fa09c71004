"""Machines for a budget and a promise as a dictionary: what `choose --json`, /api/choose.json and assistants get."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

from calculator.decision.choose import Choices
from calculator.evidence import Remark
from calculator.report.answer_json import remark_dicts


def choices_dict(found: Choices, remarks: Iterable[Remark] = ()) -> dict[str, Any]:
    """The choices, cheapest over the horizon first, and every machine that is none, with its reason and mend.

    remarks: on the question as a whole.

    Prices and costs in US dollars, watts at the wall, headroom in GB (1e9 bytes); what was not asked for is null.
    """
    return {
        "scenario_id": found.scenario.id(),
        "model": found.scenario.model,
        "prices_as_of": found.prices_as_of,
        "wanted": asdict(found.wanted),
        "choices": [
            {**asdict(one), "stale": one.stale.text if one.stale else None, "is_dominated": one.is_dominated}
            for one in found.choices
        ],
        "left_out": [asdict(one) for one in found.left_out],
        "remarks": remark_dicts(remarks),
    }
