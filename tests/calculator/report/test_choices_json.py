"""Machines for a budget as a dictionary: nothing is lost, and it is JSON."""

import json

from calculator import Scenario, load_catalog
from calculator.decision.choose import Wanted, choose
from calculator.report.choices_json import choices_dict


def test_every_machine_of_the_catalogue_is_a_choice_or_left_out_with_a_reason() -> None:
    catalog = load_catalog()
    found = choices_dict(choose(Scenario(model="qwen3-32b"), catalog, wanted=Wanted(8_000, 900), as_of="2026-11-26"))
    chosen = {one["id"] for one in found["choices"]}
    left_out = {one["id"]: one["reason"] for one in found["left_out"]}
    assert chosen
    assert chosen | set(left_out) == set(catalog.machines)
    assert not chosen & set(left_out)
    assert all(left_out.values())
    assert all(one["price_usd"] <= 8_000 and one["watts"] <= 900 for one in found["choices"])
    assert found["wanted"] == {"budget_usd": 8_000, "most_w": 900}
    assert json.loads(json.dumps(found, allow_nan=False)) == found
