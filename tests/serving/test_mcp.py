"""An assistant asks the engine: in process, over standard input and output, and over HTTP."""

import json
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from typing import Any

import pytest
from mcp import Client, StdioServerParameters

from serving.answers import Answers
from serving.mcp import main, mcp_server
from serving.questions import questions
from tests.serving.apart import ask_apart
from views.link import read_link

ROOT = Path(__file__).parents[2]
ANSWERS = Answers(read_link, lambda: ())
PREDICT = {"machine": "rtx-5090-pc", "model": "qwen3-32b", "format": "q4_k_m"}
COMMAND = [sys.executable, "-m", "local_llm_tco", "mcp"]


async def _asked(server: Any, calls: list[tuple[str, dict[str, Any]]]) -> tuple[list[Any], list[Any]]:
    async with Client(server) as client:
        tools = (await client.list_tools()).tools
        return tools, [await client.call_tool(name, values) for name, values in calls]


def _own(name: str, values: dict[str, Any]) -> dict[str, Any]:
    own = next(question for question in questions(ANSWERS) if question.name == name)
    return json.loads(json.dumps(own.answer(values)))


def test_tools_are_the_questions_and_answer_the_same_json() -> None:
    calls = [
        ("predict", PREDICT),
        ("compare", {"scenario": {"options": ["mac-studio-m5-ultra-96", "api-same-model"]}}),
        ("choose", {"budget_usd": 4000, "scenario": {"model": "qwen3-32b"}}),
        ("explain", {"option": "dual-rtx-4090-am5", "line": "hardware"}),
        ("audit", {}),
    ]
    tools, found = ask_apart(_asked, mcp_server(ANSWERS), calls)
    assert {tool.name for tool in tools} == {question.name for question in questions(ANSWERS)}
    assert all(tool.annotations.read_only_hint for tool in tools)
    for (name, values), result in zip(calls, found, strict=True):
        assert not result.is_error
        assert result.structured_content == _own(name, values)
        assert json.loads(result.content[0].text) == result.structured_content


def test_refusal_is_an_error_in_sentences_and_the_next_call_works() -> None:
    calls = [
        ("predict", {**PREDICT, "batch": "many"}),
        ("nonsense", {}),
        ("compare", {"scenario": {"wage": 9}}),
        ("predict", PREDICT),
    ]
    _, (wrong, unknown, misspelt, right) = ask_apart(_asked, mcp_server(ANSWERS), calls)
    assert wrong.is_error
    assert wrong.content[0].text == "batch is 'many'; it must be a whole number in 1..4096."
    assert unknown.is_error
    assert unknown.content[0].text.startswith("'nonsense' is no tool of this server. Use compare, predict")
    assert misspelt.is_error
    assert not right.is_error


def _environment(folder: Path) -> dict[str, str]:
    store = str(folder / "measurements.sqlite")
    return {**os.environ, "MEASUREMENTS_URL": store, "PYTHONPATH": str(ROOT), "HOME": str(folder)}


def test_assistant_starts_it_and_talks_over_standard_input_and_output(tmp_path: Path) -> None:
    started = StdioServerParameters(command=COMMAND[0], args=COMMAND[1:], env=_environment(tmp_path), cwd=str(ROOT))
    _, (found,) = ask_apart(_asked, started, [("predict", PREDICT)])
    assert found.structured_content == _own("predict", PREDICT)
    assert not list(tmp_path.glob("*.sqlite"))


def test_every_message_over_standard_input_is_answered(tmp_path: Path) -> None:
    """An assistant waits for the answer of each call, so one that cannot be read gets an error with its id, or null."""
    call = '{"jsonrpc":"2.0","id":%s,"method":"tools/call","params":{"name":"predict","arguments":{"batch":%s}}}'
    hello = {"protocolVersion": "2025-06-18", "capabilities": {}, "clientInfo": {"name": "test", "version": "1"}}
    lines = [
        json.dumps({"jsonrpc": "2.0", "id": 1, "method": "initialize", "params": hello}),
        '{"jsonrpc":"2.0","method":"notifications/initialized"}',
        call % (2, "9" * 5_000),
        call % (3, '"\\ud800"'),
        call % ("9" * 5_000, 1),
        call % (4, '1,"batch":2'),
        "no JSON",
        call % (5, '"many"'),
    ]
    process = subprocess.Popen(
        COMMAND, cwd=ROOT, env=_environment(tmp_path), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    assert process.stdin is not None
    assert process.stdout is not None
    too_late = threading.Timer(60, process.kill)  # a call that is never answered fails the test instead of holding it
    too_late.start()
    try:
        process.stdin.write("".join(f"{line}\n" for line in lines))
        process.stdin.flush()
        answers = [json.loads(process.stdout.readline()) for _ in range(len(lines) - 1)]
    finally:
        too_late.cancel()
        process.stdin.close()
        process.wait(timeout=20)
        process.stdout.close()
    refused = [answer["id"] for answer in answers if "error" in answer]
    assert sorted(map(str, refused)) == ["2", "3", "4", "None", "None"]
    assert {answer["id"] for answer in answers if "result" in answer} == {1, 5}


def test_example_that_does_not_exist_is_refused_without_a_word_of_a_page() -> None:
    _, (found,) = ask_apart(_asked, mcp_server(ANSWERS), [("compare", {"scenario": {"preset": "nobody"}})])
    assert found.is_error
    assert found.content[0].text.startswith("There is no example called 'nobody'. Use already-own-4090s, article")
    assert "page" not in found.content[0].text


def test_http_answers_on_this_machine_alone(tmp_path: Path) -> None:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*COMMAND, "--http", "--port", str(port)], cwd=ROOT, env=_environment(tmp_path), stderr=subprocess.PIPE
    )
    try:
        _wait_for(port, process)
        url = f"http://127.0.0.1:{port}/mcp"
        _, (found,) = ask_apart(_asked, url, [("predict", PREDICT)])
        assert found.structured_content == _own("predict", PREDICT)
        for stranger in ({"host": "evil.example"}, {"origin": "http://evil.example"}):
            with pytest.raises(urllib.error.HTTPError) as refused:
                urllib.request.urlopen(_listing(url, stranger), timeout=20)
            assert refused.value.code in (403, 421)
        with urllib.request.urlopen(_listing(url, {}), timeout=20) as answer:
            assert len(json.load(answer)["result"]["tools"]) == len(questions(ANSWERS))
    finally:
        process.terminate()
        process.wait(timeout=20)


def _listing(url: str, stranger: dict[str, str]) -> urllib.request.Request:
    asked = json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {}}).encode()
    headers = {"accept": "application/json, text/event-stream", "content-type": "application/json", **stranger}
    return urllib.request.Request(url, asked, headers)


def _wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        assert process.poll() is None, process.communicate()[1]
        with socket.socket() as tried:
            if tried.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.1)
    pytest.fail("no MCP server within 60 s")


def test_without_the_extra_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("serving.mcp.find_spec", lambda _: None)
    assert main([], ANSWERS) == 2
    assert "pip install 'local-llm-tco[mcp]'" in capsys.readouterr().err
