"""Dated price rows from a table: what they add, and every refusal with line and repair."""

import pytest

from calculator.catalog import Catalog
from calculator.catalog.price_import import additions
from calculator.errors import CatalogError

HEAD = "id,kind,central,low,high,as_of,source,note\n"

TODAY = "2026-11-27"


def test_row_becomes_a_dated_block_of_its_file(catalog: Catalog) -> None:
    text = HEAD + 'dgx-spark,street,6500,6000,7000,2026-11-20,h26-spark-price,"a ""shop"", new"\n'
    (file, block), *rest = additions(text, catalog, today=TODAY).items()
    assert not rest
    assert file == "machines/dgx-spark.toml"
    assert block == (
        "\n[[prices]]\n"
        'kind = "street"\n'
        'price_usd = { low = 6000, central = 6500, high = 7000, unit = "USD", basis = "published", '
        'source = "h26-spark-price", as_of = "2026-11-20", note = "a \\"shop\\", new" }\n'
    )


def test_rental_and_api_rows(catalog: Catalog) -> None:
    text = (
        "id,kind,central,input,output,cache_read,as_of,source,host,committed_months\n"
        "cloud-h100,reserved,2.9,,,,2026-11-20,h26-ornn,Verda,24\n"
        "groq/openai/gpt-oss-120b,api,,0.1,0.5,0.05,2026-11-20,genai-prices,,\n"
    )
    found = additions(text, catalog, today=TODAY)
    assert 'host = "Verda"\ncommitted_months = 24\nrate_usd_per_h = {' in found["cloud/cloud-h100.toml"]
    assert 'host_name = "Groq"\nhost_model = "openai/gpt-oss-120b"' in found["api_quotes.toml"]
    assert "cached_input_usd_per_mtok = 0.05" in found["api_quotes.toml"]


def test_new_source_comes_with_its_first_row(catalog: Catalog) -> None:
    text = (
        "id,kind,central,as_of,source,source_title,source_url,source_grade\n"
        "dgx-spark,street,6500,2026-11-20,my-shop,My shop,https://example.com,B\n"
    )
    found = additions(text, catalog, today=TODAY)
    assert '[sources.my-shop]\ntitle = "My shop"' in found["sources.toml"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("id,kind\nx,y\n", "the column 'as_of' is missing"),
        ("id,kind,as_of,source,colour\n", "the column 'colour' is not known"),
        (HEAD, "the table has no rows"),
        (HEAD + "dgx-spark,list,,,,2026-11-20,s,\n", "line 2: central is empty"),
        (HEAD + "dgx-spark,list,cheap,,,2026-11-20,s,\n", "line 2: central is 'cheap'; it must be a number"),
        (HEAD + "dgx-spark,list,nan,,,2026-11-20,s,\n", "line 2: central is 'nan'"),
        (HEAD + "dgx-spark,list,1,,,,s,\n", "line 2: as_of is empty"),
        (HEAD + "dgx-spark,list,1,,,2026,s,a,b\n", "line 2: more cells than columns"),
        (HEAD + "dgx-sparc,list,1,,,2026,s,\n", "dgx-spark"),
        (HEAD + "api-frontier,api-x,1,,,2026,s,\n", "is a hosted API"),
        (HEAD + "groq,api,1,,,2026,s,\n", "an API row needs"),
        (HEAD + "dgx-spark,list,6950,,,2026-10-02,h26-spark-price,\n", "the catalogue has this reading"),
        (HEAD + "dgx-spark,list,1,,,2026,s,\n" * 2, "the same row stands above"),
    ],
)
def test_refusal_names_line_and_repair(catalog: Catalog, text: str, said: str) -> None:
    with pytest.raises((CatalogError, ValueError)) as refused:
        additions(text, catalog, today=TODAY)
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("day", "is_to_come"),
    [
        ("2026-11-28", True),
        ("2026-12", True),
        ("2027", True),
        ("2026-11-27", False),
        ("2026-11", False),
        ("2026", False),
    ],
)
def test_reading_of_a_day_to_come_is_refused(catalog: Catalog, day: str, is_to_come: bool) -> None:
    text = f"id,kind,central,as_of,source\nmac-studio-m5-ultra-96,list,4321.5,{day},h26-apple-matrix\n"
    if is_to_come:
        with pytest.raises(CatalogError, match=f"line 2: as_of is {day}; today is {TODAY}"):
            additions(text, catalog, today=TODAY)
    else:
        assert additions(text, catalog, today=TODAY)
