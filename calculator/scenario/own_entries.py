"""What the catalogue lacks and what is shared: own machines and models, routes, and machines bought anyway."""

from collections.abc import Mapping
from typing import Annotated, Any, cast

from pydantic import Field, model_validator

from calculator.catalog.models import LanguageModel
from calculator.scenario.knob import Part
from calculator.scenario.own_models import DescribedModel, parsed_own_models
from calculator.scenario.own_options import MOST_OWN, OwnOption, own_table_problem
from calculator.scenario.routing import Route

OWN_TABLES = ("own_options", "own_models", "routing", "shared_with_other_work")


class OwnEntries(Part):
    """Machines and models of a person's own, and machines that were bought anyway."""

    own_options: Mapping[str, OwnOption] = Field(default_factory=dict, max_length=MOST_OWN)
    """Machines that the catalogue lacks: their id with chip, count and price, and what else is known of them. Name the
    id among the options."""

    own_models: Mapping[str, DescribedModel | LanguageModel] = Field(default_factory=dict, max_length=MOST_OWN)
    """Models that the catalogue lacks: their id and a description. Name the id as the model."""

    routing: Mapping[str, Route] = Field(default_factory=dict, max_length=MOST_OWN)
    """Options made of two: their id with the option that serves most requests (base), the one to which a share of them
    goes (to), and which share. Name the id among the options."""

    shared_with_other_work: Mapping[str, Annotated[float, Field(ge=0, le=1)]] = Field(default_factory=dict)
    """Machines that were bought anyway and do other work too: their id and the share of care and wear that this work
    bears. Only what it adds is a cost."""

    @model_validator(mode="before")
    @classmethod
    def _own_entries_are_known(cls, values: Any) -> Any:
        if not isinstance(values, Mapping):
            return values
        given = cast("Mapping[str, Any]", values)
        if problem := own_table_problem("own_options", given.get("own_options"), fields=OwnOption.model_fields):
            raise ValueError(problem)
        if problem := own_table_problem("routing", given.get("routing"), fields=Route.model_fields):
            raise ValueError(problem)
        models = given.get("own_models")
        return given if models is None else {**given, "own_models": parsed_own_models(models)}
