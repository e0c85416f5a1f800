"""What an experiment is: the rows of Table 2 and ours, and the modalities."""

import subprocess
import sys

import pytest

from mumu_lib import experiments, params
from mumu_lib.core.errors import BadDataError
from mumu_lib.core.paths import checkout

ROWS = list(experiments.table().itertuples())


def test_the_papers_rows_are_26_in_its_order():
    rows = experiments.paper_rows()
    assert len(rows) == 26
    keys = (rows["modality"] + "/" + rows["target"] + "/" + rows["setting"]).tolist()
    assert keys[:3] == ["audio/logistic/timbre_mlp", "audio/logistic/low_3x3", "audio/logistic/high_3x3"]
    assert keys[-1] == "a+t+i/cosine/mlp"
    assert rows["params"].dtype.kind == "i"
    assert rows[experiments.NUMBERS].notna().all(axis=None)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: f"{row.modality}-{row.target}-{row.setting}")
def test_every_row_is_what_its_notebook_takes(row):
    cell = params.defaults(checkout() / "notebooks" / f"{row.notebook}.ipynb")
    told = experiments.arguments(row.notebook, row.modality, row.target, row.setting)
    cfg = params.checked(params.PARAMETERS[row.notebook], {**cell, **told})
    assert cfg.target == row.target
    if row.notebook == experiments.FUSION_NOTEBOOK:
        assert experiments.fusion_setting({"learning": cfg.learning, "missing": cfg.missing}) == row.setting
    elif row.setting in experiments.ENCODERS:
        assert cfg.encoder == told["encoder"]
        assert experiments.encoder_of(f"any_{cfg.encoder}") or cfg.encoder == experiments.MUSICNN
    else:
        assert getattr(cfg, experiments.BY_NAME[row.modality].setting) == row.setting


def test_rows_are_named_once_and_ours_say_why():
    rows = experiments.table()
    assert not rows.duplicated(["modality", "target", "setting"]).any()
    assert rows.loc[rows["origin"] == "ours", "why"].ne("").all()
    assert set(rows["origin"]) == {"paper", "ours"}


def test_what_rows_and_modalities_name_is_there():
    rows = experiments.table()
    for row in rows[rows["learns"] != ""].itertuples():
        function = "learn" if row.notebook == experiments.FUSION_NOTEBOOK else "read"
        assert callable(experiments.resolve(f"{row.learns}:{function}"))
    for modality in experiments.MODALITIES:
        assert (checkout() / "notebooks" / f"{modality.notebook}.ipynb").is_file()
        for dotted in filter(None, (modality.learns, modality.encodes, modality.branch)):
            assert callable(experiments.resolve(dotted))
    for dotted in experiments.LINKERS.values():
        assert callable(experiments.resolve(dotted))


def test_vectors_from_a_file_are_a_modality_without_a_letter():
    assert list(experiments.BY_LETTER) == ["a", "t", "i"]
    assert experiments.BY_NAME["own"].letter == ""


def test_a_setting_says_which_encoder_it_needs():
    assert experiments.settings("text") == ("vsm", "vsm_sem", "vsm_minilm")
    assert experiments.encoders("text") == ("minilm",)
    needed = [experiments.encoder_of(name) for name in ("minilm", "vsm_minilm", "vsm", "mtt_musicnn", "low_4x96", "")]
    assert needed == ["minilm", "minilm", "", "mtt_musicnn", "", ""]


def test_parameters_that_no_row_has_are_no_setting():
    assert experiments.fusion_setting({"learning": "simultaneous", "missing": "dropout"}) == ""


def test_it_needs_no_backend():
    code = "import sys; from mumu_lib import experiments; experiments.table(); print('keras' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


@pytest.fixture
def edited(tmp_path, monkeypatch):
    """Read a table in which one text stands for another."""
    text = (checkout() / "params" / "experiments.tsv").read_text(encoding="utf-8")
    (tmp_path / "params").mkdir()
    monkeypatch.setattr(experiments, "checkout", lambda: tmp_path)

    def read(old, new):
        assert old in text
        (tmp_path / "params" / "experiments.tsv").write_text(text.replace(old, new, 1), encoding="utf-8")
        return experiments._read.__wrapped__()

    return read


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        ("audio\tlogistic\tlow_3x3", "audoi\tlogistic\tlow_3x3", r"line 3: modality 'audoi'.*did you mean 'audio'"),
        ("audio\tlogistic\tlow_3x3", "audio\tlogistik\tlow_3x3", r"line 3: target 'logistik'.*did you mean 'logistic'"),
        ("low_3x3\t04_audio", "low_3x3\t04_audoi", r"line 3: notebook '04_audoi'.*did you mean '04_audio'"),
        ("paper\t10000", "papr\t10000", r"line 2: origin 'papr'"),
        ("missing=dropout", "missing", r"arguments 'missing' is not NAME=VALUE"),
        ("audio\tlogistic\tlow_3x3", "audio\tlogistic\ttimbre_mlp", r"line 3: another row is the same experiment"),
        ("encoder=musicnn", "encoder=musicn", r"the encoder in arguments .* is not one of .*did you mean"),
        (
            "encoder=musicnn",
            "missing=dropout",
            r"arguments 'missing=dropout' is not NAME=VALUE with a name of \['encoder'\]",
        ),
        ("learning=simultaneous", "missing=dropout", r"another row is the same experiment"),
        ("\torigin\t", "\torigins\t", r"lacks the columns \['origin'\]"),
    ],
)
def test_a_slip_in_the_table_is_named_with_its_line_and_the_remedy(edited, old, new, said):
    with pytest.raises(BadDataError, match=said) as raised:
        edited(old, new)
    assert "git checkout params/experiments.tsv" in str(raised.value)


def test_a_module_that_is_not_there_is_named():
    with pytest.raises(BadDataError, match=r"'mumu_lib\.fusion\.nowhere:learn' is not there"):
        experiments.resolve("mumu_lib.fusion.nowhere:learn")
