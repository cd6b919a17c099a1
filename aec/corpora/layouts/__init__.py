"""Corpus layouts: one module per corpus behind one registry."""
