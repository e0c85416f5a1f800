"""What the image network sees of a cover: random views in training, one fixed crop in testing.

Paper: Section 5.3.  Notebooks: 06_image.

The paper names scale and aspect-ratio augmentation (Szegedy et al. 2015) and photometric distortions
(Howard 2013); their numbers are those of fb.resnet.torch, which it builds on. Brightness, contrast, saturation
and lighting each map a colour linearly, so that any sequence of them is one 4 x 4 matrix: the pixels are
touched once, and cut off at 0 and 255 once, at the end.

Colours are columns (R, G, B, 1), from 0 to 255.
"""

import numpy as np
from PIL import Image

SIDE = 256
CROP = 224
AREA = (0.08, 1.0)
ASPECT = (3 / 4, 4 / 3)
ATTEMPTS = 10
JITTER = 0.4
LIGHTING = 0.1
LUMA = np.array([0.299, 0.587, 0.114])
# Principal components of the colours of ImageNet, in the order R, G, B (fb.resnet.torch).
EIGENVALUES = np.array([0.2175, 0.0188, 0.0045])
EIGENVECTORS = np.array([[-0.5675, 0.7192, 0.4009], [-0.5808, -0.0045, -0.8140], [-0.5836, -0.6948, 0.4203]])
Box = tuple[float, float, float, float]


def centre_crop(width: float, height: float) -> Box:
    """The test crop: shorter side to 256, of which the middle 224.

    Returns
    -------
    box : (left, top, right, bottom)
        In pixels of the whole picture, as are those of :func:`random_crop`.
    """
    side = min(width, height) * CROP / SIDE
    return (width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2


def random_crop(width: float, height: float, rng: np.random.Generator) -> Box:
    """Random part of a picture: 8 to 100 % of its area, aspect ratio 3/4 to 4/3 (Szegedy et al. 2015).

    Ten attempts to fit one, then the centre crop, as in fb.resnet.torch.
    """
    for _ in range(ATTEMPTS):
        area, aspect = rng.uniform(*AREA) * width * height, rng.uniform(*ASPECT)
        sides = np.sqrt(area * aspect), np.sqrt(area / aspect)
        w, h = sides if rng.random() < 0.5 else sides[::-1]
        if w <= width and h <= height:
            left, top = rng.uniform(0, width - w), rng.uniform(0, height - h)
            return left, top, left + w, top + h
    return centre_crop(width, height)


def brightness(factor: float) -> np.ndarray:
    """Blend with black [shape=(4, 4)]; 1 changes nothing, 0 is black."""
    return np.diag([factor, factor, factor, 1.0])


def contrast(factor: float, grey: float) -> np.ndarray:
    """Blend with the picture's mean grey [shape=(4, 4)]; 1 changes nothing, 0 is that grey."""
    matrix = brightness(factor)
    matrix[:3, 3] = (1 - factor) * grey
    return matrix


def saturation(factor: float) -> np.ndarray:
    """Blend every pixel with its own grey [shape=(4, 4)]; 1 changes nothing, 0 is black and white."""
    matrix = brightness(factor)
    matrix[:3, :3] += (1 - factor) * LUMA
    return matrix


def lighting(weights: np.ndarray) -> np.ndarray:
    """Shift all pixels along the principal components of natural colours [shape=(4, 4)] (Howard 2013).

    Parameters
    ----------
    weights : np.ndarray [shape=(3,)]
        Of the components; in training drawn from a normal distribution of deviation 0.1.
    """
    matrix = np.eye(4)
    matrix[:3, 3] = 255 * EIGENVECTORS @ (weights * EIGENVALUES)
    return matrix


def random_colour(mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Brightness, contrast and saturation by up to 40 % in random order, then lighting.

    Parameters
    ----------
    mean : np.ndarray [shape=(3,)]
        Mean colour of the picture.

    Returns
    -------
    matrix : np.ndarray [shape=(4, 4)]
    """
    matrix = np.eye(4)
    for change in rng.permutation(3):
        factor = 1 + rng.uniform(-JITTER, JITTER)
        if change == 0:
            step = brightness(factor)
        elif change == 1:
            # The mean of a picture mapped linearly is its mean, mapped.
            step = contrast(factor, float(LUMA @ (matrix @ np.append(mean, 1))[:3]))
        else:
            step = saturation(factor)
        matrix = step @ matrix
    return lighting(rng.normal(0, LIGHTING, 3)) @ matrix


def recolour(image: Image.Image, matrix: np.ndarray) -> Image.Image:
    """Apply a colour matrix [shape=(4, 4)], rounded and cut off at 0 and 255."""
    return image.convert("RGB", tuple(matrix[:3].ravel().tolist()))


def random_view(pixels: np.ndarray, whole: tuple[float, float], size: int, rng: np.random.Generator) -> np.ndarray:
    """A random part of a cover, recoloured at random, mirrored half of the time.

    Parameters
    ----------
    pixels : np.ndarray [shape=(256, 256, 3), uint8]
        A row of the store, squeezed into a square.
    whole : (width, height)
        True size of the cover, for true proportions.
    size : int
        Side of the view.

    Returns
    -------
    view : np.ndarray [shape=(size, size, 3), uint8]
    """
    image = _cut(pixels, whole, random_crop(*whole, rng), size)
    mean = np.array(image.reduce(size).getpixel((0, 0)))
    view = np.asarray(recolour(image, random_colour(mean, rng)))
    return view[:, ::-1] if rng.random() < 0.5 else view


def centre_view(pixels: np.ndarray, whole: tuple[float, float], size: int) -> np.ndarray:
    """The centre crop of a cover [shape=(size, size, 3), uint8]; parameters as for :func:`random_view`."""
    return np.asarray(_cut(pixels, whole, centre_crop(*whole), size))


def _cut(pixels: np.ndarray, whole: tuple[float, float], box: Box, size: int) -> Image.Image:
    """Part of a squeezed picture, unsqueezed: the box is in pixels of the whole."""
    (left, top, right, bottom), (width, height) = box, whole
    x, y = SIDE / width, SIDE / height
    # Rounding must not leave the picture by a hair, which Pillow refuses.
    inside = (max(0.0, left * x), max(0.0, top * y), min(float(SIDE), right * x), min(float(SIDE), bottom * y))
    return Image.fromarray(pixels).resize((size, size), Image.Resampling.BICUBIC, box=inside)
