"""The server that workers are forked from: imports are paid for once, a worker costs milliseconds.

One server has NumPy alone, another has imported torch on one thread and run no operation of it,
so that forking is safe, and a third has imported what the first optimizer would import as well.
None ever loads a candidate.
"""

from __future__ import annotations

import contextlib
import gc
import importlib
import os
import signal
import socket
import sys

from candidates.worker import sandbox
from candidates.worker.supervisor import Supervisor

DESCRIPTORS = 3  # the supervisor's socket, the worker's end to read from and to write to


def serve(control: socket.socket, kind: str, level: str, forbid: tuple[str, ...]) -> None:
    """Fork a supervisor for each set of descriptors that comes in, until nobody is left to ask."""
    found = None
    if level == "sandbox":
        found = sandbox.probe()
        sandbox.enter_server(found)
        sandbox.shown_libraries(forbid)  # remembered by all that are forked
    _import(kind)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # supervisors are not waited for
    gc.collect()
    gc.freeze()
    while True:
        word, descriptors, _, _ = socket.recv_fds(control, 1, DESCRIPTORS)
        if not word:
            return
        if len(descriptors) == DESCRIPTORS and os.fork() == 0:
            control.close()
            _supervise(descriptors, found)
        for descriptor in descriptors:
            os.close(descriptor)


def _import(kind: str) -> None:
    from candidates.conventions import import_all
    from candidates.worker import reach, serve  # noqa: F401

    import_all()
    if kind in ("torch", "optim"):
        torch = importlib.import_module("torch")
        torch.set_num_threads(1)
        torch.set_num_interop_threads(1)
    if kind == "optim":
        with contextlib.suppress(ImportError):  # else the candidate waits for it
            importlib.import_module("torch._dynamo")


def _supervise(descriptors: list[int], found: sandbox.Sandbox | None) -> None:
    status, reading, writing = descriptors
    try:
        Supervisor(socket.socket(fileno=status), found).run(reading, writing)
    finally:
        os._exit(0)


def main() -> None:
    descriptor, kind, level, *forbid = sys.argv[1:]
    serve(socket.socket(fileno=int(descriptor)), kind, level, tuple(forbid))
