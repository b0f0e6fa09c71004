"""Room for kept loads: a sixteenth of what the server may use, within its bounds."""

import os
from pathlib import Path

import pytest

from calculator.cost.kept_loads import MOST_BYTES
from serving.room import room_for_loads


def _machine(monkeypatch: pytest.MonkeyPatch, gigabytes: float) -> None:
    pages = {"SC_PHYS_PAGES": int(gigabytes * 1e9 / 4096), "SC_PAGE_SIZE": 4096}
    monkeypatch.setattr(os, "sysconf", pages.__getitem__)


@pytest.mark.parametrize(("gigabytes", "expected"), [(0.25, 32e6), (2, 125e6), (64, 256e6)])
def test_a_sixteenth_of_the_machine_within_bounds(
    gigabytes: float, expected: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    _machine(monkeypatch, gigabytes)
    assert room_for_loads([]) == pytest.approx(expected, rel=1e-4)


@pytest.mark.parametrize(("said", "expected"), [("1600000000", 100e6), ("max", 250e6), ("", 250e6)])
def test_container_counts_where_it_may_use_less(
    said: str, expected: float, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _machine(monkeypatch, 4)
    limit = tmp_path / "memory.max"
    limit.write_text(said, encoding="ascii")
    assert room_for_loads([tmp_path / "none", limit]) == pytest.approx(expected, rel=1e-4)


def test_system_that_does_not_say_keeps_the_library_s_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delattr(os, "sysconf")
    assert room_for_loads([]) == MOST_BYTES
