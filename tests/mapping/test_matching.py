"""Matching of albums: scores, rivals, thresholds, blocks."""

import difflib

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings, strategies as st
from rapidfuzz import fuzz
from rapidfuzz.distance import Indel, JaroWinkler

from albums_and_releases import frame, matched
from mumu_lib.core.errors import BadDataError, ParameterError
from mumu_lib.mapping import matching, normalise


def test_score_is_the_lower_of_both_by_difflib():
    left, right = ("News of the World", "Queen and Friend"), ("News of the Wurld", "Queen and Friends")
    expected = min(
        difflib.SequenceMatcher(None, a.lower(), b.lower(), autojunk=False).ratio()
        for a, b in zip(left, right, strict=True)
    )
    assert matching.match(frame(left), frame(right))["score"].item() == pytest.approx(expected)


def test_best_is_kept_with_its_runner_up():
    right = frame(("Hounds of Love", "Kate Bush"), ("Hounds of Lovee", "Kate Bush"), ("Aerial", "Kate Bush"))
    row = matching.match(frame(("Hounds Of Love", "Kate Bush")), right).iloc[0]
    assert (row["right"], row["score"], row["runner_up"], row["ambiguous"]) == (0, 1.0, 1, False)
    assert 0.9 < row["runner_up_score"] < 1


def test_equals_are_ambiguous_unless_they_are_the_same_thing():
    left = frame(("News", "Queen"))
    right = frame(("News", "Queen"), ("News", "Queen")).assign(group=["a", "a"])
    assert matching.match(left, right)["ambiguous"].item()
    row = matching.match(left, right, same="group").iloc[0]
    assert not row["ambiguous"]
    assert row["runner_up"] is None
    assert matching.match(left, right.assign(group=["a", "b"]), same="group")["ambiguous"].item()


def test_edition_decides_between_equals():
    right = frame(("Blue", "Joni Mitchell"), ("Blue (Live Edition)", "Joni Mitchell"))
    row = matching.match(frame(("Blue (Live Edition)", "Joni Mitchell")), right).iloc[0]
    assert (row["right"], row["ambiguous"]) == (1, False)


def test_inexact_match_with_a_near_rival_is_ambiguous():
    right = frame(("Hounds of Loves", "Kate Bush"), ("Hounds of Loven", "Kate Bush"))
    left = frame(("Hounds of Lovex", "Kate Bush"))
    assert matching.match(left, right)["ambiguous"].item()


def test_how_near_a_rival_must_be_is_the_margin():
    left, right = (
        frame(("Hounds of Lovex", "Kate Bush")),
        frame(("Hounds of Lov", "Kate Bush"), ("Hounds of Love", "Kate Bush")),
    )
    row = matching.match(left, right).iloc[0]
    assert (row["right"], row["runner_up"], row["ambiguous"]) == (1, 0, False)
    gap = row["score"] - row["runner_up_score"]
    assert row["score"] == pytest.approx(2 * 14 / 29)
    assert row["runner_up_score"] == pytest.approx(2 * 13 / 28)
    assert matching.match(left, right, margin=gap + 1e-6)["ambiguous"].item()
    assert not matching.match(left, right, margin=gap - 1e-6)["ambiguous"].item()
    assert not matching.match(left, right, margin=0)["ambiguous"].item()


def test_the_threshold_itself_is_enough():
    pair = frame(("Hounds of Lovex", "Kate Bush")), frame(("Hounds of Love", "Kate Bush"))
    assert len(matching.match(*pair, threshold=2 * 14 / 29)) == 1
    assert matching.match(*pair, threshold=2 * 14 / 29 + 1e-6).empty
    assert matching.match(*pair, threshold=1).empty
    assert len(matching.match(pair[0], pair[0], threshold=1)) == 1


def test_of_equal_scores_the_higher_mean_then_the_first_row_is_taken():
    left = frame(("Hounds of Lovex", "Kate Bush Band"))
    right = frame(
        ("Hounds of Love", "Kate Bush Bandy"),
        ("Hounds of Love", "Kate Bush Band"),
        ("Hounds of Love", "Kate Bush Band"),
    )
    row = matching.match(left, right).iloc[0]
    assert (row["right"], row["runner_up"], row["ambiguous"]) == (1, 2, True)
    row = matching.match(left, right[:2], margin=0).iloc[0]
    assert (row["right"], row["runner_up"], row["ambiguous"]) == (1, 0, True)


def test_the_worse_of_title_and_artist_comes_before_their_mean():
    left = frame(("Hounds of Love Again", "Kate Bush Band"))
    right = frame(("Hounds of Love Agains", "Kate Bush Band"), ("Hounds of Love Again", "Kate Bush Bandits"))
    row = matching.match(left, right, threshold=0.8, margin=0.05).iloc[0]
    assert (row["right"], row["runner_up"], row["ambiguous"]) == (0, 1, False)
    # Means of .959 and .967.
    right = frame(("Hounds of Love Againxx", "Kate Bush Bandy"), ("Hounds of Love Again", "Kate Bush Bandit"))
    row = matching.match(left, right, threshold=0.8).iloc[0]
    assert row["right"] == 0
    assert row["score"] == pytest.approx(2 * 20 / 42)
    assert row["runner_up_score"] == pytest.approx(2 * 14 / 30)


def test_title_and_artist_must_both_pass_and_one_release_that_does_is_enough():
    # Both are sifted by a bound that lets this artist pass (.231) where difflib does not (.154).
    assert Indel.normalized_similarity("miles davis", "simon garfunkel") > 0.2
    assert not matched(("News", "Miles Davis"), ("News", "Simon Garfunkel"), threshold=0.2)
    right = frame(("Greatest Hits Volume 2", "Queen"), ("Greatest Hits Volume 1", "Queen"))
    found = matching.match(frame(("Greatest Hits Volume 1", "Queen")), right)
    assert found[["right", "runner_up"]].to_numpy().tolist() == [[1, None]]


def test_a_rival_is_another_thing_however_many_copies_the_best_has():
    right = frame(("News", "Queen"), ("News", "Queen"), ("Newss", "Queen")).assign(group=["a", "a", "b"])
    row = matching.match(frame(("News", "Queen")), right, threshold=0.8, same="group").iloc[0]
    assert (row["right"], row["runner_up"], row["ambiguous"]) == (0, 2, False)
    assert row["runner_up_score"] == pytest.approx(2 * 4 / 9)


@pytest.mark.parametrize(
    ("method", "similarity"),
    [("indel", Indel.normalized_similarity), ("jaro_winkler", JaroWinkler.similarity),
     ("token_sort", lambda a, b: fuzz.token_sort_ratio(a, b) / 100)],
)  # fmt: skip
def test_the_score_is_that_of_the_method(method, similarity):
    left, right = ("news of the world", "queen and friend"), ("world news of the", "queen and friends")
    score = matching.match(frame(left), frame(right), method=method, threshold=0.5)["score"].item()
    assert score == pytest.approx(min(similarity(*pair) for pair in zip(left, right, strict=True)), abs=1e-9)


def test_long_titles_are_compared_letter_by_letter_from_either_side():
    rng = np.random.default_rng(0)
    long = "".join(rng.choice(list("ab"), 250))
    a, b = f"common {long}", f"common {long[:120]}{long[125:]}"
    ratios = [difflib.SequenceMatcher(None, *pair, autojunk=False).ratio() for pair in ((a, b), (b, a))]
    for left, right in ((a, b), (b, a)):
        score = matching.match(frame((left, "x y")), frame((right, "x y")))["score"].item()
        assert score == pytest.approx(max(ratios))


def test_words_are_taken_in_from_the_rarest_while_it_is_cheap(monkeypatch):
    monkeypatch.setattr(matching, "CHEAP", 5)
    monkeypatch.setattr(matching, "LARGEST_BLOCK", 4)

    def block(*postings):
        return matching._block([np.array(p) for p in postings]).tolist()

    assert block([7]) == [7]
    assert block([7], [1, 7]) == [1, 7]
    assert block([7], [1, 2, 3, 4]) == [1, 2, 3, 4, 7]
    assert block([7], [8], [1, 2, 3]) == [1, 2, 3, 7, 8]  # five rows are cheap
    assert block([7], [8], [1, 2, 3, 4]) == [7, 8]  # six are not
    assert block([7], [1, 2, 3, 4, 5]) == [7]  # too frequent
    assert block([1, 2, 3, 4, 5], [2, 3, 4, 5, 9]) == [2, 3, 4, 5]
    assert block([1, 2, 3, 4, 9, 99], [2, 3, 4, 5, 9]) == [2, 3, 4, 9]  # rows up to the last, and beyond it
    assert block([1, 2, 3, 4, 5], [2, 3, 4, 5, 9], [2, 6, 7, 8, 9]) == [2, 3, 4, 5]  # small enough already
    assert block([1, 2, 3, 4, 5], [6, 7, 8, 9, 10], [1, 2, 6, 7, 8]) == [1, 2]  # a word that leaves nothing is noise
    assert block() == []


def test_the_two_rarest_words_are_looked_up_and_each_once(monkeypatch):
    monkeypatch.setattr(matching, "CHEAP", 0)
    right = frame(("the band", "x"), ("the band", "y"), ("the train", "z"), ("blue", "w"))
    sides = [
        (normalise.titles(t["title"]), normalise.artists(t["artist"])) for t in (frame(("blue train", "band")), right)
    ]
    assert next(iter(matching.blocks(*sides))).tolist() == [2, 3]
    sides[0] = normalise.titles(pd.Series(["blue blue"])), normalise.artists(pd.Series(["band"]))
    assert next(iter(matching.blocks(*sides))).tolist() == [0, 1, 3]


@pytest.mark.parametrize("copies", [1, 3])
def test_without_another_thing_there_is_no_runner_up(copies):
    right = frame(*[("Blue Train", "John Coltrane")] * copies).assign(group="g")
    (only,) = matching.match(frame(("Blue Trains", "John Coltrane")), right, same="group").to_dict("records")
    assert only["score"] == pytest.approx(2 * 10 / 21)
    assert (only["runner_up"], only["runner_up_score"]) == (None, 0)
    assert not only["ambiguous"]


def test_of_both_directions_of_difflib_the_better_counts():
    assert difflib.SequenceMatcher(None, "tide", "diet").ratio() == 0.25
    for mine, other in (("tide", "diet"), ("diet", "tide")):
        assert matched((mine, "Some Artist"), (other, "Some Artist"), threshold=0.5)


def test_index_labels_come_back():
    left, right = frame(("News", "Queen"), ("no", "one")), frame(("x", "y"), ("News", "Queen"))
    found = matching.match(left.set_index(pd.Index(["p", "q"])), right.set_index(pd.Index([7, 9])))
    assert found[["left", "right"]].to_numpy().tolist() == [["p", 9]]


@pytest.mark.parametrize("method", matching.METHODS)
def test_every_method_finds_the_equal_and_leaves_the_other(method):
    left, right = (
        frame(("News of the World", "Queen"), ("Nothing", "At all")),
        frame(("News of the World", "Queen"), ("Else", "Where")),
    )
    assert matching.match(left, right, method=method)[["left", "right", "score"]].to_numpy().tolist() == [[0, 0, 1.0]]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "indell"}, "did you mean 'indel'"),
        ({"threshold": 0}, "threshold"),
        ({"threshold": 1.1}, "threshold"),
        ({"margin": -1}, "margin"),
    ],
)
def test_wrong_parameters(options, message):
    with pytest.raises(ParameterError, match=message):
        matched(("a", "b"), ("a", "b"), **options)


def test_wrong_tables():
    with pytest.raises(BadDataError, match=r"right table lacks the columns \['artist'\]"):
        matching.match(frame(), pd.DataFrame({"title": []}))
    with pytest.raises(BadDataError, match=r"right table lacks the columns \['group'\]"):
        matching.match(frame().assign(group=[]), frame(), same="group")
    with pytest.raises(BadDataError, match="two rows 0"):
        matching.match(frame(("a", "b"), ("a", "b")).set_index(pd.Index([0, 0])), frame())


def test_empty_tables():
    assert matching.match(frame(), frame(("a", "b"))).empty
    nothing = matching.match(frame(("a", "b")), frame())
    assert nothing.empty
    assert nothing.dtypes.astype(str).to_dict() == {
        "left": "int64", "right": "int64", "score": "float64", "runner_up": "object", "runner_up_score": "float64", "ambiguous": "bool"
    }  # fmt: skip


def brute(left, right, threshold):
    """Best score of each row over all rows that share a word, as the definition reads."""
    mine, others = [
        list(zip(normalise.titles(t["title"]), normalise.artists(t["artist"]), strict=True)) for t in (left, right)
    ]

    def score(one, other):
        if normalise.numbers(one[0]) != normalise.numbers(other[0]) or not set(" ".join(one).split()) & set(
            " ".join(other).split()
        ):
            return 0
        return min(
            max(difflib.SequenceMatcher(None, *p, autojunk=False).ratio() for p in ((a, b), (b, a)))
            for a, b in zip(one, other, strict=True)
        )

    best = {i: max((score(one, other) for other in others), default=0) for i, one in enumerate(mine)}
    return {i: s for i, s in best.items() if s >= threshold}


word = st.sampled_from(
    ["live", "love", "hits", "greatest", "best", "of", "the", "2", "ii", "queen", "quean", "blue", "bluee", "moon"]
)
name = st.lists(word, min_size=1, max_size=3).map(" ".join)
table = st.lists(st.tuples(name, name), max_size=12).map(lambda rows: frame(*rows))


@settings(max_examples=60, deadline=None)
@given(table, table)
@example(frame(("live live queen", "queen live")), frame(("live queen", "queen live")))  # on the threshold
def test_equals_all_pairs_that_share_a_word(left, right):
    found = matching.match(left, right, threshold=0.8)
    assert dict(zip(found["left"], found["score"], strict=True)) == pytest.approx(brute(left, right, 0.8))


def test_frequent_words_are_narrowed_by_further_ones(monkeypatch):
    monkeypatch.setattr(matching, "LARGEST_BLOCK", 5)
    right = frame(
        *[("Greatest Hits", f"Artist{i % 3} Band") for i in range(30)], ("Greatest Hits Live", "Artist0 Band")
    )
    sides = [
        (normalise.titles(t["title"]), normalise.artists(t["artist"]))
        for t in (frame(("Greatest Hits Live", "Artist0 Band")), right)
    ]
    assert next(iter(matching.blocks(*sides))).tolist() == [30]


def test_blocking_keeps_noisy_pairs():
    rng = np.random.default_rng(0)
    vocabulary = ["".join(rng.choice(list("abcdefghijklmnoprstuvw"), 6)) for _ in range(300)]
    right = frame(*[(" ".join(rng.choice(vocabulary, 3)), " ".join(rng.choice(vocabulary, 2))) for _ in range(1000)])
    left = right.assign(
        title=[t[:4] + t[5:] + " (Remastered)" for t in right["title"]], artist=right["artist"].str.upper()
    )
    sides = [(normalise.titles(t["title"]), normalise.artists(t["artist"])) for t in (left, right)]
    assert np.mean([i in block for i, block in enumerate(matching.blocks(*sides))]) >= 0.99
