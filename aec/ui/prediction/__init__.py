"""Prediction page: inputs, choice of the model, predictions, history."""
