"""Importer of published tables: two records per row, refused rows, rows beyond the bandwidth."""

from calculator.catalog import load_catalog
from measurements.importers.facts import Facts, Known
from measurements.importers.reading import import_content, read_upload
from tests.measurements.importers.examples import FIXTURES


def test_published_table_gives_each_speed_its_own_context() -> None:
    catalog = load_catalog()
    found = import_content(read_upload(FIXTURES / "published.csv"), facts=Facts(), known=Known(), catalog=catalog)
    assert found.format == "published table"
    decode, prefill = (record for record in found.records if record.provenance.place == "mlx-0001")
    assert decode.result.decode_tokens_per_s is not None
    assert prefill.result.prefill_tokens_per_s is not None
    assert (
        decode.result.decode_tokens_per_s.central,
        decode.workload.depth_tokens,
        decode.workload.generated_tokens,
    ) == (52.47, 2048, 128)
    assert (
        prefill.result.prefill_tokens_per_s.central,
        prefill.workload.depth_tokens,
        prefill.workload.prompt_tokens,
    ) == (1780.63, 0, 2048)
    assert (decode.kind, decode.host.chip, decode.engine.name) == ("published", "apple-m4-max-40", "mlx-lm")
    assert decode.provenance.source.startswith("github.com/ml-explore")


def test_published_rows_that_are_no_speed_or_not_covered_are_refused() -> None:
    found = import_content(
        read_upload(FIXTURES / "published.csv"), facts=Facts(), known=Known(), catalog=load_catalog()
    )
    reasons = {refusal.place: refusal.reason for refusal in found.refused}
    assert "a rate over whole requests" in reasons["ale-0002"]
    assert "model not named" in reasons["iss-0006"]


def test_published_row_that_beats_the_bandwidth_is_refused() -> None:
    content = read_upload(FIXTURES / "published.csv").replace(",52.47,", ",524.7,")
    found = import_content(content, facts=Facts(), known=Known(), catalog=load_catalog())
    kept = [record for record in found.records if record.provenance.place == "mlx-0001"]
    assert [record.result.decode_tokens_per_s for record in kept] == [None]  # its prefill stays
