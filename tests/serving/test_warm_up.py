"""What a first visitor would wait for is there before he comes, and nothing of it stops the server."""

import ast
import subprocess
import sys
import threading

import pytest

from calculator.errors import CalculatorError
from serving.warm_up import warm_up
from tests.real_server import ROOT

_LATE = "colorsys"


def test_modules_are_there_before_the_answer_is_made() -> None:
    sys.modules.pop(_LATE, None)
    seen: list[bool] = []
    warm_up([_LATE], lambda: seen.append(_LATE in sys.modules)).join(20)
    assert seen == [True]


def test_answer_that_cannot_be_made_is_left_to_its_visitor(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)

    def first_answer() -> None:
        raise CalculatorError("No option is left.")

    warm_up([], first_answer).join(20)
    assert not raised


def test_fault_of_our_own_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    raised: list[threading.ExceptHookArgs] = []
    monkeypatch.setattr(threading, "excepthook", raised.append)
    warm_up(["no_such_module_of_ours"], lambda: None).join(20)
    assert [one.exc_type for one in raised] == [ModuleNotFoundError]


_SERVER = """
import sys, threading
import server
(thread,) = [one for one in threading.enumerate() if one.name == "warm-up"]
thread.join(60)
from calculator import Scenario, load_catalog
from views.link import read_link
from views.shell import Case, is_answered
case = Case(read_link({}, catalog=load_catalog()), load_catalog(), Scenario(), {})
print(is_answered(case, server.desk.speeds()))
print(*sys.modules)
"""


def test_server_has_loaded_all_that_the_first_page_loads_and_knows_its_answer() -> None:
    found = subprocess.run(
        [sys.executable, "-c", _SERVER], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    answered, loaded = found.stdout.strip().splitlines()[-2:]
    assert answered == "True"
    lines = ast.parse((ROOT / "app.py").read_text()).body
    asked = {line.module for line in lines if isinstance(line, ast.ImportFrom)} | {"pandas"}
    assert asked <= {*loaded.split()}


_VISITED = """
import gc, threading
import server
(thread,) = [one for one in threading.enumerate() if one.name == "warm-up"]
thread.join(60)
held = [[number] for number in range(10_000)]
before = gc.get_freeze_count()
server.metrics.session_began()
server.set_pages_apart()
print(gc.get_freeze_count() - before < len(held))
server.metrics.session_ended()
server.set_pages_apart()
print(gc.get_freeze_count() - before >= len(held))
"""


def test_what_a_visitor_holds_is_not_set_apart_with_what_is_loaded() -> None:
    """Whoever comes during the warm-up would else stay in memory for as long as the server."""
    found = subprocess.run(
        [sys.executable, "-c", _VISITED], cwd=ROOT, capture_output=True, text=True, timeout=120, check=True
    )
    assert found.stdout.split()[-2:] == ["True", "True"]
