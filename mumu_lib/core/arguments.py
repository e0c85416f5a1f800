"""The one parser that every command of the library hangs on: it refuses what it does not know, and suggests."""

import argparse
import re
import sys
from collections.abc import Callable, Sequence
from typing import Any, NoReturn

from mumu_lib.core.errors import did_you_mean

OWN = "mumu_lib"
CHOICE = re.compile(r"argument (?P<name>[^:]+): invalid choice: '?(?P<value>[^']*?)'? \(choose from")


class Parser(argparse.ArgumentParser):
    """A parser of command lines that names itself as it was typed, and answers a mistake with the nearest right word.

    A mistake ends the program with code 2, as argparse does; that something is missing or broken is code 1, and is for
    who calls it.

    Parameters
    ----------
    **options
        As of ``argparse.ArgumentParser``. Without ``prog`` it is the command that was typed.

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
        """Return the options and words of a command line; end the program where one is unknown."""
        self.typed = list(sys.argv[1:] if args is None else args)
        found, unknown = self.parse_known_args(args, namespace)
        if unknown:
            self.error(self._unknown(unknown))
        return found

    def _unknown(self, words: Sequence[str]) -> str:
        hints = []
        for word in words:
            hints.append(f"{word!r}{self.suggestion(word)}")
        return f"unknown: {', '.join(hints)}"

    def suggestion(self, word: str) -> str:
        """Return ``"; did you mean '--x'?"`` for the nearest option; nothing for what is none."""
        if not word.startswith("-"):
            return ""
        return did_you_mean(word.partition("=")[0], self._options())

    def _options(self) -> list[str]:
        found: list[str] = []
        for action in self._actions:
            if action.help != argparse.SUPPRESS:
                found += action.option_strings
        return found

    def error(self, message: str) -> NoReturn:
        """Say what is wrong, what would be right, and where all of it is listed; then end with code 2."""
        found = CHOICE.search(message)
        if found:
            for action in self._actions:
                if action.choices and found["name"] in (action.metavar, action.dest, "/".join(action.option_strings)):
                    choices = list(map(str, action.choices))
                    message = f"{found['name']}={found['value']!r} is not one of {choices}"
                    message += did_you_mean(found["value"], choices)
        # A word that is lacking may be there under a misspelt name, of which argparse says nothing yet.
        misspelt = [
            word for word in self.typed if self.suggestion(word) and word.partition("=")[0] not in self._options()
        ]
        if misspelt and "required" in message:
            message = f"{message}; {self._unknown(misspelt)}"
        self.print_usage(sys.stderr)
        self.exit(2, f"{self.prog}: {message};  {self.prog} --help  lists what there is\n")


def at_least(least: int) -> Callable[[str], int]:
    """Return the type of an option that is a whole number from so many on.

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
    words = sys.argv[1:2] if name == OWN else []
    if words and words[0].startswith("-"):
        words = []
    return " ".join(["python -m", name, *words])
