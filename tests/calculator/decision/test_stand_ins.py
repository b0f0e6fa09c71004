"""Stand-ins: other machines of the kind that the verdict names."""

import pytest

from calculator import Scenario, load_catalog
from calculator.decision import stand_ins as module
from calculator.decision.close_calls import close_calls
from calculator.decision.compare import compare
from calculator.decision.stand_ins import stand_ins, without_exchanges
from calculator.risk.candidates import Candidates
from calculator.risk.sensitivity import SwitchPoint, switching_values

CATALOG = load_catalog()
SMALL, BIG, USED = "mac-studio-m5-ultra-96", "mac-studio-m5-ultra-256", "mac-studio-m2-ultra-192-used"
AM5, THREADRIPPER, RENTED = "dual-rtx-4090-am5", "dual-rtx-4090-threadripper", "cloud-h100"
DEFAULT = compare(Scenario(), CATALOG, draw_count=256)


def test_stand_ins_are_machines_of_the_same_kind_that_can_do_the_job() -> None:
    assert set(stand_ins(DEFAULT.candidates, SMALL)) == {BIG, USED}
    assert stand_ins(DEFAULT.candidates, AM5) == (THREADRIPPER,)
    assert stand_ins(DEFAULT.candidates, RENTED) == ()


def test_price_that_only_brings_another_mac_forward_turns_no_verdict() -> None:
    """With two Macs the dearer one wins at such a price, as a whole answer there shows; with one the PC does."""
    pair = DEFAULT.verdicts.mac_or_pc
    assert pair is not None
    alone = compare(Scenario(options=(SMALL, AM5)), CATALOG, draw_count=256).verdicts.mac_or_pc
    assert alone is not None
    name = f"{SMALL}.price_usd"
    (at,) = (flip.at for flip in alone.flips if flip.name == name)
    assert name not in {flip.name for flip in pair.flips}
    for options, winner in ((Scenario().options, BIG), ((SMALL, AM5), AM5)):
        there = compare(Scenario.parse({"options": options, "figures": {name: at * 1.01}}), CATALOG, draw_count=64)
        assert there.verdicts.mac_or_pc is not None
        assert there.verdicts.mac_or_pc.cheapest == winner


def test_close_call_says_that_the_other_wins_only_where_no_stand_in_does() -> None:
    alone = compare(Scenario(options=(SMALL, AM5)), CATALOG, draw_count=256)
    name = f"{SMALL}.price_usd"
    edges: list[float | None] = []
    for found in (DEFAULT, alone):
        assert found.verdicts.mac_or_pc is not None
        edges += [call.high for call in close_calls(found, found.verdicts.mac_or_pc) if call.name == name]
    assert edges[0] is None
    assert edges[1] is not None


def test_switching_values_of_the_pair_that_only_exchange_a_mac_are_left_out() -> None:
    pair = DEFAULT.verdicts.mac_or_pc
    assert pair is not None
    both = (str(pair.cheapest), str(pair.next))
    points = switching_values(DEFAULT.candidates.only(both))
    kept = {one.name for one in without_exchanges(points, DEFAULT.candidates, pair=both)}
    dropped = {one.name for one in points} - kept
    assert f"{SMALL}.price_usd" in dropped
    assert "mac_administration_h_per_year" in kept
    assert all(one.value is not None for one in points if one.name in dropped)
    alone = DEFAULT.candidates.only(both)
    assert without_exchanges(points, alone, pair=both) == list(points)


def test_pair_is_asked_just_beyond_where_it_turns_on_either_side(monkeypatch: pytest.MonkeyPatch) -> None:
    """A hundredth of the way further: from 100 to 200 it is 201, from 100 to 50 it is 49.5."""
    asked: list[dict[str, float]] = []

    def noted(_: Candidates, beside: list[dict[str, float]], **__: object) -> list[bool]:
        asked.extend(beside)
        return [False] * len(beside)

    monkeypatch.setattr(module, "beats_stand_ins", noted)
    points = [SwitchPoint("wage_usd_per_h", 100.0, at, AM5, True, (1.0, 300.0)) for at in (200.0, 50.0, None)]
    assert without_exchanges(points, DEFAULT.candidates, pair=(SMALL, AM5)) == points[2:]
    assert asked == [{"wage_usd_per_h": 201.0}, {"wage_usd_per_h": 49.5}, {}]
