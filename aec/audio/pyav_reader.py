"""Reader of MP4, WebM, AAC and AMR, as phones and browsers record, through PyAV."""

from collections.abc import Iterator
from io import BytesIO
from typing import Any

import av
import numpy as np

from aec.audio.block_reader import BlockReader, UnknownFormatError

# FFmpeg decodes the first frames of every track while it opens a file; without this list it would decode pictures of
# any size. These codings are what phones, browsers and cameras record, and what old QuickTime files hold.
_DECODERS = (
    *("aac", "aac_latm", "ac3", "eac3", "alac", "flac", "mp1", "mp1float", "mp2", "mp2float", "mp3", "mp3float"),
    *("amrnb", "amrwb", "libopencore_amrnb", "libopencore_amrwb"),
    *("opus", "libopus", "vorbis", "libvorbis"),
    *("pcm_alaw", "pcm_mulaw", "pcm_s8", "pcm_u8", "pcm_s16be", "pcm_s16le", "pcm_s24be", "pcm_s24le", "pcm_s32be"),
    *(
        "pcm_s32le",
        "pcm_f32be",
        "pcm_f32le",
        "pcm_f64be",
        "pcm_f64le",
        "adpcm_ima_qt",
        "qdm2",
        "qdmc",
        "mace3",
        "mace6",
    ),
    *("adpcm_ms", "adpcm_ima_wav", "gsm", "gsm_ms", "ilbc", "qcelp", "evrc", "speex", "mp4als"),
    *("dca", "truehd", "mlp", "wavpack", "tta"),
)


class PyavReader(BlockReader):
    """An open MP4, WebM, AAC or AMR file; of a video only its sound is read.

    Parameters
    ----------
    content : bytes
        Of the file. Its first bytes decide the container, never FFmpeg's guess: some formats that it guesses
        (playlists, subtitles) would open other files.

    Raises
    ------
    UnknownFormatError
        None of these containers, no sound in it, or damaged beyond opening.
    """

    decoder = "pyav"
    full_scale = 1 - 2.0**-15

    def __init__(self, content: bytes) -> None:
        format_name = _format_of(content)
        if format_name is None:
            raise UnknownFormatError("its first bytes belong to no known audio format")
        try:
            self._container = av.open(
                BytesIO(content),
                "r",
                format=format_name,
                options={"codec_whitelist": ",".join(_DECODERS)},
                metadata_errors="ignore",
            )
        except (av.FFmpegError, OSError, ValueError) as error:
            raise UnknownFormatError(_reason(error)) from error
        if not self._container.streams.audio:
            self._container.close()
            raise UnknownFormatError("it has no sound track")
        self._stream = self._container.streams.audio[0]
        # Its annotation promises one; a cut file names a track, but no way to decode it.
        context: Any = self._stream.codec_context
        if context is None or context.name not in _DECODERS:
            self._container.close()
            raise UnknownFormatError("its sound track has no known coding")
        self.sampling_rate = int(context.sample_rate or 0)
        self.channels = int(context.channels or 0)
        # Containers count encoder padding in or leave it out; the length is no promise.
        self.announced: int | None = None
        self.container = format_name.upper()
        self.encoding = str(context.name).upper()

    def blocks(self) -> Iterator[np.ndarray]:
        """Yield float32 blocks of shape (samples, channels)."""
        resampler = av.AudioResampler(format="fltp")
        try:
            for frame in self._container.decode(self._stream):
                yield from map(self._checked, resampler.resample(frame))
            yield from map(self._checked, resampler.resample(None))
        except (av.FFmpegError, OSError, ValueError) as error:
            raise UnknownFormatError(_reason(error)) from error

    def _checked(self, frame: "av.AudioFrame") -> np.ndarray:
        block = frame.to_ndarray().T
        if block.shape[1] != self.channels or frame.sample_rate != self.sampling_rate:
            raise UnknownFormatError("its channels or sampling rate change on the way")
        return np.ascontiguousarray(block, dtype=np.float32)

    def close(self) -> None:
        """Close the file."""
        self._container.close()


def _format_of(content: bytes) -> str | None:
    """Return FFmpeg's name of a container by its first bytes."""
    if content[4:8] in {b"ftyp", b"moov", b"mdat", b"wide", b"free", b"skip"}:
        return "mov"
    if content[:4] == b"\x1a\x45\xdf\xa3":
        return "matroska"
    if content[:6] == b"#!AMR\n" or content[:9] == b"#!AMR-WB\n":
        return "amr"
    # ADTS: twelve sync bits, layer bits zero.
    if len(content) > 1 and content[0] == 0xFF and content[1] & 0xF6 == 0xF0:
        return "aac"
    return None


def _reason(error: BaseException) -> str:
    return (getattr(error, "strerror", None) or str(error) or type(error).__name__).strip().rstrip(".")
