"""The parent's side of a worker: an `Implementation` whose functions live in another process."""

from __future__ import annotations

import contextlib
import signal
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from candidates import scan
from candidates.conventions import convention_names, find_convention
from candidates.limits import Limits
from candidates.servers import FRESH, Channel, Lost, start_worker
from candidates.worker import policy, wire
from candidates.worker.loading import Target
from properties.host import Arrays
from properties.implementation import CallFailed, Foreign, Observation, Result, calling

if TYPE_CHECKING:  # it would load Hypothesis before the command has answered
    from properties.operator import Operator

ROOT = Path(__file__).resolve().parents[1]
SAID_BY_WORKERS = ("forbidden", "crash", "wrong", "side-effect", "missing")
MOST_TEXT, MOST_FRAMES, MOST_NOTED = 2000, 100, 500
PATIENCE = 0.5  # seconds in which a process that closed its connection has ended


@dataclass(frozen=True)
class Found:
    """A spelling found in a candidate: its place in the convention and its functions' names.

    told: what the functions tell of their own promise (see `Spelling.promised`).
    file: which of several files defines it; files: those that it needs. places: where each function
    is defined, or ''. torch: whether it needs torch, which others may not use.
    """

    spelling: int
    operator: str
    functions: tuple[str, ...]
    told: Mapping[str, Any] = field(default_factory=dict, hash=False)
    file: str = ""
    files: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    torch: bool = False

    @property
    def bare(self) -> list[str]:
        """The functions' names without the file that they may bear."""
        return [name.removeprefix(f"{self.file}:") for name in self.functions]

    @property
    def named(self) -> list[tuple[str, str]]:
        """Functions, each with where it is defined."""
        return list(zip(self.functions, self.places, strict=True))


class LoadFailed(Exception):
    """A candidate could not be loaded: why, and its own frames."""

    def __init__(self, message: str, frames: Sequence[str] = ()) -> None:
        super().__init__(message)
        self.frames = list(frames)


class Worker:
    """One candidate in a process of its own, started again after a crash or a time-out.

    look: whether it says what it found in the candidate, when it is first started: it may have to
    ask functions what they do, which takes a second where they train.
    """

    def __init__(
        self,
        path: Path,
        convention: str | None,
        operators: Sequence[str],
        limits: Limits = Limits(),  # noqa: B008  (it is frozen)
        look: bool = True,
    ) -> None:
        self.path, self._operators = path, list(operators)
        self.limits = limits
        self._asked_convention = convention
        self._channel: Channel | None = None
        known = find_convention(convention) if convention is not None else None
        self._torch = known is not None and known.needs_torch
        self._files: tuple[str, ...] = ()  # those loaded, all where none is named
        self.stubbed: dict[str, str] = {}
        self.failed: list[dict[str, str]] = []
        self._number = 0  # of the last message; its answer bears the same
        self.bound: object = None  # the candidate whose functions the process answers for
        self._look = look
        self._start()
        self._look = False

    def _start(self) -> None:
        """Start the process and load the candidate. Raises LoadFailed."""
        forbidden = policy.in_force(self.limits.forbid, self._torch)
        kind = self._kind_of_server(forbidden)
        try:
            self._channel, self.held_by = start_worker(kind, self._contained(forbidden))
        except Lost as error:
            raise LoadFailed(str(error)) from None
        load = {
            "call": "load",
            "path": str(self.path),
            "convention": self._asked_convention,
            "operators": self._operators,
            "files": self._files,
            "look": self._look,
            "forbid": forbidden,
            "forbid_ops": self.limits.forbid_ops,
            "device": self.limits.device,
        }
        try:
            answer, _ = self.call(load, seconds=self.limits.seconds_to_load)
            if not self._look:
                return
            self.convention, self.found = self._check_found(answer)
            self.passed_over = self._check_passed_over(answer)
        except CallFailed as failed:
            self.close()
            raise LoadFailed(failed.message, failed.frames) from None
        if self._says_nothing_without_torch():
            self._torch = True
            self.restart()
            if self._spoke_with_torch_alone():
                self._torch, self._asked_convention = False, self.convention
                self.restart()

    def _says_nothing_without_torch(self) -> bool:
        """Whether torch was kept from a candidate that is written with it, or may be."""
        if self._torch or self.limits.forbid is not None or "torch" not in self.stubbed:
            return False
        return self.convention is None or find_convention(self.convention).needs_torch

    def _spoke_with_torch_alone(self) -> bool:
        """Whether functions were found with torch whose convention forbids it: they cannot stay."""
        if not self._torch or self.limits.forbid is not None or self.convention is None:
            return False
        return bool(self.found) and not any(found.torch for found in self.found)

    def serve_for(self, found: Found) -> None:
        """Restart under the rules of one of the functions, and with its files alone."""
        torch = found.torch if self.limits.forbid is None else self._torch
        if (torch, found.files) != (self._torch, self._files):
            self.close()
            self._torch, self._files = torch, found.files
        if not self.alive:
            self._start()

    def _kind_of_server(self, forbidden: Sequence[str]) -> str:
        """Which server to fork from: torch is loaded where the text or a function asks for it."""
        path = Target.of(self.path).path
        if "torch" in forbidden or not (self._torch or scan.needs_torch(path)):
            return "numpy"
        if self.limits.device != "cpu" or (scan.gpu_is_there() and scan.needs_cuda(path)):
            return FRESH
        return "optim" if scan.needs_optimizer(path) else "torch"

    def _contained(self, forbidden: Sequence[str]) -> dict[str, Any]:
        """What the supervisor of the process has to know."""
        path = Target.of(self.path).path
        readable = scan.readable(path, self.limits.beside)
        readable += [ROOT / "candidates" / "conventions"]
        suite = ["reference"] if (ROOT / "reference") in self.path.parents else []
        readable += [ROOT / name for name in suite]
        if (self._asked_convention or "").endswith(".py"):
            readable.append(Path(str(self._asked_convention)))
        return {
            "path": str(path),
            "limits": asdict(self.limits) | {"forbid": policy.hidden(forbidden)},
            "readable": [str(p) for p in readable],
            "suite": suite,
        }

    def _check_found(self, answer: Mapping[str, Any]) -> tuple[str | None, list[Found]]:
        """Convention and functions, as the process says: a stranger's word. Raises CallFailed."""
        with self.distrust():
            self.stubbed = {
                printable(str(name)): printable(str(why))
                for name, why in list(answer["stubbed"].items())[:MOST_NOTED]
            }
            self.failed = [
                {key: printable(str(entry[key])) for key in ("file", "reason")}
                for entry in answer["failed"][:MOST_NOTED]
            ]
            name = answer["convention"]
            if name is None:
                return None, []
            asked = self._asked_convention
            if name not in (convention_names() if asked is None else [asked]):
                raise ValueError(f"the convention is {name!r}")
            spellings = find_convention(name).spellings(self._operators)
            found = [_found(f) for f in answer["found"]]
            for f in found:
                functions = f.bare
                spelling = spellings[f.spelling].called(functions[0])
                known = [n for n in spelling.names if n in functions]
                if f.spelling < 0 or f.operator != spelling.operator or known != functions:
                    raise ValueError(f"there is no spelling {f}")
                spelling.promised(f.told)
                if len(f.places) != len(f.functions):
                    raise ValueError(f"there are no such places: {f}")
            needs = find_convention(name).needs_torch
            return name, [
                replace(f, torch=needs or spellings[f.spelling].needs_torch) for f in found
            ]

    def _check_passed_over(self, answer: Mapping[str, Any]) -> dict[str, str]:
        """Functions that are not judged, and why, as the process says."""
        with self.distrust():
            return {
                printable(str(name))[:100]: printable(str(reason))[:300]
                for name, reason in answer["passed_over"].items()
            }

    @contextlib.contextmanager
    def distrust(self) -> Iterator[None]:
        """End the process where an answer, read in the body, has not the form it should have."""
        try:
            yield
        except (KeyError, ValueError, TypeError, AttributeError, IndexError, OverflowError) as e:
            self.close()
            raise CallFailed("crash", printable(f"sent no proper answer: {e!r}"), fatal=True) from e

    def call(
        self,
        header: Mapping[str, Any],
        groups: Mapping[str, Arrays] | None = None,
        seconds: float | None = None,
    ) -> tuple[dict[str, Any], dict[str, dict[str, Result]]]:
        """One call. Raises CallFailed; after one that ended the process, the next starts anew."""
        limit = seconds or self.limits.seconds_per_call
        if self._channel is None:
            raise CallFailed("crash", "its process has ended")
        channel = self._channel
        self._number += 1
        try:
            if wire.pending(channel.reading):
                raise wire.Malformed("it answers what was not asked")
            deadline = time.monotonic() + limit
            wire.send(
                channel.writing, wire.pack({**header, "id": self._number}, groups or {}), deadline
            )
            answer, arrays = wire.unpack(*wire.receive(channel.reading, deadline))
            if answer.pop("id", None) != self._number:
                raise wire.Malformed("it answers what was not asked")
        except wire.TimedOut:
            self.close()
            raise CallFailed("timeout", f"took longer than {limit:g} s", fatal=True) from None
        except wire.Malformed as error:
            self.close()
            message = printable(f"sent no proper answer: {error}")
            raise CallFailed("crash", message, fatal=True) from None
        except (EOFError, OSError):
            raise self._epitaph() from None
        if "error" in answer:
            raise self.failure(answer["error"])
        return answer, {
            group: {n: Foreign(printable(a)) if isinstance(a, str) else a for n, a in named.items()}
            for group, named in arrays.items()
        }

    @contextlib.contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Calls take no longer than `seconds`, where the usual limit is longer."""
        usual = self.limits
        shorter = min(seconds, usual.seconds_per_call)
        self.limits = replace(usual, seconds_per_call=shorter)
        try:
            yield
        finally:
            self.limits = usual

    def failure(self, error: Any) -> CallFailed:
        """What the process says went wrong; what it may not say is a crash."""
        with self.distrust():
            status, frames = str(error["status"]), [str(line) for line in error["frames"]]
            if status not in SAID_BY_WORKERS:
                raise ValueError(f"the status is {status!r}")
            shown = [printable(line) for line in frames[:MOST_FRAMES]]
            return CallFailed(status, printable(str(error["message"])), shown)

    def _epitaph(self) -> CallFailed:
        """How the process ended, in words."""
        channel, self._channel, self.bound = self._channel, None, None
        code, why = channel.end(PATIENCE) if channel else (None, "")
        cause, _, sentence = why.partition(": ")
        if cause in ("memory", "processes"):
            return CallFailed("crash", sentence, fatal=True)
        if cause == "processor":
            return CallFailed("timeout", sentence, fatal=True)
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            return CallFailed("crash", f"ended its process by signal {name}", fatal=True)
        how = "closed its connection" if code is None else f"ended its process (exit status {code})"
        return CallFailed("crash", how, fatal=True)

    @property
    def alive(self) -> bool:
        return self._channel is not None

    def restart(self) -> None:
        self.close()
        self._start()

    def another_operator(self) -> None:
        """Limits for an operator begin anew."""
        if self._channel is not None:
            self._channel.another_operator()

    def close(self) -> None:
        """End the process and all it started."""
        channel, self._channel, self.bound = self._channel, None, None
        if channel is not None:
            channel.end()


def _found(answer: Mapping[str, Any]) -> Found:
    """One spelling as a process says that it found it."""
    functions, files, places = (
        tuple(printable(str(text)) for text in answer[key])
        for key in ("functions", "files", "places")
    )
    file = printable(str(answer["file"]))
    return Found(
        int(answer["spelling"]),
        str(answer["operator"]),
        functions,
        dict(answer["told"]),
        file,
        files,
        places,
    )


def printable(text: str) -> str:
    """A stranger's text without what would steer a terminal, and of a bounded length."""
    shown = (c if c.isprintable() or c in "\n\t" else repr(c)[1:-1] for c in text[:MOST_TEXT])
    return "".join(shown)


class Candidate:
    """One spelling of a candidate, as an `Implementation`."""

    complex_step = False

    def __init__(
        self, worker: Worker, found: Found, operator: Operator, reusable: bool = False
    ) -> None:
        self.name, self.reusable = found.functions[-1], reusable
        self._worker, self._found = worker, found
        self._signature = {"outputs": operator.results, "gradients": operator.differentiable}
        self._left = worker.limits.seconds_per_operator
        self.state_before: Mapping[str, str] = {}
        self._told: dict[str, Any] = {}  # what the next message has to bear
        self._seen: tuple[int, Observation] | None = None  # after the last call, if it was asked
        self._backward: tuple[int, dict[str, Result] | CallFailed] | None = None  # likewise

    def _bind(self) -> None:
        self._worker.another_operator()
        header = {"call": "bind", "spelling": self._found.spelling, "file": self._found.file}
        self._call(header | {"name": self._found.bare[0], "signature": self._signature})
        self._worker.bound = self

    def _call(
        self, header: Mapping[str, Any], groups: Mapping[str, Arrays] | None = None
    ) -> tuple[dict[str, Any], dict[str, dict[str, Result]]]:
        """One call, on the account of the operator."""
        limits = self._worker.limits
        if self._left <= 0:
            most = limits.seconds_per_operator
            self._worker.close()
            raise CallFailed("timeout", f"took longer than {most:g} s in all its calls", fatal=True)
        started = time.monotonic()
        try:
            seconds = limits.seconds_per_call * (2 if header.get("then") else 1)
            return self._worker.call(header, groups, min(seconds, self._left))
        finally:
            self._left -= time.monotonic() - started

    def begin(self, seed: int, observed: bool = False) -> None:
        """Begin with the next forward call: its message bears the seed."""
        if self._worker.bound not in (None, self):
            self._worker.close()  # what another function left behind is none of this one's faults
        try:
            self._worker.serve_for(self._found)
        except LoadFailed as error:
            raise CallFailed("crash", f"cannot be loaded again: {error}", fatal=True) from None
        if self._worker.bound is not self:
            self._bind()
        self._told = {"begin": seed, "state_before": observed}
        self._seen = self._backward = None

    def renew(self) -> None:
        """End the process: the next call comes to one that has made none before."""
        self._worker.close()

    @contextlib.contextmanager
    def limited(self, seconds: float) -> Iterator[None]:
        """Calls may take no longer than `seconds`."""
        with self._worker.limited(seconds):
            yield

    def forward(
        self,
        attributes: Mapping[str, Any],
        inputs: Arrays,
        layout: str = "contiguous",
        after: int | None = None,
        observed: bool = False,
        then: Arrays | None = None,
    ) -> tuple[dict[str, Result], int]:
        header = {
            "call": "forward",
            "attributes": dict(attributes),
            "layout": layout,
            "after": after,
            "observed": observed,
            "then": then is not None,
        }
        groups = {"inputs": _whole(inputs)}
        if then is not None:
            groups["cotangents"] = _whole(then)
        answer, arrays = self._tell(header, groups)
        with self._worker.distrust():
            if header.get("state_before"):
                self.state_before = _state(answer["state_before"])
            token = int(answer["token"])
            if then is not None:
                failed = answer.get("backward_error")
                gradients = self._worker.failure(failed) if failed else arrays.pop("gradients")
                self._backward = token, gradients
            return self._results(token, answer, arrays, observed), token

    def backward(
        self,
        token: int,
        cotangents: Arrays,
        layout: str = "contiguous",
        observed: bool = False,
    ) -> dict[str, Result]:
        header = {"call": "backward", "token": token, "layout": layout, "observed": observed}
        with calling("backward"):
            if self._backward is not None and self._backward[0] == token:
                known, self._backward = self._backward[1], None
                if isinstance(known, CallFailed):
                    raise known
                return known
            answer, arrays = self._tell(header, {"cotangents": _whole(cotangents)})
            with self._worker.distrust():
                return self._results(token, answer, arrays, observed)

    def _tell(
        self, header: dict[str, Any], groups: Mapping[str, Arrays]
    ) -> tuple[dict[str, Any], dict[str, dict[str, Result]]]:
        """A call that also bears what was to be told before it."""
        header |= self._told
        self._told, self._seen, self._backward = {}, None, None
        return self._call(header, groups)

    def _results(
        self,
        token: int,
        answer: Mapping[str, Any],
        arrays: dict[str, dict[str, Result]],
        observed: bool,
    ) -> dict[str, Result]:
        """The results of a call, what was observed after it put by."""
        results = arrays.pop("results")
        if observed:
            self._seen = token, Observation(arrays, _state(answer["state"]))
        return results

    def observe(self, token: int) -> Observation:
        if self._seen is not None and self._seen[0] == token:
            return self._seen[1]
        answer, arrays = self._tell({"call": "observe", "token": token}, {})
        with self._worker.distrust():
            return Observation(arrays, _state(answer["state"]))

    def drop(self, token: int) -> None:
        """Forget a token with the next message."""
        self._told.setdefault("drop", []).append(token)


def _whole(arrays: Mapping[str, Any]) -> Arrays:
    """The arrays; those without dimensions too, which arithmetic makes scalars of."""
    return {name: np.asarray(array) for name, array in arrays.items()}


def _state(told: Any) -> dict[str, str]:
    return {str(name): str(print_) for name, print_ in dict(told).items()}
