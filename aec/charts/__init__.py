"""Plotly figures: pure functions from data; each `*_alt` says the finding in words."""
