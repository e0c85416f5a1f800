"""Draw the covers of the sample: abstract designs in the colours and shapes of a style."""

import colorsys
from functools import cache
from pathlib import Path

import matplotlib
import numpy as np
from PIL import Image, ImageDraw, ImageFilter, ImageFont

from mumu_lib.sources.sample.styles import NAMES

SIDE = 300
# styles | background and two inks: hue in degrees, saturation, lightness | shapes
# Styles on one line have the same look.
TABLE = """
Vocal Pop, Dance Pop | 330 .6 .75, 200 .8 .55, 50 .9 .6 | discs
Adult Contemporary, Soul, Vocal Jazz | 30 .4 .7, 20 .6 .35, 0 .5 .45 | portrait
Traditional Pop, Big Band | 40 .3 .8, 10 .6 .4, 200 .3 .3 | rays
Blues Rock, Chicago Blues | 215 .6 .25, 205 .5 .55, 30 .5 .5 | portrait
Folk Rock, Contemporary Folk, Bluegrass, Celtic | 100 .3 .6, 35 .5 .35, 45 .5 .75 | hills
Progressive Rock, Ambient | 260 .4 .3, 190 .5 .6, 300 .4 .6 | waves
Indie & Lo-Fi, New Wave | 60 .1 .85, 180 .4 .45, 350 .6 .6 | grid
Hardcore & Punk, East Coast | 0 0 .9, 0 0 .1, 0 .8 .45 | stripes
Death Metal, Thrash & Speed Metal | 0 .1 .08, 0 .7 .3, 0 0 .5 | shards
Bebop | 210 .7 .4, 50 .1 .9, 40 .9 .5 | stripes
House, Techno | 240 .2 .1, 300 .9 .5, 170 .9 .5 | grid
Dancehall, Dub | 120 .6 .3, 50 .9 .5, 0 .8 .4 | rays
Chamber Music | 45 .3 .9, 30 .3 .5, 0 0 .2 | portrait
"""
SHAPES = ("discs", "portrait", "rays", "hills", "waves", "grid", "stripes", "shards")
Colour = tuple[int, int, int]


def _read(table: str) -> dict[str, tuple[np.ndarray, str]]:
    """Return the palette [shape=(3, 3)] and the shape of each style."""
    looks: dict[str, tuple[np.ndarray, str]] = {}
    for line in table.strip().splitlines():
        names, colours, shape = map(str.strip, line.split("|"))
        palette = np.loadtxt(colours.split(","))
        looks |= dict.fromkeys(names.split(", "), (palette, shape))
    return looks


LOOKS = _read(TABLE)


def draw(weights: np.ndarray, title: str, rng: np.random.Generator) -> Image.Image:
    """Draw the cover of one album.

    Parameters
    ----------
    weights : np.ndarray [shape=(styles,)]
        Weights of the styles in the album, from ``styles.view``.

    Returns
    -------
    cover : PIL.Image.Image
        300 x 300 pixels, RGB.

    Examples
    --------
    >>> weights = np.full(len(NAMES), 1 / len(NAMES))
    >>> draw(weights, "Quiet Comet", np.random.default_rng(0)).size
    (300, 300)
    """
    first, second = rng.choice(len(NAMES), 2, p=weights)
    palette, _ = LOOKS[NAMES[first]]
    _, shape = LOOKS[NAMES[second]]
    if rng.random() >= 0.6:
        shape = str(rng.choice(SHAPES))
    back, *inks = _colours(palette, rng)
    image = Image.new("RGB", (SIDE, SIDE), back)
    _shapes(ImageDraw.Draw(image), shape, inks, rng)
    image = image.filter(ImageFilter.GaussianBlur(rng.uniform(0, 1.5)))
    grain = rng.normal(0, rng.uniform(2, 9), (SIDE, SIDE, 1))
    image = Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))
    ink = (20, 20, 20)
    if sum(back) < 380:
        ink = (255, 255, 255)
    ImageDraw.Draw(image).text((12, 12), title, fill=ink, font=_font())
    return image


@cache
def _font() -> ImageFont.FreeTypeFont:
    # DejaVu has Greek and Cyrillic letters, which the font in Pillow does not.
    return ImageFont.truetype(str(Path(matplotlib.get_data_path()) / "fonts/ttf/DejaVuSans.ttf"), 14)


def _colours(palette: np.ndarray, rng: np.random.Generator) -> list[Colour]:
    """Return the colours of a palette with random deviations."""
    shifted = palette + rng.normal(0, (18, 0.13, 0.09), palette.shape)
    if rng.random() < 0.06:
        shifted[:, 0] += rng.uniform(0, 360)
    colours = []
    for hue, saturation, lightness in shifted:
        hls = ((hue * (1 / 360)) % 1, np.clip(lightness, 0.04, 0.95), np.clip(saturation, 0, 1))
        red, green, blue = colorsys.hls_to_rgb(*hls)
        colours.append((int(255 * red), int(255 * green), int(255 * blue)))
    return colours


def _shapes(pen: ImageDraw.ImageDraw, shape: str, inks: list[Colour], rng: np.random.Generator) -> None:
    """Fill the square with one of eight shapes at random sizes and positions."""
    x, y = rng.uniform(80, 220, 2)
    count = int(rng.integers(4, 10))
    width = SIDE / (2 * count)
    for i in range(count):
        ink = inks[i % 2]
        low = 2 * i * width
        high = (2 * i + 1) * width
        match shape:
            case "discs":
                centre = rng.uniform(0, SIDE, 2)
                radius = rng.uniform(15, 60)
                pen.ellipse([*(centre - radius), *(centre + radius)], fill=ink)
            case "rays":
                turn = 2 * np.pi * (i + np.array([0, 0.5])) / count
                ends = np.column_stack([x + 450 * np.cos(turn), y + 450 * np.sin(turn)])
                pen.polygon([(x, y), *map(tuple, ends)], fill=ink)
            case "hills":
                pen.ellipse([rng.uniform(-200, 150), 140 + 12 * i, rng.uniform(200, 500), 420 + 12 * i], fill=ink)
            case "waves":
                across = np.arange(0, SIDE + 8, 8)
                wave = low + 14 * np.sin(across / 28 + x + i / 2)
                points = np.column_stack([across, wave])
                pen.line(points.ravel().tolist(), fill=ink, width=int(width / 2) + 1)
            case "grid":
                for j in range(count):
                    if rng.random() < 0.7:
                        pen.rectangle([low, 2 * j * width, high, (2 * j + 1) * width], fill=inks[int(rng.integers(2))])
            case "stripes":
                pen.polygon([(low, 0), (high, 0), (high + x - 150, SIDE), (low + x - 150, SIDE)], fill=ink)
            case "shards":
                corners = rng.uniform(-30, SIDE + 30, (3, 2))
                pen.polygon(corners.ravel().tolist(), fill=ink)
    if shape == "portrait":
        size = rng.uniform(0.8, 1.3)
        pen.ellipse([x - 75 * size, y + 45 * size, x + 75 * size, y + 260 * size], fill=inks[0])
        pen.ellipse([x - 38 * size, y - 45 * size, x + 38 * size, y + 55 * size], fill=inks[1])
