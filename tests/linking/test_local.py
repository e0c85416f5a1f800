"""Test the local linker: longest names, and disambiguation."""

from knowledge_bases import linker, titles


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


def test_emoji_and_right_to_left_text_keep_offsets(tmp_path):
    local = linker(tmp_path, {"Berlin": ["Cities"], "תל אביב": ["Cities"], "Łódź": ["Cities"]})
    text = "\U0001f3b8\U0001f3b8 Berlin שלום תל אביב \ud83d Łódź\U0001f600Berlin"
    found = local.link(text)
    assert [a.surface for a in found] == ["Berlin", "תל אביב", "Łódź", "Berlin"]
    assert all(text[a.start : a.end] == a.surface for a in found)
