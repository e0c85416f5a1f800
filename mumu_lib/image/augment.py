"""Cut views from covers: random ones for training, one fixed crop for testing.

Paper: Section 5.3.  Notebooks: 06_image.

The paper uses scale and aspect-ratio augmentation (Szegedy et al. 2015) and photometric distortions (Howard 2013); the
parameters are those of fb.resnet.torch, on which it builds. Brightness, contrast, saturation and lighting are linear maps
of a colour, hence any sequence of them is one 4 x 4 matrix: pixels are computed once, and clipped to 0 and 255 once.

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
    """Return the test crop: the middle 224 pixels of a picture whose shorter side is scaled to 256.

    Returns
    -------
    box : (left, top, right, bottom)
        In pixels of the original picture, as in :func:`random_crop`.

    Examples
    --------
    >>> centre_crop(256, 512)
    (16.0, 144.0, 240.0, 368.0)
    """
    side = min(width, height) * CROP / SIDE
    return (width - side) / 2, (height - side) / 2, (width + side) / 2, (height + side) / 2


def random_crop(width: float, height: float, rng: np.random.Generator) -> Box:
    """Draw a random part of a picture: 8 to 100 % of its area, aspect ratio 3/4 to 4/3 (Szegedy et al. 2015).

    After ten attempts that do not fit, return the centre crop, as in fb.resnet.torch.
    """
    for _ in range(ATTEMPTS):
        area = rng.uniform(*AREA) * width * height
        aspect = rng.uniform(*ASPECT)
        w = np.sqrt(area * aspect)
        h = np.sqrt(area / aspect)
        if rng.random() >= 0.5:
            w, h = h, w
        if w <= width and h <= height:
            left = rng.uniform(0, width - w)
            top = rng.uniform(0, height - h)
            return left, top, left + w, top + h
    return centre_crop(width, height)


def brightness(factor: float) -> np.ndarray:
    """Return the matrix that blends with black [shape=(4, 4)]; factor 1 is the identity, 0 gives black."""
    return np.diag([factor, factor, factor, 1.0])


def contrast(factor: float, grey: float) -> np.ndarray:
    """Return the matrix that blends with the mean grey [shape=(4, 4)]; factor 1 is the identity, 0 gives that grey."""
    matrix = brightness(factor)
    matrix[:3, 3] = (1 - factor) * grey
    return matrix


def saturation(factor: float) -> np.ndarray:
    """Return the matrix that blends pixels with their grey [shape=(4, 4)]; factor 1 is the identity, 0 greyscale."""
    matrix = brightness(factor)
    matrix[:3, :3] += (1 - factor) * LUMA
    return matrix


def lighting(weights: np.ndarray) -> np.ndarray:
    """Return the matrix that shifts along principal components of natural colours [shape=(4, 4)] (Howard 2013).

    Parameters
    ----------
    weights : np.ndarray [shape=(3,)]
        Weights of the components; in training, normally distributed with standard deviation 0.1.
    """
    matrix = np.eye(4)
    matrix[:3, 3] = 255 * EIGENVECTORS @ (weights * EIGENVALUES)
    return matrix


def random_colour(mean: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Draw random changes: brightness, contrast and saturation by up to 40 % in random order, then lighting.

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
            # The mean of a linearly mapped picture is the mapped mean.
            step = contrast(factor, float(LUMA @ (matrix @ np.append(mean, 1))[:3]))
        else:
            step = saturation(factor)
        matrix = step @ matrix
    return lighting(rng.normal(0, LIGHTING, 3)) @ matrix


def recolour(image: Image.Image, matrix: np.ndarray) -> Image.Image:
    """Apply a colour matrix [shape=(4, 4)]; round and clip to 0 and 255."""
    return image.convert("RGB", tuple(matrix[:3].ravel().tolist()))


def random_view(pixels: np.ndarray, whole: tuple[float, float], size: int, rng: np.random.Generator) -> np.ndarray:
    """Return a random part of a cover with random colour changes, mirrored with probability 0.5.

    Parameters
    ----------
    pixels : np.ndarray [shape=(256, 256, 3), uint8]
        A row of the store: the cover resized to a square.
    whole : (width, height)
        Original size of the cover, for the original proportions.
    size : int
        Side of the view in pixels.

    Returns
    -------
    view : np.ndarray [shape=(size, size, 3), uint8]
    """
    image = _cut(pixels, whole, random_crop(*whole, rng), size)
    mean = np.array(image.reduce(size).getpixel((0, 0)))
    view = np.asarray(recolour(image, random_colour(mean, rng)))
    if rng.random() < 0.5:
        return view[:, ::-1]
    return view


def centre_view(pixels: np.ndarray, whole: tuple[float, float], size: int) -> np.ndarray:
    """Return the centre crop of a cover [shape=(size, size, 3), uint8]; parameters as for :func:`random_view`."""
    return np.asarray(_cut(pixels, whole, centre_crop(*whole), size))


def _cut(pixels: np.ndarray, whole: tuple[float, float], box: Box, size: int) -> Image.Image:
    """Cut a box, given in pixels of the original picture, from its square version, in the original proportions."""
    left, top, right, bottom = box
    width, height = whole
    x = SIDE / width
    y = SIDE / height
    # Clip rounding errors: Pillow refuses a box that exceeds the picture.
    inside = (max(0.0, left * x), max(0.0, top * y), min(float(SIDE), right * x), min(float(SIDE), bottom * y))
    return Image.fromarray(pixels).resize((size, size), Image.Resampling.BICUBIC, box=inside)
