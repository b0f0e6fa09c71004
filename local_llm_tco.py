"""The installed command: `local-llm-tco` alone opens the page; with a word it is one of the two command lines.

local-llm-tco [--server.port 9000 ...]     the page; options go to `streamlit run`
local-llm-tco compare|predict|service ...  the calculator's commands
local-llm-tco measurements plan|probe ...  the commands that touch this machine
local-llm-tco doctor [--quick]             what works on this machine, and one file to send back
local-llm-tco mcp [--http]                 the engine as tools of an assistant
local-llm-tco COMMAND --help               the options of one command
"""

import importlib
import io
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib.util import find_spec
from pathlib import Path

from calculator.version import VERSION

PAGE = Path(__file__).parent / "server.py"


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code, or become the page's server."""
    speak_any_console()
    words = list(sys.argv[1:] if argv is None else argv)
    if not words or words[0].startswith("--server."):
        return open_page(words)
    if words[0] in ("-h", "--help", "--version"):
        print(VERSION if words[0] == "--version" else __doc__)
        return 0
    if words[0] == "measurements":
        return int(importlib.import_module("measurements.__main__").main(words[1:]))
    if words[0] == "doctor":
        return int(importlib.import_module("measurements.__main__").main(words))
    if words[0] == "mcp":
        return _serve_assistants(words[1:])
    return int(importlib.import_module("calculator.__main__").main(words))


def speak_any_console() -> None:
    """Print a question mark for a sign that the console's alphabet lacks, as on Windows, instead of ending there."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper) and (stream.encoding or "").replace("-", "").lower() != "utf8":
            stream.reconfigure(errors="replace")


def open_page(options: Sequence[str]) -> int:
    """Replace this process by `streamlit run server.py`, so that Ctrl-C and signals reach the server itself.

    Windows cannot replace a process without losing its console, so there the server is a child that is waited for.
    """
    if find_spec("streamlit") is None:
        print("The page needs streamlit, which is not installed: pip install streamlit.", file=sys.stderr)
        return 2
    command = [sys.executable, "-m", "streamlit", "run", str(PAGE), *options]
    if sys.platform == "win32":
        return _waited_for(command)
    os.execv(sys.executable, command)


def _waited_for(command: Sequence[str]) -> int:
    """The exit code of a child in this console; Ctrl-C reaches the child too, which then ends by itself."""
    child = subprocess.Popen(command)
    while True:
        try:
            return child.wait()
        except KeyboardInterrupt:
            continue


def _serve_assistants(words: Sequence[str]) -> int:
    from measurements.desk import open_desk
    from serving.answers import Answers
    from serving.mcp import main as serve
    from views.link import read_link

    return serve(words, Answers(read_link, lambda: open_desk("An assistant only reads.").speeds()))


if __name__ == "__main__":
    sys.exit(main())
