"""Folded tools: fine-tuning and the vector index say the engine's bytes, and the index can be counted."""

from calculator.physics.memory.vector_index import index_bytes
from calculator.units import BYTES_PER_GB
from tests.views.other_pages import fit_script, opened
from tests.views.pages import small_tables, texts, widget


def test_index_says_its_gigabytes_and_goes_into_the_scenario() -> None:
    app = opened(fit_script)
    assert "beside the model" not in texts(app)
    app.session_state["index"] = True
    app.run()
    widget(app, "vectors").set_value(10_000_000).run()
    gigabytes = index_bytes(10_000_000, dimension_count=1_024, payload_bytes=1_000) / BYTES_PER_GB
    assert f"{gigabytes:,.1f} GB" in texts(app)
    next(button for button in app.button if button.label == "Count it in the scenario").click().run()
    assert float(app.query_params["second_tenant_gb"]) == round(gigabytes, 1)


def test_training_needs_more_in_sixteen_bits_than_in_four() -> None:
    app = opened(fit_script)
    app.session_state["tuning"] = True
    app.run()
    packed = small_tables(app)[-1]["Needs"].iloc[0]
    widget(app, "packed").set_value(False).run()
    assert not app.exception
    plain = small_tables(app)[-1]["Needs"].iloc[0]
    assert float(plain.split(maxsplit=1)[0].replace(",", "")) > float(packed.split(maxsplit=1)[0].replace(",", ""))


def test_training_on_several_cards_says_of_a_machine_that_fits_how_spare_memory_counts() -> None:
    app = opened(fit_script, model="llama-3.1-405b", options=["dual-rtx-4090-am5", "cloud-h100"])
    app.session_state["tuning"] = True
    app.run()
    shown = small_tables(app)[-1]
    for fits, spare in zip(shown["Fits"], shown["Spare"], strict=True):
        assert "by the fullest card" not in spare or fits == "yes"
    assert any(fits.startswith("no: ") for fits in shown["Fits"])
