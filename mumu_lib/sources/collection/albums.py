"""What is an album: tags that agree win over folder names, folder names over nothing.

Paper: none.  Notebooks: all, through ``mumu_lib.sources.folder``.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from mumu_lib.core.fingerprints import hash_of
from mumu_lib.sources.collection import discs
from mumu_lib.sources.collection.artists import artist_key, folded, is_nobody
from mumu_lib.sources.collection.layout import BY_FILE, BY_FOLDER, BY_TAGS, MOST_TRACKS, Group
from mumu_lib.sources.collection.naming import album_title, names_of
from mumu_lib.sources.collection.walk import Place
from mumu_lib.sources.tags import Tags

MANY = "\0many"


@dataclass
class Part:
    """Recordings of one group of files that tags do not tell apart.

    Attributes
    ----------
    group : Group
    paths : list of str
    title : str
        What the album's name in the tags is compared by; empty where they name none.
    who : str
        What the artist is compared by; ``MANY`` for a compilation, empty where nothing says.
    named : bool
        Whether the folder is that of its album, so that what lies in it is about this one.
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
        Whether its artist is nobody in particular, as of a compilation.
    unit : str
        Albums with one unit, though not one album by their tracks, must not part; empty for none.
    paths : list of str
        Its recordings.
    folders : list of tuple of str
        Where its genres, cover and texts may lie.
    loose : bool
        Whether these folders are about other things, so that only files of a recording's own name are about it.
    genre : str
        Of a folder named for one; used where nothing else says.
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
        What folder names say, from :func:`mumu_lib.sources.collection.layout.group`.
    found : dict of str -> Tags
        Of each recording. Equal names of album and artist make one album, in several folders too, unless a track of
        one number has two titles.

    Returns
    -------
    albums : list of Album
        In the order of their ids, which are unlike.
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
    """Take a group apart by the albums that its tags name."""
    by_title: dict[str, list[str]] = defaultdict(list)
    for path in group.files:
        by_title[folded(album_title(found[path]))].append(path)
    unnamed = by_title.pop("", [])
    own = folded(group.title)
    if len(by_title) == 1 and not group.loose:
        own = next(iter(by_title))
    if own in by_title and not group.loose:
        # What has no tags lies beside what has them.
        by_title[own] = sorted([*by_title[own], *unnamed])
        unnamed = []
    parts = []
    for title, paths in by_title.items():
        pieces = _by_artist(paths, found, alone=len(by_title) == 1)
        for piece in pieces:
            part = _part(group, piece, title, found)
            part.named = title == own and not group.loose and len(pieces) == 1
            parts.append(part)
    if by_title or group.loose or len(unnamed) > MOST_TRACKS:
        for path in unnamed:
            parts.append(Part(group, [path]))
    elif unnamed:
        parts.append(Part(group, unnamed, named=True))
    return parts


def _part(group: Group, paths: list[str], title: str, found: Mapping[str, Tags]) -> Part:
    own = []
    for path in paths:
        own.append(found[path])
    who = _who(own)
    if not who and not any(tags.artists or tags.compilation for tags in own) and not group.loose:
        who = artist_key(group.artist)
    return Part(group, paths, title, who)


def _who(tags: list[Tags]) -> str:
    """Return what tags have for artist, as it is compared: the album's, else the only one of all tracks."""
    stated = {one.album_artist for one in tags if one.album_artist}
    keys = {artist_key(name) for name in stated}
    if keys == {""}:
        return MANY
    if keys:
        keys.discard("")
        return keys.pop() if len(keys) == 1 else ""
    artists = {artist_key(one.artist) for one in tags if one.artists}
    if len(artists) == 1:
        return artists.pop() or MANY
    if artists and any(one.compilation for one in tags):
        return MANY
    return ""


def _by_artist(paths: list[str], found: Mapping[str, Tags], alone: bool) -> list[list[str]]:
    """Take apart albums of one name by several artists.

    Parameters
    ----------
    alone : bool
        Whether it is the only name in its folder; then only tracks that stand twice tell that it is several albums.
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
        silent = [path for path in paths if not found[path].album_artist]
        return [*stated.values(), silent] if silent else list(stated.values())
    if len(stated) == 1 or len(acting) < 2 or any(found[path].compilation for path in paths):
        return [paths]
    several_each = all(len(own) > 1 for own in acting.values())
    if several_each and (collide or (not slots and not alone)):
        return list(acting.values())
    return [paths]


def _joined(parts: list[Part], found: Mapping[str, Tags]) -> list[list[Part]]:
    """Join the parts of several groups that agree in album and artist, unless their tracks contradict it."""
    clusters: list[list[Part]] = []
    tracks: list[dict[tuple[int, int], str]] = []
    for part in sorted(parts, key=lambda part: part.paths[0]):
        own = _tracks(part, found)
        for cluster, known in zip(clusters, tracks, strict=True):
            if all(known.get(slot, title) == title for slot, title in own.items()):
                cluster.append(part)
                known.update(own)
                break
        else:
            clusters.append([part])
            tracks.append(own)
    return clusters


def _tracks(part: Part, found: Mapping[str, Tags]) -> dict[tuple[int, int], str]:
    """Return the titles of a part's tracks by disc and number."""
    titles = {}
    for path in part.paths:
        tags = found[path]
        named = discs.suffix(tags.album)
        disc = tags.disc or part.group.files[path] or (named.number if named else 0) or 1
        if tags.track and tags.title:
            titles[disc, tags.track] = folded(tags.title)
    return titles


def _album(cluster: list[Part], found: Mapping[str, Tags]) -> Album:
    """Make an album of parts that belong together."""
    first = cluster[0]
    group = first.group
    paths: list[str] = []
    folders: dict[Place, None] = {}
    for part in cluster:
        paths += part.paths
        folders |= dict.fromkeys(part.group.folders)
    tags = [found[path] for path in paths]
    agree = sum(bool(album_title(one)) for one in tags) > 1
    placed = len(cluster) == 1 and first.named
    title, artist, many = _called(group, tags, placed, agree)
    return Album(
        album_id=_id(first, placed, title, artist),
        title=title,
        artist=artist,
        rule=_rule(first, placed, agree),
        nobody=many or is_nobody(artist),
        unit=f"{first.who}\0{first.title}" if first.who and first.title else "",
        paths=sorted(paths),
        folders=list(folders),
        loose=not any(part.named for part in cluster),
        genre=group.genre,
    )


def _called(group: Group, tags: list[Tags], placed: bool, agree: bool) -> tuple[str, str, bool]:
    """Return the title and artist of an album, from tags that agree or else its folder, and whether they are many."""
    title, artist, many = names_of(tags)
    if placed and group.title and not (title and agree):
        title = group.title
    if group.artist and (not artist or (placed and not agree)) and not (many and not placed):
        artist = group.artist
    return title, artist, many


def _rule(first: Part, placed: bool, agree: bool) -> str:
    if placed and not agree:
        return first.group.rule
    if first.title:
        return BY_TAGS
    return BY_FILE


def _id(first: Part, placed: bool, title: str, artist: str) -> str:
    """Return the path of a folder that is an album, else artist and title, else the path of the only recording."""
    if placed:
        return "/".join(first.group.place) or first.group.title
    if first.title:
        return f"{artist} / {title}"
    return " ".join(first.paths[0].split())


def _with_ids_apart(albums: list[Album]) -> list[Album]:
    """Make ids unlike, and free of line ends; folders keep theirs before albums by tags."""
    used: set[str] = set()
    for album in sorted(albums, key=lambda album: (album.rule == BY_TAGS, album.rule != BY_FOLDER, album.paths[0])):
        name = " ".join(album.album_id.splitlines())
        if name in used:
            name = f"{name} [{hash_of(album.paths[0], length=6)}]"
        used.add(name)
        album.album_id = name
    return sorted(albums, key=lambda album: album.album_id)
