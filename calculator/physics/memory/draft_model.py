"""A draft model of its own beside the model that it guesses for: its weights and its cache in the same memory."""

from dataclasses import replace

from calculator.catalog import Catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.evidence import Remark
from calculator.physics.memory.kv_cache import kv_cache_bytes
from calculator.physics.memory.memory_fit import CardFit, MemoryFit
from calculator.physics.memory.weights import weights_bytes
from calculator.units import BYTES_PER_GB


def draft_bytes(draft: Deployment, workload: Workload, *, catalog: Catalog) -> tuple[int, int]:
    """Bytes of the draft's weights and of its cache, which holds the same tokens of the same sequences.

    Work space and the runtime's own memory are the model's, which are counted there. Raises ScenarioError for a cache
    width that the runtime lacks.
    """
    draft = draft.with_own_format(catalog)
    cache = kv_cache_bytes(
        draft.model,
        runtime=draft.runtime,
        context_tokens=workload.context(),
        batch_count=workload.held_count or workload.batch_count,
        kv_bits=draft.kv_bits,
        prefill_step_tokens=workload.prefill_step_tokens,
    )
    return weights_bytes(draft.model, format=draft.format), cache


def with_draft(fit: MemoryFit, draft: Deployment, workload: Workload, *, catalog: Catalog) -> MemoryFit:
    """The fit with the draft's bytes beside the model's, spread evenly over the cards as runtimes do by default."""
    weights, cache = draft_bytes(draft, workload, catalog=catalog)
    more, cards_count = weights + cache, len(fit.cards)
    cards = tuple(
        CardFit(card.layer_count, card.peak_bytes + -(-more // cards_count), card.usable_bytes) for card in fit.cards
    )
    tightest = min(range(cards_count), key=lambda number: cards[number].usable_bytes - cards[number].peak_bytes)
    left = cards[tightest].usable_bytes - cards[tightest].peak_bytes
    headroom = fit.headroom_bytes - more if cards_count == 1 else cards_count * left
    shortage = fit.headroom_bytes >= 0 and not fit.fits  # of the PC's own memory, which the draft does not touch
    found = replace(
        fit,
        draft_bytes=more,
        peak_bytes=fit.peak_bytes + more,
        headroom_bytes=headroom,
        cards=cards,
        tightest_card=tightest + 1,
        tightest_peak_bytes=cards[tightest].peak_bytes,
        tightest_usable_bytes=cards[tightest].usable_bytes,
        fits=headroom >= 0 and not shortage,
    )
    text = (
        f"The draft {draft.model.name} takes {weights / BYTES_PER_GB:,.1f} GB of weights and "
        f"{cache / BYTES_PER_GB:,.1f} GB of cache beside the model."
    )
    if fit.fits and not found.fits:
        text += f" With it {-headroom / BYTES_PER_GB:,.1f} GB are missing; choose a smaller draft or a shorter context."
    remark = Remark(code="draft-model", text=text, level="info" if found.fits else "problem")
    return replace(found, remarks=(*fit.remarks, remark))
