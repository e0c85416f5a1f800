"""Test the report: lines, counts, and names that are not printable."""

import pandas as pd

from mumu_lib.sources.collection import report as listed
from mumu_lib.sources.collection.report import Report


def test_lines_are_written_and_counted(tmp_path):
    report = Report()
    report.add(listed.LINK, "a\nb", "leads nowhere")
    report.add(listed.ENDING, "x.CUE", "unknown")
    report.add(listed.ENDING, "y.cue", "unknown", row=3)
    report.add(listed.ENDING, "README", "unknown")
    table = pd.read_csv(report.write(tmp_path), keep_default_na=False)
    assert list(table) == ["row", "file", "reason", "kind"]
    assert table["file"].tolist() == ["a\nb", "x.CUE", "y.cue", "README"]
    assert report.summary() == "unknown ending 3 (.cue 2, no ending 1), link not followed 1"


def test_bytes_that_are_no_text_are_written_as_escapes(tmp_path):
    report = Report()
    report.add(listed.NAME, "Caf\udce9.mp3", "odd \udcff")
    assert "Caf\\xe9.mp3" in report.write(tmp_path).read_text(encoding="utf-8")
