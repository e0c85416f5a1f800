"""The line beside a run is a run of its own, fitted once."""

import numpy as np
import pytest
import scipy.sparse as sp

from mumu_lib import params, runs, targets
from mumu_lib.core.paths import checkout
from mumu_lib.features import embeddings
from mumu_lib.training import lines as fitting


@pytest.fixture
def cfg():
    values = {**params.defaults(checkout() / "notebooks" / "05_text.ipynb"), "catalogue": "tiny", "features": "vsm"}
    return params.Text(**values)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix])
def test_a_line_is_a_run_whose_vectors_are_its_inputs(tiny, cfg, form, monkeypatch):
    labels = tiny.label_matrix().toarray()
    X = form((labels @ np.random.default_rng(0).normal(size=(4, 6)) ** 2 + 0.1).astype(np.float32))
    objective = targets.make(tiny, "cosine", 4)
    run = runs.start(tiny, ("text", "cosine", "vsm"), cfg)
    line = runs.lines.beside(run, objective, X, objective.encode(tiny.label_matrix()), cfg)
    assert line.id == "text-cosine-linear_vsm"
    assert line.metrics["beside"] == run.folder.name
    assert line.metrics["strength"] in fitting.ALPHAS
    np.testing.assert_allclose(
        embeddings.load(line.folder, tiny), fitting.Scaling().apply(np.asarray(sp.csr_matrix(X).todense())), rtol=1e-5
    )
    assert runs.table(tiny).loc[line.id, "auc"] > 0.8
    shown = runs.lines.compared({**line.metrics, "auc": 0.5}, line)
    assert shown["auc"].tolist() == [0.5, round(line.metrics["auc"], 3)]

    monkeypatch.setattr(fitting, "fit", None)
    again = runs.lines.beside(run, objective, X, objective.encode(tiny.label_matrix()), cfg)
    assert again.folder == line.folder
