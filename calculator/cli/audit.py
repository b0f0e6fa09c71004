"""`python -m calculator audit`: the article's claims, or one speed of your own.

python -m calculator audit [--json]
python -m calculator audit --machine ID --model ID --format ID --tok-s X [--context-tokens N] [--json]
"""

import argparse
import json
from typing import TYPE_CHECKING

from calculator.catalog import load_catalog
from calculator.claims.audit import audit
from calculator.claims.finding import Finding, finding_dict, finding_text
from calculator.claims.speed import SpeedClaim, audit_speed_claim
from calculator.errors import ScenarioError

if TYPE_CHECKING:
    from argparse import (
        _SubParsersAction,  # pyright: ignore[reportPrivateUsage]  (argparse has no public name)
    )

OWN = ("machine", "model", "format", "tok_s")


def register(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `audit` command to the calculator's parser."""
    command = commands.add_parser(
        "audit",
        help="claims against physics: the article's, or a speed of your own",
        description=(__doc__ or "").split("\n", maxsplit=1)[0],
    )
    command.add_argument("--machine", metavar="ID", help="a machine or a bare chip; with --model, --format and --tok-s")
    command.add_argument("--model", metavar="ID")
    command.add_argument("--format", metavar="ID")
    command.add_argument(
        "--tok-s", type=float, metavar="X", help="claimed writing speed in tokens/s, summed over the streams"
    )
    command.add_argument("--context-tokens", type=int, metavar="N", help="tokens in each stream's cache; default: none")
    command.add_argument("--batch", type=int, metavar="N", help="streams at once; default: 1")
    command.add_argument("--runtime", metavar="ID")
    command.add_argument(
        "--split", choices=["layer", "tensor"], help="layer: chips take turns; without it all chips may read at once"
    )
    command.add_argument("--count", type=int, metavar="N", help="number of chips, if --machine is a bare chip")
    command.add_argument("--json", action="store_true")
    command.set_defaults(command=_audit)


def _audit(arguments: argparse.Namespace) -> int:
    options = ("context_tokens", "batch", "runtime", "split", "count")
    if all(getattr(arguments, name) is None for name in (*OWN, *options)):
        _print_all(audit(load_catalog()), as_json=arguments.json)
        return 0
    missing = [f"--{name.replace('_', '-')}" for name in OWN if getattr(arguments, name) is None]
    if missing:
        raise ScenarioError(
            f"{', '.join(missing)} missing; a claim of your own needs --machine, --model, --format and --tok-s. "
            f"Add {'it' if len(missing) == 1 else 'them'}, or leave all out for the article's claims."
        )
    claimed = SpeedClaim(
        machine=arguments.machine,
        model=arguments.model,
        format=arguments.format,
        decode_tok_s=arguments.tok_s,
        context_tokens=arguments.context_tokens or 0,
        batch_count=1 if arguments.batch is None else arguments.batch,
        runtime=arguments.runtime,
        split=arguments.split,
        chip_count=arguments.count,
    )
    finding = audit_speed_claim(claimed, load_catalog())
    print(json.dumps(finding_dict(finding), indent=2, allow_nan=False) if arguments.json else finding_text(finding))
    return 0


def _print_all(findings: tuple[Finding, ...], *, as_json: bool) -> None:
    if as_json:
        print(json.dumps([finding_dict(finding) for finding in findings], indent=2, allow_nan=False))
        return
    print("\n\n".join(finding_text(finding) for finding in findings))
