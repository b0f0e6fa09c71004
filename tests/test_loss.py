"""Kills and power cuts on the store, as bench/loss.py plays them: 50 of each, and the play sees what others lose."""

import random
from pathlib import Path

import pytest

from bench.loss import ROWS_AT_ONCE, Tally, batch_of, check, cuts, kills
from bench.power_cut import SECTOR_BYTES, CutDisk
from measurements.records.store import Store


def _harmless(found: Tally) -> bool:
    assert not found.examples, found.examples
    return (found.lost, found.halves, found.corrupt) == (0, 0, 0)


def test_fifty_kills_lose_and_break_nothing() -> None:
    found = kills(50)
    assert _harmless(found)
    assert found.blows == 50
    assert found.acknowledged >= 50


@pytest.mark.parametrize("write_ahead", [False, True])
def test_fifty_power_cuts_lose_and_break_nothing(write_ahead: bool) -> None:
    found = cuts(50, write_ahead=write_ahead)
    assert _harmless(found)
    assert found.blows == 50


@pytest.mark.parametrize(("synchronous", "write_ahead"), [("FULL", False), ("NORMAL", True)])
def test_weaker_settings_lose_what_they_acknowledged(synchronous: str, write_ahead: bool) -> None:
    assert cuts(50, synchronous=synchronous, write_ahead=write_ahead).lost > 0


def test_no_syncs_at_all_break_the_file() -> None:
    assert cuts(25, synchronous="OFF").corrupt > 0


def test_check_sees_a_lost_batch_half_a_batch_and_a_broken_file(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "m.sqlite"))
    store.append_all(batch_of(0))
    store.append_all(batch_of(1)[:2])
    store.close()
    tally = Tally()
    assert check(tmp_path / "m.sqlite", acknowledged={0, 7}, tally=tally, when="now") == 2
    assert (tally.lost, tally.halves, tally.corrupt) == (1, 1, 0)
    content = bytearray((tmp_path / "m.sqlite").read_bytes())
    content[6_000:9_000] = b"\xff" * 3_000
    (tmp_path / "m.sqlite").write_bytes(content)
    check(tmp_path / "m.sqlite", acknowledged={0}, tally=tally, when="then")
    assert tally.corrupt == 1


def _disk(*entries: tuple[str, str, object, object]) -> CutDisk:
    disk = CutDisk()
    for what, name, first, second in entries:
        disk.note(what, name, first, second)
    return disk


def test_synced_bytes_always_survive_and_others_may_not(tmp_path: Path) -> None:
    disk = _disk(
        ("create", "a", None, None),
        ("folder", "", None, None),
        ("write", "a", 0, b"1" * SECTOR_BYTES),
        ("sync", "a", None, None),
        ("write", "a", SECTOR_BYTES, b"2" * 2 * SECTOR_BYTES),
    )
    images: set[bytes] = set()
    for seed in range(60):
        (folder := tmp_path / str(seed)).mkdir()
        disk.write_image(len(disk.log), folder, random.Random(seed))
        images.add((folder / "a").read_bytes())
    first = b"1" * SECTOR_BYTES
    assert all(image.startswith(first) for image in images)
    two, gap = b"2" * SECTOR_BYTES, b"\0" * SECTOR_BYTES
    assert images == {first, first + two, first + two + two, first + gap + two}


def test_unsynced_unlink_may_be_undone_and_a_synced_one_may_not(tmp_path: Path) -> None:
    begin = [("create", "a", None, None), ("folder", "", None, None), ("unlink", "a", None, None)]
    unsynced, synced = _disk(*begin), _disk(*begin, ("folder", "", None, None))
    seen: dict[str, set[bool]] = {"unsynced": set(), "synced": set()}
    for seed in range(40):
        for name, disk in (("unsynced", unsynced), ("synced", synced)):
            (folder := tmp_path / f"{name}{seed}").mkdir()
            disk.write_image(len(disk.log), folder, random.Random(seed))
            seen[name].add((folder / "a").exists())
    assert seen == {"unsynced": {True, False}, "synced": {False}}


def test_batches_are_what_their_name_says() -> None:
    assert [record.run for record in batch_of(3)] == [f"3-{row}" for row in range(ROWS_AT_ONCE)]
