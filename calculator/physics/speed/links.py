"""What does the link between cards or boxes change? Peer access of cards, RDMA or TCP between Macs.

The fitted laws know a link by its kind (kinds.py): card links as they were mostly published, without peer access, and
boxes as an exchange of half a millisecond per layer, which is what published clusters over RDMA show. Where the link is
named, the published difference is added to the time of a token or of a prompt; nothing else changes.
"""

from dataclasses import replace
from typing import Literal, get_args

from calculator.catalog import Catalog
from calculator.catalog.hardware import Hardware
from calculator.catalog.options import LanguageModel, Split
from calculator.errors import ScenarioError
from calculator.evidence import Quantity, Remark
from calculator.physics.speed.classes import link_kind
from calculator.physics.speed.speed import Speed
from calculator.units import MS_PER_S, US_PER_S

Link = Literal["p2p", "no-p2p", "rdma", "tcp"]
LINKS: tuple[Link, ...] = get_args(Link)
PUBLISHED_BOXES = 4
"""More boxes than any published scaling shows."""
_ENDS = ("low", "central", "high")
_WHERE = {"p2p": "card link", "no-p2p": "card link", "rdma": "network", "tcp": "network"}
_CABLE = {
    "card link": "cards without a fabric",
    "network": "boxes joined by cable",
    "fabric": "server boards with NVLink",
}


def linked_decode_speed(
    speed: Speed,
    *,
    link: Link,
    model: LanguageModel,
    hardware: Hardware,
    split: Split,
    catalog: Catalog,
    batch_count: int = 1,
) -> Speed:
    """`speed` over the named link, tokens per second.

    ms per step = ms + layers x d for a tensor split, + boxes x d for a layer split, with d from constants.toml: -peer_access_saved_us
    (p2p), +tcp_exchange_us or +tcp_hop_us (tcp), 0 (no-p2p, rdma: what the fit holds). Peer access in a layer split changes
    nothing: one hand-over of a few kilobytes a token. Range of the fit: 2 cards; of boxes 2 to 4. Never above twice the
    speed. Raises ScenarioError where there is no such link.
    """
    _refuse_other_links(link, hardware)
    layers = model.layer_count
    if link == "p2p" and split == "tensor":
        return _slower(speed, catalog.constants["peer_access_saved_us"], times=-layers, tokens=batch_count, link=link)
    if link == "tcp" and split == "tensor":
        return _slower(speed, catalog.constants["tcp_exchange_us"], times=layers, tokens=batch_count, link=link)
    if link == "tcp":
        boxes = hardware.box_count()
        return _slower(speed, catalog.constants["tcp_hop_us"], times=boxes, tokens=batch_count, link=link)
    return replace(speed, note=f"{speed.note}; link: {link}")


def linked_prefill_speed(speed: Speed, *, link: Link, hardware: Hardware, split: Split, catalog: Catalog) -> Speed:
    """Reading speed over the named link: times peer_access_prefill_ratio for p2p in a tensor split, else as fitted.

    A chunk's exchange is bound by bandwidth, not latency, so that TCP over Thunderbolt changes it little; no published
    pair was found. Raises ScenarioError where there is no such link.
    """
    _refuse_other_links(link, hardware)
    if link != "p2p" or split != "tensor":
        return replace(speed, note=f"{speed.note}; link: {link}")
    gain = catalog.constants["peer_access_prefill_ratio"]
    low, central, high = (getattr(speed, at) * getattr(gain, at) for at in _ENDS)
    return replace(speed, low=low, central=central, high=high, note=f"{speed.note}; link: {link}")


def boxes_remarks(hardware: Hardware, *, split: Split) -> tuple[Remark, ...]:
    """What one must know of several boxes: what they add, and how far anything was published."""
    count = hardware.box_count()
    if count == 1:
        return ()
    cable = "RDMA over Thunderbolt 5" if hardware.chip.vendor == "apple" else "RDMA over a fast cable"
    adds = (
        "the layer split (pipeline) adds memory, not speed: each box waits for the one before"
        if split == "layer"
        else f"the tensor split adds speed where {cable} works; the number of attention heads must be divisible by the boxes"
    )
    text = f"{count} boxes: {adds}. No measurement of such a cluster is in the fit: the range is wide."
    found = [Remark(code="boxes", text=text, level="info")]
    if count > PUBLISHED_BOXES:
        text = (
            f"Nobody published a cluster of {count} such boxes; {PUBLISHED_BOXES} are the most (exo, mlx.distributed)."
        )
        found.append(Remark(code="more-boxes-than-published", text=text, level="warning"))
    return tuple(found)


def _refuse_other_links(link: Link, hardware: Hardware) -> None:
    count = hardware.chip_count * hardware.node_count
    kind = link_kind(hardware)
    if count > 1 and _WHERE[link] == kind:
        return
    here = _CABLE[kind] if count > 1 else "one chip, which has no link"
    raise ScenarioError(
        f"link is {link}, which joins {_CABLE[_WHERE[link]]}; asked about {here}. Leave it out, or give another count or machine."
    )


def _slower(speed: Speed, each_us: Quantity, *, times: int, tokens: float, link: Link) -> Speed:
    """The speed with `times` x `each_us` more per step; with less where `times` is negative, at most half the time."""
    found: list[float] = []
    for at, opposite in zip(_ENDS, reversed(_ENDS), strict=True):
        step_ms = tokens * MS_PER_S / getattr(speed, at)
        more_ms = times * getattr(each_us, at if times < 0 else opposite) * MS_PER_S / US_PER_S
        found.append(tokens * MS_PER_S / max(step_ms + more_ms, step_ms / 2))
    return replace(speed, low=found[0], central=found[1], high=found[2], note=f"{speed.note}; link: {link}")
