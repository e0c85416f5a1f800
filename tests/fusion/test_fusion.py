"""Fusion of finished runs: which are taken, how their vectors join, what each modality brings."""

from dataclasses import dataclass

import numpy as np
import pytest

from mumu_lib import fusion, metrics, models, params, runs, targets
from mumu_lib.core import environment
from mumu_lib.core.errors import MissingDataError, ParameterError
from mumu_lib.training import albums


@dataclass(frozen=True, kw_only=True)
class Anything(params.Shared):
    target: str = "cosine"


def cfg(modalities="ati", **values):
    defaults = {
        "catalogue": "tiny", "seed": 0, "target": "cosine", "dimensions": 50, "epochs": 100, "batch_size": 8,
        "learning_rate": 0.01, "patience": 10, "together_epochs": 2, "together_learning_rate": 0.001, "learning": "late", "missing": "complete",
    }  # fmt: skip
    return params.Multimodal(modalities=modalities, **{**defaults, **values})


def finished(catalogue, modality, setting, X, val_auc, *, kept=None, **facts):
    """A finished run of some vectors, rows ``kept`` of the album table."""
    rows = np.arange(len(X)) if kept is None else kept
    run = runs.start(catalogue, f"{modality}-cosine-{setting}", Anything(catalogue=catalogue.name, seed=len(X)))
    run.write(
        {"modality": modality, "target": "cosine", "setting": setting, "auc": 0.5, "val_auc": val_auc, **facts},
        album_ids=list(catalogue.albums.album_id[rows]), embeddings=X[rows], scores=np.zeros((len(rows), 4)),
    )  # fmt: skip
    return run


@pytest.fixture
def three(tiny):
    """A run of each modality: text knows the labels, the others are noise; two albums have no cover."""
    rng = np.random.default_rng(0)
    n = len(tiny.albums)
    known = tiny.label_matrix().toarray() + rng.normal(0, 0.1, (n, 4))
    finished(tiny, "audio", "low_4x96", rng.normal(size=(n, 6)) * 100, 0.7)
    finished(tiny, "audio", "high_4x96", np.ones((n, 3)), 0.6)
    finished(tiny, "text", "vsm", known.astype(np.float32), 0.9)
    finished(tiny, "image", "resnet101", rng.normal(size=(n, 5)), 0.6, kept=np.arange(2, n))
    return tiny


def test_the_best_run_of_a_modality_is_chosen_by_validation_auc_and_named(three):
    found = fusion.sources(three, cfg())
    assert [(s.name, s.origin) for s in found] == [
        ("audio", "audio-cosine-low_4x96"),
        ("text", "text-cosine-vsm"),
        ("image", "image-cosine-resnet101"),
    ]
    shown = fusion.described(found)
    assert list(shown["length"]) == [6, 4, 5]
    assert list(shown["without"]) == [0, 0, 2]


@pytest.mark.parametrize(
    ("given", "modality", "setting"),
    [
        ({"modalities": "ita"}, "a+t+i", "mlp"),
        ({"modalities": "at", "missing": "dropout"}, "a+t", "mlp_dropout"),
        ({"modalities": "", "embeddings": "mine/clap.npy"}, "clap", "mlp"),
        ({"modalities": "t", "embeddings": "text-cosine-vsm, clap.parquet"}, "t+text-cosine-vsm+clap", "mlp"),
        ({"modalities": "ai", "learning": "simultaneous"}, "a+i", "simultaneous"),
    ],
)
def test_names_as_in_table_2(given, modality, setting):
    assert fusion.named(cfg(**given)) == (modality, setting)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"modalities": "atx"}, "'x' is not one of"),
        ({"modalities": "aa"}, "named once only"),
        ({"modalities": ""}, "nothing to fuse"),
        ({"embeddings": "x.npy,x.npy"}, "named once only"),
        ({"learning": "simultaneous", "embeddings": "x.npy"}, "no embeddings"),
    ],
)
def test_what_cannot_be_fused_is_refused(given, message):
    with pytest.raises(ParameterError, match=message):
        fusion.named(cfg(**given))


def test_an_album_that_lacks_a_vector_is_left_out_or_gets_zeros(three):
    found = fusion.sources(three, cfg())
    complete, filled = fusion.join(found), fusion.join(found, "dropout")
    assert list(albums.complete(complete)) == list(range(2, 30))
    assert len(albums.complete(filled)) == 30
    np.testing.assert_array_equal(filled[:2, 10:], 0)
    np.testing.assert_allclose(filled[2:], complete[2:])
    alone = [s for s in found if s.name == "image"]
    assert np.isnan(fusion.join(alone, "dropout")[:2]).all()


def test_each_vector_counts_the_same_whatever_its_length(three):
    found = fusion.sources(three, cfg("at"))
    network = models.fusion([6, 4], "cosine", 4, 3)
    features = network.get_layer(models.FEATURES).output
    import keras

    X = keras.Model(network.input, features).predict(fusion.join(found), verbose=0)
    np.testing.assert_allclose(np.linalg.norm(X[:, :6], axis=1), 1, rtol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(X[:, 6:], axis=1), 1, rtol=1e-5)


@pytest.mark.parametrize("missing", ["complete", "dropout"])
def test_a_fusion_learns_and_says_what_each_modality_brings(three, missing):
    environment.seed_everything(0)
    found = fusion.sources(three, cfg())
    X, M = fusion.join(found, missing), three.label_matrix()
    goal = targets.Logistic(M.shape[1])
    network = models.fusion([6, 4, 5], "logistic", 4, modality_dropout=0.3 if missing == "dropout" else 0)
    albums.fit_albums(
        network, goal, X, goal.encode(M), three.albums.split, batch_size=8, epochs=40, patience=40, learning_rate=0.2, seed=0
    )  # fmt: skip
    table = fusion.missing_modalities(lambda X: network.predict(X, verbose=0), X, three, found)
    assert list(table.index) == [
        "audio + text + image",
        "audio + text",
        "audio + image",
        "text + image",
        "audio",
        "text",
        "image",
    ]
    assert table.loc["text", "AUC"] > table.loc["audio + image", "AUC"]
    test = np.intersect1d(three.rows("test"), albums.complete(fusion.join(found)))
    expected = metrics.macro_auc(M[test], network.predict(X[test], verbose=0))
    assert table.loc["audio + text + image", "AUC"] == pytest.approx(expected)


def test_without_a_finished_run_the_notebook_to_run_is_named(three):
    runs.start(three, "text-logistic-vsm_sem", cfg())
    with pytest.raises(MissingDataError, match="not finished"):
        fusion.sources(three, cfg("a", embeddings="text-logistic-vsm_sem"))
    with pytest.raises(MissingDataError, match=r"did you mean 'text-cosine-vsm'"):
        fusion.sources(three, cfg("a", embeddings="text-cosine-vsn"))


def test_no_run_of_a_modality(tiny):
    with pytest.raises(
        MissingDataError,
        match=r"it has no covers, so leave them out:  papermill \S*07_multimodal.ipynb out.ipynb -p catalogue tiny",
    ):
        fusion.sources(tiny, cfg("i"))


def test_runs_of_another_state_of_the_catalogue_do_not_count(three, monkeypatch):
    three.__dict__["fingerprint"] = "something else"
    with pytest.raises(MissingDataError, match="changed since"):
        fusion.sources(three, cfg("t"))


def test_two_runs_with_one_id_are_told_apart_by_their_folders(three):
    first = runs.folder_of(three, "text-cosine-vsm", Anything(catalogue="tiny", seed=99))
    again = runs.start(three, "text-cosine-vsm", Anything(catalogue="tiny", seed=99))
    again.write(
        {"modality": "text", "target": "cosine", "setting": "vsm", "auc": 0.5, "val_auc": 0.1},
        album_ids=list(three.albums.album_id), embeddings=np.full((30, 2), 7.0), scores=np.zeros((30, 4)),
    )  # fmt: skip
    assert first == again.folder
    (source,) = fusion.sources(three, cfg("", embeddings=first.name))
    assert (source.vectors == 7).all()


def test_vectors_of_the_users_own_join(three, tmp_path):
    ids = list(three.albums.album_id[5:])
    np.save(tmp_path / "clap.npy", np.ones((25, 7), np.float32))
    (tmp_path / "clap.txt").write_text("\n".join(ids))
    found = fusion.sources(three, cfg("t", embeddings=str(tmp_path / "clap.npy")))
    assert [s.name for s in found] == ["text", "clap"]
    assert len(albums.complete(fusion.join(found))) == 25


def test_a_run_may_hold_zero_vectors(three):
    X = np.ones((30, 3))
    X[4] = 0
    finished(three, "text", "dead", X, 0.99)
    (source,) = fusion.sources(three, cfg("t"))
    assert not source.vectors[4].any()


def test_the_difference_to_each_modality_is_paired_on_the_albums_both_have_judged(three):
    rng = np.random.default_rng(0)
    found, scored = fusion.sources(three, cfg()), np.arange(1, 30)
    scores = three.label_matrix().toarray()[scored] + rng.normal(0, 0.1, (29, 4))
    table = fusion.against_single(three, found, scored, scores)
    assert list(table.index) == ["audio", "text", "image"]
    test = three.rows("test")
    assert list(table["albums"]) == [len(test), len(test), len(test[test >= 2])]
    assert (
        table.loc["text", "AUC fused"] == round(metrics.macro_auc(three.label_matrix()[test], scores[test - 1]), 3) == 1
    )
    # The stored runs score every label 0, which is chance.
    assert (table["AUC alone"] == 0.5).all()
    assert (table["difference"] == 0.5).all()


def test_a_run_asked_for_by_name_must_be_of_this_state_of_the_catalogue(three):
    three.__dict__["fingerprint"] = "something else"
    with pytest.raises(MissingDataError, match="not finished, or was made before the catalogue changed"):
        fusion.sources(three, cfg("", embeddings="text-cosine-vsm"))


@pytest.mark.parametrize("name", ["audio.npy", "t.npy", "a+t.npy"])
def test_a_file_called_like_a_modality_is_refused(name):
    with pytest.raises(ParameterError, match="is the name of a modality; rename the file"):
        fusion.named(cfg("", embeddings=name))


def test_sources_that_are_called_alike_are_refused():
    for letters, entries in (("", "clap/vectors.npy, mert/vectors.npy"), ("a", "x/mine.npy, y/mine.npy")):
        with pytest.raises(ParameterError, match="called alike"):
            fusion.named(cfg(letters, embeddings=entries))


def test_where_no_test_album_has_every_modality_there_is_nothing_to_leave_out(three):
    found = fusion.sources(three, cfg("ti"))
    found[1].vectors[three.rows("test")] = np.nan
    X = np.nan_to_num(fusion.join(found))
    assert fusion.missing_modalities(lambda X: X[:, :4], X, three, found).empty
