"""Timed, sampled runs of the described versions and of our engine on the same clips: what parallelism buys here.

`benchmark` starts a new process for every measurement (`aec.benchmark.child`), watches its memory and the cores from
outside, and compares: speed-up, memory, equality of the features, equality of the scores.
"""

from aec.benchmark.runner import benchmark
from aec.benchmark.settings import VERSIONS, BenchmarkSettings, Configuration, configurations, estimate_s

__all__ = ["VERSIONS", "BenchmarkSettings", "Configuration", "benchmark", "configurations", "estimate_s"]
