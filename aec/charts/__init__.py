"""Plotly figures: pure functions from data; each `*_alt` gives the finding in words."""
