"""Time and memory of reading a usage log of one gigabyte.

    python -m bench.usage_log [--gb 1.0] [--kind claude|codex|csv|openai|otlp|litellm]

Writes the log to a temporary file, then reads it in a process of its own and prints seconds and the most memory held.
"""

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from calculator.scenario.usage_logs.reading import read_usage
from calculator.units import BYTES_PER_GB, BYTES_PER_MIB

_WORDS = 'the quick brown fox jumps over \\"quoted\\" {braces} and [lists], then ' * 6
_MONDAY_S = 1_780_272_000


def _claude(number: int) -> str:
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(_MONDAY_S + 2 * number))
    return (
        f'{{"type":"user","timestamp":"{at}","sessionId":"s{number // 80}","message":{{"content":"{_WORDS * 3}"}}}}\n'
        f'{{"type":"assistant","timestamp":"{at}","sessionId":"s{number // 80}","requestId":"r{number}","message":'
        f'{{"id":"m{number}","content":[{{"type":"text","text":"{_WORDS}"}}],"usage":{{"input_tokens":{number % 900},'
        f'"cache_creation_input_tokens":700,"cache_read_input_tokens":24000,"output_tokens":{50 + number % 400}}}}}}}\n'
    )


def _codex(number: int) -> str:
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(_MONDAY_S + 2 * number))
    usage = f'{{"input_tokens":{number},"cached_input_tokens":9,"output_tokens":20,"total_tokens":{number + 20}}}'
    return (
        f'{{"timestamp":"{at}","type":"event_msg","payload":{{"type":"token_count","info":{{"total_token_usage":{usage},'
        f'"last_token_usage":{usage}}}}}}}\n{{"timestamp":"{at}","type":"response_item","payload":{{"text":"{_WORDS}"}}}}\n'
    )


def _csv(number: int) -> str:
    at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(_MONDAY_S + number))
    return (
        "time,input,cached,output\n" if number == 0 else ""
    ) + f"{at},{1000 + number % 3000},{number % 900},{number % 700}\n"


def _openai(number: int) -> str:
    start = _MONDAY_S + 60 * (number // 4)
    head = (
        "start_time,end_time,start_time_iso,end_time_iso,project_id,num_model_requests,user_id,api_key_id,model,batch,"
        "service_tier,input_tokens,output_tokens,input_cached_tokens,input_uncached_tokens\n"
    )
    iso = time.strftime("%Y-%m-%dT%H:%M:%S+00:00", time.gmtime(start))
    return ("" if number else head) + (
        f"{start},{start + 60},{iso},{iso},proj_Qm3xV9kRt2LwZs7Yb1NcHd5F,{1 + number % 9}.0,,key_{number % 4}RCYbJRFQ0G4,"
        f"gpt-4o-mini-2024-07-18,,default,{4000 + number % 3000},{number % 900},{number % 1280},{number % 5000}\n"
    )


def _span(number: int) -> str:
    pairs = {"gen_ai.usage.input_tokens": 900 + number % 99, "gen_ai.usage.output_tokens": 9 + number % 99}
    attributes = [{"key": name, "value": {"intValue": str(count)}} for name, count in pairs.items()]
    attributes.append({"key": "gen_ai.output.messages", "value": {"stringValue": _WORDS}})
    span = {
        "traceId": f"{number:032x}",
        "spanId": f"{number:016x}",
        "attributes": attributes,
        "startTimeUnixNano": f"{_MONDAY_S + number}000000000",
    }
    head = '{"resourceSpans":[{"scopeSpans":[{"spans":[' if number == 0 else ","
    return head + json.dumps(span)


def _litellm(number: int) -> str:
    at = time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(_MONDAY_S + number))
    row = {
        "request_id": f"chatcmpl-{number}",
        "call_type": "acompletion",
        "prompt_tokens": 900,
        "completion_tokens": 90,
        "startTime": at,
        "metadata": {"usage_object": {"prompt_tokens_details": {"cached_tokens": 64}}},
        "messages": _WORDS,
    }
    return ("[" if number == 0 else ",\n") + json.dumps(row)


KINDS: dict[str, tuple[Callable[[int], str], str]] = {
    "claude": (_claude, ""),
    "codex": (_codex, ""),
    "csv": (_csv, ""),
    "openai": (_openai, ""),
    "otlp": (_span, "]}]}]}"),
    "litellm": (_litellm, "]"),
}


def main() -> None:
    """Write and read, or only read (in the process that is measured)."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--gb", type=float, default=1.0)
    parser.add_argument("--kind", choices=KINDS, default="claude")
    parser.add_argument("--read", type=Path, help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.read is not None:
        _read(arguments.read)
        return
    record, end = KINDS[arguments.kind]
    with tempfile.NamedTemporaryFile("w", suffix=".log") as file:
        written = number = 0
        while written < arguments.gb * BYTES_PER_GB:
            written += file.write(record(number))
            number += 1
        file.write(end)
        file.flush()
        print(f"{arguments.kind}: {number:,} records, {written / BYTES_PER_GB:.2f} GB")
        subprocess.run([sys.executable, "-m", "bench.usage_log", "--read", file.name], check=True)


def _read(path: Path) -> None:
    start, busy = time.perf_counter(), time.process_time()
    with path.open("rb") as stream:
        tally = read_usage(stream)
    took_s, busy_s = time.perf_counter() - start, time.process_time() - busy
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 if sys.platform == "darwin" else 1 / 1024)
    print(
        f"  {tally.request_count:,} requests in {took_s:.1f} s ({busy_s:.1f} s of one core), most memory {most / BYTES_PER_MIB:,.0f} MiB"
    )


if __name__ == "__main__":
    main()
