"""Remarks on towers: encoders of images and sound that a runtime loads with the language model, or leaves out."""

from calculator.catalog.models import LanguageModel, Runtime
from calculator.evidence import Remark
from calculator.units import BYTES_PER_GB


def tower_remarks(model: LanguageModel, *, runtime: Runtime, included: bool) -> tuple[Remark, ...]:
    """What stands beside the language model, with its bytes, and whether this runtime's figure holds it."""
    if not model.towers:
        return ()
    known = [tower for tower in model.towers if tower.parameter_count is not None]
    unknown = [tower.kind for tower in model.towers if tower.parameter_count is None]
    found: list[Remark] = []
    if known:
        guessed = ", counted from width and depth alone" if any(tower.note for tower in known) else ""
        size = f"{model.tower_bytes() / BYTES_PER_GB:,.2f} GB in 16 bits{guessed}"
        text = (
            f"{model.name} has {tower_names([tower.kind for tower in known])} ({size}): counted, because "
            f"{runtime.name} loads it."
            if included
            else f"{model.name} has {tower_names([tower.kind for tower in known])} ({size}): not counted, because "
            f"{runtime.name} does not load it by default. LM Studio, Ollama, mlx-vlm and vLLM do."
        )
        found.append(Remark(code="towers", text=text, level="info"))
    if unknown:
        text = f"{model.name} has {tower_names(unknown)} whose size is not known; where it is loaded, it comes on top."
        found.append(Remark(code="towers-unknown", text=text, level="warning" if included else "info"))
    return tuple(found)


def tower_names(kinds: list[str]) -> str:
    """ "a vision tower", "an audio tower", or both."""
    names = [f"{'an' if kind == 'audio' else 'a'} {kind} tower" for kind in dict.fromkeys(kinds)]
    return " and ".join(names)
