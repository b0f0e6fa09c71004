"""Models, formats and runtimes of the catalogue: consistent, known and named as measurements name them."""

import pytest

from calculator.catalog import load_catalog
from calculator.catalog.models import LanguageModel, TensorGroup

CATALOG = load_catalog()


def test_a_model_with_experts_needs_their_count() -> None:
    wrong = CATALOG.model("llama-3-8b").model_dump()
    wrong["tensors"] = [TensorGroup(role="expert_up", shape=(8, 16, 16), count=1).model_dump()]
    with pytest.raises(ValueError, match="expert_count and the tensors disagree"):
        LanguageModel.model_validate(wrong)


def test_every_runtime_names_formats_that_exist_and_load_anywhere() -> None:
    for runtime in CATALOG.runtimes.values():
        for ours, own in runtime.own_formats.items():
            assert {ours, own} <= set(CATALOG.formats), runtime.id
        assert {"4-bit", "16-bit"} <= set(runtime.formats), runtime.id


def test_formats_of_the_published_measurements_are_known() -> None:
    """The format names of the table that the speed is fitted to; mlx-1bit and mlx-7bit there are misread names."""
    names = (
        "q4_k_m q8_0 f16 mxfp4 fp8 q4_0 nvfp4 mlx-4bit q6_k awq-int4 mlx-3bit q3_k_xl autoround-int4 q5_k_m gptq-int4 "
        "iq2xxs-w2q2k-(q2) mlx-8bit mlx-2bit exl3-6.0bpw-mcg exl3-4.0bpw-mul1 q4f16 mixed-q2/q4-0731 q4_k_xl bf16 q2 "
        "mlx-6bit exl2-4.0bpw iq4_xs int8-w8a8 q2-0731 autoround-int4-+-mtp q3_k_m exl2-3.0bpw iq4_nl q4_1 "
        "mlx-8bit-g64 exl2-4.5bpw mlx-5bit exl3-6.0bpw-mul1 q2_k exl2-5.0bpw exl2-2.5bpw q4 int8 mlx-3bit-g32 mlx-5bit-g32 "
        "mlx-4bit-g32 mxfp8 q2_k_xl"
    )
    for name in names.split():
        assert CATALOG.format(name)
