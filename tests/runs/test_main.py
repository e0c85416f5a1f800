"""The command that prints Table 2."""

from mumu_lib.runs import __main__
from shapes import make


def test_the_command_prints_our_rows_and_the_claims_after_table_2(tiny, home, capsys):
    folder = home / "figures" / "tiny"
    folder.mkdir(parents=True)
    order = ("table2", "further_rows", "decisions", "claims", "coverage_control")
    for name in sorted(order):
        (folder / f"{name}.md").write_text(f"<{name}>")
    assert __main__.main(["tiny"]) == 0
    printed = capsys.readouterr().out
    places = [printed.index(f"<{name}>") for name in order]
    assert places == sorted(places)


def test_the_command_prints_table_2_or_says_what_to_run(tiny, home, capsys):
    assert __main__.main(["tiny"]) == 1
    assert "08_results.ipynb out.ipynb -p catalogue " in capsys.readouterr().err
    (home / "figures" / "tiny").mkdir(parents=True)
    (home / "figures" / "tiny" / "table2.md").write_text("the table")
    assert __main__.main(["tiny"]) == 0
    assert "the table" in capsys.readouterr().out


def test_what_is_to_be_run_before_is_named_too(home, capsys):
    music = make(home, "texts", "2017_02")
    assert __main__.main(["2017_02"]) == 1
    said = capsys.readouterr().err
    assert "05_text.ipynb out.ipynb -r catalogue 2017_02 -p features vsm  then  papermill" in said
    assert said.rstrip().endswith("08_results.ipynb out.ipynb -r catalogue 2017_02")
    assert music.name == "2017_02"
    assert __main__.main(["elsewhere"]) == 1
    assert "-p catalogue ITS_FOLDER" in capsys.readouterr().err


def test_labels_alone_have_figures_and_no_table(home, capsys):
    make(home, "labels")
    folder = home / "figures" / "labels"
    folder.mkdir(parents=True)
    (folder / "fig1_album_factors.png").touch()
    assert __main__.main(["labels"]) == 0
    said = capsys.readouterr()
    assert "neither sound nor texts nor covers" in said.err
    assert "fig1_album_factors.png" in said.out
