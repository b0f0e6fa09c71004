"""How do hand-edited files become a catalogue one can trust? Read with tomllib, checked by pydantic, cross-checked here.

Every error names file, key and repair. The catalogue's hash (of all files' bytes) goes into every export, so that a
figure taken to a meeting can be reproduced.
"""

import functools
import hashlib
import tomllib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from calculator.catalog import types as t
from calculator.errors import CatalogError, PhantomError, UnknownIdError, sentences
from calculator.evidence import Quantity, Source

FOLDER = Path(__file__).parent
T = TypeVar("T", bound=BaseModel)
Option = t.Machine | t.CloudOffer | t.ApiOffer


@dataclass(frozen=True)
class Catalog:
    """All entries by id. Mappings are never changed after loading."""

    hash: str
    compiled: str
    sources: Mapping[str, Source]
    chips: Mapping[str, t.Chip]
    machines: Mapping[str, t.Machine]
    clouds: Mapping[str, t.CloudOffer]
    apis: Mapping[str, t.ApiOffer]
    models: Mapping[str, t.LanguageModel]
    formats: Mapping[str, t.WeightFormat]
    runtimes: Mapping[str, t.Runtime]
    electricity: Mapping[str, t.ElectricityTariff]
    grid_carbon: Mapping[str, t.GridCarbon]
    resale: Mapping[str, t.ResaleObservation]
    macos_limits: tuple[t.UsableMemory, ...]
    phantoms: tuple[t.Phantom, ...]
    claims: Mapping[str, t.Claim]
    defaults: Mapping[str, Quantity]
    constants: Mapping[str, Quantity]
    calibration: Mapping[str, Any]

    def option(self, option_id: str) -> Option:
        """The machine, cloud offer or API of that id."""
        for table in (self.machines, self.clouds, self.apis):
            if option_id in table:
                return table[option_id]
        self.refuse_phantom(option_id)
        raise UnknownIdError("machine", option_id, [*self.machines, *self.clouds, *self.apis])

    def chip_or_machine(self, name: str) -> t.Chip | t.Machine | t.CloudOffer:
        """What `predict --machine` may name: a whole machine, a rented one, or a bare chip."""
        for table in (self.machines, self.clouds, self.chips):
            if name in table:
                return table[name]
        self.refuse_phantom(name)
        raise UnknownIdError("machine", name, [*self.machines, *self.clouds, *self.chips])

    def model(self, model_id: str) -> t.LanguageModel:
        """The model of that id."""
        return _find(self.models, "model", model_id)

    def format(self, format_id: str) -> t.WeightFormat:
        """The weight format of that id or alias."""
        for entry in self.formats.values():
            if format_id in entry.aliases:
                return entry
        return _find(self.formats, "format", format_id)

    def runtime(self, runtime_id: str) -> t.Runtime:
        """The runtime of that id."""
        return _find(self.runtimes, "runtime", runtime_id)

    def refuse_phantom(self, name: str) -> None:
        """Raise PhantomError where the name is of a machine that never existed."""
        plain = "".join(letter for letter in name.lower() if letter.isalnum())
        for phantom in self.phantoms:
            if any("".join(c for c in known.lower() if c.isalnum()) in plain for known in phantom.names):
                nearest = ", ".join(phantom.nearest)
                raise PhantomError(f"{phantom.sentence} Nearest real machines: {nearest}.")


def _find(table: Mapping[str, T], kind: str, key: str) -> T:
    if key not in table:
        raise UnknownIdError(kind, key, table)
    return table[key]


@functools.lru_cache(maxsize=4)
def load_catalog(folder: Path = FOLDER) -> Catalog:
    """Read and check the whole catalogue.

    Raises CatalogError, naming file, key and repair, on the first file that does not hold what it must.
    """
    files = sorted(folder.rglob("*.toml"))
    digest = hashlib.sha256()
    for path in files:
        digest.update(path.relative_to(folder).as_posix().encode() + b"\0" + path.read_bytes() + b"\0")
    sources = _table(folder, "sources.toml", "sources", Source)
    catalog = Catalog(
        hash=digest.hexdigest()[:16],
        compiled=str(_read(folder / "defaults.toml")["compiled"]),
        sources=sources,
        chips=_folder(folder, "chips", t.Chip),
        machines=_folder(folder, "machines", t.Machine),
        clouds=_folder(folder, "cloud", t.CloudOffer),
        apis=_folder(folder, "api", t.ApiOffer),
        models=_folder(folder, "models", t.LanguageModel),
        formats=_folder(folder, "formats", t.WeightFormat),
        runtimes=_folder(folder, "runtimes", t.Runtime),
        electricity=_by_id(_rows(folder, "electricity.toml", "tariffs", t.ElectricityTariff)),
        grid_carbon=_by_id(_rows(folder, "grid_carbon.toml", "grids", t.GridCarbon)),
        resale=_by_id(_rows(folder, "resale.toml", "observations", t.ResaleObservation)),
        macos_limits=tuple(_rows(folder, "macos_limits.toml", "limits", t.UsableMemory)),
        phantoms=tuple(_rows(folder, "phantoms.toml", "phantoms", t.Phantom)),
        claims=_by_id(_rows(folder, "claims.toml", "claims", t.Claim)),
        defaults=_table(folder, "defaults.toml", "defaults", Quantity),
        constants=_table(folder, "constants.toml", "constants", Quantity),
        calibration=_read(folder / "calibration.toml") if (folder / "calibration.toml").exists() else {},
    )
    _cross_check(catalog)
    return catalog


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text("utf-8"))
    except FileNotFoundError:
        raise CatalogError(f"{path.name}: the file is missing from {path.parent}. Restore it from the repository.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise CatalogError(f"{path.name}: not valid TOML: {error}. Correct that line.") from None


def _build(cls: type[T], data: Any, *, file: str, key: str) -> T:
    try:
        return cls.model_validate(data)
    except ValidationError as error:
        where = f"{file}: {key}: " if key else f"{file}: "
        raise CatalogError(where + " ".join(sentences(error, cls))) from None


def _folder(folder: Path, name: str, cls: type[T]) -> dict[str, T]:
    entries: dict[str, T] = {}
    for path in sorted((folder / name).glob("*.toml")):
        entry = _build(cls, _read(path), file=f"{name}/{path.name}", key="")
        key = getattr(entry, "id")  # noqa: B009  (T is any of several entries, all with an id)
        if key != path.stem:
            raise CatalogError(f"{name}/{path.name}: id is {key!r}; it must equal the file's name. Rename one of them.")
        entries[key] = entry
    return entries


def _rows(folder: Path, file: str, key: str, cls: type[T]) -> list[T]:
    rows = _read(folder / file).get(key, [])
    return [_build(cls, row, file=file, key=f"{key}[{index}]") for index, row in enumerate(rows)]


def _table(folder: Path, file: str, key: str, cls: type[T]) -> dict[str, T]:
    rows = _read(folder / file).get(key, {})
    return {name: _build(cls, row, file=file, key=name) for name, row in rows.items()}


def _by_id(rows: list[T]) -> dict[str, T]:
    return {getattr(row, "id"): row for row in rows}  # noqa: B009


def _quantities(entry: BaseModel, path: str = "") -> Iterator[tuple[str, Quantity]]:
    for name in type(entry).model_fields:
        value, where = getattr(entry, name), f"{path}{name}"
        if isinstance(value, Quantity):
            yield where, value
        elif isinstance(value, BaseModel):
            yield from _quantities(value, f"{where}.")
        elif isinstance(value, tuple):
            for index, item in enumerate(value):  # pyright: ignore[reportUnknownVariableType, reportUnknownArgumentType]
                if isinstance(item, BaseModel):
                    yield from _quantities(item, f"{where}[{index}].")


def evidence_of(entry: BaseModel) -> dict[str, Quantity]:
    """Every Quantity of an entry by its path, for the evidence table."""
    return dict(_quantities(entry))


def _cross_check(catalog: Catalog) -> None:
    """Ids that entries name must exist, and every source id must resolve."""
    folders: dict[str, Mapping[str, BaseModel]] = {
        "chips": catalog.chips, "machines": catalog.machines, "cloud": catalog.clouds, "api": catalog.apis,
        "models": catalog.models, "formats": catalog.formats, "runtimes": catalog.runtimes,
    }  # fmt: skip
    singles: dict[str, Mapping[str, BaseModel]] = {
        "electricity.toml": catalog.electricity, "grid_carbon.toml": catalog.grid_carbon, "resale.toml": catalog.resale,
        "claims.toml": catalog.claims,
    }  # fmt: skip
    for place, table in (*folders.items(), *singles.items()):
        for key, entry in table.items():
            file = f"{place}/{key}.toml" if place in folders else f"{place}: {key}"
            for where, quantity in _quantities(entry):
                _check_source(catalog, quantity.source, f"{file}: {where}")
    for file, table in (("defaults.toml", catalog.defaults), ("constants.toml", catalog.constants)):
        for key, quantity in table.items():
            _check_source(catalog, quantity.source, f"{file}: {key}")
    check: Callable[[bool, str], None] = _refuse_unless
    for place, table in (("machines", catalog.machines), ("cloud", catalog.clouds)):
        for key, box in table.items():
            check(box.chip in catalog.chips, f"{place}/{key}.toml: chip is {box.chip!r}; no chips/{box.chip}.toml. Add it or correct the id.")
            check(box.runtime in catalog.runtimes, f"{place}/{key}.toml: runtime is {box.runtime!r}; no runtimes/{box.runtime}.toml. Add it or correct the id.")
    for key, runtime in catalog.runtimes.items():
        for weight_class, format_id in runtime.formats.items():
            check(format_id in catalog.formats, f"runtimes/{key}.toml: formats.{weight_class} is {format_id!r}; no formats/{format_id}.toml.")


def _check_source(catalog: Catalog, source: str, where: str) -> None:
    for part in filter(None, source.split("+")):
        _refuse_unless(part in catalog.sources, f"{where}: source {part!r} is not in sources.toml. Add it there or correct the id.")


def _refuse_unless(condition: bool, message: str) -> None:
    if not condition:
        raise CatalogError(message)
