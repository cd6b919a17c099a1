"""Timed, sampled runs of the described versions and of our engine on the same clips: what parallelism buys here.

`aec.benchmark.runner.benchmark` starts a new process for every measurement (`aec.benchmark.child`), watches its
memory and the cores from outside, and compares: speed-up, memory, equality of the features, equality of the scores.
It is not imported here: what it loads would count as start-up of each measurement.
"""

from aec.benchmark.settings import VERSIONS, BenchmarkSettings, Configuration, configurations, estimate_s

__all__ = ["VERSIONS", "BenchmarkSettings", "Configuration", "configurations", "estimate_s"]
