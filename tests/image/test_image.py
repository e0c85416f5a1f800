"""Covers: every usual kind of file is decoded, every bad one is refused with its reason."""

import contextlib
import io
import warnings

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st
from PIL import Image

from mumu_lib import image
from mumu_lib.core.errors import ImageError
from mumu_lib.core.pictures import PLACEHOLDER
from pictures import BLUE, RED, WHITE, picture, saved


def halves(pixels):
    """Mean colour of the left and the right third."""
    side = pixels.shape[1]
    return pixels[:, : side // 3].mean(axis=(0, 1)), pixels[:, -(side // 3) :].mean(axis=(0, 1))


@pytest.mark.parametrize(
    ("name", "options"),
    [("a.jpg", {"quality": 95}), ("a.png", {}), ("a.gif", {}), ("a.webp", {"lossless": True}), ("jpeg.gif", {"format": "JPEG"})],
)  # fmt: skip
def test_formats(tmp_path, name, options):
    pixels = image.load(saved(tmp_path, name, picture(), **options), 96)
    assert pixels.shape == (96, 96, 3)
    assert pixels.dtype == np.uint8
    for got, meant in zip(halves(pixels), (RED, BLUE), strict=True):
        np.testing.assert_allclose(got, meant, atol=6)


@pytest.mark.parametrize("mode", ["L", "P", "CMYK", "1", "LA", "RGBA", "PA", "I;16"])
def test_modes(tmp_path, mode):
    grey = picture(left=(40,) * 3, right=(220,) * 3)
    if mode == "I;16":
        made = Image.fromarray(np.asarray(grey.convert("L")).astype(np.uint16) * 257)
    elif mode == "PA":
        made = grey.convert("RGBA").quantize(8)
    else:
        made = grey.convert(mode)
    left, right = halves(image.load(saved(tmp_path, "a.jpg" if mode == "CMYK" else "a.png", made), 64))
    low, high = (0, 255) if mode == "1" else (40, 220)
    if mode == "1":
        assert left.mean() < right.mean()
    else:
        np.testing.assert_allclose(left, low, atol=6)
        np.testing.assert_allclose(right, high, atol=6)


def test_sixteen_bits_in_colour(tmp_path):
    import struct
    import zlib

    rows = np.zeros((32, 32, 3), ">u2")
    rows[:, :16], rows[:, 16:] = 50 * 257, 180 * 257

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    lines = b"".join(b"\0" + row.tobytes() for row in rows)
    header = struct.pack(">IIBBBBB", 32, 32, 16, 2, 0, 0, 0)
    (tmp_path / "deep.png").write_bytes(
        b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(lines)) + chunk(b"IEND", b"")
    )
    left, right = halves(image.load(tmp_path / "deep.png", 32))
    np.testing.assert_allclose(left, 50, atol=6)
    np.testing.assert_allclose(right, 180, atol=6)


def test_transparent_parts_are_white(tmp_path):
    made = picture().convert("RGBA")
    made.paste((0, 0, 0, 0), (60, 0, 120, 120))
    left, right = halves(image.load(saved(tmp_path, "a.png", made), 64))
    np.testing.assert_allclose(left, RED, atol=3)
    np.testing.assert_allclose(right, WHITE, atol=3)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_a_picture_lying_on_its_side_is_set_upright(tmp_path, orientation):
    upright = picture(200, 100)
    back = {1: None, 2: Image.Transpose.FLIP_LEFT_RIGHT, 3: Image.Transpose.ROTATE_180, 4: Image.Transpose.FLIP_TOP_BOTTOM,
            5: Image.Transpose.TRANSPOSE, 6: Image.Transpose.ROTATE_90, 7: Image.Transpose.TRANSVERSE,
            8: Image.Transpose.ROTATE_270}[orientation]  # fmt: skip
    stored = upright if back is None else upright.transpose(back)
    exif = Image.Exif()
    exif[0x0112] = orientation
    pixels, size = image.squeezed(saved(tmp_path, "a.jpg", stored, exif=exif, quality=95))
    assert size == (200, 100)
    for got, meant in zip(halves(pixels), (RED, BLUE), strict=True):
        np.testing.assert_allclose(got, meant, atol=6)


def test_of_a_gif_the_first_frame(tmp_path):
    picture().save(tmp_path / "a.gif", save_all=True, append_images=[picture(left=WHITE, right=WHITE)])
    np.testing.assert_allclose(halves(image.load(tmp_path / "a.gif", 64))[0], RED, atol=3)


def test_a_large_jpeg_decoded_at_a_fraction_is_the_same_picture(tmp_path):
    rng = np.random.default_rng(0)
    smooth = Image.fromarray(rng.integers(0, 256, (24, 24, 3), np.uint8)).resize((1400, 1400), Image.Resampling.BICUBIC)
    path = saved(tmp_path, "large.jpg", smooth, quality=95)
    quick, size = image.squeezed(path)
    whole = np.asarray(Image.open(path).convert("RGB").resize((256, 256), Image.Resampling.BICUBIC))
    assert size == (1400, 1400)
    assert np.abs(quick.astype(int) - whole).mean() < 1


def test_the_test_crop_is_the_middle_of_the_shorter_side_at_256(tmp_path):
    rng = np.random.default_rng(1)
    for size in ((256, 256), (300, 300), (400, 300)):
        made = Image.fromarray(rng.integers(0, 256, (9, 9, 3), np.uint8)).resize(size, Image.Resampling.BICUBIC)
        path = saved(tmp_path, "a.png", made)
        scale = 256 / min(size)
        resized = made.resize((round(size[0] * scale), round(size[1] * scale)), Image.Resampling.BICUBIC)
        left, top = (resized.width - 224) // 2, (resized.height - 224) // 2
        reference = np.asarray(resized.crop((left, top, left + 224, top + 224))).astype(int)
        difference = np.abs(image.load(path) - reference)
        assert difference.mean() < (0.01 if size[0] == size[1] else 1.5)


def refused(path):
    with pytest.raises(ImageError) as caught:
        image.load(path)
    assert str(path) in str(caught.value)
    return caught.value.reason


def test_refusals_name_the_file_and_the_reason(tmp_path):
    (tmp_path / "page.jpg").write_text("<!DOCTYPE html><html><body>Not found</body></html>")
    (tmp_path / "empty.jpg").write_bytes(b"")
    (tmp_path / "words.png").write_text("words " * 99)
    whole = saved(tmp_path, "whole.jpg", picture(400, 400), quality=95).read_bytes()
    (tmp_path / "cut.jpg").write_bytes(whole[: len(whole) // 2])
    saved(tmp_path, "dot.gif", Image.new("RGB", (1, 1)))
    saved(tmp_path, "strip.png", picture(400, 9))
    saved(tmp_path, "drawing.pcx", picture())
    saved(tmp_path, "flat.jpg", Image.new("RGB", (300, 300), (30, 30, 30)))
    saved(tmp_path, "clear.png", Image.new("RGBA", (300, 300)))
    saved(tmp_path, "no-img-lg-uk.gif", picture())
    saved(tmp_path, "nowhere.png", picture())
    reasons = {
        "page.jpg": "not_image", "empty.jpg": "not_image", "words.png": "not_image", "cut.jpg": "corrupt",
        "dot.gif": "tiny", "strip.png": "tiny", "drawing.pcx": "not_image", "flat.jpg": "placeholder",
        "clear.png": "placeholder", "no-img-lg-uk.gif": "placeholder", "gone.jpg": "missing",
    }  # fmt: skip
    assert {name: refused(tmp_path / name) for name in reasons} == reasons
    assert image.load(tmp_path / "nowhere.png").shape == (224, 224, 3)
    with pytest.raises(ImageError, match="an HTML page"):
        image.load(tmp_path / "page.jpg")


@pytest.mark.parametrize("name", ["bomb.png", "bomb.gif"])
@pytest.mark.parametrize("side", [8100, 14000])
def test_a_decompression_bomb_is_not_decoded(tmp_path, monkeypatch, name, side):
    path = saved(tmp_path, name, Image.new("1", (side, side)))
    assert path.stat().st_size < 1_000_000
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", Image.DecompressionBombWarning)
        assert refused(path) == "bomb"


def encoded(form, **options):
    stream = io.BytesIO()
    picture().save(stream, form, **options)
    return stream.getvalue()


@settings(max_examples=50, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    form=st.sampled_from(["JPEG", "PNG", "GIF", "WEBP"]), cut=st.floats(0, 1), flips=st.lists(st.tuples(st.floats(0, 0.999), st.integers(0, 255)), max_size=4)
)  # fmt: skip
def test_a_damaged_file_gives_a_picture_or_a_reason_and_nothing_else(tmp_path, form, cut, flips):
    data = bytearray(encoded(form))
    for place, byte in flips:
        data[int(place * len(data))] = byte
    (tmp_path / "a").write_bytes(data[: int(cut * len(data)) + 1])
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        with contextlib.suppress(ImageError):
            assert image.load(tmp_path / "a", 32).shape == (32, 32, 3)


@pytest.mark.parametrize(
    "name", ["No Doubt - Tragic Kingdom", "techno art", "piano_photo", "nocover_band x", "noimages"]
)
def test_names_of_albums_are_not_taken_for_stand_ins(name):
    assert bool(PLACEHOLDER.match(name)) == (name == "nocover_band x")


def test_colour_histogram_equals_numpy():
    pixels = np.random.default_rng(0).integers(0, 256, (3, 8, 8, 3), np.uint8)
    for shares, one in zip(image.colour_histogram(pixels, 4), pixels, strict=True):
        counts, _ = np.histogramdd(one.reshape(-1, 3), bins=[np.arange(0, 257, 64)] * 3)
        np.testing.assert_allclose(shares, counts.ravel() / 64)


def test_real_covers(real_data):
    found = sorted((real_data / "images" / "covers").glob("*/*.jpg"))[:40]
    assert found
    for path in found:
        assert image.load(path, 64).std() > 2
