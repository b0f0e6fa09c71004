"""How good the predicted speeds are: predicted against measured, for publishers that the law had never met."""

from collections import defaultdict
from collections.abc import Callable, Sequence
from statistics import median, quantiles
from typing import Any

import streamlit as st

from calculator import load_catalog
from calculator.calibration.left_out import LeftOut, read_left_out
from views.charts.sources import accuracy_scatter
from views.drawing import draw_chart, draw_table

_ALL = "all"
_FEWEST = 5
_GROUPS: dict[str, Callable[[LeftOut], str]] = {
    "by machine": lambda row: row.device,
    "by runtime": lambda row: row.runtime,
    "by model": lambda row: row.model,
}


@st.fragment
def show_accuracy() -> None:
    """Draw the scatter and the errors by group."""
    rows = read_left_out()
    catalog = load_catalog()
    names = {key: chip.name for key, chip in catalog.chips.items()}
    models = {key: model.name for key, model in catalog.models.items()}
    kinds = list(dict.fromkeys(row.kind for row in rows))
    kind = st.segmented_control(
        "Speed of", kinds, default=kinds[0], key="accuracy kind", required=True, format_func=str.capitalize
    )
    shown = [row for row in rows if row.kind == kind]
    publishers = len({row.publisher for row in shown})
    half, tenth = errors(shown)
    held = sum(row.is_inside for row in shown) / len(shown)
    st.markdown(
        f"We predicted {len(shown):,} published figures of {publishers} publishers, each by a law that had seen nothing "
        f"of that publisher. Half of the predictions are within **{half:.0%}**, nine in ten within **{tenth:.0%}**. "
        f"The stated ranges, made to hold 80 %, held **{held:.0%}**.".replace("%**", " %**")
    )
    draw_chart(
        accuracy_scatter(shown, names=names),
        key=f"accuracy {kind}",
        alt=f"Predicted against measured speed, {kind}, {len(shown)} figures",
    )
    group = st.segmented_control("Errors", list(_GROUPS), default="by machine", key="accuracy group", required=True)
    draw_table(
        _table(shown, _GROUPS[group or "by machine"], names={**names, **models}), key="errors", alt=f"Errors {group}"
    )
    st.caption(f"Groups of fewer than {_FEWEST} figures are left out.")


def errors(rows: Sequence[LeftOut]) -> tuple[float, float]:
    """Median and 90th percentile of |predicted / measured - 1|."""
    sizes = sorted(abs(row.predicted / row.measured - 1) for row in rows)
    return median(sizes), quantiles(sizes, n=10, method="inclusive")[-1] if len(sizes) > 1 else sizes[0]


def _table(rows: Sequence[LeftOut], key: Callable[[LeftOut], str], *, names: dict[str, str]) -> list[dict[str, Any]]:
    groups: dict[str, list[LeftOut]] = defaultdict(list)
    for row in rows:
        groups[key(row)].append(row)
    found: list[dict[str, Any]] = []
    for name, members in sorted(groups.items(), key=lambda item: -len(item[1])):
        if len(members) >= _FEWEST:
            half, tenth = errors(members)
            held = sum(row.is_inside for row in members) / len(members)
            found.append(
                {
                    "Group": names.get(name, name) or "models known by their shape alone",
                    "Figures": len(members),
                    "Half within": f"{half:.0%}".replace("%", " %"),
                    "Nine of ten within": f"{tenth:.0%}".replace("%", " %"),
                    "Range held": f"{held:.0%}".replace("%", " %"),
                }
            )
    return found
