"""Machines whose memory and speed Fit & speed can say: those compared, and those that a route sends requests to."""

from collections.abc import Sequence
from dataclasses import dataclass

from calculator import Catalog, Scenario
from calculator.catalog.hardware import hardware_of
from calculator.catalog.options import CloudOffer, Machine
from calculator.catalog.routed import Routed
from calculator.decision.comparison import Comparison, OptionResult
from calculator.decision.memory_words import SEVERAL_CARDS
from calculator.decision.one_option import Question, answer_of
from calculator.decision.routed_option import routed_parts
from calculator.decision.words import percent
from calculator.physics.measured import MeasuredSpeed
from calculator.scenario.own_catalog import catalog_of
from calculator.service.capability import reference_tariff, scenario_model
from views.decide_words import name_of


@dataclass(frozen=True, slots=True)
class Box:
    """A machine, bought or rented, and the scenario that it is asked: as part of a route, that of its share.

    key: the option's id, or the route's and the machine's. route: the id of the route, "" for an option of its own.
    """

    key: str
    name: str
    option: Machine | CloudOffer
    scenario: Scenario
    route: str = ""


def boxes(scenario: Scenario, catalog: Catalog) -> list[Box]:
    """The compared machines, and the machines of the compared routes, in the order of the options."""
    catalog = catalog_of(scenario, catalog)
    found: list[Box] = []
    for option_id in dict.fromkeys(scenario.options):
        option = catalog.option(option_id)
        if isinstance(option, Machine | CloudOffer):
            found.append(Box(option.id, option.name, option, scenario))
        elif isinstance(option, Routed):
            for part in routed_parts(option, scenario):
                machine = catalog.option(part.option_id)
                if isinstance(machine, Machine | CloudOffer):
                    key, name = f"{option.id}/{machine.id}", f"{option.name}: {machine.name}"
                    found.append(Box(key, name, machine, part.scenario, option.id))
    return found


def different_boxes(scenario: Scenario, catalog: Catalog) -> list[Box]:
    """The boxes without those that are asked the same as one before them: same machine, model and lengths."""
    found: dict[tuple[str, str, int], Box] = {}
    for box in boxes(scenario, catalog):
        found.setdefault((box.option.id, box.scenario.model, box.scenario.input_tokens()), box)
    return list(found.values())


def machines(scenario: Scenario, catalog: Catalog) -> list[Machine | CloudOffer]:
    """Each machine of the boxes once."""
    return list({box.option.id: box.option for box in boxes(scenario, catalog)}.values())


def several_cards(scenario: Scenario, catalog: Catalog) -> str:
    """How memory counts on several cards, to be said once on the page; empty where no machine holds several."""
    chips = catalog_of(scenario, catalog).chips
    found = machines(scenario, catalog)
    return SEVERAL_CARDS if any(hardware_of(one, chips=chips).all_chips_count() > 1 for one in found) else ""


def answered(
    comparison: Comparison, catalog: Catalog, measured: Sequence[MeasuredSpeed]
) -> list[tuple[Box, OptionResult]]:
    """Each box with its answer: the comparison's own, or that of the part of a route."""
    scenario = comparison.scenario
    catalog = catalog_of(scenario, catalog)
    return [
        (box, _of_part(box, comparison, catalog, measured) if box.route else comparison[box.key])
        for box in boxes(scenario, catalog)
    ]


def _of_part(box: Box, comparison: Comparison, catalog: Catalog, measured: Sequence[MeasuredSpeed]) -> OptionResult:
    asked = box.scenario
    question = Question(
        asked,
        catalog,
        scenario_model(asked, catalog),
        reference_tariff(asked, catalog),
        tuple(measured),
        comparison.prices_as_of,
    )
    return answer_of(question, box.option.id)[0]


def hosted_sentences(comparison: Comparison, catalog: Catalog) -> list[str]:
    """Why some options, or some parts of them, have no memory and no speed here: they are a host's."""
    scenario = comparison.scenario
    catalog = catalog_of(scenario, catalog)
    known = {box.key for box in boxes(scenario, catalog)}
    alone: list[str] = []
    said: list[str] = []
    for row in comparison.options:
        option = catalog.option(row.id)
        if not isinstance(option, Routed):
            alone += [] if row.id in known else [name_of(row)]
            continue
        for part in routed_parts(option, scenario):
            if f"{row.id}/{part.option_id}" not in known:
                host = catalog.option(part.option_id).name
                share = percent(part.share)
                said.append(
                    f"{name_of(row)} sends {share} of its requests to {host}, whose memory and speed are the host's."
                )
    if alone:
        said.insert(0, f"{' and '.join(alone)}: no row here, as memory and speed are the host's.")
    return said
