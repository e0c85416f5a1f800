"""Late fusion: which album vectors are joined, the network over them, and what happens when one is missing.

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

from mumu_lib import metrics, results as results, runs
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


@dataclass(frozen=True)
class Source:
    """Album vectors that take part in a fusion.

    Attributes
    ----------
    name : str
        ``audio``, ``text``, ``image``, or the name of a run or file of album vectors.
    origin : str
        Name of the run's folder, or path of the file.
    vectors : np.ndarray [shape=(albums, d)]
        A row for every album of the catalogue; NaN where it has no vector.
    val_auc : float
        By which the run was chosen; NaN for a file.
    made_of : str
        Digest of the vectors that a run of own vectors was trained on, or of the file's; empty for any other.
    """

    name: str
    origin: str
    vectors: np.ndarray
    val_auc: float = float("nan")
    made_of: str = ""


def run_name(cfg: Multimodal) -> tuple[str, str]:
    """Modality and setting of a fusion as they stand in Table 2, e.g. ``a+t+i`` and ``mlp``.

    Raises
    ------
    ParameterError
        An unknown letter, one named twice, nothing to fuse.
    """
    letters, asked = cfg.modalities, _entries(cfg.embeddings)
    if unknown := [letter for letter in letters if letter not in BY_LETTER]:
        raise ParameterError(f"modalities={letters!r}: {unknown[0]!r} is not one of {list(BY_LETTER)}, e.g. 'ati'")
    if len(set(letters)) != len(letters) or len(set(asked)) != len(asked):
        raise ParameterError(f"modalities={letters!r}, embeddings={cfg.embeddings!r}: each may be named once only")
    if not letters and not asked:
        raise ParameterError("nothing to fuse: give modalities such as 'ati', or embeddings")
    if cfg.learning == "simultaneous" and (len(letters) < 2 or asked or cfg.missing != "complete"):
        raise ParameterError(
            "learning='simultaneous' takes two modalities or more, no embeddings, and missing='complete'"
        )
    if cfg.learning == "simultaneous" and cfg.recipe == "ours":
        raise ParameterError(
            "learning='simultaneous' has the paper's recipe alone; leave recipe out, or write  -p recipe paper"
        )
    stems = [_name_of(entry) for entry in asked]
    for stem in stems:
        # A file called audio, or a+t, would stand for a row of the paper.
        if set(stem.split("+")) & {*BY_LETTER, *(modality.name for modality in BY_LETTER.values())}:
            raise ParameterError(f"embeddings={cfg.embeddings!r}: {stem!r} is the name of a modality; rename the file")
    called = [*(BY_LETTER[m].name for m in letters), *stems]
    if len(set(called)) != len(called):
        raise ParameterError(f"two of the sources are called alike: {called}; rename a file")
    names = [*(m for m in BY_LETTER if m in letters), *stems]
    setting = fusion_setting({"learning": cfg.learning, "missing": cfg.missing})
    if not setting:
        raise ParameterError(
            f"no row of params/experiments.tsv has learning={cfg.learning!r} and missing={cfg.missing!r}"
        )
    return "+".join(names), setting


def _entries(embeddings: str) -> list[str]:
    return [entry for entry in (part.strip() for part in embeddings.split(",")) if entry]


def _name_of(entry: str) -> str:
    """Return what a source from ``embeddings`` is called: a file without its ending; a run's name may hold a point."""
    path = Path(entry)
    return path.stem if path.suffix in (".npy", ".parquet", ".npz") else path.name


def sources(catalogue: Catalogue, cfg: Multimodal) -> list[Source]:
    """Album vectors to fuse: the best run of each modality, and any others that were asked for.

    Parameters
    ----------
    cfg : Multimodal
        ``modalities``: letters of audio, text and image, e.g. ``ati``; may be empty if ``embeddings`` is not:
        runs (by id, or name of the folder) and files of album vectors (:func:`mumu_lib.features.embeddings.load`),
        separated by commas.

    Raises
    ------
    ParameterError
        As :func:`named`.
    MissingDataError
        A run or file that is not there or not finished.
    BadDataError
        An id that several runs have.
    """
    run_name(cfg)
    found = []
    for letter, modality in BY_LETTER.items():
        if letter in cfg.modalities:
            found.append(_of_run(catalogue, modality.name, _best(catalogue, modality.name, cfg)))
    for entry in _entries(cfg.embeddings):
        found.append(_asked_for(catalogue, entry))
    _refuse_the_same(found)
    return found


def _best(catalogue: Catalogue, modality: str, cfg: Multimodal) -> pd.Series:
    """Return the best run of a modality.

    For our recipe the best towards the target of the fusion, if there is one; for the paper's the best that has learned
    from the albums alone, and not with a pretrained encoder, if there is one.
    """
    preferred: Callable[[pd.Series], bool] = _learned_here
    if cfg.recipe == "ours":
        preferred = partial(_is_towards, cfg.target)
    try:
        with suppress(MissingDataError):
            return best_run(catalogue, modality, preferred)
        return best_run(catalogue, modality)
    except MissingDataError as error:
        instead = _fewer_instead(catalogue, cfg) + _own_instead(catalogue, cfg.target)
        raise MissingDataError(f"{error}{instead}") from None


def _is_towards(target: str, run: pd.Series) -> bool:
    return bool(run["target"] == target)


def _learned_here(run: pd.Series) -> bool:
    return not choice.uses_encoder(run)


def _fewer_instead(catalogue: Catalogue, cfg: Multimodal) -> str:
    """Say which parameter means the modalities that have runs, where there are two or more of these."""
    there = ""
    for letter in cfg.modalities:
        with suppress(MissingDataError):
            best_run(catalogue, BY_LETTER[letter].name)
            there += letter
    if len(there) < 2:
        return ""
    command = commands.notebook(catalogue, FUSION_NOTEBOOK, modalities=there, target=cfg.target)
    return f"; or fuse those that have runs:  {command}"


def _own_instead(catalogue: Catalogue, target: str) -> str:
    """Say which parameters mean the runs on own vectors, if there are such; one towards the target comes first."""
    finished = runs.table(catalogue)
    own = finished[finished["modality"] == "own"] if len(finished) else finished
    own = own[~own["setting"].map(is_line)] if len(own) else own
    if own.empty:
        return ""
    towards = own[own["target"] == target]
    name = Path(runs.by_validation(towards if len(towards) else own)["folder"].iloc[0]).name
    command = commands.notebook(catalogue, FUSION_NOTEBOOK, modalities="", embeddings=name, target=target)
    return f"; or fuse what there is, naming the runs on own vectors:  {command}"


def _refuse_the_same(found: list[Source]) -> None:
    """Refuse two sources of the same vectors, such as a file and the run that learned from it."""
    seen: dict[str, Source] = {}
    for source in found:
        other = seen.setdefault(source.made_of or source.origin, source)
        # Two networks over one file may well be fused, but not a file with a network over it.
        if other is not source and np.isnan([other.val_auc, source.val_auc]).any():
            raise ParameterError(
                f"{other.origin} and {source.origin} are made of the same vectors; name one of them in embeddings"
            )


def _of_run(catalogue: Catalogue, name: str, run: pd.Series) -> Source:
    folder = Path(run["folder"])
    vectors = embeddings.load(folder, catalogue)
    return Source(name, folder.name, vectors, float(run["val_auc"]), _made_of(catalogue, run))


def _made_of(catalogue: Catalogue, run: pd.Series) -> str:
    """Return the digest of the file that a run of own vectors learned from; empty for others and where it is not known."""
    made_of = run.get("made_of")
    if isinstance(made_of, str):
        return made_of
    # Runs of before have kept the path only, and the file may have gone or be another.
    if run["modality"] == "own":
        with suppress(MissingDataError, BadDataError):
            path = runs.parameters(Path(run["folder"]), Text).get("embeddings", "")
            return digest(embeddings.load(path, catalogue))
    return ""


def _asked_for(catalogue: Catalogue, entry: str) -> Source:
    finished = runs.table(catalogue)
    folders = finished["folder"].map(lambda folder: Path(folder).name) if len(finished) else pd.Series(dtype=object)
    matching = finished[folders == entry]
    if matching.empty and len(finished):
        matching = finished[finished.index == entry]
    if len(matching) > 1:
        names = ", ".join(Path(folder).name for folder in matching["folder"])
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


def join(found: list[Source], missing: str = "complete") -> np.ndarray:
    """All vectors of an album in one row.

    Parameters
    ----------
    missing : {'complete', 'dropout'}
        An album that lacks a vector is left out (NaN), as in the paper, or has zeros in its place; one that has
        none at all is left out in either case.

    Returns
    -------
    X : np.ndarray [shape=(albums, sum of d), float32]
    """
    blocks = [source.vectors.astype(np.float32) for source in found]
    there = np.stack([np.isfinite(block).all(axis=1) for block in blocks])
    usable = there.all(axis=0) if missing == "complete" else there.any(axis=0)
    joined = np.hstack([np.where(known[:, None], block, 0) for block, known in zip(blocks, there, strict=True)])
    joined[~usable] = np.nan
    return joined


def summary(found: list[Source]) -> pd.DataFrame:
    """What is fused: origin, validation AUC, length, and how many albums have it [a row a source]."""
    there = [np.isfinite(source.vectors).all(axis=1) for source in found]
    return pd.DataFrame(
        {
            "from": [source.origin for source in found],
            "AUC (validation)": [source.val_auc for source in found],
            "length": [source.vectors.shape[1] for source in found],
            "albums with it": [int(known.sum()) for known in there],
            "without": [int((~known).sum()) for known in there],
        },
        index=[source.name for source in found],
    ).round(3)


def patterns(found: list[Source]) -> list[tuple[int, ...]]:
    """Every choice of sources that may be there, the whole first [tuples of positions in ``found``]."""
    positions = range(len(found))
    return [chosen for n in range(len(found), 0, -1) for chosen in combinations(positions, n)]


def zero_modalities(X: np.ndarray, found: list[Source], kept: tuple[int, ...]) -> np.ndarray:
    """Joined vectors with all but some sources set to zero, as if the albums lacked them."""
    ends = np.cumsum([source.vectors.shape[1] for source in found])
    result = np.zeros_like(X)
    for position in kept:
        part = slice(ends[position] - found[position].vectors.shape[1], ends[position])
        result[:, part] = X[:, part]
    return result


def missing_modalities(
    predict: Callable[[np.ndarray], np.ndarray],
    X: np.ndarray,
    catalogue: Catalogue,
    found: list[Source],
    *,
    seed: int = 0,
) -> pd.DataFrame:
    """AUC for every pattern of missing modalities, on the test albums that have them all.

    Parameters
    ----------
    predict : function
        Joined vectors -> scores [shape=(albums, labels)].
    X : np.ndarray [shape=(albums, sum of d)]

    Returns
    -------
    table : pd.DataFrame
        Index: what is there. Columns: ``AUC``, ``from``, ``to`` (95 %). Empty if no test album has them all.
    """
    test = np.intersect1d(catalogue.rows("test"), np.flatnonzero(np.isfinite(join(found)).all(axis=1)))
    truth, rows = catalogue.label_matrix()[test], {}
    for kept in patterns(found) if len(test) else []:
        scores = predict(zero_modalities(X[test], found, kept))
        low, high = metrics.interval(metrics.bootstrap(truth, scores, seed=seed))
        rows[" + ".join(found[i].name for i in kept)] = (metrics.macro_auc(truth, scores), low, high)
    return pd.DataFrame.from_dict(rows, orient="index", columns=["AUC", "from", "to"]).rename_axis("there")


def metadata(cfg: Multimodal, found: list[Source]) -> dict[str, object]:
    """What ``metrics.json`` keeps for predictions: ``missing``, and name, origin and length of each vector.

    What was learned simultaneously has no sources that a new album could be put through one by one.
    """
    kept = [] if cfg.learning == "simultaneous" else found
    sources = [{"name": s.name, "origin": s.origin, "length": s.vectors.shape[1]} for s in kept]
    return {"missing": cfg.missing, "sources": sources}
