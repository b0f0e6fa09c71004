"""A config.json of one's own becomes the scenario's model; a visitor who may only look brings none."""

import importlib.util
import json
from pathlib import Path

import pytest
from streamlit.testing.v1 import AppTest

from tests.views.other_pages import TIMEOUT_S, fit_script, opened
from tests.views.pages import small_tables, texts

CONFIG = Path(__file__).parents[2] / "measurements/model_configs/qwen3-0.6b.json"


def visitors_script() -> None:
    """Fit & speed for visitors who may only look."""
    import calculator
    from measurements import desk
    from views import fit

    opened = desk.open_desk("")
    fit.show_fit(
        calculator.load_catalog(), speeds=opened.speeds, own_model=opened.own_model, look_only="Ask the owner."
    )


@pytest.mark.mlx
@pytest.mark.skipif(importlib.util.find_spec("mlx_lm") is None, reason="mlx-lm is not installed")
def test_config_is_planned_and_a_click_decides_on_it(store: Path) -> None:
    shipped = json.loads(CONFIG.read_text("utf-8"))
    del shipped["_about"]
    app = opened(fit_script)
    app.file_uploader(key="own_config").upload("my-model.json", json.dumps(shipped).encode())
    app.run()
    assert not app.exception
    assert "my-model: 0.60 billion parameters" in texts(app).replace("*", "")
    next(button for button in app.button if button.label == "Decide on this model").click().run()
    assert not app.exception
    assert app.query_params["model"] == "my-model"
    assert set(json.loads(app.query_params["own_models"])) == {"my-model"}
    assert small_tables(app)[0]["Can it do the job?"].iloc[0] == "yes"
    assert not store.exists()


def test_file_that_is_no_config_is_a_sentence() -> None:
    app = opened(fit_script)
    app.file_uploader(key="own_config").upload("x.json", b"[1, 2")
    app.run()
    assert not app.exception
    assert [error.value for error in app.error]


def test_visitors_who_may_only_look_bring_no_config() -> None:
    app = AppTest.from_function(visitors_script, default_timeout=TIMEOUT_S).run()
    assert not app.exception
    assert not app.file_uploader
    assert "Ask the owner." in texts(app)
