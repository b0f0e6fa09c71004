"""Answers to programs, made in a process of their own, so that no page waits for them, whatever they cost.

The server starts it, asks it over its standard input and reads its standard output; it ends when the server does. Python
computes in one thread of a process at a time, so beside two dear answers a slider took three times as long.
"""

import os
import pickle
import signal
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import BinaryIO, Literal

from calculator.physics.measured import MeasuredSpeed
from calculator.units import plain_number
from serving.answers import Query
from serving.replies import Reply, ReplyOf

_LONGEST_S = 60.0
"""No answer takes a tenth of it, and no start; a process that says nothing for so long is ended."""
_AGAIN_S = 5
_PAUSES_S = (1.0, 10.0, 60.0)
"""Before a process that ended is started again, the last one again and again: it may lack memory."""
_WELL_S = 60.0
"""Whatever ran so long is started again after the first of these pauses."""
_NICE = 10
"""Where processors are short, the pages come first."""
_FAULTS = (
    *(ArithmeticError, AssertionError, AttributeError, ImportError, LookupError, MemoryError, OSError, RuntimeError),
    *(TypeError, ValueError),
)
"""What a fault of ours raises, and what bytes raise that are no pickle, beside pickle's own errors."""
Speeds = tuple[MeasuredSpeed, ...]


@dataclass(frozen=True, slots=True)
class _Asked:
    path: str
    query: dict[str, list[str]]
    speeds: Speeds


@dataclass(frozen=True, slots=True)
class _Failed:
    """A fault of ours while an answer was made, as its traceback."""

    said: str


class _LostError(Exception):
    """The process ended before it answered."""


class _GoneError(Exception):
    """The process had ended before it could read the question."""


class _Process:
    """One running process, in a session of its own: Ctrl-C at the server's console never reaches it.

    Raises _LostError where it does not begin.
    """

    def __init__(self, command: Sequence[str], environment: Mapping[str, str]) -> None:
        self._process = subprocess.Popen(
            command, env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, start_new_session=True
        )
        try:
            self._told(_LONGEST_S)  # which it says once it is ready
        except _LostError:
            self.end()
            self.wait()
            raise

    def reply_to(self, asked: _Asked, *, longest_s: float) -> object:
        """What it answers within so many seconds. Raises _GoneError and _LostError."""
        return self._told(longest_s, pickle.dumps(asked))

    def end(self) -> None:
        """End it, if it has not ended by itself; for whoever reads it last."""
        self._process.kill()
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe is not None:
                with suppress(OSError):  # what was written and never read
                    pipe.close()

    def wait(self) -> int:
        """Wait until it has ended, for example for want of memory; its exit code."""
        return self._process.wait()

    def _told(self, longest_s: float, question: bytes = b"") -> object:
        """What it says next. A stopped process reads no long question either, so the time runs from its first byte."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        alarm = threading.Timer(longest_s, self._process.kill)
        alarm.daemon = True
        try:
            alarm.start()
            self._process.stdin.write(question)
            self._process.stdin.flush()
            return pickle.load(self._process.stdout)
        except BrokenPipeError as error:
            raise _GoneError from error
        except (EOFError, pickle.PickleError, *_FAULTS) as error:
            raise _LostError from error
        finally:
            alarm.cancel()


@dataclass(slots=True)
class AnswerProcesses:
    """Replies from `count` processes like `command`, each of which makes one at a time.

    Where none runs, because they have not begun yet or cannot, the reply is made here. A reply that is lost with its
    process is refused with 503 and not tried again: it may be what ended it. Ended processes are started again, after
    growing pauses.
    """

    command: Sequence[str]
    environment: Mapping[str, str]
    here: ReplyOf
    speeds: Callable[[], Sequence[MeasuredSpeed]]
    count: int = 1
    pauses_s: Sequence[float] = _PAUSES_S
    longest_s: float = _LONGEST_S
    _running: list[_Process] = field(default_factory=list[_Process])
    _idle: list[_Process] = field(default_factory=list[_Process])
    """Those of the running that answer nobody now. Whoever takes one out of it gives it back or ends it."""
    _changed: threading.Condition = field(default_factory=threading.Condition)
    _is_over: bool = False

    def start(self) -> None:
        """Start the processes beside whatever goes on."""
        for _ in range(self.count):
            threading.Thread(target=self._keep_one, name="answers", daemon=True).start()

    def end(self) -> None:
        """End the processes, those that answer somebody after that, and start no more: then answers are made here."""
        with self._changed:
            self._is_over = True
            while self._idle:
                process = self._idle.pop()
                self._running.remove(process)
                process.end()
            self._changed.notify_all()

    def alive_count(self) -> int:
        """How many processes answer."""
        return len(self._running)

    def gauges(self) -> Mapping[str, tuple[str, float]]:
        """Figures of this moment by name: what each says, and its value."""
        return {
            "tco_answer_processes": ("Processes that make files and answers to programs.", float(self.alive_count()))
        }

    def reply_of(self, path: str, query: Query) -> Reply:
        """The reply to the parameters of this path. Raises RuntimeError where making it failed by a fault of ours."""
        asked = _Asked(path, {name: list(texts) for name, texts in query.items()}, tuple(self.speeds()))
        while (process := self._taken()) is not None:
            try:
                found = self._told_by(process, asked)
            except _GoneError:
                continue
            except _LostError:
                says = f"The answer was lost with the process that made it. Try again in {_AGAIN_S} seconds."
                return Reply.refusal(path, says, status=503, headers={"retry-after": str(_AGAIN_S)})
            if isinstance(found, Reply):
                return found
            raise RuntimeError(found.said if isinstance(found, _Failed) else f"{type(found).__name__} is no reply")
        return self.here(path, query)

    def _taken(self) -> _Process | None:
        """A process that answers nobody now, as soon as there is one; None where none runs."""
        with self._changed:
            self._changed.wait_for(lambda: self._idle or not self._running)
            return self._idle.pop() if self._idle else None

    def _told_by(self, process: _Process, asked: _Asked) -> object:
        """What this process answers; whatever happens, nobody waits for it afterwards in vain."""
        is_well = False
        try:
            found = process.reply_to(asked, longest_s=self.longest_s)
            is_well = True
            return found
        finally:
            with self._changed:
                if is_well and process in self._running and not self._is_over:
                    self._idle.append(process)
                else:
                    process.end()
                    if process in self._running:
                        self._running.remove(process)
                self._changed.notify_all()

    def _keep_one(self) -> None:
        """Start one process, and another whenever it has ended."""
        failure_count = 0
        while not self._is_over:
            try:
                process = _Process(self.command, self.environment)
            except (_LostError, OSError):
                what = "did not start. The server makes the answers itself, and tries again"
            else:
                since_s = time.monotonic()
                self._offer(process)
                code = process.wait()
                self._withdraw(process)
                what = f"ended (exit code {code}). It is started again"
                if time.monotonic() - since_s >= _WELL_S:
                    failure_count = 0
            pause_s = self.pauses_s[min(failure_count, len(self.pauses_s) - 1)]
            failure_count += 1
            with self._changed:
                if not self._is_over:
                    print(f"A process for answers {what} in {plain_number(pause_s)} s.", file=sys.stderr)
                self._changed.wait_for(lambda: self._is_over, pause_s)

    def _offer(self, process: _Process) -> None:
        with self._changed:
            if self._is_over:
                process.end()
                return
            self._running.append(process)
            self._idle.append(process)
            self._changed.notify_all()

    def _withdraw(self, process: _Process) -> None:
        """Nobody takes a process that has ended; whoever reads it now ends it himself."""
        with self._changed:
            if process in self._running:
                self._running.remove(process)
            if process in self._idle:
                self._idle.remove(process)
                process.end()
            self._changed.notify_all()


@dataclass(slots=True)
class KnownSpeeds:
    """Measured speeds as the server knows them: what it told with the last question."""

    known: Speeds = ()

    def __call__(self) -> Speeds:
        """The speeds."""
        return self.known


def serve(
    reply_of: ReplyOf,
    speeds: KnownSpeeds,
    *,
    asked: BinaryIO,
    told: BinaryIO,
    afterwards: Callable[[], object] = lambda: None,
) -> None:
    """Answer what is asked, one after the other, until the server ends; after each answer do what nobody waits for."""
    with suppress(EOFError, BrokenPipeError):
        _tell("ready", told)
        while True:
            one: _Asked = pickle.load(asked)
            speeds.known = one.speeds
            _tell(_reply(reply_of, one), told)
            afterwards()


def pipes_of_this_process() -> tuple[BinaryIO, BinaryIO]:
    """What the server asks and where it reads, for `serve`; whatever else is printed goes to its log from now on.

    Ctrl-C may reach every process of a console, and a service manager asks all processes of a service to end at once:
    the server ends when its answers are given, and this one with the server.
    """
    for one in (signal.SIGINT, signal.SIGTERM):
        signal.signal(one, signal.SIG_IGN)
    if sys.platform != "win32":
        os.nice(_NICE)
    told = os.fdopen(os.dup(sys.stdout.fileno()), "wb")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    return sys.stdin.buffer, told


def _reply(reply_of: ReplyOf, one: _Asked) -> Reply | _Failed:
    try:
        return reply_of(one.path, one.query)
    except _FAULTS:  # the server raises it, and logs it as its own; anything else ends this process
        return _Failed(traceback.format_exc())


def _tell(what: Reply | _Failed | Literal["ready"], told: BinaryIO) -> None:
    pickle.dump(what, told)
    told.flush()
