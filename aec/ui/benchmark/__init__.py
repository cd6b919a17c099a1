"""The Benchmark page: settings, progress, results and their comparison."""
