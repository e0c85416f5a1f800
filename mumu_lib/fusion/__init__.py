"""Late fusion: which album embeddings are joined, the network over them, and what happens when one is missing.

Paper: Sections 5.4 and 6.4.  Notebooks: 07_multimodal.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import partial
from itertools import combinations
from pathlib import Path

import lazy_loader
import numpy as np
import pandas as pd

from mumu_lib import metrics, runs
from mumu_lib.catalogue import Catalogue, commands
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError, did_you_mean
from mumu_lib.core.fingerprints import digest
from mumu_lib.core.paths import home
from mumu_lib.encoders import choice
from mumu_lib.experiments import BY_LETTER, FUSION_NOTEBOOK, fusion_setting, is_line
from mumu_lib.features import embeddings
from mumu_lib.params import Multimodal, Text
from mumu_lib.runs import best_run

__getattr__, __dir__, _ = lazy_loader.attach(__name__, submodules=["alone", "joint", "late", "learned", "weighted"])

# Endings of files of album embeddings.
FILE_ENDINGS = (".npy", ".parquet", ".npz")


@dataclass(frozen=True)
class Source:
    """Album embeddings of one modality, run or file.

    Attributes
    ----------
    name : str
        ``audio``, ``text``, ``image``, or the name of a run or file.
    origin : str
        Name of the run's folder, or path of the file.
    vectors : np.ndarray [shape=(albums, d)]
        A row for every album of the catalogue; NaN if the album has no embedding.
    val_auc : float
        Validation AUC of the run; NaN for a file.
    made_of : str
        Digest of the file, or of the file that the run was trained on; empty for other runs.
    """

    name: str
    origin: str
    vectors: np.ndarray
    val_auc: float = float("nan")
    made_of: str = ""


def run_name(cfg: Multimodal) -> tuple[str, str]:
    """Return modality and setting of a fusion as they appear in Table 2, e.g. ``a+t+i`` and ``mlp``.

    Raises
    ------
    ParameterError
        If a letter is unknown, a source is named twice, or there is nothing to fuse.
    """
    entries = _entries(cfg.embeddings)
    _check_sources(cfg, entries)
    _check_learning(cfg, entries)
    stems = [_name_of(entry) for entry in entries]
    _check_names(cfg, stems)
    setting = fusion_setting({"learning": cfg.learning, "missing": cfg.missing})
    if not setting:
        raise ParameterError(
            f"no row of params/experiments.tsv has learning={cfg.learning!r} and missing={cfg.missing!r}"
        )
    letters = sorted(cfg.modalities, key=list(BY_LETTER).index)
    return "+".join([*letters, *stems]), setting


def _entries(embeddings: str) -> list[str]:
    """Split the parameter ``embeddings`` at its commas."""
    entries = []
    for part in embeddings.split(","):
        if part.strip():
            entries.append(part.strip())
    return entries


def _name_of(entry: str) -> str:
    """Return a file's name without its ending, or a run's whole name, which may contain a dot."""
    path = Path(entry)
    if path.suffix in FILE_ENDINGS:
        return path.stem
    return path.name


def _check_sources(cfg: Multimodal, entries: list[str]) -> None:
    """Check that every letter is known, and that something is named, each source once."""
    letters = cfg.modalities
    for letter in letters:
        if letter not in BY_LETTER:
            raise ParameterError(f"modalities={letters!r}: {letter!r} is not one of {list(BY_LETTER)}, e.g. 'ati'")
    if len(set(letters)) != len(letters) or len(set(entries)) != len(entries):
        raise ParameterError(f"modalities={letters!r}, embeddings={cfg.embeddings!r}: each may be named once only")
    if not letters and not entries:
        raise ParameterError("nothing to fuse: give modalities such as 'ati', or embeddings")


def _check_learning(cfg: Multimodal, entries: list[str]) -> None:
    """Check that a learning other than late fusion is combined only with parameters that it supports."""
    if cfg.learning == "late":
        return
    if cfg.recipe == "ours":
        raise ParameterError(
            f"learning={cfg.learning!r} supports the paper's recipe only; leave recipe out, or write  -p recipe paper"
        )
    if cfg.learning == "simultaneous" and (len(cfg.modalities) < 2 or entries or cfg.missing != "complete"):
        raise ParameterError(
            "learning='simultaneous' takes two modalities or more, no embeddings, and missing='complete'"
        )


def _check_names(cfg: Multimodal, stems: list[str]) -> None:
    """Check that no two sources share a name, and that no file or run is named like a modality."""
    modalities = [BY_LETTER[letter].name for letter in cfg.modalities]
    reserved = set(BY_LETTER)
    for modality in BY_LETTER.values():
        reserved.add(modality.name)
    for stem in stems:
        # A file called audio, or a+t, would stand for a row of the paper.
        if reserved.intersection(stem.split("+")):
            raise ParameterError(f"embeddings={cfg.embeddings!r}: {stem!r} is the name of a modality; rename the file")
    names = [*modalities, *stems]
    if len(set(names)) != len(names):
        raise ParameterError(f"two sources have the same name: {names}; rename a file")


def sources(catalogue: Catalogue, cfg: Multimodal) -> list[Source]:
    """Load the album embeddings to fuse: of the best run of each modality, then of the runs and files asked for.

    Parameters
    ----------
    cfg : Multimodal
        ``modalities``: letters of audio, text and image, e.g. ``ati``. ``embeddings``: runs (id, or name of the folder)
        and files of album embeddings (:func:`mumu_lib.features.embeddings.load`), separated by commas. One of the two
        may be empty.

    Raises
    ------
    ParameterError
        As in :func:`run_name`.
    MissingDataError
        If a run or file does not exist, or a run is not finished.
    BadDataError
        If several runs have the id that was asked for.
    """
    run_name(cfg)
    loaded = []
    for letter, modality in BY_LETTER.items():
        if letter in cfg.modalities:
            loaded.append(_of_run(catalogue, modality.name, _best(catalogue, modality.name, cfg)))
    for entry in _entries(cfg.embeddings):
        loaded.append(_asked_for(catalogue, entry))
    _check_distinct(loaded)
    return loaded


def _best(catalogue: Catalogue, modality: str, cfg: Multimodal) -> pd.Series:
    """Return the best run of a modality.

    Our recipe prefers runs with the target of the fusion, the paper's recipe runs without a pretrained encoder, and
    joint learning runs whose network can be trained. If there is none of these, return the best of all runs.
    """
    preferred: Callable[[pd.Series], bool] = _without_encoder
    if cfg.learning == "simultaneous":
        preferred = _has_network_to_train
    elif cfg.recipe == "ours":
        preferred = partial(_has_target, cfg.target)
    try:
        with suppress(MissingDataError):
            return best_run(catalogue, modality, preferred)
        return best_run(catalogue, modality)
    except MissingDataError as error:
        hints = _hint_fewer_modalities(catalogue, cfg) + _hint_own_embeddings(catalogue, cfg.target)
        raise MissingDataError(f"{error}{hints}") from None


def _has_target(target: str, run: pd.Series) -> bool:
    return bool(run["target"] == target)


def _without_encoder(run: pd.Series) -> bool:
    return not choice.uses_encoder(run)


def _has_network_to_train(run: pd.Series) -> bool:
    """Return whether a run has a network from its inputs on: not from an encoder's embeddings, nor from timbre statistics."""
    return _without_encoder(run) and run["setting"] != "timbre_mlp"


def _hint_fewer_modalities(catalogue: Catalogue, cfg: Multimodal) -> str:
    """Return the command that fuses the modalities with runs, if there are two or more of these."""
    letters = ""
    for letter in cfg.modalities:
        with suppress(MissingDataError):
            best_run(catalogue, BY_LETTER[letter].name)
            letters += letter
    if len(letters) < 2:
        return ""
    own = {"target": cfg.target}
    if cfg.learning != "late":
        own["learning"] = cfg.learning
    command = commands.notebook(catalogue, FUSION_NOTEBOOK, modalities=letters, **own)
    return f"; or fuse those that have runs:  {command}"


def _hint_own_embeddings(catalogue: Catalogue, target: str) -> str:
    """Return the command that fuses a run on own embeddings, if there is one; prefer runs with the given target."""
    finished = runs.table(catalogue)
    if finished.empty:
        return ""
    own = finished[finished["modality"] == "own"]
    own = own[~own["setting"].map(is_line).astype(bool)]
    if own.empty:
        return ""
    candidates = own[own["target"] == target]
    if candidates.empty:
        candidates = own
    name = Path(runs.by_validation(candidates)["folder"].iloc[0]).name
    command = commands.notebook(catalogue, FUSION_NOTEBOOK, modalities="", embeddings=name, target=target)
    return f"; or fuse runs on embeddings of your own:  {command}"


def _check_distinct(loaded: list[Source]) -> None:
    """Refuse two sources made of the same embeddings, such as a file and the run that was trained on it."""
    seen: dict[str, Source] = {}
    for source in loaded:
        other = seen.setdefault(source.made_of or source.origin, source)
        # Two networks over one file may be fused, but not the file with a network over it.
        if other is not source and np.isnan([other.val_auc, source.val_auc]).any():
            raise ParameterError(
                f"{other.origin} and {source.origin} are made of the same embeddings; name one of them in embeddings"
            )


def _of_run(catalogue: Catalogue, name: str, run: pd.Series) -> Source:
    """Load the album embeddings of a finished run."""
    folder = Path(run["folder"])
    vectors = embeddings.load(folder, catalogue)
    return Source(name, folder.name, vectors, float(run["val_auc"]), _made_of(catalogue, run))


def _made_of(catalogue: Catalogue, run: pd.Series) -> str:
    """Return the digest of the file that a run on own embeddings was trained on; empty for other runs or if unknown."""
    made_of = run.get("made_of")
    if isinstance(made_of, str):
        return made_of
    # Older runs recorded only the path; the file may have been removed or replaced.
    if run["modality"] == "own":
        with suppress(MissingDataError, BadDataError):
            path = runs.parameters(Path(run["folder"]), Text).get("embeddings", "")
            return digest(embeddings.load(path, catalogue))
    return ""


def _asked_for(catalogue: Catalogue, entry: str) -> Source:
    """Load one entry of the parameter ``embeddings``: a run by its folder's name or id, or a file."""
    finished = runs.table(catalogue)
    folders = finished.get("folder", pd.Series(dtype=object)).map(_folder_name)
    matching = finished[(folders == entry).to_numpy()]
    if matching.empty:
        matching = finished[finished.index == entry]
    if len(matching) > 1:
        names = ", ".join(matching["folder"].map(_folder_name))
        raise BadDataError(f"{len(matching)} runs have the id {entry!r}; name one by its folder: {names}")
    if len(matching):
        reason = choice.heard(catalogue, str(matching["setting"].iloc[0]))
        if reason:
            raise ParameterError(
                f"run {entry!r} may not be fused on catalogue {catalogue.name!r}: {reason}; leave it out"
            )
        return _of_run(catalogue, entry, matching.iloc[0])
    if (home() / "runs" / catalogue.name / entry).is_dir():
        raise MissingDataError(
            f"run {entry!r} of {catalogue.name!r} is not finished, or was made before the catalogue changed; run its notebook again"
        )
    if not Path(entry).is_file():
        raise MissingDataError(
            f"{entry!r} is neither a run of {catalogue.name!r} nor a file{did_you_mean(entry, folders)}"
        )
    vectors = embeddings.load(entry, catalogue)
    return Source(Path(entry).stem, str(entry), vectors, made_of=digest(vectors))


def _folder_name(path: str) -> str:
    return Path(path).name


def has_embedding(source: Source) -> np.ndarray:
    """Return which albums have an embedding [shape=(albums,), bool].

    Examples
    --------
    >>> covers = Source("image", "covers.npy", np.array([[1.0, 2.0], [np.nan, np.nan]]))
    >>> has_embedding(covers)
    array([ True, False])
    """
    return np.isfinite(source.vectors).all(axis=1)


def join(sources: list[Source], missing: str = "complete") -> np.ndarray:
    """Concatenate the embeddings of each album.

    Parameters
    ----------
    missing : {'complete', 'dropout'}
        ``complete``: leave out albums that lack an embedding (a row of NaN), as in the paper. ``dropout``: replace a
        missing embedding by zeros, and leave out only albums without any.

    Returns
    -------
    X : np.ndarray [shape=(albums, sum of d), float32]

    Examples
    --------
    >>> audio = Source("audio", "audio.npy", np.array([[1.0, 2.0], [3.0, 4.0]]))
    >>> text = Source("text", "text.npy", np.array([[5.0], [np.nan]]))
    >>> join([audio, text])
    array([[ 1.,  2.,  5.],
           [nan, nan, nan]], dtype=float32)
    >>> join([audio, text], missing="dropout")
    array([[1., 2., 5.],
           [3., 4., 0.]], dtype=float32)
    """
    blocks = []
    masks = []
    for source in sources:
        block = source.vectors.astype(np.float32)
        mask = np.asarray(np.isfinite(block).all(axis=1))
        blocks.append(np.where(mask[:, None], block, 0))
        masks.append(mask)
    present = np.stack(masks)
    usable = present.all(axis=0)
    if missing != "complete":
        usable = present.any(axis=0)
    joined = np.hstack(blocks)
    joined[~usable] = np.nan
    return joined


def summary(sources: list[Source]) -> pd.DataFrame:
    """Tabulate what is fused: origin, validation AUC, length, and how many albums have it [a row per source].

    Examples
    --------
    >>> print(summary([Source("text", "text-cosine-vsm", np.ones((3, 2)), 0.8)]).T)
                                 text
    from              text-cosine-vsm
    AUC (validation)              0.8
    length                          2
    albums with it                  3
    without                         0
    """
    rows = {}
    for source in sources:
        present = has_embedding(source)
        rows[source.name] = {
            "from": source.origin,
            "AUC (validation)": source.val_auc,
            "length": source.vectors.shape[1],
            "albums with it": int(present.sum()),
            "without": int((~present).sum()),
        }
    return pd.DataFrame(list(rows.values()), index=list(rows)).round(3)


def patterns(sources: list[Source]) -> list[tuple[int, ...]]:
    """Return every non-empty subset of the sources, largest first [tuples of positions in ``sources``].

    Examples
    --------
    >>> patterns([Source("audio", "", np.ones((1, 1))), Source("text", "", np.ones((1, 1)))])
    [(0, 1), (0,), (1,)]
    """
    positions = range(len(sources))
    subsets: list[tuple[int, ...]] = []
    for size in range(len(sources), 0, -1):
        subsets.extend(combinations(positions, size))
    return subsets


def zero_modalities(X: np.ndarray, sources: list[Source], kept: tuple[int, ...]) -> np.ndarray:
    """Return joined embeddings with zeros for all sources except ``kept``, as if the albums lacked them.

    Examples
    --------
    >>> sources = [Source("audio", "", np.ones((1, 2))), Source("text", "", np.ones((1, 1)))]
    >>> zero_modalities(join(sources), sources, kept=(1,))
    array([[0., 0., 1.]], dtype=float32)
    """
    result = np.zeros_like(X)
    start = 0
    for position, source in enumerate(sources):
        end = start + source.vectors.shape[1]
        if position in kept:
            result[:, start:end] = X[:, start:end]
        start = end
    return result


def missing_modalities(
    predict: Callable[[np.ndarray], np.ndarray],
    X: np.ndarray,
    catalogue: Catalogue,
    sources: list[Source],
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """Compute the AUC for every pattern of missing modalities, on the test albums that have all of them.

    Parameters
    ----------
    predict : function
        Joined embeddings -> scores [shape=(albums, labels)].
    X : np.ndarray [shape=(albums, sum of d)]

    Returns
    -------
    table : pd.DataFrame
        Index: the modalities present. Columns: ``AUC``, ``from``, ``to`` (95 %). Empty if no test album has all of them.
    """
    complete = np.isfinite(join(sources)).all(axis=1)
    test = np.intersect1d(catalogue.rows("test"), np.flatnonzero(complete))
    rows = {}
    if len(test):
        truth = catalogue.label_matrix()[test]
        for kept in patterns(sources):
            scores = predict(zero_modalities(X[test], sources, kept))
            low, high = metrics.interval(metrics.bootstrap(truth, scores, seed=seed))
            names = " + ".join(sources[position].name for position in kept)
            rows[names] = (metrics.macro_auc(truth, scores), low, high)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["AUC", "from", "to"]).rename_axis("there")


def metadata(cfg: Multimodal, sources: list[Source]) -> dict[str, object]:
    """Return what ``metrics.json`` records for predictions: ``missing``, and name, origin and length of each source.

    A jointly learned fusion records no sources, since a new album cannot be encoded by each of them separately.
    """
    recorded = []
    if cfg.learning != "simultaneous":
        for source in sources:
            recorded.append({"name": source.name, "origin": source.origin, "length": source.vectors.shape[1]})
    return {"missing": cfg.missing, "sources": recorded}
