"""Where data, runs and figures lie."""

from mumu_lib.core import paths


def test_home_is_where_mumu_home_says(tmp_path, monkeypatch):
    monkeypatch.setenv("MUMU_HOME", str(tmp_path))
    assert paths.home() == tmp_path
    monkeypatch.delenv("MUMU_HOME")
    assert paths.home() == paths.checkout()
