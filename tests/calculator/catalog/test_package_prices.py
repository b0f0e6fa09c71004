"""Any model of the installed price package by name, and the diff that an upgrade shows."""

import pytest

from calculator.catalog import Catalog
from calculator.catalog.package_prices import (
    COLUMNS,
    KEPT,
    hosted_prices,
    listed_prices,
    named_offer,
    package_prices,
    price_changes,
    rows_to_append,
)
from calculator.errors import CatalogError, ScenarioError

DAY = "2026-11-26"
HEAD = ",".join(COLUMNS) + "\n"


def test_every_priced_model_of_the_package_is_an_option(catalog: Catalog) -> None:
    prices = package_prices(DAY)
    assert len(prices) > 2_000
    setup = catalog.apis["api-frontier"].setup_h
    for key in [*sorted(prices)[::50], "anthropic/claude-opus-5-5", "openai/gpt-6.1-sol"]:
        offer = named_offer(f"api:{key}", on=DAY, setup_h=setup)
        (tariff,) = offer.tariffs
        quote = prices[key]
        assert tariff.input_usd_per_mtok.central == quote.input_usd_per_mtok
        assert tariff.output_usd_per_mtok.central == quote.output_usd_per_mtok


def test_closed_model_has_its_cache_prices(catalog: Catalog) -> None:
    (tariff,) = catalog.option("api:anthropic/claude-opus-5-5").tariffs  # type: ignore[union-attr]
    cached, kept = tariff.cached_input_usd_per_mtok, tariff.cache_write_usd_per_mtok
    assert cached is not None
    assert kept is not None
    assert (cached.central, kept.central) == (0.2, 5.0)
    assert tariff.output_usd_per_mtok.unit == "USD/Mtok"


def test_tiers_come_with_it(catalog: Catalog) -> None:
    (tariff,) = catalog.option("api:openai/gpt-6.1-sol").tariffs  # type: ignore[union-attr]
    assert [(tier.above_input_tokens, tier.input_usd_per_mtok) for tier in tariff.tiers] == [(272_000, 4.0)]


def test_batch_model_is_named_beside_its_own(catalog: Catalog) -> None:
    offer = catalog.option("api:openrouter/anthropic/claude-opus-5.5")
    assert "api:openrouter/anthropic/claude-opus-5.5:batch" in offer.note  # type: ignore[union-attr]


def test_model_that_the_package_lacks_comes_from_the_list_with_its_grade(catalog: Catalog) -> None:
    option = "api:aihubmix/glm-5.3"
    assert option.removeprefix("api:") not in package_prices(DAY)
    offer = catalog.option(option)
    (tariff,) = offer.tariffs  # type: ignore[union-attr]
    assert (tariff.input_usd_per_mtok.central, tariff.output_usd_per_mtok.central) == (1.1268, 3.9438)
    assert tariff.input_usd_per_mtok.source == "h26-litellm"
    assert "grade C" in tariff.note


def test_withdrawn_model_says_so_in_its_name(catalog: Catalog) -> None:
    assert catalog.option("api:aiand/deepseek-ai/deepseek-v4.1-flash").name.endswith("(withdrawn on 2026-11-05)")


def test_package_goes_before_the_list() -> None:
    both = sorted({*listed_prices()} & {*package_prices(DAY)})
    assert both
    assert all(hosted_prices(DAY)[key] == package_prices(DAY)[key] for key in both)
    assert {quote.source for quote in hosted_prices(DAY).values()} == {"genai-prices", "h26-litellm"}


def test_unknown_model_is_refused_with_the_nearest(catalog: Catalog) -> None:
    with pytest.raises(ScenarioError, match="Did you mean api:anthropic/claude-opus-5-5 or"):
        catalog.option("api:anthropic/claude-opus-55")


def test_kept_prices_are_those_of_the_installed_package() -> None:
    """Fails when the package is upgraded: read `python -m calculator catalog diff`, then add --write."""
    assert price_changes(DAY) == []


def test_upgrade_shows_as_a_dated_diff() -> None:
    rows = KEPT.read_text("utf-8").splitlines()
    other = [row for row in rows if not row.startswith(("anthropic/claude-opus-5-5,", "openai/gpt-6.1-sol,"))]
    other += ["anthropic/claude-opus-5-5,2026-08-01,0.2.0,8,40,0.4,10", "nowhere/model,2026-08-01,0.2.0,1,2,,"]
    changes = price_changes(DAY, kept="\n".join(other))
    assert [change.said().split(":")[0] for change in changes] == [
        "changed  anthropic/claude-opus-5-5",
        "gone     nowhere/model",
        "new      openai/gpt-6.1-sol",
    ]
    assert changes[0].said() == (
        "changed  anthropic/claude-opus-5-5: in $8, out $40, cache read $0.4, cache write $10 (2026-08-01) -> "
        "in $4, out $20, cache read $0.2, cache write $5 (2026-11-09)"
    )
    again = "\n".join(other) + "\n" + rows_to_append(changes)
    assert price_changes(DAY, kept=again) == []  # nothing was overwritten, and nothing differs any more


def test_gone_model_that_comes_back_is_new() -> None:
    row = "openai/gpt-6.1-sol,2026-08-01,0.2.0,,,,"
    (found,) = [change for change in price_changes(DAY, kept=HEAD + row) if change.key == "openai/gpt-6.1-sol"]
    assert found.before is None


def test_kept_file_with_another_first_line_is_refused() -> None:
    with pytest.raises(CatalogError, match=r"the first line must be key,.*\. Restore it\."):
        price_changes(DAY, kept="key,price\n")
