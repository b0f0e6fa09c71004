"""A person's own machine as an entry of the catalogue; what is not given comes from the nearest machine, marked so."""

import math
from collections.abc import Mapping
from typing import Literal, TypeVar

from calculator.catalog import Catalog
from calculator.catalog.options import Chip, CloudOffer, Machine, OtherCards, Power, Price
from calculator.errors import CalculatorError, ScenarioError, UnknownIdError
from calculator.evidence import Quantity, Remark
from calculator.scenario.own_options import OwnOption
from calculator.units import digits, plain_number

T = TypeVar("T")
_STATUS = "yours"
_WATTS = ("idle_w", "prefill_w", "decode_w", "sleep_w")


def own_machine(key: str, own: OwnOption, *, catalog: Catalog) -> Machine:
    """The machine of that id. Raises ScenarioError where its chip, memory or runtime cannot be.

    Its own figures have the basis `yours`. Every other one is that of the nearest machine (`nearest_machine`) with the
    basis `assumption`: watts scaled as `_watts_as_there` says, the cards' share of the price by their number, and the
    note names the machine.
    """
    where = f"own_options.{key}"
    chip = _chip(where, own.chip, catalog)
    others = _other_cards(where, own, chip, catalog)
    sized = own.model_copy(update={"chip_count": sum(own.all_chips().values())})
    near = nearest_machine(sized, chip=chip, catalog=catalog)
    ratio = _work_ratio(own, near, catalog)
    taken: list[str] = []

    def figure(name: str, there: Quantity | None) -> Quantity | None:
        given: float | None = getattr(own, name)
        if given is not None:
            return _yours(given, unit=_unit(name), on=catalog.compiled)
        if there is not None:
            taken.append(name)
        return None if there is None else _as_there(there, near)

    def choice(name: str, given: T | None, there: T) -> T:
        if given is None:
            taken.append(name)
        return there if given is None else given

    unified = chip.memory_kind == "unified"
    boxes = unified and near.chip == own.chip
    watts = {name: _watts_as_there(getattr(near.power, name), ratio=ratio, exactly=boxes) for name in _WATTS}
    power = Power(
        scope=near.power.scope,
        **{name: figure(name, there) for name, there in watts.items()},  # pyright: ignore[reportArgumentType]
        max_w=near.power.max_w if ratio == 1 and not any(getattr(own, name) for name in _WATTS) else None,
    )
    setup = figure("setup_h", near.setup_h)
    assert setup is not None
    bought: Literal["new", "used"] = choice("bought", own.bought, near.bought)
    age = figure("age_when_bought_years", near.age_when_bought_years if bought == "used" else None)
    if bought == "used" and age is None:
        raise ScenarioError(
            f"{where}.age_when_bought_years is missing, and no machine like it is bought used. Give its age in years."
        )
    runtime = choice("runtime", own.runtime, near.runtime)
    if runtime not in catalog.runtimes or chip.vendor not in catalog.runtime(runtime).vendors:
        able = ", ".join(key for key, row in catalog.runtimes.items() if chip.vendor in row.vendors)
        raise ScenarioError(f"{where}.runtime is {runtime!r}; {chip.name} runs {able}. Name one of them.")
    if others and catalog.runtime(runtime).transient == "vllm":
        raise ScenarioError(
            f"{where}.runtime is {runtime!r}, which shares equally; cards of several kinds need llama.cpp."
        )
    machine = Machine(
        id=key,
        name=own.name or " + ".join(_name(catalog.chips[one], count) for one, count in own.all_chips().items()),
        kind=choice("kind", own.kind, near.kind),
        status=_STATUS,
        chip=own.chip,
        chip_count=own.chip_count,
        memory_gib=_memory_gib(where, own, chip, near, taken),
        other_cards=others,
        system_ram_gib=None if unified else choice("system_ram_gib", own.system_ram_gib, near.system_ram_gib),
        system_ram_gb_per_s=None if near.system_ram_gb_per_s is None else _as_there(near.system_ram_gb_per_s, near),
        storage_gb_per_s=None if near.storage_gb_per_s is None else _as_there(near.storage_gb_per_s, near),
        power=power,
        prices=(Price(kind="street", price_usd=_yours(own.price_usd, unit="USD", on=catalog.compiled)),),
        bought=bought,
        cards_bought=near.cards_bought if own.bought is None else None,
        age_when_bought_years=age,
        gpu_price_fraction=figure("gpu_price_fraction", _cards_share(sized, near)),
        setup_h=setup,
        runtime=runtime,
        split="layer" if others else choice("split", own.split, near.split),
    )
    return machine.model_copy(update={"note": _note(key, near, taken)})


def nearest_machine(own: OwnOption, *, chip: Chip, catalog: Catalog) -> Machine:
    """The machine of the catalogue that is most like it, by these in order: kind of memory, vendor, family, chip,
    memory where it is given, |log2| of the ratio of chips, of their bandwidths and of the prices."""

    def distance(machine: Machine) -> tuple[float, ...]:
        other = catalog.chips[machine.chip]
        return (
            other.memory_kind != chip.memory_kind,
            other.vendor != chip.vendor,
            other.family != chip.family,
            other.id != chip.id,
            own.memory_gib is not None and machine.memory_gib != own.memory_gib,
            _apart(machine.chip_count, own.chip_count),
            _apart(other.bandwidth_gb_per_s.central, chip.bandwidth_gb_per_s.central),
            _apart(machine.purchase_price().price_usd.central, own.price_usd),
        )

    return min(catalog.machines.values(), key=distance)


def own_remark(option: Machine | CloudOffer) -> tuple[Remark, ...]:
    """What of a machine of one's own was not given, and whose figures stand there; nothing for any other option."""
    if not isinstance(option, Machine) or option.status != _STATUS or not option.note:
        return ()
    return (Remark(code="own-option", text=f"{option.name}: {option.note}", level="info"),)


def _apart(one: float, other: float) -> float:
    return abs(math.log2(one / other)) if other > 0 else 0.0


def _chip(where: str, chip: str, catalog: Catalog) -> Chip:
    try:
        catalog.refuse_phantom(chip)
        if chip not in catalog.chips:
            raise UnknownIdError("chip", chip, catalog.chips)
    except CalculatorError as error:
        raise ScenarioError(f"{where}: {error}") from None
    return catalog.chips[chip]


def _other_cards(where: str, own: OwnOption, chip: Chip, catalog: Catalog) -> tuple[OtherCards, ...]:
    """Cards of other kinds beside the first. Raises ScenarioError where they cannot share a model."""
    names = [name for name in own.all_chips() if name != own.chip]
    others = [_chip(where, name, catalog) for name in names]
    for one in others:
        if "unified" in (one.memory_kind, chip.memory_kind):
            raise ScenarioError(f"{where}.chips: {one.name} and {chip.name} are no cards of one box. Name cards alone.")
        if one.vendor != chip.vendor:
            raise ScenarioError(
                f"{where}.chips: {one.name} and {chip.name} are of different makers, and nothing is known of such a "
                "pair. Name cards of one maker."
            )
    if others and own.split == "tensor":
        raise ScenarioError(f"{where}.split is 'tensor', which shares equally; cards of several kinds take layers.")
    return tuple(
        OtherCards(chip=one.id, chip_count=own.all_chips()[one.id], memory_gib=max(one.memory_options_gib))
        for one in others
    )


def _work_ratio(own: OwnOption, near: Machine, catalog: Catalog) -> float:
    """Chips times the maximum of a board, as a multiple of the nearest machine's; where none is known, chips times
    bandwidth."""
    there = catalog.chips[near.chip]
    ratio = 0.0
    for name, count in own.all_chips().items():
        chip = catalog.chips[name]
        size, other = chip.board_max_w, there.board_max_w
        if size is None or other is None:
            size, other = chip.bandwidth_gb_per_s, there.bandwidth_gb_per_s
        ratio += count / near.chip_count * size.central / other.central
    return ratio


def _watts_as_there(there: Quantity | None, *, ratio: float, exactly: bool) -> Quantity | None:
    """Watts for `ratio` times the work of cards: from as many as there to `ratio` times as many, the middle between.

    The platform and cards that wait do not grow with the number of cards; whole boxes do (`exactly`).
    """
    if there is None or ratio == 1:
        return there
    least, most = (ratio, ratio) if exactly else (min(1.0, ratio), max(1.0, ratio))
    return there.model_copy(
        update={
            "low": there.low * least,
            "central": there.central * (least + most) / 2,
            "high": there.high * most,
            "note": (
                f"scaled by {digits(least, 3)} to {digits(most, 3)} for other chips or another number of them. "
                f"{there.note}"
            ).strip(),
        }
    )


def _as_there(there: Quantity, near: Machine) -> Quantity:
    """A figure of another machine, as an assumption that says whose it is."""
    note = f"not given; as {near.name} ({near.id}). {there.note}".strip()
    return there.model_copy(update={"basis": "assumption", "note": note})


def _yours(value: float, *, unit: str, on: str) -> Quantity:
    return Quantity(low=value, central=value, high=value, unit=unit, basis="yours", as_of=on)


def _unit(name: str) -> str:
    return {"age_when_bought_years": "year", "gpu_price_fraction": "1", "setup_h": "h"}.get(name, "W")


def _cards_share(own: OwnOption, near: Machine) -> Quantity | None:
    """The cards' share of the price for another number of cards, the rest of the PC being the same.

    n times the cards: n * f / (n * f + 1 - f).
    """
    there, times = near.gpu_price_fraction, own.chip_count / near.chip_count
    if there is None or times == 1:
        return there
    shares = {bound: getattr(there, bound) for bound in ("low", "central", "high")}
    return there.model_copy(
        update={
            **{bound: times * share / (times * share + 1 - share) for bound, share in shares.items()},
            "note": f"for {own.chip_count} cards instead of {near.chip_count}. {there.note}",
        }
    )


def _memory_gib(where: str, own: OwnOption, chip: Chip, near: Machine, taken: list[str]) -> float:
    """Memory of one chip: what is given, the only size there is, else that of the nearest machine, or nearest to it."""
    sizes = chip.memory_options_gib
    if own.memory_gib is not None:
        if own.memory_gib not in sizes:
            listed = ", ".join(plain_number(size) for size in sizes)
            raise ScenarioError(
                f"{where}.memory_gib is {plain_number(own.memory_gib)}; it is the memory of one chip, and {chip.name} "
                f"came with {listed} GB. Give one of these."
            )
        return own.memory_gib
    if len(sizes) > 1:
        taken.append("memory_gib")
    return min(sizes, key=lambda size: (_apart(size, near.memory_gib), -size))


def _name(chip: Chip, count: int) -> str:
    return f"{count}x {chip.name}" if count > 1 else chip.name


def _note(key: str, near: Machine, taken: list[str]) -> str:
    """What was not given, in words, and how to give it."""
    names = [_WORDS[name] for name in _WORDS if name in taken]
    if not names:
        return ""
    first = next(name for name in _WORDS if name in taken)
    return (
        f"What you did not give comes from {near.name} ({near.id}): {', '.join(names)}. "
        f"Give yours as own_options.{key}.{first}, and so on."
    )


_WORDS: Mapping[str, str] = {
    "memory_gib": "memory of a chip",
    "system_ram_gib": "system RAM",
    "idle_w": "idle watts",
    "prefill_w": "watts while reading",
    "decode_w": "watts while writing",
    "sleep_w": "watts asleep",
    "setup_h": "setup hours",
    "bought": "whether it is bought new or used",
    "age_when_bought_years": "age when bought",
    "gpu_price_fraction": "the cards' share of the price",
    "kind": "kind of machine",
    "runtime": "runtime",
    "split": "split over the chips",
}
