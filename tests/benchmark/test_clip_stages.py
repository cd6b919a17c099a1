"""Times of the stages of a clip."""

import pytest

from aec.benchmark.clip_stages import evenly_spread, time_clip_stages
from aec.benchmark.results import CLIP_STAGES
from aec.errors import AudioDecodeError
from aec.features import FeatureSpec


@pytest.mark.parametrize("version", ["engine", "first"])
def test_the_stages_of_a_version_add_up(write_sound, version):
    paths = [str(write_sound(f"{number}.wav", seconds=0.5 * number, rate=22_050)) for number in (1, 2)]
    rows = time_clip_stages(version, paths, FeatureSpec(), takes=2)
    assert [row.stage for row in rows] == list(CLIP_STAGES)
    assert all(row.version == version and row.clips == 2 and row.ms >= 0 for row in rows)
    assert rows[0].ms > 0
    assert rows[2].ms > 0
    assert sum(row.share for row in rows) == pytest.approx(1, abs=1e-3)
    assert {row.duration_s for row in rows} == {0.75}


def test_a_rate_that_fits_is_not_resampled(write_sound):
    path = str(write_sound(rate=44_100))
    resample = next(
        row for row in time_clip_stages("engine", [path], FeatureSpec(), takes=3) if row.stage == "resample"
    )
    assert resample.share < 0.05


@pytest.mark.parametrize("version", ["engine", "first"])
def test_a_file_that_is_no_sound_is_refused(tmp_path, version):
    (tmp_path / "no.wav").write_bytes(b"no sound")
    with pytest.raises(AudioDecodeError):
        time_clip_stages(version, [str(tmp_path / "no.wav")], FeatureSpec())


def test_clips_are_drawn_from_the_whole_list():
    paths = [str(number) for number in range(100)]
    assert evenly_spread(paths, 3) == ["0", "50", "99"]
    assert evenly_spread(paths[:2], 8) == ["0", "1"]
    assert evenly_spread(paths[:1]) == ["0"]
