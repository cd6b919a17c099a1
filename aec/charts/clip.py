"""Charts of one clip: waveform, mel spectrogram, and the matrix of coefficients."""

import numpy as np
import plotly.graph_objects as go
from plotly.subplots import make_subplots

from aec.charts.style import MUTED, finish

_WAVE = "#0072B2"
_AMPLITUDES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0)
_MEL_TICKS_HZ = (100, 500, 1000, 2000, 4000, 8000, 16000)
# Given in full: the dashboard's dark theme turns a named sequential scale round.
_LOUDNESS = ((0.0, "#440154"), (0.25, "#3B528B"), (0.5, "#21918C"), (0.75, "#5EC962"), (1.0, "#FDE725"))
_SIGNED = ((0.0, "#0072B2"), (0.5, "#F5F5F5"), (1.0, "#D55E00"))
# The same for every clip, so that clips can be compared by eye; values beyond take the outermost colour.
_FIRST_RANGE = 1_000
_OTHER_RANGE = 150
_PADDING = "rgba(136,136,136,0.45)"


def waveform_chart(times: np.ndarray, lowest: np.ndarray, highest: np.ndarray) -> go.Figure:
    """Return the waveform as the band between its lowest and highest sample.

    Parameters
    ----------
    times : np.ndarray [shape=(n,)]
        In seconds.
    lowest, highest : np.ndarray [shape=(n,)]
        Full scale at 1.
    """
    peak = _peak(lowest, highest)
    reach = next((step for step in _AMPLITUDES if peak <= step), 1.0)
    hover = "%{x:.2f} s: %{y:.3f}<extra></extra>"
    figure = go.Figure(waveform_traces(times, lowest, highest, _WAVE, hovertemplate=hover))
    figure.update_xaxes(title="Time (s)", showgrid=False, range=[0, float(times[-1]) if len(times) else 1])
    figure.update_yaxes(title="Amplitude (of 1)", range=[-reach, reach], nticks=5)
    return finish(figure, height=190)


def waveform_traces(
    times: np.ndarray, lowest: np.ndarray, highest: np.ndarray, colour: str, **style: object
) -> list[go.Scatter]:
    """Return the two lines of an envelope, the area between them filled."""
    common = {"x": times, "mode": "lines", "line": {"color": colour, "width": 1}, "showlegend": False, **style}
    return [go.Scatter(y=lowest, **common), go.Scatter(y=highest, fill="tonexty", fillcolor=colour, **common)]


def waveform_alt(lowest: np.ndarray, highest: np.ndarray, duration_s: float) -> str:
    """Return the chart's finding: how long and how loud."""
    peak = _peak(lowest, highest)
    return f"Waveform of {duration_s:.2f} s; its largest amplitude is {peak:.2f} of full scale."


def spectrogram_chart(decibels: np.ndarray, duration_s: float, centres_hz: np.ndarray) -> go.Figure:
    """Return a mel spectrogram.

    Parameters
    ----------
    decibels : np.ndarray [shape=(bands, columns)]
        Below the loudest cell: 0 and less.
    duration_s : float
    centres_hz : np.ndarray [shape=(bands,)]
        Of the bands.
    """
    bands, columns = decibels.shape
    figure = go.Figure(
        go.Heatmap(
            z=np.round(decibels).astype(np.int8),
            x0=0,
            dx=duration_s / max(columns, 1),
            zmin=-80,
            zmax=0,
            colorscale=_LOUDNESS,
            colorbar=_colour_bar("dB"),
            hovertemplate="%{x:.2f} s, band %{y}: %{z} dB<extra></extra>",
        )
    )
    ticks = [hz for hz in _MEL_TICKS_HZ if hz <= centres_hz[-1]]
    figure.update_xaxes(title="Time (s)", showgrid=False, range=[0, duration_s])
    figure.update_yaxes(
        title="Frequency (Hz, mel scale)",
        showgrid=False,
        range=[-0.5, bands - 0.5],
        tickvals=np.interp(ticks, centres_hz, np.arange(bands)).tolist(),
        ticktext=[f"{hz:,}" for hz in ticks],
    )
    return finish(figure, height=320)


def spectrogram_alt(decibels: np.ndarray, centres_hz: np.ndarray) -> str:
    """Return the chart's finding: where the sound is loudest on average."""
    loudest = float(centres_hz[int(decibels.mean(axis=1).argmax())])
    return f"Mel spectrogram; on average the band around {loudest:,.0f} Hz is the loudest."


def matrix_chart(matrix: np.ndarray, frames: int, hop_s: float) -> go.Figure:
    """Return a heat map of the coefficients as a model gets them, zero padding marked.

    Parameters
    ----------
    matrix : np.ndarray [shape=(max_frames, n)]
        Cut or padded already.
    frames : int
        Of the clip itself, which may be more.
    hop_s : float
        Seconds between two frames.
    """
    # The first coefficient is the loudness, ten times as large as the others: a shared scale would hide them.
    figure = make_subplots(rows=2, cols=1, shared_xaxes=True, row_heights=[0.1, 0.9], vertical_spacing=0.03)
    for row, (first, last, reach) in enumerate(((0, 1, _FIRST_RANGE), (1, matrix.shape[1], _OTHER_RANGE)), start=1):
        figure.add_trace(_coefficients(matrix, first, last, reach, row), row=row, col=1)
    kept = min(frames, len(matrix))
    if kept < len(matrix):
        _mark_padding(figure, kept, len(matrix))
    figure.update_xaxes(range=[-0.5, len(matrix) - 0.5], showgrid=False)
    figure.update_xaxes(title=f"Frame (one every {1000 * hop_s:.1f} ms)", row=2, col=1)
    figure.update_yaxes(showgrid=False, zeroline=False)
    figure.update_yaxes(tickvals=[0], row=1, col=1)
    figure.update_yaxes(title="Coefficient", dtick=2, tick0=1, row=2, col=1)
    return finish(figure, height=320)


def matrix_alt(matrix: np.ndarray, frames: int) -> str:
    """Return the chart's finding: the frames of the clip, of padding, and cut off."""
    size = f"{len(matrix)} frames of {matrix.shape[1]} coefficients"
    if frames < len(matrix):
        return f"{size}: {frames} from the clip, {len(matrix) - frames} zero padding."
    if frames > len(matrix):
        return f"{size}: the first {len(matrix)} of the clip's {frames:,}; {frames - len(matrix):,} are cut off."
    return f"{size}, all from the clip."


def _peak(lowest: np.ndarray, highest: np.ndarray) -> float:
    return max(float(np.max(highest, initial=0)), -float(np.min(lowest, initial=0)))


def _coefficients(matrix: np.ndarray, first: int, last: int, reach: float, row: int) -> go.Heatmap:
    return go.Heatmap(
        z=np.round(matrix[:, first:last].T, 1).astype(np.float32),
        y=list(range(first, last)),
        zmin=-reach,
        zmax=reach,
        colorscale=_SIGNED,
        colorbar=_colour_bar("", y=0.95 if row == 1 else 0.42, length=0.22 if row == 1 else 0.84),
        showscale=row == 2,
        hovertemplate="Frame %{x}, coefficient %{y}: %{z:.1f}<extra></extra>",
    )


def _mark_padding(figure: go.Figure, start: int, end: int) -> None:
    for row in (1, 2):
        figure.add_vrect(
            x0=start - 0.5, x1=end - 0.5, fillcolor=_PADDING, line={"width": 0}, layer="above", row=row, col=1
        )
        figure.add_vline(x=start - 0.5, line={"color": MUTED, "width": 2, "dash": "dash"}, row=row, col=1)
    # On a narrow strip the text would leave the figure.
    if end - start >= 0.2 * end:
        figure.add_annotation(
            x=(start + end) / 2,
            y=6.5,
            text=f"zero padding,<br>{end - start} frames",
            showarrow=False,
            # On the strip, which is pale on either page.
            font={"color": "#222222"},
            row=2,
            col=1,
        )


def _colour_bar(title: str, y: float = 0.5, length: float = 1.0) -> dict[str, object]:
    return {"title": {"text": title}, "thickness": 10, "xpad": 4, "outlinewidth": 0, "y": y, "len": length}
