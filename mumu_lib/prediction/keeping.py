"""Which genres of an album to keep, how often that will be right, and where the answer is "not sure".

Paper: none; the paper ranks and does not decide.  Notebooks: 09_your_album.

The rule, for each modality:

1. **Keep** a genre whose score reaches its threshold (:mod:`mumu_lib.metrics.thresholds`), and the parent of every genre
   that is kept. A genre with several parents brings the one with the highest score above its threshold, unless one of
   them is kept already.
2. **Expected precision**: how often decisions of that genre were right on validation albums that its threshold was not
   chosen on; of a parent that is kept for a child at least the child's.
3. **Not sure**, in this order:
   a. of every genre, where the album is unlike any in training: its vector lies further from the centres of the training
      albums' labels than all but one in twenty (:data:`UNLIKE`) of the validation albums;
   b. of a genre whose tracks disagree: the 80 % Student t interval (:data:`CONFIDENCE`) of the mean over tracks holds the
      threshold, so that with more tracks like these the answer might turn with a chance of one in ten or more;
   c. of every genre, with a single track where the albums it was learned from usually have several.
   A parent is as sure as the surest of its kept children.

What decides for the album is the fusion, or else the modality with the best AUC on validation albums.
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
    """What is known of an album besides its scores.

    Attributes
    ----------
    tracks : np.ndarray [shape=(recordings, labels)]
        Scores of each recording by itself; no rows where none can be had.
    usual : int
        Recordings that albums of the collection usually have.
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
        Child and parent, of :func:`mumu_lib.results.hierarchy.links`.
    labels : list of str
    evidence : Evidence

    Returns
    -------
    table : pd.DataFrame
        A row a label, in their order: ``threshold``, ``predicted`` (the score reaches it), ``keep``, ``precision``
        (expected, NaN where unknown), ``precision_from`` (decisions on validation albums that it is estimated from),
        ``sure`` (``yes`` or ``not sure``) and ``why``.
    """
    thresholds = decisions.values
    predicted = scores >= thresholds
    brought = _brought(predicted, scores - thresholds, links)
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


def _brought(predicted: np.ndarray, margin: np.ndarray, links: np.ndarray) -> np.ndarray:
    """Find for each label that is no decision of its own the kept child that brings it; -1 for none."""
    brought = np.full(len(predicted), -1)
    parents: dict[int, list[int]] = {}
    for child, parent in links:
        parents.setdefault(int(child), []).append(int(parent))
    # Those with one parent first: of several, one may then be kept already.
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
    """Say of each label why its decision is not sure [shape=(labels,), object]; empty where it is."""
    doubts = np.full(len(scores), "", object)
    if decisions.reason:
        doubts[:] = f"no threshold: {decisions.reason}"
        return doubts
    if evidence.unlike:
        doubts[:] = evidence.unlike
        return doubts
    heard = len(evidence.tracks)
    if heard == 1 and evidence.usual > 1:
        doubts[:] = f"one recording only, where albums it was learned from have {evidence.usual}"
    if heard < 2:
        return doubts
    reach = interval(evidence.tracks)
    for label, threshold in enumerate(decisions.values):
        low, high = scores[label] - reach[label], scores[label] + reach[label]
        if low < threshold <= high:
            doubts[label] = f"the tracks disagree: {brief(low)} to {brief(high)}, threshold {brief(threshold)}"
    return doubts


def interval(tracks: np.ndarray) -> np.ndarray:
    """Compute how far the interval of the mean over tracks reaches to each side [shape=(labels,)].

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
    """Make each kept parent that a child brought as precise, and any kept parent as sure, as its kept children."""
    for parent in np.flatnonzero(brought >= 0):
        # Its own precision is that of decisions, and it was none.
        precision[parent] = np.nan
    for _ in labels:
        before = (precision.copy(), doubts.copy())
        for child, parent in links:
            if not (keep[child] and keep[parent]):
                continue
            if brought[parent] >= 0:
                precision[parent] = np.fmax(precision[parent], precision[child])
            if doubts[child] == "":
                doubts[parent] = ""
        if np.array_equal(before[0], precision, equal_nan=True) and np.array_equal(before[1], doubts):
            return


def unlike(nearer: int, albums: int, what: str) -> str:
    """Say that an album is unlike any in training; empty if it is not.

    Parameters
    ----------
    nearer, albums : int
        How many of the validation albums lie nearer to the training albums, and how many there are.
    what : str
        What was compared: ``recordings``, ``texts``, ``cover``.

    Examples
    --------
    >>> unlike(40, 40, "recordings")
    'unlike any album in training: its recordings lie further off than 40 of 40 validation albums'
    >>> unlike(30, 40, "recordings"), unlike(10, 10, "recordings")
    ('', '')
    """
    # The chance that an album which is like the others lies so far off; with few albums it is never small.
    chance = (1 + albums - nearer) / (1 + albums)
    if chance > UNLIKE:
        return ""
    return f"unlike any album in training: its {what} lie further off than {nearer} of {albums} validation albums"


def brief(number: float) -> str:
    """Write a number with two digits and without a zero before the point.

    Examples
    --------
    >>> brief(0.724), brief(-0.05), brief(1.0)
    ('.72', '-.05', '1.00')
    """
    return f"{number:.2f}".replace("0.", ".", 1) if abs(number) < 0.995 else f"{number:.2f}"
