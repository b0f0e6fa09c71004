"""Pages speak of machines, models, formats and measurements by their names: no id, no record id, no address in a text."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import cast
from urllib.parse import parse_qs

import pytest
from streamlit.testing.v1 import AppTest

from calculator.scenario.files import read_scenario
from measurements.records.store import Store
from tests.views.other_pages import fit_script, opened, sources_script, what_if_script
from tests.views.pages import APP, CATALOG, component, measurements_page, page, small_tables, texts, the_mac, widget
from views.link import write_link
from views.sources import _METHODS, _VIEWS  # pyright: ignore[reportPrivateUsage]

_TABLES = ("machines", "clouds", "apis", "subscriptions", "models", "chips", "formats", "runtimes")
_NAMES = {one.name for table in _TABLES for one in getattr(CATALOG, table).values()}
IDS = {key for table in _TABLES for key in getattr(CATALOG, table) if re.search(r"[-_]|\d", key) and key not in _NAMES}
"""Keys of the catalogue that look like ids; a program whose name is its key, as mlx-lm, is called so by people too."""
FAMILIES = {chip.family for chip in CATALOG.chips.values()}
"""They name rows of the method's tables, as the file of the constants does, and nothing else."""
_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ADDRESS = re.compile(r"https?://\S+")
_RECORD = re.compile(r"\b(?=[0-9a-f]*\d)(?=[0-9a-f]*[a-f])[0-9a-f]{8,64}\b")
_NOT_WORDS = (
    "id",
    "catalogue",
    "address",
    "asks",
    "preset",
    "values",
    "flips",
    "quotes",
    "than",
    "lists",
    "whole",
    "measurements",
)
"""Keys of the live body's data that a program reads."""
ROUTED = Path(__file__).parents[1] / "fixtures" / "routing.toml"
QUERIES: dict[str, Mapping[str, str | list[str]]] = {
    "default": {},
    "article": {"preset": "article"},
    "misfit": {
        "model": "gpt-oss-120b",
        "weight_class": "8-bit",
        "second_tenant_gb": "40",
        "options": ["mac-studio-m5-ultra-96", "dual-rtx-4090-am5", "cloud-h100", "api-frontier", "dgx-spark"],
    },
}


def offences(text: str, *, ids: set[str] = IDS | FAMILIES) -> list[str]:
    """What no sentence should hold: ids, record ids, and addresses that are no link."""
    plain = re.sub(r"\]\(https?://[^)]*\)", "]", text)
    found_ids = [word for word in (found.strip("._-") for found in _WORD.findall(plain)) if word in ids]
    return found_ids + _ADDRESS.findall(plain) + _RECORD.findall(plain)


def said_by(app: AppTest) -> Iterator[str]:
    """Every text of a page that a person reads; the id and the link have columns of their own."""
    yield from texts(app).splitlines()
    for kind in ("title", "header", "subheader", "expander"):
        yield from (str(getattr(one, "value", None) or getattr(one, "label", "")) for one in app.get(kind))
    for shown in small_tables(app):
        yield from (str(cell) for name in shown.columns if name not in ("Id", "Link") for cell in shown[name])
    for found in app.dataframe:
        yield from (
            str(cell) for name in found.value.columns if name not in ("Id", "Link") for cell in found.value[name]
        )
    for box in app.selectbox:
        yield from (str(box.label), *map(str, box.options))


def words_in(data: object) -> Iterator[str]:
    """Every text of the live body's data."""
    if isinstance(data, dict):
        for name, value in cast("dict[str, object]", data).items():
            if name not in _NOT_WORDS:
                yield from words_in(value)
    elif isinstance(data, list):
        for value in cast("Sequence[object]", data):
            yield from words_in(value)
    elif isinstance(data, str):
        yield data


def test_an_id_a_record_and_an_address_are_seen_and_a_link_and_a_name_are_not() -> None:
    assert offences("the fastest disk (mac-studio-m5-max-128), q4_k_m") == ["mac-studio-m5-max-128", "q4_k_m"]
    assert offences("measurement 0a1b2c3d4e5f is old") == ["0a1b2c3d4e5f"]
    assert offences("see https://example.com/x for it") == ["https://example.com/x"]
    assert offences("[Apple](https://www.apple.com/x): Mac Studio, 4 bits (Q4_K_M) on mlx-lm and llama.cpp") == []


@pytest.mark.parametrize("name", QUERIES)
def test_decide_fit_and_what_if_say_names(name: str) -> None:
    query = QUERIES[name]
    told = [*words_in(component(page(**query))["frame"])]
    for script in (fit_script, what_if_script):
        told += said_by(opened(script, **query))
    assert len(told) > 100
    assert {text: found for text in told if (found := offences(text))} == {}


def test_routes_say_names() -> None:
    query = parse_qs(write_link(read_scenario(ROUTED), catalogue_hash=CATALOG.hash), keep_blank_values=True)
    told = [*words_in(component(page(**query))["frame"]), *said_by(opened(fit_script, **query))]
    assert {text: found for text in told if (found := offences(text))} == {}


@pytest.mark.parametrize("view", [view for view in _VIEWS if view != "Method"])
def test_sources_and_the_article_say_names(view: str) -> None:
    app = opened(sources_script)
    widget(app, "sources view").set_value(view).run()
    told = [*said_by(app)]
    assert told
    assert {text: found for text in told if (found := offences(text))} == {}


def prose(markdown: str) -> str:
    """A document without its code: what a person types into a file or a command are ids, and stand as code."""
    return re.sub(r"`[^`]*`", "", re.sub(r"(?m)^    .*$", "", re.sub(r"```.*?```", "", markdown, flags=re.DOTALL)))


@pytest.mark.parametrize("title", _METHODS)
def test_method_says_names_outside_of_code(title: str) -> None:
    app = opened(sources_script)
    widget(app, "sources view").set_value("Method").run()
    widget(app, "method").set_value(title).run()
    told = prose("\n".join(said_by(app))).splitlines()
    assert len(told) > 30
    assert {text: found for text in told if (found := offences(text, ids=IDS))} == {}


@pytest.mark.parametrize("name", QUERIES)
@pytest.mark.parametrize(
    ("script", "folded", "view"), [(fit_script, ("tuning", "index"), ""), (sources_script, ("claim",), "The article")]
)
def test_folded_parts_say_names(script: Callable[[], None], folded: Sequence[str], view: str, name: str) -> None:
    shut = opened(script, **QUERIES[name])
    app = AppTest.from_function(script, default_timeout=90)
    for key, value in QUERIES[name].items():
        app.query_params[key] = value
    for key in folded:
        app.session_state[key] = True
    app.run()
    if view:
        for one in (shut, app):
            widget(one, "sources view").set_value(view).run()
    assert not app.exception
    told = [*said_by(app)]
    assert len(told) > len([*said_by(shut)])
    assert {text: found for text in told if (found := offences(text))} == {}


def test_more_settings_say_names() -> None:
    app = AppTest.from_file(str(APP), default_timeout=90)
    app.session_state["more settings"] = True
    app.run()
    assert not app.exception
    told = [*said_by(app), *(str(box.label) for kind in (app.number_input, app.text_input) for box in kind)]
    assert len(told) > 60
    assert {text: found for text in told if (found := offences(text))} == {}


def test_measurements_say_names(store: Path) -> None:
    Store(str(store)).append_all([the_mac(), the_mac("2", status="rejected"), the_mac("3", kind="imported")])
    told = [*said_by(measurements_page())]
    assert any("Qwen3.5 4B" in text for text in told)
    assert {text: found for text in told if (found := offences(text))} == {}
