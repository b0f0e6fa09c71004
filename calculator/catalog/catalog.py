"""The catalogue in memory: every entry by id, and what is said of a name that no entry has."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from pydantic import BaseModel

from calculator.catalog.calibration import Calibration
from calculator.catalog.claims import Claim, Phantom
from calculator.catalog.distributions import Distributions
from calculator.catalog.model_names import model_id_of
from calculator.catalog.models import LanguageModel, Runtime, WeightFormat
from calculator.catalog.options import (
    ApiOffer,
    ApiQuote,
    ApiTariff,
    Chip,
    CloudOffer,
    ElectricityTariff,
    GridCarbon,
    Machine,
    ResaleObservation,
    UsableMemory,
)
from calculator.catalog.package_prices import PREFIX, named_offer
from calculator.catalog.plans import MODEL_SIGN, Subscription
from calculator.catalog.price_age import PriceSeries
from calculator.catalog.quality import QualityLoss
from calculator.catalog.readings import Reading
from calculator.catalog.routed import Routed
from calculator.catalog.tax import TaxTables
from calculator.errors import CatalogError, PhantomError, UnknownIdError
from calculator.evidence import Quantity, Source

T = TypeVar("T", bound=BaseModel)

Option = Machine | CloudOffer | ApiOffer | Subscription | Routed


@dataclass(frozen=True, repr=False)
class Catalog:
    """All entries by id. Mappings are never changed after loading."""

    hash: str
    compiled: str
    sources: Mapping[str, Source]
    chips: Mapping[str, Chip]
    machines: Mapping[str, Machine]
    clouds: Mapping[str, CloudOffer]
    apis: Mapping[str, ApiOffer]
    subscriptions: Mapping[str, Subscription]
    models: Mapping[str, LanguageModel]
    model_names: Mapping[str, str]
    formats: Mapping[str, WeightFormat]
    runtimes: Mapping[str, Runtime]
    electricity: Mapping[str, ElectricityTariff]
    grid_carbon: Mapping[str, GridCarbon]
    resale: Mapping[str, ResaleObservation]
    macos_limits: tuple[UsableMemory, ...]
    api_quotes: tuple[ApiQuote, ...]
    phantoms: tuple[Phantom, ...]
    claims: Mapping[str, Claim]
    quality: tuple[QualityLoss, ...]
    price_history: tuple[PriceSeries, ...]
    readings: Mapping[str, Reading]
    defaults: Mapping[str, Quantity]
    constants: Mapping[str, Quantity]
    distributions: Distributions
    tax: TaxTables
    fitted: Calibration | None
    routes: Mapping[str, Routed] = field(default_factory=dict[str, Routed])

    def __repr__(self) -> str:
        return (
            f"Catalogue of {self.compiled}: {len(self.machines)} machines, {len(self.clouds)} rentals, "
            f"{len(self.apis)} hosted APIs, {len(self.subscriptions)} subscriptions, {len(self.models)} models, "
            f"{len(self.chips)} chips."
        )

    @property
    def calibration(self) -> Calibration:
        """The fitted constants of speed; raises CatalogError where they have not been fitted yet."""
        if self.fitted is None:
            raise CatalogError("calibration.toml: the file is missing. Fit it: python -m calculator calibrate.")
        return self.fitted

    def option(self, option_id: str) -> Option:
        """The machine, cloud offer, API, subscription or route of that id.

        `api:<provider>/<model>` is any API of the price package's, `<plan>:<model>` a plan where the limit of that
        model counts.
        """
        if option_id.startswith(PREFIX):
            return named_offer(option_id, on=self.compiled, setup_h=next(iter(self.apis.values())).setup_h)
        for table in (self.machines, self.clouds, self.apis, self.subscriptions, self.routes):
            if option_id in table:
                return table[option_id]
        plan, sign, model = option_id.partition(MODEL_SIGN)
        if sign and plan in self.subscriptions:
            return self.subscriptions[plan].of_model(model)
        self.refuse_phantom(option_id)
        known = [*self.machines, *self.clouds, *self.apis, *self.subscriptions]
        raise UnknownIdError("option", option_id, known)

    def tariff_named(self, key: str) -> ApiTariff:
        """What the price package has for `provider/model`. Raises ScenarioError where it has no such model."""
        return named_offer(f"{PREFIX}{key}", on=self.compiled, setup_h=next(iter(self.apis.values())).setup_h).tariffs[
            0
        ]

    def chip_or_machine(self, name: str) -> Chip | Machine | CloudOffer:
        """What `predict --machine` may name: a whole machine, a rented one, or a bare chip."""
        for table in (self.machines, self.clouds, self.chips):
            if name in table:
                return table[name]
        self.refuse_phantom(name)
        raise UnknownIdError("machine", name, [*self.machines, *self.clouds, *self.chips])

    def model(self, model_id: str) -> LanguageModel:
        """The model of that id, or of a name that people use for it (model_names.py)."""
        found = model_id_of(model_id, models=self.models, names=self.model_names)
        return _find(self.models, "model", found or model_id)

    def format(self, format_id: str) -> WeightFormat:
        """The weight format of that id or alias."""
        for entry in self.formats.values():
            if format_id in entry.aliases:
                return entry
        return _find(self.formats, "format", format_id)

    def runtime(self, runtime_id: str) -> Runtime:
        """The runtime of that id."""
        return _find(self.runtimes, "runtime", runtime_id)

    def refuse_phantom(self, name: str) -> None:
        """Raise PhantomError where the name is of a machine that never existed."""
        phantom = self.phantom_of(name)
        if phantom is not None:
            nearest = ", ".join(phantom.nearest)
            raise PhantomError(f"{phantom.sentence} Nearest real machines: {nearest}.")

    def phantom_of(self, name: str) -> Phantom | None:
        """The machine that never existed whose name occurs in this one, or None."""
        plain = "".join(letter for letter in name.lower() if letter.isalnum())
        for phantom in self.phantoms:
            if any("".join(c for c in known.lower() if c.isalnum()) in plain for known in phantom.names):
                return phantom
        return None


def _find(table: Mapping[str, T], kind: str, key: str) -> T:
    if key not in table:
        raise UnknownIdError(kind, key, table)
    return table[key]
