"""Links between cards or boxes: peer access of cards, RDMA or TCP between Macs.

The fitted laws know a link by its kind (classes.py): card links as they were mostly published, without peer access, and
boxes as an exchange of half a millisecond per layer, which is what published clusters over RDMA show. Where the link is
named, the published difference is added to the time of a token or of a prompt; nothing else changes.
"""

from dataclasses import replace

from calculator.catalog import Catalog
from calculator.catalog.deployment import Deployment, Link
from calculator.catalog.hardware import Hardware
from calculator.catalog.models import Split
from calculator.errors import ScenarioError
from calculator.evidence import Quantity, Remark
from calculator.physics.speed.classes import link_kind
from calculator.physics.speed.speed import Speed
from calculator.units import MS_PER_S, US_PER_S

PUBLISHED_BOXES = 4
"""More boxes than any published scaling shows."""
_ENDS = ("low", "central", "high")
_WHERE = {"p2p": "card link", "no-p2p": "card link", "rdma": "network", "tcp": "network"}
_CABLE = {
    "card link": "cards without a fabric",
    "network": "boxes joined by cable",
    "fabric": "server boards with NVLink",
}


def linked_decode_speed(speed: Speed, deployment: Deployment, *, batch_count: int = 1, catalog: Catalog) -> Speed:
    """`speed` over the deployment's link, tokens per second; unchanged where no link is named.

    ms per step = ms + layers x d for a tensor split, + boxes x d for a layer split, with d from constants.toml:
    -peer_access_saved_us (p2p), +tcp_exchange_us or +tcp_hop_us (tcp), 0 (no-p2p, rdma: what the fit holds). Peer
    access in a layer split changes nothing: one hand-over of a few kilobytes a token. Range of the fit: 2 cards;
    2 to 4 boxes. Never above twice the speed. Raises ScenarioError where there is no such link.
    """
    link, hardware = deployment.link, deployment.hardware
    if link is None:
        return speed
    _refuse_other_links(link, hardware)
    layers = deployment.model.layer_count
    if link == "p2p" and deployment.split == "tensor":
        return _slower(speed, catalog.constants["peer_access_saved_us"], times=-layers, tokens=batch_count, link=link)
    if link == "tcp" and deployment.split == "tensor":
        return _slower(speed, catalog.constants["tcp_exchange_us"], times=layers, tokens=batch_count, link=link)
    if link == "tcp":
        boxes = hardware.box_count()
        return _slower(speed, catalog.constants["tcp_hop_us"], times=boxes, tokens=batch_count, link=link)
    return replace(speed, note=f"{speed.note}; link: {link}")


def linked_prefill_speed(speed: Speed, deployment: Deployment, *, catalog: Catalog) -> Speed:
    """Reading speed over the link: times peer_access_prefill_ratio for p2p in a tensor split, else as fitted.

    A chunk's exchange is bound by bandwidth, not latency, so that TCP over Thunderbolt changes it little; no published
    pair was found. Raises ScenarioError where there is no such link.
    """
    link = deployment.link
    if link is None:
        return speed
    _refuse_other_links(link, deployment.hardware)
    if link != "p2p" or deployment.split != "tensor":
        return replace(speed, note=f"{speed.note}; link: {link}")
    gain = catalog.constants["peer_access_prefill_ratio"]
    low, central, high = (getattr(speed, at) * getattr(gain, at) for at in _ENDS)
    return replace(speed, low=low, central=central, high=high, note=f"{speed.note}; link: {link}")


def boxes_remarks(hardware: Hardware, *, split: Split) -> tuple[Remark, ...]:
    """Remarks on several boxes: what they add, and how far anything was published."""
    count = hardware.box_count()
    if count == 1:
        return ()
    cable = "RDMA over Thunderbolt 5" if hardware.chip.vendor == "apple" else "RDMA over a fast cable"
    adds = (
        "a layer split (pipeline) adds memory, not speed, because each box waits for the one before"
        if split == "layer"
        else f"a tensor split adds speed where {cable} works"
    )
    text = f"{count} boxes: {adds}. No such cluster was measured, so the range is wide."
    found = [Remark(code="boxes", text=text, level="info")]
    if count > PUBLISHED_BOXES:
        text = (
            f"Nobody has published a cluster of {count} such boxes; the largest has {PUBLISHED_BOXES} "
            "(exo, mlx.distributed)."
        )
        found.append(Remark(code="more-boxes-than-published", text=text, level="warning"))
    return tuple(found)


def _refuse_other_links(link: Link, hardware: Hardware) -> None:
    count = hardware.all_chips_count()
    kind = link_kind(hardware)
    if count > 1 and _WHERE[link] == kind:
        return
    here = _CABLE[kind] if count > 1 else "a single chip, which has no link"
    raise ScenarioError(
        f"link is {link}, which joins {_CABLE[_WHERE[link]]}, but this is {here}. "
        "Leave it out, or choose another count or machine."
    )


def _slower(speed: Speed, each_us: Quantity, *, times: int, tokens: float, link: Link) -> Speed:
    """The speed with `times` x `each_us` more per step; with less where `times` is negative, at most half the time."""
    found: list[float] = []
    for at, opposite in zip(_ENDS, reversed(_ENDS), strict=True):
        step_ms = tokens * MS_PER_S / getattr(speed, at)
        more_ms = times * getattr(each_us, at if times < 0 else opposite) * MS_PER_S / US_PER_S
        found.append(tokens * MS_PER_S / max(step_ms + more_ms, step_ms / 2))
    return replace(speed, low=found[0], central=found[1], high=found[2], note=f"{speed.note}; link: {link}")
