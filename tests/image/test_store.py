"""The store of covers: all of them whole, the refused counted, only what changed decoded again."""

import numpy as np
import pandas as pd
import pytest

from mumu_lib import catalogue, image
from mumu_lib.core.errors import NothingUsableError
from mumu_lib.features import build
from mumu_lib.image import store as covers
from pictures import WHITE, picture, saved


def collection(folder, names):
    """A catalogue of one album a name, whose covers lie under ``folder/covers``."""
    n = len(names)
    albums = pd.DataFrame({"album_id": [f"A{i:02d}" for i in range(n)], "title": "T", "artist": "B",
                           "genres": [["Pop"]] * n, "cover": names, "split": "train"})  # fmt: skip
    empty = pd.DataFrame({"track_id": [], "album_id": []})
    return catalogue.write(
        folder, name=folder.name, albums=albums, tracks=empty, reviews=empty[["album_id"]], branches=[["Pop"]],
        min_albums=1, source="test", roots={"audio": "audio", "covers": "covers"},
    )  # fmt: skip


def test_the_store_holds_whole_covers_and_counts_the_refused(tmp_path):
    folder = tmp_path / "own" / "covers"
    folder.mkdir(parents=True)
    saved(folder, "square.png", picture())
    saved(folder, "wide.png", picture(300, 150))
    (folder / "page.jpg").write_text("<html>")
    for i in range(5):
        saved(folder, f"same{i}.png", picture(left=WHITE))
    names = ["square.png", "wide.png", "page.jpg", "gone.jpg", "", *(f"same{i}.png" for i in range(5))]
    music = collection(tmp_path / "own", names)
    store = covers.decode(music, workers=1)
    assert store.albums_with_cover(music).tolist() == [0, 1]
    assert isinstance(store.values, np.memmap)
    assert store.values.shape == (10, 256, 256, 3)
    assert store.counts() == {"placeholder": 5, "ok": 2, "missing": 2, "not_image": 1}
    assert store.report()["albums"].sum() == 10
    assert "same picture on 5 albums" in store.report().loc["placeholder", "for example"]
    assert store.sizes[:2].tolist() == [[120, 120], [300, 150]]
    assert store.rows(["A01", "A02", "A05", "A00", "nobody"]).tolist() == [1, -1, -1, 0, -1]
    for row, name in enumerate(names[:2]):
        np.testing.assert_array_equal(store.values[row], image.squeezed(folder / name)[0])


def test_only_what_changed_is_decoded_again(tmp_path, monkeypatch):
    folder = tmp_path / "own" / "covers"
    folder.mkdir(parents=True)
    for i in range(4):
        saved(folder, f"{i}.png", picture(left=(60 * i, 9, 9)))
    music = collection(tmp_path / "own", [f"{i}.png" for i in range(4)])
    before = np.array(covers.decode(music, workers=1).values)
    monkeypatch.setattr(build.processes, "run", lambda *_: pytest.fail("decoded again"))
    np.testing.assert_array_equal(covers.decode(music, workers=1).values, before)
    monkeypatch.undo()
    saved(folder, "2.png", picture(left=WHITE))
    seen, run = [], build.processes.run
    monkeypatch.setattr(
        build.processes,
        "run",
        lambda shards, n: seen.extend(t[0] for s in shards for t in s.tracks) or run(shards, n),
    )
    after = covers.decode(music, workers=1).values
    assert seen == ["A02"]
    assert [not np.array_equal(a, b) for a, b in zip(after, before, strict=True)] == [False, False, True, False]


def test_nothing_usable_says_so(tmp_path):
    with pytest.raises(NothingUsableError, match=r"none of the 2 albums.*2 missing"):
        covers.decode(collection(tmp_path / "void", ["", "gone.jpg"]), workers=1)
