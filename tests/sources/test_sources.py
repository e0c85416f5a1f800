"""Opening a catalogue by its name."""

import pytest

from mumu_lib import open_catalogue
from mumu_lib.core.errors import MissingDataError
from mumu_lib.sources import locate
from written_catalogues import write


def test_unknown_name_suggests_the_most_similar_one(tmp_path, monkeypatch):
    monkeypatch.setenv("MUMU_HOME", str(tmp_path))
    write(tmp_path / "data" / "records", name="records")
    assert open_catalogue("records").name == "records"
    with pytest.raises(MissingDataError, match="did you mean 'records'"):
        open_catalogue("recrods")
    with pytest.raises(MissingDataError, match="known: records"):
        open_catalogue("xyz")


def test_a_name_under_data_comes_before_a_folder_of_that_name(tiny, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write(tmp_path / "tiny", [["Pop"]])
    assert locate("tiny") == tiny.folder
    assert locate(tmp_path / "tiny") == tmp_path / "tiny"


def test_without_catalogues_the_message_lists_none(home):
    with pytest.raises(MissingDataError, match=r"no catalogue 'tiny' under .*; known: none; make one with"):
        locate("tiny")


@pytest.mark.parametrize("name", ["x" * 300, "x/" * 2500])
def test_a_name_too_long_for_the_file_system_is_refused(name):
    with pytest.raises(MissingDataError, match="no catalogue"):
        open_catalogue(name)
