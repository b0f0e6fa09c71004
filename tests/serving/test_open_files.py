"""Open files: a server raises its own limit to what its pages need, as far as it may, and never lowers it."""

import sys

import pytest

from serving.open_files import OF_A_MAC, files_needed, raise_file_limit

if sys.platform == "win32":
    pytest.skip("Windows has no such limit", allow_module_level=True)

import resource

ENDLESS = resource.RLIM_INFINITY


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        ((1_024, 524_288), (2_884, 524_288)),
        ((256, ENDLESS), (2_884, ENDLESS)),
        ((1_024, 2_000), (2_000, 2_000)),
        ((4_000, 4_000), None),
        ((ENDLESS, ENDLESS), None),
    ],
)
def test_limit_is_raised_as_far_as_the_system_allows(
    now: tuple[int, int], expected: tuple[int, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = list[tuple[int, int]]()

    def of(_: int) -> tuple[int, int]:
        return now

    def make(_: int, limits: tuple[int, int]) -> None:
        made.append(limits)

    monkeypatch.setattr(resource, "getrlimit", of)
    monkeypatch.setattr(resource, "setrlimit", make)
    raise_file_limit(200)
    assert made == ([] if expected is None else [expected])


def test_a_system_that_refuses_leaves_the_limit_and_the_operator_reads_it(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def of(_: int) -> tuple[int, int]:
        return 256, ENDLESS

    def refuse(_: int, __: tuple[int, int]) -> None:
        raise ValueError("not allowed to exceed maximum limit")

    monkeypatch.setattr(resource, "getrlimit", of)
    monkeypatch.setattr(resource, "setrlimit", refuse)
    raise_file_limit(200)
    said = capsys.readouterr().err
    assert said.startswith("This server may open 256 files, and 200 pages need 2,884. Raise the hard limit")


def test_a_mac_gives_what_it_means_by_infinity(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    made = list[tuple[int, int]]()

    def of(_: int) -> tuple[int, int]:
        return 256, ENDLESS

    def as_a_mac(_: int, limits: tuple[int, int]) -> None:
        if limits[0] > OF_A_MAC:
            raise ValueError("not allowed to exceed maximum limit")
        made.append(limits)

    monkeypatch.setattr(resource, "getrlimit", of)
    monkeypatch.setattr(resource, "setrlimit", as_a_mac)
    raise_file_limit(2_000)
    assert made == [(10_240, ENDLESS)]
    assert "may open 10,240 files, and 2,000 pages need 20,884" in capsys.readouterr().err


def test_two_hundred_pages_need_more_than_a_shell_gives() -> None:
    assert files_needed(200) == 200 * 10 + 128 * 3 + 500
    assert files_needed(1) < files_needed(2)
