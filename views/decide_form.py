"""The controls of the Decide page: its fields, and the lists that change only with the catalogue."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

from calculator import Catalog, Scenario
from calculator.catalog.freshness import NOUNS
from calculator.catalog.options import CloudOffer, Machine
from calculator.catalog.plans import Subscription
from calculator.catalog.price_age import price_kind
from calculator.decision.input_words import label as input_label
from calculator.decision.input_words import value as with_unit
from calculator.decision.input_words import whole_value
from calculator.evidence import Quantity
from calculator.report.option_figures import option_figures
from calculator.scenario.decisions import decided_differently, decisions_on, set_by
from calculator.scenario.own_figures import FIGURE_BOUNDS, MOST_USD
from calculator.scenario.presets import preset, preset_purposes
from calculator.scenario.question import MOST_OPTIONS
from calculator.scenario.scenario import ANOTHER_SIZE, knobs
from calculator.units import digits
from views.choices import choices_of, words_of_choice
from views.link import Link, text_of
from views.prices import PRICE_LABELS, price_figures

_ONE_BY_ONE = ("figures", "already_own_usd", "weight_classes")
FIRST_PRESET = "our-defaults"
_FIRST = ("article", "already-own-4090s", "one-developer", "coding-agent", "team-24-7")
FIELDS_BESIDE = (
    "model",
    "weight_class",
    "requests_per_working_day",
    "concurrent_request_count",
    "first_token_p95_target_s",
    "wage_usd_per_h",
    "electricity_usd_per_kwh",
    "resale_fraction",
    "gpu_resale_fraction",
)
"""The fields beside the answer, in their order."""
_ADDED = {"first_token_p95_target_s": " (0: none)", "electricity_usd_per_kwh": " per kWh"}
"""What the page adds to a name: a value that means none, or the unit."""
_ENDS: dict[str, tuple[float, float, float]] = {
    "requests_per_working_day": (0, 2000, 10),
    "concurrent_request_count": (1, 32, 1),
    "first_token_p95_target_s": (0, 120, 1),
    "wage_usd_per_h": (0, 400, 5),
    "electricity_usd_per_kwh": (0, 0.6, 0.005),
    "resale_fraction": (0, 100, 1),
    "gpu_resale_fraction": (0, 100, 1),
}
_MARKS = {"wage_usd_per_h": ("$", ""), "electricity_usd_per_kwh": ("$", ""), "first_token_p95_target_s": ("", "s")}
_PERCENT = 100
_GROUPS = {"mac": "Macs", "workstation": "PCs with GPUs", "mini-pc": "Small PCs with unified memory"}


def fields(catalog: Catalog) -> list[dict[str, Any]]:
    """What the component needs to draw each control; sliders in the unit that is shown."""
    found: list[dict[str, Any]] = []
    for name in FIELDS_BESIDE:
        knob = knobs()[name]
        label = label_of(name)
        if name == "model":
            models = sorted(
                ((key, model.name) for key, model in catalog.models.items()), key=lambda row: row[1].lower()
            )
            found.append({"name": name, "label": label, "choices": [*models, (ANOTHER_SIZE, "Another size")]})
        elif name == "weight_class":
            found.append(
                {
                    "name": name,
                    "label": label,
                    "choices": [
                        (one, words_of_choice(one)) for one in choices_of(Scenario.model_fields[name].annotation)
                    ],
                }
            )
        else:
            low, high, step = _ENDS[name]
            before, after = _MARKS.get(name, ("", "%" if knob.shown == _PERCENT else ""))
            found.append(
                {
                    "name": name,
                    "label": label,
                    "low": low,
                    "high": high,
                    "step": step,
                    "min": knob.low * knob.shown,
                    "max": knob.high * knob.shown,
                    "scale": knob.shown,
                    "before": before,
                    "after": after,
                }
            )
    return found


def values(scenario: Scenario) -> dict[str, Any]:
    """The value of each control."""
    return {name: getattr(scenario, name) for name in FIELDS_BESIDE}


@cache
def presets() -> list[tuple[str, str, str]]:
    """Each example: its name in the address, its title and what it is for; the defaults first, without a name."""
    names = (*_FIRST, *(name for name in preset_purposes() if name not in (FIRST_PRESET, *_FIRST)))
    rows = [(name, preset(name).name, preset_purposes()[name]) for name in names]
    first = preset(FIRST_PRESET).name.removeprefix("Our defaults: ")
    return [("", first[:1].upper() + first[1:], preset_purposes()[FIRST_PRESET]), *rows]


def lists(catalog: Catalog) -> dict[str, Any]:
    """Everything that the component keeps between frames."""
    grouped: dict[str, list[tuple[str, str]]] = {title: [] for title in _GROUPS.values()}
    for machine in catalog.machines.values():
        grouped[_GROUPS[machine.kind]].append((machine.id, machine.name))
    grouped["Rented"] = [(offer.id, offer.name) for offer in catalog.clouds.values()]
    grouped["Hosted APIs"] = [(offer.id, offer.name) for offer in catalog.apis.values()]
    grouped["Subscriptions"] = [(plan.id, plan.name) for plan in catalog.subscriptions.values()]
    return {
        "fields": fields(catalog),
        "presets": presets(),
        "options": [(title, sorted(rows, key=lambda row: row[1])) for title, rows in grouped.items()],
        "most": MOST_OPTIONS,
    }


def quotes(scenario: Scenario, catalog: Catalog) -> dict[str, Any]:
    """What a person may enter for each option: his price; for a machine also that he owns it already."""
    return {option: _quote(option, scenario, catalog) for option in scenario.options}


def _quote(option_id: str, scenario: Scenario, catalog: Catalog) -> dict[str, Any]:
    option = catalog.option(option_id)
    found: list[dict[str, Any]] = []
    facts: list[str] = []
    ours = {
        one.path.rpartition(".")[2]: one.quantity for one in option_figures(option, scenario, catalog) if one.counts
    }

    def own_figure(key: str, label: str) -> dict[str, Any]:
        figure = key.rpartition(".")[2]
        value, stands = scenario.figures.get(key), _ours(ours.get(figure))
        return _field("figures", key, label, value, bounds=FIGURE_BOUNDS[figure], placeholder=stands)

    for key in price_figures(option_id, scenario=scenario, catalog=catalog):
        found.append(own_figure(key, PRICE_LABELS[key.rpartition(".")[2]]))
    if isinstance(option, Machine):
        price = option.purchase_price()
        if scenario.sales_tax_fraction:
            found.append(_with_tax(found[0], scenario.sales_tax_fraction, ours=price.price_usd))
        noun = NOUNS.get(price_kind(option), "price")
        facts.append(
            f"{noun[:1].upper()}{noun[1:]} ${price.price_usd.central:,.0f} before tax, from {price.aged_from}."
        )
        worth = scenario.already_own_usd.get(option_id)
        label = "We own it; it would sell for ($)"
        found.append(_field("already_own_usd", option_id, label, worth, bounds=(0, MOST_USD), placeholder="no"))
        for figure, label in (
            ("setup_h", "Hours to set it up"),
            ("idle_w", "Watts at rest"),
            ("decode_w", "Watts at work"),
        ):
            found.append(own_figure(f"{option_id}.{figure}", label))
    elif isinstance(option, Subscription):
        found.append(own_figure(f"{option_id}.requests_per_window", "Requests of a seat in its window"))
    elif isinstance(option, CloudOffer):
        rate = option.rate(scenario.cloud_rate).rate_usd_per_h
        facts.append(f"${rate.central:,.2f} an hour, from {rate.as_of}.")
    return {"fields": found, "facts": facts}


def _with_tax(price: dict[str, Any], fraction: float, *, ours: Quantity) -> dict[str, Any]:
    """The same price as most quotes have it: the tax is taken off what is entered, and the scenario keeps one price."""
    label = f"Or with {digits(100 * fraction, 4)} % tax in it ($)"
    return {
        **price,
        **{"figure": "price_with_tax", "label": label, "times": 1 + fraction},
        "placeholder": _ours(ours, times=1 + fraction),
    }


def _ours(quantity: Quantity | None, *, times: float = 1) -> str:
    """What counts while a box is empty, as the empty box says it."""
    if quantity is None:
        return "not known"
    return f"{'yours' if quantity.basis == 'yours' else 'ours'}: {digits(quantity.central * times, 6)}"


def _field(
    table: str, key: str, label: str, value: float | None, *, bounds: tuple[float, float], placeholder: str
) -> dict[str, Any]:
    return {
        "table": table,
        "key": key,
        "figure": key.rpartition(".")[2] if table == "figures" else "own",
        "label": label,
        "value": value,
        "min": bounds[0],
        "max": bounds[1],
        "placeholder": placeholder,
    }


def changes(
    link: Link, scenario: Scenario, *, names: Mapping[str, str] | None = None, catalog: Catalog | None = None
) -> list[tuple[str, str, str, str]]:
    """What differs from where one started: name, label, value now and before; in the page's order.

    An own figure has a line of its own, whose name is `figures:<option>.<figure>`; `names` are the options' by id. With
    the catalogue our price stands beside a machine's own one.
    """
    base = preset(link.preset) if link.preset else Scenario()
    found: list[tuple[str, str, str, str]] = []
    differing = decided_differently(scenario, base)
    for name in dict.fromkeys(decision for field in link.own for decision in decisions_on(field)):
        now, before = getattr(scenario, name), getattr(base, name)
        if name not in differing or name in ("name", "typed", "prices_as_of", "rules"):
            continue
        if name in _ONE_BY_ONE:
            said = _Said(table=name, names=names or {}, catalog=catalog, bits=scenario.weight_class)
            found += [said.line(key, now, before) for key in sorted({*now, *before}) if now.get(key) != before.get(key)]
        else:
            said = [_shown(name, one, catalog) for one in (scenario, base)]
            found.append((name, label_of(name), said[0], said[1]))
    return found


def resets(scenario: Scenario, names: Sequence[str]) -> dict[str, list[str]]:
    """All that is taken back with a change, where that is more than what names it: a model's size with the model."""
    found = {name: list(set_by(name, scenario)) for name in names}
    return {name: together for name, together in found.items() if together != [name]}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """Words for the rows of one table of the scenario: whose row it is, and what its value is."""

    table: str
    names: Mapping[str, str]
    catalog: Catalog | None
    bits: str

    def line(self, key: str, now: Mapping[str, Any], before: Mapping[str, Any]) -> tuple[str, str, str, str]:
        """The row's name, label, value now and before."""
        label = self._label(key)
        said = [self._value(key, row[key]) if key in row else self._without(key) for row in (now, before)]
        return f"{self.table}:{key}", label[:1].upper() + label[1:], said[0], said[1]

    def _label(self, key: str) -> str:
        owner = self.names.get(key, key)
        if self.table == "already_own_usd":
            return f"{owner}, which we own"
        return f"Bits per weight of {owner}" if self.table == "weight_classes" else input_label(key, names=self.names)

    def _value(self, key: str, value: Any) -> str:
        if self.table == "weight_classes":
            return words_of_choice(value)
        if self.table == "already_own_usd" or key.endswith(".price_usd"):
            return _dollars(in_cents(self.table, key, value))
        return with_unit(key, value)

    def _without(self, key: str) -> str:
        """What counts where the table has no such row."""
        if self.table == "already_own_usd":
            return "bought"
        if self.table == "weight_classes":
            return f"{words_of_choice(self.bits)}, as for all"
        machine = self.catalog.machines.get(key.rpartition(".")[0]) if self.catalog else None
        if machine is None or not key.endswith(".price_usd"):
            return "ours"
        return f"{_dollars(machine.purchase_price().price_usd.central)} (ours)"


def _dollars(amount: float) -> str:
    """
    >>> _dollars(6199), _dollars(5780.891)
    ('$6,199', '$5,780.89')
    """
    return f"${amount:,.0f}" if amount == round(amount) else f"${amount:,.2f}"


def in_cents(table: str, key: str, value: float) -> float:
    """What a person pays or gets for a machine in whole cents; any other figure as it is.

    >>> in_cents("figures", "dgx-spark.price_usd", 7000 / 1.0725)
    6526.81
    """
    return round(value, 2) if table == "already_own_usd" or key.endswith(".price_usd") else value


def label_of(name: str) -> str:
    """What the page calls a value of the scenario."""
    knob = knobs().get(name)
    return knob.label + _ADDED.get(name, "") if knob else name.replace("_", " ").capitalize()


@cache
def _choices(name: str) -> tuple[str | int, ...]:
    return tuple(choices_of(Scenario.model_fields[name].annotation))


def _shown(name: str, scenario: Scenario, catalog: Catalog | None) -> str:
    """A value as a person reads it: a model's name or size, a choice in words, a number with its unit."""
    value = getattr(scenario, name)
    if name == "model":
        known = catalog.models.get(value) if catalog else None
        size = f"Another size, {whole_value('another_size_b', scenario.another_size_b)} parameters"
        return size if value == ANOTHER_SIZE else known.name if known else value
    if isinstance(value, Mapping):
        return f"{len(value)} of your own" if value else "none of your own"  # pyright: ignore[reportUnknownArgumentType]
    if isinstance(value, tuple):
        return f"{len(value)} of them"  # pyright: ignore[reportUnknownArgumentType]
    if name in knobs() and isinstance(value, int | float):
        return whole_value(name, value)
    return words_of_choice(value) if isinstance(value, str) and value in _choices(name) else text_of(value)
