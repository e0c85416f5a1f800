"""The published MuMu and MSD-I as a catalogue.

Paper: Section 3.  Notebook: 01.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import pandas as pd

from mumu_lib import catalogue
from mumu_lib.catalogue import Catalogue, splits
from mumu_lib.core.errors import MissingDataError
from mumu_lib.core.paths import home
from mumu_lib.sources import amazon, ismir_data, previews, reading

VARIOUS_ARTISTS = "89ad4ac3-39f7-470e-963a-56509c546377"

# The published names, and those of the authors' working files.
_COLUMNS = {
    "album_id": ("amazon_id", "amazon_product_id"),
    "release_group_mbid": ("album_mbid", "release_group_mbid"),
    "track_id": ("MSD_track_id", "msd_track_id"),
    "recording_mbid": ("recording_mbid",),
    "artist_mbid": ("artist_mbid",),
    "genres": ("genres",),
}
_MSDI_COLUMNS = {
    "track_id": ("msd_track_id",),
    "genre": ("genre", "genre_label"),
    "album_index": ("album_index",),
    "split": ("set",),
    "artist_id": ("msd_artist_id",),
    "cover_url": ("image_url",),
}


def tracks(path: str | Path, with_comma: Iterable[str] = ()) -> pd.DataFrame:
    """``MuMu_dataset_multi-label.csv`` or ``MuMu_dataset_single-label.csv``.

    Parameters
    ----------
    with_comma : sequence of str
        Names of genres that hold a comma, which the file does not tell from two genres. None of the
        250 published labels does; :func:`build` takes such names from the metadata.

    Returns
    -------
    tracks : pd.DataFrame
        One row a track: ``album_id`` (Amazon), ``release_group_mbid`` (the file's ``album_mbid``),
        ``track_id`` (Million Song Dataset), ``recording_mbid``, ``artist_mbid`` and ``genres`` (a list).
        MBIDs in lower case. A track that stands there twice keeps its first row; the others are in
        ``.attrs["problems"]``.
    """
    table = reading.table(path, _COLUMNS)
    problems = table.attrs["problems"]
    for column in ("release_group_mbid", "recording_mbid", "artist_mbid"):
        table[column] = table[column].str.lower()
    table["genres"] = [_genres(cell, with_comma) for cell in table["genres"]]
    twice = table["track_id"].duplicated()
    problems += [f"{path}: track {t} stands there more than once; first row kept" for t in table["track_id"][twice]]
    return reading.finished(table[~twice].reset_index(drop=True), problems, path)


def _genres(cell: str, with_comma: Iterable[str]) -> list[str]:
    names = "|".join(re.escape(name) for name in sorted(with_comma, key=len, reverse=True))
    found = re.findall(rf"(?:^|,)\s*({names + '|' if names else ''}[^,]+)(?=,|$)", cell)
    return list(dict.fromkeys(name.strip() for name in found if name.strip()))


def build(
    root: str | Path,
    *,
    name: str = "mumu",
    min_albums: int = 12,
    audio: str | Path | None = None,
    covers: str | Path | None = None,
    msd: str | Path | None = None,
    seed: int = 0,
    artist_disjoint: bool = False,
) -> Catalogue:
    """Make a catalogue from a folder with the published files, unpacked anywhere below it.

    Parameters
    ----------
    root : path
        Holds ``MuMu_dataset_multi-label.csv`` (else the single-label one); if there, also
        ``amazon_metadata_MuMu.json``, ``amazon_reviews_MuMu.json`` and ``ismir-data/``.
        Or the path of one of the CSVs.
    name : str
        The catalogue is written to ``data/<name>``.
    min_albums : int
        A genre on fewer albums is not a label (paper 3.1).
    audio : path, optional
        Folder of previews, see :func:`mumu_lib.sources.previews.find`. Default: ``<root>/audio`` if there.
    covers : path, optional
        Folder of covers named ``<Amazon id>.jpg``. Default: ``<root>/covers``.
    msd : path, optional
        Folder of Million Song Dataset files, for the timbre baseline. Default: ``<root>/msd`` if there.
    artist_disjoint : bool
        Where there is no published split: no artist in two parts of it.

    Returns
    -------
    catalogue : Catalogue
        With the published split where ``ismir-data`` is there, else a seeded stratified one.

    Raises
    ------
    MissingDataError
        No CSV below ``root``.
    """
    path = _csv(Path(root))
    base = path.parent if Path(root).is_file() else Path(root)
    metadata = find(base, "amazon_metadata_MuMu.json")
    shop = amazon.metadata(metadata).set_index("album_id") if metadata else pd.DataFrame(columns=amazon.METADATA)
    table = tracks(path, {name for name in shop["branches"].explode().explode().dropna() if "," in name})
    albums = _albums(table)
    branches = shop.loc[shop.index.isin(albums["album_id"]), "branches"].explode().dropna().tolist()
    if metadata:
        albums = albums.join(shop[["title", "artist"]], on="album_id")
    else:
        branches = [[g] for g in albums["genres"].explode().dropna().unique()]
    text = find(base, "amazon_reviews_MuMu.json")
    reviews = amazon.reviews(text, albums["album_id"]) if text else pd.DataFrame(columns=amazon.REVIEWS)
    ismir = find(base, "ismir-data")
    albums["split"] = (
        ismir_data.split(ismir, albums["album_id"])
        if ismir
        else splits.assign(albums["genres"].tolist(), seed=seed, groups=_artists(albums) if artist_disjoint else None)
    )
    roots = _roots(table, base, audio, covers, msd)
    if ismir:
        roots["ismir"] = str(ismir.resolve())
    return catalogue.write(
        home() / "data" / name,
        name=name,
        albums=albums,
        tracks=table,
        reviews=reviews,
        branches=branches,
        min_albums=min_albums,
        source=str(path),
        roots=roots,
    )


def build_msdi(
    path: str | Path,
    *,
    name: str = "msd-i",
    audio: str | Path | None = None,
    covers: str | Path | None = None,
    msd: str | Path | None = None,
) -> Catalogue:
    """Make a catalogue from ``MSD-I_dataset.tsv`` (or a CSV copy): one genre an album, published split.

    Returns
    -------
    catalogue : Catalogue
        Albums are named by the file's ``album_index``. An album in two splits, or with two genres,
        is an error of the file that is said aloud; the album keeps its first row's.
    """
    table = reading.table(path, _MSDI_COLUMNS)
    problems = table.attrs["problems"]
    table["album_id"] = table["album_index"]
    albums = table.drop_duplicates("album_id").drop(columns="track_id")
    per_album = table.groupby("album_id")[["split", "genre"]].nunique()
    problems += [
        f"{path}: album {i} has more than one split or genre" for i in per_album.index[(per_album > 1).any(axis=1)]
    ]
    reading.finished(table, problems, path)
    albums = albums.assign(
        genres=albums["genre"].map(lambda g: [g]), cover=albums["album_id"] + ".jpg", artist=albums["artist_id"]
    )
    base = Path(path).parent
    roots = _roots(table, base, audio, covers, msd)
    return catalogue.write(
        home() / "data" / name,
        name=name,
        albums=albums,
        tracks=table,
        reviews=pd.DataFrame(columns=amazon.REVIEWS),
        branches=[(g,) for g in albums["genre"].unique()],
        min_albums=1,
        source=str(path),
        roots=roots,
    )


def find(root: Path, name: str) -> Path | None:
    """First file or folder of a name below ``root``, also compressed (``.gz``, ``.bz2``)."""
    for candidate in (name, f"{name}.gz", f"{name}.bz2"):
        if found := sorted(root.rglob(candidate)):
            return found[0]
    return None


def _csv(root: Path) -> Path:
    if root.is_file():
        return root
    for name in ("MuMu_dataset_multi-label.csv", "MuMu_dataset_single-label.csv"):
        if path := find(root, name):
            return path
    raise MissingDataError(
        f"no MuMu_dataset_multi-label.csv below {root}; get it with  python -m mumu_lib.sources.fetch mumu"
    )


def _albums(table: pd.DataFrame) -> pd.DataFrame:
    """One row an album, with the genres of all its tracks."""
    first = table.drop_duplicates("album_id").drop(columns="track_id")
    genres = table.groupby("album_id", sort=False)["genres"].agg(
        lambda g: list(dict.fromkeys(n for one in g for n in one))
    )
    return first.assign(genres=genres.to_numpy(), cover=first["album_id"] + ".jpg").reset_index(drop=True)


def _artists(albums: pd.DataFrame) -> list[str]:
    """Artist of each album; compilations stand for themselves."""
    return albums["artist_mbid"].where(albums["artist_mbid"] != VARIOUS_ARTISTS, "").tolist()


def _roots(
    table: pd.DataFrame, base: Path, audio: str | Path | None, covers: str | Path | None, msd: str | Path | None
) -> dict[str, str]:
    """Roots of audio, covers and song files; names in ``table`` the previews that are there."""
    audio_root = Path(audio) if audio else base / "audio"
    if audio or audio_root.is_dir():
        table["audio"] = previews.find(audio_root, table["track_id"]).to_numpy()
    roots = {"audio": audio_root, "covers": Path(covers or base / "covers")}
    if msd or (base / "msd").is_dir():
        roots["msd"] = Path(msd or base / "msd")
    return {name: str(root.resolve()) for name, root in roots.items()}
