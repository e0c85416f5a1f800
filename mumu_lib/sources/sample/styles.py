"""What the sample's albums are: the taxonomy, a hidden style per branch, and which branches share an album.

Shares and companions imitate the published dataset (paper, Table 1 and Section 3.1): Pop stands on
84 % of its albums, Rock on 55 %, and an album carries 6 labels on average, with a deviation of 3.
"""

from typing import NamedTuple

import numpy as np

# branch | share of the albums that have it as main style | other branches such albums stand under, and how often
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
# Genres on too few albums to be labels, as in any real collection: branch -> albums among 400.
RARE = {("Blues", "Harmonica Blues"): 5, ("Rock", "Tributes"): 3, ("World Music", "Norway"): 2}
# How often an album of a first-level genre also stands under Rock, which half of the real albums do.
ALSO_ROCK = {
    "Alternative Rock": 0.9, "Metal": 0.9, "Blues": 0.6, "Folk": 0.5, "Country": 0.45, "Pop": 0.4, "Reggae": 0.4,
    "World Music": 0.3, "R&B": 0.3, "Dance & Electronic": 0.3, "Rap & Hip-Hop": 0.2, "Jazz": 0.15, "Classical": 0.1,
}  # fmt: skip
NICHE_SHARE = 0.21  # of the albums that are not mainly Pop: one first-level genre, and no Pop
POP_ONLY_SHARE = 0.3  # of the albums that are mainly Pop
GENERAL_SHARE = 0.15  # of the branches: filed one level above the leaf
LABEL_NOISE = 0.05  # of the albums: one branch too many or too few
MODALITIES = ("audio", "text", "image")


class Style(NamedTuple):
    """A leaf of the taxonomy with its share of the albums and its companions' probabilities."""

    branch: tuple[str, ...]
    share: float
    companions: dict[str, float]


class Album(NamedTuple):
    """Hidden truth of one album: its branches, and the weight of each style in it."""

    main: str
    branches: list[tuple[str, ...]]
    mixture: np.ndarray

    @property
    def genres(self) -> list[str]:
        """Names of all branches (paper 3.1), from the top level down, each once."""
        return list(dict.fromkeys(name for branch in self.branches for name in branch))


def _read(table: str) -> dict[str, Style]:
    styles = {}
    for line in table.strip().splitlines():
        branch, share, companions = (part.strip() for part in line.split("|"))
        pairs = (pair.rsplit(" ", 1) for pair in companions.split(", "))
        names = tuple(branch.split(" > "))
        styles[names[-1]] = Style(names, float(share), {name.strip(): float(p) for name, p in pairs})
    return styles


STYLES = _read(TABLE)
NAMES = list(STYLES)
POP = [name for name in NAMES if STYLES[name].branch[0] == "Pop"]


def albums(n: int, seed: int) -> list[Album]:
    """Styles and genres of the whole collection.

    Parameters
    ----------
    n : int > 0
    seed : int >= 0

    Returns
    -------
    albums : list of Album [length n]
        In random order; main styles fill their shares exactly, so that no label depends on luck to exist.
    """
    rng = np.random.default_rng([seed, 0])
    mains = [name for name, count in zip(NAMES, _quota(n), strict=True) for _ in range(count)]
    made = [_album(name, _kind(mains, i), rng) for i, name in enumerate(mains)]
    made = [made[i] for i in rng.permutation(n)]
    for branch, among_400 in RARE.items():
        homes = [album for album in made if any(b[0] == branch[0] for b in album.branches)]
        for i in rng.permutation(len(homes))[: round(among_400 * n / 400)]:
            homes[i].branches.append(branch)
    return made


def view(mixture: np.ndarray, rng: np.random.Generator, *, focus: float, noise: float) -> np.ndarray:
    """What one modality shows of a mixture: every share scaled at random, and some of anything.

    Parameters
    ----------
    mixture : np.ndarray [shape=(styles,)]
    focus : float > 0
        Above 1, the larger shares stand out.
    noise : float in [0, 1]
        Weight of styles that have nothing to do with the album.

    Returns
    -------
    seen : np.ndarray [shape=(styles,)]
        Sums to 1.
    """
    seen = (mixture * rng.gamma(2, size=len(mixture))) ** focus
    return (1 - noise) * seen / seen.sum() + noise * rng.dirichlet(np.full(len(mixture), 0.1))


def _quota(n: int) -> np.ndarray:
    """Albums of each main style: largest remainders."""
    exact = np.array([style.share for style in STYLES.values()])
    exact *= n / exact.sum()
    counts = exact.astype(int)
    counts[np.argsort(counts - exact, kind="stable")[: n - counts.sum()]] += 1
    return counts


def _kind(mains: list[str], i: int) -> str:
    """``alone`` for the share of each style's albums that stand under a single first-level genre."""
    name = mains[i]
    rank, count = i - mains.index(name), mains.count(name)
    return "alone" if rank < round(count * (POP_ONLY_SHARE if name in POP else NICHE_SHARE)) else "shared"


def _album(main: str, kind: str, rng: np.random.Generator) -> Album:
    chosen = _companions(main, rng)
    if kind == "alone":
        chosen = [name for name in chosen if STYLES[name].branch[0] == STYLES[main].branch[0]]
    mixture = np.zeros(len(NAMES))
    for name in chosen:
        mixture[NAMES.index(name)] = 1.0 if name == main else rng.uniform(0.35, 0.9)
    branches = [_filed(STYLES[name].branch, rng) for name in chosen]
    if kind == "shared":
        also_rock = rng.random() < ALSO_ROCK.get(STYLES[main].branch[0], 0)
        for top in ["Rock"] * also_rock + ["Pop"] * (main not in POP):
            if not any(branch[0] == top for branch in branches):
                branches.append((top,))
                mixture[rng.choice([i for i, name in enumerate(NAMES) if STYLES[name].branch[0] == top])] += 0.45
        if rng.random() < LABEL_NOISE:
            branches = branches[:-1] if len(branches) > 3 else [*branches, STYLES[rng.choice(NAMES)].branch]
    return Album(main, list(dict.fromkeys(branches)), mixture / mixture.sum())


def _companions(main: str, rng: np.random.Generator) -> list[str]:
    """Main style, styles that go with it, and some that go with those; albums differ in how broad they are."""
    breadth = rng.gamma(1.8, 1.05)
    chosen = [main] + [name for name, p in STYLES[main].companions.items() if rng.random() < breadth * p]
    for name in chosen[1:]:
        chosen += [other for other, p in STYLES[name].companions.items() if rng.random() < 0.35 * breadth * p]
    return list(dict.fromkeys(chosen))


def _filed(branch: tuple[str, ...], rng: np.random.Generator) -> tuple[str, ...]:
    return branch[: rng.integers(1, len(branch))] if rng.random() < GENERAL_SHARE else branch
