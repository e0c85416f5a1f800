"""Decide which recordings are an album: from tags that agree, otherwise from folder names.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mumu_lib.core.fingerprints import hash_of
from mumu_lib.sources.collection import discs
from mumu_lib.sources.collection.artists import artist_key, folded, is_nobody
from mumu_lib.sources.collection.layout import BY_FILE, BY_FOLDER, BY_TAGS, MAX_TRACKS, Group
from mumu_lib.sources.collection.naming import album_title, names_of
from mumu_lib.sources.collection.walk import Place
from mumu_lib.sources.tags import Tags

# Artist key of a compilation.
MANY = "\0many"


@dataclass
class Part:
    """Recordings of one group of files that have the same album in their tags.

    Attributes
    ----------
    group : Group
    paths : list of str
    title : str
        Key of the album's name in the tags; empty if they have none.
    who : str
        Key of the artist; ``MANY`` for a compilation, empty if unknown.
    named : bool
        Whether the group's folder is the folder of this album; then its covers and texts belong to the album.
    """

    group: Group
    paths: list[str]
    title: str = ""
    who: str = ""
    named: bool = False


@dataclass
class Album:
    """One album.

    Attributes
    ----------
    album_id, title, artist, rule : str
    nobody : bool
        Whether there is no single artist, as for a compilation.
    unit : str
        Albums with the same unit stay in the same split; empty if the album may be alone.
    paths : list of str
        Recordings.
    folders : list of tuple of str
        Folders of genres, cover and texts.
    loose : bool
        Whether these folders are not those of the album; then only files with the name of a recording belong to it.
    genre : str
        Genre in the name of a folder, used if there is no other.
    """

    album_id: str
    title: str
    artist: str
    rule: str
    nobody: bool
    unit: str
    paths: list[str]
    folders: list[Place] = field(default_factory=list)
    loose: bool = False
    genre: str = ""


def decide(groups: Iterable[Group], found: Mapping[str, Tags]) -> list[Album]:
    """Return the albums of a collection.

    Parameters
    ----------
    groups : iterable of Group
        Groups by folder names, from :func:`mumu_lib.sources.collection.layout.group`.
    found : dict of str -> Tags
        Tags of each recording. Equal names of album and artist are one album, also across folders, unless two tracks
        with the same number have different titles.

    Returns
    -------
    albums : list of Album
        Sorted by their ids, which are unique.

    Examples
    --------
    >>> group = Group(("Can", "Tago Mago"), title="Tago Mago", artist="Can", files={"Can/Tago Mago/1.mp3": 0})
    >>> [(album.album_id, album.artist) for album in decide([group], {"Can/Tago Mago/1.mp3": Tags()})]
    [('Can/Tago Mago', 'Can')]
    """
    alone: list[list[Part]] = []
    alike: dict[tuple[str, str], list[Part]] = defaultdict(list)
    for group in groups:
        for part in _parts(group, found):
            if part.title and part.who:
                alike[part.title, part.who].append(part)
            else:
                alone.append([part])
    clusters = alone
    for parts in alike.values():
        clusters += _joined(parts, found)
    albums = []
    for cluster in clusters:
        albums.append(_album(cluster, found))
    return _with_ids_apart(albums)


def _parts(group: Group, found: Mapping[str, Tags]) -> list[Part]:
    """Divide a group by the album names in the tags."""
    by_title: dict[str, list[str]] = defaultdict(list)
    for path in group.files:
        by_title[folded(album_title(found[path]))].append(path)
    unnamed = by_title.pop("", [])
    own = folded(group.title)
    if len(by_title) == 1 and not group.loose:
        own = next(iter(by_title))
    if own in by_title and not group.loose:
        # Recordings without tags belong to the album of the other recordings in the folder.
        by_title[own] = sorted([*by_title[own], *unnamed])
        unnamed = []
    parts = []
    for title, paths in by_title.items():
        pieces = _by_artist(paths, found, alone=len(by_title) == 1)
        for piece in pieces:
            part = _part(group, piece, title, found)
            part.named = title == own and not group.loose and len(pieces) == 1
            parts.append(part)
    if by_title or group.loose or len(unnamed) > MAX_TRACKS:
        for path in unnamed:
            parts.append(Part(group, [path]))
    elif unnamed:
        parts.append(Part(group, unnamed, named=True))
    return parts


def _part(group: Group, paths: list[str], title: str, found: Mapping[str, Tags]) -> Part:
    """Return a part with the key of its artist, from the folder if the tags have none."""
    own = [found[path] for path in paths]
    who = _who(own)
    has_artist = any(tags.artists or tags.compilation for tags in own)
    if not who and not has_artist and not group.loose:
        who = artist_key(group.artist)
    return Part(group, paths, title, who)


def _who(tags: list[Tags]) -> str:
    """Return the key of the album artist, otherwise of the only artist of all tracks; empty if there are several."""
    album_artists: set[str] = set()
    artists: set[str] = set()
    for track in tags:
        if track.album_artist:
            album_artists.add(artist_key(track.album_artist))
        if track.artists:
            artists.add(artist_key(track.artist))
    if album_artists == {""}:
        return MANY
    if album_artists:
        album_artists.discard("")
        if len(album_artists) > 1:
            return ""
        return album_artists.pop()
    if len(artists) == 1:
        return artists.pop() or MANY
    if artists and any(track.compilation for track in tags):
        return MANY
    return ""


def _by_artist(paths: list[str], found: Mapping[str, Tags], alone: bool) -> list[list[str]]:
    """Divide albums of the same name by their artists.

    Parameters
    ----------
    alone : bool
        Whether the folder has no other album; then only duplicate track numbers show that there are several albums.
    """
    stated: dict[str, list[str]] = defaultdict(list)
    acting: dict[str, list[str]] = defaultdict(list)
    slots: Counter[tuple[int, int]] = Counter()
    for path in paths:
        tags = found[path]
        if tags.album_artist:
            stated[artist_key(tags.album_artist)].append(path)
        acting[artist_key(tags.artist)].append(path)
        if tags.track:
            slots[tags.disc or 1, tags.track] += 1
    collide = bool(slots) and max(slots.values()) > 1
    if len(stated) > 1 and (collide or not alone):
        pieces = list(stated.values())
        without_artist = [path for path in paths if not found[path].album_artist]
        if without_artist:
            pieces.append(without_artist)
        return pieces
    if len(stated) == 1 or len(acting) < 2 or any(found[path].compilation for path in paths):
        return [paths]
    several_each = all(len(own) > 1 for own in acting.values())
    if several_each and (collide or (not slots and not alone)):
        return list(acting.values())
    return [paths]


def _joined(parts: list[Part], found: Mapping[str, Tags]) -> list[list[Part]]:
    """Join parts with the same album and artist, unless tracks with the same number have different titles."""
    clusters: list[list[Part]] = []
    tracks: list[dict[tuple[int, int], str]] = []
    for part in sorted(parts, key=lambda part: part.paths[0]):
        own = _tracks(part, found)
        for cluster, titles in zip(clusters, tracks, strict=True):
            if _compatible(titles, own):
                cluster.append(part)
                titles.update(own)
                break
        else:
            clusters.append([part])
            tracks.append(own)
    return clusters


def _compatible(titles: Mapping[tuple[int, int], str], others: Mapping[tuple[int, int], str]) -> bool:
    """Return whether tracks with the same disc and number have the same title."""
    return all(titles.get(slot, title) == title for slot, title in others.items())


def _tracks(part: Part, found: Mapping[str, Tags]) -> dict[tuple[int, int], str]:
    """Return the titles of a part's tracks by disc and track number."""
    titles = {}
    for path in part.paths:
        tags = found[path]
        disc = tags.disc or part.group.files[path]
        named = discs.suffix(tags.album)
        if not disc and named:
            disc = named.number
        disc = disc or 1
        if tags.track and tags.title:
            titles[disc, tags.track] = folded(tags.title)
    return titles


def _album(cluster: list[Part], found: Mapping[str, Tags]) -> Album:
    """Make an album from a cluster of parts."""
    first = cluster[0]
    group = first.group
    paths: list[str] = []
    folders: dict[Place, None] = {}
    for part in cluster:
        paths += part.paths
        folders |= dict.fromkeys(part.group.folders)
    tags = [found[path] for path in paths]
    agree = len(list(filter(None, map(album_title, tags)))) > 1
    unit = ""
    if first.who and first.title:
        unit = f"{first.who}\0{first.title}"
    placed = len(cluster) == 1 and first.named
    title, artist, many = _called(group, tags, placed, agree)
    return Album(
        album_id=_id(first, placed, title, artist),
        title=title,
        artist=artist,
        rule=_rule(first, placed, agree),
        nobody=many or is_nobody(artist),
        unit=unit,
        paths=sorted(paths),
        folders=list(folders),
        loose=not any(part.named for part in cluster),
        genre=group.genre,
    )


def _called(group: Group, tags: list[Tags], placed: bool, agree: bool) -> tuple[str, str, bool]:
    """Return title and artist from tags that agree, otherwise from the folder, and whether there are many artists."""
    title, artist, many = names_of(tags)
    if placed and group.title and not (title and agree):
        title = group.title
    if group.artist and (not artist or (placed and not agree)) and not (many and not placed):
        artist = group.artist
    return title, artist, many


def _rule(first: Part, placed: bool, agree: bool) -> str:
    """Return the name of the rule that made an album."""
    if placed and not agree:
        return first.group.rule
    if first.title:
        return BY_TAGS
    return BY_FILE


def _id(first: Part, placed: bool, title: str, artist: str) -> str:
    """Return the path of the album's folder, otherwise artist and title, otherwise the path of the recording."""
    if placed:
        return "/".join(first.group.place) or first.group.title
    if first.title:
        return f"{artist} / {title}"
    return " ".join(first.paths[0].split())


def _with_ids_apart(albums: list[Album]) -> list[Album]:
    """Make ids unique and remove line ends; in a conflict the album of a folder keeps its id."""
    used: set[str] = set()
    for album in sorted(albums, key=lambda album: (album.rule == BY_TAGS, album.rule != BY_FOLDER, album.paths[0])):
        name = " ".join(album.album_id.splitlines())
        if name in used:
            name = f"{name} [{hash_of(album.paths[0], length=6)}]"
        used.add(name)
        album.album_id = name
    return sorted(albums, key=lambda album: album.album_id)
