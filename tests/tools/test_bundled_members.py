"""Summaries of clips and the kernel machine of the bundled model."""

import numpy as np
import onnx
import pytest
from threadpoolctl import threadpool_limits

torch = pytest.importorskip("torch", reason="PyTorch is not installed: requirements-deep.txt")

from aec.errors import UsageError
from aec.evaluation.calibration import apply_temperature
from aec.features import NETWORK_SPECS, from_waveform
from aec.features.feature_file import FeatureFile
from aec.models.deep.batches import ClipDataset
from aec.models.deep.export import to_graph
from aec.models.deep.fitting import FittedNetwork
from aec.models.deep.networks import build_network
from aec.models.graph_structure import OPERATORS
from aec.models.network_settings import NetworkSettings
from tools.bundled.kernel import KernelMachines, _stable_projection, fit_kernel
from tools.bundled.members import Member, joined_ensemble
from tools.bundled.patches import Patches
from tools.bundled.summary import Summary

SPEC = NETWORK_SPECS["logmel"]
# Of numbers near 1; logarithms of beats that a clip is too short to have are the worst.
ROUNDING = 2e-2


@pytest.fixture(scope="module")
def summary():
    return Summary(SPEC, 36.0).eval()


def summarised(summary, x, lengths):
    with torch.inference_mode():
        return summary(x, torch.tensor(lengths))


def voice(pitch_hz, seconds=1.0, glide=0.0, rate=16_000):
    """Return a sum of harmonics whose pitch glides by `glide` octaves."""
    time = np.arange(int(seconds * rate)) / rate
    phase = 2 * np.pi * np.cumsum(pitch_hz * 2 ** (glide * (time / seconds - 0.5))) / rate
    return (0.2 * sum(np.sin(k * phase) / k for k in range(1, 20))).astype(np.float32)


def pitch_statistics(summary, waveform):
    x = torch.from_numpy(from_waveform(waveform, SPEC))[None]
    with torch.inference_mode():
        families = summary._families(summary.spectrograms(x, torch.tensor([x.shape[1]])))
    return families["pitch"][0].numpy()


def test_a_clip_alone_and_in_a_padded_batch_give_the_same(summary):
    lengths = [90, 61, 33, 7, 2, 1]
    x = 10 * torch.randn(6, 90, 64, generator=torch.Generator().manual_seed(0)) - 30
    together = summarised(summary, x, lengths)
    for row, length in enumerate(lengths):
        alone = summarised(summary, x[row : row + 1, :length], [length])
        assert (alone - together[row]).abs().max() <= ROUNDING
        x[row, length:] = 40.0
    assert (summarised(summary, x, lengths) - together).abs().max() <= ROUNDING


@pytest.mark.parametrize("value", [-100.0, 0.0, 60.0])
@pytest.mark.parametrize("frames", [1, 2, 3, 40])
def test_a_constant_clip_has_a_finite_summary(summary, value, frames):
    found = summarised(summary, torch.full((1, frames, 64), value), [frames])
    assert torch.isfinite(found).all()
    assert found.shape == (1, len(summary.weight))


def test_the_summary_does_not_depend_on_the_level(summary):
    x = 10 * torch.randn(2, 80, 64, generator=torch.Generator().manual_seed(1)) - 30
    assert (summarised(summary, x, [80, 60]) - summarised(summary, x + 15.0, [80, 60])).abs().max() <= 1e-3


@pytest.mark.parametrize("pitch", [110, 150, 200, 260, 350])
def test_the_pitch_is_found(summary, pitch):
    centre, width, *_ = pitch_statistics(summary, voice(pitch))
    assert abs(centre - np.log2(pitch / 200)) < 1.5 / 12
    assert width < 2 / 12


def test_the_pitch_of_a_gliding_voice_varies_and_has_a_direction(summary):
    still, up, down = (pitch_statistics(summary, voice(200, glide=glide)) for glide in (0.0, 0.8, -0.8))
    assert min(up[1], down[1]) > 0.15 > still[1]
    assert up[3] > 0.01
    assert down[3] < -0.01


def test_noise_has_no_clear_pitch(summary):
    noise = np.random.default_rng(0).normal(0, 0.1, 16_000).astype(np.float32)
    assert pitch_statistics(summary, noise)[5] < pitch_statistics(summary, voice(200))[5] / 2


@pytest.fixture(scope="module")
def clips(tmp_path_factory):
    """60 clips of 1 to 60 frames in two versions each, three kinds of spectrum."""
    rng = np.random.default_rng(0)
    targets = np.repeat(np.arange(60) % 3, 2)
    lengths = np.repeat(np.concatenate([[1, 2, 3], rng.integers(10, 61, 57)]), 2)
    file = FeatureFile.create(tmp_path_factory.mktemp("features"), 120, 60, 64)
    shapes = 10 * np.sin(np.arange(64)[None, :] * (1 + np.arange(3)[:, None]) / 5) - 30
    for row, (target, length) in enumerate(zip(targets, lengths, strict=True)):
        file.write(row, (rng.normal(0, 4, size=(length, 64)) + shapes[target]).astype(np.float32))
    return ClipDataset(file, lengths, targets, 3)


@pytest.fixture(scope="module", autouse=True)
def _short():
    """Use few patterns and components, and one thread: tests run in parallel."""
    with threadpool_limits(1), pytest.MonkeyPatch.context() as patched:
        patched.setattr("tools.bundled.patches._PATTERNS", {5: 20, 11: 30})
        patched.setattr("tools.bundled.patches._COMPONENTS", 20)
        patched.setattr("tools.bundled.kernel._PROJECTED_SIZE", 60)
        yield


def patches_of(patches, x, lengths):
    with torch.inference_mode():
        return patches(Summary(SPEC, 36.0).spectrograms(x, torch.as_tensor(lengths)))


@pytest.fixture(scope="module")
def patches(clips):
    found = Patches(SPEC.n_mels).eval()
    with torch.inference_mode():
        found.fit(clips, np.arange(90), Summary(SPEC, 36.0), seed=0)
    return found


def test_patches_of_a_clip_alone_and_in_a_padded_batch_are_the_same(patches):
    lengths = [90, 61, 33, 7, 2, 1]
    x = 10 * torch.randn(6, 90, 64, generator=torch.Generator().manual_seed(0)) - 30
    together = patches_of(patches, x, lengths)
    assert together.shape == (6, len(patches.weight))
    for row, length in enumerate(lengths):
        alone = patches_of(patches, x[row : row + 1, :length], [length])
        assert (alone - together[row]).abs().max() <= 1e-3
        x[row, length:] = 40.0
    assert (patches_of(patches, x, lengths) - together).abs().max() <= 1e-3


@pytest.mark.parametrize("value", [-100.0, 0.0, 60.0])
@pytest.mark.parametrize("frames", [1, 3, 40])
def test_patches_of_a_constant_clip_are_finite(patches, value, frames):
    assert torch.isfinite(patches_of(patches, torch.full((1, frames, 64), value), [frames])).all()


def test_patterns_distinguish_kinds_of_spectrum(patches, clips):
    """Clips of the same kind of spectrum share their patterns."""
    rows = np.flatnonzero(clips.lengths > 30)[::2]
    found = patches_of(patches, *clips.read(rows)).numpy()
    kinds = clips.targets[rows]
    means = np.array([found[kinds == kind].mean(axis=0) for kind in range(3)])
    distances = np.linalg.norm(found[:, None] - means[None], axis=2)
    assert (distances.argmin(axis=1) == kinds).all()
    # The cosine of a patch with the pattern that it is most like.
    assert 0.3 < found[:, 20:40].max() <= 1.0 + 1e-4


@pytest.mark.parametrize("detailed", [False, True])
def test_the_kernel_machine_learns_and_its_graph_gives_the_same(clips, detailed):
    rows = np.arange(120).reshape(60, 2)
    machine = fit_kernel(clips, rows[:45], SPEC, 36.0, seed=0, detailed=detailed)
    again = fit_kernel(clips, rows[:45], SPEC, 36.0, seed=0, detailed=detailed)
    assert all(torch.equal(value, again.state_dict()[name]) for name, value in machine.state_dict().items())
    fitted = FittedNetwork("kernel", machine, (), 0)
    found = fitted.logits(clips, rows[45:, 0])
    assert (found.argmax(axis=1) == clips.targets[rows[45:, 0]]).mean() > 0.9
    graph = to_graph(fitted, 64)
    assert {node.op_type for node in graph.graph.node} <= OPERATORS
    import onnxruntime

    session = onnxruntime.InferenceSession(onnx.ModelProto.SerializeToString(graph))
    x, lengths = clips.read(rows[:, 0])
    (probabilities,) = session.run(None, {"features": x.numpy(), "lengths": lengths.numpy()})
    assert np.abs(probabilities - apply_temperature(fitted.logits(clips, rows[:, 0]), 1.0)).max() < 1e-4
    # The parameters are most of the file, each stored once.
    assert graph.ByteSize() < 1.1 * sum(value.numel() * 4 for value in machine.state_dict().values()) + 1e6


def test_the_projection_reduces_differences_between_variants_of_a_clip():
    rng = np.random.default_rng(0)
    wanted, disturbing = rng.normal(size=(2, 300, 8))
    scaled = np.zeros((2, 300, 3, 16), dtype=np.float32)
    scaled[..., :8] = wanted[None, :, None] + 0.1 * rng.normal(size=(2, 300, 3, 8))
    scaled[..., 8:] = disturbing[None, :, None] + 2.0 * rng.normal(size=(2, 300, 3, 8))
    projection = _stable_projection(scaled)
    assert projection.shape == (16, 16)
    steady, disturbed = (np.square(projection[part]).sum() for part in (np.s_[:8], np.s_[8:]))
    assert steady > 1.5 * disturbed
    points = scaled.reshape(-1, 16)
    assert (points @ projection).var(axis=0).sum() == pytest.approx(points.var(axis=0).sum(), rel=0.02)


def test_the_ensemble_is_a_weighted_mean_with_one_summary(clips):
    rows = np.arange(120).reshape(60, 2)
    machines = [fit_kernel(clips, rows[:45], SPEC, 36.0, seed, detailed=seed > 0) for seed in (0, 1)]
    network = build_network("rnn", 64, 3, NetworkSettings(width=8)).eval()
    members = [FittedNetwork(kind, each, (), 5) for kind, each in zip("kkr", [*machines, network], strict=True)]
    whole = joined_ensemble(members)
    probabilities = [apply_temperature(member.logits(clips, rows[45:, 0]), 1.0) for member in members]
    wanted = np.average(probabilities, axis=0, weights=[2, 2, 1])
    assert np.abs(apply_temperature(whole.logits(clips, rows[45:, 0]), 1.0) - wanted).max() < 1e-5
    graphs = [to_graph(each, 64).graph.node for each in (whole, *members)]
    nodes = [len(graph) for graph in graphs]
    summary = nodes[1] - 40
    assert nodes[0] < sum(nodes[1:]) - summary
    # Only a summary has this operator.
    assert sum(node.op_type == "CumSum" for node in graphs[0]) == 1


def test_machines_with_other_summaries_are_refused(clips):
    rows = np.arange(120).reshape(60, 2)
    with pytest.raises(ValueError, match="same way"):
        KernelMachines([fit_kernel(clips, some, SPEC, 36.0, 0) for some in (rows[:40], rows[20:])])


def test_rare_labels_have_the_same_weight(clips):
    rows = np.arange(120).reshape(60, 2)
    many = np.flatnonzero((np.arange(60) % 3 > 0) | (np.arange(60) < 6))
    machine = fit_kernel(clips, rows[many], SPEC, 36.0, seed=0)
    others = np.setdiff1d(np.arange(60), many)
    found = FittedNetwork("kernel", machine, (), 0).logits(clips, rows[others, 0])
    assert (found.argmax(axis=1) == 0).mean() > 0.8


def test_unknown_members_are_refused():
    with pytest.raises(UsageError, match="kernel, detailed, cnn, rnn, crnn"):
        Member("forest", 0)
