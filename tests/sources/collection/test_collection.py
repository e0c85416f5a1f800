"""Test collections with a manifest, tags, folders and sidecar files."""

import pytest

from mumu_lib.core.errors import BadDataError, NothingUsableError
from mumu_lib.sources import folder
from own_collections import genres, picture, report, sound


def test_semicolons_as_spreadsheets_write_them(root, tmp_path):
    (root / "m.csv").write_text("Path;Genres\na.wav;Jazz\n\nb.wav;Rock\n")
    made = folder.build(root, "m.csv", out=tmp_path / "out", min_albums=1)
    assert made.labels == ["Jazz", "Rock"]


@pytest.mark.parametrize(
    "entry",
    [
        "/etc/hostname.wav",
        "../secret.wav",
        "x/../../secret.wav",
        "C:\\secret.wav",
        "\\secret.wav",
        "x\\..\\..\\secret.wav",
    ],
)
@pytest.mark.parametrize("column", ["audio", "cover"])
def test_paths_may_not_leave_the_collection(root, build, entry, column):
    sound(root.parent / "secret.wav")
    with pytest.raises(BadDataError, match=r"row 3: .* leaves the collection"):
        build([column, "title"], ["a.wav", "fine"], [entry, "bad"])


def test_review_file_outside_the_collection_is_refused(root, build):
    (root.parent / "secret.txt").write_text("secret")
    with pytest.raises(BadDataError, match="row 2"):
        build(["audio", "text"], ["a.wav", "../secret.txt"])


def test_path_inside_by_detour_is_fine(root, build):
    sound(root / "x" / "e.wav")
    assert len(build(["path"], ["x/../a.wav"], ["x/e.wav"]).tracks) == 2


def test_other_columns_are_named(build, capsys):
    build(["path", "mood", "Tempo"], ["a.wav", "sad", "90"])
    assert "columns ignored: mood, tempo" in capsys.readouterr().out


def test_review_that_is_not_utf8_is_kept_and_reported(root, build, tmp_path):
    (root / "r.txt").write_bytes("tr\xe8s bien".encode("latin-1"))
    made = build(["path", "text"], ["a.wav", "r.txt"])
    assert made.reviews["text"].tolist() == ["très bien"]
    assert "not UTF-8" in report(tmp_path)[0][2]


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "not a CSV"),
        (b"path,genres\na.wav,Jazz,Rock,Pop\n", "not a CSV"),
        (b"path,genres\na.wav,Jazz\nb.wav,Jazz,Rock\n", "not a CSV"),
        (b"path,artist\na.wav,Ann\nb.wav,Caf\xe9\n", "line 3: not UTF-8"),
        (b"file,genres\na.wav,Jazz\n", "name one path, audio, text or cover"),
    ],
)
def test_manifest_that_cannot_be_read(root, tmp_path, data, message):
    (root / "m.csv").write_bytes(data)
    with pytest.raises(BadDataError, match=rf"m\.csv.*{message}"):
        folder.build(root, root / "m.csv", out=tmp_path / "out")


@pytest.mark.parametrize("kind", ["mp3", "flac", "ogg", "wav"])
def test_tags_fill_what_the_manifest_leaves_open(root, build, kind):
    for n in (1, 2):
        sound(root / f"{n}.{kind}", title=f"Café {n}", artist="Änn", album="Blue", genre="Jazz > Bop; Blues")
    made = build(["path"], [f"1.{kind}"], [f"2.{kind}"])
    assert made.albums[["album_id", "title", "artist"]].values.tolist() == [["Änn / Blue", "Blue", "Änn"]]
    assert sorted(made.tracks["title"]) == ["Café 1", "Café 2"]
    assert genres(made) == {"Änn / Blue": ["Blues", "Bop", "Jazz"]}


def test_manifest_wins_over_tags_and_compilations_have_no_artist(root, build):
    sound(root / "1.flac", artist="Ann", album="Tagged", genre="Jazz")
    sound(root / "2.flac", artist="Bob", album="Tagged", genre="Rock")
    made = build(["path", "album_id", "title"], ["1.flac", "X", "Given"], ["2.flac", "X", ""])
    assert made.albums[["title", "artist"]].values.tolist() == [["Tagged", ""]]
    assert genres(made) == {"X": ["Jazz", "Rock"]}
    assert "Given" in set(made.tracks["title"])


@pytest.mark.parametrize(("tag", "expected"), [("(17)", ["Rock"]), ("(8)Jazz", ["Jazz"]), ("80s", ["80s"])])
def test_numbered_genre_tags(root, build, tag, expected):
    sound(root / "1.flac", genre=tag)
    assert genres(build(["path"], ["1.flac"]))["1.flac"] == expected


def test_unreadable_audio_stays_and_is_reported(root, build, tmp_path):
    (root / "empty.mp3").touch()
    made = build(["path"], ["empty.mp3"], ["a.wav"])
    assert "empty.mp3" in set(made.tracks["audio"])
    assert report(tmp_path)[0][1] == "empty.mp3"


def test_folders_of_artists_and_albums(tmp_path):
    root = tmp_path / "music"
    sound(root / "Ann" / "Blue" / "CD 1" / "1.flac", genre="Ignored")
    sound(root / "Ann" / "Blue" / "CD2" / "1.flac")
    picture(root / "Ann" / "Blue" / "back.jpg")
    picture(root / "Ann" / "Blue" / "Folder.jpg")
    (root / "Ann" / "Blue" / "genres.txt").write_text("Jazz > Vocal Jazz\n\nBlues\n")
    (root / "Ann" / "Blue" / "review.md").write_text("Blue it is.")
    sound(root / "Red" / "1.ogg", artist="Bob", album="Red (Remaster)", genre="Rock")
    picture(root / "Red" / "scan.png")
    sound(root / "._1.wav")
    sound(root / "single.wav", artist="Cy", genre="Pop")
    (root / "single.txt").write_text("One song.")
    (root / "readme.txt").write_text("Not a review.")
    (root / "Red" / "2.m4a").touch()
    made = folder.build(root, out=tmp_path / "out", min_albums=1)
    albums = made.albums.set_index("album_id")
    assert albums["title"].to_dict() == {"Ann/Blue": "Blue", "Red": "Red", "single.wav": "single"}
    assert albums["artist"].to_dict() == {"Ann/Blue": "Ann", "Red": "Bob", "single.wav": "Cy"}
    assert albums["cover"].to_dict() == {"Ann/Blue": "Ann/Blue/Folder.jpg", "Red": "Red/scan.png", "single.wav": ""}
    assert genres(made) == {"Ann/Blue": ["Blues", "Jazz", "Vocal Jazz"], "Red": ["Rock"], "single.wav": ["Pop"]}
    assert made.reviews.values[:, :2].tolist() == [["Ann/Blue", "Blue it is."], ["single.wav", "One song."]]
    assert sorted(made.tracks["track_id"])[:2] == ["Ann/Blue/CD 1/1.flac", "Ann/Blue/CD2/1.flac"]
    assert {line[1] for line in report(tmp_path)} == {"._1.wav", "Ann/Blue/back.jpg", "Red/2.m4a", "readme.txt"}


def test_several_images_and_none_preferred_takes_none_and_says_so(tmp_path):
    root = tmp_path / "music"
    sound(root / "Red" / "1.wav")
    picture(root / "Red" / "x.png")
    picture(root / "Red" / "y.png")
    made = folder.build(root, out=tmp_path / "out")
    assert made.albums["cover"].tolist() == [""]
    assert "2 images" in report(tmp_path)[0][2]


def test_folder_without_audio(tmp_path):
    (tmp_path / "music").mkdir()
    with pytest.raises(NothingUsableError, match="nothing usable"):
        folder.build(tmp_path / "music", out=tmp_path / "out")


def test_a_column_that_stands_there_twice(tmp_path):
    (tmp_path / "m.csv").write_text("path,genres,Genres \na.flac,Pop,Rock\n")
    with pytest.raises(BadDataError, match="the column 'genres' occurs twice"):
        folder.build(tmp_path, "m.csv", out=tmp_path / "out")
