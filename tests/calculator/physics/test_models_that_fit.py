"""Models that fit here: the same bytes as the comparison, and honest about machines it does not know."""

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from calculator import load_catalog
from calculator.catalog.deployment import Deployment, Workload
from calculator.physics.memory.memory_fit import memory_fit
from calculator.physics.memory.spare_words import spare_words
from calculator.physics.models_that_fit import Box, FitHere, fit_of, fits_here, room_here, weight_classes_here

CATALOG = load_catalog()


GIB = 2**30


MAC = Box("apple-m2-ultra-76", 192 * GIB)


PC = Box("nvidia-rtx-4090", 24 * GIB, chip_count=2)


SERVER = Box("amd-epyc", 32 * GIB)


@pytest.mark.parametrize(
    ("box", "machine", "runtime"),
    [(MAC, "mac-studio-m2-ultra-192-used", "mlx-lm"), (PC, "dual-rtx-4090-threadripper", "llama.cpp")],
)
def test_peak_and_headroom_are_those_of_the_comparison(box: Box, machine: str, runtime: str) -> None:
    engine = CATALOG.runtime(runtime)
    rows = {row.model: row for row in fits_here(box, catalog=CATALOG, weight_class="4-bit", context_tokens=8192)}
    assert rows.keys() == CATALOG.models.keys()
    for model in CATALOG.models.values():
        deployment = Deployment.of(machine, model, engine.formats["4-bit"], runtime=runtime, catalog=CATALOG)
        found = memory_fit(replace(deployment, split="layer"), Workload(context_tokens=8192), catalog=CATALOG)
        row = rows[model.id]
        assert (row.peak_bytes, row.headroom_bytes) == (found.peak_bytes, found.headroom_bytes)
        assert row.fits or not found.fits
        assert row.spare_words == spare_words(found)


def test_room_of_an_unknown_processor_is_its_memory_less_what_the_system_keeps() -> None:
    room = room_here(SERVER, catalog=CATALOG)
    assert room.usable_bytes == (32 - 6) * GIB  # host_reserved_gib is 6 GiB, an assumption
    assert "assumption" in room.why
    assert "processor" in room.why
    for row in fits_here(SERVER, catalog=CATALOG, weight_class="8-bit", context_tokens=2048):
        assert row.headroom_bytes == room.usable_bytes - row.peak_bytes
        assert row.fits == (row.headroom_bytes >= 0)
        assert row.peak_bytes > row.weights_bytes + row.kv_cache_bytes + row.transient_bytes


def test_room_of_a_mac_newer_than_the_catalogue_is_macos_limit_not_its_whole_memory() -> None:
    new = Box("apple-m9-ultra-99", 128 * GIB)
    assert (
        room_here(new, catalog=CATALOG).usable_bytes
        == room_here(Box("apple-m4-max-40", 128 * GIB), catalog=CATALOG).usable_bytes
    )
    assert "not in the catalogue" in room_here(new, catalog=CATALOG).why


def test_raised_wired_limit_is_the_room() -> None:
    raised = Box("apple-m2-ultra-76", 192 * GIB, wired_limit_mib=180 * 1024)
    assert room_here(raised, catalog=CATALOG).usable_bytes == pytest.approx(180 * GIB, abs=2)
    assert room_here(Box("apple-m9-9", 64 * GIB, wired_limit_mib=60 * 1024), catalog=CATALOG).usable_bytes == 60 * GIB


def test_rows_that_fit_come_first_the_largest_of_them_first() -> None:
    rows = fits_here(SERVER, catalog=CATALOG, weight_class="4-bit", context_tokens=8192)
    fitting = [row.peak_bytes for row in rows if row.fits]
    others = [row.peak_bytes for row in rows if not row.fits]
    assert [row.fits for row in rows] == [True] * len(fitting) + [False] * len(others)
    assert fitting == sorted(fitting, reverse=True)
    assert others == sorted(others)
    assert fitting
    assert others


def test_weight_classes_are_those_that_the_runtime_loads() -> None:
    assert weight_classes_here(MAC, catalog=CATALOG) == tuple(CATALOG.runtime("mlx-lm").formats)
    assert weight_classes_here(PC, catalog=CATALOG) == tuple(CATALOG.runtime("llama.cpp").formats)


@settings(max_examples=30, deadline=None)
@given(memory=st.integers(8, 512), context=st.integers(1, 131_072), more=st.integers(1, 131_072))
def test_headroom_never_grows_with_the_context(memory: int, context: int, more: int) -> None:
    box = Box("amd-epyc", memory * GIB)
    short = {
        row.model: row.headroom_bytes
        for row in fits_here(box, catalog=CATALOG, weight_class="4-bit", context_tokens=context)
    }
    for row in fits_here(box, catalog=CATALOG, weight_class="4-bit", context_tokens=context + more):
        assert row.headroom_bytes <= short[row.model]


def test_model_that_fills_the_room_to_the_byte_fits_and_one_byte_less_is_too_little() -> None:
    def fit(memory_bytes: int) -> FitHere:
        box = Box(SERVER.chip, memory_bytes)
        return fit_of(CATALOG.model("llama-3-8b"), box, weight_class="8-bit", context_tokens=2_048, catalog=CATALOG)

    needed = 6 * GIB + fit(SERVER.memory_bytes).peak_bytes  # the system keeps 6 GiB
    just, short = fit(needed), fit(needed - 1)
    assert (just.headroom_bytes, just.fits) == (0, True)
    assert (short.headroom_bytes, short.fits) == (-1, False)


def test_prompt_as_long_as_the_model_allows_is_not_beyond_its_context() -> None:
    model = CATALOG.model("llama-3-8b")
    for box in (SERVER, MAC):
        at, beyond = (
            fit_of(model, box, weight_class="8-bit", context_tokens=tokens, catalog=CATALOG).beyond_its_context
            for tokens in (model.context_limit_tokens, model.context_limit_tokens + 1)
        )
        assert (at, beyond) == (False, True)
