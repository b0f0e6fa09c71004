"""The pages beside Decide, each run alone by AppTest, which runs a function's source without its module."""

from collections.abc import Callable
from typing import Any

from streamlit.testing.v1 import AppTest

from calculator.decision.compare import compare
from calculator.decision.comparison import Comparison
from calculator.physics.measured import MeasuredSpeed
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


def measured_what_if_script() -> None:
    """What if, with a measured speed of the Mac."""
    import calculator
    from tests.views import other_pages
    from views import what_if

    what_if.show_what_if(calculator.load_catalog(), speeds=lambda: (other_pages.measured_mac(),))


def measured_mac() -> MeasuredSpeed:
    """A 96 GB Mac Studio M5 Ultra that writes 60 tokens a second of the default question's model, as if measured."""
    scenario = Scenario()
    option = compare(scenario, CATALOG, draw_count=0, with_turns=False)["mac-studio-m5-ultra-96"]
    machine = CATALOG.machines[option.id]
    return MeasuredSpeed(
        phase="decode",
        chip=machine.chip,
        chip_count=machine.chip_count,
        model=scenario.model,
        format=option.format_id,
        runtime=option.runtime_id,
        context_tokens=scenario.input_tokens() + scenario.answer_tokens // 2,
        batch_count=1,
        low_tokens_per_s=59.0,
        central_tokens_per_s=60.0,
        high_tokens_per_s=61.0,
        trust="measured here",
        as_of="2026-11-22",
    )


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
