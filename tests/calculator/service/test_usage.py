"""Usage of a machine: what stands where nothing is said, and that it comes from the working month."""

import pytest

from calculator import Scenario, compare, load_catalog
from calculator.service.usage import Usage

CATALOG = load_catalog()


def test_usage_of_nothing_serves_all_of_it_on_one_machine() -> None:
    found = Usage()
    assert (found.served_fraction, found.machine_count, found.capacity_ratio) == (1.0, 1, None)
    assert (found.prefill_h_per_month, found.decode_h_per_month, found.on_h_per_month) == (0.0, 0.0, 0.0)


def test_usage_of_an_option_is_its_working_month() -> None:
    # of machines whose rest is bought and for whom nobody waits: hours and capacity are those of the whole day
    alone = Scenario(machine_count=1, when_full="buy-from-api", first_token_p95_target_s=0)
    comparison = compare(alone, CATALOG, draw_count=0)
    services = {row.id: row.service for row in comparison.options}
    for one in comparison.candidates:
        usage, month = one.usage, services[one.option.id]
        if usage is None or month is None:
            continue
        assert usage.prefill_h_per_month == month.prefill_h
        assert usage.decode_h_per_month == month.decode_h
        assert usage.capacity_ratio == pytest.approx(1 / float(month.load_fraction))
