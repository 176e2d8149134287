"""The parent's side of the servers that workers are forked from. Started once, shared by forks."""

from __future__ import annotations

import atexit
import contextlib
import json
import os
import select
import socket
import subprocess
import sys
import threading
from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from candidates.limits import Limits
from candidates.worker import policy
from candidates.worker.supervisor import END, OPERATOR, remove

HOME = Path(__file__).parent / "worker"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
PASSED_ON = ("PATH", "LANG", "LC_", "TZ", "LD_LIBRARY_PATH", "CUDA_", "NVIDIA_")
SECONDS_TO_END = 10.0
SECONDS_TO_START = 120.0


FRESH = "fresh"  # the kind of a worker that shares no server: it may use a GPU


class Lost(Exception):
    """A server or a supervisor is gone, or cannot start what was asked for: why."""


class Server:
    """A server process and our end of its socket."""

    def __init__(self, kind: str, level: str, forbid: tuple[str, ...]) -> None:
        self._control, theirs = socket.socketpair()
        descriptor = theirs.fileno()
        self._process = subprocess.Popen(
            [sys.executable, "-I", str(HOME), str(descriptor), kind, level, *forbid],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=_environment(),
            pass_fds=(descriptor,),
            start_new_session=True,
        )
        theirs.close()

    def ask(self, descriptors: list[int]) -> None:
        """Have a supervisor forked that holds these. Raises OSError where the server is gone."""
        socket.send_fds(self._control, [b"w"], descriptors)

    def close(self) -> None:
        """Let the server end: it does when nobody is left to ask it."""
        self._control.close()
        try:
            self._process.wait(SECONDS_TO_END)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()

    def forget(self) -> None:
        """Let go of a server that belongs to the process we were forked from."""
        self._control.close()
        self._process.returncode = 0  # not our child: nothing to wait for


def _environment() -> dict[str, str]:
    """What a candidate may know of our environment: secrets often lie there."""
    return {n: v for n, v in os.environ.items() if n.startswith(PASSED_ON)} | ONE_THREAD


class Channel:
    """One worker and its supervisor: descriptors to read from and write to, and how it fares."""

    def __init__(self, server: Server, request: Mapping[str, Any]) -> None:
        ours, status = socket.socketpair()
        theirs_in, self.writing = os.pipe()
        self.reading, theirs_out = os.pipe()
        self._status, self._heard = ours, b""
        self._folder = ""  # the worker's own, which its supervisor removes
        os.set_blocking(self.writing, False)
        try:
            server.ask([status.fileno(), theirs_in, theirs_out])
            self._status.sendall(json.dumps(dict(request)).encode() + b"\n")
        except OSError:
            self._close()
            raise Lost("has lost the server that workers are forked from") from None
        finally:
            status.close()
            os.close(theirs_in)
            os.close(theirs_out)

    def report(self, seconds: float = SECONDS_TO_START) -> dict[str, str]:
        """What holds the worker, by mechanism. Raises Lost where it could not be held."""
        said = self._line(seconds)
        self._folder = said["folder"]
        if "failed" in said:
            raise Lost(f"could not be contained: {said['failed']}")
        report: dict[str, str] = said["report"]
        return report

    def another_operator(self) -> None:
        """Count the processor's time anew."""
        with contextlib.suppress(OSError):
            self._status.sendall(OPERATOR)

    def end(self, patience: float = 0.0) -> tuple[int | None, str]:
        """End the worker and all it started: its exit status, and why it was ended before.

        One that closed its connection by ending gets `patience` seconds to have ended.
        """
        for descriptor in (self.reading, self.writing):
            os.close(descriptor)
        try:
            if not patience or not select.select([self._status], [], [], patience)[0]:
                with contextlib.suppress(OSError):
                    self._status.sendall(END)
            said = self._line(SECONDS_TO_END)
            return said.get("exit"), said.get("why", "")
        except Lost:
            if self._folder:
                remove(self._folder)
            return None, ""
        finally:
            self._status.close()

    def _close(self) -> None:
        for descriptor in (self.reading, self.writing):
            os.close(descriptor)
        self._status.close()

    def _line(self, seconds: float) -> dict[str, Any]:
        """The next thing that the supervisor says. Raises Lost when it says nothing more."""
        self._status.settimeout(seconds)
        try:
            while b"\n" not in self._heard:
                part = self._status.recv(1 << 16)
                if not part:
                    raise Lost("has lost its supervisor")
                self._heard += part
        except OSError as error:
            raise Lost(f"has a supervisor that does not answer ({error})") from None
        line, _, self._heard = self._heard.partition(b"\n")
        said: dict[str, Any] = json.loads(line)
        return said


def mechanisms(limits: Limits, kind: str = "numpy") -> dict[str, str]:
    """What holds a worker on this machine, by mechanism: seen on one without a candidate.

    From here on the server of that kind is there, for processes forked from this one too.
    """
    forbid = policy.hidden(policy.in_force(limits.forbid, torch=kind != "numpy"))
    asked = asdict(limits) | {"forbid": forbid}
    request = {"path": "/", "limits": asked, "readable": [], "suite": []}
    channel, report = start_worker(kind, request)
    channel.end()
    return report


Key = tuple[str, str, tuple[str, ...]]  # kind, level of containment, forbidden packages
_servers: dict[Key, tuple[int, Server]] = {}
_lock = threading.Lock()


def start_worker(kind: str, request: Mapping[str, Any]) -> tuple[Channel, dict[str, str]]:
    """A worker forked from the server of a kind (numpy, torch, optim or fresh), and what holds it.

    A server that is gone, a candidate may have ended it, is replaced once. Raises Lost.
    """
    limits = request["limits"]
    key = kind, limits["containment"], tuple(limits["forbid"])
    if kind == FRESH:
        return _start_fresh(Server("numpy", *key[1:]), request)
    for replace in (False, True):
        channel = None
        try:
            channel = Channel(_server(key, replace), request)
            return channel, channel.report()
        except Lost:
            if channel is not None:
                channel.end()
            if replace:
                raise
    raise AssertionError


def _start_fresh(server: Server, request: Mapping[str, Any]) -> tuple[Channel, dict[str, str]]:
    """A worker whose server serves nobody else and ends at once."""
    channel = None
    try:
        channel = Channel(server, request)
        return channel, channel.report()
    except Lost:
        if channel is not None:
            channel.end()
        raise
    finally:
        server.close()


def _server(key: Key, replace: bool) -> Server:
    with _lock:
        if key in _servers and replace:
            _let_go(key)
        if key not in _servers:
            _servers[key] = os.getpid(), Server(*key)
        return _servers[key][1]


def _let_go(key: Key) -> None:
    owner, server = _servers.pop(key)
    server.close() if owner == os.getpid() else server.forget()


@atexit.register
def close_all() -> None:
    """End the servers, where this process started them."""
    for key in list(_servers):
        _let_go(key)
