"""GGUF bytes: block sizes, fallbacks and the rules of the mixtures."""

from calculator.catalog import load_catalog
from calculator.physics.memory.gguf import BLOCKS, DEFAULT_TYPE, gguf_bytes_by_role

CATALOG = load_catalog()


def test_gguf_block_sizes_are_the_documented_bits_per_weight() -> None:
    known = {
        "q4_k": 4.5,
        "q5_k": 5.5,
        "q6_k": 6.5625,
        "q8_0": 8.5,
        "q3_k": 3.4375,
        "q2_k": 2.625,
        "iq4_xs": 4.25,
        "mxfp4": 4.25,
    }
    for kind, bits in known.items():
        numbers, size = BLOCKS[kind]
        assert size * 8 / numbers == bits
    assert set(DEFAULT_TYPE.values()) <= set(BLOCKS)


def test_gguf_falls_back_where_a_block_does_not_divide_the_row() -> None:
    """1,856 columns are 7.25 blocks of 256 and 58 of 32: Q4_K becomes Q5_0 (llama.cpp's tensor_type_fallback)."""
    model = CATALOG.model("nemotron-3-nano-30b-a3b")
    down = next(group for group in model.tensors if group.role == "expert_down")
    assert down.shape[-1] == 1856
    found = gguf_bytes_by_role(model, recipe="q4_k_s")
    early = 52 // 8  # Q4_K_S gives the first eighth Q5_K, which falls back to Q5_1
    layers = down.layer_numbers()
    q5_1 = sum(layer < early for layer in layers)
    numbers = down.parameter_count() // len(layers)
    assert found["expert_down"] == numbers * q5_1 * 24 // 32 + numbers * (len(layers) - q5_1) * 22 // 32


def test_gguf_more_bits_for_every_third_layer_of_q4_k_m() -> None:
    """80 layers: 10 first, 10 last, and of the 60 between every third: 20. Half of ffn_down is Q6_K, half Q4_K."""
    down = gguf_bytes_by_role(CATALOG.model("llama-3-70b"), recipe="q4_k_m")["ffn_down"]
    assert down == 28_672 * 8_192 * (40 * 210 + 40 * 144) // 256
