"""`python -m calculator predict`: one model on one machine: does it fit, how fast, how long to load, at how many watts.

    python -m calculator predict --machine ID --model ID --format ID [--context-tokens N] [--count N --split tensor --link p2p] [--json]

A machine with unified memory is counted in boxes (two to four Macs over Thunderbolt 5), a chip of cards in cards.
"""

import argparse
import json
from typing import TYPE_CHECKING

from calculator.catalog import load_catalog
from calculator.catalog.model_file import model_of
from calculator.errors import ScenarioError
from calculator.physics.memory.kv_cache import FULL_BITS
from calculator.physics.prediction import predict
from calculator.physics.speed.links import LINKS
from calculator.physics.speed.speculative import Drafts

if TYPE_CHECKING:
    from argparse import (
        _SubParsersAction,  # pyright: ignore[reportPrivateUsage]  (argparse names the type of add_subparsers() nowhere else)
    )


def register(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `predict` command to the calculator's parser."""
    command = commands.add_parser(
        "predict", help="one model on one machine: bytes, tokens per second, load time, watts"
    )
    command.add_argument("--machine", required=True, metavar="ID", help="a machine or a bare chip")
    command.add_argument("--count", type=int, metavar="N", help="cards; boxes where the memory is unified")
    command.add_argument(
        "--memory-gb", type=float, metavar="GB", help="memory per chip, where the chip was sold with several"
    )
    command.add_argument(
        "--model", required=True, metavar="ID|FILE.toml", help="a file that `measurements describe` wrote, or an id"
    )
    command.add_argument("--format", required=True, metavar="ID")
    command.add_argument("--runtime", metavar="ID")
    command.add_argument("--prompt-tokens", type=int, default=1024, metavar="N")
    command.add_argument(
        "--context-tokens", type=int, metavar="N", help="tokens in the cache while it writes; the prompt's unless given"
    )
    command.add_argument("--batch", type=int, default=1, metavar="N")
    command.add_argument(
        "--split", choices=["layer", "tensor"], help="layers in turn (pipeline), or every layer shared"
    )
    command.add_argument("--link", choices=LINKS, help="cards: with or without peer access; Macs: RDMA or TCP")
    command.add_argument("--kv-bits", type=int, default=FULL_BITS, metavar="N", help="width of the cache, where the runtime packs it")  # fmt: skip
    command.add_argument("--prefill-step", type=int, metavar="N", help="tokens read at a time; the runtime's own unless given")  # fmt: skip
    command.add_argument("--second-tenant-gb", type=float, default=0.0, metavar="GB", help="see `retrieval`")
    command.add_argument("--wired-limit-mb", type=int, metavar="MB", help="macOS: iogpu.wired_limit_mb")
    command.add_argument("--macos", metavar="VERSION", help="whose default limit holds (14, 26); the newest read unless given")  # fmt: skip
    command.add_argument("--desktop-gib", type=float, metavar="GIB", help="what a screen takes of the first card; none unless given")  # fmt: skip
    command.add_argument("--power-limit-w", type=float, metavar="W", help="a limit per card, where a sweep was published")  # fmt: skip
    command.add_argument("--draft-tokens", type=int, metavar="N", help="speculative decoding: tokens guessed per step; needs --acceptance")  # fmt: skip
    command.add_argument("--acceptance", type=float, metavar="SHARE", help="share of the guessed tokens that is kept: your text, your draft")  # fmt: skip
    command.add_argument("--draft-cost", type=float, default=0.0, metavar="SHARE", help="time of a guessed token against a step of the model")  # fmt: skip
    command.add_argument("--json", action="store_true")
    command.set_defaults(command=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    from calculator.report.answer_json import prediction_dict
    from calculator.report.terminal import prediction_text

    catalog = load_catalog()
    prediction = predict(
        catalog, machine=arguments.machine, chip_count=arguments.count, memory_gb=arguments.memory_gb,
        model=model_of(arguments.model, catalog=catalog), format=arguments.format, runtime=arguments.runtime, prompt_tokens=arguments.prompt_tokens,
        context_tokens=arguments.context_tokens, batch_count=arguments.batch, split=arguments.split, link=arguments.link,
        kv_bits=arguments.kv_bits, prefill_step_tokens=arguments.prefill_step, second_tenant_gb=arguments.second_tenant_gb,
        wired_limit_mb=arguments.wired_limit_mb, power_limit_w=arguments.power_limit_w,
        macos=arguments.macos, desktop_gib=arguments.desktop_gib, drafts=_drafts(arguments),
    )  # fmt: skip
    print(
        json.dumps(prediction_dict(prediction), indent=2, allow_nan=False)
        if arguments.json
        else prediction_text(prediction)
    )
    return 0


def _drafts(arguments: argparse.Namespace) -> Drafts | None:
    tokens, share = arguments.draft_tokens, arguments.acceptance
    if tokens is None and share is None and not arguments.draft_cost:
        return None
    if tokens is None or share is None:
        raise ScenarioError(
            "Speculative decoding needs both --draft-tokens and --acceptance; the acceptance depends on the text and is not predicted."
        )
    return Drafts(tokens, share, arguments.draft_cost)
