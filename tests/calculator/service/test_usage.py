"""Usage of a machine: what stands where nothing is said."""

from calculator.service.usage import Usage


def test_usage_of_nothing_serves_all_of_it_on_one_machine() -> None:
    found = Usage()
    assert (found.served_fraction, found.machine_count, found.capacity_ratio) == (1.0, 1, None)
    assert (found.prefill_h_per_month, found.decode_h_per_month, found.on_h_per_month) == (0.0, 0.0, 0.0)
    assert (found.rented_h_ratio, found.is_count_final, found.when_full) == (1.0, False, None)
