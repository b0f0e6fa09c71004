"""Texts of a PDF's pages, for tests."""

import io
import unicodedata

from pypdf import PdfReader


def page_texts(content: bytes) -> list[str]:
    """The text of each page: white space made one space, letters that are drawn as one sign made letters again."""
    pages = PdfReader(io.BytesIO(content)).pages
    return [unicodedata.normalize("NFKC", " ".join(page.extract_text().split())) for page in pages]
