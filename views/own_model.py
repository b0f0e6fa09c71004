"""One's own config.json becomes the model of the scenario."""

from collections.abc import Callable

import streamlit as st

from calculator.catalog.models import LanguageModel
from calculator.errors import CalculatorError
from calculator.units import PARAMETERS_PER_BILLION
from views.address import put
from views.link import model_table
from views.look import markdown_text
from views.shell import Case
from views.uploading import ask_files

OwnModel = Callable[[str, bytes], LanguageModel]
_FILE = "own_config"


def ask_own_model(case: Case, read: OwnModel, *, look_only: str) -> None:
    """Draw the upload; `read` plans the model, and a button makes it the scenario's.

    `look_only`: why a visitor may not upload; empty where he may.
    """
    st.subheader("A model of your own", anchor=False)
    if look_only:
        st.markdown(f":gray-badge[closed to visitors] {markdown_text(look_only)}")
        return
    st.caption("Upload the config.json from the model's page. It is read here and not kept; nothing is downloaded.")
    files = ask_files("config.json", types=("json",), key=_FILE, most_mb=1)
    if not files:
        return
    file = files[0]
    try:
        model = read(file.name, file.getvalue())
    except CalculatorError as error:
        st.error(markdown_text(str(error)))
        return
    st.markdown(
        f"**{markdown_text(model.name)}**: {model.parameter_count() / PARAMETERS_PER_BILLION:,.2f} billion parameters, "
        f"{model.active_parameter_count() / PARAMETERS_PER_BILLION:,.2f} per token, {model.layer_count} layers."
    )
    st.button("Decide on this model", on_click=_take, args=(case, model), type="primary")


def _take(case: Case, model: LanguageModel) -> None:
    key, table = model_table(model, catalog=case.catalog)
    there = case.scenario.model_dump(mode="json", include={"own_models"}, exclude_defaults=True).get("own_models", {})
    put({"own_models": {**there, key: table}, "model": key})
