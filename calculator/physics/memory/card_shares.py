"""Shares of the cards: layers and bytes that each card or box of a split holds."""

from calculator.catalog.deployment import Deployment
from calculator.physics.memory.weights import bytes_by_role


def card_shares(
    deployment: Deployment, *, weights: int, cache: int, transient: int, towers: int
) -> list[tuple[int | None, int]]:
    """Layers, and bytes of weights, cache and work space, of every card; the last also holds head and work space.

    vLLM has work space on every card. Of a layer split the first card holds the towers.
    """
    model, chips = deployment.model, deployment.hardware.all_chips_count()
    if chips == 1:
        return [(model.layer_count, weights + cache + transient)]
    if deployment.split == "tensor":
        return [(None, round((weights + cache) / chips) + transient)] * chips
    by_role = bytes_by_role(model, deployment.format)
    head = by_role.get("output", 0) or by_role.get("embedding", 0)
    blocks = max(weights - towers - head, 0)
    cards: list[tuple[int | None, int]] = []
    for number in range(chips):
        first, last = (round(at * (model.layer_count + 1) / chips) for at in (number, number + 1))
        is_last = number == chips - 1
        layers = max(min(last, model.layer_count) - first, 0)
        share = layers / model.layer_count
        size = round((blocks + cache) * share) + (head if is_last else 0) + (towers if number == 0 else 0)
        works = is_last or deployment.runtime.transient == "vllm"
        cards.append((layers, size + (transient if works else 0)))
    return cards
