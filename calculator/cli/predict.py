"""`python -m calculator predict`: does one model fit one machine, how fast, how long to load, at how many watts.

python -m calculator predict --machine ID --model ID --format ID [--context-tokens N] [--json]
python -m calculator predict --machine ID --count 2 --split tensor --link p2p --model ID --format ID [--json]

A machine with unified memory is counted in boxes (two to four Macs over Thunderbolt 5), a chip of cards in cards.
"""

import argparse
import json
from typing import TYPE_CHECKING

from calculator.catalog import load_catalog
from calculator.catalog.deployment import FULL_BITS, LINKS
from calculator.catalog.model_file import model_of
from calculator.cli.renamed_flags import add_renamed
from calculator.report.prediction_question import PredictionQuestion

if TYPE_CHECKING:
    from argparse import (
        _SubParsersAction,  # pyright: ignore[reportPrivateUsage]  (argparse has no public name)
    )


def register(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `predict` command to the calculator's parser."""
    command = commands.add_parser(
        "predict", help="one model on one machine: bytes, tokens per second, load time, watts"
    )
    add = command.add_argument
    add("--machine", required=True, metavar="ID", help="a machine or a bare chip")
    add("--count", type=int, metavar="N", help="number of cards, or of machines with unified memory")
    add("--memory-gib", type=float, metavar="GIB", help="memory per chip, for a chip sold in several sizes")
    add_renamed(command, "--memory-gb", new="--memory-gib")
    add("--model", required=True, metavar="ID|FILE.toml", help="an id, or a file that `measurements describe` wrote")
    add("--format", required=True, metavar="ID")
    add("--runtime", metavar="ID", help="default: the machine's own, or the usual one for chip and format")
    add("--prompt-tokens", type=int, default=1024, metavar="N")
    add("--context-tokens", type=int, metavar="N", help="tokens in the cache while writing; default: the prompt's")
    add("--batch", type=int, default=1, metavar="N", help="streams at once")
    add(
        "--split",
        choices=["layer", "tensor"],
        help="layer: cards take turns (pipeline); tensor: cards share every layer",
    )
    add("--link", choices=LINKS, help="cards: with or without peer access; Macs: RDMA or TCP")
    add(
        "--kv-bits",
        type=int,
        default=FULL_BITS,
        metavar="N",
        help="bits per number of the KV cache, if the runtime can pack it",
    )
    add(
        "--prefill-step",
        "--max-num-batched-tokens",
        type=int,
        metavar="N",
        help="tokens read at a time; default: the runtime's own step",
    )
    add(
        "--max-num-seqs", type=int, metavar="N", help="vLLM, SGLang: most requests at once; memory is reserved for them"
    )
    add(
        "--gpu-memory-utilization",
        type=float,
        metavar="SHARE",
        help="vLLM, SGLang: share of each card's memory they may use",
    )
    add("--towers", choices=["with", "without"], help="encoders of images and sound; default: as the runtime does")
    add("--second-tenant-gb", type=float, default=0.0, metavar="GB", help="memory for other software; see `retrieval`")
    add("--wired-limit-mb", type=int, metavar="MB", help="macOS: the value of iogpu.wired_limit_mb")
    add(
        "--macos",
        metavar="VERSION",
        help="macOS version whose default limit applies (14, 26); default: the newest we know",
    )
    add("--desktop-gib", type=float, metavar="GIB", help="memory of the first card taken by the desktop; default: none")
    add("--power-limit-w", type=float, metavar="W", help="power limit per card, for chips with a published power sweep")
    add("--draft-tokens", type=int, metavar="N", help="speculative decoding: tokens guessed per step")
    add("--acceptance", type=float, metavar="SHARE", help="share of the guessed tokens that are right")
    add("--draft-cost", type=float, metavar="SHARE", help="time per guessed token as a share of a step")
    add("--draft-model", metavar="ID|FILE.toml", help="a separate draft model; its weights and cache count too")
    add("--draft-format", metavar="ID", help="format of the draft model; default: the model's")
    add("--json", action="store_true")
    command.set_defaults(command=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    from calculator.report.answer_json import prediction_dict
    from calculator.report.terminal import prediction_text

    catalog = load_catalog()
    given = {name: getattr(arguments, name) for name in PredictionQuestion.model_fields}
    question = PredictionQuestion.parse({name: value for name, value in given.items() if value is not None})
    prediction = question.answer(catalog, model=lambda name: model_of(name, catalog=catalog))
    print(
        json.dumps(prediction_dict(prediction), indent=2, allow_nan=False)
        if arguments.json
        else prediction_text(prediction)
    )
    return 0
