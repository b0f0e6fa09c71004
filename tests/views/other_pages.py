"""The pages beside Decide, each run alone by AppTest, which runs a function's source without its module."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.scenario.scenario import Scenario
from tests.views.pages import CATALOG
from views.link import Link
from views.shell import Case

TIMEOUT_S = 90


def fit_script() -> None:
    """Fit & speed."""
    import calculator
    from measurements import desk
    from views import fit

    opened = desk.open_desk("")
    fit.show_fit(calculator.load_catalog(), speeds=opened.speeds, own_model=opened.own_model, look_only="")


def what_if_script() -> None:
    """What if."""
    import calculator
    from views import what_if

    what_if.show_what_if(calculator.load_catalog(), speeds=lambda: ())


def sources_script() -> None:
    """Sources."""
    import calculator
    from views import sources

    sources.show_sources(calculator.load_catalog(), speeds=lambda: ())


def opened(script: Callable[[], None], **query: str | list[str]) -> AppTest:
    """The page of that script with this address."""
    app = AppTest.from_function(script, default_timeout=TIMEOUT_S)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception
    return app


def case_of(scenario: Scenario) -> Case:
    """A scenario as the pages hold it, without an address."""
    return Case(Link({}, {}), CATALOG, scenario, {})


def comparison_of(scenario: Scenario) -> Comparison:
    """Its answer with few futures."""
    return compare(scenario, CATALOG, draw_count=256)


def drawn(figure: Any) -> list[Any]:
    """The traces of a figure; plotly ships no types."""
    return list(figure.data)


def laid_out(figure: Any) -> Any:
    """The layout of a figure."""
    return figure.layout
