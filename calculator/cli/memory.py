"""`python -m calculator finetune` and `retrieval`: a training step and a vector index, byte by byte.

python -m calculator finetune --machine ID --model ID [--format ID] [--qlora] [--sequence-tokens N] [--json]
python -m calculator retrieval --documents N --dimensions D [--index flat|hnsw|ivf-pq] [--machine ID] [--json]
"""

import argparse
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any, Literal, get_args

from calculator.catalog import Catalog, load_catalog
from calculator.catalog.deployment import HostSettings
from calculator.catalog.hardware import Hardware, hardware_of
from calculator.catalog.model_file import model_of
from calculator.catalog.models import WeightFormat
from calculator.cli.renamed_flags import add_renamed
from calculator.errors import ScenarioError
from calculator.physics.memory.finetuning import ALL_LINEAR, ATTENTION, FineTuneFit, TrainingStep, finetune_fit
from calculator.physics.memory.spare_words import spare_words
from calculator.physics.memory.usable import host_usable_bytes, usable
from calculator.physics.memory.vector_index import IndexKind, index_bytes
from calculator.report.answer_json import remark_dicts
from calculator.units import BYTES_PER_GB, BYTES_PER_MIB, plain_number

if TYPE_CHECKING:
    from argparse import (
        _SubParsersAction,  # pyright: ignore[reportPrivateUsage]  (argparse has no public name)
    )

Pool = Literal["unified memory", "system RAM"]
_TARGETS = {"all": ALL_LINEAR, "attention": ATTENTION}
_MOST = 1_000_000_000_000
_UNPACKED_BITS = 16


@dataclass(frozen=True, slots=True)
class SecondTenant:
    """An index in memory: its bytes, its pool and what that pool may give it (None without a machine)."""

    vectors: int
    index_bytes: int
    second_tenant_gb: float
    pool: Pool | None
    pool_bytes: int | None
    fits: bool | None


def register(commands: "_SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add `finetune` and `retrieval` to the calculator's parser."""
    command = commands.add_parser("finetune", help="whether a LoRA or QLoRA training step fits, byte by byte")
    command.add_argument("--machine", required=True, metavar="ID", help="a machine or a bare chip")
    command.add_argument("--count", type=int, metavar="N", help="number of cards, or of machines with unified memory")
    command.add_argument(
        "--memory-gib", type=float, metavar="GIB", help="memory per chip, for a chip sold in several sizes"
    )
    add_renamed(command, "--memory-gb", new="--memory-gib")
    command.add_argument(
        "--model", required=True, metavar="ID|FILE.toml", help="a file that `measurements describe` wrote, or an id"
    )
    command.add_argument(
        "--format",
        metavar="ID",
        help="format of the frozen weights; default: bf16, with --qlora nf4, on a Mac mlx-4bit",
    )
    command.add_argument("--qlora", action="store_true", help="pack the frozen weights")
    command.add_argument("--rank", type=int, default=16, metavar="N")
    command.add_argument("--targets", choices=list(_TARGETS), default="all", help="which linear layers get adapters")
    command.add_argument("--sequence-tokens", type=int, default=2048, metavar="N")
    command.add_argument("--batch", type=int, default=1, metavar="N")
    command.add_argument("--no-checkpointing", action="store_true", help="keep every layer's activations")
    command.add_argument("--wired-limit-mb", type=int, default=0, metavar="MB", help="macOS: iogpu.wired_limit_mb")
    command.add_argument("--json", action="store_true")
    command.set_defaults(command=_finetune)

    command = commands.add_parser(
        "retrieval", help="size of a vector index beside the model, and which memory holds it"
    )
    command.add_argument("--documents", type=int, required=True, metavar="N")
    command.add_argument("--chunks", type=float, default=1.0, metavar="N", help="vectors per document; default: 1")
    command.add_argument("--dimensions", type=int, required=True, metavar="D")
    command.add_argument("--index", choices=get_args(IndexKind), default="flat")
    command.add_argument(
        "--number-bytes",
        type=float,
        default=4.0,
        metavar="B",
        help="bytes per number: 4, 2, 1, or 0.125 for binary vectors",
    )
    command.add_argument("--links", type=int, default=16, metavar="M", help="links of an hnsw index")
    command.add_argument("--code-bytes", type=int, default=64, metavar="B", help="code size of an ivf-pq index")
    command.add_argument("--payload-bytes", type=float, default=0.0, metavar="B", help="text kept beside each vector")
    command.add_argument(
        "--machine", metavar="ID", help="also say which memory of this machine holds the index, and whether it fits"
    )
    command.add_argument("--json", action="store_true")
    command.set_defaults(command=_retrieval)


def second_tenant(vectors: int, *, size_bytes: int, hardware: Hardware | None, catalog: Catalog) -> SecondTenant:
    """Where an index of `size_bytes` lives: unified memory is shared with the model, a PC has memory of its own for it.

    `pool_bytes` is what programs may have of that pool, before a model in unified memory takes its part (`predict
    --second-tenant-gb` counts both).
    """
    pool: Pool | None = None
    room: int | None = None
    if hardware is not None and hardware.chip.memory_kind == "unified":
        pool, room = "unified memory", usable(hardware, catalog=catalog).shared_bytes // hardware.box_count()
    elif hardware is not None and hardware.system_ram_gib is not None:
        reserved = catalog.constants["host_reserved_gib"].central
        pool, room = "system RAM", host_usable_bytes(hardware.system_ram_gib, reserved_gib=reserved)
    return SecondTenant(
        vectors, size_bytes, size_bytes / BYTES_PER_GB, pool, room, None if room is None else size_bytes <= room
    )


def _finetune(arguments: argparse.Namespace) -> int:
    catalog = load_catalog()
    _refuse(
        rank=(arguments.rank, 1, 4096),
        sequence_tokens=(arguments.sequence_tokens, 1, 10_000_000),
        batch=(arguments.batch, 1, 4096),
    )
    if arguments.count is not None or arguments.memory_gib is not None:
        _refuse(
            count=(arguments.count or 1, 1, 64),
            memory_gib=(1 if arguments.memory_gib is None else arguments.memory_gib, 0.001, 100_000),
        )
    _refuse(wired_limit_mb=(arguments.wired_limit_mb, 0, 100_000_000))
    box = catalog.chip_or_machine(arguments.machine)
    hardware = hardware_of(box, chips=catalog.chips, chip_count=arguments.count, memory_gib=arguments.memory_gib)
    model = model_of(arguments.model, catalog=catalog)
    format = _frozen_format(arguments.format, qlora=arguments.qlora, hardware=hardware, catalog=catalog)
    step = TrainingStep(
        sequence_tokens=arguments.sequence_tokens,
        batch_count=arguments.batch,
        rank=arguments.rank,
        targets=_TARGETS[arguments.targets],
        checkpointing=not arguments.no_checkpointing,
    )
    host = HostSettings(wired_limit_gb=arguments.wired_limit_mb * BYTES_PER_MIB / BYTES_PER_GB)
    fit = finetune_fit(model, hardware=hardware, format=format, step=step, host=host, catalog=catalog)
    asked = {
        "machine": arguments.machine,
        "chip_count": hardware.chip_count,
        "model": model.id,
        "format": format.id,
        "method": "QLoRA" if arguments.qlora else "LoRA",
        "rank": arguments.rank,
        "targets": arguments.targets,
        "sequence_tokens": arguments.sequence_tokens,
        "batch": arguments.batch,
        "checkpointing": not arguments.no_checkpointing,
    }
    if arguments.json:
        print(json.dumps({**asked, **asdict(fit), "remarks": remark_dicts(fit.remarks)}, indent=2, allow_nan=False))
    else:
        print(_finetune_text(asked, fit))
    return 0


def _frozen_format(given: str | None, *, qlora: bool, hardware: Hardware, catalog: Catalog) -> WeightFormat:
    """The named format; else 16 bits for LoRA and 4 bits for QLoRA. Refuses names that contradict the method."""
    packed = "mlx-4bit" if hardware.chip.vendor == "apple" else "nf4"
    format = catalog.format(given or (packed if qlora else "bf16"))
    if qlora and format.bits_per_weight.central >= _UNPACKED_BITS:
        raise ScenarioError(
            f"--qlora trains over packed weights, and {format.id} is not packed. Choose {packed}, or leave --qlora out."
        )
    if not qlora and format.bits_per_weight.central < _UNPACKED_BITS:
        raise ScenarioError(
            f"{format.id} is packed; adapters over packed weights are QLoRA. Add --qlora, or choose bf16."
        )
    return format


def _finetune_text(asked: dict[str, Any], fit: FineTuneFit) -> str:
    chips = f" ({asked['chip_count']} chips)" if asked["chip_count"] > 1 else ""
    where = f"{asked['machine']}{chips}"
    rows = [
        f"{asked['method']} of {asked['model']} in {asked['format']} on {where}: rank {asked['rank']} on "
        f"{asked['targets']} linear layers, {asked['batch']} x {asked['sequence_tokens']:,} tokens, "
        f"{'with' if asked['checkpointing'] else 'without'} checkpointing",
        f"  {'fits' if fit.fits else 'does not fit'}: needs {_gb(fit.peak_bytes)} of {_gb(fit.usable_bytes)} usable, "
        f"headroom {_gb(fit.headroom_bytes)}{spare_words(fit)}",
        f"  weights          {_gb(fit.weights_bytes):>10}   frozen",
        f"  adapters         {_gb(fit.adapter_bytes):>10}   {fit.trainable_parameters:,} parameters, 4 bytes each",
        f"  gradients, Adam  {_gb(fit.optimizer_bytes):>10}   12 bytes each",
        f"  activations      {_gb(fit.activation_bytes):>10}",
        f"  base             {_gb(fit.base_bytes):>10}   runtime",
    ]
    return "\n".join(rows + [f"  - {remark.text}" for remark in fit.remarks])


def _retrieval(arguments: argparse.Namespace) -> int:
    catalog = load_catalog()
    _refuse(
        documents=(arguments.documents, 0, _MOST),
        chunks=(arguments.chunks, 0.001, 1_000_000),
        dimensions=(arguments.dimensions, 1, 1_000_000),
    )
    _refuse(
        code_bytes=(arguments.code_bytes, 1, 1_000_000),
        payload_bytes=(arguments.payload_bytes, 0, _MOST),
        number_bytes=(arguments.number_bytes, 0.001, 64),
    )
    vectors = round(arguments.documents * arguments.chunks)
    size = index_bytes(
        vectors,
        dimension_count=arguments.dimensions,
        index=arguments.index,
        number_bytes=arguments.number_bytes,
        link_count=arguments.links,
        code_bytes=arguments.code_bytes,
        payload_bytes=arguments.payload_bytes,
    )
    hardware = (
        hardware_of(catalog.chip_or_machine(arguments.machine), chips=catalog.chips) if arguments.machine else None
    )
    found = second_tenant(vectors, size_bytes=size, hardware=hardware, catalog=catalog)
    if arguments.json:
        asked = {
            "documents": arguments.documents,
            "dimensions": arguments.dimensions,
            "index": arguments.index,
            "machine": arguments.machine,
        }
        print(json.dumps({**asked, **asdict(found)}, indent=2, allow_nan=False))
    else:
        print(_retrieval_text(found, arguments))
    return 0


def _retrieval_text(found: SecondTenant, arguments: argparse.Namespace) -> str:
    rows = [
        f"{found.vectors:,} vectors of {arguments.dimensions:,} dimensions, {arguments.index}: "
        f"{found.second_tenant_gb:,.3f} GB"
    ]
    if found.pool is not None and found.pool_bytes is not None:
        says = "is enough" if found.fits else "is not enough"
        rows.append(
            f"  on {arguments.machine} it lives in {found.pool}: {_gb(found.pool_bytes)} for programs, which {says}"
        )
    elif arguments.machine:
        rows.append(
            f"  {arguments.machine} is a bare chip: where the index lives depends on the machine. Choose a machine."
        )
    rows.append(
        f"  beside a model: compare --set second_tenant_gb={found.second_tenant_gb:.4g}, "
        f"predict --second-tenant-gb {found.second_tenant_gb:.4g}"
    )
    return "\n".join(rows)


def _refuse(**given: tuple[float, float, float]) -> None:
    for name, (got, low, high) in given.items():
        if not low <= got <= high:  # also refuses NaN
            raise ScenarioError(f"{name} is {plain_number(got)}; it must lie in {plain_number(low)}..{high:,}.")


def _gb(count: int) -> str:
    return f"{count / BYTES_PER_GB:,.1f} GB"
