"""Audit of the article: every claim of claims.toml against the bound of its kind."""

from collections.abc import Callable, Mapping
from dataclasses import replace

from calculator.catalog import Catalog
from calculator.catalog.claims import Claim, ClaimCheck
from calculator.claims import figures, latency, memory, speed
from calculator.claims.finding import Finding, cited

Check = Callable[[Claim, Catalog], Finding]

CHECKS: Mapping[ClaimCheck, Check] = {
    "exists": figures.exists_claim,
    "specification": figures.specification_claim,
    "decode speed": speed.decode_claim,
    "split traffic": latency.split_traffic_claim,
    "answer time": latency.answer_time_claim,
    "peak memory": memory.peak_memory_claim,
    "memory left": memory.memory_left_claim,
    "fits": memory.fits_claim,
    "second tenant": memory.second_tenant_claim,
    "offload": memory.offload_claim,
    "load time": memory.load_time_claim,
    "power": figures.power_claim,
    "heat": figures.heat_claim,
    "reading": figures.reading_claim,
    "default range": figures.default_range_claim,
    "product": figures.product_claim,
    "resale": figures.resale_claim,
}


def audit(catalog: Catalog) -> tuple[Finding, ...]:
    """One finding per claim, in the order of claims.toml. A finding on assumptions alone cites the text under audit."""
    findings = (CHECKS[claim.check](claim, catalog) for claim in catalog.claims.values())
    return tuple(one if one.sources else replace(one, sources=cited(catalog, "article")) for one in findings)
