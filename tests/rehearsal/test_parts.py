"""``python -m mumu_lib.rehearsal.parts``."""

import pytest

from mumu_lib.rehearsal import parts


def words(part, albums=60, tracks=100, seed=3):
    return [part, "--albums", str(albums), "--tracks", str(tracks), "--seed", str(seed)]


def test_a_part_that_is_there_ends_well(there):
    for part in parts.BUILT:
        assert parts.main([*words(part), "--workers", "1"]) == 0


def test_what_cannot_be_done_is_said(there, capsys):
    assert parts.main(words("tables", seed=4)) == 1
    assert "remove it first" in capsys.readouterr().err


def test_an_unknown_part_is_answered_with_those_there_are(capsys):
    with pytest.raises(SystemExit):
        parts.main(words("tabels"))
    assert "did you mean 'tables'?" in capsys.readouterr().err
