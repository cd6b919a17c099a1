"""The Overview page: the state of things in numbers, a sample answer, the way on, the last runs."""
