"""The parent's side of a worker: an `Implementation` whose functions live in another process."""

from __future__ import annotations

import contextlib
import dataclasses
import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from candidates.limits import Limits
from candidates.worker import wire
from properties.host import Arrays
from properties.implementation import CallFailed, Foreign, Observation, Result, calling

if TYPE_CHECKING:  # it would load Hypothesis before the command has answered
    from properties.operator import Operator

ROOT = Path(__file__).resolve().parents[1]
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass(frozen=True)
class Found:
    """A spelling found in a candidate: its place in the convention and its functions' names."""

    spelling: int
    operator: str
    functions: tuple[str, ...]


class LoadFailed(Exception):
    """A candidate could not be loaded: why, and its own frames."""

    def __init__(self, message: str, frames: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.frames = list(frames)


class Worker:
    """One candidate in a process of its own, started again after a crash or a time-out."""

    def __init__(
        self,
        path: Path,
        convention: str | None,
        operators: Sequence[str],
        limits: Limits = Limits(),  # noqa: B008  (it is frozen)
    ) -> None:
        self.path, self._operators = path, list(operators)
        self.limits = limits
        self._asked_convention = convention
        self._process: subprocess.Popen[bytes] | None = None
        self.bound: object = None  # the candidate whose functions the process answers for
        self._start()

    def _start(self) -> None:
        """Start the process and load the candidate. Raises LoadFailed."""
        theirs_in, ours_out = os.pipe()
        ours_in, theirs_out = os.pipe()
        home = str(Path(__file__).parent / "worker")
        suite = ("reference",) if (ROOT / "reference") in self.path.parents else ()
        self._process = subprocess.Popen(
            [sys.executable, "-I", home, str(theirs_in), str(theirs_out), *suite],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={**os.environ, **ONE_THREAD},
            pass_fds=(theirs_in, theirs_out),
            start_new_session=True,
        )
        os.close(theirs_in)
        os.close(theirs_out)
        self._reading, self._writing = ours_in, ours_out
        load = {
            "call": "load",
            "path": str(self.path),
            "convention": self._asked_convention,
            "operators": self._operators,
            "forbid": self.limits.forbid,
        }
        try:
            answer, _ = self.call(load, seconds=self.limits.seconds_to_load)
        except CallFailed as failed:
            self.close()
            raise LoadFailed(failed.message, failed.frames) from None
        self.convention: str | None = answer["convention"]
        self.found = [
            Found(f["spelling"], f["operator"], tuple(f["functions"])) for f in answer["found"]
        ]

    def call(
        self,
        header: Mapping[str, Any],
        groups: Mapping[str, Arrays] | None = None,
        seconds: float | None = None,
    ) -> tuple[dict[str, Any], dict[str, dict[str, Result]]]:
        """One call. Raises CallFailed; after one that ended the process, the next starts anew."""
        limit = seconds or self.limits.seconds_per_call
        if not self.alive:
            raise CallFailed("crash", "its process has ended")
        try:
            wire.send(self._writing, wire.pack(header, groups or {}))
            answer, arrays = wire.unpack(*wire.receive(self._reading, limit))
        except wire.TimedOut:
            self.close()
            raise CallFailed("timeout", f"took longer than {limit:g} s", fatal=True) from None
        except wire.Malformed as error:
            self.close()
            raise CallFailed("crash", f"sent no proper answer: {error}", fatal=True) from None
        except (EOFError, OSError):
            raise CallFailed("crash", self._epitaph(), fatal=True) from None
        if "error" in answer:
            failed = answer["error"]
            raise CallFailed(str(failed["status"]), str(failed["message"]), list(failed["frames"]))
        return answer, {
            group: {n: Foreign(a) if isinstance(a, str) else a for n, a in values.items()}
            for group, values in arrays.items()
        }

    @contextlib.contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Calls take no longer than `seconds`, where the usual limit is longer."""
        usual = self.limits
        shorter = min(seconds, usual.seconds_per_call)
        self.limits = dataclasses.replace(usual, seconds_per_call=shorter)
        try:
            yield
        finally:
            self.limits = usual

    def _epitaph(self) -> str:
        """How the process ended, in words."""
        process = self._process
        self.close()
        code = process.returncode if process else None
        if code is not None and code < 0 and -code != signal.SIGKILL:
            return f"ended its process by signal {signal.Signals(-code).name}"
        return f"ended its process (exit status {code})"

    @property
    def alive(self) -> bool:
        return self._process is not None

    def restart(self) -> None:
        self.close()
        self._start()

    def close(self) -> None:
        """End the process and all it started."""
        process, self._process, self.bound = self._process, None, None
        if process is None:
            return
        for descriptor in (self._reading, self._writing):
            os.close(descriptor)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(0.05)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


class Candidate:
    """One spelling of a candidate, as an `Implementation`."""

    complex_step = False

    def __init__(self, worker: Worker, found: Found, operator: Operator) -> None:
        self.name = found.functions[-1]
        self._worker, self._found = worker, found
        self._signature = {"outputs": operator.results, "gradients": operator.differentiable}

    def _bind(self) -> None:
        self._worker.call(
            {"call": "bind", "spelling": self._found.spelling, "signature": self._signature}
        )
        self._worker.bound = self

    def begin(self, seed: int) -> Mapping[str, str]:
        if not self._worker.alive:
            try:
                self._worker.restart()
            except LoadFailed as error:
                raise CallFailed("crash", f"cannot be loaded again: {error}", fatal=True) from None
        if self._worker.bound is not self:
            self._bind()
        answer, _ = self._worker.call({"call": "begin", "seed": seed})
        return dict(answer["state"])

    def renew(self) -> None:
        """End the process: the next call comes to one that has made none before."""
        self._worker.close()

    @contextlib.contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Calls may take no longer than `seconds`."""
        with self._worker.limited(seconds):
            yield

    def forward(
        self, attributes: Mapping[str, Any], inputs: Arrays, layout: str = "contiguous"
    ) -> tuple[dict[str, Result], int]:
        header = {"call": "forward", "attributes": dict(attributes), "layout": layout}
        answer, arrays = self._worker.call(header, {"inputs": inputs})
        return arrays["results"], int(answer["token"])

    def backward(
        self, token: int, cotangents: Arrays, layout: str = "contiguous"
    ) -> dict[str, Result]:
        header = {"call": "backward", "token": token, "layout": layout}
        with calling("backward"):
            return self._worker.call(header, {"cotangents": cotangents})[1]["results"]

    def observe(self, token: int) -> Observation:
        answer, arrays = self._worker.call({"call": "observe", "token": token})
        return Observation(arrays, answer["state"])

    def drop(self, token: int) -> None:
        self._worker.call({"call": "drop", "token": token})
