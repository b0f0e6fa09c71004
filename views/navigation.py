"""The pages as a row of links on a phone, where Streamlit folds its own navigation into a menu; the style of every page;
and why a file was refused, which Streamlit shows in a tooltip alone, cut off at the window's edge."""

from collections.abc import Sequence

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from views.charts.layout import CHART_STYLE
from views.print_style import print_style
from views.small_table import TABLE_STYLE

PAGE_NAMES = ("fit", "what-if", "sources", "measurements")
"""The pages' names in the address; Decide has none."""
_KEY = "phone-pages"
PRINTED = "printed-only"
"""Beginning of the key of a container that is shown on paper and not on the screen."""
_STYLE = f"""
.st-key-{_KEY}, [class*="st-key-{PRINTED}"] {{ display: none; }}
{TABLE_STYLE}{CHART_STYLE}[data-testid="stFileChip"]:has([role="alert"]) {{ flex-wrap: wrap; }}
[data-testid="stFileChip"] [role="alert"] {{
  position: static; flex: 1 0 100%; width: auto; height: auto; margin: 0; clip: auto; clip-path: none;
  overflow: visible; white-space: normal; font-size: 14px;
}}
@media (max-width: 768px) {{
  .st-key-{_KEY} {{ display: flex; flex-flow: row nowrap; overflow-x: auto; gap: 0; scrollbar-width: none; }}
  .st-key-{_KEY} > div {{ flex: none; width: auto !important; }}
  .st-key-{_KEY} p {{ white-space: nowrap; font-size: 13px; }}
  .st-key-{_KEY} a {{ padding-inline: 5px; }}
}}
@media print {{
  .st-key-{_KEY} {{ display: none !important; }}
  [class*="st-key-{PRINTED}"] {{ display: block !important; }}
}}
"""


def show_phone_navigation(pages: Sequence[StreamlitPage]) -> None:
    """Draw the row, which a wide screen hides."""
    st.html(f"<style>{_STYLE}{print_style()}</style>")
    with st.container(key=_KEY, horizontal=True):
        for page in pages:
            st.page_link(page)
