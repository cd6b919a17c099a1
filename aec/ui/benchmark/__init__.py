"""The Benchmark page: choosing what to measure, watching it, and reading the result."""
