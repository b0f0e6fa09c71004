"""Rules of drawing: every uncertain default has one, and a missing key is named."""

import pytest

from calculator.catalog import Catalog
from calculator.catalog.distributions import Distributions
from calculator.errors import CatalogError

RULES = {
    "seed": 7,
    "inputs": {"wage_usd_per_h": {"kind": "lognormal", "when_set": "certain"}},
    "correlations": [{"between": ["wage_usd_per_h", "discount_rate"], "rank": 1}],
    "limits": {"setup_h": {"floor": 0, "ceiling": 160}},
}


def test_rules_are_read_by_input() -> None:
    found = Distributions.of(RULES)
    assert (found.seed, found.kinds["wage_usd_per_h"], found.when_set["wage_usd_per_h"]) == (7, "lognormal", "certain")
    assert found.correlations == (("wage_usd_per_h", "discount_rate", 1.0),)
    assert found.limits == {"setup_h": (0.0, 160.0)}


@pytest.mark.parametrize("key", RULES)
def test_missing_part_is_named_with_its_file(key: str) -> None:
    rules = {name: part for name, part in RULES.items() if name != key}
    with pytest.raises(CatalogError, match=rf"^distributions\.toml: '{key}' is missing\. Add it\.$"):
        Distributions.of(rules)


def test_every_rule_is_of_a_default_and_every_word_is_known(catalog: Catalog) -> None:
    rules = catalog.distributions
    assert rules.kinds.keys() <= catalog.defaults.keys()
    assert set(rules.kinds.values()) <= {"lognormal", "share", "pert", "discrete"}
    assert set(rules.when_set.values()) <= {"certain", "scale", "shift"}


def test_rank_correlations_lie_between_minus_one_and_one(catalog: Catalog) -> None:
    for first, second, rank in catalog.distributions.correlations:
        assert first != second
        assert -1 <= rank <= 1


def test_share_is_drawn_for_what_lies_between_zero_and_one(catalog: Catalog) -> None:
    for name, kind in catalog.distributions.kinds.items():
        if kind == "share":
            assert 0 <= catalog.defaults[name].low <= catalog.defaults[name].high <= 1, name
