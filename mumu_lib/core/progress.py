"""Show the progress of steps that take over two seconds: a progress bar when interactive, one summary line otherwise.

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
    """Return a progress bar with rate and remaining time, like :class:`tqdm.tqdm`, shown after two seconds.

    It is text in a terminal, and a widget in JupyterLab, Notebook and VS Code. Otherwise (papermill, a log, a pipe) one
    line is printed on stderr when the step ends, such as ``audio features: 800 tracks in 1 min 10 s``.

    Parameters
    ----------
    over : iterable, optional
        Without it the caller advances the bar by ``update``, and closes it.
    total : number, optional
        Number of steps if ``over`` has no length.
    unit : str
        The counted unit, in the singular; ``B`` for bytes.
    **more
        Further options of tqdm, for instance ``initial``.
    """
    more = {"unit": unit, "unit_scale": unit == "B", **more}
    if in_notebook_ui():
        from tqdm import notebook

        return notebook.tqdm(over, desc, total, delay=SHOWN_AFTER, **more)
    if sys.stderr is not None and sys.stderr.isatty():
        return std.tqdm(over, desc, total, delay=SHOWN_AFTER, dynamic_ncols=True, **more)
    return _Line(over, desc, total, delay=float("inf"), **more)


def in_notebook_ui() -> bool:
    """Return whether the running cell was sent by an interface with widgets: JupyterLab, Notebook, VS Code.

    Their requests contain the id of the cell. papermill, nbclient, nbval and consoles send only code, and notebooks
    that they run must not contain widgets. (Environment variables cannot be used: a papermill that is started from a
    cell inherits those of JupyterLab.)
    """
    shell = None
    if "IPython" in sys.modules:
        shell = sys.modules["IPython"].get_ipython()
    request: dict = getattr(shell, "get_parent", dict)() or {}
    return "cellId" in request.get("metadata", {})


class _Line(std.tqdm):
    """Count silently, and print a summary at the end."""

    monitor_interval = 0  # Do not start tqdm's thread that refreshes bars.

    def clear(self, *_: Any, **__: Any) -> None:
        pass

    def close(self) -> None:
        if getattr(self, "disable", True):
            return
        super().close()
        seconds = self._time() - self.start_t
        if seconds >= SHOWN_AFTER:
            # nbval compares the output of checked cells, and seconds always differ; pytest does not capture __stderr__.
            stream = sys.stderr
            if "PYTEST_CURRENT_TEST" in os.environ:
                stream = sys.__stderr__
            print(f"{self.desc.removesuffix(': ')}: {self._done()} in {spent(seconds)}", file=stream, flush=True)

    def _done(self) -> str:
        """Return the completed steps, and their total if some are missing."""
        counts = [self.n - self.initial]
        if self.total not in (None, self.n):
            counts.append(self.total - self.initial)
        if self.unit == "B":
            return " of ".join(self.format_sizeof(n, "B") for n in counts)
        unit = self.unit
        if counts[-1] != 1:
            unit = _plural(unit)
        return " of ".join(f"{n:,}" for n in counts) + f" {unit}"


def _plural(unit: str) -> str:
    if unit.endswith("ch"):
        return f"{unit}es"
    return f"{unit}s"


def spent(seconds: float) -> str:
    """Format a duration, e.g. ``3 s``, ``1 min 10 s``, ``2 h 5 min``.

    Examples
    --------
    >>> spent(3), spent(70), spent(7500)
    ('3 s', '1 min 10 s', '2 h 5 min')
    """
    minutes, rest = divmod(round(seconds), 60)
    if minutes >= 60:
        return f"{minutes // 60} h {minutes % 60} min"
    if minutes:
        return f"{minutes} min {rest} s"
    return f"{rest} s"
