"""Plotly figures: pure functions, data in, figure out; each has a twin that says its finding in words."""
