"""Uploads on a page: one way to ask for files, which says in a sentence what it does not take."""

from collections.abc import Sequence

import streamlit as st
from streamlit.errors import StreamlitAPIException
from streamlit.runtime.uploaded_file_manager import UploadedFile


def ask_files(
    label: str, *, types: Sequence[str], key: str, most_mb: int, several: bool = False
) -> Sequence[UploadedFile]:
    """Draw the upload, and return its files; none where a file has another ending, which browsers do not offer."""
    try:
        if several:
            return st.file_uploader(
                label, type=list(types), key=key, max_upload_size=most_mb, accept_multiple_files=True
            )
        file = st.file_uploader(label, type=list(types), key=key, max_upload_size=most_mb)
    except StreamlitAPIException:
        st.error(f"A file here ends in .{', .'.join(types)}. Reload the page and choose such a file.")
        return ()
    return (file,) if file is not None else ()
