"""Decide which genres of an album to keep, estimate the precision, and mark decisions that are not sure.

Paper: none; the paper ranks genres only.  Notebooks: 09_your_album.

The rule, for each modality:

1. **Keep** a genre whose score reaches its threshold (:mod:`mumu_lib.metrics.thresholds`), and the parent of every kept
   genre. If a genre has several parents and none is kept, keep the one with the largest margin (score minus threshold).
2. **Expected precision**: the precision of that genre on validation albums that its threshold was not chosen on. A
   parent that is kept because of a child has at least the child's.
3. **Not sure**, in this order:
   a. every genre, if the album is unlike any in training: its embedding is farther from the centres of the training
      albums' labels than that of 95 % (:data:`UNLIKE`) of the validation albums;
   b. a genre on which the tracks disagree: the 80 % Student t interval (:data:`CONFIDENCE`) of the mean over tracks
      contains the threshold, hence more tracks like these would change the decision with a probability of 10 % or more;
   c. every genre, if there is a single track and training albums usually have several.
   A parent is as sure as the surest of its kept children.

The fusion decides for the album; without one, the modality with the best AUC on validation albums.
"""

from dataclasses import dataclass, field

import numpy as np
import pandas as pd
from scipy import stats

from mumu_lib.results.decisions import Decisions

UNLIKE = 0.05
CONFIDENCE = 0.8
YES = "yes"
NOT_SURE = "not sure"
COLUMNS = ["threshold", "predicted", "keep", "precision", "precision_from", "sure", "why"]


@dataclass(frozen=True)
class Evidence:
    """Evidence about an album besides its scores.

    Attributes
    ----------
    tracks : np.ndarray [shape=(recordings, labels)]
        Scores of each single recording; no rows if unknown.
    usual : int
        Median number of recordings of the collection's albums.
    unlike : str
        Why the album is unlike any in training; empty if it is not.
    """

    tracks: np.ndarray = field(default_factory=lambda: np.zeros((0, 0)))
    usual: int = 1
    unlike: str = ""


def decide(
    scores: np.ndarray, decisions: Decisions, links: np.ndarray, labels: list[str], evidence: Evidence
) -> pd.DataFrame:
    """Apply the rule of this module to one album.

    Parameters
    ----------
    scores : np.ndarray [shape=(labels,)]
    decisions : Decisions
        With expected precision.
    links : np.ndarray [shape=(n, 2), int]
        Child and parent, from :func:`mumu_lib.results.hierarchy.links`.
    labels : list of str
    evidence : Evidence

    Returns
    -------
    table : pd.DataFrame
        One row per label, in their order: ``threshold``, ``predicted`` (the score reaches it), ``keep``, ``precision``
        (expected, NaN if unknown), ``precision_from`` (number of decisions on validation albums behind the estimate),
        ``sure`` (``yes`` or ``not sure``) and ``why``.

    Examples
    --------
    >>> thresholds = Decisions(np.array([0.5, 0.5]))
    >>> links = np.array([[1, 0]])
    >>> table = decide(np.array([0.4, 0.9]), thresholds, links, ["Jazz", "Vocal Jazz"], Evidence())
    >>> table["keep"].tolist(), table["why"].tolist()
    ([True, True], ['above Vocal Jazz', ''])
    """
    thresholds = decisions.values
    predicted = scores >= thresholds
    brought = _children_of_added_parents(predicted, scores - thresholds, links)
    precision = np.full(len(labels), np.nan)
    counted = np.zeros(len(labels), int)
    if decisions.expected is not None:
        precision = decisions.expected.precision.copy()
        counted = decisions.expected.decided
    doubts = _doubts(scores, decisions, evidence)
    keep = predicted | (brought >= 0)
    _follow_children(keep, brought, precision, doubts, links, labels)
    sure = np.where(doubts == "", YES, NOT_SURE)
    why = doubts.copy()
    for parent in np.flatnonzero(brought >= 0):
        above = f"above {labels[brought[parent]]}"
        why[parent] = "; ".join(filter(None, [above, doubts[parent]]))
    columns = [thresholds, predicted, keep, precision, counted, sure, why]
    return pd.DataFrame(dict(zip(COLUMNS, columns, strict=True)), index=labels)


def _children_of_added_parents(predicted: np.ndarray, margin: np.ndarray, links: np.ndarray) -> np.ndarray:
    """Find the labels to keep because of a child: return the child of each, -1 for all other labels."""
    brought = np.full(len(predicted), -1)
    parents: dict[int, list[int]] = {}
    for child, parent in links:
        parents.setdefault(int(child), []).append(int(parent))
    # Children with one parent first: of several parents, one may then be kept already.
    order = sorted(parents, key=lambda child: (len(parents[child]) > 1, child))
    changed = True
    while changed:
        changed = False
        for child in order:
            kept = predicted | (brought >= 0)
            above = parents[child]
            if kept[child] and not kept[above].any():
                brought[above[int(np.argmax(margin[above]))]] = child
                changed = True
                break
    return brought


def _doubts(scores: np.ndarray, decisions: Decisions, evidence: Evidence) -> np.ndarray:
    """Return why the decision on each label is not sure [shape=(labels,), object]; empty if it is sure."""
    doubts = np.full(len(scores), "", object)
    if decisions.reason:
        doubts[:] = f"no threshold: {decisions.reason}"
        return doubts
    if evidence.unlike:
        doubts[:] = evidence.unlike
        return doubts
    recordings = len(evidence.tracks)
    if recordings == 1 and evidence.usual > 1:
        doubts[:] = f"one recording only; albums in training usually have {evidence.usual}"
    if recordings < 2:
        return doubts
    half_width = interval(evidence.tracks)
    for label, threshold in enumerate(decisions.values):
        low = scores[label] - half_width[label]
        high = scores[label] + half_width[label]
        if low < threshold <= high:
            doubts[label] = f"the tracks disagree: {brief(low)} to {brief(high)}, threshold {brief(threshold)}"
    return doubts


def interval(tracks: np.ndarray) -> np.ndarray:
    """Compute half the width of the interval of the mean over tracks [shape=(labels,)].

    Parameters
    ----------
    tracks : np.ndarray [shape=(recordings, labels)]
        Two recordings or more.

    Examples
    --------
    >>> interval(np.array([[0.2], [0.4], [0.6]])).round(3).tolist()
    [0.218]
    """
    number = len(tracks)
    error = np.std(tracks, axis=0, ddof=1) / np.sqrt(number)
    return stats.t.ppf((1 + CONFIDENCE) / 2, number - 1) * error


def _follow_children(
    keep: np.ndarray,
    brought: np.ndarray,
    precision: np.ndarray,
    doubts: np.ndarray,
    links: np.ndarray,
    labels: list[str],
) -> None:
    """Pass precision to parents that are kept because of a child, and sureness to all kept parents, in place."""
    for parent in np.flatnonzero(brought >= 0):
        # Its own precision is that of scores above its threshold, which this one is not.
        precision[parent] = np.nan
    for _ in labels:
        precision_before = precision.copy()
        doubts_before = doubts.copy()
        for child, parent in links:
            if not (keep[child] and keep[parent]):
                continue
            if brought[parent] >= 0:
                precision[parent] = np.fmax(precision[parent], precision[child])
            if doubts[child] == "":
                doubts[parent] = ""
        if np.array_equal(precision_before, precision, equal_nan=True) and np.array_equal(doubts_before, doubts):
            return


def unlike(nearer: int, albums: int, what: str) -> str:
    """Return a message if an album is unlike any in training; empty if it is not.

    Parameters
    ----------
    nearer, albums : int
        Number of validation albums that are nearer to the training albums, and of all validation albums.
    what : str
        Files that were compared: ``recordings``, ``texts``, ``cover``.

    Examples
    --------
    >>> unlike(40, 40, "recordings")
    'unlike any album in training: its recordings are farther away than 40 of 40 validation albums'
    >>> unlike(30, 40, "recordings"), unlike(10, 10, "recordings")
    ('', '')
    """
    # Probability that an album like the others is at least as far away; with few albums it is never small.
    chance = (1 + albums - nearer) / (1 + albums)
    if chance > UNLIKE:
        return ""
    verb = "are"
    if what == "cover":
        verb = "is"
    return f"unlike any album in training: its {what} {verb} farther away than {nearer} of {albums} validation albums"


def brief(number: float) -> str:
    """Write a number with two digits and without a zero before the point.

    Examples
    --------
    >>> brief(0.724), brief(-0.05), brief(1.0)
    ('.72', '-.05', '1.00')
    """
    text = f"{number:.2f}"
    if abs(number) < 0.995:
        text = text.replace("0.", ".", 1)
    return text
