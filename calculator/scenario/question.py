"""What is served: model, precision, and the memory it must share."""

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import Field

from calculator.catalog.models import WeightClass
from calculator.scenario.knob import Display, Part

SCHEMA_VERSION = 2
ANOTHER_SIZE = "another-size"
"""The model id that stands for a dense model with `another_size_b` billion parameters."""

MOST_OPTIONS = 12
OptionIds = Annotated[tuple[str, ...], Field(min_length=1, max_length=MOST_OPTIONS)]
DEFAULT_OPTIONS = (
    "mac-studio-m5-ultra-96",
    "mac-studio-m5-ultra-256",
    "dual-rtx-4090-am5",
    "dual-rtx-4090-threadripper",
    "mac-studio-m2-ultra-192-used",
    "cloud-h100",
    "api-same-model",
)


class Question(Part):
    """What is served, and which options are compared."""

    schema_version: Literal[2] = SCHEMA_VERSION
    """Version of the scenario format."""

    name: Annotated[
        str,
        Field(max_length=120),
    ] = "A firm of eight"
    """Name of the scenario, printed on every export."""

    options: OptionIds = DEFAULT_OPTIONS
    """Ids of the options to compare, one to twelve."""

    model: Annotated[
        str,
        Display("question", "Model", help="Which open-weights model is served."),
    ] = "llama-3-70b"
    """A model of the catalogue, or 'another-size'."""

    another_size_b: Annotated[
        float,
        Field(ge=0.1, le=3000),
        Display("question", "Parameters of another size", unit="billion"),
    ] = 70
    """Billions of parameters; used when the model is 'another size': a dense model with grouped-query attention."""

    weight_class: Annotated[
        WeightClass | Literal["best-that-fits"],
        Display(
            "question",
            "Bits per weight",
            help="The same for every option, or the best that each can hold; each runtime loads its own format.",
        ),
    ] = "4-bit"
    """Precision of the weights: one for every option, or for each the most bits that fit (best-that-fits)."""

    weight_classes: Mapping[str, WeightClass] = Field(default_factory=dict)
    """Precision of single options, by their id, where it is not the one for all."""

    second_tenant_gb: Annotated[
        float,
        Field(ge=0, le=1000),
        Display("question", "Memory for other software", unit="GB", step=5),
    ] = 0
    """Memory that other software needs beside the model, for example a vector database. It shares unified memory on a
    Mac and sits in system RAM on a PC."""

    macos_wired_limit_gb: Annotated[
        float,
        Field(ge=0, le=1000),
        Display("question", "macOS wired limit", unit="GB"),
    ] = 0
    """Most memory that macOS lets the GPU have (its setting iogpu.wired_limit_mb) in GB; 0 leaves Apple's default."""
