"""Metrics, splits, leak audit, intervals, calibration, comparison, degradations, published scores."""
