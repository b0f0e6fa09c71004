"""Turns: never more than allowed, in order, and one client never holds them all."""

import asyncio

import pytest

from serving.turns import BusyError, Turns
from tests.serving.apart import run_apart


async def _settled() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


def test_never_more_at_once_than_allowed_and_in_order() -> None:
    async def run() -> list[int]:
        turns, order, running, most = Turns(2), list[int](), 0, 0

        async def one(number: int) -> None:
            nonlocal running, most
            turn = await turns.take(f"client {number}")
            running += 1
            most = max(most, running)
            order.append(number)
            await asyncio.sleep(0)
            running -= 1
            turn.end()

        await asyncio.gather(*(one(number) for number in range(20)))
        assert most == 2
        return order

    assert run_apart(run()) == list(range(20))


def test_six_of_one_client_leave_a_turn_for_another() -> None:
    async def run() -> None:
        turns = Turns(2)
        dear = [asyncio.create_task(turns.take("greedy")) for _ in range(6)]
        await _settled()
        assert sum(task.done() for task in dear) == 1
        small = asyncio.create_task(turns.take("another"))
        await _settled()
        assert small.done()
        (await small).end()
        (await dear[0]).end()
        await _settled()
        assert sum(task.done() for task in dear) == 2
        for task in dear:
            task.cancel()

    run_apart(run())


def test_turn_that_ends_twice_frees_one() -> None:
    async def run() -> None:
        turns = Turns(1)
        turn = await turns.take("a")
        waiting = [asyncio.create_task(turns.take("b")) for _ in range(2)]
        turn.end()
        turn.end()
        await _settled()
        assert [task.done() for task in waiting] == [True, False]
        waiting[1].cancel()

    run_apart(run())


def test_full_queue_is_busy_and_says_when_to_come_back() -> None:
    async def run() -> None:
        turns = Turns(1, most_waiting=8)
        held = await turns.take("a")
        waiting = [asyncio.create_task(turns.take(f"client {number // 2}")) for number in range(8)]
        await _settled()
        with pytest.raises(BusyError) as busy:
            await turns.take("z")
        assert busy.value.wait_s == 9
        held.end()
        for task in waiting:
            task.cancel()

    run_apart(run())


def test_one_client_fills_a_quarter_of_the_queue_at_most() -> None:
    async def run() -> None:
        turns = Turns(1, most_waiting=8)
        await turns.take("a")
        waiting = [asyncio.create_task(turns.take("greedy")) for _ in range(2)]
        await _settled()
        with pytest.raises(BusyError):
            await turns.take("greedy")
        for task in waiting:
            task.cancel()

    run_apart(run())


def test_who_waits_too_long_is_told_and_leaves_the_queue() -> None:
    async def run() -> None:
        turns = Turns(1, longest_wait_s=0.01)
        held = await turns.take("a")
        with pytest.raises(BusyError):
            await turns.take("b")
        held.end()
        (await turns.take("c")).end()

    run_apart(run())


def test_who_leaves_while_waiting_takes_no_turn() -> None:
    async def run() -> None:
        turns = Turns(1)
        held = await turns.take("a")
        gone, stays = (asyncio.create_task(turns.take(name)) for name in ("b", "c"))
        await _settled()
        gone.cancel()
        await _settled()
        held.end()
        await _settled()
        assert stays.done()

    run_apart(run())


def test_who_leaves_at_the_moment_of_his_call_gives_the_turn_on() -> None:
    async def run() -> None:
        turns = Turns(1)
        held = await turns.take("a")
        gone, stays = (asyncio.create_task(turns.take(name)) for name in ("b", "c"))
        await _settled()
        held.end()
        gone.cancel()
        await _settled()
        assert gone.cancelled()
        assert stays.done()

    run_apart(run())
