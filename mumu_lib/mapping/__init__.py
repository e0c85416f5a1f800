"""Mapping of a shop's albums to tracks of the Million Song Dataset, with counts after each step; the mapped catalogue.

Paper: Section 3.  Notebook: 01.
"""

from collections.abc import Sequence
from pathlib import Path

import lazy_loader
import numpy as np
import pandas as pd

from mumu_lib import catalogue
from mumu_lib.catalogue import Catalogue, splits
from mumu_lib.core.errors import MissingDataError, NothingUsableError
from mumu_lib.core.paths import home
from mumu_lib.mapping import matching
from mumu_lib.params import DatasetMapping
from mumu_lib.sources import amazon, millionsong, mumu_release, previews, sample
from mumu_lib.sources.sample import raw as sample_raw

__getattr__, __dir__, _ = lazy_loader.attach(__name__, submodules=["matching", "normalise"])


# Names under which the raw sources are published.
_PATTERNS = {
    "metadata": ("meta_CDs_and_Vinyl.json", "meta_CDs_and_Vinyl.json.gz", "meta_CDs_and_Vinyl.jsonl*"),
    "reviews": ("reviews_CDs_and_Vinyl.json*", "CDs_and_Vinyl*.json*"),
    "dump": ("musicbrainz-canonical-dump-*.tar.zst", "release.tar.xz"),
    "tracks": ("unique_tracks.txt", "track_metadata.db"),
    "mapping": ("millionsongdataset_echonest.tar.bz2", "millionsongdataset_echonest", "msd-mbid-2016-01-results*"),
}
# Endings of interrupted downloads.
_UNFINISHED = (".part", ".tmp")
# Sources that notebook 01 maps itself; the mapping of the others is published.
_MAPPED_HERE = ("sample", "raw")
# Lowest threshold of the curve of precision and recall, and the step between thresholds, in percent.
_LOWEST = 60
_STEP = 2


def raw_folder(source: str, root: str, seed: int) -> Path:
    """Return the folder of the raw sources: the user's own, or the sample's, which is written first.

    Parameters
    ----------
    source : {'raw', 'sample', 'mumu', 'msd-i'}
        All but ``raw`` get the folder of the sample.
    root : str
        The user's folder.
    seed : int
        Seed of the sample.

    Raises
    ------
    MissingDataError
        The source is not the sample, and ``root`` does not exist.
    """
    if source != "sample" and not (root and Path(root).exists()):
        raise MissingDataError(f"root={root!r} is not there; give the folder of the files with  -p root FOLDER")
    if source == "raw":
        return Path(root)
    return sample_raw.write(sample.tables(seed=seed), home() / "data" / "raw" / "sample", seed)


def headed(title: str, source: str) -> str:
    """Return a heading for a table of the raw sources, which marks the sample as synthetic.

    Examples
    --------
    >>> headed("Albums", "sample")
    'Albums (synthetic sample):'
    """
    if source == "raw":
        return f"{title}:"
    return f"{title} (synthetic sample):"


def find_sources(root: str | Path) -> dict[str, list[Path]]:
    """Find the raw sources in a folder by the names they are published under.

    Parameters
    ----------
    root : path

    Returns
    -------
    files : dict
        ``metadata``, ``reviews``, ``dump`` (MusicBrainz), ``tracks`` and ``mapping`` (Million Song Dataset to
        MusicBrainz), each with its files, the preferred one first.

    Raises
    ------
    MissingDataError
        A source is missing; the message lists the names it may have.
    """
    root = Path(root)
    files: dict[str, list[Path]] = {}
    absent = []
    for part, patterns in _PATTERNS.items():
        files[part] = []
        for pattern in patterns:
            files[part] += [path for path in sorted(root.rglob(pattern)) if path.suffix not in _UNFINISHED]
        if not files[part]:
            absent.append(f"{part} ({' or '.join(patterns)})")
    if absent:
        raise MissingDataError(
            f"{root} lacks {'; '.join(absent)}; the last section of the notebook lists where to download the sources"
        )
    return files


def msd_recordings(mapping: Path, tracks: Path, mismatches: Path | None = None) -> pd.DataFrame:
    """Read the tracks of the Million Song Dataset with their MusicBrainz recordings, from either mapping.

    Parameters
    ----------
    mapping, tracks : Path
        Files from :func:`find_sources`.
    mismatches : Path, optional
        ``sid_mismatches.txt``; its tracks are excluded, since they are assigned to the wrong song.

    Returns
    -------
    tracks : pd.DataFrame
        ``track_id``, ``recording_mbid``, ``title``; a track may have several recordings.
    """
    titles = millionsong.track_metadata(tracks) if tracks.suffix == ".db" else millionsong.unique_tracks(tracks)
    if mapping.name.startswith("msd-mbid"):
        mapped = millionsong.mbid_mapping(mapping).merge(titles, on="track_id")
    else:
        mapped = millionsong.by_track(millionsong.echonest_mapping(mapping), titles)
    if mismatches:
        mapped = mapped[~mapped["track_id"].isin(millionsong.mismatches(mismatches))]
    return mapped[["track_id", "recording_mbid", "title"]].reset_index(drop=True)


def accept(albums: pd.DataFrame, releases: pd.DataFrame, matches: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Select the matches to use, at most one album for each release group.

    Parameters
    ----------
    albums : pd.DataFrame
        ``album_id``, ``title``, ``artist`` and more.
    releases : pd.DataFrame
        ``release_group_mbid`` and more.
    matches : pd.DataFrame
        ``matching.match(albums, releases, same="release_group_mbid")``.

    Returns
    -------
    accepted : pd.DataFrame
        The matched rows of ``albums`` with ``release_group_mbid`` and ``score``. Ambiguous matches are excluded; if
        several albums match the same release group, the most similar one is kept.
    funnel : pd.DataFrame
        ``step``, ``albums``, ``tracks``: what is left after each step.
    """
    named = (albums["title"] != "") & (albums["artist"] != "")
    matched = albums.loc[matches["left"]].assign(
        release_group_mbid=releases.loc[matches["right"], "release_group_mbid"].to_numpy(),
        score=matches["score"].to_numpy(),
        ambiguous=matches["ambiguous"].to_numpy(),
    )
    clear = matched[~matched["ambiguous"]].drop(columns="ambiguous")
    best = clear.sort_values("score", ascending=False, kind="stable").drop_duplicates("release_group_mbid").sort_index()
    steps = [
        ("albums of the shop", len(albums), pd.NA),
        ("with title and artist", int(named.sum()), pd.NA),
        ("similar enough to a release", len(matched), pd.NA),
        ("not ambiguous", len(clear), pd.NA),
        ("one album a release group", len(best), pd.NA),
    ]
    return best.reset_index(drop=True), pd.DataFrame(steps, columns=["step", "albums", "tracks"])


def link(
    accepted: pd.DataFrame, recordings: pd.DataFrame, tracks: pd.DataFrame, funnel: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Link the accepted albums to tracks of the Million Song Dataset through their recordings.

    Parameters
    ----------
    accepted, funnel : pd.DataFrame
        From :func:`accept`.
    recordings : pd.DataFrame
        ``release_group_mbid``, ``recording_mbid``.
    tracks : pd.DataFrame
        ``track_id``, ``recording_mbid``, and more (``title``); a track may have several recordings.

    Returns
    -------
    linked : pd.DataFrame
        A row for each track: the columns of ``tracks`` and ``album_id``. Recordings on more than one of the albums are
        excluded (the paper's rule), and tracks of more than one album.
    funnel : pd.DataFrame
        The funnel with further steps.

    Raises
    ------
    NothingUsableError
        No track is left; the message names the step that removed the last one.
    """
    on_album = accepted[["album_id", "release_group_mbid"]].merge(recordings, on="release_group_mbid")
    in_msd = on_album.merge(tracks, on="recording_mbid")
    unique = in_msd[in_msd.groupby("recording_mbid")["album_id"].transform("nunique") == 1]
    linked = unique[unique.groupby("track_id")["album_id"].transform("nunique") == 1].drop_duplicates("track_id")
    steps = [
        ("with recordings in MusicBrainz", _albums(on_album), on_album["recording_mbid"].nunique()),
        ("with tracks in the Million Song Dataset", _albums(in_msd), in_msd["track_id"].nunique()),
        ("recordings of one album only", _albums(unique), unique["track_id"].nunique()),
        ("tracks of one album only", _albums(linked), len(linked)),
    ]
    funnel = pd.concat([funnel, pd.DataFrame(steps, columns=funnel.columns)], ignore_index=True)
    if linked.empty:
        step = funnel.loc[funnel["albums"] == 0, "step"].iloc[0]
        raise NothingUsableError(f"no album is left after the step {step!r}; check that all sources belong together")
    return linked.drop(columns="release_group_mbid").reset_index(drop=True), funnel


def _albums(table: pd.DataFrame) -> int:
    """Count the albums of a table."""
    return table["album_id"].nunique()


def write(
    name: str,
    accepted: pd.DataFrame,
    tracks: pd.DataFrame,
    reviews: pd.DataFrame,
    *,
    source: str,
    min_albums: int = 12,
    seed: int = 0,
    artist_disjoint: bool = False,
    root: str | Path,
) -> Catalogue:
    """Write the mapped albums as a catalogue in ``data/<name>``.

    Parameters
    ----------
    name : str
        Name of the catalogue.
    accepted : pd.DataFrame
        From :func:`accept`; genres are all nodes of ``branches`` (paper 3.1). Albums without a track are excluded.
    tracks : pd.DataFrame
        From :func:`link`; a column ``audio`` is kept.
    reviews : pd.DataFrame
        Reviews of albums; those of other albums are dropped.
    source : str
        ``sample`` marks the catalogue as synthetic and uses the recordings and covers of the embedded sample.
    min_albums : int
        Fewest albums that make a genre a label.
    seed : int
        Seed of the split.
    artist_disjoint : bool
        Keep the albums of an artist in the same split.
    root : path
        For other sources, the folder that may contain ``audio/`` (see :func:`mumu_lib.sources.previews.find`) and
        ``covers/``.
    """
    synthetic = source == "sample"
    if synthetic:
        base = home() / "data" / "sample"
        origin = source
    else:
        base = Path(root)
        origin = str(root)
    if (base / "audio").is_dir():
        tracks = tracks.assign(audio=previews.find(base / "audio", tracks["track_id"]).to_numpy())
    albums = accepted[accepted["album_id"].isin(tracks["album_id"])].reset_index(drop=True)
    albums = _with_genres_and_split(albums, seed, artist_disjoint)
    if "cover" not in albums:
        albums["cover"] = albums["album_id"] + ".jpg"
    return catalogue.write(
        home() / "data" / name,
        name=name,
        albums=albums,
        tracks=tracks,
        reviews=reviews[reviews["album_id"].isin(albums["album_id"])],
        branches=albums["branches"].explode().dropna(),
        min_albums=min_albums,
        source=origin,
        roots={"audio": str((base / "audio").resolve()), "covers": str((base / "covers").resolve())},
        synthetic=synthetic,
    )


def _with_genres_and_split(albums: pd.DataFrame, seed: int, artist_disjoint: bool) -> pd.DataFrame:
    """Add the genres of each album, from its branches, and its split."""
    genres = [amazon.nodes(branches) for branches in albums["branches"]]
    groups = None
    if artist_disjoint:
        groups = albums["artist"].tolist()
    split = splits.assign(genres, seed=seed, groups=groups)
    return albums.assign(genres=pd.Series(genres, dtype=object), split=split)


def write_mapped(
    cfg: DatasetMapping, accepted: pd.DataFrame, tracks: pd.DataFrame, reviews: pd.DataFrame, root: str | Path
) -> Catalogue:
    """Write the mapped albums as the catalogue of the notebook's parameters.

    If the parameters name a published mapping, the sample was mapped for illustration, and is written as
    ``sample-mapped``.

    Parameters
    ----------
    cfg : DatasetMapping
        ``source``, ``catalogue``, ``min_albums`` and ``seed``.
    accepted, tracks, reviews : pd.DataFrame
        As for :func:`write`.
    root : path
        From :func:`raw_folder`.
    """
    name = cfg.catalogue
    source = cfg.source
    if source not in _MAPPED_HERE:
        name = "sample-mapped"
        source = "sample"
    return write(name, accepted, tracks, reviews, min_albums=cfg.min_albums, seed=cfg.seed, source=source, root=root)


def catalogue_of(cfg: DatasetMapping, mapped: Catalogue) -> Catalogue:
    """Return the catalogue of the notebook's parameters.

    Parameters
    ----------
    cfg : DatasetMapping
        For the sources ``sample`` and ``raw``, the mapped catalogue is returned; for ``mumu`` and ``msd-i``, a
        catalogue is built from the published files in ``root``.
    mapped : Catalogue
        From :func:`write_mapped`.
    """
    if cfg.source == "mumu":
        return mumu_release.build(cfg.root, name=cfg.catalogue, min_albums=cfg.min_albums, seed=cfg.seed)
    if cfg.source == "msd-i":
        return mumu_release.build_msdi(cfg.root, name=cfg.catalogue)
    return mapped


def named(matches: pd.DataFrame, albums: pd.DataFrame, releases: pd.DataFrame) -> pd.DataFrame:
    """Replace the index labels of matches by ids, to compare them with the truth.

    Returns
    -------
    matches : pd.DataFrame
        With ``album_id`` as ``left`` and ``release_group_mbid`` as ``right``.
    """
    left = albums.loc[matches["left"], "album_id"].to_numpy()
    return matches.assign(left=left, right=releases.loc[matches["right"], "release_group_mbid"].to_numpy())


def sample_truth(folder: Path) -> pd.Series | None:
    """Read the true release group of each album of the sample from ``truth.csv``; None for other sources."""
    path = folder / "truth.csv"
    if not path.is_file():
        return None
    return pd.read_csv(path, dtype=str, index_col="album_id")["release_group_mbid"]


def agreement(matches: pd.DataFrame, truth: pd.Series, thresholds: Sequence[float]) -> pd.DataFrame:
    """Compute precision and recall of matches against a known mapping, at several thresholds.

    Parameters
    ----------
    matches : pd.DataFrame
        ``left``, ``right``, ``score``, ``runner_up_score``, ``ambiguous``, matched at the lowest threshold.
    truth : pd.Series [index=left]
        The true counterpart of each ``left`` that has one.
    thresholds : sequence of float

    Returns
    -------
    table : pd.DataFrame
        ``threshold``, ``precision``, ``recall``. Ambiguous matches do not count as matches.

    Examples
    --------
    >>> matches = pd.DataFrame({"left": ["A1", "A2"], "right": ["R1", "R9"], "score": [1.0, 0.7],
    ...     "runner_up_score": 0.0, "ambiguous": False})
    >>> agreement(matches, pd.Series({"A1": "R1", "A2": "R2"}), [0.6, 0.9]).to_numpy().tolist()
    [[0.6, 0.5, 0.5], [0.9, 1.0, 0.5]]
    """
    right = matches["left"].map(truth).to_numpy() == matches["right"].to_numpy()
    rows = []
    for threshold in thresholds:
        kept = (matches["score"] >= threshold) & ~(matches["ambiguous"] & (matches["runner_up_score"] >= threshold))
        hits = int(right[kept].sum())
        rows.append((threshold, hits / max(int(kept.sum()), 1), hits / max(len(truth), 1)))
    return pd.DataFrame(rows, columns=["threshold", "precision", "recall"])


def measure(albums: pd.DataFrame, releases: pd.DataFrame, truth: pd.Series | None, cfg: DatasetMapping) -> pd.DataFrame:
    """Compute precision and recall of the matches of two tables over a range of thresholds.

    Parameters
    ----------
    albums, releases : pd.DataFrame
        As for :func:`accept`.
    truth : pd.Series or None
        From :func:`sample_truth`. If None, a line is printed and nothing is matched.
    cfg : DatasetMapping
        ``method``, and ``threshold``, which is always one of the rows.

    Returns
    -------
    curve : pd.DataFrame
        ``threshold`` (ascending), ``precision``, ``recall``; empty without a truth.
    """
    if truth is None:
        print("no truth is known for these sources")
        return pd.DataFrame(columns=["threshold", "precision", "recall"], dtype=float)
    thresholds = sorted({cfg.threshold, *(np.arange(_LOWEST, 101, _STEP) / 100)})
    loose = matching.match(albums, releases, method=cfg.method, threshold=thresholds[0], same="release_group_mbid")
    return agreement(named(loose, albums, releases), truth, thresholds)


def summary(music: Catalogue, mapped: Catalogue, curve: pd.DataFrame, threshold: float) -> dict[str, float]:
    """Summarise a mapping: the size of the catalogue, and precision and recall if they are known.

    Parameters
    ----------
    music, mapped : Catalogue
        From :func:`catalogue_of` and :func:`write_mapped`.
    curve : pd.DataFrame
        From :func:`measure`.
    threshold : float
        The threshold of the mapping.

    Returns
    -------
    results : dict
        ``albums``, ``tracks``, ``labels``; with a known truth, and if ``music`` is ``mapped``, also ``precision`` and
        ``recall``.
    """
    results: dict[str, float] = {
        "albums": len(music.albums),
        "tracks": len(music.tracks),
        "labels": len(music.labels),
    }
    if music is mapped and len(curve):
        in_use = curve[curve["threshold"] == threshold].iloc[0]
        results["precision"] = round(float(in_use["precision"]), 3)
        results["recall"] = round(float(in_use["recall"]), 3)
    return results


def beside_paper(made: Catalogue) -> pd.DataFrame:
    """Compare the size of a catalogue with the paper's dataset (section 3).

    Returns
    -------
    table : pd.DataFrame
        ``paper`` and ``here`` for albums, tracks, reviews, labels, and labels of a song (mean, standard deviation).
    """
    per_album = pd.Series(np.asarray(made.label_matrix().sum(axis=1)).ravel(), index=made.albums["album_id"])
    per_track = made.tracks["album_id"].map(per_album)
    rows = {
        "albums": (31_471, len(made.albums)),
        "tracks": (147_295, len(made.tracks)),
        "reviews": (447_583, len(made.reviews)),
        "labels": (250, len(made.labels)),
        "labels of a song, mean": (5.97, round(float(per_track.mean()), 2)),
        "labels of a song, deviation": (3.13, round(float(per_track.std(ddof=0)), 2)),
    }
    return pd.DataFrame.from_dict(rows, orient="index", columns=["paper", "here"]).astype(float)
