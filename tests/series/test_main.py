"""The command that prints the plan."""

import re
from types import SimpleNamespace

from mumu_lib import series
from mumu_lib.series import __main__, costs


def test_the_plan_is_printed_before_anything_runs(whole, capsys):
    found = series.plan(whole, "sample")
    done = found[found["setting"] == "low_4x96"].iloc[0]
    done["folder"].mkdir(parents=True)
    (done["folder"] / "metrics.json").touch()
    (whole.folder / "covers" / "c.png").unlink()
    assert __main__.main(["tiny", "--profile", "sample"]) == 0
    said = capsys.readouterr()
    assert re.search(rf"audio +{done['target']} +low_4x96 +finished", said.out)
    assert re.search(r"audio +logistic +low_4x70 +to run +\d", said.out)
    assert re.search(r"a\+i +cosine +mlp +left out", said.out)
    assert re.search(r"GB needed, .* GB free", said.out)
    assert "2 cores without a GPU" in said.out
    assert "left out, every row with covers" in said.err


def test_a_disk_that_is_too_small_stops_the_series_first(whole, capsys, monkeypatch):
    monkeypatch.setattr(costs.shutil, "disk_usage", lambda folder: SimpleNamespace(free=5e8))
    assert __main__.main(["tiny"]) == 1
    said = capsys.readouterr().err
    assert "0.5 GB are free" in said
    assert "MUMU_HOME" in said
