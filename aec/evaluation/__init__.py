"""Metrics, splits, calibration, comparison, degradations, published scores."""
