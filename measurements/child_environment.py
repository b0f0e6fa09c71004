"""Environment of every program that this one starts: what it needs to run, and no token, password or address."""

import os
from collections.abc import Mapping

PASSED_VARIABLES = (
    "PATH",
    "HOME",
    "LANG",
    "LC_ALL",
    "TMPDIR",
    "TZ",
    "HF_HOME",
    "HF_HUB_CACHE",
    "HF_ENDPOINT",
    "HF_HUB_OFFLINE",
    "SSL_CERT_FILE",
    "PYTHONPATH",
    "VIRTUAL_ENV",
    "LD_LIBRARY_PATH",
    *("CUDA_HOME", "CUDA_PATH", "CUDA_VISIBLE_DEVICES"),  # where mlx finds CUDA's headers, and which cards it may use
    *("SYSTEMROOT", "TEMP", "TMP", "USERPROFILE"),  # Windows starts no program without the first
)
"""All that is passed on. What is not listed, a child does not learn."""


def child_environment(*, variables: Mapping[str, str] = os.environ, **added: str) -> dict[str, str]:
    """The variables of a child: those that are passed on, and those of its own."""
    return {**{name: variables[name] for name in PASSED_VARIABLES if name in variables}, **added}
