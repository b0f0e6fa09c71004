"""Evidence tables: assumptions are marked, changed values are the user's."""

import pandas as pd

from tests.views.pages import page


def test_assumptions_are_marked_and_changed_values_are_yours() -> None:
    app = page(wage_usd_per_h="120")
    inputs = app.dataframe[0].value.set_index("input")
    assert inputs.loc["Hourly rate", "basis"] == ["yours"]
    assert inputs.loc["Hourly rate", "value"] == "120"
    assert inputs.loc["Administration of a Mac", "basis"] == ["assumption"]
    assert inputs.loc["Resale value: Mac or mini PC", "range"] == "30 to 65"
    assert [text for text in app.markdown if "badge[assumption]" in text.value]
    for row in pd.concat([app.dataframe[0].value, app.dataframe[1].value]).to_dict("records"):
        assert row["date"]
        assert row["source"] or next(iter(row["basis"])) in ("assumption", "yours")
