"""Downloads: metric, chart and CSV say the same number, and the permanent link reads back."""

import io
import json
import math

import pandas as pd
from streamlit.testing.v1 import AppTest

from calculator import Scenario, compare
from calculator.report.ledger_csv import tidy_csv
from tests.views.pages import CATALOG
from views.money import by_cost


def test_metric_chart_and_csv_are_the_same_number(default_page: AppTest) -> None:
    comparison = compare(Scenario(), CATALOG)
    ledger = pd.read_csv(io.StringIO(tidy_csv(comparison)))
    traces = json.loads(default_page.get("plotly_chart")[0].proto.spec)["data"]
    last = {trace["name"]: trace["y"][-1] for trace in traces if trace["mode"] == "lines"}
    able = [option for option in by_cost(comparison) if option.eligible]
    assert set(last) == {option.name for option in able}
    for option, metric in zip(able, default_page.metric, strict=True):
        assert option.tco is not None
        csv_total = -ledger.loc[ledger["option"] == option.id, "amount_usd"].sum()
        for shown in (last[option.name], csv_total):
            assert math.isclose(shown, option.tco.total_cost_usd, abs_tol=0.005)
        assert math.isclose(float(metric.value), option.tco.present_value_cost_usd, abs_tol=0.005)
