"""Genres of an album of your own, from its recordings, its cover and texts about it.

Paper: none; it is what sections 5 and 6 are for.  Notebooks: 09_your_album.
"""

from dataclasses import dataclass
from pathlib import Path

import lazy_loader
import numpy as np
import pandas as pd

from mumu_lib.catalogue import Catalogue
from mumu_lib.core.errors import MissingDataError, NothingUsableError
from mumu_lib.prediction import album, fusing, keeping, trained
from mumu_lib.prediction.album import OwnAlbum
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
# So many genres that are not kept, but might be, are named.
MOST_NAMED = 3
# What a modality's vector is made of.
MADE_OF = {"audio": "recordings", "text": "texts", "image": "cover"}


@dataclass(frozen=True)
class Prediction:
    """What the runs say about one album.

    Attributes
    ----------
    genres : pd.DataFrame
        A row a genre and modality: ``modality`` (audio, text, image, fused), ``genre``, ``score``, ``rank`` from 1,
        ``run``, and what :func:`mumu_lib.prediction.keeping.decide` says of it: ``threshold`` (NaN where the run has
        none), ``predicted`` (whether the score reaches it), ``keep``, ``precision`` (expected), ``precision_from``,
        ``sure``, ``why``.
    tracks : pd.DataFrame [shape=(recordings, genres)]
        Scores of each recording by itself; no rows without audio.
    place : np.ndarray [shape=(d,)]
        The album in the space of label factors, by the fusion or else by the best modality.
    skipped : pd.DataFrame
        ``file`` and ``reason``: what could not be used.
    thresholds : dict
        Run -> how its thresholds were chosen, or why it has none.
    decides : str
        The modality whose answer counts: ``fused``, or else that of the run with the best validation AUC.
    """

    genres: pd.DataFrame
    tracks: pd.DataFrame
    place: np.ndarray
    skipped: pd.DataFrame
    thresholds: dict[str, str]
    decides: str


def predict_album(folder: str | Path, catalogue: str | Path | Catalogue | Trained = "sample") -> pd.DataFrame:
    """Genres of the album in a folder, by the best finished runs of a catalogue.

    Parameters
    ----------
    folder : path
        Recordings (in folders such as ``CD 1`` too), an image named cover, folder or front or the only one, texts as
        ``*.txt`` or ``*.md``; any of them may be missing.
    catalogue : name, path, Catalogue or Trained
        Whose runs to use. The best run of a modality, and of the fusions, is that with the highest validation AUC.

    Returns
    -------
    genres : pd.DataFrame
        A row a genre and modality, best first: ``modality`` (fused, audio, text, image), ``genre``, ``score``,
        ``rank``, ``run``, and the answer: ``keep``, its expected ``precision``, whether that is ``sure``, and ``why``
        not (:mod:`mumu_lib.prediction.keeping`). ``attrs["keep"]`` lists the genres to keep by the modality
        ``attrs["decides"]``; ``attrs["thresholds"]`` says how thresholds were chosen, by run; ``attrs["skipped"]`` lists
        the files that were not used, and why.

    Raises
    ------
    MissingDataError
        No such folder; no finished run for anything that is in it, with the notebook to run.
    NothingUsableError
        Nothing usable in the folder, with the reasons.
    """
    predicted = predict(album.read_album(folder), trained.opened(catalogue))
    predicted.genres.attrs["skipped"] = predicted.skipped.to_dict("records")
    predicted.genres.attrs["thresholds"] = predicted.thresholds
    predicted.genres.attrs["decides"] = predicted.decides
    predicted.genres.attrs["keep"] = list(kept(predicted)["genre"])
    return predicted.genres


def predict(album: OwnAlbum, catalogue: Catalogue | Trained) -> Prediction:
    """As :func:`predict_album`, with tracks and the place in factor space."""
    known = trained.opened(catalogue)
    skipped = list(album.skipped)
    encode = fusing.Encoder(album, known, skipped)
    heard = _heard(album, known, encode)
    fused = fusing.fused(known, encode)
    everything = dict(heard)
    if fused:
        everything = {"fused": fused, **heard}
    unlike = {modality: _unlike(modality, found, known) for modality, found in heard.items()}
    unlike["fused"] = next(filter(None, unlike.values()), "")
    tables = []
    for modality, found in everything.items():
        tables.append(_ranked(modality, found, known, unlike[modality]))
    decides = "fused"
    if not fused:
        decides = max(heard, key=lambda modality: np.nan_to_num(heard[modality].val_auc, nan=-1))
    tracks = heard["audio"].tracks if "audio" in heard else pd.DataFrame(columns=known.labels)
    return Prediction(
        pd.concat(tables, ignore_index=True), tracks, _place(everything[decides], known),
        pd.DataFrame(skipped, columns=["file", "reason"]),
        {found.run: str(found.decisions) for found in everything.values()}, decides,
    )  # fmt: skip


def _heard(album: OwnAlbum, known: Trained, encode: fusing.Encoder) -> dict[str, Encoded]:
    """Put each modality of an album through its best run."""
    chosen, lacking = {}, {}
    for modality in album.modalities:
        try:
            chosen[modality] = known.best(modality)
        except MissingDataError as error:
            lacking[modality] = str(error)
    if not chosen:
        raise MissingDataError("; ".join(lacking.values()))
    encode.skipped.extend(lacking.items())
    heard = {}
    for modality, folder in chosen.items():
        found = encode(str(folder))
        if found is not None:
            heard[modality] = found
    if not heard:
        reasons = "\n  ".join(f"{file}: {reason}" for file, reason in encode.skipped)
        raise NothingUsableError(f"{album.folder}: nothing usable\n  {reasons}")
    return heard


def _unlike(modality: str, found: Encoded, known: Trained) -> str:
    """Say that an album is unlike any that a run has learned from; empty if it is not, or if that cannot be known."""
    likeness = known.likeness(found.folder)
    if likeness is None:
        return ""
    return keeping.unlike(*likeness.rank(found.vector), MADE_OF.get(modality, modality))


def _ranked(modality: str, found: Encoded, known: Trained, unlike: str) -> pd.DataFrame:
    """Order the genres of one modality by score, each with what is decided of it."""
    evidence = keeping.Evidence(unlike=unlike)
    if len(found.tracks):
        evidence = keeping.Evidence(found.tracks.to_numpy(), known.usual_tracks, unlike)
    decided = keeping.decide(found.scores, found.decisions, known.links, known.labels, evidence)
    table = decided.reset_index(names="genre").assign(modality=modality, score=found.scores, run=found.run)
    table = table.sort_values("score", ascending=False, kind="stable")
    return table.assign(rank=np.arange(1, len(table) + 1))[COLUMNS]


def _place(found: Encoded, known: Trained) -> np.ndarray:
    """Cosine outputs are a place already; probabilities weigh the factors of their labels, as labels do (paper 4.1)."""
    if found.target == "cosine":
        return found.outputs
    return found.outputs @ known.factors(found.dimensions)


def kept(predicted: Prediction) -> pd.DataFrame:
    """Return the genres to keep of an album, by the modality that decides.

    Returns
    -------
    table : pd.DataFrame
        ``genre``, ``score``, ``precision`` (expected, NaN where unknown), ``sure`` (``yes`` or ``not sure``) and ``why``;
        the highest score first. Whoever writes genres down without a look at them takes the sure ones only.
    """
    table = predicted.genres
    own = table[(table["modality"] == predicted.decides) & table["keep"]]
    return own[KEPT].reset_index(drop=True)


def said(predicted: Prediction) -> str:
    """Say which genres to keep, a line a modality, the one that decides first, and how thresholds were chosen."""
    names = list(predicted.genres["modality"].unique())
    names.sort(key=lambda modality: modality != predicted.decides)
    lines = []
    for modality in names:
        part = predicted.genres[predicted.genres["modality"] == modality]
        lines.append(f"{modality}: {_in_words(part)}")
    lines += [f"{run}: {how}" for run, how in predicted.thresholds.items()]
    return "\n".join(lines)


def _in_words(part: pd.DataFrame) -> str:
    """Say what to keep by one modality, and what is not sure."""
    if part["threshold"].isna().all():
        return f"keep: nothing, there is {part['why'].iloc[0]}"
    sure = part[part["keep"] & (part["sure"] == keeping.YES)]
    phrases = [f"keep: {_precise(sure) or 'nothing for sure'}"]
    doubtful = part[part["sure"] == keeping.NOT_SURE]
    reasons = set(doubtful["why"].map(lambda why: why.split("; ")[-1]))
    if len(doubtful) == len(part) and len(reasons) == 1:
        return f"keep: nothing for sure; not sure of: {_precise(part[part['keep']]) or 'any'} ({reasons.pop()})"
    near = doubtful[~doubtful["keep"]].head(MOST_NAMED)
    for row in [*doubtful[doubtful["keep"]].itertuples(), *near.itertuples()]:
        phrases.append(f"not sure of: {row.genre} ({row.why})")
    more = len(doubtful) - len(phrases) + 1
    if more:
        phrases.append(f"nor of {more} more")
    return "; ".join(phrases)


def _precise(rows: pd.DataFrame) -> str:
    """List genres with the precision that is expected of them together."""
    if rows.empty:
        return ""
    expected = rows["precision"].mean()
    how = "unknown" if np.isnan(expected) else brief(expected)
    return f"{', '.join(rows['genre'])} (expected precision {how})"


def strongest_tracks(tracks: pd.DataFrame, genres: list[str]) -> pd.DataFrame:
    """Which recordings pull the album towards a genre.

    Parameters
    ----------
    tracks : pd.DataFrame [shape=(recordings, labels)]
        From :attr:`Prediction.tracks`.

    Returns
    -------
    table : pd.DataFrame
        A row a genre: the recording with the highest score, that score, and how far it is above the mean of all.
    """
    best = tracks[genres].idxmax()
    top = tracks[genres].max()
    return pd.DataFrame({"track": best, "score": top, "above the mean": top - tracks[genres].mean()}).rename_axis(
        "genre"
    )
