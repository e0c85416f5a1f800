"""From matched albums to tracks of the Million Song Dataset, counted at every step; and the catalogue.

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


_PATTERNS = {
    "metadata": ("meta_CDs_and_Vinyl.json", "meta_CDs_and_Vinyl.json.gz", "meta_CDs_and_Vinyl.jsonl*"),
    "reviews": ("reviews_CDs_and_Vinyl.json*", "CDs_and_Vinyl*.json*"),
    "dump": ("musicbrainz-canonical-dump-*.tar.zst", "release.tar.xz"),
    "tracks": ("unique_tracks.txt", "track_metadata.db"),
    "mapping": ("millionsongdataset_echonest.tar.bz2", "millionsongdataset_echonest", "msd-mbid-2016-01-results*"),
}
# What a download that was interrupted leaves.
_UNFINISHED = (".part", ".tmp")
# Sources that notebook 01 maps itself; the others are published mapped.
_MAPPED_HERE = ("sample", "raw")
# Where the curve of precision and recall begins, in percent, and its steps.
_LOOSEST, _STEP = 60, 2


def raw_folder(source: str, root: str, seed: int) -> Path:
    """Folder of raw sources: the user's own, or the sample's, written for the purpose.

    Parameters
    ----------
    source : {'raw', 'sample', 'mumu', 'msd-i'}
        All but ``raw`` get the sample's.
    root : str
        The user's folder.

    Raises
    ------
    MissingDataError
        Raw or published sources are wanted and ``root`` is not there.
    """
    if source != "sample" and not (root and Path(root).exists()):
        raise MissingDataError(f"root={root!r} is not there; give the folder of the files with  -p root FOLDER")
    if source == "raw":
        return Path(root)
    return sample_raw.write(sample.tables(seed=seed), home() / "data" / "raw" / "sample", seed)


def headed(title: str, source: str) -> str:
    """A heading over what was read of :func:`raw_folder`; the sample's is called synthetic."""
    if source == "raw":
        return f"{title}:"
    return f"{title} (synthetic sample):"


def find_sources(root: str | Path) -> dict[str, list[Path]]:
    """The raw sources in a folder, by the names they are published under.

    Returns
    -------
    files : dict
        ``metadata``, ``reviews``, ``dump`` (MusicBrainz), ``tracks`` and ``mapping`` (Million Song
        Dataset to MusicBrainz): what was found of each, the one to prefer first.

    Raises
    ------
    MissingDataError
        One is not there; the message says which names it may have.
    """
    root = Path(root)
    files = {
        part: [p for name in names for p in sorted(root.rglob(name)) if p.suffix not in _UNFINISHED]
        for part, names in _PATTERNS.items()
    }
    if absent := [f"{part} ({' or '.join(_PATTERNS[part])})" for part, found in files.items() if not found]:
        raise MissingDataError(
            f"{root} lacks {'; '.join(absent)}. The sources' addresses are in the notebook's last section"
        )
    return files


def msd_recordings(mapping: Path, tracks: Path, mismatches: Path | None = None) -> pd.DataFrame:
    """Tracks of the Million Song Dataset with their MusicBrainz recordings, from either mapping.

    Parameters
    ----------
    mismatches : Path, optional
        ``sid_mismatches.txt``, whose tracks are left out: the song they are given for is another one.

    Returns
    -------
    tracks : pd.DataFrame
        ``track_id``, ``recording_mbid``, ``title``; a track may have several recordings.
    """
    named = millionsong.track_metadata(tracks) if tracks.suffix == ".db" else millionsong.unique_tracks(tracks)
    if mapping.name.startswith("msd-mbid"):
        found = millionsong.mbid_mapping(mapping).merge(named, on="track_id")
    else:
        found = millionsong.by_track(millionsong.echonest_mapping(mapping), named)
    wrong = millionsong.mismatches(mismatches) if mismatches else set()
    return found.loc[~found["track_id"].isin(wrong), ["track_id", "recording_mbid", "title"]].reset_index(drop=True)


def accept(albums: pd.DataFrame, releases: pd.DataFrame, matches: pd.DataFrame) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Albums with the release group that each is taken for.

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
        The matched rows of ``albums`` with ``release_group_mbid`` and ``score``. Ambiguous matches are
        left out, and of several albums with one release group all but the most similar.
    funnel : pd.DataFrame
        ``step``, ``albums``, ``tracks``: what is left after each step.
    """
    named = (albums["title"] != "") & (albums["artist"] != "")
    found = albums.loc[matches["left"]].assign(
        release_group_mbid=releases.loc[matches["right"], "release_group_mbid"].to_numpy(),
        score=matches["score"].to_numpy(),
        ambiguous=matches["ambiguous"].to_numpy(),
    )
    sure = found[~found["ambiguous"]].drop(columns="ambiguous")
    best = sure.sort_values("score", ascending=False, kind="stable").drop_duplicates("release_group_mbid").sort_index()
    steps = [
        ("albums of the shop", len(albums)),
        ("with title and artist", int(named.sum())),
        ("similar enough to a release", len(found)),
        ("not ambiguous", len(sure)),
        ("one album a release group", len(best)),
    ]
    return best.reset_index(drop=True), pd.DataFrame([(*s, pd.NA) for s in steps], columns=["step", "albums", "tracks"])


def link(
    accepted: pd.DataFrame, recordings: pd.DataFrame, tracks: pd.DataFrame, funnel: pd.DataFrame
) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Tracks of the accepted albums: their recordings, met with the Million Song Dataset's.

    Parameters
    ----------
    accepted, funnel : pd.DataFrame
        Of :func:`accept`.
    recordings : pd.DataFrame
        ``release_group_mbid``, ``recording_mbid``.
    tracks : pd.DataFrame
        ``track_id``, ``recording_mbid``, and more (``title``); a track may have several recordings.

    Returns
    -------
    linked : pd.DataFrame
        One row a track: the columns of ``tracks`` and ``album_id``. Recordings on more than one of the
        albums are left out (the paper's rule), and tracks that lead to more than one.
    funnel : pd.DataFrame
        Continued.

    Raises
    ------
    NothingUsableError
        No track is left; the message names the step that lost the last.
    """
    on_album = accepted[["album_id", "release_group_mbid"]].merge(recordings, on="release_group_mbid")
    in_msd = on_album.merge(tracks, on="recording_mbid")
    unique = in_msd[in_msd.groupby("recording_mbid")["album_id"].transform("nunique") == 1]
    one = unique[unique.groupby("track_id")["album_id"].transform("nunique") == 1].drop_duplicates("track_id")
    steps = [
        ("with recordings in MusicBrainz", on_album, on_album["recording_mbid"].nunique()),
        ("with tracks in the Million Song Dataset", in_msd, in_msd["track_id"].nunique()),
        ("recordings of one album only", unique, unique["track_id"].nunique()),
        ("tracks of one album only", one, len(one)),
    ]
    counted = [(name, table["album_id"].nunique(), n) for name, table, n in steps]
    funnel = pd.concat([funnel, pd.DataFrame(counted, columns=funnel.columns)], ignore_index=True)
    if one.empty:
        lost = next(s for s, n in zip(funnel["step"], funnel["albums"], strict=True) if not n)
        raise NothingUsableError(
            f"no album is left after the step {lost!r}; are the sources of one and the same collection?"
        )
    return one.drop(columns="release_group_mbid").reset_index(drop=True), funnel


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
    """Write the mapped albums as a catalogue under ``data/<name>``.

    Parameters
    ----------
    accepted : pd.DataFrame
        Of :func:`accept`; genres are every node of ``branches`` (paper 3.1). Albums without a track are left out.
    tracks : pd.DataFrame
        Of :func:`link`; an ``audio`` column is kept.
    source : str
        ``sample`` marks the catalogue as synthetic and takes the embedded sample's sound and covers.
    root : path
        Otherwise, where ``audio/`` (see :func:`mumu_lib.sources.previews.find`) and ``covers/`` are, if anywhere.
    """
    base = home() / "data" / "sample" if source == "sample" else Path(root)
    if (base / "audio").is_dir():
        tracks = tracks.assign(audio=previews.find(base / "audio", tracks["track_id"]).to_numpy())
    albums = accepted[accepted["album_id"].isin(tracks["album_id"])].reset_index(drop=True)
    genres = [amazon.nodes(b) for b in albums["branches"]]
    groups = albums["artist"].tolist() if artist_disjoint else None
    albums = albums.assign(
        genres=pd.Series(genres, dtype=object), split=splits.assign(genres, seed=seed, groups=groups)
    )
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
        source=source if source == "sample" else str(root),
        roots={key: str((base / key).resolve()) for key in ("audio", "covers")},
        synthetic=source == "sample",
    )


def write_mapped(
    cfg: DatasetMapping, accepted: pd.DataFrame, tracks: pd.DataFrame, reviews: pd.DataFrame, root: str | Path
) -> Catalogue:
    """Write the mapped albums as the catalogue that a notebook asks for.

    Where it asks for a published mapping, the sample's has been made to show how, and is written as ``sample-mapped``.

    Parameters
    ----------
    cfg : DatasetMapping
        ``source``, ``catalogue``, ``min_albums`` and ``seed``.
    accepted, tracks, reviews : pd.DataFrame
        As for :func:`write`.
    root : path
        Of :func:`raw_folder`.
    """
    name = cfg.catalogue
    source = cfg.source
    if source not in _MAPPED_HERE:
        name = "sample-mapped"
        source = "sample"
    return write(name, accepted, tracks, reviews, min_albums=cfg.min_albums, seed=cfg.seed, source=source, root=root)


def catalogue_of(cfg: DatasetMapping, mapped: Catalogue) -> Catalogue:
    """The catalogue that a notebook asks for, whatever it is made from.

    Parameters
    ----------
    cfg : DatasetMapping
        ``source``: ``sample`` and ``raw`` are what has been mapped; ``mumu`` and ``msd-i`` are made from the
        published files under ``root``.
    mapped : Catalogue
        From :func:`write_mapped`.
    """
    if cfg.source == "mumu":
        return mumu_release.build(cfg.root, name=cfg.catalogue, min_albums=cfg.min_albums, seed=cfg.seed)
    if cfg.source == "msd-i":
        return mumu_release.build_msdi(cfg.root, name=cfg.catalogue)
    return mapped


def named(matches: pd.DataFrame, albums: pd.DataFrame, releases: pd.DataFrame) -> pd.DataFrame:
    """Matches with ``album_id`` as ``left`` and ``release_group_mbid`` as ``right``, to hold against a truth."""
    left = albums.loc[matches["left"], "album_id"].to_numpy()
    return matches.assign(left=left, right=releases.loc[matches["right"], "release_group_mbid"].to_numpy())


def sample_truth(folder: Path) -> pd.Series | None:
    """Release group of each album, from the ``truth.csv`` beside the sample's sources; None beside others."""
    path = folder / "truth.csv"
    return pd.read_csv(path, dtype=str, index_col="album_id")["release_group_mbid"] if path.is_file() else None


def agreement(matches: pd.DataFrame, truth: pd.Series, thresholds: Sequence[float]) -> pd.DataFrame:
    """Precision and recall of matches against a known mapping, at several thresholds.

    Parameters
    ----------
    matches : pd.DataFrame
        ``left`` and what is compared, ``right``, with ``score``, ``runner_up_score``, ``ambiguous``;
        matched at the lowest of the thresholds.
    truth : pd.Series [index=left]
        What each is in truth; rows that have no counterpart are not in it.

    Returns
    -------
    table : pd.DataFrame
        ``threshold``, ``precision``, ``recall``. Ambiguous matches count as none.
    """
    right = matches["left"].map(truth).to_numpy() == matches["right"].to_numpy()
    rows = []
    for threshold in thresholds:
        kept = (matches["score"] >= threshold) & ~(matches["ambiguous"] & (matches["runner_up_score"] >= threshold))
        hits = int(right[kept].sum())
        rows.append((threshold, hits / max(int(kept.sum()), 1), hits / max(len(truth), 1)))
    return pd.DataFrame(rows, columns=["threshold", "precision", "recall"])


def measure(albums: pd.DataFrame, releases: pd.DataFrame, truth: pd.Series | None, cfg: DatasetMapping) -> pd.DataFrame:
    """Precision and recall of the matches of two tables over all thresholds; says so where no truth is known.

    Parameters
    ----------
    albums, releases : pd.DataFrame
        As for :func:`accept`.
    truth : pd.Series, optional
        From :func:`sample_truth`.
    cfg : DatasetMapping
        ``method``, and the ``threshold`` in use, which is always among the rows.

    Returns
    -------
    curve : pd.DataFrame
        ``threshold`` (rising), ``precision``, ``recall``; no row where no truth is known. Nothing is matched then.
    """
    if truth is None:
        print("no truth is known for these sources")
        return pd.DataFrame(columns=["threshold", "precision", "recall"], dtype=float)
    thresholds = sorted({cfg.threshold, *(np.arange(_LOOSEST, 101, _STEP) / 100)})
    loose = matching.match(albums, releases, method=cfg.method, threshold=thresholds[0], same="release_group_mbid")
    return agreement(named(loose, albums, releases), truth, thresholds)


def summary(music: Catalogue, mapped: Catalogue, curve: pd.DataFrame, threshold: float) -> dict[str, float]:
    """Results of a mapping: the size of the catalogue, and precision and recall where they are known of it.

    Parameters
    ----------
    music, mapped : Catalogue
        From :func:`catalogue_of` and :func:`write_mapped`.
    curve : pd.DataFrame
        From :func:`measure`.
    threshold : float
        The one in use.

    Returns
    -------
    results : dict
        ``albums``, ``tracks``, ``labels``; ``precision`` and ``recall`` of ``mapped`` alone, if a truth is known.
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
    """Size of a catalogue beside the paper's numbers (Section 3).

    Returns
    -------
    table : pd.DataFrame
        ``paper`` and ``here`` for albums, tracks, reviews, labels, and labels of a song (mean, deviation).
    """
    per_album = np.asarray(made.label_matrix().sum(axis=1)).ravel()
    of_album = pd.Series(per_album, index=made.albums["album_id"])
    per_track = made.tracks["album_id"].map(of_album)
    here = [
        len(made.albums),
        len(made.tracks),
        len(made.reviews),
        len(made.labels),
        per_track.mean(),
        per_track.std(ddof=0),
    ]
    paper = [31_471, 147_295, 447_583, 250, 5.97, 3.13]
    index = ["albums", "tracks", "reviews", "labels", "labels of a song, mean", "labels of a song, deviation"]
    return pd.DataFrame({"paper": paper, "here": [round(float(h), 2) for h in here]}, index=index)
