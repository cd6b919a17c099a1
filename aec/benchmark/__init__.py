"""Benchmark of the baseline's two versions and of our engine on the same clips.

`aec.benchmark.runner.benchmark` starts a new process for every measurement (`aec.benchmark.measurement_process`),
samples its memory and the load of the cores from outside, and compares: speed-up, memory, equality of the features,
equality of the scores. It is not imported here: its imports would count as start-up time of each measurement.
"""

from aec.benchmark.settings import VERSIONS, BenchmarkSettings, Configuration, configurations

__all__ = ["VERSIONS", "BenchmarkSettings", "Configuration", "configurations"]
