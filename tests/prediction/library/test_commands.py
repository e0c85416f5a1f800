"""What is typed, and what is said."""

import shlex

import pytest

import libraries
from mumu_lib.__main__ import main
from mumu_lib.features import workers
from mumu_lib.prediction.library import running
from mumu_lib.sources import tags
from mumu_lib.sources.tagging import rewriting


@pytest.fixture(autouse=True)
def in_this_process(monkeypatch):
    monkeypatch.setattr(workers, "run", lambda shards, _: (workers._extract(shard) for shard in shards))


@pytest.fixture
def root(music, tmp_path):
    return libraries.make(tmp_path / "library", music)


@pytest.fixture
def predict(root, music, tmp_path):
    def run(*words):
        out = tmp_path / "out" / "genres.csv"
        return main(
            ["predict", str(root), "--catalogue", str(music.folder), "--out", str(out), "--workers", "1", *words]
        )

    return run


def genres(root):
    return {album: tags.read(root / album / "song.flac").genres for album in libraries.ALBUMS}


WRITE = ("--write-tags", "--precision", "0")


def test_a_table_is_written(predict, tmp_path, capsys):
    assert predict() == 0
    said = capsys.readouterr().out
    assert "3 of 3 albums answered" in said
    assert (tmp_path / "out" / "genres.csv").read_text().startswith("album,folder,artist,title,genre,score")


def test_an_album_without_an_answer_makes_it_fail(predict, root, capsys):
    libraries.spoil(root, "Bad/One")
    assert predict() == 1
    assert "1 albums without an answer" in capsys.readouterr().out


def test_tags_are_only_said_until_they_are_asked_for(predict, root, capsys):
    assert predict(*WRITE) == 0
    said = capsys.readouterr().out
    assert "1 file: (none) -> " in said
    assert "files: 3 to be written" in said
    assert "nothing was written yet; to do it add  --apply" in said
    assert set(genres(root).values()) == {()}


def test_there_and_back(predict, root, tmp_path, capsys):
    was = {album: rewriting.current(root / album / "song.flac") for album in libraries.ALBUMS}
    assert predict(*WRITE, "--apply") == 0
    assert all(genres(root).values())
    said = capsys.readouterr().out
    back = next(line for line in said.splitlines() if line.startswith("to take it back:"))
    words = shlex.split(back.partition(":")[2])[3:]
    undo = list((tmp_path / "out").glob("genres.undo-*.jsonl"))
    assert len(undo) == 1
    first = undo[0].read_bytes()

    # A second time nothing is written, and what was written before can still be undone.
    assert predict(*WRITE, "--add", "--apply") == 0
    assert "written" not in capsys.readouterr().out.replace("nothing was written", "")
    assert list((tmp_path / "out").glob("genres.undo-*.jsonl")) == undo
    assert undo[0].read_bytes() == first

    assert main(words[:-1]) == 0
    assert "nothing was restored yet" in capsys.readouterr().out
    assert all(genres(root).values())
    assert main(words) == 0
    assert "3 restored" in capsys.readouterr().out
    assert {album: rewriting.current(root / album / "song.flac") for album in libraries.ALBUMS} == was


def test_an_edited_genre_is_left_by_untag(predict, root, tmp_path, capsys):
    predict(*WRITE, "--apply")
    libraries.with_genre(root / "Bob/Red/song.flac", "Mine")
    [undo] = (tmp_path / "out").glob("genres.undo-*.jsonl")
    capsys.readouterr()
    assert main(["untag", str(undo), "--apply"]) == 1
    said = capsys.readouterr().out
    assert "edited since" in said
    assert genres(root) == {"Ann/Blue": (), "Ann/Green": (), "Bob/Red": ("Mine",)}


def test_several_undo_files_go_back_step_by_step(predict, root, tmp_path, capsys):
    libraries.with_genre(root / "Ann/Blue/song.flac", "Mine")
    predict(*WRITE, "--apply")
    predict(*WRITE, "--replace", "--apply")
    undo = sorted(map(str, (tmp_path / "out").glob("genres.undo-*.jsonl")))
    assert len(undo) == 2
    assert main(["untag", *undo]) == 0
    assert main(["untag", *undo, "--apply"]) == 0
    assert genres(root) == {"Ann/Blue": ("Mine",), "Ann/Green": (), "Bob/Red": ()}


def test_what_is_made_up_is_not_written(predict, root, monkeypatch, capsys):
    monkeypatch.setattr(running.FixedRuns, "synthetic", True, raising=False)
    assert predict(*WRITE) == 0
    assert "mean nothing for real music" in capsys.readouterr().out
    assert predict(*WRITE, "--apply") == 1
    assert "is synthetic" in capsys.readouterr().err
    assert set(genres(root).values()) == {()}


def test_a_read_only_file_is_listed(predict, root, capsys):
    (root / "Ann/Blue/song.flac").chmod(0o444)
    assert predict(*WRITE, "--apply") == 1
    said = capsys.readouterr().out
    assert "skipped: song.flac: is read-only" in said
    assert genres(root)["Ann/Blue"] == ()
    assert genres(root)["Bob/Red"]


def test_ctrl_c_says_how_to_go_on(predict, root, monkeypatch, capsys, tmp_path):
    answer = running._predict_albums

    def interrupt(*_):
        raise KeyboardInterrupt

    monkeypatch.setattr(running, "_predict_albums", interrupt)
    assert predict("--top", "2") == 130
    said = capsys.readouterr().out
    assert "stopped" in said
    assert "--top 2" in said
    monkeypatch.setattr(running, "_predict_albums", answer)
    again = shlex.split(said.splitlines()[-1].strip())
    assert main(again[3:]) == 0


def test_ctrl_c_while_tags_are_written(predict, root, monkeypatch, capsys, tmp_path):
    replace, done = rewriting.os.replace, []

    def interrupt(one, other):
        if str(other).endswith(".flac"):
            if done:
                raise KeyboardInterrupt
            done.append(other)
        replace(one, other)

    monkeypatch.setattr(rewriting.os, "replace", interrupt)
    assert predict(*WRITE, "--apply") == 130
    said = capsys.readouterr().out
    assert "files: 1 written" in said
    assert "untag" in said
    monkeypatch.setattr(rewriting.os, "replace", replace)
    assert sum(map(bool, genres(root).values())) == 1
    assert not list(root.rglob(".mumu-*"))
    [undo] = (tmp_path / "out").glob("genres.undo-*.jsonl")
    assert main(["untag", str(undo), "--apply"]) == 0
    assert set(genres(root).values()) == {()}


def test_names_come_from_a_table(predict, root, tmp_path, capsys):
    table = tmp_path / "genres.csv"
    table.write_text("label,written,write\nJazz,Jass,yes\nJaz,,yes\n*,,no\n")
    predict(*WRITE, "--apply", "--genres", str(table))
    assert "row 3: 'Jaz' is not a label" in capsys.readouterr().out
    assert set(genres(root).values()) <= {(), ("Jass",)}
    assert ("Jass",) in genres(root).values()


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["--apply"], "add  --write-tags"),
        (["--write-tags", "--add", "--replace"], "exclude one another"),
        (["--write-tags", "--precision", "2"], "--precision 2"),
        (["--genres", "nowhere.csv"], "nowhere.csv is missing"),
        (["--out", "genres.xls"], "ends with '.xls'"),
    ],
)
def test_what_cannot_be_meant_is_refused(predict, words, why, capsys):
    assert predict(*words) == 1
    assert why in capsys.readouterr().err


def test_help_names_the_way_back(capsys):
    with pytest.raises(SystemExit):
        main(["predict", "--help"])
    assert "untag" in capsys.readouterr().out
