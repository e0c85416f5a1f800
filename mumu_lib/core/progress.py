"""Progress of every step over two seconds: a bar for who looks on, one line at its end where a file is written.

Notebooks: all.
"""

import os
import sys
from collections.abc import Iterable
from typing import Any

from tqdm import std

SHOWN_AFTER = 2.0


def bar(
    over: Iterable | None = None, desc: str = "", total: float | None = None, *, unit: str, **more: Any
) -> std.tqdm:
    """A bar with rate and remaining time, as :class:`tqdm.tqdm`; it shows once a step has taken two seconds.

    In a terminal it is text, in JupyterLab, Notebook and VS Code a widget. Where nobody looks on (papermill,
    a log, a pipe) it is one line on stderr when the step ends, such as ``audio features: 800 tracks in 1 min 10 s``.

    Parameters
    ----------
    over : iterable, optional
        Without it the caller moves the bar by ``update``, and closes it.
    total : number, optional
        Where ``over`` has no length.
    unit : str
        What is counted, in the singular; ``B`` for bytes.
    **more
        As tqdm takes them, for instance ``initial``.
    """
    more = {"unit": unit, "unit_scale": unit == "B", **more}
    if in_notebook_ui():
        from tqdm import notebook

        return notebook.tqdm(over, desc, total, delay=SHOWN_AFTER, **more)
    if sys.stderr is not None and sys.stderr.isatty():
        return std.tqdm(over, desc, total, delay=SHOWN_AFTER, dynamic_ncols=True, **more)
    return _Line(over, desc, total, delay=float("inf"), **more)


def in_notebook_ui() -> bool:
    """Whether the cell that runs was sent by something that draws widgets: JupyterLab, Notebook, VS Code.

    These name the cell in their request. papermill, nbclient, nbval and consoles send code alone, and what
    runs under them must leave no widget in the file. (Environment variables do not tell: a papermill started
    from a cell inherits those of JupyterLab.)
    """
    shell = sys.modules["IPython"].get_ipython() if "IPython" in sys.modules else None
    request: dict = getattr(shell, "get_parent", dict)() or {}
    return "cellId" in request.get("metadata", {})


class _Line(std.tqdm):
    """Counts in silence and says at the end what was done."""

    monitor_interval = 0  # no thread that looks whether something should be drawn again

    def clear(self, *_: Any, **__: Any) -> None:
        pass

    def close(self) -> None:
        if getattr(self, "disable", True):
            return
        super().close()
        seconds = self._time() - self.start_t
        if seconds >= SHOWN_AFTER:
            # nbval compares what a checked cell writes, and seconds never agree; pytest shows this stream.
            stream = sys.__stderr__ if "PYTEST_CURRENT_TEST" in os.environ else sys.stderr
            print(f"{self.desc.removesuffix(': ')}: {self._done()} in {spent(seconds)}", file=stream, flush=True)

    def _done(self) -> str:
        counts = [n - self.initial for n in ([self.n] if self.total in (None, self.n) else [self.n, self.total])]
        if self.unit == "B":
            return " of ".join(self.format_sizeof(n, "B") for n in counts)
        plural = "" if counts[-1] == 1 else "es" if self.unit.endswith("ch") else "s"
        return " of ".join(f"{n:,}" for n in counts) + f" {self.unit}{plural}"


def spent(seconds: float) -> str:
    """A duration as people say it, e.g. ``3 s``, ``1 min 10 s``, ``2 h 5 min``."""
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s" if minutes else f"{rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
