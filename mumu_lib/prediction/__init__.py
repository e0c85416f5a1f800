"""Predict the genres of an album of your own from its recordings, its cover and texts about it.

Paper: none; it applies the networks of sections 5 and 6.  Notebooks: 09_your_album.
"""

from dataclasses import dataclass
from pathlib import Path

import lazy_loader
import numpy as np
import pandas as pd

from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import MissingDataError, NothingUsableError
from mumu_lib.prediction import album, fusing, keeping, trained
from mumu_lib.prediction.album import OwnAlbum, reasons_of
from mumu_lib.prediction.encoding import Encoded
from mumu_lib.prediction.keeping import brief
from mumu_lib.prediction.trained import Trained

__getattr__, __dir__, _ = lazy_loader.attach(
    __name__,
    submodules=[
        "album",
        "choosing",
        "encoding",
        "fusing",
        "keeping",
        "library",
        "likeness",
        "listening",
        "networks",
        "queries",
        "shared",
        "sharing",
        "trained",
        "unpacking",
    ],
    submod_attrs={"listening": ["listen"], "queries": ["_label"]},
)

COLUMNS = ["modality", "genre", "score", "rank", "run", *keeping.COLUMNS]
KEPT = ["genre", "score", "precision", "sure", "why"]
# Of the genres that narrowly miss their thresholds.
MOST_NAMED = 3
# Files that the embedding of a modality is computed from.
MADE_OF = {"audio": "recordings", "text": "texts", "image": "cover"}


@dataclass(frozen=True)
class Prediction:
    """Predicted genres of one album.

    Attributes
    ----------
    genres : pd.DataFrame
        One row per genre and modality: ``modality`` (audio, text, image, fused), ``genre``, ``score``, ``rank`` from 1,
        ``run``, and the columns of :func:`mumu_lib.prediction.keeping.decide`: ``threshold`` (NaN if the run has none),
        ``predicted`` (the score reaches the threshold), ``keep``, ``precision`` (expected), ``precision_from``,
        ``sure``, ``why``.
    tracks : pd.DataFrame [shape=(recordings, genres)]
        Scores of each single recording; no rows without audio.
    place : np.ndarray [shape=(d,)]
        Position of the album in the space of label factors, by the modality that decides.
    skipped : pd.DataFrame
        ``file`` and ``reason`` of everything that could not be used.
    thresholds : dict
        Run -> how its thresholds were chosen, or why it has none.
    decides : str
        The modality that decides: ``fused``, or without a fusion that of the run with the best validation AUC.
    """

    genres: pd.DataFrame
    tracks: pd.DataFrame
    place: np.ndarray
    skipped: pd.DataFrame
    thresholds: dict[str, str]
    decides: str


def predict_album(folder: str | Path, catalogue: str | Path | Catalogue | Trained = "sample") -> pd.DataFrame:
    """Predict the genres of the album in a folder with the best finished runs of a catalogue.

    Parameters
    ----------
    folder : path
        Recordings (also in folders such as ``CD 1``), a cover (the image named cover, folder or front, or the only
        one), texts as ``*.txt`` or ``*.md``; any of them may be missing.
    catalogue : name, path, Catalogue or Trained
        Its runs are used: the one with the highest validation AUC of each modality and of the fusions.

    Returns
    -------
    genres : pd.DataFrame
        One row per genre and modality, best first: ``modality`` (fused, audio, text, image), ``genre``, ``score``,
        ``rank``, ``run``, and the decision: ``keep``, its expected ``precision``, whether it is ``sure``, and ``why``
        not (:mod:`mumu_lib.prediction.keeping`). ``attrs["keep"]`` lists the genres to keep, by the modality
        ``attrs["decides"]``; ``attrs["thresholds"]`` tells how the thresholds of each run were chosen;
        ``attrs["skipped"]`` lists the files that were not used, with reasons.

    Raises
    ------
    MissingDataError
        The folder does not exist; there is no finished run for the files in it.
    NothingUsableError
        The folder holds nothing usable.

    Examples
    --------
    >>> predict_album("Artist/Album", "mine").head(2)[["genre", "score", "keep"]]  # doctest: +SKIP
      genre  score  keep
    0  Jazz   0.71  True
    1  Rock   0.12  False
    """
    predicted = predict(album.read_album(folder), trained.open_trained(catalogue))
    predicted.genres.attrs["skipped"] = predicted.skipped.to_dict("records")
    predicted.genres.attrs["thresholds"] = predicted.thresholds
    predicted.genres.attrs["decides"] = predicted.decides
    predicted.genres.attrs["keep"] = list(kept(predicted)["genre"])
    return predicted.genres


def predict(album: OwnAlbum, catalogue: Catalogue | Trained) -> Prediction:
    """Predict as :func:`predict_album`; also return scores of tracks and the position in factor space.

    Parameters
    ----------
    album : OwnAlbum
        From :func:`mumu_lib.prediction.album.read_album`.
    catalogue : Catalogue or Trained

    Returns
    -------
    predicted : Prediction
    """
    learned = trained.open_trained(catalogue)
    skipped = list(album.skipped)
    encode = fusing.Encoder(album, learned, skipped)
    by_modality = _encode_modalities(album, learned, encode)
    unlike = {modality: _unlike(modality, encoded, learned) for modality, encoded in by_modality.items()}
    fused = fusing.fused(learned, encode)
    if fused:
        decides = "fused"
        unlike["fused"] = next(filter(None, unlike.values()), "")
        by_modality = {"fused": fused, **by_modality}
    else:
        decides = max(by_modality, key=lambda modality: np.nan_to_num(by_modality[modality].val_auc, nan=-1))
    tables = []
    thresholds = {}
    for modality, encoded in by_modality.items():
        tables.append(_ranked(modality, encoded, learned, unlike[modality]))
        thresholds[encoded.run] = str(encoded.decisions)
    tracks = pd.DataFrame(columns=learned.labels)
    if "audio" in by_modality:
        tracks = by_modality["audio"].tracks
    return Prediction(
        pd.concat(tables, ignore_index=True), tracks, _place(by_modality[decides], learned),
        pd.DataFrame(skipped, columns=["file", "reason"]), thresholds, decides,
    )  # fmt: skip


def _encode_modalities(album: OwnAlbum, learned: Trained, encode: fusing.Encoder) -> dict[str, Encoded]:
    """Put each modality of an album through its best run."""
    best_runs = {}
    without_run = {}
    for modality in album.modalities:
        try:
            best_runs[modality] = learned.best(modality)
        except MissingDataError as error:
            without_run[modality] = str(error)
    if not best_runs:
        raise MissingDataError("; ".join(without_run.values()))
    encode.skipped.extend(without_run.items())
    by_modality = {}
    for modality, folder in best_runs.items():
        encoded = encode(str(folder))
        if encoded is not None:
            by_modality[modality] = encoded
    if not by_modality:
        raise NothingUsableError(f"{album.folder}: nothing usable{reasons_of(encode.skipped)}")
    return by_modality


def _unlike(modality: str, encoded: Encoded, learned: Trained) -> str:
    """Return a message if an album is unlike any training album of a run; empty if it is not, or if that is unknown."""
    likeness = learned.likeness(encoded.folder)
    if likeness is None:
        return ""
    return keeping.unlike(*likeness.rank(encoded.vector), MADE_OF.get(modality, modality))


def _ranked(modality: str, encoded: Encoded, learned: Trained, unlike: str) -> pd.DataFrame:
    """Order the genres of one modality by score, each with its decision."""
    evidence = keeping.Evidence(unlike=unlike)
    if len(encoded.tracks):
        evidence = keeping.Evidence(encoded.tracks.to_numpy(), learned.usual_tracks, unlike)
    decided = keeping.decide(encoded.scores, encoded.decisions, learned.links, learned.labels, evidence)
    table = decided.reset_index(names="genre").assign(modality=modality, score=encoded.scores, run=encoded.run)
    table = table.sort_values("score", ascending=False, kind="stable")
    return table.assign(rank=np.arange(1, len(table) + 1))[COLUMNS]


def _place(encoded: Encoded, learned: Trained) -> np.ndarray:
    """Return the position in factor space: cosine outputs, or label factors weighted by probabilities (paper 4.1)."""
    if encoded.target == "cosine":
        return encoded.outputs
    return encoded.outputs @ learned.factors(encoded.dimensions)


def kept(predicted: Prediction) -> pd.DataFrame:
    """Return the genres to keep of an album, by the modality that decides.

    Returns
    -------
    table : pd.DataFrame
        ``genre``, ``score``, ``precision`` (expected, NaN if unknown), ``sure`` (``yes`` or ``not sure``) and ``why``;
        the highest score first. To write genres into files without a review, use the sure ones only.
    """
    table = predicted.genres
    own = table[(table["modality"] == predicted.decides) & table["keep"]]
    return own[KEPT].reset_index(drop=True)


def summary(predicted: Prediction) -> str:
    """Return in words which genres to keep, one line per modality, the one that decides first; then the thresholds."""
    names = list(predicted.genres["modality"].unique())
    names.sort(key=lambda modality: modality != predicted.decides)
    lines = []
    for modality in names:
        part = predicted.genres[predicted.genres["modality"] == modality]
        lines.append(f"{modality}: {_in_words(part)}")
    for run, how in predicted.thresholds.items():
        lines.append(f"{run}: {how}")
    return "\n".join(lines)


def _in_words(part: pd.DataFrame) -> str:
    """Return in words which genres one modality keeps, and of which it is not sure."""
    if part["threshold"].isna().all():
        return f"keep: nothing, there is {part['why'].iloc[0]}"
    sure = part[part["keep"] & (part["sure"] == keeping.YES)]
    doubtful = part[part["sure"] == keeping.NOT_SURE]
    reasons = doubtful["why"].str.split("; ").str[-1].unique()
    if len(doubtful) == len(part) and len(reasons) == 1:
        return f"keep: nothing for sure; not sure of: {_precise(part[part['keep']]) or 'any'} ({reasons[0]})"
    phrases = [f"keep: {_precise(sure) or 'nothing for sure'}"]
    near_misses = doubtful[~doubtful["keep"]].head(MOST_NAMED)
    named = pd.concat([doubtful[doubtful["keep"]], near_misses])
    for row in named.itertuples():
        phrases.append(f"not sure of: {row.genre} ({row.why})")
    more = len(doubtful) - len(named)
    if more:
        phrases.append(f"nor of {more} more")
    return "; ".join(phrases)


def _precise(rows: pd.DataFrame) -> str:
    """List genres with their mean expected precision; empty without genres."""
    if rows.empty:
        return ""
    expected = rows["precision"].mean()
    precision = "unknown"
    if not np.isnan(expected):
        precision = brief(expected)
    return f"{', '.join(rows['genre'])} (expected precision {precision})"


def strongest_tracks(tracks: pd.DataFrame, genres: list[str]) -> pd.DataFrame:
    """Find the recordings that pull the album most towards each genre.

    Parameters
    ----------
    tracks : pd.DataFrame [shape=(recordings, labels)]
        From :attr:`Prediction.tracks`.

    Returns
    -------
    table : pd.DataFrame
        One row per genre: the recording with the highest score, that score, and its distance from the mean of all.

    Examples
    --------
    >>> tracks = pd.DataFrame({"Jazz": [0.5, 0.25], "Rock": [0.0, 1.0]}, index=["01.mp3", "02.mp3"])
    >>> strongest_tracks(tracks, ["Rock"]).to_dict("index")
    {'Rock': {'track': '02.mp3', 'score': 1.0, 'above the mean': 0.5}}
    """
    best = tracks[genres].idxmax()
    top = tracks[genres].max()
    table = pd.DataFrame({"track": best, "score": top, "above the mean": top - tracks[genres].mean()})
    return table.rename_axis("genre")
