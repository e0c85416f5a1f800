"""``python -m mumu_lib``: facts for issue reports; ``check``, ``plan``, ``features``, ``table``: see ``--help``."""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from mumu_lib.core.arguments import Parser
from mumu_lib.core.errors import MumuError, did_you_mean

# Exit code for Ctrl-C.
STOPPED = 130


def report(words: Sequence[str]) -> int:
    """Print versions, device, catalogues and runs for an issue report (the default)."""
    from mumu_lib.core.environment import report

    Parser(prog="python -m mumu_lib report", description="Print the information for an issue report.").parse_args(words)
    report()
    return 0


def check(words: Sequence[str]) -> int:
    """List the catalogues, stores and runs that this version can use, and how to mend the others."""
    from mumu_lib.series import inventory
    from mumu_lib.sources import open_catalogue

    parser = Parser(prog="python -m mumu_lib check", description=check.__doc__)
    parser.add_argument("catalogues", nargs="*", help="names or paths; by default everything in the home")
    names = parser.parse_args(words).catalogues
    if not names:
        print(inventory.as_text(inventory.take_stock()))
    for name in names:
        print(inventory.as_text(inventory.of_catalogue(open_catalogue(name))))
    return 0


def plan(words: Sequence[str]) -> int:
    """Print the runs of a series, their duration and disk space."""
    from mumu_lib.series.__main__ import main

    return main(list(words))


def features(words: Sequence[str]) -> int:
    """Extract the audio features of a catalogue."""
    from mumu_lib.audio.store import main

    return main(list(words))


def table(words: Sequence[str]) -> int:
    """Print Table 2, our further rows and the claims of a catalogue."""
    from mumu_lib.runs.__main__ import main

    return main(list(words))


def pretrained(words: Sequence[str]) -> int:
    """Fetch pretrained encoders; print their sizes and licences first."""
    from mumu_lib.encoders.wheels import main

    return main(words)


def listen(words: Sequence[str]) -> int:
    """Tag albums with a pretrained network: no catalogue, no training."""
    with _quiet():
        from mumu_lib.prediction.listening import main

    return main(words)


def predict(words: Sequence[str]) -> int:
    """Predict the genres of every album of a music library; write them into tags."""
    with _quiet():
        from mumu_lib.prediction.library.commands import predict

    return predict(words)


def untag(words: Sequence[str]) -> int:
    """Restore the genres that files had before."""
    with _quiet():
        from mumu_lib.prediction.library.commands import untag

    return untag(words)


def export(words: Sequence[str]) -> int:
    """Write the trained networks of a collection to one file, for other machines."""
    with _quiet():
        from mumu_lib.prediction.sharing import main

    return main(words)


def disk(words: Sequence[str]) -> int:
    """List the disk space of all files, and unused files; remove those on request."""
    from mumu_lib.series.cleaning import main

    return main(list(words))


def rehearse(words: Sequence[str]) -> int:
    """Run the series at the paper's size on a synthetic catalogue; measure time, memory and disk space."""
    with _quiet():
        from mumu_lib.rehearsal.commands import main

    return main(words)


COMMANDS: dict[str, Callable[[Sequence[str]], int]] = {
    "report": report,
    "check": check,
    "plan": plan,
    "features": features,
    "table": table,
    "pretrained": pretrained,
    "listen": listen,
    "predict": predict,
    "untag": untag,
    "export": export,
    "disk": disk,
    "rehearse": rehearse,
}


def _quiet() -> AbstractContextManager[None]:
    """Suppress messages of the backend during its import."""
    from mumu_lib.core.environment import quiet_start

    return quiet_start()


def main(words: Sequence[str]) -> int:
    """Run one of the commands.

    Returns
    -------
    code : int
        0; 1 if something is missing or broken, 2 for a wrong command line, 130 after Ctrl-C.

    Examples
    --------
    >>> main(["--help"])  # doctest: +ELLIPSIS
    python -m mumu_lib COMMAND ...
    ...
    COMMAND --help lists its arguments.
    0
    """
    if not words:
        return report([])
    name = words[0]
    if name in ("-h", "--help"):
        print("python -m mumu_lib COMMAND ...")
        for command_name, command in COMMANDS.items():
            print(f"  {command_name:10} {command.__doc__}")
        print("COMMAND --help lists its arguments.")
        return 0
    if name not in COMMANDS:
        print(f"{name!r} is not one of {list(COMMANDS)}{did_you_mean(name, COMMANDS)}", file=sys.stderr)
        return 2
    try:
        return COMMANDS[name](words[1:])
    except MumuError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return STOPPED


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
