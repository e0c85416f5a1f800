"""Combine the threads and resources of a Snakemake profile with those of the command line.

Snakemake treats a profile as if its options were typed first. ``--set-threads image=8`` on the command line therefore
replaces the whole option of the profile, without a warning.
"""

from collections.abc import Iterable, Sequence
from itertools import pairwise

from mumu_lib.core import commands

OPTIONS = ("set-threads", "set-resources", "default-resources")
_ALSO_CALLED = {"--default-res": "--default-resources"}
_PROFILES = ("--profile", "--workflow-profile")


def words_in_force(argv: Sequence[str]) -> dict[str, list[str]]:
    """Return the arguments in force for each option: those typed, or else those of the profile.

    Parameters
    ----------
    argv : sequence of str
        Command line of Snakemake.

    Returns
    -------
    words : dict
        Arguments of ``--set-threads``, ``--set-resources`` and ``--default-resources``, as far as they are given.

    Examples
    --------
    >>> words_in_force(["snakemake", "--set-threads", "image=4", "text=2"])
    {'--set-threads': ['image=4', 'text=2']}
    """
    return {**_in_profile(argv), **_typed(argv)}


def replaced(argv: Sequence[str]) -> list[str]:
    """Return a warning for each option of the profile that the command line replaces with loss of some arguments."""
    typed = _typed(argv)
    profile = _in_profile(argv)
    warnings = []
    for option in sorted(typed.keys() & profile.keys()):
        lost = _without_names_of(profile[option], typed[option])
        if lost:
            complete = commands.typed(option, *lost, *typed[option])
            warnings.append(
                f"{option} on the command line takes the place of the profile's, so that {', '.join(lost)} is not used; "
                f"to keep it type  {complete}"
            )
    return warnings


def added(argv: Sequence[str], advice: Iterable[tuple[str, str]]) -> list[str]:
    """Return the arguments in force, with some values replaced or added.

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
    in_force = words_in_force(argv)
    result = []
    for option, new in values.items():
        kept = _without_names_of(in_force.get(option, []), new)
        result += [option, *kept, *new]
    return result


def _without_names_of(words: Iterable[str], others: Iterable[str]) -> list[str]:
    """Return the words ``name=value`` whose name occurs in none of the others."""
    names = {_name(word) for word in others}
    return [word for word in words if _name(word) not in names]


def _name(word: str) -> str:
    return word.partition("=")[0]


def _typed(argv: Sequence[str]) -> dict[str, list[str]]:
    """Return the arguments of each option; if an option is typed twice the last one counts, as for Snakemake."""
    options: dict[str, list[str]] = {}
    arguments: list[str] = []
    for word in argv:
        if not word.startswith("-"):
            arguments.append(word)
            continue
        option, equals, value = word.partition("=")
        arguments = []
        if equals:
            arguments.append(value)
        options[_ALSO_CALLED.get(option, option)] = arguments
    result = {}
    for name in OPTIONS:
        if f"--{name}" in options:
            result[f"--{name}"] = options[f"--{name}"]
    return result


def _in_profile(argv: Sequence[str]) -> dict[str, list[str]]:
    """Return the options in the profiles, as Snakemake reads them; a workflow profile overrides a profile."""
    options: dict[str, list[str]] = {}
    for profile in _profiles(argv):
        from snakemake.cli import get_profile_dir
        from snakemake.profiles import ProfileConfigFileParser

        place = get_profile_dir(profile)
        if not place:
            continue
        with open(place[1], encoding="utf-8") as stream:
            content = ProfileConfigFileParser().parse(stream)
        for name in OPTIONS:
            words = content.get(name)
            if isinstance(words, str):
                words = words.split()
            if words:
                options[f"--{name}"] = [str(word) for word in words]
    return options


def _profiles(argv: Sequence[str]) -> list[str]:
    """Return the profiles on a command line, workflow profiles last."""
    profiles = []
    for option in _PROFILES:
        for word, following in pairwise([*argv, ""]):
            name, equals, value = word.partition("=")
            if name != option:
                continue
            if equals:
                profiles.append(value)
            else:
                profiles.append(following)
    return profiles
