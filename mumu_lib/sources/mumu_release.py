"""Make catalogues of the published datasets MuMu and MSD-I.

Paper: Section 3.  Notebook: 01.
"""

import re
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pandas as pd

from mumu_lib import catalogue
from mumu_lib.catalogue import Catalogue, splits
from mumu_lib.core.errors import MissingDataError
from mumu_lib.core.paths import home
from mumu_lib.sources import amazon, ismir_data, previews, reading

VARIOUS_ARTISTS = "89ad4ac3-39f7-470e-963a-56509c546377"

# Names of columns in the published files and in the authors' working files.
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
    """Read ``MuMu_dataset_multi-label.csv`` or ``MuMu_dataset_single-label.csv``.

    Parameters
    ----------
    with_comma : sequence of str
        Names of genres that contain a comma, which the file does not distinguish from two genres. The 250
        published labels do not contain any; :func:`build` takes such names from the metadata.

    Returns
    -------
    tracks : pd.DataFrame
        One row per track: ``album_id`` (Amazon), ``release_group_mbid`` (the file's ``album_mbid``),
        ``track_id`` (Million Song Dataset), ``recording_mbid``, ``artist_mbid`` and ``genres`` (a list).
        MBIDs are in lower case. The first row of a track is kept; ``.attrs["problems"]`` lists the others.

    Examples
    --------
    >>> tracks("data/raw/mumu/MuMu_dataset_multi-label.csv")  # doctest: +SKIP
    """
    table = reading.table(path, _COLUMNS)
    problems = table.attrs["problems"]
    for column in ("release_group_mbid", "recording_mbid", "artist_mbid"):
        table[column] = table[column].str.lower()
    pattern = _genre_pattern(with_comma)
    table["genres"] = [_genres(cell, pattern) for cell in table["genres"]]
    repeated = table["track_id"].duplicated()
    for track_id in table["track_id"][repeated]:
        problems.append(f"{path}: track {track_id} is listed more than once; first row kept")
    return reading.attach_problems(table[~repeated].reset_index(drop=True), problems, path)


def _genre_pattern(with_comma: Iterable[str]) -> re.Pattern:
    """Return a pattern of one genre in a comma-separated list; the longest name with a comma is tried first."""
    alternatives = [re.escape(name) for name in sorted(with_comma, key=len, reverse=True)]
    alternatives.append("[^,]+")
    return re.compile(rf"(?:^|,)\s*({'|'.join(alternatives)})(?=,|$)")


def _genres(cell: str, pattern: re.Pattern) -> list[str]:
    """Split a comma-separated list of genres; each genre is returned once."""
    names: dict[str, None] = {}
    for name in pattern.findall(cell):
        if name.strip():
            names[name.strip()] = None
    return list(names)


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
    """Make a catalogue of the published files, which may be in any folder below a root.

    Parameters
    ----------
    root : path
        Folder with ``MuMu_dataset_multi-label.csv`` (else the single-label file) and, optionally,
        ``amazon_metadata_MuMu.json``, ``amazon_reviews_MuMu.json`` and ``ismir-data/``; or the path of one of the CSVs.
    name : str
        The catalogue is written to ``data/<name>``.
    min_albums : int
        Least number of albums of a label (paper 3.1).
    audio : path, optional
        Folder of previews, see :func:`mumu_lib.sources.previews.find`. Default: ``<root>/audio`` if it exists.
    covers : path, optional
        Folder of covers named ``<Amazon id>.jpg``. Default: ``<root>/covers``.
    msd : path, optional
        Folder of Million Song Dataset files, for the timbre baseline. Default: ``<root>/msd`` if it exists.
    artist_disjoint : bool
        Put all albums of an artist in one split, if there is no published split.

    Returns
    -------
    catalogue : Catalogue
        With the published split if there is ``ismir-data/``, else with a seeded stratified split.

    Raises
    ------
    MissingDataError
        If there is no CSV below ``root``.
    """
    path = _csv(Path(root))
    base = Path(root)
    if base.is_file():
        base = path.parent
    metadata = find(base, "amazon_metadata_MuMu.json")
    shop = pd.DataFrame(columns=amazon.METADATA)
    if metadata:
        shop = amazon.metadata(metadata).set_index("album_id")
    names = shop["branches"].explode().explode().dropna()
    table = tracks(path, {name for name in names if "," in name})
    albums = _albums(table)
    if metadata:
        albums = albums.join(shop[["title", "artist"]], on="album_id")
        branches = shop.loc[shop.index.isin(albums["album_id"]), "branches"].explode().dropna().tolist()
    else:
        branches = [[genre] for genre in albums["genres"].explode().dropna().unique()]
    roots = _roots(table, base, audio, covers, msd)
    ismir = find(base, "ismir-data")
    albums["split"] = _split(albums, ismir, seed, artist_disjoint)
    if ismir:
        roots["ismir"] = str(ismir.resolve())
    return catalogue.write(
        home() / "data" / name,
        name=name,
        albums=albums,
        tracks=table,
        reviews=_reviews(base, albums["album_id"]),
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
    """Make a catalogue of ``MSD-I_dataset.tsv`` (or a CSV copy), with one genre per album and the published split.

    Returns
    -------
    catalogue : Catalogue
        The ids of albums are the file's ``album_index``. An album with two splits or two genres keeps those of its
        first row, with a warning.
    """
    table = reading.table(path, _MSDI_COLUMNS)
    problems = table.attrs["problems"]
    table["album_id"] = table["album_index"]
    albums = table.drop_duplicates("album_id").drop(columns="track_id")
    values = table.groupby("album_id")[["split", "genre"]].nunique()
    for album_id in values.index[(values > 1).any(axis=1)]:
        problems.append(f"{path}: album {album_id} has more than one split or genre")
    reading.attach_problems(table, problems, path)
    albums["genres"] = albums["genre"].map(lambda genre: [genre])
    albums["cover"] = albums["album_id"] + ".jpg"
    albums["artist"] = albums["artist_id"]
    roots = _roots(table, Path(path).parent, audio, covers, msd)
    return catalogue.write(
        home() / "data" / name,
        name=name,
        albums=albums,
        tracks=table,
        reviews=pd.DataFrame(columns=amazon.REVIEWS),
        branches=[(genre,) for genre in albums["genre"].unique()],
        min_albums=1,
        source=str(path),
        roots=roots,
    )


def find(root: Path, name: str) -> Path | None:
    """Return the first file or folder with a name below ``root``, also compressed (``.gz``, ``.bz2``)."""
    for candidate in (name, f"{name}.gz", f"{name}.bz2"):
        paths = sorted(root.rglob(candidate))
        if paths:
            return paths[0]
    return None


def _csv(root: Path) -> Path:
    if root.is_file():
        return root
    for name in ("MuMu_dataset_multi-label.csv", "MuMu_dataset_single-label.csv"):
        path = find(root, name)
        if path:
            return path
    raise MissingDataError(
        f"no MuMu_dataset_multi-label.csv below {root}; download it with  python -m mumu_lib.sources.fetch mumu"
    )


def _reviews(base: Path, album_ids: pd.Series) -> pd.DataFrame:
    """Read Amazon's reviews of some albums; return an empty table if there is no such file."""
    path = find(base, "amazon_reviews_MuMu.json")
    if path is None:
        return pd.DataFrame(columns=amazon.REVIEWS)
    return amazon.reviews(path, album_ids)


def _albums(table: pd.DataFrame) -> pd.DataFrame:
    """Return one row per album, with the genres of all its tracks."""
    first = table.drop_duplicates("album_id").drop(columns="track_id")
    genres = table.groupby("album_id", sort=False)["genres"].agg(amazon.nodes)
    return first.assign(genres=genres.to_numpy(), cover=first["album_id"] + ".jpg").reset_index(drop=True)


def _split(albums: pd.DataFrame, ismir: Path | None, seed: int, artist_disjoint: bool) -> np.ndarray:
    """Return the published split of each album, or a seeded stratified one if there is none."""
    if ismir:
        return ismir_data.split(ismir, albums["album_id"])
    groups = None
    if artist_disjoint:
        groups = _artists(albums)
    return splits.assign(albums["genres"].tolist(), seed=seed, groups=groups)


def _artists(albums: pd.DataFrame) -> list[str]:
    """Return the artist of each album, and ``""`` for compilations."""
    return albums["artist_mbid"].where(albums["artist_mbid"] != VARIOUS_ARTISTS, "").tolist()


def _roots(
    table: pd.DataFrame, base: Path, audio: str | Path | None, covers: str | Path | None, msd: str | Path | None
) -> dict[str, str]:
    """Return the folders of audio, covers and song files; add the column ``audio`` with the previews to ``table``."""
    audio_root = Path(audio or base / "audio")
    if audio or audio_root.is_dir():
        table["audio"] = previews.find(audio_root, table["track_id"]).to_numpy()
    covers_root = Path(covers or base / "covers")
    roots = {"audio": str(audio_root.resolve()), "covers": str(covers_root.resolve())}
    msd_root = Path(msd or base / "msd")
    if msd or msd_root.is_dir():
        roots["msd"] = str(msd_root.resolve())
    return roots
