"""The warm-up: modules that pages load late, and a first answer, are there before the first visitor waits for them."""

import importlib
import threading
from collections.abc import Callable, Sequence
from contextlib import suppress

from calculator.errors import CalculatorError


def warm_up(modules: Sequence[str], *steps: Callable[[], object]) -> threading.Thread:
    """Load these modules, then take these steps, such as an answer, beside the start of the server.

    Whoever comes meanwhile finds what is there already. A CalculatorError is left for the visitor, who meets it again.
    """

    def work() -> None:
        for name in modules:
            importlib.import_module(name)
        with suppress(CalculatorError):
            for step in steps:
                step()

    thread = threading.Thread(target=work, name="warm-up", daemon=True)
    thread.start()
    return thread
