"""Commands `choose` and `check`: which machine for a budget and a promise, and whether one machine keeps it.

    python -m calculator choose [SCENARIO.toml] --budget 8000 --model M [--first-token-p95 10] [--stream 20]
                                [--watts 400] [--context 32768] [--set name=value ...] [--json]
    python -m calculator choose --largest-context MACHINE MODEL [--format ID] [--json]
    python -m calculator check SCENARIO.toml --machine ID [--count N] [--json]

`check` ends with 0 where the machine does the job and with 1 where it does not, for use in CI; 2 is a wrong question.
"""

import argparse
import json
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.deployment import Deployment
from calculator.catalog.model_file import model_of
from calculator.catalog.options import CloudOffer, Machine
from calculator.decision.choose import Choice, Choices, Wanted, choose
from calculator.decision.eligibility import seconds_text
from calculator.decision.memory_words import SEVERAL_CARDS, misfit
from calculator.decision.one_option import Question, answer_of
from calculator.errors import ScenarioError
from calculator.physics.memory.largest_context import largest_context
from calculator.report.choices_json import choices_dict
from calculator.scenario.check_ids import refuse_unknown
from calculator.scenario.files import read_scenario
from calculator.scenario.one_more_option import with_option
from calculator.scenario.own_catalog import catalog_of
from calculator.scenario.scenario import Scenario
from calculator.service.capability import BEST_THAT_FITS, MOST_BITS_FIRST, reference_tariff, scenario_model
from calculator.units import BYTES_PER_GB, plain_number

if TYPE_CHECKING:
    from argparse import (
        _SubParsersAction,  # pyright: ignore[reportPrivateUsage]  (argparse has no public name)
    )

FAILED = 1
_FIELDS = {
    "model": "model",
    "first_token_p95": "first_token_p95_target_s",
    "stream": "stream_target_tokens_per_s",
    "context": "reserved_context_tokens",
}


def register(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `choose` and `check` to the calculator's parser."""
    command = commands.add_parser("choose", help="find machines that meet a budget, speed, power and context")
    add = command.add_argument
    add("scenario", nargs="?", type=Path, metavar="SCENARIO.toml", help="demand and prices; default: ours")
    add("--budget", type=float, metavar="USD", help="for all machines together, before sales tax")
    add("--model", metavar="ID")
    add(
        "--first-token-p95",
        type=float,
        metavar="S",
        help="target for the first word: 95 of 100 requests in the busiest hour",
    )
    add("--stream", type=float, metavar="TOKENS/S", help="speed at which one person sees an answer grow")
    add("--watts", type=float, metavar="W", help="most power at the wall under load, all machines together")
    add("--context", type=int, metavar="N", help="tokens kept free for each request")
    add(
        "--set",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        dest="settings",
        help="change any value of the scenario",
    )
    add("--largest-context", nargs=2, metavar=("MACHINE", "MODEL"), help="print only the longest context that fits")
    add("--format", metavar="ID", help="with --largest-context; default: the scenario's bits per weight")
    add("--json", action="store_true")
    command.set_defaults(command=_choose)

    command = commands.add_parser("check", help="exit code 0 if one machine does the job of a scenario, 1 if not")
    command.add_argument("scenario", type=Path, metavar="SCENARIO.toml")
    command.add_argument("--machine", required=True, metavar="ID")
    command.add_argument(
        "--count", type=int, metavar="N", help="number of machines; default: the fewest that do the job"
    )
    command.add_argument("--set", action="append", default=[], metavar="NAME=VALUE", dest="settings")
    command.add_argument("--json", action="store_true")
    command.set_defaults(command=_check)


def _choose(arguments: argparse.Namespace) -> int:
    catalog = load_catalog()
    settings = [f"{name}={value}" for flag, name in _FIELDS.items() if (value := getattr(arguments, flag)) is not None]
    scenario = read_scenario(arguments.scenario, settings=[*arguments.settings, *settings])
    if arguments.largest_context is not None:
        return _largest_context(arguments, scenario, catalog)
    if arguments.format is not None:
        raise ScenarioError("--format belongs to --largest-context. Set weight_class=8-bit for the choice.")
    wanted = Wanted(arguments.budget, arguments.watts)
    found = choose(scenario, catalog, wanted=wanted, as_of=date.today().isoformat())
    print(json.dumps(choices_dict(found), indent=2, allow_nan=False) if arguments.json else _text(found))
    return 0


def _text(found: Choices) -> str:
    scenario, best = found.scenario, found.best()
    lines = [
        f"{scenario.model}, {plain_number(scenario.requests_per_working_day)} requests a day, "
        f"{scenario.context_tokens():,} tokens of context, {scenario.months} months, prices on {found.prices_as_of}",
        "",
    ]
    if best:
        lines.append(
            f"{'machines':<44} {'price':>9} {'read on':>10} {'costs':>9} {'tokens/s':>8} {'first word':>12} "
            f"{'watts':>6} {'memory left':>11}"
        )
        lines += [_line(one) for one in best]
        hidden = len(found.choices) - len(best)
        lines += ["", *([SEVERAL_CARDS] if any(one.spare_words for one in best) else [])]
        lines += [
            f"Price before tax; costs over {found.scenario.months} months in today's money, staff hours counted. No other "
            "choice is better in",
            f"costs, tokens a second and memory left at once; {hidden} that one of these beats in all three are left out.",
        ]
    else:
        lines.append("No machine of the catalogue does the job within these limits.")
    lines += dict.fromkeys(f"- {one.stale.text}" for one in best if one.stale)
    lines += [f"- {one.name}: {_with_mend(one.reason, one.mend)}" for one in found.left_out]
    return "\n".join(lines)


def _line(one: Choice) -> str:
    name = f"{one.machine_count} x {one.id}"
    return (
        f"{name:<44} {one.price_usd:>9,.0f} {one.price_as_of:>10} {one.present_value_usd:>9,.0f} "
        f"{one.stream_tokens_per_s:>8.1f} {seconds_text(one.first_token_p95_s):>12} {one.watts:>6,.0f} "
        f"{one.headroom_gb:>8.1f} GB {one.spare_words}".rstrip()
    )


def _largest_context(arguments: argparse.Namespace, scenario: Scenario, catalog: Catalog) -> int:
    machine, model = arguments.largest_context
    format_id = arguments.format or _usual_format(machine, scenario, catalog)
    deployment = Deployment.of(machine, model_of(model, catalog=catalog), format_id, catalog=catalog)
    found = largest_context(deployment, catalog)
    if arguments.json:
        print(
            json.dumps(
                {
                    "machine": machine,
                    "model": deployment.model.id,
                    "format": deployment.format.id,
                    "tokens": found.tokens,
                    "memory_tokens": found.memory_tokens,
                    "model_tokens": found.model_tokens,
                    "headroom_gb": found.fit.headroom_bytes / BYTES_PER_GB,
                },
                indent=2,
                allow_nan=False,
            )
        )
        return 0
    what = f"{deployment.model.name} in {deployment.format.name} on {machine}"
    if not found.memory_tokens:
        print(f"{what} does not fit: it {misfit(found.fit)}.")
        return 0
    why = (
        f"the memory holds {found.memory_tokens:,}, the model supports {found.model_tokens:,}"
        if found.memory_tokens > found.model_tokens
        else "the memory is full then"
    )
    print(f"{what}: {found.tokens:,} tokens for one request; {why}.")
    return 0


def _usual_format(machine: str, scenario: Scenario, catalog: Catalog) -> str:
    """The format of the scenario's precision on the machine's runtime."""
    box = catalog.chip_or_machine(machine)
    if not isinstance(box, Machine):
        raise ScenarioError(f"{machine} is no machine with a runtime of its own. Say the format: --format q4_k_m.")
    formats = catalog.runtime(box.runtime).formats
    wanted = scenario.weight_class_of(machine)
    classes = MOST_BITS_FIRST if wanted == BEST_THAT_FITS else (wanted,)
    found = next((formats[one] for one in classes if one in formats), None)
    if found is None:
        raise ScenarioError(f"{machine}'s runtime has no {wanted} format. Known: {', '.join(formats)}. Use --format.")
    return found


def _check(arguments: argparse.Namespace) -> int:
    scenario = read_scenario(arguments.scenario, settings=arguments.settings)
    catalog = catalog_of(scenario, load_catalog())
    if not isinstance(catalog.option(arguments.machine), Machine | CloudOffer):
        raise ScenarioError(
            f"--machine is {arguments.machine}, which is no machine. `python -m calculator list machines` shows those."
        )
    if arguments.count is not None:
        counts = {**scenario.machine_counts, arguments.machine: arguments.count}
        scenario = with_option(scenario, arguments.machine).changed(machine_counts=counts)
    refuse_unknown(scenario, catalog)
    day = scenario.prices_as_of or date.today().isoformat()
    model, reference = scenario_model(scenario, catalog), reference_tariff(scenario, catalog)
    row, _ = answer_of(Question(scenario, catalog, model, reference, (), day), arguments.machine)
    reasons = row.eligibility.reasons
    if arguments.json:
        answer = {
            "machine": row.id,
            "does_the_job": row.eligible,
            "machine_count": row.eligibility.machine_count,
            "reasons": [asdict(reason) for reason in reasons],
        }
        print(json.dumps(answer, indent=2, allow_nan=False))
    elif row.eligible:
        count = row.eligibility.machine_count or 1
        print(f"{row.name} does the job of {scenario.name}: {count} machine{'s' if count > 1 else ''}.")
    else:
        print(f"{row.name} does not do the job of {scenario.name}.")
        print("\n".join(f"- {_with_mend(reason.text, reason.mend)}" for reason in reasons))
    return 0 if row.eligible else FAILED


def _with_mend(reason: str, mend: str) -> str:
    return f"{reason} What would mend it: {mend}" if mend else reason
