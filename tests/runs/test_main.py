"""The command that prints Table 2."""

from mumu_lib.runs import __main__


def test_the_command_prints_our_rows_and_the_claims_after_table_2(tiny, home, capsys):
    folder = home / "figures" / "tiny"
    folder.mkdir(parents=True)
    for name in ("claims", "further_rows", "table2"):
        (folder / f"{name}.md").write_text(f"<{name}>")
    assert __main__.main(["tiny"]) == 0
    printed = capsys.readouterr().out
    assert [printed.index(f"<{name}>") for name in ("table2", "further_rows", "claims")] == sorted(
        printed.index(f"<{name}>") for name in ("table2", "further_rows", "claims")
    )


def test_the_command_prints_table_2_or_says_what_to_run(tiny, home, capsys):
    assert __main__.main(["tiny"]) == 1
    assert "08_results.ipynb out.ipynb -p catalogue " in capsys.readouterr().err
    (home / "figures" / "tiny").mkdir(parents=True)
    (home / "figures" / "tiny" / "table2.md").write_text("the table")
    assert __main__.main(["tiny"]) == 0
    assert "the table" in capsys.readouterr().out
