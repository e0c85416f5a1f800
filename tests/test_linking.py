"""The local entity linker: its dictionary, its choice between senses, and the knowledge base of the sample."""

import re
from itertools import pairwise
from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings, strategies as st

from mumu_lib import linking
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError
from mumu_lib.linking import build, dumps, surfaces
from mumu_lib.linking.knowledge import Knowledge
from mumu_lib.linking.local import LocalLinker

SUBJECT = (
    "<http://dbpedia.org/resource/{}> <http://purl.org/dc/terms/subject> <http://dbpedia.org/resource/Category:{}> ."
)
REDIRECT = "<http://dbpedia.org/resource/{}> <http://dbpedia.org/ontology/wikiPageRedirects> <http://dbpedia.org/resource/{}> ."
LABEL = '<http://dbpedia.org/resource/{}> <http://www.w3.org/2000/01/rdf-schema#label> "{}"@en .'


def knowledge_base(folder, articles, redirects=(), labels=()):
    """Articles are a dict of categories; lines that are no pairs are written as they are."""
    folder.mkdir(parents=True, exist_ok=True)
    pairs = [(title.replace(" ", "_"), c.replace(" ", "_")) for title, names in articles.items() for c in names]
    files = {"categories": (SUBJECT, pairs), "redirects": (REDIRECT, redirects), "labels": (LABEL, labels)}
    paths = {}
    for kind, (form, rows) in files.items():
        if rows:
            lines = [row if isinstance(row, bytes) else form.format(*row).encode() for row in rows]
            paths[kind] = folder / f"{kind}.ttl"
            paths[kind].write_bytes(b"# started\n" + b"\n".join(lines) + b"\n")
    return build.build(folder / "knowledge", **paths)


def linker(folder, articles, redirects=(), labels=()):
    knowledge_base(folder, articles, redirects, labels)
    return LocalLinker(folder / "knowledge")


def titles(found):
    return [(annotation.surface, annotation.title) for annotation in found]


def test_longest_name_wins_and_offsets_are_those_of_the_text(tmp_path):
    local = linker(tmp_path, {"New York": ["Cities"], "New York Dolls": ["Bands"], "Doll": ["Toys"]})
    text = "From New York come the New York Dolls, not dolls."
    found = local.link(text)
    assert titles(found) == [("New York", "New_York"), ("New York Dolls", "New_York_Dolls")]
    assert [text[a.start : a.end] for a in found] == ["New York", "New York Dolls"]
    assert {(a.score, a.linker) for a in found} == {(1.0, "local")}


def test_names_end_where_words_do(tmp_path):
    local = linker(tmp_path, {"Art": ["Arts"], "Banjo": ["Banjos"], "Help!": ["Albums"]})
    assert titles(local.link("party banjos unbanjo Help!ers")) == [("Help!", "Help!")]


@pytest.mark.parametrize(
    "text", ["The music. It will help! MUSIC, Music, Help, The", "Plays well. plays. X y", "12 99"]
)
def test_common_words_and_ordinary_ones_do_not_link(tmp_path, text):
    local = linker(
        tmp_path,
        {"The": ["Words"], "Music": ["Musics"], "Help": ["Helps"], "Plays": ["Acts"], "X": ["Letters"], "12": ["Numbers"],
         "List of plays": ["Lists"], "Two plays": ["Acts"]},
    )  # fmt: skip
    assert local.link(text) == []


def test_one_word_in_lower_case_links_if_a_category_is_named_after_it(tmp_path):
    local = linker(tmp_path, {"Piano": ["Pianos", "Keyboards"], "Nashville": ["Cities"], "Journey": ["Travel"]})
    assert titles(local.link("A piano in nashville. On a journey with Journey.")) == [
        ("piano", "Piano"),
        ("Journey", "Journey"),
    ]


def test_a_capital_at_the_start_of_a_sentence_says_nothing_of_an_ordinary_word(tmp_path):
    local = linker(tmp_path, {"Rush": ["Bands"], "Dublin": ["Cities"], "The gold rush": ["Events"]})
    assert titles(local.link("Rush it. Dublin!\nRush")) == [("Dublin", "Dublin")]
    assert titles(local.link("I like Rush")) == [("Rush", "Rush")]


def test_concepts_stand_in_lower_case_and_names_do_not(tmp_path):
    local = linker(
        tmp_path, {"Electric guitar": ["Guitars"], "Los Angeles": ["Cities"], "The Who": ["Bands"], "So far": ["x"]}
    )
    assert titles(local.link("electric guitar; los angeles; the Who; the who; so far")) == [
        ("electric guitar", "Electric_guitar"), ("the Who", "The_Who"),
    ]  # fmt: skip


def test_text_in_other_typography_links(tmp_path):
    local = linker(tmp_path, {"Guns N' Roses": ["Bands"], "Drum machine": ["Machines"]})
    text = "Guns N\u2019 Roses use no drum\nmachine or drum\xa0machine"
    assert [a.surface for a in local.link(text)] == ["Guns N\u2019 Roses", "drum\nmachine", "drum\xa0machine"]


AMBIGUOUS = {
    "Portland, Oregon": ["Indie music scenes", "Cities in Oregon"], "Portland, Maine": ["Lobster fishing", "Cities in Maine"],
    "Oregon": ["States"], "Maine": ["States"], "Seattle": ["Indie music scenes"], "Lobster": ["Lobster dishes", "Lobsters"],
    "Kiss": ["Gestures"], "Kiss (band)": ["Glam rock groups", "Indie music groups"],
}  # fmt: skip


def test_categories_of_the_text_decide_between_senses(tmp_path):
    local = linker(tmp_path, AMBIGUOUS)
    assert ("Portland", "Portland,_Oregon") in titles(local.link("From Portland by way of Seattle"))
    assert ("Portland", "Portland,_Maine") in titles(local.link("A lobster from Portland"))
    assert ("Kiss", "Kiss_(band)") in titles(local.link("In Seattle, Kiss again"))
    # Nothing to compare with: the title that the name is.
    (alone,) = local.link("Again a Kiss")
    assert (alone.title, alone.score) == ("Kiss", 0.5)


def test_a_name_means_the_same_throughout_a_text(tmp_path):
    local = linker(tmp_path, AMBIGUOUS)
    found = local.link("Portland. " * 3 + "Seattle")
    assert {a.title for a in found if a.surface == "Portland"} == {"Portland,_Oregon"}


def test_categories_without_words_decide_nothing(tmp_path):
    local = linker(tmp_path, {"Kiss": ["1988"], "Kiss (band)": ["The of", "1970s"], "Berlin": ["2020"]})
    assert titles(local.link("In Berlin a Kiss")) == [("Berlin", "Berlin"), ("Kiss", "Kiss")]
    assert titles(linker(tmp_path, {"Berlin": ["1"]}).link("In Berlin")) == [("Berlin", "Berlin")]


def test_redirects_lead_to_their_article_and_circles_are_left_out(tmp_path):
    info = knowledge_base(
        tmp_path,
        {"New York": ["Cities"], "Circle": ["Figures"]},
        [("NYC", "Big_Apple"), ("Big_Apple", "New_York"), ("Alpha", "Beta"), ("Beta", "Gamma"), ("Gamma", "Alpha"),
         ("Omega", "Omega_Two"), ("Omega_Two", "Omega"), ("Into_Alpha", "Alpha"), ("Lost", "Nowhere"), ("Circle", "Circle")],
    )  # fmt: skip
    local = LocalLinker(tmp_path / "knowledge")
    assert titles(local.link("In NYC, a Big Apple, Alpha Beta Omega Lost Circle")) == [
        ("NYC", "New_York"), ("Big Apple", "New_York"), ("Circle", "Circle"),
    ]  # fmt: skip
    assert (info["redirects"], info["redirects_in_cycles"]) == (2, 6)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 30), min_size=1, max_size=30))
def test_redirects_are_followed_like_step_by_step(goals):
    target = np.array([goal % len(goals) for goal in goals])
    end, cyclic = build.resolve(target)
    for start in range(len(target)):
        seen, at = set(), start
        while at not in seen:
            seen.add(at)
            at = target[at]
        ends = target[at] == at
        assert cyclic[start] == (not ends)
        assert end[start] == (at if ends else start)


def test_categories_by_title_redirect_or_name(tmp_path):
    local = linker(tmp_path, {"New York": ["Port cities", "Cities"], "Kiss (band)": ["Bands"]}, [("NYC", "New_York")])
    assert local.categories(["New_York", "NYC", "new York", "Kiss", "Nobody", ""]) == {
        "New_York": ["Cities", "Port_cities"], "NYC": ["Cities", "Port_cities"], "new York": ["Cities", "Port_cities"],
        "Kiss": ["Bands"], "Nobody": [], "": [],
    }  # fmt: skip


def test_labels_add_names(tmp_path):
    local = linker(
        tmp_path, {"Bjork": ["Singers"]}, labels=[("Bjork", r"Bj\u00F6rk \"B\""), ("Bjork", "Bjork"), ("No", "Not")]
    )
    assert titles(local.link('It is Björk "B" and Bjork')) == [('Björk "B"', "Bjork"), ("Bjork", "Bjork")]


def test_lines_that_are_no_triples_are_counted_with_their_numbers(tmp_path):
    redirects = [
        ("NYC", "New_York"),
        b"<http://dbpedia.org/resource/Caf\xe9>",
        b"cut short <",
        ("Big_Apple", "New_York"),
    ]
    info = knowledge_base(tmp_path, {"New York": ["Cities"]}, redirects)
    assert info["problems"] == 2
    assert "line 3: not UTF-8" in info["first_problems"][0]
    assert "line 4: no triple of redirects" in info["first_problems"][1]
    assert titles(LocalLinker(tmp_path / "knowledge").link("The Big Apple")) == [("Big Apple", "New_York")]


def test_old_dumps_have_percent_signs(tmp_path):
    path = tmp_path / "article-categories_en.nt"
    path.write_text(
        SUBJECT.format("Paco_de_Luc%C3%ADa", "Flamenco_guitarists") + "\n" + SUBJECT.format(r"B\u00E9la", "x")
    )
    found = list(dumps.triples(path, "categories", []))
    assert found == [("Paco_de_Lucía", "Category:Flamenco_guitarists"), ("Béla", "Category:x")]


@pytest.mark.parametrize("content", [b"", b"a,b\n" * 200, b"<html>\n", REDIRECT.format("A", "B").encode() * 2])
def test_another_kind_of_file_is_refused(tmp_path, content):
    path = tmp_path / "categories.ttl"
    path.write_bytes(content)
    with pytest.raises(BadDataError, match=r"categories\.ttl is no dump of DBpedia's categories"):
        build.build(tmp_path / "knowledge", path)
    assert not (tmp_path / "knowledge").exists()


def test_nothing_replaces_a_knowledge_base_before_the_new_one_is_whole(tmp_path):
    knowledge_base(tmp_path, {"New York": ["Cities"]})
    with pytest.raises(MissingDataError, match="nowhere"):
        build.build(tmp_path / "knowledge", tmp_path / "nowhere")
    assert titles(LocalLinker(tmp_path / "knowledge").link("in New York")) == [("New York", "New_York")]
    knowledge_base(tmp_path, {"Berlin": ["Cities"]})
    assert titles(LocalLinker(tmp_path / "knowledge").link("in New York, Berlin")) == [("Berlin", "Berlin")]


def test_a_folder_that_holds_something_else_is_refused_and_kept(tmp_path, capsys):
    knowledge_base(tmp_path, {"New York": ["Cities"]})
    dump, mine = tmp_path / "categories.ttl", tmp_path / "data"
    (mine / "raw").mkdir(parents=True)
    (mine / "raw" / "song.mp3").write_bytes(b"sound")
    (tmp_path / "file").write_text("mine")
    for out in (mine, tmp_path / "file"):
        with pytest.raises(SystemExit):
            build.main(["--categories", str(dump), "--out", str(out)])
        assert f"{out} holds no knowledge base; give a new folder" in capsys.readouterr().err
    assert (mine / "raw" / "song.mp3").read_bytes() == b"sound"
    assert (tmp_path / "file").read_text() == "mine"
    (tmp_path / "empty").mkdir()
    assert build.build(tmp_path / "empty", dump)["articles"] == 1


def test_what_people_keep_beside_a_knowledge_base_stays(tmp_path):
    (tmp_path / "knowledge.old").mkdir()
    (tmp_path / "knowledge.old" / "mine").write_text("kept")
    for _ in range(2):
        knowledge_base(tmp_path, {"New York": ["Cities"]})
    assert (tmp_path / "knowledge.old" / "mine").read_text() == "kept"


def test_damaged_and_missing_knowledge_bases_say_what_to_do(tmp_path):
    with pytest.raises(MissingDataError, match=r"mumu_lib\.linking\.build"):
        Knowledge(tmp_path)
    knowledge_base(tmp_path, {"New York": ["Cities"]})
    folder = tmp_path / "knowledge"
    for name in ("names.marisa", "articles.npy", "info.json"):
        whole = (folder / name).read_bytes()
        (folder / name).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(BadDataError, match=r"knowledge.*mumu_lib\.linking\.build"):
            Knowledge(folder)
        (folder / name).write_bytes(whole)


def test_command_line(tmp_path, capsys):
    knowledge_base(tmp_path, {"New York": ["Cities"]}, [("NYC", "New_York"), b"broken"])
    build.main(["--categories", str(tmp_path / "categories.ttl"), "--redirects", str(tmp_path / "redirects.ttl"), "--out", str(tmp_path / "k")])  # fmt: skip
    said = capsys.readouterr().out
    assert "line 3: no triple of redirects" in said
    assert "1 articles" in said
    with pytest.raises(SystemExit):
        build.main(["--categories", "nowhere.ttl", "--out", str(tmp_path / "k")])
    assert "nowhere.ttl is not there" in capsys.readouterr().err


def test_emoji_and_right_to_left_text_keep_offsets(tmp_path):
    local = linker(tmp_path, {"Berlin": ["Cities"], "תל אביב": ["Cities"], "Łódź": ["Cities"]})
    text = "\U0001f3b8\U0001f3b8 Berlin שלום תל אביב \ud83d Łódź\U0001f600Berlin"
    found = local.link(text)
    assert [a.surface for a in found] == ["Berlin", "תל אביב", "Łódź", "Berlin"]
    assert all(text[a.start : a.end] == a.surface for a in found)


def test_nothing_comes_of_nothing(tmp_path):
    local = linker(tmp_path, {"Berlin": ["Cities"]})
    assert local.link("") == local.link(" \n") == local.link("\U0001f600") == []
    found = linking.annotate(local, ["", "in Berlin", ""])
    assert found.to_dict("list") == {
        "text": [1], "start": [3], "end": [9], "surface": ["Berlin"], "title": ["Berlin"], "score": [1.0], "linker": ["local"],
    }  # fmt: skip
    none = linking.annotate(local, [])
    assert list(none) == list(found)
    assert none["start"].dtype == found["start"].dtype


def test_ten_megabytes_of_one_word(tmp_path):
    local = linker(tmp_path, {"Banjo": ["Banjos"]})
    assert local.link("a" * 10_000_000) == []
    assert local.link("The " * 2_500_000) == []
    assert len(local.link("banjo " * 100_000)) == 100_000


# --- Against a slow linker: every name in a regular expression, the longest first. ---


def slow(text, local):
    known = local.knowledge
    names = sorted(known._names.iterkeys(), key=len, reverse=True)
    ends = [re.escape(name) + (r"(?!\w)" if re.match(r"\w", name[-1]) else "") for name in names]
    pattern = re.compile(rf"(?<!\w)(?:{'|'.join(ends)})")
    for found in pattern.finditer(surfaces.alike(text)):
        weak = known._arrays["weak"][known._names[found[0]]]
        if not (weak and re.search(r"(?:^|[\0.!?:;\u2026\n\r\u201c\u201d\u2018])[ \"'(\xa0]*$", text[: found.start()])):
            yield found.start(), found.end()


WORDS = [
    "Blue",
    "blue",
    "The",
    "the",
    "Rush",
    "rush",
    "O'Neil",
    "Łódź",
    "İz",
    "Big",
    "Apple",
    "pie",
    "x",
    "ß",
    "\U0001d400b",
]
ENDS = ["", "!", " (band)", ", Blue", "."]
NAMES = st.builds(lambda words, end: " ".join(words) + end, st.lists(st.sampled_from(WORDS), min_size=1, max_size=3), st.sampled_from(ENDS))  # fmt: skip
BETWEEN = st.sampled_from([" ", "  ", ". ", "\n", "-", "\u2019", "", "\U0001f600", " \u05e9 ", "_", "!", "\ud800"])
TEXTS = st.lists(st.tuples(st.sampled_from(WORDS), BETWEEN), max_size=25).map(
    lambda parts: "".join(a + b for a, b in parts)
)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(names=st.lists(NAMES, min_size=1, max_size=8, unique=True), texts=st.lists(TEXTS, min_size=1, max_size=8))
def test_annotations_equal_those_of_a_regular_expression(tmp_path_factory, names, texts):
    folder = tmp_path_factory.mktemp("small")
    local = linker(
        folder, {"Anchor": ["Rushes of blue"]} | {name[:1].upper() + name[1:]: ["Rushes", "Pies"] for name in names}
    )
    assert list(local.link_all(texts)) == [local.link(text) for text in texts]
    for text in texts:
        found = local.link(text)
        assert [(a.start, a.end) for a in found] == list(slow(text, local))
        assert all(text[a.start : a.end] == a.surface for a in found)
        assert all(before.end <= after.start for before, after in pairwise(found))
        assert all(0 <= a.start < a.end <= len(text) and 0 <= a.score <= 1 for a in found)


# --- The sample's own knowledge base, and the choice of a linker. ---


SYNTHETIC, OWN = SimpleNamespace(synthetic=True, name="sample"), SimpleNamespace(synthetic=False, name="mine")


@pytest.fixture(scope="module")
def sample(tmp_path_factory):
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MUMU_HOME", str(tmp_path_factory.mktemp("home")))
        return linking.make("local", SYNTHETIC)


def test_sample_knows_nearly_everything_its_reviews_name(sample):
    from mumu_lib.sources.sample.words import VOCABULARY

    things = sorted({thing for _, named in VOCABULARY.values() for thing in named})
    unknown = [thing for thing in things if [a.surface for a in sample.link(f"It is from {thing}.")] != [thing]]
    assert unknown == []


def test_sample_has_noise_and_senses_told_apart(sample):
    info = sample.knowledge.info
    assert (info["problems"], info["redirects_in_cycles"]) == (2, 2)
    assert ("Kingston", "Kingston,_Jamaica") in titles(sample.link("Reggae from Jamaica: from Kingston"))
    assert ("Kingston", "Kingston,_Ontario") in titles(sample.link("From Ontario, from Kingston"))


def test_sample_is_made_once(home):
    first = linking.make("local", SYNTHETIC).knowledge.info
    (info,) = (home / "data" / "sample-knowledge").glob("*/info.json")
    stamp = info.stat().st_mtime_ns
    assert linking.make("local", SYNTHETIC).knowledge.info == first
    assert info.stat().st_mtime_ns == stamp


def test_local_without_knowledge_base_says_how_to_make_one(tmp_path):
    with pytest.raises(MissingDataError, match=r"'mine' needs a knowledge base.*mumu_lib\.linking\.build"):
        linking.make("local", OWN)
    knowledge_base(tmp_path, {"Berlin": ["Cities"]})
    assert linking.make("local", OWN, tmp_path / "knowledge").link("in Berlin")


def test_unknown_linker_is_refused_with_the_nearest():
    with pytest.raises(ParameterError, match="did you mean 'babelfy'"):
        linking.make("bablefy", SYNTHETIC)


@pytest.mark.parametrize("nul", [b"\0\0", b"%00", b"\\u0000"])
def test_a_title_with_nul_in_it_is_no_end(tmp_path, nul):
    triple = b"<http://dbpedia.org/resource/New_Yor%sk> <http://purl.org/dc/terms/subject> <http://dbpedia.org/resource/Category:Cities> .\n"
    (tmp_path / "categories.ttl").write_bytes(triple % nul + triple % b"")
    build.build(tmp_path / "base", tmp_path / "categories.ttl")
    assert Knowledge(tmp_path / "base").categories(["New_York"]) == {"New_York": ["Cities"]}
    assert not any(
        "\0" in name for pair in dumps.triples(tmp_path / "categories.ttl", "categories", []) for name in pair
    )


def test_a_title_without_a_word_in_it(tmp_path):
    # The band !!! is a real one.
    knowledge_base(tmp_path, {"!!!": ["Dance-punk_musical_groups"], "Adele": ["Singers"]})
    assert LocalLinker(tmp_path / "knowledge").link("!!! and others")[:0] == []
