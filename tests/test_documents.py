"""What the documents show is what the commands print, and what files for other machines name is there."""

import re
import shlex
from pathlib import Path

import numpy as np
import soundfile

from mumu_lib.params import checkout
from mumu_lib.sources import folder


def blocks(document: str, kind: str) -> list[str]:
    text = (checkout() / document).read_text(encoding="utf-8")
    fenced = re.findall(r"^```(\w*)\n(.*?)\n```$", text, re.DOTALL | re.MULTILINE)
    return [inside for name, inside in fenced if name == kind]


def test_the_table_of_the_worked_example_gives_what_it_says(home, tmp_path, monkeypatch, capsys):
    manifest = blocks("COLLECTION.md", "csv")[0]
    songs = tmp_path / "songs"
    (songs / "lyrics").mkdir(parents=True)
    (songs / "manifest.csv").write_text(manifest, encoding="utf-8")
    for number, row in enumerate(manifest.splitlines()[1:], 1):
        path, *_, lyrics = row.split(",")
        wave = np.sin(np.arange(4 * 22050) * 0.01 * number).astype(np.float32)
        soundfile.write(songs / path, wave, 22050)
        (songs / lyrics).write_text(f"la la {number}", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MUMU_HOME", "")
    command = shlex.split(next(b for b in blocks("COLLECTION.md", "sh") if "--manifest" in b))
    assert command[:3] == ["python", "-m", "mumu_lib.sources.folder"]
    assert folder.main([*command[3:], "--out", "data/songs"]) == 0
    said = "\n".join(line.rstrip() for line in capsys.readouterr().out.splitlines())
    assert said == blocks("COLLECTION.md", "")[-1]
