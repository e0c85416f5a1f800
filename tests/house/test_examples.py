"""The examples of all docstrings run, and every name that users rely on has one."""

import doctest
import importlib
from pathlib import Path

import pytest

import mumu_lib

ROOT = Path(mumu_lib.__file__).parent
PROMISED = (
    "open_catalogue", "predict_album", "hello", "catalogue.Catalogue", "sources.folder.build", "labels.ppmi", "labels.label_factors", "labels.album_factors",
    "audio.load", "audio.log_cqt", "models.cnn", "models.text_mlp", "models.resnet", "models.fusion", "models.album_mlp",
    "targets.Logistic", "targets.Cosine", "metrics.macro_auc", "metrics.coverage_at_k", "metrics.bootstrap", "runs.table",
)  # fmt: skip


def modules_with_examples():
    names = []
    for path in sorted(ROOT.rglob("*.py")):
        if ">>>" in path.read_text(encoding="utf-8"):
            inside = path.relative_to(ROOT.parent).with_suffix("")
            names.append(".".join(inside.parts).removesuffix(".__init__"))
    return names


@pytest.mark.parametrize("name", modules_with_examples())
def test_examples_run(name):
    result = doctest.testmod(importlib.import_module(name))
    assert result.failed == 0


@pytest.mark.parametrize("name", PROMISED)
def test_a_promised_name_has_an_example(name):
    thing = mumu_lib
    for part in name.split("."):
        thing = getattr(thing, part)
    assert ">>>" in thing.__doc__
