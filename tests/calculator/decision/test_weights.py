"""Different weights in one verdict are said, with the published loss of quality."""

from calculator import Comparison, Scenario, compare, load_catalog

CATALOG = load_catalog()
MAC, SMALL = "mac-studio-m5-ultra-256", "mac-studio-m5-ultra-96"
AM5, API = "dual-rtx-4090-am5", "api-same-model"


def verdict_on(**values: object) -> Comparison:
    return compare(Scenario.parse(values), CATALOG, draw_count=64)


def test_different_weights_are_said_with_the_published_loss() -> None:
    found = verdict_on(options=(MAC, AM5), weight_classes={MAC: "8-bit"}).verdict
    assert "Mac Studio M5 Ultra 256 GB runs the model at 8-bit, 2x RTX 4090 on an AM5 board at 4-bit" in found.sentence
    assert "Published: 4-bit Q4_K_M raises the perplexity of Llama 3 70B by" in found.sentence
    assert "runs the model at" not in verdict_on(options=(MAC, AM5)).verdict.sentence
