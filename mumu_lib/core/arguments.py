"""Command-line parser of all commands of the library; unknown options are errors with a suggestion."""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from mumu_lib.core.errors import did_you_mean

OWN = "mumu_lib"
CHOICE = re.compile(r"argument (?P<name>[^:]+): invalid choice: '?(?P<value>[^']*?)'? \(choose from")


class Parser(argparse.ArgumentParser):
    """Parse command lines; suggest the nearest valid word after a mistake.

    A mistake ends the program with status 2, as with argparse; errors about missing or broken data have status 1 and
    are left to the caller.

    Parameters
    ----------
    **options
        Options of ``argparse.ArgumentParser``. The default of ``prog`` is the command that was typed.

    Examples
    --------
    >>> parser = Parser(prog="python -m mumu_lib features")
    >>> _ = parser.add_argument("--workers", type=int)
    >>> parser.suggestion("--workrs")
    "; did you mean '--workers'?"
    """

    def __init__(self, **options: Any) -> None:
        options.setdefault("prog", typed_name())
        options.setdefault("allow_abbrev", False)
        super().__init__(**options)
        self.typed: list[str] = []

    def parse_args(self, args: Sequence[str] | None = None, namespace: Any = None) -> Any:  # type: ignore[override]
        """Parse a command line; end the program if an option or word is unknown."""
        if args is None:
            args = sys.argv[1:]
        self.typed = list(args)
        parsed, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self.error(self._unknown(unknown))
        return parsed

    def _unknown(self, words: Sequence[str]) -> str:
        hints = []
        for word in words:
            hints.append(f"{word!r}{self.suggestion(word)}")
        return f"unknown: {', '.join(hints)}"

    def suggestion(self, word: str) -> str:
        """Return ``"; did you mean '--x'?"`` for the nearest option; empty if the word is not like an option."""
        if not word.startswith("-"):
            return ""
        return did_you_mean(word.partition("=")[0], self._options())

    def _options(self) -> list[str]:
        options: list[str] = []
        for action in self._actions:
            if action.help != argparse.SUPPRESS:
                options += action.option_strings
        return options

    def error(self, message: str) -> NoReturn:
        """Print the mistake, a suggestion and how to list the options; then end with status 2."""
        match = CHOICE.search(message)
        if match:
            for action in self._actions:
                if action.choices and match["name"] in (action.metavar, action.dest, "/".join(action.option_strings)):
                    choices = [str(choice) for choice in action.choices]
                    message = f"{match['name']}={match['value']!r} is not one of {choices}"
                    message += did_you_mean(match["value"], choices)
        if "required" in message:
            # A required option may be missing because it is misspelt, which argparse does not report.
            misspelt = self._misspelt()
            if misspelt:
                message = f"{message}; {self._unknown(misspelt)}"
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {message};  {self.prog} --help  lists what there is\n")

    def _misspelt(self) -> list[str]:
        """Return the typed words that are not options but similar to one."""
        words = []
        for word in self.typed:
            if self.suggestion(word) and word.partition("=")[0] not in self._options():
                words.append(word)
        return words


def at_least(least: int) -> Callable[[str], int]:
    """Return the type of an option that is an integer with a lower limit.

    Examples
    --------
    >>> at_least(0)("2")
    2
    """

    def whole_number(text: str) -> int:
        try:
            number = int(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is not a whole number") from None
        if number < least:
            raise argparse.ArgumentTypeError(f"{number} is less than {least}")
        return number

    return whole_number


def typed_name() -> str:
    """Return the command that this program was started with, such as ``python -m mumu_lib features``."""
    spec = getattr(sys.modules["__main__"], "__spec__", None)
    name = getattr(spec, "name", "").removesuffix(".__main__")
    if name.split(".")[0] != OWN:
        return f"python -m {OWN}"
    command = f"python -m {name}"
    if name == OWN and len(sys.argv) > 1 and not sys.argv[1].startswith("-"):
        command += f" {sys.argv[1]}"
    return command
