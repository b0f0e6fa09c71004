"""Turns: never more than allowed, in order, and one client never holds them all."""

import asyncio
import threading
import time
from concurrent.futures import ThreadPoolExecutor

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


def test_page_waits_in_its_thread_for_a_turn_of_a_route_and_is_called() -> None:
    async def run() -> bool:
        turns = Turns(1)
        held = await turns.take("a")
        page = asyncio.get_running_loop().run_in_executor(None, turns.take_for_page, 10.0, False)
        await asyncio.sleep(0.02)
        assert not page.done()
        held.end()
        end = await page
        assert end is not None
        assert turns.held_count() == 1
        end()
        return turns.held_count() == 0

    assert run_apart(run())


def test_waiting_pages_leave_the_queue_of_requests_free() -> None:
    async def run() -> None:
        turns = Turns(1, most_waiting=4)
        held = await turns.take("a")
        loop = asyncio.get_running_loop()
        pages = [loop.run_in_executor(None, turns.take_for_page, 0.2, False) for _ in range(4)]
        await asyncio.sleep(0.05)
        route = asyncio.create_task(turns.take("b"))
        await _settled()
        assert not route.done()
        assert await asyncio.gather(*pages) == [None] * 4
        held.end()
        (await route).end()

    run_apart(run())


def test_routes_and_pages_from_many_threads_never_hold_more_than_there_are() -> None:
    turns, most, lock, running = Turns(3, most_waiting=1_000), 0, threading.Lock(), 0

    def work() -> None:
        nonlocal most, running
        with lock:
            running += 1
            most = max(most, running)
        time.sleep(0.0005)
        with lock:
            running -= 1

    def page() -> None:
        end = turns.take_for_page(20.0, False)
        assert end is not None
        work()
        end()

    async def route(number: int) -> None:
        turn = await turns.take(f"client {number % 5}")
        await asyncio.to_thread(work)
        turn.end()

    async def run() -> None:
        with ThreadPoolExecutor(40) as pages:
            loop = asyncio.get_running_loop()
            waiting = [loop.run_in_executor(pages, page) for _ in range(40)]
            await asyncio.gather(*waiting, *(route(number) for number in range(40)))

    run_apart(run())
    assert (most, turns.held_count()) == (3, 0)


def test_answers_of_pages_come_one_after_the_other_and_leave_the_other_turns_free() -> None:
    turns = Turns(3)
    first = turns.take_for_page(0.0, True)
    assert first is not None
    assert turns.take_for_page(0.0, True) is None
    others = [turns.take_for_page(0.0, False) for _ in range(3)]  # files, say
    assert None not in others
    assert turns.take_for_page(0.0, False) is None
    first()
    assert turns.take_for_page(0.0, True) is not None


def test_six_dear_requests_leave_the_answer_of_a_page_its_turn() -> None:
    async def run() -> None:
        turns = Turns(2)
        dear = [asyncio.create_task(turns.take(f"client {number}")) for number in range(6)]
        await _settled()
        assert sum(task.done() for task in dear) == 2
        end = turns.take_for_page(0.0, True)
        assert end is not None
        assert turns.held_count() == 3
        assert turns.take_for_page(0.0, False) is None  # a file waits among the requests
        end()
        await _settled()
        assert sum(task.done() for task in dear) == 2  # what the page leaves is for pages
        for task in dear:
            task.cancel()

    run_apart(run())


def test_waiting_answers_of_pages_do_not_put_off_who_is_refused() -> None:
    async def run() -> None:
        turns, loop = Turns(2, longest_wait_s=0.05), asyncio.get_running_loop()
        first, *files = turns.take_for_page(0.0, True), *[turns.take_for_page(0.0, False) for _ in range(2)]
        assert first is not None
        assert None not in files
        with ThreadPoolExecutor(8) as pages:
            waiting = [loop.run_in_executor(pages, turns.take_for_page, 0.5, True) for _ in range(8)]
            with pytest.raises(BusyError) as busy:
                await turns.take("a script")
            assert busy.value.wait_s == 1
            assert await asyncio.gather(*waiting) == [None] * 8

    run_apart(run())


def test_waiting_answers_of_pages_hold_up_no_route() -> None:
    async def run() -> None:
        turns, loop = Turns(2), asyncio.get_running_loop()
        first = turns.take_for_page(0.0, True)
        assert first is not None
        waiting = loop.run_in_executor(None, turns.take_for_page, 5.0, True)
        (await turns.take("a script")).end()
        assert not waiting.done()
        first()
        assert await waiting is not None

    run_apart(run())
