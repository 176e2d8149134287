"""How far a long run is, on a terminal: a bar where rich is installed, a line elsewhere."""

from __future__ import annotations

import contextlib
import sys
import time
from collections.abc import Callable, Iterator


@contextlib.contextmanager
def progress(total: int, what: str) -> Iterator[Callable[[], None]]:
    """A function to call after each of `total` things; it shows an estimate of what is left.

    Nothing is shown where the error output is no terminal. No thread is started, so that the
    caller can fork.
    """
    started, done = time.monotonic(), 0
    with _line_on_terminal(total) as show:

        def advance() -> None:
            nonlocal done
            done += 1
            left = estimate(done, total, time.monotonic() - started)
            show(done, f"{what} {done} of {total}{left}")

        show(0, f"{what} 0 of {total}")
        yield advance


def estimate(done: int, total: int, seconds: float) -> str:
    """How much longer it takes if it goes on like this, in words; empty once all is done."""
    if done >= total:
        return ""
    left = seconds / done * (total - done)
    if left < 90:
        return f", about {max(round(left), 1)} s left"
    if left < 90 * 60:
        return f", about {round(left / 60)} min left"
    return f", about {left / 3600:.1f} h left"


@contextlib.contextmanager
def _line_on_terminal(total: int) -> Iterator[Callable[[int, str], None]]:
    if not sys.stderr.isatty():
        yield lambda done, text: None
        return
    try:
        from rich.console import Console
        from rich.progress import BarColumn, Progress, TextColumn
    except ImportError:
        try:
            yield lambda done, text: _overwrite(text)
        finally:
            _overwrite("")
        return
    columns = (BarColumn(), TextColumn("{task.description}"))
    console = Console(stderr=True)
    with Progress(
        *columns,
        console=console,
        auto_refresh=False,
        transient=True,
        redirect_stdout=False,
        redirect_stderr=False,
    ) as bar:
        task = bar.add_task("", total=total)
        yield lambda done, text: bar.update(task, completed=done, description=text, refresh=True)


def _overwrite(text: str) -> None:
    print(f"\r{text}\x1b[K", end="", file=sys.stderr, flush=True)
