"""Value a machine keeps between today and its sale, as a share of what the same thing costs today."""

from collections.abc import Mapping
from dataclasses import dataclass

from calculator.catalog.options import Machine
from calculator.cost.inputs import Inputs
from calculator.cost.when import When
from calculator.finance.resale import ANCHOR_MONTHS, kept_fraction
from calculator.number import Number
from calculator.scenario.scenario import Scenario


@dataclass(frozen=True, slots=True)
class KeptValue:
    """Share of the base price that is left at the sale, in words and with what went into it."""

    fraction: Number
    says: str
    seen: Mapping[str, Number]


def kept_value(machine: Machine, *, inputs: Inputs, when: When, age_months: Number) -> KeptValue:
    """Share of the price kept from the purchase to the horizon; of draws the sum over all purchases of each.

    f^(held / 36) of a Mac or mini PC; of a PC its cards and the rest, each by its own f.
    With one anchor the curve falls by the same share in every month, so a used machine loses as much of today's price
    as a new one: curve(age + held) / curve(age) = curve(held). A share that a person sets for graphics cards holds for
    the whole box, and so does the default where the catalogue knows no split. By the rules of version 0.1 the base is
    the list price, and the age at the purchase (`age_months`) counts too.
    """
    scenario = inputs.scenario
    held = 0.0 if inputs.drawn else when.held_months(inputs)  # it only explains
    name, share = "resale_fraction", inputs.resale_fraction
    if machine.kind == "workstation":
        name, share = "gpu_resale_fraction", inputs.gpu_resale_fraction
    if scenario.rules == 1:
        age = age_months + held
        kept = when.held_in_all("kept from its age", _kept_from_age, share, age_months, inputs=inputs)
        says = "(kept after 36 months)^(age at sale / 36)"
        return KeptValue(kept, says, {name: share, "age_at_sale_months": age, "kept_fraction": kept})
    kept = when.held_in_all("kept", _kept, share, inputs=inputs)
    seen: dict[str, Number] = {name: share, "held_months": held}
    cards = machine.gpu_price_fraction
    if machine.kind != "workstation" or cards is None or _is_set(scenario, name):
        says = "(kept after 36 months)^(months held / 36)"
        return KeptValue(kept, says, {**seen, "kept_fraction": kept})
    of_cards, rest = inputs.of(machine.id, "gpu_price_fraction", cards), inputs.pc_rest_resale_fraction
    kept = of_cards * kept + (1 - of_cards) * when.held_in_all("kept", _kept, rest, inputs=inputs)
    says = "(cards' share of the price * kept by cards + the rest * kept by the rest, each ^(months held / 36))"
    seen |= {"gpu_price_fraction": of_cards, "pc_rest_resale_fraction": rest, "kept_fraction": kept}
    return KeptValue(kept, says, seen)


def _kept(held_months: Number, share: Number) -> Number:
    return kept_fraction(held_months, kept_at={ANCHOR_MONTHS: share})


def _kept_from_age(held_months: Number, share: Number, age_months: Number) -> Number:
    return kept_fraction(age_months + held_months, kept_at={ANCHOR_MONTHS: share})


def _is_set(scenario: Scenario, name: str) -> bool:
    """Whether a person gave this value, or a range or cases in its place."""
    return any(name in given for given in (scenario.typed, scenario.ranges, scenario.cases))
