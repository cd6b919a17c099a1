"""Maker of the bundled model: splits, variants of clips, members, card metrics."""
