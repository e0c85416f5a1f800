"""Parameters of the notebooks: what papermill would let through is refused."""

from dataclasses import fields

import pytest
import yaml

from mumu_lib import params
from mumu_lib.core import paths
from mumu_lib.core.errors import ParameterError

NOTEBOOKS = {
    "02_dataset_overview": "Overview",
    "03_label_factors": "Factors",
    "04_audio": "Audio",
    "05_text": "Text",
    "06_image": "Image",
    "07_multimodal": "Multimodal",
    "08_results": "Results",
    "09_your_album": "YourAlbum",
}


@pytest.fixture
def cell():
    """The values of notebook 04's parameters cell."""
    return params.defaults(paths.checkout() / "notebooks" / "04_audio.ipynb")


def injected(cell, **values):
    """Namespace after papermill injected some parameters."""
    source = "# Parameters\n" + "\n".join(f"{name} = {value!r}" for name, value in values.items())
    return {**cell, **values, "In": ["", "defaults", source]}


def test_the_cells_own_values_pass_untouched(cell):
    cfg = params.read(params.Audio, cell)
    assert {f.name: getattr(cfg, f.name) for f in fields(cfg)} == cell


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"filterz": "high_4x70"}, "unknown parameter 'filterz'.*did you mean 'filters'"),
        ({"filters": "high_4x7"}, "not one of.*did you mean 'high_4x70'"),
        ({"target": "COSINE"}, "not one of"),
        ({"epochs": "three"}, "epochs must be int, got 'three'"),
        ({"epochs": 1000.0}, "epochs must be int, got 1000.0"),
        ({"epochs": True}, "epochs must be int, got True"),
        ({"epochs": 0}, "epochs must be at least 1"),
        ({"learning_rate": 0}, "learning_rate must be above 0"),
        ({"learning_rate": float("nan")}, "learning_rate must be above 0"),
        ({"catalogue": 7}, "write  -r catalogue TEXT  to pass it as text"),
        ({"catalogue": ""}, "catalogue is empty"),
        ({"patience": "false"}, "patience must be int"),
    ],
)
def test_what_papermill_would_let_through_is_refused(cell, values, message):
    with pytest.raises(ParameterError, match=message):
        params.read(params.Audio, injected(cell, **values))


def test_a_whole_number_may_stand_for_a_float(cell):
    assert params.read(params.Audio, injected(cell, learning_rate=1)).learning_rate == 1.0


def test_the_parameter_file_gives_way_to_a_single_parameter(cell):
    sections = yaml.safe_load((paths.checkout() / "params" / "paper.yaml").read_text())
    cfg = params.read(params.Audio, injected(cell, **sections, epochs=3))
    assert cfg.epochs == 3
    assert cfg.album_epochs == params.paper("audio")["album_epochs"] != cell["album_epochs"]


def test_a_typing_error_in_the_parameter_file_is_refused(cell):
    with pytest.raises(ParameterError, match=r"section 'audio'.*did you mean 'epochs'"):
        params.read(params.Audio, injected(cell, audio={"epoch": 3}))


@pytest.mark.parametrize(("notebook", "kind"), NOTEBOOKS.items())
def test_notebook_and_dataclass_name_the_same_parameters(notebook, kind):
    cell = params.defaults(paths.checkout() / "notebooks" / f"{notebook}.ipynb")
    assert set(cell) == {f.name for f in fields(getattr(params, kind))}
    params.read(getattr(params, kind), cell)


@pytest.mark.parametrize("kind", NOTEBOOKS.values())
def test_the_papers_values_are_valid(kind):
    notebook = next(n for n, k in NOTEBOOKS.items() if k == kind)
    cell = params.defaults(paths.checkout() / "notebooks" / f"{notebook}.ipynb")
    params.read(getattr(params, kind), injected(cell, **{kind.lower(): params.paper(kind.lower())}))


@pytest.mark.parametrize(
    ("notebook", "own", "synthetic", "recipe"),
    [
        ("05_text", {}, True, "paper"),
        ("05_text", {}, False, "ours"),
        ("05_text", {"embeddings": "clap.npy"}, True, "ours"),
        ("05_text", {"encoder": "minilm"}, True, "ours"),
        ("05_text", {"embeddings": "clap.npy", "recipe": "paper"}, True, "paper"),
        ("07_multimodal", {}, False, "ours"),
        ("07_multimodal", {"learning": "simultaneous"}, False, "paper"),
        ("04_audio", {"recipe": "ours"}, True, "ours"),
    ],
)
def test_the_recipe_that_auto_stands_for(notebook, own, synthetic, recipe):
    book = paths.checkout() / "notebooks" / f"{notebook}.ipynb"
    cfg = params.PARAMETERS[notebook](**{**params.defaults(book), **own})
    assert params.with_recipe(cfg, synthetic=synthetic).recipe == recipe


def test_the_papers_values_name_its_recipe():
    for section in ("audio", "text", "image", "multimodal"):
        assert params.paper(section)["recipe"] == "paper"
    assert params.restored(params.Text, {"seed": 0})["recipe"] == "paper"


@pytest.mark.parametrize(
    ("name", "value"),
    [("2017_02", 201702), ("007", 7), ("5e2", 500.0), ("nan", float("nan")), ("None", None), ("True", True)],
)
def test_a_name_that_papermill_takes_for_something_else_is_printed_as_it_is_typed(cell, home, name, value):
    for known in (name, "mine", "7"):
        folder = home / "data" / known
        folder.mkdir(parents=True)
        (folder / "catalogue.json").touch()
    with pytest.raises(ParameterError, match=f"write  -r catalogue {name}  to pass the name as text"):
        params.checked(params.Audio, {**cell, "catalogue": value})


def test_an_encoder_and_filters_exclude_each_other(cell):
    with pytest.raises(ParameterError, match="filters='low_4x96' and encoder='musicnn' exclude one another"):
        params.read(params.Audio, injected(cell, encoder="musicnn", filters="low_4x96"))
    assert params.read(params.Audio, injected(cell, encoder="musicnn")).encoder == "musicnn"
    assert params.read(params.Audio, injected(cell, encoder="", filters="high_4x96")).filters == "high_4x96"


@pytest.mark.parametrize("name", ["musicn", "minilm", "low_4x96", "openl3"])
def test_an_encoder_that_hears_no_sound_is_refused(cell, name):
    with pytest.raises(ParameterError, match=f"encoder='{name}' is not one of"):
        params.read(params.Audio, injected(cell, encoder=name))


def test_runs_from_before_encoders_had_none(cell):
    stored = {name: value for name, value in cell.items() if name != "encoder"}
    assert params.restored(params.Audio, stored)["encoder"] == ""


@pytest.fixture
def text_cell():
    return params.defaults(paths.checkout() / "notebooks" / "05_text.ipynb")


@pytest.mark.parametrize(
    ("values", "named"),
    [
        ({"features": "vsm", "encoder": "minilm"}, "features='vsm' and encoder='minilm'"),
        ({"encoder": "minilm", "embeddings": "clap.npy"}, "encoder='minilm' and embeddings='clap.npy'"),
        (
            {"features": "vsm", "encoder": "minilm", "embeddings": "a.npy"},
            "features='vsm' and encoder='minilm' and emb",
        ),
    ],
)
def test_of_several_sources_of_vectors_one_is_to_be_named(text_cell, values, named):
    with pytest.raises(ParameterError, match=f"{named}.*exclude one another.*leave all but one out"):
        params.read(params.Text, injected(text_cell, **values))


@pytest.mark.parametrize(
    "values",
    [
        {"encoder": "minilm"},
        {"embeddings": "clap.npy"},
        {"features": "vsm", "encoder": "", "embeddings": ""},
        {"features": "vsm", "embeddings": "clap.npy"},  # as in runs of 0.1.0
        {},
    ],
)
def test_the_feature_of_the_cell_gives_way_to_what_is_named(text_cell, values):
    cfg = params.read(params.Text, injected(text_cell, **values))
    assert cfg.encoder == values.get("encoder", "")


def test_a_parameter_file_may_hold_the_feature_that_an_encoder_replaces(text_cell):
    namespace = injected(text_cell, encoder="minilm", text={"features": "vsm", "epochs": 3})
    assert params.read(params.Text, namespace).encoder == "minilm"


def test_an_encoder_is_chosen_by_its_own_parameter(text_cell):
    with pytest.raises(ParameterError, match=r"features='minilm' is not one of \['vsm', 'vsm_sem', 'vsm_minilm'\]"):
        params.read(params.Text, injected(text_cell, features="minilm"))
    with pytest.raises(ParameterError, match=r"encoder='minlm' is not one of.*did you mean 'minilm'"):
        params.read(params.Text, injected(text_cell, encoder="minlm"))
    stored = {name: value for name, value in text_cell.items() if name != "encoder"}
    assert params.restored(params.Text, stored)["encoder"] == ""
