"""Features: settings, engines, extraction, storage; descriptors of a voice."""

from aec.features.conditioning import condition, fit_frames, prepare, speech_bounds
from aec.features.fused import ALGORITHM_VERSION, extract, from_waveform
from aec.features.spec import DEFAULT_SPECS, NETWORK_SPECS, FeatureSpec

__all__ = [
    "ALGORITHM_VERSION",
    "DEFAULT_SPECS",
    "NETWORK_SPECS",
    "FeatureSpec",
    "condition",
    "extract",
    "fit_frames",
    "from_waveform",
    "prepare",
    "speech_bounds",
]
