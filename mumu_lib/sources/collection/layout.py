"""Group folders into albums by their names: discs, numbered shards, letters, years, ``Artist - Album``.

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

# Names of the rules in the summary.
BY_TAGS = "by tags that agree"
BY_DISCS = "by folders of discs"
BY_FOLDER = "by folder names"
BY_FILE = "each file its own"
# A folder with more recordings without tags is not an album.
MAX_TRACKS = 99
SHARD = re.compile(r"\d{2,}|[0-9a-f]{2}")
NAMED_SHARD = re.compile(r"(?:batch|chunk|shard|split|fold|block|part|pack|dir|folder|group)[ ._-]*\d+", re.IGNORECASE)
LETTER = re.compile(r"[a-z]|#|0-9|123|[a-z]\s*-\s*[a-z]|other", re.IGNORECASE)


@dataclass
class Group:
    """Files that are one album by the names of their folders.

    Attributes
    ----------
    place : tuple of str
        Parts of the path of the album; for discs next to each other there is no such folder.
    title, artist : str
        From the names; empty if unknown.
    rule : str
        Name of the rule that made the group.
    genre : str
        Genre in the name of a folder, used if there is no other.
    loose : bool
        Whether the folder is not an album; then each file without tags is an album.
    files : dict of str -> int
        Path of each recording, and the number of its disc or 0.
    folders : list of tuple of str
        Folders of genres, cover and texts, the nearest to the album first.
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
    """Classifies folders with recordings by their names and the names of their siblings."""

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
        """Return whether the folders of the collection's root are letters of an alphabet."""
        top = self.children[()]
        letters = list(filter(LETTER.fullmatch, top))
        if len(letters) < 2 or 2 * len(letters) < len(top):
            return False
        fitting = 0
        total = 0
        for letter in letters:
            below = self.children[(letter,)] or set(self.tree.get((letter,), []))
            total += len(below)
            for name in below:
                fitting += _begins_with(name, letter[0])
        return 2 * fitting >= total

    def _genres(self) -> set[str]:
        """Return the folders of the collection's root that are named for genres, if there are several."""
        genres = set()
        for name in self.children[()]:
            if genre_of(name) in KNOWN:
                genres.add(name)
        if len(genres) < 2:
            return set()
        return genres

    def is_genre(self, place: Place) -> bool:
        return len(place) == 1 and place[0] in self.genres

    def is_letter(self, place: Place) -> bool:
        return self.letters and len(place) == 1 and bool(LETTER.fullmatch(place[0]))

    def siblings(self, place: Place) -> set[str]:
        return self.children[place[:-1]]

    def disc(self, place: Place) -> discs.Disc | None:
        """Return the part of the parent folder's album that a folder is; None if it is not a part."""
        disc = discs.pure(place[-1])
        if disc is None or not self._is_part(place, disc):
            return None
        return disc

    def _is_part(self, place: Place, disc: discs.Disc) -> bool:
        """Return whether a folder with the name of a disc is one, by its parent and its siblings."""
        siblings = self.siblings(place)
        parts = list(map(discs.pure, siblings))
        is_number = bool(discs.PLAIN_NUMBER.fullmatch(place[-1]))
        if len(place) > 2 and discs.pure(place[-2]):
            return True
        if len(place) == 1:
            return len(siblings) > 1 and all(parts) and not is_number and () not in self.audio
        if disc.strong or any(part is not None and part.strong for part in parts):
            return True
        if discs.folded(place[-1]) in discs.EXTRAS:
            return place[:-1] in self.audio
        if not all(parts):
            return False
        if is_number:
            return _counts_up(siblings)
        return len(siblings) > 1 or bool(self.tree.get(place[:-1]))

    def shard(self, place: Place) -> bool:
        """Return whether a folder only distributes files, such as ``000`` or ``a3``."""
        if not place:
            return False
        if len(place) >= 3 and all(len(part) == 1 for part in place):
            return True
        name = place[-1]
        if len(name) >= 3 and name.isdigit() and name.startswith("0"):
            return True
        siblings = self.siblings(place)
        if len(place) > 1:
            above = all(SHARD.fullmatch(part) or len(part) == 1 for part in place[:-1])
            equal_lengths = len(set(map(len, siblings))) == 1
            return above and bool(SHARD.fullmatch(name)) and equal_lengths
        numbers = all(SHARD.fullmatch(sibling) or sibling.isdigit() for sibling in siblings)
        named = all(map(NAMED_SHARD.fullmatch, siblings))
        return len(siblings) > 1 and (numbers or named)

    def container(self, place: Place) -> bool:
        """Return whether the names in a folder begin with several artists; then its own name is not an artist."""
        names = self.children[place]
        artists = set()
        dashed = 0
        for name in names:
            first, dash, _ = parted(clean_title(name))
            dashed += dash
            if dash:
                artists.add(artist_key(first))
        return len(artists) > 1 and dashed >= 0.6 * len(names)


def _begins_with(name: str, letter: str) -> bool:
    """Return whether a name without its article begins with a letter, or both begin with a sign.

    Examples
    --------
    >>> _begins_with("The Beatles", "B"), _begins_with("2Pac", "#"), _begins_with("Can", "B")
    (True, True, False)
    """
    first = re.sub(r"^(?:the|die|der|das|les?|la)\s+", "", name, flags=re.IGNORECASE)[:1]
    if first.casefold() == letter.casefold():
        return True
    return not first.isalpha() and not letter.isalpha()


def _counts_up(names: set[str]) -> bool:
    """Return whether names are the numbers from 1 to at least 2.

    Examples
    --------
    >>> _counts_up({"01", "02"}), _counts_up({"1", "3"})
    (True, False)
    """
    if not all(name.isdigit() for name in names):
        return False
    return len(names) > 1 and sorted(map(int, names)) == list(range(1, len(names) + 1))


def group(tree: Tree) -> list[Group]:
    """Return the albums by folder names, and one group per folder of loose files.

    Parameters
    ----------
    tree : dict
        From :func:`~mumu_lib.sources.collection.walk.walk`.

    Examples
    --------
    >>> [(found.artist, found.title) for found in group({("Can", "1971 - Tago Mago"): ["1.mp3", "2.mp3"]})]
    [('Can', 'Tago Mago')]
    """
    names = _Names(tree)
    by_album: dict[tuple[Place, bool], Group] = {}
    for place in sorted(names.audio):
        album, number, rule = _album(names, place)
        is_loose = rule == BY_FILE
        found = by_album.setdefault((album, is_loose), Group(album, rule=rule, loose=is_loose))
        if rule == BY_DISCS and album != place:
            found.rule = BY_DISCS
        for name in tree[place]:
            if is_sound(name):
                found.files["/".join((*place, name))] = number
        found.folders.append(place)
    groups = _joined_discs(list(by_album.values()), names)
    for found in groups:
        _name(found, names)
    return groups


def _album(names: _Names, place: Place) -> tuple[Place, int, str]:
    """Return the album folder of the recordings in a folder, the number of their disc, and the rule."""
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


def _joined_discs(groups: list[Group], names: _Names) -> list[Group]:
    """Join albums in the same folder whose names differ only in the disc."""
    joined: list[Group] = []
    by_base: dict[Place, list[tuple[Group, int]]] = {}
    for found in groups:
        base = found.place
        number = 0
        if found.loose:
            # Loose files are never joined; their place as a key only keeps the order of the groups.
            by_base[(*base, "", str(id(found)))] = [(found, number)]
            continue
        disc = _disc_in_name(found.place, names)
        if disc:
            base = (*found.place[:-1], disc.base)
            number = disc.number
        if base:
            base = (*base[:-1], discs.folded(base[-1]))
        by_base.setdefault(base, []).append((found, number))
    for members in by_base.values():
        joined.append(_join(members))
    return joined


def _disc_in_name(place: Place, names: _Names) -> discs.Disc | None:
    """Return the disc at the end of an album's name, if it is unambiguous or another disc is in the same folder."""
    if not place:
        return None
    disc = discs.suffix(place[-1])
    if disc and (disc.strong or _has_partner(place, disc, names)):
        return disc
    return None


def _has_partner(place: Place, disc: discs.Disc, names: _Names) -> bool:
    """Return whether another disc of the same album is in the same folder."""
    for sibling in names.siblings(place) - {place[-1]}:
        other = discs.suffix(sibling)
        if other and discs.folded(other.base) == discs.folded(disc.base):
            return True
    return False


def _join(members: list[tuple[Group, int]]) -> Group:
    """Join the discs of an album."""
    first, number = members[0]
    disc = None
    if number and first.place:
        disc = discs.suffix(first.place[-1])
    if disc:
        first.title = disc.base
    if len(members) == 1:
        return first
    if disc:
        first.place = (*first.place[:-1], disc.base)
    first.rule = BY_DISCS
    files: dict[str, int] = {}
    folders: list[Place] = []
    for member, outer in members:
        folders += member.folders
        for path, inner in member.files.items():
            files[path] = inner or outer
    first.files = files
    first.folders = folders
    return first


def _name(found: Group, names: _Names) -> None:
    """Set title, artist and genre of a group, and add its own folder."""
    if names.is_genre(found.place[:1]) and (found.loose or len(found.place) > 2):
        found.genre = found.place[0]
    if found.loose:
        return
    if found.place not in found.folders and found.place in names.tree:
        found.folders.insert(0, found.place)
    if not found.place:
        return
    found.title = clean_title(found.title or found.place[-1])
    above = found.place[:-1]
    while above and (is_year(above[-1]) or (len(above) > 1 and is_shelf(above[-1]))):
        above = above[:-1]
    first, dash, rest = parted(found.title)
    genre = bool(above) and genre_of(above[-1]) in KNOWN
    outside = not above or names.is_letter(above) or names.container(above) or genre
    if dash and (outside or artist_key(first) == artist_key(above[-1])):
        found.artist = first
        found.title = clean_title(rest)
        if genre and not found.genre:
            found.genre = above[-1]
    elif above and not names.is_letter(above):
        found.artist = above[-1]
