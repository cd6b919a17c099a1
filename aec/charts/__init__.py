"""Plotly figures: pure functions; each `*_alt` returns the finding as text."""
