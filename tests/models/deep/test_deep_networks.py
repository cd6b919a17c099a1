"""Networks: the same result alone, in a padded batch, and split into parts."""

import msgspec
import numpy as np
import pytest
from msgspec.structs import replace

torch = pytest.importorskip("torch", reason="PyTorch is not installed: requirements-deep.txt")

from aec.errors import UsageError
from aec.models.deep.augmentation import Augmentation, Strength
from aec.models.deep.batches import cropped, epoch_batches
from aec.models.deep.layers import Floor
from aec.models.deep.networks import Network, build_network, cut, parts_of
from aec.models.network_settings import NETWORKS


def answers(network, features, lengths):
    with torch.inference_mode():
        return torch.softmax(network.eval()(features, lengths), dim=1)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("coefficients", [64, 40, 13, 5])
def test_a_clip_alone_and_in_a_padded_batch_give_the_same(name, coefficients, tiny):
    torch.manual_seed(0)
    network = build_network(name, coefficients, 7, tiny)
    lengths = torch.tensor([90, 61, 33, 7, 1])
    features = torch.randn(5, 90, coefficients)
    together = answers(network, features, lengths)
    alone = torch.cat(
        [answers(network, features[i : i + 1, :length], lengths[i : i + 1]) for i, length in enumerate(lengths)]
    )
    assert (together - alone).abs().max() <= 1e-5
    assert together.std(dim=0).min() > 0
    # Values after the end of a clip do not count.
    filled = features.clone()
    for row, length in enumerate(lengths):
        filled[row, length:] = 100.0
    assert (answers(network, filled, lengths) - together).abs().max() <= 1e-5


def test_a_floor_masks_what_is_far_below_the_loudest_frame_at_any_level():
    floor = Floor(30.0)
    x = torch.tensor([[[0.0, 0.0], [-60.0, 0.0], [-80.0, -90.0], [50.0, 50.0]]])
    lengths = torch.tensor([3])
    found, _ = floor(x, lengths)
    wanted = 10 * np.log10(10 ** (x[0, :3].numpy() / 10) + 1e-3)
    assert found[0, :3].numpy() == pytest.approx(wanted, abs=1e-4)
    assert (found[0, 3] == 0).all()
    assert floor(x + 20.0, lengths)[0][0, :3].numpy() == pytest.approx(wanted + 20.0, abs=1e-3)


@pytest.mark.parametrize("name", NETWORKS)
def test_a_network_with_a_floor_changes_less_with_room_noise(name, tiny):
    torch.manual_seed(0)
    settings = replace(tiny, floor_db=30.0)
    speech = 20 * torch.randn(4, 60, 20) - 30
    lengths = torch.tensor([60, 50, 9, 1])
    room = 10 * torch.log10(10 ** (speech / 10) + 10 ** (-50.0 / 10))
    changes = []
    for each in (settings, tiny):
        network = build_network(name, 20, 7, each)
        changes.append((answers(network, room, lengths) - answers(network, speech, lengths)).abs().max())
    assert changes[0] < changes[1] / 5


@pytest.mark.parametrize("name", NETWORKS)
def test_a_part_has_the_same_initial_weights_alone_and_in_the_whole(name, tiny):
    whole = build_network(name, 16, 3, tiny).state_dict()
    count = len(parts_of(name, 16, 3, tiny))
    for number in range(count):
        for key, value in build_network(name, 16, 3, tiny, [number]).state_dict().items():
            assert torch.equal(value, whole[key])


@pytest.mark.parametrize("name", NETWORKS)
def test_shapes_of_parts_without_computing(name, tiny):
    shape = (2, 37, 20)
    x, lengths = torch.randn(shape), torch.tensor([37, 20])
    network = build_network(name, 20, 3, tiny)
    for part, layer in zip(parts_of(name, 20, 3, tiny), network.parts.values(), strict=True):
        shape = part.shape(shape)
        result = layer(x, lengths)
        if isinstance(result, tuple):
            x, lengths = result
        else:
            x = result
        assert tuple(x.shape) == shape
    assert shape == (2, 3)


@pytest.mark.parametrize("name", NETWORKS)
@pytest.mark.parametrize("count", [1, 2, 3])
def test_every_part_belongs_to_one_worker(name, count, tiny):
    parts = parts_of(name, 64, 7, tiny)
    stages = cut(parts, count, (32, 150, 64))
    assert [number for stage in stages for number in stage] == list(range(len(parts)))
    assert all(stages)
    work, shape = [], (32, 150, 64)
    for part in parts:
        work.append(part.work(shape))
        shape = part.shape(shape)
    busiest = max(sum(work[number] for number in stage) for stage in stages)
    if count == 2:
        every = [max(sum(work[:at]), sum(work[at:])) for at in range(1, len(parts))]
        assert busiest == pytest.approx(min(every))


def test_more_processes_than_parts_are_refused(tiny):
    with pytest.raises(UsageError, match="parts"):
        cut(parts_of("rnn", 16, 3, tiny), 99, (8, 50, 16))


def test_a_network_holds_no_batch_statistics(tiny):
    for name in NETWORKS:
        kinds = {type(layer).__name__ for layer in build_network(name, 16, 3, tiny).modules()}
        assert not {kind for kind in kinds if kind.startswith("BatchNorm")}
        assert isinstance(build_network(name, 16, 3, tiny), Network)


def test_batches_hold_every_clip_once_and_little_padding():
    lengths = np.random.default_rng(0).integers(20, 400, 500)
    batches = epoch_batches(lengths, 32, np.random.default_rng(1))
    assert sorted(np.concatenate(batches)) == list(range(500))
    padded = sum(lengths[batch].max() * len(batch) for batch in batches)
    assert padded < 1.25 * lengths.sum()
    other = epoch_batches(lengths, 32, np.random.default_rng(2))
    assert not all(np.array_equal(a, b) for a, b in zip(batches, other, strict=True))


def test_long_clips_are_cropped_at_random_positions():
    features = torch.arange(50.0)[None, :, None].expand(3, -1, 1).contiguous()
    lengths = torch.tensor([50, 30, 10])
    kept, shorter = cropped(features, lengths, 20, torch.Generator().manual_seed(0))
    assert shorter.tolist() == [20, 20, 10]
    starts = kept[:, 0, 0]
    assert starts[0] <= 30
    assert starts[1] <= 10
    assert starts[2] == 0
    for row, length in enumerate(shorter):
        assert torch.equal(kept[row, :length, 0], starts[row] + torch.arange(float(length)))


@pytest.mark.parametrize("kind", ["logmel", "mfcc"])
def test_augmentation_follows_its_seed(kind):

    from aec.features import NETWORK_SPECS

    spec = msgspec.structs.replace(NETWORK_SPECS[kind], n_mels=32, n_mfcc=20)
    torch.manual_seed(0)
    lengths = torch.tensor([40, 25, 8])
    features = torch.randn(3, 40, spec.coefficients) * 10 - 40
    soft_targets = torch.eye(3)
    change = Augmentation(spec, Strength(), mixup=1.0)
    one, two, other = (
        change(features, lengths, soft_targets, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2)
    )
    for a, b in zip(one, two, strict=True):
        assert torch.equal(a, b)
    assert one[0].shape != other[0].shape or not torch.equal(one[0], other[0])
    changed, new_lengths, mixed = one
    assert changed.shape[1] - 16 < new_lengths.max() <= changed.shape[1]
    assert torch.isfinite(changed).all()
    assert torch.allclose(mixed.sum(dim=1), torch.ones(3))
    for row, length in enumerate(new_lengths):
        assert not changed[row, length:].any()


def test_mfccs_are_unchanged_by_the_transform_to_bands_and_back():
    from aec.features import NETWORK_SPECS

    spec = NETWORK_SPECS["mfcc"]
    nothing = Strength(0, 0, 0, 0, (5, 35), 0, 0, 0, 0, 0.4)
    features = torch.randn(2, 30, spec.coefficients) * 10
    changed, _, _ = Augmentation(spec, nothing, 0.0)(
        features, torch.tensor([30, 30]), torch.eye(2), torch.Generator().manual_seed(0)
    )
    assert (changed[:, :30] - features).abs().max() < 1e-3
