"""Pictures: what is decoded, and what is refused before it is taken for a cover. More in tests/image/test_image.py."""

import io
import os

import numpy as np
import pytest
from PIL import Image, features

from mumu_lib.core import pictures
from mumu_lib.core.errors import ImageError
from pictures import picture, saved


@pytest.mark.parametrize("name", ["a.jpg", "a.png", "a.gif", "a.webp", "a.bmp", "a.tif", "a.tiff", "a.avif"])
def test_formats(tmp_path, name):
    if name == "a.avif" and not features.check("avif"):
        pytest.skip("this Pillow was built without AVIF")
    path = saved(tmp_path, name, picture())
    image, size = pictures.read(path)
    assert size == (120, 120)
    left, right = np.asarray(image)[60, 20], np.asarray(image)[60, 100]
    assert left[0] > 150 > left[2]
    assert right[2] > 150 > right[0]
    assert pictures.fault(path) == ""


@pytest.mark.parametrize("mode", ["1", "L", "P", "RGBA", "CMYK", "I;16", "LAB"])
def test_tiff_of_every_mode(tmp_path, mode):
    made = picture().convert("L").point(lambda value: value * 256, mode="I") if mode == "I;16" else picture()
    path = saved(tmp_path, "a.tif", made.convert(mode))
    assert pictures.read(path)[0].mode == "RGB"


def test_content_in_memory():
    stream = io.BytesIO()
    picture().save(stream, "BMP")
    assert pictures.read("from a tag", data=stream.getvalue())[1] == (120, 120)
    with pytest.raises(ImageError, match="from a tag: an HTML page"):
        pictures.read("from a tag", data=b"<html></html>")


def test_faults_are_told_in_a_few_words(tmp_path):
    (tmp_path / "page.jpg").write_text("<html>")
    (tmp_path / "empty.png").touch()
    saved(tmp_path, "flat.png", Image.new("RGB", (99, 99)))
    saved(tmp_path, "dot.png", picture(8, 8))
    whole = saved(tmp_path, "whole.jpg", picture(300, 300)).read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    reasons = {
        "page.jpg": "an HTML page",
        "empty.png": "an empty file",
        "flat.png": "one colour",
        "dot.png": "only 8 x 8",
        "gone.png": "no such file",
    }
    for name, reason in reasons.items():
        assert reason in pictures.fault(tmp_path / name)
    assert pictures.fault(tmp_path / "cut.jpg")


def test_a_pipe_is_not_waited_for(tmp_path):
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "cover.jpg")
        assert "not a regular file" in pictures.fault(tmp_path / "cover.jpg")
