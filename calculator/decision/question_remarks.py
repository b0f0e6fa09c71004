"""Remarks on the question itself: what a person should know before any option is answered."""

from collections.abc import Iterator, Mapping, Sequence

from calculator.catalog import Catalog
from calculator.catalog.options import ApiTariff
from calculator.cost.tax_lines import tax_remark
from calculator.decision import input_words
from calculator.decision.words import signed
from calculator.evidence import Remark
from calculator.scenario.own_catalog import not_compared
from calculator.scenario.presets import claimed_inputs
from calculator.scenario.scenario import ANOTHER_SIZE, Scenario
from calculator.scenario.version_1 import version_1_remark
from calculator.units import plain_number

_MOST_NAMED = 3
_SET_FOR = {
    "already_own_usd": "you own it already",
    "leases": "its lease",
    "shared_with_other_work": "its share of other work",
    "machine_counts": "the number of machines",
    "weight_classes": "the precision of its weights",
}
"""Tables of a scenario by option, and what an entry says."""


def question_remarks(scenario: Scenario, catalog: Catalog) -> tuple[Remark, ...]:
    """What is owned already, described but not compared, ranges that lie beside their value, tax, claims of others, rules of an earlier version.

    Raises UnknownIdError for an option that the catalogue does not know.
    """
    names = {option: catalog.option(option).name for option in scenario.options}
    owned = [
        Remark(code="already-own", text=_already_owned(names[option], usd), level="info")
        for option, usd in scenario.already_own_usd.items()
        if option in names
    ]
    shared = [
        Remark(code="shared-machine", text=input_words.shared_machine(names[option], share), level="info")
        for option, share in scenario.shared_with_other_work.items()
        if option in names
    ]
    beside: list[Remark] = []
    for name, (_, p50, _) in scenario.ranges.items():
        value = scenario.figures[name] if name in scenario.figures else getattr(scenario, name)
        if value != p50:
            owner = name.rpartition(".")[0]
            called = names if owner in names or not owner or "/" in owner else {owner: catalog.option(owner).name}
            text = _range_beside_value(name, value=value, middle=p50, names=called)
            beside.append(Remark(code="range-beside-value", text=text, level="warning"))
    of_rules = (tax_remark(scenario), version_1_remark(scenario.rules), _claims(claimed_inputs(scenario), names))
    idle = (*not_compared(scenario), *_set_for_nothing(scenario, catalog))
    return (*owned, *shared, *idle, *(remark for remark in of_rules if remark), *beside)


def _set_for_nothing(scenario: Scenario, catalog: Catalog) -> Iterator[Remark]:
    """What is set for an option of the catalogue that is not compared: it counts for nothing."""
    compared = scenario.compared_ids()
    left_out = dict.fromkeys(owner for table in _SET_FOR for owner in getattr(scenario, table) if owner not in compared)
    for owner in left_out:
        what = ", ".join(words for table, words in _SET_FOR.items() if owner in getattr(scenario, table))
        text = (
            f"{catalog.option(owner).name} is not compared, so what you set for it counts for nothing: {what}. "
            "Compare it, or remove what you set."
        )
        yield Remark(code="set-not-compared", text=text, level="info")


def reference_remarks(scenario: Scenario, reference: ApiTariff | None) -> tuple[Remark, ...]:
    """A warning where no hosted price of the model is known: what is bought elsewhere then has no price."""
    if scenario.model != ANOTHER_SIZE or reference is not None:
        return ()
    return (Remark(code="no-reference-price", text=_no_reference_price(), level="warning"),)


def _no_reference_price() -> str:
    """A model of another size, which no host offers."""
    return "No host offers a model of another size, so what a machine cannot serve has no API price."


def _claims(inputs: Sequence[str], names: Mapping[str, str]) -> Remark | None:
    """The warning that an answer rests on claims of the article; None where it rests on none. They are three at least."""
    if not inputs:
        return None
    said = [input_words.label(name, names=names) for name in inputs[:_MOST_NAMED]]
    more = len(inputs) - len(said)
    *first, last = [*said, f"{more} more"] if more else said
    text = (
        f"{len(inputs)} inputs are claims of the article, not our findings: {', '.join(first)} and {last}. The answer "
        "holds only if they are right."
    )
    return Remark(code="claims", text=text, level="warning")


def _already_owned(name: str, usd: float) -> str:
    """How a machine that is there already is counted."""
    return (
        f"{name}: you already own it, so it counts at today's resale value ({signed(usd)} after fees); what you "
        "originally paid is a sunk cost."
    )


def _range_beside_value(name: str, *, value: float, middle: float, names: Mapping[str, str]) -> str:
    """A person's value that is not the middle of the person's range, in the units of the page."""
    texts = [input_words.value(name, amount) for amount in (value, middle)]
    if texts[0] == texts[1]:  # as a person reads them
        texts = [plain_number(amount) for amount in (value, middle)]
    label = input_words.label(name, names=names)
    return (
        f"{label[:1].upper()}{label[1:]} is {texts[0]}, but the middle of its range is {texts[1]}. Totals use the value, "
        "their ranges use the range. Enter only one of them."
    )
