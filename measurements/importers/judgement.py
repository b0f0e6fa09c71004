"""Judgement of imported rows: what is kept but is no speed of the chip, and what contradicts itself.

What is kept but not used is told by the code of its remark: NOT_A_CHIPS_SPEED in
measurements/records/trusted_speeds.py.
"""

from collections.abc import Sequence

from calculator.evidence import Remark
from calculator.units import digits
from measurements.importers.facts import Known
from measurements.records.record import Status
from measurements.records.series import Series

SPREAD_LIMIT_FRACTION = 0.5
"""Above this share of their mean the readings were of two different things: shaders compiled in the first run, or
another program woke up. llama-bench's own repetitions scatter by 0.1 to 5 % (measurements/published.csv)."""

FASTEST_TOKENS_PER_S = 1e12
"""No machine reaches it: a figure beyond is no rate, and sums of such figures are not finite."""

PARAMETER_TOLERANCE_FRACTION = 0.2
"""Counts of one model differ by tied embeddings, towers and draft heads; two models of one family by more."""

_ALL_LAYERS = 99  # llama.cpp's idiom for "every layer"; a negative number says the same since 2025
_OUTPUT_LAYERS = 1  # llama.cpp counts the output matrix as one more layer


def spread_of(series: Series, *, standard_deviation: float = 0.0) -> float:
    """Standard deviation over mean of the readings; of the samples, where they are known."""
    if len(series.samples) > 1:
        mean = sum(series.samples) / len(series.samples)
        squares = sum((value - mean) ** 2 for value in series.samples)
        return (squares / (len(series.samples) - 1)) ** 0.5 / mean if mean else 0.0
    return standard_deviation / series.central if series.central else 0.0


def spread_remarks(spread: float) -> list[Remark]:
    """The remark of readings that scatter by more than half of their mean."""
    if spread <= SPREAD_LIMIT_FRACTION:
        return []
    text = (
        f"The readings spread by {spread:.0%} of their mean; above {SPREAD_LIMIT_FRACTION:.0%} the row is kept but not "
        "used. Often the first run compiled its kernels: measure again after a warm-up."
    )
    return [Remark(code="spread", text=text, level="problem")]


def status_of(remarks: Sequence[Remark]) -> Status:
    """`rejected` where the readings disagree, else `ok`."""
    return "rejected" if any(remark.code == "spread" for remark in remarks) else "ok"


def offload_remark(why: str) -> Remark:
    """The remark of a result of which the processor did a part; `why` is a clause: "no layer was on the GPU"."""
    text = f"Part of the work was done by the processor ({why}); the row is kept but not used as the chip's speed."
    return Remark(code="partial-offload", text=text, level="warning")


def processor_remark() -> Remark:
    """The remark of a result that no GPU had a part in."""
    text = "The processor computed this; the row is kept but not used as the speed of a chip."
    return Remark(code="on-processor", text=text, level="warning")


def network_remark(count: int) -> Remark:
    """The remark of a result with devices on other hosts."""
    plural = "s" if count > 1 else ""
    text = (
        f"{count} device{plural} took part over a network (RPC); the row is kept but not used as the speed of one "
        "machine."
    )
    return Remark(code="over-network", text=text, level="warning")


def layers_left_out(layers: int | None, *, model: str, known: Known) -> str:
    """Why not every layer was on the GPU, in a clause; "" if all were or nothing is stated.

    layers: llama.cpp's n_gpu_layers. All are on the GPU at the model's layers and its output, or at 99 where the
    number of layers is not known.
    """
    if layers is None or layers < 0:
        return ""
    if layers == 0:
        return "no layer was on the GPU"
    count = known.layer_counts.get(model)
    if count is None:
        return (
            "" if layers >= _ALL_LAYERS else f"n_gpu_layers was {layers}; if there were more, they were not on the GPU"
        )
    every = count + _OUTPUT_LAYERS
    return "" if layers >= every else f"n_gpu_layers was {layers} of {every}"


def fits_parameters(model: str, parameter_count: float, *, known: Known) -> bool:
    """Whether a model can have the parameters that the row states; true where one of both is unknown."""
    expected = known.parameter_counts.get(model)
    if not expected or parameter_count <= 0:
        return True
    return abs(parameter_count / expected - 1) <= PARAMETER_TOLERANCE_FRACTION


def parameters_contradict(model: str, parameter_count: float, *, known: Known) -> str:
    """Why the row is not of the stated model, in a sentence; "" if it may be."""
    if fits_parameters(model, parameter_count, known=known):
        return ""
    expected = known.parameter_counts[model]
    return (
        f"The row states {digits(parameter_count / 1e9, 3)} billion parameters, but {model} has "
        f"{digits(expected / 1e9, 3)} billion. Name its own model."
    )
