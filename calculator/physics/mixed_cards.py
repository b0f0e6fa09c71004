"""Mixed cards in one box: which layers each card holds, whether they fit, and the speed of cards that take turns.

Whole layers go to the cards, the fastest first (by bandwidth), as many as its memory holds beside overhead; the rest go
to the next. That is the fastest split of a sequence: with l_i of L layers on cards whose own speed for the whole model
would be v_i,

    step time = sum of l_i / L x 1 / v_i          v = 1 / (sum of l_i / L / v_i)

so the slow card bounds what is on it. The first card holds encoders, the last one head and work space. Own form.
"""

from collections.abc import Callable, Sequence
from dataclasses import replace

from calculator.catalog import Catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.catalog.hardware import CardGroup, Hardware
from calculator.evidence import Remark
from calculator.physics.memory.memory_fit import TIGHT_FRACTION, CardFit, MemoryFit, memory_fit
from calculator.physics.memory.usable import usable
from calculator.physics.memory.weights import bytes_by_role
from calculator.physics.speed.speed import Speed
from calculator.units import BYTES_PER_GB

_OF_EQUAL_CARDS = ("does-not-fit", "tight")


def is_mixed(deployment: Deployment) -> bool:
    """Whether the box holds cards of several kinds."""
    return bool(deployment.hardware.others)


def mixed_memory_fit(deployment: Deployment, workload: Workload, *, catalog: Catalog) -> MemoryFit:
    """Memory of a layer split over cards of several kinds, in bytes; `cards` from the fastest to the slowest.

    headroom: whole layers that would still fit, or those that find no place (negative), times the bytes of one.
    """
    cards = _cards(deployment.hardware)
    equal = memory_fit(_on(deployment, cards[0]), workload, catalog=catalog)
    model, count = deployment.model, len(cards)
    roles = bytes_by_role(model, deployment.format)
    head = roles.get("output", 0) or roles.get("embedding", 0)
    towers = equal.tower_bytes if equal.towers_included else 0
    layer_bytes = max(equal.weights_bytes - towers - head, 0) + equal.kv_cache_bytes
    layer_bytes = max(1, round(layer_bytes / model.layer_count))
    fixed = [equal.overhead_bytes // count] * count
    fixed[0] += towers
    fixed[-1] += head + equal.transient_bytes
    room = [_usable_bytes(deployment, card, is_first=not number, catalog=catalog) for number, card in enumerate(cards)]
    holds = [max(0, (there - taken) // layer_bytes) for there, taken in zip(room, fixed, strict=True)]
    layers, left = _fastest_first(holds, layer_count=model.layer_count)
    layers[-1] += left
    spare = -left if left else sum(holds) - model.layer_count
    fits_all = [taken + of * layer_bytes for taken, of in zip(fixed, layers, strict=True)]
    rows = tuple(CardFit(of, size, there) for of, size, there in zip(layers, fits_all, room, strict=True))
    tightest = min(range(count), key=lambda number: rows[number].usable_bytes - rows[number].peak_bytes)
    is_host_short = any(remark.code == "host-memory-short" for remark in equal.remarks)
    fit = replace(
        equal,
        usable_bytes=sum(room),
        tightest_peak_bytes=rows[tightest].peak_bytes,
        tightest_usable_bytes=rows[tightest].usable_bytes,
        headroom_bytes=min(spare * layer_bytes, rows[tightest].usable_bytes - rows[tightest].peak_bytes)
        if rows[tightest].peak_bytes > rows[tightest].usable_bytes
        else spare * layer_bytes,
        fits=spare >= 0 and rows[tightest].peak_bytes <= rows[tightest].usable_bytes and not is_host_short,
        cards=rows,
        tightest_card=tightest + 1,
    )
    kept = [remark for remark in equal.remarks if remark.code not in _OF_EQUAL_CARDS]
    return replace(fit, remarks=(*kept, *_said(fit, cards, deployment)))


def mixed_speed(
    deployment: Deployment, layer_counts: Sequence[int | None], *, speed_on: Callable[[Deployment], Speed]
) -> Speed:
    """Tokens per second of cards that take turns; `speed_on` gives that of the whole model on cards of one kind.

    layer_counts: of each card from the fastest, as `MemoryFit.cards` has them. Both ends of the range are summed as they
    are: the cards' errors are taken to go together.
    """
    cards = _cards(deployment.hardware)
    whole = sum(count or 0 for count in layer_counts)
    found = {card.chip.id: speed_on(_on(deployment, card)) for card in cards}
    parts = [(count / whole, found[card.chip.id]) for count, card in zip(layer_counts, cards, strict=True) if count]
    ends = {end: 1 / sum(share / getattr(speed, end) for share, speed in parts) for end in ("low", "central", "high")}
    longest = max(parts, key=lambda part: part[0] / part[1].central)[1]
    where = ", ".join(f"{count} layers on {card.chip.name}" for count, card in zip(layer_counts, cards, strict=True))
    return replace(longest, **ends, note=f"{longest.note}; one after the other: {where}".strip("; "))


def _cards(hardware: Hardware) -> list[CardGroup]:
    """Each card, from the fastest to the slowest."""
    ordered = sorted(hardware.groups(), key=lambda group: -group.chip.bandwidth_gb_per_s.central)
    return [group for group in ordered for _ in range(group.chip_count)]


def _on(deployment: Deployment, card: CardGroup) -> Deployment:
    """The same box with as many cards, all of this kind."""
    hardware = deployment.hardware
    count = sum(group.chip_count for group in hardware.groups())
    alike = replace(hardware, chip=card.chip, chip_count=count, memory_gib=card.memory_gib, others=())
    return replace(deployment, hardware=alike, split="layer")


def _usable_bytes(deployment: Deployment, card: CardGroup, *, is_first: bool, catalog: Catalog) -> int:
    """What a model may use of one card; the first shows the desktop."""
    there = usable(_on(deployment, card).hardware, runtime=deployment.runtime, host=deployment.host, catalog=catalog)
    return there.card_bytes(0 if is_first else 1, second_tenant_bytes=0)


def _fastest_first(holds: Sequence[int], *, layer_count: int) -> tuple[list[int], int]:
    """Layers of each card, and those that find no place."""
    layers: list[int] = []
    left = layer_count
    for most in holds:
        layers.append(min(most, left))
        left -= layers[-1]
    return layers, left


def _said(fit: MemoryFit, cards: Sequence[CardGroup], deployment: Deployment) -> list[Remark]:
    names = " + ".join(card.chip.name for card in cards)
    if not fit.fits:
        text = (
            f"{deployment.model.name} in {deployment.format.name} needs {_gb(fit.peak_bytes)} GB; {names} offer "
            f"{_gb(fit.usable_bytes)} GB, {_gb(max(0, -fit.headroom_bytes))} GB of whole layers too little."
        )
        return [Remark(code="does-not-fit", text=text, level="problem")]
    if fit.headroom_bytes < TIGHT_FRACTION * fit.usable_bytes:
        text = (
            f"It fits with {_gb(fit.headroom_bytes)} GB to spare, under 5 % headroom: "
            "a longer prompt or an open desktop app could push it over."
        )
        return [Remark(code="tight", text=text, level="warning")]
    return []


def _gb(size: float) -> str:
    return f"{size / BYTES_PER_GB:,.1f}"
