"""Claims as the catalogue keeps them: each has what its check needs."""

from calculator.catalog import Catalog


def test_idle_watts_of_the_article_lie_outside_every_reading(catalog: Catalog) -> None:
    claimed = catalog.claims["pc-idle-power"].claimed
    assert claimed is not None
    assert claimed.central > 5 * catalog.machines["dual-rtx-4090-threadripper"].power.idle_w.high
