"""The conda files as a conda solver reads them, where one is installed (pip install py-rattler); channels are not asked."""

import pytest
import yaml
from packaging.requirements import Requirement

from mumu_lib.core.paths import checkout

rattler = pytest.importorskip("rattler", reason="no conda solver is installed (pip install py-rattler)")


@pytest.mark.parametrize("name", ["environment.yml", "environment-gpu.yml"])
def test_a_solver_reads_every_line(name):
    environment = yaml.safe_load((checkout() / name).read_text(encoding="utf-8"))
    assert [rattler.Channel(channel).name for channel in environment["channels"]] == ["conda-forge"]
    conda = [line for line in environment["dependencies"] if isinstance(line, str)]
    read = [rattler.MatchSpec(line, strict=True) for line in conda]
    assert [spec.name.normalized for spec in read] == ["python", "make", "pip"]
    assert str(read[0].version) == "3.11.*"
    (by_pip,) = (line["pip"] for line in environment["dependencies"] if not isinstance(line, str))
    for line in by_pip:
        if not line.startswith("-"):
            Requirement(line)
