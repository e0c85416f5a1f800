"""Which folders are one album, by their names alone: discs, numbered shards, letters, years, ``Artist - Album``.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

import re
from collections import defaultdict
from dataclasses import dataclass, field

from mumu_lib.sources.collection import discs
from mumu_lib.sources.collection.artists import artist_key
from mumu_lib.sources.collection.naming import clean_title, is_shelf, is_year, parted
from mumu_lib.sources.collection.walk import Place, Tree, is_sound
from mumu_lib.sources.tags.vocabulary import KNOWN, folded as genre_of

# Rules, as the command counts them.
BY_TAGS = "by tags that agree"
BY_DISCS = "by folders of discs"
BY_FOLDER = "by folder names"
BY_FILE = "each file its own"
# A folder of more recordings without tags is no album.
MOST_TRACKS = 99
SHARD = re.compile(r"\d{2,}|[0-9a-f]{2}")
NAMED_SHARD = re.compile(r"(?:batch|chunk|shard|split|fold|block|part|pack|dir|folder|group)[ ._-]*\d+", re.IGNORECASE)
LETTER = re.compile(r"[a-z]|#|0-9|123|[a-z]\s*-\s*[a-z]|other", re.IGNORECASE)


@dataclass
class Group:
    """Files that folder names alone make one album.

    Attributes
    ----------
    place : tuple of str
        Parts of the path that names the album; of discs side by side it is no folder.
    title, artist : str
        From the names; empty where they say nothing.
    rule : str
        Which rule made it.
    genre : str
        What a folder named for a genre says; used where nothing else does.
    loose : bool
        Whether its folder is none of an album, so that without tags each file is its own.
    files : dict of str -> int
        Path of each recording, and the number of its disc or 0.
    folders : list of tuple of str
        Where its genres, cover and texts may lie, the nearest to the album first.
    """

    place: Place
    title: str = ""
    artist: str = ""
    rule: str = BY_FOLDER
    genre: str = ""
    loose: bool = False
    files: dict[str, int] = field(default_factory=dict)
    folders: list[Place] = field(default_factory=list)


class _Names:
    """What the names of all folders with recordings say of each other."""

    def __init__(self, tree: Tree) -> None:
        self.tree = tree
        self.audio: set[Place] = set()
        self.children: dict[Place, set[str]] = defaultdict(set)
        for place, names in tree.items():
            if any(map(is_sound, names)):
                self.audio.add(place)
                for depth in range(len(place)):
                    self.children[place[:depth]].add(place[depth])
        self.letters = self._letters()
        self.genres = self._genres()

    def _letters(self) -> bool:
        """Whether the folders of the collection's root are letters of an alphabet."""
        top = self.children[()]
        letters = [name for name in top if LETTER.fullmatch(name)]
        if len(letters) < 2 or 2 * len(letters) < len(top):
            return False
        fitting = 0
        held = 0
        for letter in letters:
            below = self.children[(letter,)] or set(self.tree.get((letter,), []))
            held += len(below)
            for name in below:
                first = re.sub(r"^(?:the|die|der|das|les?|la)\s+", "", name, flags=re.IGNORECASE)[:1]
                fitting += first.casefold() == letter[0].casefold() or (not first.isalpha() and not letter[0].isalpha())
        return 2 * fitting >= held

    def _genres(self) -> set[str]:
        """Return the folders of the collection's root that are named for genres, if there are several."""
        named = set()
        for name in self.children[()]:
            if genre_of(name) in KNOWN:
                named.add(name)
        return named if len(named) > 1 else set()

    def is_genre(self, place: Place) -> bool:
        return len(place) == 1 and place[0] in self.genres

    def is_letter(self, place: Place) -> bool:
        return self.letters and len(place) == 1 and bool(LETTER.fullmatch(place[0]))

    def siblings(self, place: Place) -> set[str]:
        return self.children[place[:-1]]

    def disc(self, place: Place) -> discs.Disc | None:
        """Say which part of the folder above a folder is, if it is one."""
        disc = discs.pure(place[-1])
        if disc is None:
            return None
        among = self.siblings(place)
        parts = [discs.pure(name) for name in among]
        if len(place) > 2 and discs.pure(place[-2]):
            return disc
        if len(place) == 1:
            number = discs.PLAIN_NUMBER.fullmatch(place[0])
            return disc if len(among) > 1 and all(parts) and not number and () not in self.audio else None
        if disc.strong:
            return disc
        if any(part is not None and part.strong for part in parts):
            return disc
        if discs.folded(place[-1]) in discs.EXTRAS:
            return disc if place[:-1] in self.audio else None
        if not all(parts):
            return None
        if discs.PLAIN_NUMBER.fullmatch(place[-1]):
            return disc if _counts_up(among) else None
        return disc if len(among) > 1 or self.tree.get(place[:-1]) else None

    def shard(self, place: Place) -> bool:
        """Whether a folder is one of many that only share files out, such as ``000`` or ``a3``."""
        if not place:
            return False
        if len(place) >= 3 and all(len(part) == 1 for part in place):
            return True
        name = place[-1]
        if len(name) >= 3 and name.isdigit() and name.startswith("0"):
            return True
        if len(place) > 1:
            above = all(SHARD.fullmatch(part) or len(part) == 1 for part in place[:-1])
            return above and bool(SHARD.fullmatch(name)) and len({*map(len, self.siblings(place))}) == 1
        among = self.siblings(place)
        numbers = all(SHARD.fullmatch(other) or other.isdigit() for other in among)
        named = all(NAMED_SHARD.fullmatch(other) for other in among)
        return len(among) > 1 and (numbers or named)

    def container(self, place: Place) -> bool:
        """Whether the names in a folder begin with several artists, so that its own name is none of them."""
        among = self.children[place]
        before = set()
        dashed = 0
        for name in among:
            first, dash, _ = parted(clean_title(name))
            dashed += dash
            if dash:
                before.add(artist_key(first))
        return len(before) > 1 and dashed >= 0.6 * len(among)


def _counts_up(names: set[str]) -> bool:
    """Whether names are the numbers from 1 on, two at least."""
    if not all(name.isdigit() for name in names):
        return False
    return len(names) > 1 and sorted(map(int, names)) == list(range(1, len(names) + 1))


def group(tree: Tree) -> list[Group]:
    """Return the albums that folder names make, and loose files as one group a folder.

    Parameters
    ----------
    tree : dict
        As of :func:`~mumu_lib.sources.collection.walk.walk`.
    """
    names = _Names(tree)
    made: dict[tuple[Place, bool], Group] = {}
    for place in sorted(names.audio):
        album, number, rule = _album(names, place)
        found = made.setdefault((album, rule == BY_FILE), Group(album, rule=rule, loose=rule == BY_FILE))
        if rule == BY_DISCS and album != place:
            found.rule = BY_DISCS
        for name in tree[place]:
            if is_sound(name):
                found.files["/".join((*place, name))] = number
        found.folders.append(place)
    groups = _together(list(made.values()), names)
    for one in groups:
        _name(one, names)
    return groups


def _album(names: _Names, place: Place) -> tuple[Place, int, str]:
    """Return the folder of an album that the recordings in one folder belong to, their disc, and the rule."""
    if not place or names.shard(place):
        return place, 0, BY_FILE
    if names.is_letter(place) or names.is_genre(place):
        return place, 0, BY_FILE
    number = 0
    rule = BY_FOLDER
    while place:
        disc = names.disc(place)
        if disc is None:
            break
        number = number or disc.number
        rule = BY_DISCS
        place = place[:-1]
    return place, number, rule


def _together(groups: list[Group], names: _Names) -> list[Group]:
    """Join albums beside each other whose names differ by the disc that they name."""
    by_base: dict[Place, list[tuple[Group, int]]] = defaultdict(list)
    for one in groups:
        base = one.place
        number = 0
        disc = discs.suffix(one.place[-1]) if one.place and not one.loose else None
        if disc and (disc.strong or _has_partner(one.place, disc, names)):
            base = (*one.place[:-1], disc.base)
            number = disc.number
        key = base if not one.loose else (*base, "", str(id(one)))
        by_base[(*key[:-1], discs.folded(key[-1]))[: len(key)] if key else key].append((one, number))
    joined = []
    for members in by_base.values():
        joined.append(_join(members))
    return joined


def _has_partner(place: Place, disc: discs.Disc, names: _Names) -> bool:
    for other in names.siblings(place) - {place[-1]}:
        beside = discs.suffix(other)
        if beside and discs.folded(beside.base) == discs.folded(disc.base):
            return True
    return False


def _join(members: list[tuple[Group, int]]) -> Group:
    first, number = members[0]
    disc = discs.suffix(first.place[-1]) if number and first.place else None
    if disc:
        first.title = disc.base
    if len(members) == 1:
        return first
    if disc:
        first.place = (*first.place[:-1], disc.base)
    first.rule = BY_DISCS
    files: dict[str, int] = {}
    folders: list[Place] = []
    for one, outer in members:
        folders += one.folders
        for path, inner in one.files.items():
            files[path] = inner or outer
    first.files = files
    first.folders = folders
    return first


def _name(one: Group, names: _Names) -> None:
    """Give a group its title, artist and genre, and the folders that belong to it."""
    if names.is_genre(one.place[:1]) and (one.loose or len(one.place) > 2):
        one.genre = one.place[0]
    if one.loose:
        return
    if one.place not in one.folders and one.place in names.tree:
        one.folders.insert(0, one.place)
    if not one.place:
        return
    one.title = clean_title(one.title or one.place[-1])
    above = one.place[:-1]
    while above and (is_year(above[-1]) or (len(above) > 1 and is_shelf(above[-1]))):
        above = above[:-1]
    first, dash, rest = parted(one.title)
    genre = bool(above) and genre_of(above[-1]) in KNOWN
    outside = not above or names.is_letter(above) or names.container(above) or genre
    if dash and (outside or artist_key(first) == artist_key(above[-1])):
        one.artist = first
        one.title = clean_title(rest)
        if genre and not one.genre:
            one.genre = above[-1]
    elif above and not names.is_letter(above):
        one.artist = above[-1]
