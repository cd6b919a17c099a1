"""The Dataset page: a choice of corpora, and tabs about their clips."""
