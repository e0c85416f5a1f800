"""What a profile and the command line say of threads and resources; of one option, the command line's words alone count.

Snakemake reads a profile as if its options were typed first, so that ``--set-threads image=8`` takes the place of the
profile's whole map of that name, without a word.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from mumu_lib.core import commands

OPTIONS = ("set-threads", "set-resources", "default-resources")
_ALSO_CALLED = {"--default-res": "--default-resources"}
_PROFILES = ("--profile", "--workflow-profile")


def words_in_force(argv: Sequence[str]) -> dict[str, list[str]]:
    """Return the words of each option that count, as they are typed.

    Parameters
    ----------
    argv : sequence of str
        What Snakemake was called with.

    Returns
    -------
    words : dict
        Of ``--set-threads``, ``--set-resources`` and ``--default-resources``, as far as they are given.
    """
    return {**_in_profile(argv), **_typed(argv)}


def replaced(argv: Sequence[str]) -> list[str]:
    """Return sentences on what a profile says and the command line has taken the place of; none where nothing is lost."""
    typed, profile = _typed(argv), _in_profile(argv)
    found = []
    for option in sorted(typed.keys() & profile.keys()):
        names = {_name(word) for word in typed[option]}
        lost = [word for word in profile[option] if _name(word) not in names]
        if lost:
            every = commands.typed(option, *lost, *typed[option])
            found.append(
                f"{option} on the command line takes the place of the profile's, so that {', '.join(lost)} is not used; "
                f"to keep it type  {every}"
            )
    return found


def added(argv: Sequence[str], advice: Iterable[tuple[str, str]]) -> list[str]:
    """Return the words in force with others in their place, as they are typed.

    Parameters
    ----------
    argv : sequence of str
    advice : iterable of (str, str)
        Options and their values.

    Examples
    --------
    >>> added(["snakemake", "--set-threads", "image=4", "text=2"], [("--set-threads", "image=8")])
    ['--set-threads', 'text=2', 'image=8']
    """
    values: dict[str, list[str]] = {}
    for option, value in advice:
        if value not in values.setdefault(option, []):
            values[option].append(value)
    there = words_in_force(argv)
    found = []
    for option, new in values.items():
        names = {_name(word) for word in new}
        kept = [word for word in there.get(option, []) if _name(word) not in names]
        found += [option, *kept, *new]
    return found


def _name(word: str) -> str:
    return word.partition("=")[0]


def _typed(argv: Sequence[str]) -> dict[str, list[str]]:
    """Return the words that follow each option; of an option that is typed twice the last, as Snakemake does."""
    found: dict[str, list[str]] = {}
    into: list[str] = []
    for word in argv:
        if word.startswith("-"):
            option, equals, value = word.partition("=")
            into = [value] if equals else []
            found[_ALSO_CALLED.get(option, option)] = into
        else:
            into.append(word)
    return {option: found[option] for option in (f"--{name}" for name in OPTIONS) if option in found}


def _in_profile(argv: Sequence[str]) -> dict[str, list[str]]:
    """Return what the files of the profiles say, as Snakemake reads them; the workflow's own comes last, and counts."""
    found: dict[str, list[str]] = {}
    for profile in _profiles(argv):
        from snakemake.cli import get_profile_dir
        from snakemake.profiles import ProfileConfigFileParser

        place = get_profile_dir(profile)
        if not place:
            continue
        with open(place[1], encoding="utf-8") as stream:
            said = ProfileConfigFileParser().parse(stream)
        for name in OPTIONS:
            words = said.get(name)
            if words:
                found[f"--{name}"] = words.split() if isinstance(words, str) else list(map(str, words))
    return found


def _profiles(argv: Sequence[str]) -> list[str]:
    found = []
    for option in _PROFILES:
        for word, following in pairwise([*argv, ""]):
            name, equals, value = word.partition("=")
            if name == option:
                found.append(value if equals else following)
    return found
