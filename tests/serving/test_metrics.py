"""Metrics: the text is Prometheus', the histogram adds up, and refusals are counted."""

import re

from serving.metrics import BUCKETS_S, Metrics


def test_text_holds_every_count() -> None:
    metrics = Metrics()
    for seconds in (0.01, 0.05, 0.25, 99.0):
        metrics.rerun(seconds)
    metrics.session_began()
    metrics.session_began()
    metrics.session_ended()
    for status in (200, 200, 403, 429, 404):
        metrics.answered(status)
    text = metrics.text({"tco_probe_running": ("Whether a probe is running here.", 1.0)})
    found = dict(line.rsplit(" ", 1) for line in text.splitlines() if not line.startswith("#"))
    assert found["tco_sessions"] == "1"
    assert found['tco_rerun_seconds_bucket{le="0.05"}'] == "2"  # a bound belongs to its bucket
    assert found['tco_rerun_seconds_bucket{le="0.3"}'] == "3"
    assert found['tco_rerun_seconds_bucket{le="+Inf"}'] == found["tco_rerun_seconds_count"] == "4"
    assert found["tco_rerun_seconds_sum"] == "99.31"
    assert (found['tco_answers_total{status="200"}'], found["tco_refusals_total"]) == ("2", "2")
    assert found["tco_probe_running"] == "1"


def test_every_line_is_in_prometheus_format() -> None:
    sample = re.compile(r'[a-z_]+(\{[a-z]+="[^"]*"\})? [0-9.e+-]+')
    for line in Metrics().text({}).splitlines():
        assert line.startswith(("# HELP tco_", "# TYPE tco_")) or sample.fullmatch(line)
    assert list(BUCKETS_S) == sorted(BUCKETS_S)


def test_large_counts_keep_their_last_digit() -> None:
    text = Metrics().text({"tco_large": ("Large.", 12_345_678.0), "tco_part": ("Part.", 1_234_567.125)})
    assert "tco_large 12345678\n" in text
    assert "tco_part 1234567.125\n" in text


def test_what_the_limits_refuse_is_counted_by_reason() -> None:
    metrics = Metrics()
    for reason in ("rate", "rate", "full"):
        metrics.turned_away(reason)
    text = metrics.text({})
    for reason, count in (("rate", 2), ("busy", 0), ("full", 1)):
        assert f'tco_turned_away_total{{reason="{reason}"}} {count}\n' in text
