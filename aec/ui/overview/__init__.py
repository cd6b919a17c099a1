"""Overview page: numbers, a sample prediction, the steps, active and last runs."""
