"""Sheet Inputs: the facts of the answer, and every price and rate that the formulas follow, named and blue."""

# pyright: reportUnknownMemberType=false

from collections.abc import Mapping
from dataclasses import dataclass

from calculator.catalog import Catalog
from calculator.catalog.options import Machine
from calculator.decision import input_words
from calculator.decision.comparison import Comparison
from calculator.report.facts import HARD_OR_SOFT, LABOUR_WORDS, MONEY_WORDS, SIGN, provenance
from calculator.report.live_lines import LiveOption
from calculator.report.live_prices import price_of
from calculator.report.memo_facts import question_of
from calculator.report.workbook_page import Book
from calculator.scenario.scenario import Scenario, knobs
from calculator.units import unit_of_name

MONEY, LABOUR, CHANGED = "money_shown", "labour_shown", "changed_inputs"
_SHORT = 40
_HELD = {
    "worth_usd": "What {} would sell for today",
    "lease_usd_per_month": "Lease of {}",
    "lease_buyout_usd": "Price of {} at the end of its lease",
}
DISCOUNT, TAX = "discount_rate", "tax_rate"


@dataclass(frozen=True, slots=True)
class LiveInput:
    """One blue cell: the engine's key, its words, unit and value now, and where it comes from."""

    key: str
    label: str
    unit: str
    value: float
    is_fraction: bool
    basis: str
    as_of: str
    low: float | None
    high: float | None


def live_inputs(comparison: Comparison, options: list[LiveOption], catalog: Catalog) -> list[LiveInput]:
    """Every price and rate that some line follows: those of the scenario, then those of each option."""
    scenario = comparison.scenario
    found: dict[str, LiveInput] = {DISCOUNT: _of_scenario(DISCOUNT, scenario, catalog)}
    if scenario.tax_mode != "none":
        found[TAX] = _of_scenario(TAX, scenario, catalog)
    for option in options:
        for line in option.lines:
            for part in line.parts:
                index = (part.product.index,) if part.product.index else ()
                for key in (*(factor.key for factor in part.product.factors), *index):
                    if key not in found and "." not in key:
                        found[key] = _of_scenario(key, scenario, catalog)
                    elif key not in found:
                        found[key] = _of_option(key, option, comparison)
    return sorted(found.values(), key=lambda one: "." in one.key)


def write_inputs(book: Book, comparison: Comparison, inputs: list[LiveInput], *, catalog: Catalog) -> None:
    """The sheet: what was asked, of which model, and each blue cell with its name."""
    scenario = comparison.scenario
    page = book.page(
        "Inputs",
        note="Blue cells may be changed: Cash flow, Summary and Checks follow. Machines, speeds, odds and ranges are "
        "stamped: they are the engine's at export and follow in the product only.",
        widths={0: 58, 1: 14, 2: 24, 3: 14, 4: 12, 5: 12, 6: 13, 7: 12, 8: 40},
    )
    facts = {
        "Question": question_of(comparison, catalog),
        "Scenario": scenario.name,
        **provenance(comparison),
        "Timing": comparison.verdicts.convention,
        "Sign": SIGN,
        "Hard and soft": HARD_OR_SOFT,
    }
    row = 3
    for label, text in facts.items():
        page.text(row, 0, label.replace("_", " "))
        if len(text) > _SHORT:
            page.long_text(row, (1, 8), text)
        else:
            page.text(row, 1, text or "none")
        row += 1
    row += 1
    for name, words, now in ((MONEY, MONEY_WORDS, scenario.money), (LABOUR, LABOUR_WORDS, scenario.labour)):
        page.text(row, 0, "; ".join(f"{key}: {says}" for key, says in words.items()))
        page.text(row, 1, now, "blue text")
        page.sheet.data_validation(row, 1, row, 1, {"validate": "list", "source": list(words)})
        _define(book, name, page.at(row, 1, fixed_row=True, fixed_column=True))
        row += 1
    row += 1
    titles = ("Input", "Value", "Unit", "At export", "P10", "P90", "Known as", "Date", "Key in the product")
    page.head(row, titles)
    page.sheet.freeze_panes(0, 0)
    first = row + 1
    for row, one in enumerate(inputs, start=first):
        style = "percent" if one.is_fraction else "number"
        page.text(row, 0, one.label)
        page.number(row, 1, one.value, f"blue{' percent' if one.is_fraction else ''}")
        page.text(row, 2, one.unit)
        page.number(row, 3, one.value, style)
        page.number(row, 4, one.low, style)
        page.number(row, 5, one.high, style)
        page.text(row, 6, one.basis)
        page.text(row, 7, one.as_of)
        page.text(row, 8, one.key)
        _define(book, book.name_for(one.key), page.at(row, 1, fixed_row=True, fixed_column=True))
    last = first + len(inputs) - 1
    page.text(last + 2, 0, "Inputs changed since the export", "bold")
    now, then = page.span((first, 1), (last, 1)), page.span((first, 3), (last, 3))
    page.formula(last + 2, 1, f"=SUMPRODUCT(({now}<>{then})*1)", 0, "number")
    _define(book, CHANGED, page.at(last + 2, 1, fixed_row=True, fixed_column=True))


def _define(book: Book, name: str, address: str) -> None:
    book.workbook.define_name(name, f"={address}")


def _of_scenario(key: str, scenario: Scenario, catalog: Catalog) -> LiveInput:
    knob, quantity = knobs().get(key), catalog.defaults.get(key)
    value = float(getattr(scenario, key))
    if quantity is not None and (key in scenario.typed or value != quantity.central):
        quantity = None
    return LiveInput(
        key=key,
        label=capital(knob.label) if knob else label_in_words(key, {}),
        unit=(input_words.unit(key)[0].removeprefix("%").strip() if knob else unit_of_name(key)) or "",
        value=value,
        is_fraction=bool(knob and knob.shown == 100),
        basis=quantity.basis if quantity else "yours" if value or key in scenario.typed else "not set",
        as_of=quantity.as_of if quantity else "",
        low=quantity.low if quantity else None,
        high=quantity.high if quantity else None,
    )


def _of_option(key: str, option: LiveOption, comparison: Comparison) -> LiveInput:
    price = price_of(key, candidate=option.candidate, scenario=comparison.scenario)
    figure = key.rpartition(".")[2]
    names = {one.id: one.name for one in comparison.options}
    quantity, machine = price.quantity, option.candidate.option
    as_of = quantity.as_of if quantity else ""
    if quantity and isinstance(machine, Machine) and figure == "price_usd":
        as_of = machine.purchase_price().aged_from
    words, factor = input_words.unit(key)
    return LiveInput(
        key=key,
        label=label_in_words(key, names),
        unit=(words if factor == 1 else "") or unit_of_name(figure) or "USD",
        value=price.value,
        is_fraction=False,
        basis=quantity.basis if quantity else "yours",
        as_of=as_of,
        low=quantity.low if quantity else None,
        high=quantity.high if quantity else None,
    )


def label_in_words(key: str, names: Mapping[str, str]) -> str:
    """An input as pages and memo call it; a price at a host has the host's name. `names`: the options', by id."""
    owner, _, figure = key.rpartition(".")
    host, _, model = owner.partition("/")
    named = {owner: f"the API of {host}"} if model and owner not in names else {}
    if figure in _HELD:
        return _HELD[figure].format(names.get(owner, owner))
    return capital(input_words.label(key, names={**names, **named}))


def capital(text: str) -> str:
    """A cell's text with a capital first."""
    return text[:1].upper() + text[1:]
