"""Test the grouping into albums by tags, then by folder names."""

from collections import Counter

import hypothesis.strategies as st
from hypothesis import given, settings

from mumu_lib.sources.collection import albums, layout
from mumu_lib.sources.tags import Tags


def tags(album="", artist="", album_artist="", **more):
    return Tags(album=album, artists=(artist,) if artist else (), album_artist=album_artist, **more)


def decided(found):
    """Albums of recordings given by their paths and tags."""
    tree = {}
    for path in found:
        *parts, name = path.split("/")
        for depth in range(len(parts) + 1):
            tree.setdefault(tuple(parts[:depth]), [])
        tree[tuple(parts)].append(name)
    return albums.decide(layout.group(tree), found)


def ids(found):
    return {album.album_id: album.paths for album in decided(found)}


def test_tags_that_agree_win_over_shards():
    found = {f"{n % 2:03}/{n}.mp3": tags(f"Album {n // 2}", f"Artist {n // 2}") for n in range(4)}
    assert ids(found) == {
        "Artist 0 / Album 0": ["000/0.mp3", "001/1.mp3"],
        "Artist 1 / Album 1": ["000/2.mp3", "001/3.mp3"],
    }
    assert {album.rule for album in decided(found)} == {layout.BY_TAGS}


def test_one_folder_of_everything():
    found = {
        "all/1.mp3": tags("Wide", "Ann"),
        "all/2.mp3": tags("Wide", "Ann"),
        "all/3.mp3": tags("Thin", "Bob"),
        "all/4.mp3": tags(),
    }
    assert ids(found) == {
        "Ann / Wide": ["all/1.mp3", "all/2.mp3"],
        "Bob / Thin": ["all/3.mp3"],
        "all/4.mp3": ["all/4.mp3"],
    }
    many = {f"all/{n:03}.mp3": tags() for n in range(layout.MAX_TRACKS + 1)}
    assert len(decided(many)) == len(many)
    assert len(decided({"1.mp3": tags(), "2.mp3": tags()})) == 2


def test_a_folder_keeps_its_id_where_tags_say_the_same():
    found = {
        "Ann/1999 - Wide/1.mp3": tags("Wide!", "Ann"),
        "Ann/1999 - Wide/2.mp3": tags("Wide!", "Ann"),
        "Ann/1999 - Wide/3.mp3": tags(),
    }
    (album,) = decided(found)
    assert (album.album_id, album.title, album.artist) == ("Ann/1999 - Wide", "Wide!", "Ann")
    # One file cannot agree: the folder's name stays.
    (single,) = decided({"Red/1.mp3": tags("Red (Remaster)", "Bob")})
    assert (single.album_id, single.title, single.artist, single.rule) == ("Red", "Red", "Bob", layout.BY_FOLDER)


def test_discs_known_by_tags_alone():
    found = {
        f"X/foo {d}/{t}.mp3": tags("Set", "Ann", "Ann", disc=d, track=t, title=f"{d}{t}")
        for d in (1, 2)
        for t in (1, 2)
    }
    assert list(ids(found)) == ["Ann / Set"]
    named = {
        f"X/foo {d}/{t}.mp3": tags(f"Set (Disc {d})", "Ann", "Ann", track=t, title=f"{d}{t}")
        for d in (1, 2)
        for t in (1, 2)
    }
    assert list(ids(named)) == ["Ann / Set"]


def test_two_albums_of_one_name_stay_apart_but_in_one_split():
    found = {
        f"Ann/{c}/{t}.mp3": tags("Ann", "Ann", "Ann", track=t, title=f"{c}{t}")
        for c in ("Blue", "Green")
        for t in (1, 2)
    }
    both = decided(found)
    assert [album.album_id for album in both] == ["Ann/Blue", "Ann/Green"]
    assert len({album.unit for album in both}) == 1


def test_albums_of_one_name_by_two_artists():
    found = {f"all/{a}{t}.mp3": tags("Greatest Hits", a, track=t) for a in ("Ann", "Bob") for t in (1, 2)}
    assert list(ids(found)) == ["Ann / Greatest Hits", "Bob / Greatest Hits"]
    apart = {f"{a}/Greatest Hits/{t}.mp3": tags("Greatest Hits", a) for a in ("Ann", "Bob") for t in (1, 2)}
    assert list(ids(apart)) == ["Ann/Greatest Hits", "Bob/Greatest Hits"]


def test_compilations_are_one_album_of_nobody():
    found = {f"Mix/{n}.mp3": tags("Mix", f"Artist {n}", compilation=True, track=n) for n in (1, 2, 3)}
    (album,) = decided(found)
    assert (album.album_id, album.nobody) == ("Mix", True)
    stated = {f"a/{n}.mp3": tags("Mix", f"Artist {n}", "V.A.") for n in (1, 2)} | {
        "b/3.mp3": tags("Mix", "Artist 3", "Various Artists")
    }
    (album,) = decided(stated)
    assert album.nobody


def test_a_track_of_another_album_in_a_folder():
    found = {f"Ann/Wide/{n}.mp3": tags("Wide", "Ann") for n in (1, 2)} | {
        "Ann/Wide/3.mp3": tags("Flash", "Ann"),
        "Ann/Wide/4.mp3": tags(),
    }
    assert ids(found) == {
        "Ann/Wide": ["Ann/Wide/1.mp3", "Ann/Wide/2.mp3", "Ann/Wide/4.mp3"],
        "Ann / Flash": ["Ann/Wide/3.mp3"],
    }


def test_guests_are_no_other_artists():
    (album,) = decided({f"Ann/Wide/{n}.mp3": tags("Wide", f"Ann feat. {n}") for n in (1, 2)})
    assert album.artist == "Ann"


def test_ids_hold_no_line_ends():
    (album,) = decided({"A\nB/1.mp3": tags()})
    assert album.album_id == "A B"


NAMES = st.sampled_from(
    ["", "Wide", "Wide (Disc 1)", "CD1", "000", "Various Artists", "Ann", "A", "1999 - Wide", "Jazz", "\n", "..."]
)
FOUND = st.dictionaries(
    st.lists(NAMES.filter(bool), max_size=4).map(lambda parts: "/".join([*parts, "x.mp3"])),
    st.builds(
        tags,
        NAMES,
        NAMES,
        NAMES,
        disc=st.sampled_from([None, 1, 2]),
        track=st.sampled_from([None, 1]),
        title=NAMES,
        compilation=st.booleans(),
    ),
    max_size=12,
)


@settings(max_examples=60, deadline=None)
@given(FOUND)
def test_every_recording_is_in_one_album_whatever_the_names(found):
    made = decided(found)
    counts = Counter(path for album in made for path in album.paths)
    assert counts == Counter(found.keys())
    assert len({album.album_id for album in made}) == len(made)
    assert [album.album_id for album in made] == [album.album_id for album in decided(dict(reversed(found.items())))]
