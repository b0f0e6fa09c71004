"""Texts of a PDF's pages, for tests."""

import io

from pypdf import PdfReader


def page_texts(content: bytes) -> list[str]:
    """The text of each page, its white space made one space."""
    return [" ".join(page.extract_text().split()) for page in PdfReader(io.BytesIO(content)).pages]
