"""Sound and covers as they are sent to a page."""

import io

import numpy as np
import pytest
import soundfile
from PIL import ExifTags, Image

from mumu_lib.figures import media


def test_long_recordings_are_sent_as_their_beginning(tmp_path):
    short, long = tmp_path / "short.ogg", tmp_path / "long.wav"
    noise = np.random.default_rng(0).normal(0, 0.1, 40 * 16000)
    soundfile.write(short, noise[:16000], 16000)
    soundfile.write(long, noise, 16000)
    assert media.clip(str(short)) == (short.read_bytes(), "ogg")
    sound, kind = media.clip(str(long))
    (tmp_path / "sent.mp3").write_bytes(sound)
    assert kind == "mpeg"
    assert soundfile.info(tmp_path / "sent.mp3").duration == pytest.approx(30, abs=0.2)


@pytest.mark.parametrize(("rate", "channels"), [(96_000, 2), (192_000, 1), (44_100, 6)])
def test_a_recording_finer_or_wider_than_mp3_is_played_too(tmp_path, rate, channels):
    samples = np.random.default_rng(0).uniform(-0.1, 0.1, (rate * 3, channels))
    soundfile.write(tmp_path / "long.wav", samples, rate, subtype="FLOAT")
    sound, kind = media.clip(str(tmp_path / "long.wav"))
    assert kind == "mpeg"
    assert soundfile.info(io.BytesIO(sound)).duration == pytest.approx(3, abs=0.2)


def test_a_thumbnail_keeps_the_grey_of_16_bits_and_is_upright(tmp_path):
    grey = np.full((40, 60), 32768, np.uint16)
    exif = Image.Exif()
    exif[ExifTags.Base.Orientation] = 6
    Image.fromarray(grey).save(tmp_path / "grey.png", exif=exif)
    with Image.open(io.BytesIO(media.small_cover(str(tmp_path / "grey.png"), 32))) as small:
        assert small.height > small.width
        assert np.asarray(small).mean() == pytest.approx(128, abs=3)
