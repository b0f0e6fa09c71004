"""The steps of the Dockerfile without Docker: built in a private view of the file system, run as its user, read-only.

    python -m deploy.try_image        builds, starts, asks the health check, and says what it saw (Linux, as root)

Each instruction is read from the Dockerfile itself. `unshare` gives a mount namespace of its own, in which empty
folders lie over /opt, /build and /tmp; for the run the whole tree is mounted read-only but for /tmp, and the process
has the image's user, no capabilities and no way to gain any. It is this machine's Python and libraries that run, not
the base image's: that part, and Docker's own network and limits, stay untried.
"""

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).parent.parent
START_S = 60
SYSTEM_PATH = "/usr/sbin:/usr/bin:/sbin:/bin"
LAID_OVER = ("/opt", "/build", "/tmp")


@dataclass
class Stage:
    """One stage of a Dockerfile: its instructions in order, each as (word, rest)."""

    base: str
    steps: list[tuple[str, str]] = field(default_factory=list[tuple[str, str]])

    def all(self, word: str) -> list[str]:
        """What follows each instruction of that word."""
        return [rest for found, rest in self.steps if found == word]

    def environment(self) -> dict[str, str]:
        """The variables that ENV sets."""
        return dict(line.split("=", 1) for line in self.all("ENV"))


def stages(file: Path = ROOT / "Dockerfile") -> list[Stage]:
    """The stages of a Dockerfile; raises ValueError for an instruction that is not played here."""
    found: list[Stage] = []
    text = re.sub(r"\\\n", " ", file.read_text("utf-8"))
    for line in text.splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        word, _, rest = line.strip().partition(" ")
        if word == "FROM":
            found.append(Stage(rest))
        elif word in ("RUN", "COPY", "ENV", "WORKDIR", "USER", "EXPOSE", "HEALTHCHECK", "ENTRYPOINT"):
            found[-1].steps.append((word, rest))
        else:
            raise ValueError(f"{word} in {file.name} is not played. Add it to deploy/try_image.py.")
    return found


def health_command(stage: Stage) -> list[str]:
    """The command of HEALTHCHECK."""
    return list(json.loads(stage.all("HEALTHCHECK")[0].split(" CMD ", 1)[1]))


def not_ignored(root: Path = ROOT) -> set[str]:
    """What .dockerignore lets through, as it is written there."""
    lines = (root / ".dockerignore").read_text("utf-8").splitlines()
    return {line[1:] for line in lines if line.startswith("!")}


def copied(stage: Stage) -> list[tuple[list[str], str]]:
    """What COPY takes from the tree, and where it puts it."""
    words = [shlex.split(rest) for rest in stage.all("COPY") if not rest.startswith("--from")]
    return [(found[:-1], found[-1]) for found in words]


def build(stage: Stage) -> None:
    """Carry out a stage's instructions in this view of the file system."""
    folder = Path("/")
    for word, rest in stage.steps:
        if word == "WORKDIR":
            folder = Path(rest)
            folder.mkdir(parents=True, exist_ok=True)
        elif word == "COPY":
            *sources, target = shlex.split(rest)
            for source in sources:
                _copy(ROOT / source, folder / target, into=len(sources) > 1 or target.endswith("/"))
        elif word == "RUN":
            # the system's own Python: one in somebody's home is closed to the image's user
            plain = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
            subprocess.run(["sh", "-ec", rest], cwd=folder, env={**plain, "PATH": SYSTEM_PATH}, check=True)


def _copy(source: Path, target: Path, *, into: bool) -> None:
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__", "*.pyc"), dirs_exist_ok=True)
    else:
        shutil.copy(source, target / source.name if into else target)


def start(stage: Stage) -> "subprocess.Popen[bytes]":
    """Start the image's program as the image's user, without capabilities."""
    user, group = stage.all("USER")[0].split(":")
    words = ["setpriv", "--reuid", user, "--regid", group, "--clear-groups", "--no-new-privs"]
    words += ["--bounding-set=-all", "--inh-caps=-all"]
    entry = list(json.loads(stage.all("ENTRYPOINT")[0]))
    return subprocess.Popen([*words, *entry], cwd=stage.all("WORKDIR")[-1], env=stage.environment())


def run(arguments: Sequence[str]) -> int:
    """Inside the namespace: build, make the tree read-only, start, and ask the health check until it is content."""
    first, last = stages()
    for place in LAID_OVER:
        Path(place).mkdir(exist_ok=True)
        subprocess.run(["mount", "-t", "tmpfs", "none", place], check=True)
    os.chmod("/tmp", 0o1777)
    began = time.monotonic()
    build(first)
    size = int(subprocess.run(["du", "-sm", "/opt/tco"], capture_output=True, text=True, check=True).stdout.split()[0])
    print(f"Built in {time.monotonic() - began:.0f} s; /opt/tco holds {size} MB.", flush=True)
    subprocess.run(["umount", "/build"], check=True)
    for place in ("/opt", "/"):
        subprocess.run(["mount", "-o", "remount,ro,bind", place], check=True)
    process = start(last)
    try:
        return _watched(process, last, *arguments)
    finally:
        process.terminate()
        process.wait(15)


def _watched(process: "subprocess.Popen[bytes]", stage: Stage, *_: str) -> int:
    began, check = time.monotonic(), health_command(stage)
    while subprocess.run(check, env=stage.environment(), capture_output=True, check=False).returncode:
        if process.poll() is not None or time.monotonic() - began > START_S:
            print("The health check never succeeded.", flush=True)
            return 1
        time.sleep(0.2)
    print(f"Healthy after {time.monotonic() - began:.1f} s.", flush=True)
    status = Path(f"/proc/{process.pid}/status").read_text("utf-8")
    facts = dict(line.split(":", 1) for line in status.splitlines() if ":" in line)
    print(
        f"User {facts['Uid'].split()[0]}, capabilities {facts['CapEff'].strip()}, "
        f"no new privileges {facts['NoNewPrivs'].strip()}, memory {facts['VmRSS'].strip()}.",
        flush=True,
    )
    writable = subprocess.run(["touch", "/opt/tco/planted"], capture_output=True, check=False).returncode == 0
    print(f"The tree can{'' if writable else 'not'} be written to, not even by root.", flush=True)
    process.send_signal(19)  # SIGSTOP: a server that hangs
    hanging = subprocess.run(check, env=stage.environment(), capture_output=True, check=False).returncode
    process.send_signal(18)
    print(f"The health check of a hanging server ends with {hanging}.", flush=True)
    return 1 if writable or hanging == 0 else 0


def main() -> int:
    """Enter a namespace of its own and run there."""
    if sys.platform != "linux" or os.geteuid() != 0:
        print("This needs Linux and root, for a mount namespace of its own. Use Docker, or sudo.", file=sys.stderr)
        return 2
    words = ["unshare", "--mount", "--propagation", "private", sys.executable, "-m", "deploy.try_image", "inside"]
    return subprocess.run(words, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False).returncode


if __name__ == "__main__":
    sys.exit(run(sys.argv[2:]) if sys.argv[1:] == ["inside"] else main())
