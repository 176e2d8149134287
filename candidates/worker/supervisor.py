"""The process between a server and a worker: it starts one worker, watches it, and ends it.

It speaks with the parent over a socket that the worker does not have: lines of JSON one way, a
request and then single letters the other. The worker,
and all that the worker starts, end when it says so, when they use too much, or when the parent is
gone.
"""

from __future__ import annotations

import contextlib
import json
import os
import select
import shutil
import signal
import socket
import stat
import sys
import tempfile
import time
from typing import Any

import numpy as np

from candidates.limits import Limits
from candidates.worker import bounds, sandbox
from candidates.worker.sandbox import Sandbox

TICK = 0.02  # seconds between two looks at what the worker uses
TASKS = 512  # processes and threads of one worker
PATIENCE = 5.0  # seconds until what was killed is gone
OPERATOR, END = b"o", b"e"  # another operator is judged from here on; end the worker
WATCH = "memory, processor time and number of processes watched"
SURVIVORS = "what it leaves behind is ended"


class Supervisor:
    """One worker. `parent`: our end of the socket to the process that asked for it."""

    def __init__(self, parent: socket.socket, found: Sandbox | None) -> None:
        self._parent, self._sandbox = parent, found
        self._request = self._read_request()
        asked = self._request["limits"]
        self._limits = Limits(**{**asked, "forbid": tuple(asked["forbid"] or ())})
        self._spent = 0.0  # processor time when the present operator began

    def run(self, reading: int, writing: int) -> None:
        """Start the worker, report what holds it, and stay until it has ended."""
        os.setsid()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        report: bounds.Report = {}
        bounds.attempt(report, SURVIVORS, bounds.adopt_orphans)
        bounds.attempt(report, WATCH, _usage, os.getpid())
        folder = tempfile.mkdtemp(prefix="layerproof-")
        if self._sandbox is not None:
            sandbox.enter_processes(self._sandbox)
        ready, done = os.pipe()
        process = os.fork()
        if process == 0:
            self._become_worker(reading, writing, done, folder)
        for descriptor in (reading, writing, done):
            os.close(descriptor)
        try:
            with open(ready, "rb") as pipe:
                said = json.loads(pipe.read() or b'{"failed": "it ended at once"}')
            said["report"], said["folder"] = report | said.get("report", {}), folder
            self._say(said)
            code, why = self._watch(process)
        finally:
            _end_all(process)
            remove(folder)
        self._say({"exit": code, "why": why})

    def _become_worker(self, reading: int, writing: int, done: int, folder: str) -> None:
        """The body of the worker: bound this process, then serve until the parent is gone."""
        from candidates.worker import reach
        from candidates.worker.serve import Server

        try:
            os.setsid()
            said: dict[str, Any] = {"report": bounds.apply(self._limits)}
            os.environ.update(sandbox.environment(folder))
            os.chdir(folder)
            tempfile.tempdir = None
            bounds.close_all_but({reading, writing, done})
            _draw_anew()
            reach.hide_the_suite(self._request["suite"], self._request["path"])
            if self._sandbox is not None:
                readable = self._request["readable"]
                sandbox.enter_worker(self._sandbox, self._limits, folder, readable)
                said["report"] |= self._sandbox.report
        except BaseException as error:
            os.write(done, json.dumps({"failed": f"{type(error).__name__}: {error}"}).encode())
            os._exit(1)
        os.write(done, json.dumps(said).encode())
        os.close(done)
        with contextlib.suppress(BaseException):
            Server(reading, writing).serve()
        os._exit(0)

    def _watch(self, process: int) -> tuple[int | None, str]:
        """Wait until the worker ends or must end: its exit status, and why it was ended."""
        while True:
            heard = select.select([self._parent], [], [], TICK)[0]
            ended, status = os.waitpid(process, os.WNOHANG)
            if ended:
                return os.waitstatus_to_exitcode(status), ""
            if heard and not self._hear():
                return None, "asked"
            if why := self._too_much():
                return None, why

    def _read_request(self) -> dict[str, Any]:
        """The parent's first line."""
        text = b""
        while not text.endswith(b"\n"):
            part = self._parent.recv(1 << 16)
            if not part:
                raise EOFError
            text += part
        request: dict[str, Any] = json.loads(text)
        return request

    def _hear(self) -> bool:
        """What the parent says after its request: whether the worker may go on."""
        words = self._parent.recv(1 << 16)
        if OPERATOR in words:
            with contextlib.suppress(OSError):
                self._spent = _usage(os.getpid())[1]
        return bool(words) and END not in words

    def _too_much(self) -> str:
        """What the worker and all it started use too much of, in words; empty where nothing."""
        try:
            memory, seconds, tasks = _usage(os.getpid())
        except OSError:
            return ""
        if memory > self._limits.memory_mb << 20:
            return f"memory: used more than {self._limits.memory_mb} MB of memory"
        if seconds - self._spent > self._limits.seconds_per_operator:
            most = self._limits.seconds_per_operator
            return f"processor: used more than {most:g} s of processor time"
        if tasks > TASKS:
            return f"processes: started more than {TASKS} processes and threads"
        return ""

    def _say(self, message: dict[str, Any]) -> None:
        with contextlib.suppress(OSError):
            self._parent.sendall(json.dumps(message).encode() + b"\n")


def _draw_anew() -> None:
    """Seed the generators from the system, as in a fresh interpreter: forks would draw alike."""
    np.random.seed()
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.default_generator.seed()


def _children(process: int) -> list[int]:
    """The children of a process, of all its threads. Raises OSError where there is no /proc."""
    found = []
    for thread in os.listdir(f"/proc/{process}/task"):
        with open(f"/proc/{process}/task/{thread}/children") as file:
            found += [int(word) for word in file.read().split()]
    return found


def _descendants(process: int) -> list[int]:
    found = _children(process)
    for child in found:
        if len(found) > TASKS:
            break
        with contextlib.suppress(OSError):
            found += _children(child)
    return found


_TICKS, _PAGE = os.sysconf("SC_CLK_TCK"), os.sysconf("SC_PAGE_SIZE")


def _usage(process: int) -> tuple[int, float, int]:
    """Bytes resident, seconds of processor and number of threads of all a process started.

    proc(5): utime, stime, cutime and cstime are fields 14 to 17 of stat, num_threads 20, rss 24.
    """
    memory = ticks = tasks = 0
    for child in _descendants(process):
        with contextlib.suppress(OSError), open(f"/proc/{child}/stat") as file:
            fields = file.read().rpartition(")")[2].split()
            ticks += sum(int(field) for field in fields[11:15])
            tasks += int(fields[17])
            memory += int(fields[21]) * _PAGE
    return memory, ticks / _TICKS, tasks


def _end_all(process: int) -> None:
    """Kill the worker's group and all beneath us, again and again until nothing is left."""
    deadline = time.monotonic() + PATIENCE
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process, signal.SIGKILL)
    while time.monotonic() < deadline:
        for child in _kill_list():
            with contextlib.suppress(ProcessLookupError, PermissionError):
                os.kill(child, signal.SIGKILL)
        try:
            while os.waitpid(-1, os.WNOHANG)[0]:
                pass
        except ChildProcessError:
            return
        time.sleep(0.001)


def _kill_list() -> list[int]:
    try:
        return _descendants(os.getpid())
    except OSError:
        return []


def remove(folder: str) -> None:
    """Remove the private folder, whatever modes its contents have; a link is not followed."""
    for here, folders, _ in os.walk(folder):
        for name in folders:
            path = os.path.join(here, name)
            if stat.S_ISDIR(os.lstat(path).st_mode):
                os.chmod(path, 0o700)
    shutil.rmtree(folder, ignore_errors=True)
