"""`python -m calculator predict`: does one model fit one machine, how fast, how long to load, at how many watts.

python -m calculator predict --machine ID --model ID --format ID [--context-tokens N] [--json]
python -m calculator predict --machine ID --count 2 --split tensor --link p2p --model ID --format ID [--json]

A machine with unified memory is counted in boxes (two to four Macs over Thunderbolt 5), a chip of cards in cards.
"""

import argparse
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.deployment import FULL_BITS, LINKS, Deployment, HostSettings, Workload, format_on
from calculator.catalog.model_file import model_of
from calculator.cli.renamed_flags import add_renamed
from calculator.errors import ScenarioError
from calculator.physics.prediction import draft_time_fraction, predict
from calculator.physics.speed.speculative import Drafts
from calculator.units import BYTES_PER_GB, BYTES_PER_MIB

if TYPE_CHECKING:
    from argparse import (
        _SubParsersAction,  # pyright: ignore[reportPrivateUsage]  (argparse has no public name)
    )

_MOST_WIRED_LIMIT_MB = 100_000_000


def register(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the `predict` command to the calculator's parser."""
    command = commands.add_parser(
        "predict", help="one model on one machine: bytes, tokens per second, load time, watts"
    )
    add = command.add_argument
    add("--machine", required=True, metavar="ID", help="a machine or a bare chip")
    add("--count", type=int, metavar="N", help="cards; boxes where the memory is unified")
    add("--memory-gib", type=float, metavar="GIB", help="memory per chip, where the chip was sold with several")
    add_renamed(command, "--memory-gb", new="--memory-gib")
    add("--model", required=True, metavar="ID|FILE.toml", help="an id, or a file that `measurements describe` wrote")
    add("--format", required=True, metavar="ID")
    add("--runtime", metavar="ID", help="default: the machine's own, or the usual one for chip and format")
    add("--prompt-tokens", type=int, default=1024, metavar="N")
    add("--context-tokens", type=int, metavar="N", help="tokens in the cache while it writes; default: the prompt's")
    add("--batch", type=int, default=1, metavar="N", help="streams at once")
    add("--split", choices=["layer", "tensor"], help="layers in turn (pipeline), or every layer shared")
    add("--link", choices=LINKS, help="cards: with or without peer access; Macs: RDMA or TCP")
    add("--kv-bits", type=int, default=FULL_BITS, metavar="N", help="width of the cache, where the runtime packs it")
    add(
        "--prefill-step",
        "--max-num-batched-tokens",
        type=int,
        metavar="N",
        help="tokens read at a time; default: the runtime's own step",
    )
    add("--max-num-seqs", type=int, metavar="N", help="vLLM, SGLang: requests that it reserves room for")
    add("--gpu-memory-utilization", type=float, metavar="SHARE", help="vLLM, SGLang: share of each card that they take")
    add("--towers", choices=["with", "without"], help="encoders of images and sound; default: as the runtime does")
    add("--second-tenant-gb", type=float, default=0.0, metavar="GB", help="memory of other software; see `retrieval`")
    add("--wired-limit-mb", type=int, metavar="MB", help="macOS: the value of iogpu.wired_limit_mb")
    add("--macos", metavar="VERSION", help="macOS whose default limit holds (14, 26); default: the newest we know")
    add("--desktop-gib", type=float, metavar="GIB", help="what a screen takes of the first card; default: no screen")
    add("--power-limit-w", type=float, metavar="W", help="limit per card, where a power sweep was published")
    add("--draft-tokens", type=int, metavar="N", help="speculative decoding: tokens guessed per step")
    add("--acceptance", type=float, metavar="SHARE", help="share of the guessed tokens that your draft gets right")
    add("--draft-cost", type=float, metavar="SHARE", help="time of a guessed token as a share of a step")
    add("--draft-model", metavar="ID|FILE.toml", help="a separate model that guesses: its weights and cache count")
    add("--draft-format", metavar="ID", help="format of the draft model; the model's own without it")
    add("--json", action="store_true")
    command.set_defaults(command=_predict)


def _predict(arguments: argparse.Namespace) -> int:
    from calculator.report.answer_json import prediction_dict
    from calculator.report.terminal import prediction_text

    catalog = load_catalog()
    workload = Workload(
        prompt_tokens=arguments.prompt_tokens,
        context_tokens=arguments.context_tokens,
        batch_count=arguments.batch,
        prefill_step_tokens=arguments.prefill_step,
    )
    deployment = _deployment(arguments, catalog=catalog)
    draft = _draft(arguments, deployment, catalog=catalog)
    drafts = _drafts(arguments, deployment, draft, workload, catalog=catalog)
    prediction = predict(deployment, workload, catalog, drafts=drafts, draft=draft)
    print(
        json.dumps(prediction_dict(prediction), indent=2, allow_nan=False)
        if arguments.json
        else prediction_text(prediction)
    )
    return 0


def _deployment(arguments: argparse.Namespace, *, catalog: Catalog) -> Deployment:
    limit_mb: int | None = arguments.wired_limit_mb
    if limit_mb is not None and not 1 <= limit_mb <= _MOST_WIRED_LIMIT_MB:
        raise ScenarioError(f"wired_limit_mb is {limit_mb}; it must lie in 1..{_MOST_WIRED_LIMIT_MB:,}.")
    found = Deployment.of(
        arguments.machine,
        model_of(arguments.model, catalog=catalog),
        arguments.format,
        runtime=arguments.runtime,
        chip_count=arguments.count,
        memory_gib=arguments.memory_gib,
        catalog=catalog,
    )
    host = HostSettings(
        second_tenant_gb=arguments.second_tenant_gb,
        wired_limit_gb=(limit_mb or 0) * BYTES_PER_MIB / BYTES_PER_GB,
        macos=arguments.macos,
        desktop_gib=arguments.desktop_gib,
        power_limit_w=arguments.power_limit_w,
        gpu_memory_utilization=arguments.gpu_memory_utilization,
        sequence_count=arguments.max_num_seqs,
    )
    towers = None if arguments.towers is None else arguments.towers == "with"
    split = arguments.split or found.split
    return replace(found, split=split, link=arguments.link, kv_bits=arguments.kv_bits, host=host, towers=towers)


def _draft(arguments: argparse.Namespace, deployment: Deployment, *, catalog: Catalog) -> Deployment | None:
    """The draft model on the same box and runtime, where one is named."""
    if arguments.draft_model is None:
        if arguments.draft_format is not None:
            raise ScenarioError("--draft-format needs --draft-model, the model that guesses. Name it.")
        return None
    format = catalog.format(arguments.draft_format) if arguments.draft_format else deployment.format
    model = model_of(arguments.draft_model, catalog=catalog)
    return replace(deployment, model=model, format=format_on(deployment.runtime, format, catalog=catalog))


def _drafts(
    arguments: argparse.Namespace,
    deployment: Deployment,
    draft: Deployment | None,
    workload: Workload,
    *,
    catalog: Catalog,
) -> Drafts | None:
    """What is guessed ahead; a draft model's time is that of its own speed, unless a share is given."""
    tokens, share, cost = arguments.draft_tokens, arguments.acceptance, arguments.draft_cost
    if tokens is None and share is None and not cost:
        return None
    if tokens is None or share is None:
        raise ScenarioError(
            "Speculative decoding needs both --draft-tokens and --acceptance; "
            "the acceptance depends on the text and is not predicted."
        )
    if cost is None:
        cost = 0.0 if draft is None else draft_time_fraction(deployment, draft, workload, catalog=catalog)
    return Drafts(tokens, share, cost)
