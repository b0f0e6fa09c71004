"""Claims as the catalogue keeps them: each has what its check needs."""

import pytest
from pydantic import ValidationError

from calculator.catalog import Catalog
from calculator.catalog.claims import Claim, Phantom
from calculator.errors import sentences


def test_idle_watts_of_the_article_lie_outside_every_reading(catalog: Catalog) -> None:
    claimed = catalog.claims["pc-idle-power"].claimed
    assert claimed is not None
    assert claimed.central > 5 * catalog.machines["dual-rtx-4090-threadripper"].power.idle_w.high


CLAIM = {"id": "x", "quote": "12 tokens a second", "subject": "a Mac", "check": "decode speed"}


def refusal(values: dict[str, object]) -> str:
    with pytest.raises(ValidationError) as caught:
        Claim.model_validate(values)
    return " ".join(sentences(caught.value, Claim))


def test_claim_without_what_its_check_needs_is_refused_by_name() -> None:
    assert refusal({**CLAIM}) == "x: the check 'decode speed' needs claimed, machine, model, formats; add them."
    assert refusal({**CLAIM, "check": "exists"}) == "x: the check 'exists' needs machine; add it."


def test_claim_of_an_unknown_check_is_refused() -> None:
    assert "check is 'colour'; allowed:" in refusal({**CLAIM, "check": "colour"})


def test_every_claim_of_the_article_is_quoted(catalog: Catalog) -> None:
    assert len(catalog.claims) >= 20
    assert all(claim.quote and claim.subject for claim in catalog.claims.values())
    assert {claim.id for claim in catalog.claims.values()} == set(catalog.claims)


def test_phantom_needs_a_name_and_a_real_machine_near_it() -> None:
    with pytest.raises(ValidationError):
        Phantom(names=(), sentence="It never existed.", nearest=("dgx-spark",), source="x")
    with pytest.raises(ValidationError):
        Phantom(names=("M4 Ultra",), sentence="It never existed.", nearest=(), source="x")
