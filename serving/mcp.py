"""MCP server: an assistant asks this engine instead of guessing. Needs the extra `mcp`.

local-llm-tco mcp                           over standard input and output, as assistants start it
local-llm-tco mcp --http [--port 8765]      over HTTP on http://127.0.0.1:8765/mcp

Nothing is written and no model is run; the answers are those of /api, with this machine's stored measurements.
"""

import json
import os
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TextIO, cast

from calculator.cli.flags import Parser
from calculator.errors import CalculatorError
from calculator.version import VERSION
from serving.answers import Answers
from serving.mcp_messages import ReadableMessages, readable_lines
from serving.questions import AskedQuestion, questions

if TYPE_CHECKING:
    from mcp.server import Server

PORT = 8765
INSTRUCTIONS = (
    "Which hardware should serve a local language model: physics and three years of money, with sources. Ask "
    "`catalogue` for ids and `inputs` for what a scenario takes; never guess an id. Dollars are US dollars, GB is 1e9 "
    "bytes, ranges are P10 to P90. Say the range and the reasons together with a verdict."
)


def mcp_server(answers: Answers) -> "Server[Any]":
    """The questions as tools of one server, each with its schema; a refusal is a tool's error in sentences."""
    import anyio.to_thread
    import mcp_types as types
    from mcp.server import Server

    known = {question.name: question for question in questions(answers)}

    async def list_tools(_context: Any, _parameters: Any) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_tool(question, types) for question in known.values()])

    async def call_tool(_context: Any, asked: types.CallToolRequestParams) -> types.CallToolResult:
        found, is_error = await anyio.to_thread.run_sync(answered, known, asked.name, asked.arguments or {})
        text = found if isinstance(found, str) else json.dumps(found, allow_nan=False)
        return types.CallToolResult(
            content=[types.TextContent(type="text", text=text)],
            structured_content=None if isinstance(found, str) else found,
            is_error=is_error,
        )

    return Server(
        "local-llm-tco",
        version=VERSION,
        title="Local LLM TCO",
        instructions=INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


def answered(
    known: Mapping[str, AskedQuestion], name: str, values: Mapping[str, Any]
) -> tuple[dict[str, Any] | str, bool]:
    """The answer to one call, or the sentences that refuse it, and whether they do."""
    if name not in known:
        return f"{name[:40]!r} is no tool of this server. Use {', '.join(known)}.", True
    try:
        return known[name].answer(values), False
    except CalculatorError as error:
        return str(error), True


def main(words: Sequence[str], answers: Answers) -> int:
    """Serve until the other side leaves; 2 where the extra is missing or a flag is wrong."""
    parser = Parser(prog="local-llm-tco mcp", description=(__doc__ or "").split("\n", maxsplit=1)[0])
    parser.add_argument("--http", action="store_true", help="HTTP on this machine instead of standard input and output")
    parser.add_argument("--port", type=int, default=PORT, metavar="N", help=f"with --http; {PORT} without it")
    arguments = parser.parse_args(words)
    if find_spec("mcp") is None:
        print("Assistants need the package mcp: pip install 'local-llm-tco[mcp]', or pip install mcp.", file=sys.stderr)
        return 2
    import anyio

    server = mcp_server(answers)
    if arguments.http:
        import uvicorn

        app = ReadableMessages(server.streamable_http_app(json_response=True, stateless_http=True, host="127.0.0.1"))
        print(f"Assistants reach it at http://127.0.0.1:{arguments.port}/mcp. Ctrl-C ends it.", file=sys.stderr)
        uvicorn.run(app, host="127.0.0.1", port=arguments.port, log_level="warning")
    else:
        anyio.run(_over_stdio, server)
    return 0


async def _over_stdio(server: "Server[Any]") -> None:
    """Serve standard input and output; a message that the library would pass over in silence is refused."""
    import anyio
    from mcp.server.stdio import stdio_server
    from mcp.shared.message import SessionMessage

    is_open, answers = anyio.Event(), list[Callable[[SessionMessage], Awaitable[None]]]()

    async def refuse(error: Any) -> None:
        await answers[0](SessionMessage(error))

    async def lines() -> AsyncIterator[str]:
        await is_open.wait()
        async for line in readable_lines(anyio.wrap_file(_own_input()), refuse):
            yield line

    async with stdio_server(stdin=cast("Any", lines())) as (received, sent):
        answers.append(sent.send)
        is_open.set()
        await server.run(received, sent, server.create_initialization_options())


def _own_input() -> TextIO:
    """The assistant's end of standard input; what a tool starts finds an empty one in its place."""
    own, nothing = os.dup(sys.stdin.fileno()), os.open(os.devnull, os.O_RDONLY)
    os.dup2(nothing, sys.stdin.fileno())
    os.close(nothing)
    return open(own, encoding="utf-8", errors="replace")


def _tool(question: AskedQuestion, types: Any) -> Any:
    return types.Tool(
        name=question.name,
        description=question.says,
        input_schema=question.schema(),
        annotations=types.ToolAnnotations(read_only_hint=True, open_world_hint=False),
    )
