"""Counts of the server for Prometheus: sessions, reruns and their time, answers by status. No visitor is in them."""

import threading
from collections import Counter
from collections.abc import Mapping

BUCKETS_S = (0.05, 0.1, 0.2, 0.3, 0.5, 1.0, 2.0, 5.0, 10.0)
"""Bounds of the histogram of reruns; 0.3 s is the goal for 95 in 100 of them."""
MEDIA_TYPE = "text/plain; version=0.0.4"


class Metrics:
    """What has been counted since the start. Every method may be called from any thread."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._sessions = 0
        self._buckets = [0] * (len(BUCKETS_S) + 1)
        self._rerun_s = 0.0
        self._answers: Counter[int] = Counter()
        self._turned_away: Counter[str] = Counter()

    def session_began(self) -> None:
        """A browser has connected."""
        with self._lock:
            self._sessions += 1

    def session_ended(self) -> None:
        """A browser has gone."""
        with self._lock:
            self._sessions -= 1

    def session_count(self) -> int:
        """Browsers that are connected now."""
        with self._lock:
            return self._sessions

    def rerun(self, seconds: float) -> None:
        """A page was computed, from the browser's message to the last of the server's."""
        with self._lock:
            self._rerun_s += seconds
            self._buckets[sum(seconds > bound for bound in BUCKETS_S)] += 1

    def answered(self, status: int) -> None:
        """A request was answered, or a page's connection refused."""
        with self._lock:
            self._answers[status] += 1

    def turned_away(self, reason: str) -> None:
        """The limits refused a request or a page's connection: `rate` (too fast), `busy` (no turn) or `full`."""
        with self._lock:
            self._turned_away[reason] += 1

    def turned_away_count(self, reason: str) -> int:
        """How many were refused for this reason."""
        with self._lock:
            return self._turned_away[reason]

    def text(self, gauges: Mapping[str, tuple[str, float]]) -> str:
        """All counts in Prometheus' text format, with `gauges` by name: what each says, and its value now."""
        with self._lock:
            lines = _of("tco_sessions", "gauge", "Browsers that are connected.", [("", self._sessions)])
            count, buckets = 0, list[tuple[str, float]]()
            for bound, inside in zip((*map(str, BUCKETS_S), "+Inf"), self._buckets, strict=True):
                count += inside
                buckets.append((f'_bucket{{le="{bound}"}}', count))
            buckets += [("_sum", round(self._rerun_s, 6)), ("_count", count)]
            lines += _of("tco_rerun_seconds", "histogram", "Time to compute a page.", buckets)
            answers = [(f'{{status="{status}"}}', float(n)) for status, n in sorted(self._answers.items())]
            lines += _of("tco_answers_total", "counter", "Requests that were answered, by status.", answers)
            refused = sum(n for status, n in self._answers.items() if status in REFUSALS)
            lines += _of("tco_refusals_total", "counter", "Requests that were refused.", [("", refused)])
            away = [(f'{{reason="{reason}"}}', float(self._turned_away[reason])) for reason in REASONS]
            lines += _of("tco_turned_away_total", "counter", "What the limits refused, by reason.", away)
        for name, (says, value) in gauges.items():
            lines += _of(name, "gauge", says, [("", value)])
        return "\n".join(lines) + "\n"


REASONS = ("rate", "busy", "full")
"""Why the limits refuse: too many at once from one client, no turn free, no seat free."""
REFUSALS = (400, 403, 413, 421, 422, 429, 503)
"""Statuses of what was refused: a wrong host or value, a right that is lacking, too much or too often."""


def _of(name: str, kind: str, says: str, samples: list[tuple[str, float]]) -> list[str]:
    head = [f"# HELP {name} {says}", f"# TYPE {name} {kind}"]
    return [*head, *(f"{name}{suffix} {_digits(value)}" for suffix, value in samples)]


def _digits(value: float) -> str:
    """A count whole and to its last digit: Prometheus takes differences of it."""
    return str(int(value)) if float(value).is_integer() else repr(float(value))
