"""Results of a benchmark as structs: what was measured, and what follows from it."""

from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from aec.benchmark.settings import MAX_REPEATS, BenchmarkSettings, Configuration, Version
from aec.emotions import EMOTIONS
from aec.features import FeatureSpec
from aec.models.deep.speed_settings import SpeedSetting

MeasuredStage = Literal["extraction", "training", "total"]
ClipStageName = Literal["decode", "resample", "fft", "rest"]
# In the order of processing, from a file to its features.
CLIP_STAGES: dict[ClipStageName, str] = {
    "decode": "Decode",
    "resample": "Resample",
    "fft": "Frames, window, FFT",
    "rest": "Mel, logarithm, DCT",
}
# Versions whose clips are timed stage by stage, each on one core.
StagedVersion = Literal["first", "engine"]
STAGED_VERSIONS: tuple[StagedVersion, ...] = ("first", "engine")

_MAX = 1_000_000_000
_MAX_SAMPLES = 1_000
_MAX_CORES = 100_000
Count = Annotated[int, Meta(ge=0, le=_MAX)]
Positive = Annotated[int, Meta(ge=1, le=_MAX)]
Amount = Annotated[float, Meta(ge=0, le=_MAX)]
# A clock that is corrected during a run, or a worker that ends, can make a difference of times negative.
Seconds = Annotated[float, Meta(ge=-_MAX, le=_MAX)]
Share = Annotated[float, Meta(ge=0, le=1)]
Texts = Annotated[dict[str, str], Meta(max_length=100)]
Line = Annotated[tuple[Amount, ...], Meta(max_length=_MAX_SAMPLES)]


class Measurement(Configuration, frozen=True, kw_only=True):
    """One stage of one version in one repeat.

    Parameters
    ----------
    cold : bool
        Timed from the start of a new process, else once more in the same process.
    repeat : int
        From 1.
    stage : {"extraction", "training", "total"}
    seconds : float
    cpu_s : float
        Processor time of the process and its workers.
    peak_memory_mb : float
        Peak memory of the process and its workers together, in 10^6 bytes.
    """

    cold: bool
    repeat: Annotated[int, Meta(ge=1, le=MAX_REPEATS)]
    stage: MeasuredStage
    seconds: Amount
    cpu_s: Seconds
    peak_memory_mb: Amount


class SpeedUp(Configuration, frozen=True, kw_only=True):
    """Ratio of the first version's time to a version's, for one stage.

    Parameters
    ----------
    stage : {"extraction", "training", "total"}
    cold : bool
    speed_up, low, high : float
        Median, smallest and largest ratio over the repeats.
    seconds, cpu_s, peak_memory_mb : float
        Medians over the repeats.
    repeats : int
    """

    stage: MeasuredStage
    cold: bool
    speed_up: float
    low: float
    high: float
    seconds: float
    cpu_s: float
    peak_memory_mb: float
    repeats: int


class StageSpan(msgspec.Struct, frozen=True, kw_only=True):
    """Begin and end of a stage in seconds from the start of the process."""

    stage: MeasuredStage
    cold: bool
    begin: Seconds
    end: Seconds


class Timeline(Configuration, frozen=True, kw_only=True):
    """Memory and load over the time of one measurement.

    Parameters
    ----------
    seconds : tuple of float
        Times of the samples, from the start of the process.
    anonymous_mb, file_mb : tuple of float
        Private memory, and memory mapped from files, of the process and its workers in 10^6 bytes.
    cores : tuple of tuple of float
        Load of each core in percent, per sample.
    stages : tuple of StageSpan
    """

    seconds: Annotated[tuple[Seconds, ...], Meta(max_length=_MAX_SAMPLES)]
    anonymous_mb: Line
    file_mb: Line
    cores: Annotated[tuple[Annotated[tuple[Amount, ...], Meta(max_length=256)], ...], Meta(max_length=_MAX_SAMPLES)]
    stages: Annotated[tuple[StageSpan, ...], Meta(max_length=100)] = ()

    def __post_init__(self) -> None:
        lengths = {len(self.seconds), len(self.anonymous_mb), len(self.file_mb), len(self.cores)}
        if len(lengths) > 1 or len({len(loads) for loads in self.cores}) > 1:
            raise ValueError("Expected lines of equal length")

    @property
    def memory_mb(self) -> list[float]:
        """Both kinds of memory together, per sample."""
        return [anonymous + file for anonymous, file in zip(self.anonymous_mb, self.file_mb, strict=True)]


class ClipStage(msgspec.Struct, frozen=True, kw_only=True):
    """Time of one stage of feature extraction for an average clip, on one core.

    Parameters
    ----------
    version : {"first", "engine"}
    stage : str
        A key of `CLIP_STAGES`.
    ms : float
        Mean over the clips, in milliseconds.
    share : float
        Share of the sum over all stages, 0 to 1.
    clips : int
        Number of timed clips.
    duration_s : float
        Mean duration of these clips.
    """

    version: StagedVersion
    stage: ClipStageName
    ms: Amount
    share: Share
    clips: Positive = 1
    duration_s: Amount = 0.0


class Scores(msgspec.Struct, frozen=True, kw_only=True):
    """Scores of the network trained on one version's features.

    Parameters
    ----------
    version : str
    accuracy, uar, f1_weighted, f1_macro : float
        Over the test clips of all repeats.
    low, high : float
        Smallest and largest accuracy of a repeat.
    f1 : dict of str to float
        By emotion.
    """

    version: Version
    accuracy: Share
    uar: Share
    f1_weighted: Share
    f1_macro: Share
    low: Share
    high: Share
    f1: dict[str, Share]

    def __post_init__(self) -> None:
        if not set(self.f1) <= set(EMOTIONS):
            raise ValueError("Expected names of emotions")


class Parity(msgspec.Struct, frozen=True, kw_only=True):
    """Differences between the versions' features and scores.

    Parameters
    ----------
    largest_difference : dict of str to float or None
        Largest absolute difference from the first version's features, by version; None if the shapes differ or a
        value is not finite.
    scores : tuple of Scores
    split : str or None
        Title of the split that the network was trained and tested on.
    """

    largest_difference: dict[Version, Amount | None] = {}
    scores: Annotated[tuple[Scores, ...], Meta(max_length=4)] = ()
    split: str | None = None


class BlasPool(msgspec.Struct, frozen=True, kw_only=True):
    """A linear algebra library and its default number of threads."""

    library: str = ""
    version: str | None = None
    threads: Annotated[int, Meta(ge=0, le=_MAX_CORES)]


class Machine(msgspec.Struct, frozen=True, kw_only=True):
    """The machine of a benchmark; memory in 10^6 bytes."""

    processor: str = ""
    cores: Annotated[int, Meta(ge=1, le=_MAX_CORES)]
    cores_in_all: Count | None = None
    memory_mb: Count | None = None
    memory_limit_mb: Count | None = None
    system: str = ""
    python: str = ""
    libraries: Texts = {}
    thread_settings: Texts = {}
    blas: Annotated[tuple[BlasPool, ...], Meta(max_length=100)] = ()


class NetworkMeasurement(SpeedSetting, frozen=True, kw_only=True):
    """Measured training steps of a network in one setting.

    Parameters
    ----------
    network : {"cnn", "rnn", "crnn"}
    batch_size : int
        Clips per step.
    repeats_s : tuple of float
        Seconds per step in each repeat.
    exchange_mb, exchange_share : float or None
        Size of the gradients in 10^6 bytes, and the time to exchange as many bytes as a share of a step (0 to 1);
        data parallelism only.
    idle_share, micro_batches : float or None, int or None
        Share of a step in which even the busiest process is idle, and pieces per batch; model parallelism only.
    """

    network: Literal["cnn", "rnn", "crnn"]
    batch_size: Positive
    repeats_s: Annotated[
        tuple[Annotated[float, Meta(ge=1e-6, le=_MAX)], ...], Meta(min_length=1, max_length=MAX_REPEATS)
    ]
    exchange_mb: Amount | None = None
    exchange_share: Share | None = None
    idle_share: Share | None = None
    micro_batches: Positive | None = None

    @property
    def setting(self) -> SpeedSetting:
        """Parallelism, processes and threads."""
        return SpeedSetting(self.parallel, self.workers, self.threads)


class NetworkSpeed(NetworkMeasurement, frozen=True, kw_only=True):
    """Training speed of a network in one setting.

    Parameters
    ----------
    step_s : float
        Median over the repeats.
    samples_per_s, low, high : float
        Clips per second: median, smallest and largest of the repeats.
    efficiency : float or None
        Speed relative to one process with one thread, divided by the number of cores that the setting can use: the
        median of the ratios within each repeat; None if one process with one thread was not measured.
    """

    step_s: float
    samples_per_s: float
    low: float
    high: float
    efficiency: float | None


class AmdahlFit(msgspec.Struct, frozen=True, kw_only=True):
    """Amdahl's law fitted to the times of the engine.

    Parameters
    ----------
    serial_share, low, high : float
        Median, smallest and largest serial share over the repeats, 0 to 1.
    counts : tuple of int
        Worker counts of the fit.
    projection : dict of int to float
        Speed-up by number of workers beyond the cores. Empty if the share is 0 or 1: such times follow another law,
        or are noise.
    """

    serial_share: float
    low: float
    high: float
    counts: tuple[int, ...]
    projection: dict[int, float]


class BenchmarkData(msgspec.Struct, frozen=True, kw_only=True):
    """Everything that a benchmark measures; the rest of a result is computed from it.

    Parameters
    ----------
    version : int
        Of this form; files written before there was one have none.
    machine : Machine
    clips : int
    duration_s : float
        Of all clips together.
    corpora : dict of str to int
        Clips by corpus.
    settings : BenchmarkSettings or None
        None in files from before they were written.
    measurements : tuple of Measurement
    parity : Parity
    stages : tuple of ClipStage
    networks : tuple of NetworkMeasurement
        At most one per setting, all of one network.
    features : FeatureSpec or None
        None in files from before they were written.
    timelines : tuple of Timeline
        Of the last repeat, one per configuration.
    notes : tuple of str
    cancelled : bool
    """

    version: Annotated[int, Meta(ge=1, le=1)] = 1
    machine: Machine
    clips: Positive
    duration_s: Amount = 0.0
    corpora: Annotated[dict[str, Count], Meta(max_length=100)] = {}
    settings: BenchmarkSettings | None = None
    measurements: Annotated[tuple[Measurement, ...], Meta(max_length=10_000)]
    parity: Parity = Parity()
    stages: Annotated[tuple[ClipStage, ...], Meta(max_length=100)] = ()
    networks: Annotated[tuple[NetworkMeasurement, ...], Meta(max_length=100)] = ()
    features: FeatureSpec | None = None
    timelines: Annotated[tuple[Timeline, ...], Meta(max_length=200)] = ()
    notes: Annotated[tuple[str, ...], Meta(max_length=100)] = ()
    cancelled: bool = False

    def __post_init__(self) -> None:
        if len({row.setting for row in self.networks}) < len(self.networks):
            raise ValueError("Expected each setting of the networks once")
        if len({row.network for row in self.networks}) > 1:
            raise ValueError("Expected one network")


class BenchmarkResult(BenchmarkData, frozen=True, kw_only=True):
    """A benchmark's measurements and findings, as `aec benchmark --out` writes them.

    Parameters
    ----------
    repeats : int
        Complete repeats.
    summary : tuple of SpeedUp
    networks : tuple of NetworkSpeed
    amdahl : AmdahlFit or None
        None with fewer than two worker counts of the engine.
    sentence : str
        The main finding.
    """

    repeats: int
    summary: tuple[SpeedUp, ...]
    networks: tuple[NetworkSpeed, ...]
    amdahl: AmdahlFit | None
    sentence: str
