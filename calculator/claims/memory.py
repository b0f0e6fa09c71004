"""Memory claims: what fits, what is left and how fast it loads, against the exact plan of bytes."""

from dataclasses import replace

from calculator.catalog import Catalog
from calculator.catalog.claims import Claim
from calculator.catalog.deployment import Deployment, HostSettings, Workload
from calculator.catalog.hardware import hardware_of
from calculator.claims.finding import (
    Bound,
    CitedSource,
    Finding,
    Verdict,
    cited,
    claimed_deployment,
    found,
    model_source,
    shown,
    shown_range,
)
from calculator.evidence import Quantity
from calculator.physics.memory.format_words import plain_name
from calculator.physics.memory.memory_fit import MemoryFit, memory_fit
from calculator.physics.memory.usable import host_usable_bytes, usable
from calculator.physics.memory.weights import weights_bytes
from calculator.units import BYTES_PER_GB, BYTES_PER_GIB, plain_number


def peak_memory_claim(claim: Claim, catalog: Catalog) -> Finding:
    """The memory used against the exact plan: less than weights and cache is impossible, far more is contradicted."""
    claimed = _claimed(claim)
    fit, deployment = _fit(claim, claim.formats[0], catalog=catalog)
    peak, held = (_gb(size) for size in (fit.peak_bytes, fit.weights_bytes + fit.kv_cache_bytes))
    tolerance = catalog.constants["claim_tolerance_fraction"]
    verdict: Verdict = "holds"
    if claimed < held * (1 - tolerance.central):
        verdict = "impossible"
    elif abs(claimed / peak - 1) > tolerance.central:
        verdict = "contradicted"
    where = f"{_name(claim.formats[0], catalog)} in {deployment.runtime.name}"
    steps = [f"{where}: {_sum_text(fit, tokens=claim.context_tokens)}"]
    model = catalog.model(claim.model)
    for format_id in claim.formats[1:]:
        other = weights_bytes(model, format=catalog.format(format_id))
        steps.append(f"{_name(format_id, catalog)}: {_gb(other):.2f} GB for the weights alone")
    steps.append(f"claimed: {plain_number(claimed)} GB = {claimed / peak:.2f} x {peak:.2f} GB")
    denied = "" if verdict == "holds" else f", not {plain_number(claimed)}"
    sentence = f"It needs {shown(peak, 'GB')}{denied}: "
    sentence += f"{shown(_gb(fit.weights_bytes))} of weights and {shown(_gb(fit.kv_cache_bytes))} of cache."
    return found(
        claim,
        verdict,
        sentence,
        bound=Bound(held, peak, "GB"),
        arithmetic=steps,
        figures={"peak_gb": peak, "held_gb": held},
        sources=_memory_sources(deployment, catalog),
    )


def memory_left_claim(claim: Claim, catalog: Catalog) -> Finding:
    """What is left for the GPU by each macOS limit, both after the article's own use and after the exact one."""
    claimed, other = _claimed(claim), catalog.claims[claim.beside[0]]
    used = _claimed(other)
    fit, deployment = _fit(other, other.formats[0], catalog=catalog)
    sold = deployment.hardware.memory_gib
    limits = [row for row in catalog.macos_limits if row.memory_gib == sold]
    limits_gb = [row.usable_gib.central * BYTES_PER_GIB / BYTES_PER_GB for row in limits]
    peak = _gb(fit.peak_bytes)
    own = (min(limits_gb) - used, max(limits_gb) - used)
    exact = (min(limits_gb) - peak, max(limits_gb) - peak)
    room = usable(deployment.hardware, runtime=deployment.runtime, catalog=catalog)
    for_programs = _gb(room.shared_bytes) - used
    inside = any(low <= claimed <= high for low, high in (own, exact))
    steps = [
        f"{plain_number(sold)} GB as sold are {plain_number(sold)} GiB = {sold * BYTES_PER_GIB / BYTES_PER_GB:.1f} GB"
    ]
    steps += [
        f"macOS {row.macos} lets the GPU have {plain_number(row.usable_gib.central)} GiB = {limit:.1f} GB "
        f"({row.usable_gib.basis}); {limit:.1f} - {plain_number(used)} = {limit - used:.1f} GB"
        for row, limit in zip(limits, limits_gb, strict=True)
    ]
    steps.append(f"with the {peak:.1f} GB that it really needs: {shown_range(*exact, 'GB')} are left for the GPU")
    steps.append(
        f"for programs on the CPU, after macOS's own {plain_number(catalog.constants['macos_reserved_gib'].central)} "
        f"GiB and {plain_number(used)} GB: {for_programs:.1f} GB"
    )
    sentence = (
        f"Of {plain_number(sold)} GB the GPU may have {shown_range(min(limits_gb), max(limits_gb), 'GB')}. After "
        f"{plain_number(used)} GB it has {shown_range(*own, 'GB')} left, after the {shown(peak, 'GB')} that it really "
        f"needs, {shown_range(*exact, 'GB')}. {plain_number(claimed)} GB is neither; only programs on the CPU would "
        f"have {shown(for_programs, 'GB')}."
    )
    return found(
        claim,
        "plausible" if inside else "contradicted",
        sentence,
        bound=Bound(own[0], own[1], "GB"),
        arithmetic=steps,
        figures={
            "left_low_gb": own[0],
            "left_high_gb": own[1],
            "left_after_exact_low_gb": exact[0],
            "left_after_exact_high_gb": exact[1],
        },
        sources=(*cited(catalog, *(row.usable_gib for row in limits)), *_memory_sources(deployment, catalog)),
    )


def fits_claim(claim: Claim, catalog: Catalog) -> Finding:
    """Whether the model fits.

    "Does not fit" is contradicted by the first format that does; "fits" by the one it names.
    """
    fits = {format_id: _fit(claim, format_id, catalog=catalog) for format_id in claim.formats}
    first, deployment = fits[claim.formats[0]]
    hardware = deployment.hardware
    physical = hardware.chip_count * hardware.memory_gib * BYTES_PER_GIB
    fitting = [format_id for format_id, (fit, _) in fits.items() if fit.fits]
    needs, has = shown(_gb(first.peak_bytes), "GB"), shown(_gb(first.usable_bytes), "GB")
    name = _name(claim.formats[0], catalog)
    verdict: Verdict
    if claim.says_fits:
        impossible = first.weights_bytes > physical
        verdict = "holds" if first.fits else "impossible" if impossible else "contradicted"
        sentence = f"{name} needs {needs} of {has} usable: it {'fits' if first.fits else 'does not fit'}."
        if impossible:
            sentence += (
                f" Its weights alone ({shown(_gb(first.weights_bytes), 'GB')}) exceed the whole memory "
                f"({shown(_gb(physical), 'GB')})."
            )
    else:
        verdict = "contradicted" if fitting else "holds"
        sentence = f"{name} needs {needs} of {has} usable: it does not fit."
        if fitting:
            best = fitting[0]
            sentence = (
                f"{name} does not fit ({needs} of {has}), but {_name(best, catalog)} does: "
                f"{shown(_gb(fits[best][0].peak_bytes), 'GB')}."
            )
    tokens = max(1, claim.context_tokens)
    steps = [
        f"{_name(format_id, catalog)} in {used.runtime.name}: {_sum_text(fit, tokens=tokens)} of "
        f"{_gb(fit.usable_bytes):.2f} GB: {'fits' if fit.fits else 'does not fit'}"
        for format_id, (fit, used) in fits.items()
    ]
    return found(
        claim,
        verdict,
        sentence,
        bound=Bound(None, _gb(first.usable_bytes), "GB"),
        arithmetic=steps,
        figures={"peak_gb": _gb(first.peak_bytes), "usable_gb": _gb(first.usable_bytes)},
        sources=_memory_sources(deployment, catalog),
    )


def _sum_text(fit: MemoryFit, *, tokens: int) -> str:
    """Weights, cache and work space and their sum; the work space is rounded so that both sides agree as written."""
    weights, cache, peak = (round(_gb(size), 2) for size in (fit.weights_bytes, fit.kv_cache_bytes, fit.peak_bytes))
    return (
        f"{weights:.2f} GB weights + {cache:.2f} GB cache at {tokens:,} tokens + {peak - weights - cache:.2f} GB work "
        f"space = {peak:.2f} GB"
    )


def second_tenant_claim(claim: Claim, catalog: Catalog) -> Finding:
    """A database beside the model: the cards have no room for it, the PC's own memory has or has not."""
    claimed = _claimed(claim)
    fit, deployment = _fit(claim, claim.formats[0], second_tenant_gb=claimed, catalog=catalog)
    hardware = deployment.hardware
    reserved = catalog.constants["host_reserved_gib"]
    host = _gb(host_usable_bytes(hardware.system_ram_gib or 0.0, reserved_gib=reserved.central))
    on_cards = _gb(fit.headroom_bytes)
    has, needs = round(_gb(fit.tightest_usable_bytes), 2), round(_gb(fit.tightest_peak_bytes), 2)
    steps = [
        f"on the fullest card: {has:.2f} - {needs:.2f} GB = {has - needs:.2f} GB left; a layer lies whole on one card, so "
        f"{len(fit.cards)} such cards have {on_cards:.1f} GB left beside the model",
        f"in the PC's own memory: {plain_number(hardware.system_ram_gib or 0.0)} GiB less {plain_number(reserved.central)} "
        f"GiB for the system = {host:.1f} GB",
    ]
    if on_cards >= claimed or host < claimed:
        sentence = (
            f"{plain_number(claimed)} GB are needed; the cards have {shown(on_cards, 'GB')} left, the PC's own memory "
            f"{shown(host, 'GB')}."
        )
    else:
        sentence = (
            f"It does not fit on the cards ({shown(on_cards, 'GB')} left), so a crash there is plausible; but "
            f"{plain_number(claimed)} GB fit in the PC's own memory ({shown(host, 'GB')}), where a database belongs."
        )
    return found(
        claim,
        "plausible",
        sentence,
        bound=Bound(None, host, "GB"),
        arithmetic=steps,
        figures={"left_on_cards_gb": on_cards, "host_gb": host},
        sources=_memory_sources(deployment, catalog),
    )


def offload_claim(claim: Claim, catalog: Catalog) -> Finding:
    """A model larger than the cards: what must come from elsewhere for each token, and what that costs."""
    claimed = _claimed(claim)
    box = catalog.chip_or_machine(claim.machine)
    hardware = hardware_of(box, chips=catalog.chips)
    chip = hardware.chip
    cards = _gb(hardware.chip_count * hardware.memory_gib * BYTES_PER_GIB)
    rest = max(0.0, claimed - cards)
    link, host = chip.host_link_gb_per_s, catalog.constants["host_memory_gb_per_s"]
    assert link is not None
    steps = [
        f"{plain_number(claimed)} GB - {hardware.chip_count} x {plain_number(hardware.memory_gib)} GiB ({cards:.1f} "
        f"GB) = {rest:.1f} GB beyond the cards"
    ]
    figures = {"beyond_gb": rest}
    sentence = f"{plain_number(claimed)} GB fit on the cards ({shown(cards, 'GB')}): nothing is swapped."
    verdict: Verdict = "contradicted"
    if rest:
        verdict = "plausible"
        streamed, computed = link.high / rest, host.high / rest
        steps.append(
            f"moved over the bus for every token: {plain_number(link.high)} GB/s / {rest:.1f} GB = "
            f"{shown(streamed, 'tokens/s')} at most (all weights read)"
        )
        steps.append(
            f"computed by the processor instead, as llama.cpp does: {plain_number(host.central)} to "
            f"{plain_number(host.high)} GB/s / {rest:.1f} GB = "
            f"{shown_range(host.central / rest, computed, 'tokens/s')} at most"
        )
        figures |= {"streamed_tok_s": streamed, "computed_tok_s": computed}
        sentence = (
            f"{shown(rest, 'GB')} do not fit on the cards. Moving them over the bus allows "
            f"{shown(streamed, 'tokens/s')} at most; but a runtime leaves them in system RAM and computes there, and a "
            "model that fits is never swapped."
        )
    sources = list(cited(catalog, link, host))
    for other in claim.beside:
        unified = hardware_of(catalog.chip_or_machine(other), chips=catalog.chips).chip
        bandwidth = unified.bandwidth_gb_per_s
        steps.append(
            f"{unified.name}: {plain_number(bandwidth.high)} GB/s / {plain_number(claimed)} GB = "
            f"{shown(bandwidth.high / claimed, 'tokens/s')} at most"
        )
        sources += cited(catalog, bandwidth)
    return found(
        claim, verdict, sentence, bound=Bound(None, cards, "GB"), arithmetic=steps, figures=figures, sources=sources
    )


def load_time_claim(claim: Claim, catalog: Catalog) -> Finding:
    """The storage speed that a loading time implies; from the page cache only memory bandwidth bounds it."""
    claimed = _claimed(claim)
    box = catalog.chip_or_machine(claim.machine)
    hardware = hardware_of(box, chips=catalog.chips)
    model, format = catalog.model(claim.model), catalog.format(claim.formats[0])
    size = _gb(weights_bytes(model, format=format))
    storages = {key: machine.storage_gb_per_s for key, machine in catalog.machines.items() if machine.storage_gb_per_s}
    disk: Quantity = storages[claim.machine]
    cold, implied = size / disk.high, size / claimed
    warm = size / hardware.chip.bandwidth_gb_per_s.high
    steps = [
        f"{model.name} in {format.name}: {size:.2f} GB; claimed: {size:.2f} GB / {plain_number(claimed)} s = "
        f"{implied:.1f} GB/s",
        f"cold, from its disk: {size:.2f} GB / {plain_number(disk.high)} GB/s = {cold:.1f} s at least",
    ]
    fastest, best = max(storages.items(), key=lambda item: item[1].high)
    if best.high > disk.high:
        steps.append(
            f"the fastest disk of the catalogue ({catalog.machines[fastest].name}): {size:.2f} GB / "
            f"{plain_number(best.high)} GB/s = {size / best.high:.1f} s at least"
        )
    steps.append(
        f"warm, from macOS's page cache: bounded only by the memory, {size:.2f} GB / "
        f"{plain_number(hardware.chip.bandwidth_gb_per_s.high)} GB/s = {warm:.2f} s at least"
    )
    if implied > disk.high:
        sentence = (
            f"Loading from the disk takes {shown(cold, 's')} at least; {plain_number(claimed)} s would need "
            f"{shown(implied, 'GB/s')}, and the disk delivers {plain_number(disk.high)}. A second start, from the page "
            "cache, can be that fast."
        )
    else:
        sentence = f"It needs {shown(implied, 'GB/s')}; its disk delivers {plain_number(disk.high)}."
    return found(
        claim,
        "impossible" if implied > disk.high else "plausible",
        sentence,
        bound=Bound(cold, None, "s"),
        arithmetic=steps,
        figures={"implied_gb_per_s": implied, "cold_s": cold, "warm_s": warm},
        sources=(
            *cited(catalog, disk, best, hardware.chip.bandwidth_gb_per_s),
            model_source(model),
            *cited(catalog, format.bits_per_weight),
        ),
    )


def _fit(
    claim: Claim, format_id: str, *, second_tenant_gb: float = 0.0, catalog: Catalog
) -> tuple[MemoryFit, Deployment]:
    deployment = claimed_deployment(claim, format_id, catalog=catalog)
    deployment = replace(deployment, host=HostSettings(second_tenant_gb=second_tenant_gb))
    workload = Workload(context_tokens=max(1, claim.context_tokens))
    return memory_fit(deployment, workload, catalog=catalog), deployment


def _memory_sources(deployment: Deployment, catalog: Catalog) -> tuple[CitedSource, ...]:
    format, chip = deployment.format, deployment.hardware.chip
    return (
        model_source(deployment.model),
        *cited(catalog, format.bits_per_weight, deployment.runtime.source, chip.bandwidth_gb_per_s),
    )


def _name(format_id: str, catalog: Catalog) -> str:
    return plain_name(catalog.format(format_id))


def _claimed(claim: Claim) -> float:
    assert claim.claimed is not None
    return claim.claimed.central


def _gb(size: float) -> float:
    return size / BYTES_PER_GB
