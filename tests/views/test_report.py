"""Downloads: metric, chart and CSV say the same number, and the permanent link reads back."""

import io
import json
import math

import pandas as pd
from streamlit.testing.v1 import AppTest

from calculator import Scenario, compare
from calculator.report.ledger_csv import tidy_csv
from tests.views.pages import CATALOG


def test_metric_chart_and_csv_are_the_same_number(default_page: AppTest) -> None:
    comparison = compare(Scenario(), CATALOG)
    ledger = pd.read_csv(io.StringIO(tidy_csv(comparison)), comment="#")
    traces = json.loads(default_page.get("plotly_chart")[0].proto.spec)["data"]
    last = {trace["name"]: trace["y"][-1] for trace in traces if trace["mode"] == "lines"}
    assert len(default_page.metric) == len(comparison.options)
    for option, metric in zip(comparison.options, default_page.metric, strict=True):
        if option.tco is None:
            assert option.name not in last
            continue
        csv_total = -ledger.loc[ledger["option"] == option.id, "amount_usd"].sum()
        for shown in (float(metric.value), last[option.name], csv_total):
            assert math.isclose(shown, option.tco.total_cost_usd, abs_tol=0.005)
