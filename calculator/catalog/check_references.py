"""References within the catalogue: every source and every id that is named exists, and figures can be true at once."""

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, cast

from pydantic import BaseModel

import calculator.catalog.check_figures as plausibility
from calculator.catalog.quality import quality_contradictions
from calculator.evidence import Quantity
from calculator.units import plain_number

if TYPE_CHECKING:
    from calculator.catalog.catalog import Catalog


def contradictions(catalog: "Catalog") -> Iterator[str]:
    """What does not fit together, one sentence each with file, key and repair; nothing where the catalogue is sound."""
    for where, source in _named_sources(catalog):
        for part in filter(None, source.split("+")):
            if part not in catalog.sources:
                yield f"{where}: source {part!r} is not in sources.toml. Add it there or correct the id."
    yield from _missing_entries(catalog)
    yield from _implausible(catalog)


def evidence_of(entry: BaseModel) -> dict[str, Quantity]:
    """Every Quantity of an entry by its path, for the evidence table."""
    return dict(_quantities(entry))


def _quantities(entry: BaseModel, path: str = "") -> Iterator[tuple[str, Quantity]]:
    for name in type(entry).model_fields:
        value, where = getattr(entry, name), f"{path}{name}"
        if isinstance(value, Quantity):
            yield where, value
        elif isinstance(value, BaseModel):
            yield from _quantities(value, f"{where}.")
        elif isinstance(value, tuple):
            for index, item in enumerate(cast("tuple[object, ...]", value)):
                if isinstance(item, BaseModel):
                    yield from _quantities(item, f"{where}[{index}].")


def _named_sources(catalog: "Catalog") -> Iterator[tuple[str, str]]:
    """Every place that names a source, and what it names."""
    folders: dict[str, Mapping[str, BaseModel]] = {
        "chips": catalog.chips,
        "machines": catalog.machines,
        "cloud": catalog.clouds,
        "api": catalog.apis,
        "subscriptions": catalog.subscriptions,
        "models": catalog.models,
        "formats": catalog.formats,
        "runtimes": catalog.runtimes,
    }
    files: dict[str, Mapping[str, BaseModel]] = {
        "electricity.toml": catalog.electricity,
        "grid_carbon.toml": catalog.grid_carbon,
        "resale.toml": catalog.resale,
        "claims.toml": catalog.claims,
        "macos_limits.toml": {
            f"macOS {row.macos}, {plain_number(row.memory_gib)} GiB": row for row in catalog.macos_limits
        },
    }
    for place, table in (*folders.items(), *files.items()):
        for key, entry in table.items():
            file = f"{place}/{key}.toml" if place in folders else f"{place}: {key}"
            yield from ((f"{file}: {where}", quantity.source) for where, quantity in _quantities(entry))
    for file, table in (("defaults.toml", catalog.defaults), ("constants.toml", catalog.constants)):
        yield from ((f"{file}: {key}", quantity.source) for key, quantity in table.items())
    for key, chip in catalog.chips.items():
        if chip.geometry is not None:
            yield f"chips/{key}.toml: geometry", chip.geometry.source
    yield from ((f"api_quotes.toml: {quote.key}", quote.source) for quote in catalog.api_quotes)
    yield from ((f"phantoms.toml: {phantom.names[0]}", phantom.source) for phantom in catalog.phantoms)
    yield from ((f"quality.toml: {row.format}, {row.model_name}", row.source) for row in catalog.quality)
    yield from ((f"price_history.toml: {series.item}", series.source) for series in catalog.price_history)
    yield from ((f"readings.toml: {row.id}", row.source) for row in catalog.readings.values())


def _missing_entries(catalog: "Catalog") -> Iterator[str]:
    for place, table in (("machines", catalog.machines), ("cloud", catalog.clouds)):
        for key, box in table.items():
            yield from _missing(f"{place}/{key}.toml: chip", box.chip, "chips", catalog.chips)
            yield from _missing(f"{place}/{key}.toml: runtime", box.runtime, "runtimes", catalog.runtimes)
    for key, runtime in catalog.runtimes.items():
        if runtime.mlx_weights_by:
            where = f"runtimes/{key}.toml: mlx_weights_by"
            yield from _missing(where, runtime.mlx_weights_by, "runtimes", catalog.runtimes)
        for weight_class, format_id in runtime.formats.items():
            yield from _missing(f"runtimes/{key}.toml: formats.{weight_class}", format_id, "formats", catalog.formats)
    for key, offer in catalog.apis.items():
        for hosted in offer.hosted if offer.kind == "same-model" else ():
            yield from _missing(f"api/{key}.toml: hosted model", hosted.model, "models", catalog.models)
    for name, meant in catalog.model_names.items():
        yield from _missing(f"model_names.toml: {name}", meant, "models", catalog.models)
    for phantom in catalog.phantoms:
        for near in phantom.nearest:
            yield from _missing(f"phantoms.toml: {phantom.names[0]}: nearest", near, "machines", catalog.machines)

    yield from _missing_of_claims(catalog)


def _missing_of_claims(catalog: "Catalog") -> Iterator[str]:
    """Every id that a claim names must be of some entry, or the audit could not answer it."""
    boxes: Mapping[str, BaseModel] = {**catalog.machines, **catalog.clouds, **catalog.chips}
    for key, claim in catalog.claims.items():
        where = f"claims.toml: {key}"
        if claim.check != "exists":
            yield from _missing(f"{where}: machine", claim.machine, "machines", boxes) if claim.machine else ()
        yield from _missing(f"{where}: model", claim.model, "models", catalog.models) if claim.model else ()
        yield from _missing(f"{where}: runtime", claim.runtime, "runtimes", catalog.runtimes) if claim.runtime else ()
        for format_id in claim.formats:
            yield from _missing(f"{where}: format", format_id, "formats", catalog.formats)
        for other in claim.beside:
            yield from _missing(f"{where}: beside", other, "machines", {**boxes, **catalog.resale, **catalog.claims})
        if claim.check in ("default range", "product", "resale"):
            for name in claim.field.split("+"):
                if name not in catalog.defaults:
                    yield f"{where}: field is {name!r}; it is not in defaults.toml. Correct the name."


def _missing(where: str, key: str, folder: str, table: Mapping[str, BaseModel]) -> Iterator[str]:
    if key not in table:
        yield f"{where} is {key!r}; no {folder}/{key}.toml. Add it or correct the id."


def _implausible(catalog: "Catalog") -> Iterator[str]:
    for key, chip in catalog.chips.items():
        yield from (f"chips/{key}.toml: {problem}" for problem in plausibility.chip_contradictions(chip))
    for key, machine in catalog.machines.items():
        problems = plausibility.machine_contradictions(machine, chips=catalog.chips)
        yield from (f"machines/{key}.toml: {problem}" for problem in problems)
    for key, offer in catalog.clouds.items():
        problems = plausibility.rental_contradictions(offer, chips=catalog.chips)
        yield from (f"cloud/{key}.toml: {problem}" for problem in problems)
    for quote in catalog.api_quotes:
        yield from (f"api_quotes.toml: {quote.key}: {problem}" for problem in plausibility.quote_contradictions(quote))
    for row in catalog.quality:
        problems = quality_contradictions(row, catalog=catalog)
        yield from (f"quality.toml: {row.format}, {row.model_name}: {problem}" for problem in problems)
