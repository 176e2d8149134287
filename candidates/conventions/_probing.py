"""Ask a function what it does with a tiny input, before it is judged, and survive the answer."""

from __future__ import annotations

import contextlib
import json
import os
import select
import signal
import warnings
from collections.abc import Callable, Iterator
from typing import Any

SECONDS = 5.0


def asked(question: Callable[[], Any]) -> Any:
    """The answer (plain data) of a question that calls the candidate, None if it gives none.

    A child process asks where there is one to be had: what the candidate exits, writes or changes
    there is not seen here, and it is given up after some seconds.
    """
    try:
        reading, writing = os.pipe()
        child = os.fork()
    except (AttributeError, OSError):
        return _answer(question)
    if child == 0:
        _tell(writing, question)
    os.close(writing)
    try:
        return _heard(reading)
    finally:
        os.close(reading)
        os.kill(child, signal.SIGKILL)
        os.waitpid(child, 0)


def _answer(question: Callable[[], Any]) -> Any:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return question()
    except BaseException:
        return None


def _tell(writing: int, question: Callable[[], Any]) -> None:
    """The child's life: it never returns."""
    try:
        os.write(writing, json.dumps(_answer(question)).encode())
    finally:
        os._exit(0)


def _heard(reading: int) -> Any:
    ready, _, _ = select.select([reading], [], [], SECONDS)
    if not ready:
        return None
    try:
        return json.loads(os.read(reading, 65536))  # answers are short: written and read at once
    except ValueError:
        return None


@contextlib.contextmanager
def alarm(seconds: float) -> Iterator[None]:
    """Raise TimeoutError in what takes longer, where there are alarms."""

    def ring(*_: Any) -> None:
        raise TimeoutError(f"took longer than {seconds:g} s")

    if not hasattr(signal, "setitimer"):
        yield
        return
    before = signal.signal(signal.SIGALRM, ring)
    signal.setitimer(signal.ITIMER_REAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
