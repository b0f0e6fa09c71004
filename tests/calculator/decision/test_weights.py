"""Different weights in one verdict are said, with the published loss of quality."""

from dataclasses import replace

from calculator import Comparison, Scenario, compare, load_catalog
from calculator.decision.weights import formats_sentence

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


def test_weights_whose_format_nobody_publishes_are_said_without_a_loss() -> None:
    found = compare(Scenario.parse({"options": (MAC, AM5), "weight_classes": {MAC: "8-bit"}}), CATALOG, draw_count=0)
    mac, pc = found[MAC], found[AM5]
    model = CATALOG.model("llama-3-70b")
    known = formats_sentence(mac, pc, model=model, catalog=CATALOG)
    assert "Published: " in known
    for first, second in ((replace(mac, format_id=""), pc), (mac, replace(pc, format_id=""))):
        said = formats_sentence(first, second, model=model, catalog=CATALOG)
        assert said.endswith("No published loss of quality between the two is known.")
        assert "Published: " not in said
    for first, second in ((replace(mac, weight_class=""), pc), (mac, replace(pc, weight_class="")), (mac, mac)):
        assert formats_sentence(first, second, model=model, catalog=CATALOG) == ""
