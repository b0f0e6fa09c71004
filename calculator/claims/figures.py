"""Figure claims: watts, prices kept, hours and specifications against the catalogue."""

import math

from calculator.catalog import Catalog
from calculator.catalog.claims import Claim
from calculator.catalog.options import Chip
from calculator.claims.finding import Bound, Finding, Verdict, cited, found, shown
from calculator.evidence import Quantity
from calculator.scenario.scenario import knobs
from calculator.units import counted, plain_number

_FIELDS = {"memory_options_gib": "unified memory", "bandwidth_gb_per_s": "memory bandwidth"}
EVIDENCE = ("measured", "vendor", "published", "derived")


def exists_claim(claim: Claim, catalog: Catalog) -> Finding:
    """Whether the machine ever existed; where a figure is claimed of it, whose figure that really is."""
    phantom = catalog.phantom_of(claim.machine)
    if phantom is None:
        box = catalog.chip_or_machine(claim.machine)
        return found(claim, "holds", f"{box.name} is in the catalogue.", sources=())
    sources = list(cited(catalog, phantom.source))
    if claim.claimed is None:
        nearest = f"nearest real machines: {', '.join(catalog.machines[key].name for key in phantom.nearest)}"
        return found(claim, "no such thing", phantom.sentence, arithmetic=[nearest], sources=sources)
    figure = f"{plain_number(claim.claimed.central)} {claim.claimed.unit}"
    owners = [
        chip
        for chip in catalog.chips.values()
        if chip.vendor == "apple" and claim.claimed.central in _specified(chip, claim.field)
    ]
    dated = ", ".join(f"{chip.name} ({chip.released})" for chip in owners) or "no chip of the catalogue"
    sources += [source for chip in owners for source in cited(catalog, chip.bandwidth_gb_per_s)]
    years = " and ".join(dict.fromkeys(f"{_family(chip)} of {chip.released[:4]}" for chip in owners))
    whose = f"is the {_FIELDS[claim.field]} of the {years}" if owners else "is no chip's of the catalogue"
    sentence = f"{figure} {whose}. There is no {claim.machine} that could have it."
    return found(claim, "no such thing", sentence, arithmetic=[f"{figure}: {dated}"], sources=sources)


def specification_claim(claim: Claim, catalog: Catalog) -> Finding:
    """A figure of a chip against its specification."""
    value = _claimed(claim).central
    chip = catalog.chips[claim.machine]
    known = _specified(chip, claim.field)
    low, high = min(known), max(known)
    verdict: Verdict = "holds" if low <= value <= high else "contradicted"
    unit = _claimed(claim).unit
    quantity = getattr(chip, claim.field)
    sources = cited(catalog, quantity if isinstance(quantity, Quantity) else chip.bandwidth_gb_per_s)
    return found(
        claim,
        verdict,
        f"{chip.name}: {' or '.join(f'{plain_number(one)}' for one in known)} {unit}.",
        bound=Bound(low, high, unit),
        arithmetic=[
            f"claimed {plain_number(value)} {unit}, specified {', '.join(f'{plain_number(one)}' for one in known)} "
            f"{unit}"
        ],
        sources=sources,
    )


def power_claim(claim: Claim, catalog: Catalog) -> Finding:
    """Watts against those of the machine and of its like.

    holds: near a reading of this machine. plausible: near a reading of its like, or within the range assumed for it.
    """
    value = _claimed(claim).central
    fields = claim.field.split("+")
    rows: list[tuple[str, str, Quantity]] = []
    for key in (claim.machine, *(other for other in claim.beside if other in catalog.machines)):
        power = catalog.machines[key].power
        rows += [
            (catalog.machines[key].name, name, quantity)
            for name in fields
            if (quantity := getattr(power, name)) is not None
        ]
    read = [row for row in rows if row[2].basis in EVIDENCE]
    judges = read or rows
    own_name = catalog.machines[claim.machine].name
    tolerance = catalog.constants["claim_tolerance_fraction"].central
    within_read = [row for row in read if row[2].low * (1 - tolerance) <= value <= row[2].high * (1 + tolerance)]
    within_assumed = [
        row for row in rows if row not in read and row[0] == own_name and row[2].low <= value <= row[2].high
    ]
    verdict: Verdict = "contradicted"
    if any(row[0] == own_name for row in within_read):
        verdict = "holds"
    elif within_read or within_assumed:
        verdict = "plausible"
    inside = verdict != "contradicted"
    low, high = min(row[2].low for row in judges), max(row[2].high for row in judges)
    steps = [
        f"{name}, {_words(field)}: {_ends(quantity)} W ({quantity.basis}: {quantity.note or quantity.source})"
        for name, field, quantity in rows
    ]
    maximum = catalog.machines[claim.machine].power.max_w
    if maximum is not None:
        steps.append(
            f"{catalog.machines[claim.machine].name}, maximum: {plain_number(maximum.high)} W ({maximum.basis})"
        )
    nearest = low if value < low else high
    known = "Readings" if read else "Our estimates"
    where = "possible" if inside else f"{value / nearest:.2f} times the nearest of them"
    sentence = (
        f"{known} lie between {plain_number(low)} and {plain_number(high)} W; {plain_number(value)} W is {where}."
    )
    for other in claim.beside:
        if other in catalog.claims:
            against = _claimed(catalog.claims[other]).central
            steps.append(
                f"the article's own {plain_number(against)} W for the same box under load: {plain_number(value)} - "
                f"{plain_number(against)} = {plain_number(value - against)} W"
            )
            if value > against:
                sentence += (
                    f" The article itself gives the same box {plain_number(against)} W under load, less than this."
                )
    return found(
        claim,
        verdict,
        sentence,
        bound=Bound(low, high, "W"),
        arithmetic=steps,
        figures={"low_w": low, "high_w": high},
        sources=cited(catalog, *(row[2] for row in rows), maximum),
    )


def heat_claim(claim: Claim, catalog: Catalog) -> Finding:
    """All the electricity becomes heat; what moving it out of the room costs in watts."""
    cop = catalog.defaults["cooling_cop_ratio"]
    steps: list[str] = []
    watts = 0.0
    for other in claim.beside:
        watts = _claimed(catalog.claims[other]).central
        steps.append(
            f"under load {plain_number(watts)} W become {plain_number(watts)} W of heat; an air conditioner takes "
            f"{plain_number(watts)} W / {plain_number(cop.central)} = {watts / cop.central:.0f} W to move it"
        )
    machine = catalog.machines[claim.machine]
    steps.append(
        f"{machine.name} while decoding: {_ends(machine.power.decode_w)} W of heat ({machine.power.decode_w.basis})"
    )
    sentence = (
        f"{shown(watts, 'W')} around the clock will heat a closet without ventilation; in an office during working "
        "hours they may not. No bound decides it."
    )
    return found(
        claim,
        "plausible",
        sentence,
        arithmetic=steps,
        figures={"heat_w": watts},
        sources=cited(catalog, cop, machine.power.decode_w) or cited(catalog, "article"),
    )


def reading_claim(claim: Claim, catalog: Catalog) -> Finding:
    """One observation against what others read or the maker states."""
    value, against = _claimed(claim).central, claim.against
    assert against is not None
    tolerance = catalog.constants["claim_tolerance_fraction"].central
    inside = against.low * (1 - tolerance) <= value <= against.high * (1 + tolerance)
    where = "possible, as one observation of one box" if inside else "outside that range"
    sentence = f"Others read {_ends(against)} {against.unit}; {plain_number(value)} is {where}."
    return found(
        claim,
        "plausible" if inside else "contradicted",
        sentence,
        bound=Bound(against.low, against.high, against.unit),
        arithmetic=[f"{_ends(against)} {against.unit}: {against.note}"],
        sources=cited(catalog, against),
    )


def default_range_claim(claim: Claim, catalog: Catalog) -> Finding:
    """A value that the page asks for as well, against the default's range."""
    value, default = _claimed(claim).central, catalog.defaults[claim.field]
    inside = default.low <= value <= default.high
    steps = [
        f"{knobs()[claim.field].label}: {_ends(default)}, central {plain_number(default.central)} "
        f"{_unit(default)}({default.basis}: {default.note})"
    ]
    steps += [
        f"{row.item}, {counted(row.age_years.central, 'year')} old: kept {_ends(row.kept_fraction)} ({row.channel}, {row.kept_fraction.as_of})"
        for row in (catalog.resale[key] for key in claim.beside)
    ]
    where = "within" if inside else "above" if value > default.high else "below"
    sentence = (
        f"{plain_number(value)} {default.unit if default.unit != '1' else 'of the list price'} lies {where} our range "
        f"of {_ends(default)} (central {plain_number(default.central)})."
    )
    return found(
        claim,
        "plausible" if inside else "contradicted",
        sentence,
        bound=Bound(default.low, default.high, default.unit),
        arithmetic=steps,
        sources=cited(catalog, default, *(catalog.resale[key].kept_fraction for key in claim.beside))
        or cited(catalog, claim.claimed),
    )


def product_claim(claim: Claim, catalog: Catalog) -> Finding:
    """A product of other claims: the arithmetic, and what it gives with our own values."""
    value = _claimed(claim).central
    parts = [_claimed(catalog.claims[key]) for key in claim.beside]
    product = math.prod(part.central for part in parts)
    defaults = [catalog.defaults[name] for name in claim.field.split("+")]
    ours = math.prod(one.central for one in defaults)
    holds = math.isclose(product, value, rel_tol=catalog.constants["claim_tolerance_fraction"].central)
    steps = [
        f"{' x '.join(f'{plain_number(part.central)} {part.unit}' for part in parts)} = {product:,.0f} USD a year",
        f"with our central values: {' x '.join(f'{plain_number(one.central)} {one.unit}' for one in defaults)} = "
        f"{ours:,.0f} USD a year",
        *(
            f"{knobs()[name].label}: {_ends(one)} {one.unit} ({one.basis})"
            for name, one in zip(claim.field.split("+"), defaults, strict=True)
        ),
    ]
    sentence = (
        f"The multiplication {'holds' if holds else f'gives {product:,.0f}'}; its factors are claims. "
        f"Our central values give {ours:,.0f} USD a year."
    )
    return found(
        claim,
        "holds" if holds else "impossible",
        sentence,
        bound=Bound(product, product, "USD"),
        arithmetic=steps,
        figures={"product_usd": product, "ours_usd": ours},
        sources=cited(catalog, *parts, *defaults),
    )


def resale_claim(claim: Claim, catalog: Catalog) -> Finding:
    """ "Scrap" names no figure: contradicted where every like thing of that age or more kept above a scrap's share."""
    scrap, default = catalog.constants["scrap_fraction"], catalog.defaults[claim.field]
    rows = [catalog.resale[key] for key in claim.beside]
    least = min(row.kept_fraction.low for row in rows)
    steps = [
        f"{row.item}, {counted(row.age_years.central, 'year')} old: {_ends(row.kept_fraction)} of "
        f"list ({row.kept_fraction.as_of}; {row.kept_fraction.note})"
        for row in rows
    ]
    steps.append(
        f"our range after 36 months: {_ends(default)}, central {plain_number(default.central)} ({default.basis})"
    )
    sentence = (
        f"Cards as old or older kept {plain_number(least)} of their list price or more; scrap would be "
        f"{plain_number(scrap.high)} or less."
    )
    return found(
        claim,
        "contradicted" if least > scrap.high else "plausible",
        sentence,
        bound=Bound(default.low, default.high, "1"),
        arithmetic=steps,
        figures={"least_kept_fraction": least},
        sources=cited(catalog, *(row.kept_fraction for row in rows)),
    )


def _specified(chip: Chip, field: str) -> tuple[float, ...]:
    value = getattr(chip, field)
    if isinstance(value, Quantity):
        return (value.low,) if value.low == value.high else (value.low, value.high)
    return tuple(value)


def _family(chip: Chip) -> str:
    """The chip without the number of its cores: 'Apple M2 Ultra'."""
    return chip.name.partition(" (")[0]


def _ends(range_: Quantity) -> str:
    """Both ends of a range as they are stated; one figure where they are alike."""
    return (
        plain_number(range_.low)
        if range_.low == range_.high
        else f"{plain_number(range_.low)} to {plain_number(range_.high)}"
    )


def _claimed(claim: Claim) -> Quantity:
    assert claim.claimed is not None
    return claim.claimed


def _unit(quantity: Quantity) -> str:
    return "" if quantity.unit == "1" else f"{quantity.unit} "


def _words(field: str) -> str:
    return field.removesuffix("_w").replace("_", " ")
