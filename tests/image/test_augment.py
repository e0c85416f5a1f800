"""Training views: their distributions, their arithmetic, their seeds."""

import numpy as np
import pytest
from PIL import Image, ImageEnhance
from scipy.stats import ks_2samp

from mumu_lib.image import augment


def boxes(width, height, n=4000, seed=0):
    rng = np.random.default_rng(seed)
    return np.array([augment.random_crop(width, height, rng) for _ in range(n)])


def reference_crops(width, height, n, seed):
    """fb.resnet.torch's RandomSizedCrop in whole pixels, written from its description: areas and aspect ratios."""
    rng, found = np.random.default_rng(seed), []
    while len(found) < n:
        area, aspect = rng.uniform(0.08, 1) * width * height, rng.uniform(3 / 4, 4 / 3)
        w, h = round((area * aspect) ** 0.5), round((area / aspect) ** 0.5)
        if rng.random() < 0.5:
            w, h = h, w
        if w <= width and h <= height:
            found.append((w * h / (width * height), w / h))
    return np.array(found).T


@pytest.mark.parametrize(("width", "height"), [(300, 300), (400, 300)])
def test_crops_have_the_area_and_aspect_ratios_of_the_recipe(width, height):
    left, top, right, bottom = boxes(width, height).T
    assert min(left.min(), top.min()) >= 0
    assert right.max() <= width
    assert bottom.max() <= height
    area, aspect = (right - left) * (bottom - top) / (width * height), (right - left) / (bottom - top)
    assert 0.08 <= area.min() < 0.1
    assert 0.9 < area.max() <= 1
    assert aspect.min() >= 3 / 4 - 1e-9
    assert aspect.max() <= 4 / 3 + 1e-9
    for ours, reference in zip((area, aspect), reference_crops(width, height, 4000, 1), strict=True):
        assert ks_2samp(ours, reference).pvalue > 0.001
    # A place is as likely left as right, up as down.
    assert np.mean(left / (width - (right - left))) == pytest.approx(0.5, abs=0.02)
    assert np.mean(top / (height - (bottom - top))) == pytest.approx(0.5, abs=0.02)


def test_a_picture_too_narrow_for_any_crop_gives_its_middle():
    narrow = boxes(1000, 20, n=50)
    assert (narrow == augment.centre_crop(1000, 20)).any(axis=1).all()


def test_a_crop_of_a_squeezed_cover_has_true_proportions():
    whole = np.zeros((300, 600, 3), np.uint8)
    yy, xx = np.mgrid[:300, :600]
    whole[(xx - 300) ** 2 + (yy - 150) ** 2 < 100**2] = 255  # a disc in the middle
    squeezed = np.asarray(Image.fromarray(whole).resize((256, 256), Image.Resampling.BICUBIC))
    view = augment.centre_view(squeezed, (600, 300), 224) > 127
    across, down = view[112, :, 0].sum(), view[:, 112, 0].sum()
    assert across == pytest.approx(200 * 256 / 300, abs=3)
    assert down == pytest.approx(across, abs=2)


def apply(matrix, pixels):
    return pixels @ matrix[:3, :3].T + matrix[:3, 3]


@pytest.fixture
def photo():
    rng = np.random.default_rng(3)
    small = Image.fromarray(rng.integers(60, 180, (6, 6, 3), np.uint8))
    return np.asarray(small.resize((64, 64), Image.Resampling.BILINEAR))


@pytest.mark.parametrize("factor", [0.6, 1.0, 1.4])
def test_brightness_contrast_and_saturation_are_those_of_pillow(photo, factor):
    picture = Image.fromarray(photo)
    grey = np.asarray(picture.convert("L")).mean()
    ours = {
        ImageEnhance.Brightness: augment.brightness(factor),
        ImageEnhance.Contrast: augment.contrast(factor, grey),
        ImageEnhance.Color: augment.saturation(factor),
    }
    for enhancer, matrix in ours.items():
        reference = np.asarray(enhancer(picture).enhance(factor)).astype(float)
        difference = np.clip(apply(matrix, photo.astype(float)), 0, 255) - reference
        assert np.abs(difference).max() < 2


def test_recolouring_is_the_matrix_rounded_and_cut_off(photo):
    matrix = augment.lighting(np.array([0.3, -0.2, 0.1])) @ augment.saturation(1.4) @ augment.brightness(1.6)
    got = np.asarray(augment.recolour(Image.fromarray(photo), matrix)).astype(float)
    meant = np.clip(apply(matrix, photo.astype(float)), 0, 255)
    assert np.abs(got - meant).max() <= 0.51
    assert (got == 255).any()


def test_lighting_has_the_spread_of_the_recipe():
    rng = np.random.default_rng(0)
    shifts = np.array([augment.lighting(rng.normal(0, 0.1, 3))[:3, 3] for _ in range(20000)])
    vectors, values = augment.EIGENVECTORS, augment.EIGENVALUES
    expected = (255 * 0.1) ** 2 * vectors @ np.diag(values**2) @ vectors.T
    np.testing.assert_allclose(np.cov(shifts.T), expected, atol=0.05 * expected.max())
    np.testing.assert_allclose(shifts.mean(axis=0), 0, atol=0.15)
    np.testing.assert_allclose(vectors.T @ vectors, np.eye(3), atol=2e-3)


def test_colour_jitter_keeps_the_mean_colour_on_average_and_has_the_right_range(photo):
    mean, rng = photo.reshape(-1, 3).mean(axis=0), np.random.default_rng(0)
    matrices = np.array([augment.random_colour(mean, rng) for _ in range(6000)])
    means = np.array([apply(m, mean) for m in matrices])
    np.testing.assert_allclose(means.mean(axis=0), mean, rtol=0.01)
    # Of a grey pixel only brightness moves the mean, uniformly by up to 40 %, and lighting a little.
    gain = (
        np.array([apply(augment.random_colour(np.full(3, 100.0), rng), np.full(3, 100.0)).mean() for _ in range(4000)])
        / 100
    )
    assert gain.std() == pytest.approx(0.8 / np.sqrt(12), rel=0.05)
    # In random order: contrast before brightness gives other offsets than after it.
    assert len(np.unique(np.sign(matrices[:, 0, 3].round(3)))) > 1


def test_a_sequence_of_changes_equals_them_one_by_one(photo):
    """Contrast takes the mean grey of the picture as it is by then."""

    class Fixed:
        def __init__(self):
            self.factors = iter([0.2, -0.3, 0.25])

        def permutation(self, n):
            return [2, 0, 1]

        def uniform(self, low, high):
            return next(self.factors)

        def normal(self, *_):
            return np.zeros(3)

    pixels = photo.astype(float)
    matrix = augment.random_colour(pixels.reshape(-1, 3).mean(axis=0), Fixed())
    grey = pixels @ augment.LUMA
    step = 1.2 * pixels - 0.2 * grey[..., None]
    step = 0.7 * step
    step = 1.25 * step - 0.25 * (step @ augment.LUMA).mean()
    np.testing.assert_allclose(apply(matrix, pixels), step, atol=1e-6)


def test_half_of_the_views_are_mirrored():
    ramp = np.broadcast_to(np.linspace(0, 255, 256).astype(np.uint8)[None, :, None], (256, 256, 3))
    rng = np.random.default_rng(0)
    rising = [
        v[:, -1].mean() > v[:, 0].mean() for v in (augment.random_view(ramp, (300, 300), 16, rng) for _ in range(400))
    ]
    assert 0.4 < np.mean(rising) < 0.6
