"""Figures of the pages: pure functions that draw what an answer holds and compute nothing new.

go.Figure from plain lists, because importing plotly.express takes a quarter of a second. No figure relies on zoom or
legend state, because Streamlit rebuilds a plotly chart whenever its data change.
"""
