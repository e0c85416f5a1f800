"""Fusion of finished runs: which are taken, how their vectors join, what each modality brings."""

import json
from pathlib import Path

import numpy as np
import pytest

from fused_runs import Anything, cfg, finished
from mumu_lib import fusion, metrics, models, runs, targets
from mumu_lib.core import environment
from mumu_lib.core.errors import MissingDataError, ParameterError
from mumu_lib.core.fingerprints import digest
from mumu_lib.training import albums


def test_the_best_run_of_a_modality_is_chosen_by_validation_auc_and_named(three):
    found = fusion.sources(three, cfg())
    assert [(s.name, s.origin) for s in found] == [
        ("audio", "audio-cosine-low_4x96"),
        ("text", "text-cosine-vsm"),
        ("image", "image-cosine-resnet101"),
    ]
    shown = fusion.summary(found)
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
    assert fusion.run_name(cfg(**given)) == (modality, setting)


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"modalities": "atx"}, "'x' is not one of"),
        ({"modalities": "aa"}, "named once only"),
        ({"modalities": ""}, "nothing to fuse"),
        ({"embeddings": "x.npy,x.npy"}, "named once only"),
        ({"learning": "simultaneous", "embeddings": "x.npy"}, "no embeddings"),
        ({"learning": "simultaneous", "recipe": "ours"}, "-p recipe paper"),
        ({"learning": "attention", "recipe": "ours"}, "learning='attention' supports the paper's recipe only"),
    ],
)
def test_what_cannot_be_fused_is_refused(given, message):
    with pytest.raises(ParameterError, match=message):
        fusion.run_name(cfg(**given))


def test_an_album_that_lacks_a_vector_is_left_out_or_gets_zeros(three):
    found = fusion.sources(three, cfg())
    complete, filled = fusion.join(found), fusion.join(found, "dropout")
    assert list(albums.rows_without_nan(complete)) == list(range(2, 30))
    assert len(albums.rows_without_nan(filled)) == 30
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
    objective = targets.Logistic(M.shape[1])
    network = models.fusion([6, 4, 5], "logistic", 4, modality_dropout=0.3 if missing == "dropout" else 0)
    albums.fit_albums(
        network, objective, X, objective.encode(M), three.albums.split, batch_size=8, epochs=40, patience=40, learning_rate=0.2, seed=0
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
    test = np.intersect1d(three.rows("test"), albums.rows_without_nan(fusion.join(found)))
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


def test_two_runs_with_one_id_are_distinguished_by_their_folders(three):
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
    assert len(albums.rows_without_nan(fusion.join(found))) == 25


def test_a_run_may_hold_zero_vectors(three):
    X = np.ones((30, 3))
    X[4] = 0
    finished(three, "text", "dead", X, 0.99)
    (source,) = fusion.sources(three, cfg("t"))
    assert not source.vectors[4].any()


def test_our_recipe_takes_the_best_run_towards_its_own_target(three):
    finished(three, "text", "vsm_sem", np.ones((30, 3)), 0.95)
    run = next((fusion.home() / "runs" / "tiny").glob("text-cosine-vsm_sem/metrics.json"))
    run.write_text(
        run.read_text(encoding="utf-8").replace('"target": "cosine"', '"target": "logistic"'), encoding="utf-8"
    )
    ours, papers = (fusion.sources(three, cfg("t", recipe=recipe))[0] for recipe in ("ours", "paper"))
    assert (ours.origin, papers.origin) == ("text-cosine-vsm", "text-cosine-vsm_sem")
    # Of no run towards the target the best of all is taken.
    assert fusion.sources(three, cfg("a", recipe="ours", target="logistic"))[0].origin == "audio-cosine-low_4x96"


def test_joint_learning_takes_the_best_run_that_has_a_network_to_train(three):
    finished(three, "audio", "timbre_mlp", np.ones((30, 3)), 0.99)
    finished(three, "audio", "mtt_musicnn", np.ones((30, 3)), 0.98, encoder={"name": "mtt_musicnn"})
    assert fusion.sources(three, cfg("at"))[0].origin == "audio-cosine-timbre_mlp"
    found = fusion.sources(three, cfg("at", learning="simultaneous"))
    assert [source.origin for source in found] == ["audio-cosine-low_4x96", "text-cosine-vsm"]


def test_a_line_is_never_the_best_run_of_a_modality(three):
    finished(three, "text", "linear_vsm", np.ones((30, 3)), 0.99)
    assert fusion.sources(three, cfg("t"))[0].origin == "text-cosine-vsm"
    # By its name it can be asked for; its vectors are its inputs.
    assert fusion.sources(three, cfg("", embeddings="text-cosine-linear_vsm"))[0].vectors.shape == (30, 3)


def test_own_vectors_alone_are_named_where_a_modality_has_no_run(tiny):
    finished(tiny, "own", "clap", np.ones((30, 3)), 0.9)
    with pytest.raises(MissingDataError, match="-p modalities '' -p embeddings own-cosine-clap"):
        fusion.sources(tiny, cfg())
    assert [s.name for s in fusion.sources(tiny, cfg("", embeddings="own-cosine-clap"))] == ["own-cosine-clap"]


def test_modalities_that_have_runs_are_named_where_one_has_none(tiny):
    for modality in ("audio", "text"):
        finished(tiny, modality, "made", np.ones((30, 3)), 0.9)
    with pytest.raises(MissingDataError, match=r"or fuse those that have runs: .* -p modalities at -p target cosine$"):
        fusion.sources(tiny, cfg("ati"))
    with pytest.raises(MissingDataError, match=r" -p modalities at -p target cosine -p learning simultaneous$"):
        fusion.sources(tiny, cfg("ati", learning="simultaneous"))


def test_a_file_is_not_fused_with_the_network_over_it(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    X = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    np.save("clap.npy", X)
    Path("clap.txt").write_text("\n".join(tiny.albums["album_id"]), encoding="utf-8")
    finished(tiny, "own", "clap", X, 0.9, made_of=digest(X))
    with pytest.raises(ParameterError, match=r"own-cosine-clap and clap\.npy are made of the same embeddings"):
        fusion.sources(tiny, cfg("", embeddings="own-cosine-clap, clap.npy"))


def test_nor_with_a_run_of_before_over_it(tiny, tmp_path):
    X = np.random.default_rng(0).normal(size=(30, 3)).astype(np.float32)
    np.save(tmp_path / "clap.npy", X)
    (tmp_path / "clap.txt").write_text("\n".join(tiny.albums["album_id"]), encoding="utf-8")
    run = finished(tiny, "text", "own_clap", X, 0.9, source="embeddings")
    params = json.loads((run.folder / "params.json").read_text(encoding="utf-8"))
    params["embeddings"] = str(tmp_path / "clap.npy")
    (run.folder / "params.json").write_text(json.dumps(params), encoding="utf-8")
    with pytest.raises(ParameterError, match="are made of the same embeddings"):
        fusion.sources(tiny, cfg("", embeddings=f"text-cosine-own_clap, {tmp_path / 'clap.npy'}"))


def test_an_old_run_of_own_vectors_is_no_text(tiny):
    finished(tiny, "text", "own_clap", np.ones((30, 3)), 0.99, source="embeddings")
    finished(tiny, "text", "vsm", np.ones((30, 4)), 0.6)
    assert fusion.sources(tiny, cfg("t"))[0].origin == "text-cosine-vsm"


def test_a_line_over_all_sources_is_given_what_their_own_networks_were_given(three):
    raw = np.random.default_rng(1).normal(size=(30, 7)).astype(np.float32)
    finished(three, "text", "linear_vsm", raw, 0.5, beside="text-cosine-vsm")
    X = fusion.alone.line_inputs(three, fusion.sources(three, cfg("ti")))
    assert X.shape == (30, 7 + 5)
    assert np.isnan(X[:2]).all()
    np.testing.assert_allclose(X[2:, :7], raw[2:] / np.linalg.norm(raw[2:], axis=1, keepdims=True), rtol=1e-5)


def test_the_line_judges_albums_that_lack_a_part_where_the_network_does(three):
    sources = fusion.sources(three, cfg("ti"))
    X = fusion.alone.line_inputs(three, sources, "dropout")
    lacking = np.isnan(fusion.join(sources)).any(axis=1)
    assert lacking.any()
    assert np.isfinite(X).all()
    assert (X[lacking] == 0).any(axis=1).all()


def test_runs_whose_names_differ_behind_a_point_are_two_sources():
    modality, _ = fusion.run_name(cfg("", embeddings="own-cosine-v1.5, own-cosine-v1.6"))
    assert modality == "own-cosine-v1.5+own-cosine-v1.6"


def test_a_run_asked_for_by_name_must_be_of_this_state_of_the_catalogue(three):
    three.__dict__["fingerprint"] = "something else"
    with pytest.raises(MissingDataError, match="not finished, or was made before the catalogue changed"):
        fusion.sources(three, cfg("", embeddings="text-cosine-vsm"))


@pytest.mark.parametrize("name", ["audio.npy", "t.npy", "a+t.npy"])
def test_a_file_called_like_a_modality_is_refused(name):
    with pytest.raises(ParameterError, match="is the name of a modality; rename the file"):
        fusion.run_name(cfg("", embeddings=name))


def test_sources_that_are_called_alike_are_refused():
    for letters, entries in (("", "clap/vectors.npy, mert/vectors.npy"), ("a", "x/mine.npy, y/mine.npy")):
        with pytest.raises(ParameterError, match="two sources have the same name"):
            fusion.run_name(cfg(letters, embeddings=entries))


def test_where_no_test_album_has_every_modality_there_is_nothing_to_leave_out(three):
    found = fusion.sources(three, cfg("ti"))
    found[1].vectors[three.rows("test")] = np.nan
    X = np.nan_to_num(fusion.join(found))
    assert fusion.missing_modalities(lambda X: X[:, :4], X, three, found).empty


def test_the_papers_recipe_fuses_what_was_learned_from_the_albums_alone(three):
    about = {"name": "mtt_musicnn", "digest": "0", "licence": "ISC", "learned_from": "MagnaTagATune"}
    finished(three, "audio", "mtt_musicnn", np.ones((30, 3)), 0.95, encoder=about)
    assert fusion.sources(three, cfg())[0].origin == "audio-cosine-low_4x96"
    assert fusion.sources(three, cfg(recipe="ours"))[0].origin == "audio-cosine-mtt_musicnn"
    named = fusion.sources(three, cfg("ti", embeddings="audio-cosine-mtt_musicnn"))
    assert named[-1].origin == "audio-cosine-mtt_musicnn"


def test_an_encoder_is_fused_where_no_network_was_learned(tiny):
    about = {"name": "mtt_musicnn", "digest": "0", "licence": "ISC", "learned_from": "MagnaTagATune"}
    for modality, facts in (("audio", {"encoder": about}), ("text", {})):
        finished(tiny, modality, "any", np.ones((30, 3)), 0.95, **facts)
    assert fusion.sources(tiny, cfg("at"))[0].origin == "audio-cosine-any"


@pytest.mark.parametrize("setting", ["msd_musicnn", "linear_msd_musicnn"])
def test_what_has_heard_the_albums_is_never_fused(three, setting):
    finished(three, "audio", setting, np.ones((30, 3)), 0.95)
    asked = cfg("ti", embeddings=f"audio-cosine-{setting}")
    assert fusion.sources(three, asked)[-1].origin == f"audio-cosine-{setting}"
    three.info["roots"]["msd"] = "msd"
    with pytest.raises(ParameterError, match=r"may not be fused .*has heard these albums"):
        fusion.sources(three, asked)
    assert fusion.sources(three, cfg(recipe="ours"))[0].origin == "audio-cosine-low_4x96"
