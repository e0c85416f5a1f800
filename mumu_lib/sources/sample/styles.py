"""Define the sample's taxonomy, a hidden style per branch, and the probability of branches on the same album.

Shares and companions imitate the published dataset (paper, Table 1 and Section 3.1): 84 % of the albums have the label
Pop and 55 % Rock, and an album has 6 labels on average, with a standard deviation of 3.
"""

from itertools import chain
from typing import NamedTuple

import numpy as np

# branch | share of the albums with this main style | further branches of such albums, with their probabilities
TABLE = """
Pop > Vocal Pop | 6 | Adult Contemporary .35, Soul .25, Traditional Pop .2, Blues Rock .15
Pop > Oldies > Traditional Pop | 4 | Vocal Jazz .4, Vocal Pop .4, Big Band .2
Pop > Adult Contemporary | 7 | Folk Rock .4, Vocal Pop .35, Soul .15, Contemporary Folk .1
Pop > Dance Pop | 5 | House .4, Soul .2, New Wave .2, Vocal Pop .2
Rock > Blues Rock | 5 | Chicago Blues .45, Folk Rock .35, Adult Contemporary .2, Progressive Rock .15
Rock > Folk Rock | 5 | Contemporary Folk .4, Adult Contemporary .3, Indie & Lo-Fi .3, Bluegrass .15
Rock > Progressive Rock | 4 | Blues Rock .35, Thrash & Speed Metal .25, New Wave .2, Ambient .2
Alternative Rock > Indie & Lo-Fi | 6 | Folk Rock .5, New Wave .3, Adult Contemporary .2, Ambient .15
Alternative Rock > Hardcore & Punk | 4 | Blues Rock .4, Thrash & Speed Metal .3, Indie & Lo-Fi .35, Dub .1
Alternative Rock > New Wave | 3.5 | Indie & Lo-Fi .4, Dance Pop .35, Progressive Rock .35, Techno .15
Metal > Death Metal | 3 | Thrash & Speed Metal .6, Progressive Rock .5, Hardcore & Punk .25
Metal > Thrash & Speed Metal | 3.5 | Blues Rock .5, Death Metal .4, Hardcore & Punk .4
Jazz > Vocal Jazz | 3.5 | Traditional Pop .45, Vocal Pop .4, Big Band .3, Soul .15
Jazz > Bebop | 3 | Big Band .35, Chamber Music .1, Soul .1, Vocal Jazz .2
Jazz > Traditional Jazz > Swing Jazz > Big Band | 2.5 | Traditional Pop .4, Bebop .3, Vocal Jazz .3
Blues > Chicago Blues | 3 | Blues Rock .6, Soul .25, Contemporary Folk .15
Country > Bluegrass | 3.5 | Contemporary Folk .45, Folk Rock .5, Celtic .2
Rap & Hip-Hop > East Coast | 4.5 | Soul .5, Dance Pop .3, Dub .15
R&B > Soul | 4 | Vocal Pop .5, Chicago Blues .2, East Coast .2, Dance Pop .15
Dance & Electronic > House | 3.5 | Dance Pop .5, Techno .5, Soul .15
Dance & Electronic > Techno | 3 | House .5, Ambient .35, New Wave .35
Dance & Electronic > Ambient | 2.5 | Techno .4, Chamber Music .25, Progressive Rock .35, Indie & Lo-Fi .15
World Music > Caribbean & Cuba > Jamaica > Dancehall | 3 | Dub .6, East Coast .3, Dance Pop .2
World Music > Celtic | 2.5 | Contemporary Folk .6, Folk Rock .4, Chamber Music .1
Reggae > Dub | 3 | Dancehall .6, Blues Rock .25, House .15
Folk > Contemporary Folk | 3 | Folk Rock .6, Celtic .3, Bluegrass .3, Indie & Lo-Fi .2
Classical > Chamber Music | 3 | Ambient .25, Vocal Pop .2, Celtic .15
"""
# Genres with too few albums to be labels, as in real collections: branch -> number of albums among 400.
RARE = {("Blues", "Harmonica Blues"): 5, ("Rock", "Tributes"): 3, ("World Music", "Norway"): 2}
# Probability that an album of a first-level genre also has the label Rock, as half of the real albums do.
ALSO_ROCK = {
    "Alternative Rock": 0.9, "Metal": 0.9, "Blues": 0.6, "Folk": 0.5, "Country": 0.45, "Pop": 0.4, "Reggae": 0.4,
    "World Music": 0.3, "R&B": 0.3, "Dance & Electronic": 0.3, "Rap & Hip-Hop": 0.2, "Jazz": 0.15, "Classical": 0.1,
}  # fmt: skip
# Share of albums with a single first-level genre: among albums whose main style is not Pop, and is Pop.
NICHE_SHARE = 0.21
POP_ONLY_SHARE = 0.3
# Share of the branches that end above the leaf.
GENERAL_SHARE = 0.15
# Share of the albums with one branch too many or too few.
LABEL_NOISE = 0.05
MODALITIES = ("audio", "text", "image")


class Style(NamedTuple):
    """Leaf of the taxonomy with its share of the albums and the probabilities of companion styles."""

    branch: tuple[str, ...]
    share: float
    companions: dict[str, float]


class Album(NamedTuple):
    """Hidden truth of one album: its branches, and the weight of each style."""

    main: str
    branches: list[tuple[str, ...]]
    mixture: np.ndarray

    @property
    def genres(self) -> list[str]:
        """Names of all branches (paper 3.1), from the top level down, each once."""
        return list(dict.fromkeys(chain.from_iterable(self.branches)))


def _read(table: str) -> dict[str, Style]:
    """Return each style by the name of its leaf."""
    styles = {}
    for line in table.strip().splitlines():
        branch, share, companions = map(str.strip, line.split("|"))
        probabilities = {}
        for companion in companions.split(", "):
            name, probability = companion.rsplit(" ", 1)
            probabilities[name] = float(probability)
        names = tuple(branch.split(" > "))
        styles[names[-1]] = Style(names, float(share), probabilities)
    return styles


def _top(style: str) -> str:
    """Return the first-level genre of a style."""
    return STYLES[style].branch[0]


STYLES = _read(TABLE)
NAMES = list(STYLES)
POP = [name for name in NAMES if _top(name) == "Pop"]


def albums(n: int, seed: int) -> list[Album]:
    """Draw the styles and genres of all albums.

    Parameters
    ----------
    n : int > 0
    seed : int >= 0

    Returns
    -------
    albums : list of Album [length n]
        In random order. Main styles have exactly their shares, which makes the number of labels independent of chance.

    Examples
    --------
    >>> albums(40, seed=0)[0].genres
    ['Pop', 'Adult Contemporary']
    """
    rng = np.random.default_rng([seed, 0])
    mains = np.repeat(NAMES, _quota(n)).tolist()
    made = [_album(name, _kind(mains, i), rng) for i, name in enumerate(mains)]
    made = [made[i] for i in rng.permutation(n)]
    for branch, among_400 in RARE.items():
        candidates = [album for album in made if _has_top(album.branches, branch[0])]
        count = round(among_400 * n / 400)
        for i in rng.permutation(len(candidates))[:count]:
            candidates[i].branches.append(branch)
    return made


def view(mixture: np.ndarray, rng: np.random.Generator, *, focus: float, noise: float) -> np.ndarray:
    """Return the view of one modality on a mixture: random scaling of each share, and noise from all styles.

    Parameters
    ----------
    mixture : np.ndarray [shape=(styles,)]
    focus : float > 0
        Exponent of the shares; above 1 it emphasises large shares.
    noise : float in [0, 1]
        Weight of random styles.

    Returns
    -------
    weights : np.ndarray [shape=(styles,)]
        Sums to 1.

    Examples
    --------
    >>> view(np.array([0.7, 0.3, 0.0]), np.random.default_rng(0), focus=2.0, noise=0.0).round(2).tolist()
    [0.72, 0.28, 0.0]
    """
    weights = (mixture * rng.gamma(2, size=len(mixture))) ** focus
    return (1 - noise) * weights / weights.sum() + noise * rng.dirichlet(np.full(len(mixture), 0.1))


def _quota(n: int) -> np.ndarray:
    """Return the number of albums of each main style by the largest remainder method."""
    exact = np.array([style.share for style in STYLES.values()])
    exact *= n / exact.sum()
    counts = exact.astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: n - counts.sum()]] += 1
    return counts


def _kind(mains: list[str], i: int) -> str:
    """Return ``alone`` for the first albums of each style, which have a single first-level genre, else ``shared``."""
    name = mains[i]
    share = NICHE_SHARE
    if name in POP:
        share = POP_ONLY_SHARE
    rank = i - mains.index(name)
    if rank < round(mains.count(name) * share):
        return "alone"
    return "shared"


def _album(main: str, kind: str, rng: np.random.Generator) -> Album:
    """Draw the branches and the mixture of one album."""
    chosen = _with_companions(main, rng)
    if kind == "alone":
        chosen = [name for name in chosen if _top(name) == _top(main)]
    mixture = np.zeros(len(NAMES))
    mixture[NAMES.index(main)] = 1.0
    for name in chosen:
        if name != main:
            mixture[NAMES.index(name)] = rng.uniform(0.35, 0.9)
    branches = [_maybe_shortened(STYLES[name].branch, rng) for name in chosen]
    if kind == "shared":
        _add_rock_and_pop(main, branches, mixture, rng)
        branches = _with_label_noise(branches, rng)
    return Album(main, list(dict.fromkeys(branches)), mixture / mixture.sum())


def _has_top(branches: list[tuple[str, ...]], top: str) -> bool:
    """Return whether an album has a branch of a first-level genre."""
    return any(branch[0] == top for branch in branches)


def _add_rock_and_pop(
    main: str, branches: list[tuple[str, ...]], mixture: np.ndarray, rng: np.random.Generator
) -> None:
    """Add the first-level genres Rock and Pop, with a random style of each, in place."""
    tops = []
    if rng.random() < ALSO_ROCK.get(_top(main), 0):
        tops.append("Rock")
    if main not in POP:
        tops.append("Pop")
    for top in tops:
        if not _has_top(branches, top):
            branches.append((top,))
            below = [i for i, name in enumerate(NAMES) if _top(name) == top]
            mixture[rng.choice(below)] += 0.45


def _with_label_noise(branches: list[tuple[str, ...]], rng: np.random.Generator) -> list[tuple[str, ...]]:
    """Return the branches of an album, sometimes without the last one or with a random one."""
    if rng.random() >= LABEL_NOISE:
        return branches
    if len(branches) > 3:
        return branches[:-1]
    return [*branches, STYLES[rng.choice(NAMES)].branch]


def _with_companions(main: str, rng: np.random.Generator) -> list[str]:
    """Draw companions of the main style and companions of these; the breadth of albums varies."""
    breadth = rng.gamma(1.8, 1.05)
    chosen = [main, *_drawn(STYLES[main].companions, breadth, rng)]
    for name in chosen[1:]:
        chosen += _drawn(STYLES[name].companions, 0.35 * breadth, rng)
    return list(dict.fromkeys(chosen))


def _drawn(companions: dict[str, float], factor: float, rng: np.random.Generator) -> list[str]:
    """Draw each companion with its probability times a factor."""
    return [name for name, probability in companions.items() if rng.random() < factor * probability]


def _maybe_shortened(branch: tuple[str, ...], rng: np.random.Generator) -> tuple[str, ...]:
    """Return a branch, sometimes without its lower levels."""
    if rng.random() < GENERAL_SHARE:
        return branch[: rng.integers(1, len(branch))]
    return branch
