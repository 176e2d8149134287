"""The worker's loop: load a candidate, then run the calls that the parent asks for."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from candidates.conventions import _tensors, find_convention, recognise
from candidates.spelling import Convention, Signature, Spelling
from candidates.worker import wire
from candidates.worker.audit import Audit
from candidates.worker.loading import load
from candidates.worker.operations import Operations
from properties.host import Host
from properties.implementation import CallFailed, plain_results, status_of

FRAMES = 12


class Server:
    """One candidate behind a pair of descriptors."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._path = Path()
        self._namespace: Any = None
        self._spellings: Sequence[Spelling] = ()
        self._host: Host | None = None
        self._audit = Audit()
        self._operations = Operations(())

    def serve(self) -> None:
        """Answer messages until the parent closes its end."""
        while True:
            try:
                header, groups = wire.unpack(*wire.receive(self._reading))
            except EOFError:
                return
            try:
                answer, arrays = self._answer(header, groups)
            except BaseException as error:  # SystemExit and KeyboardInterrupt are results too
                answer, arrays = {"error": self._describe(error)}, {}
            wire.send(self._writing, wire.pack({**answer, "id": header["id"]}, arrays))

    def _answer(
        self, header: dict[str, Any], groups: dict[str, dict[str, Any]]
    ) -> tuple[dict[str, Any], Mapping[str, Mapping[str, Any]]]:
        call = header["call"]
        if call == "load":
            return self._load(header), {}
        if call == "bind":
            signature = Signature(**header["signature"])
            spelling = self._spellings[header["spelling"]]
            self._host = Host(spelling.bind(self._namespace, signature))
            return {}, {}
        assert self._host is not None
        if call in ("begin", "observe") and (name := self._audit.changed()):
            raise CallFailed("forbidden", f"replaces {name} of the suite in its process")
        if call == "begin":
            return {"state": self._host.begin(header["seed"])}, {}
        if call == "forward":
            attributes = _tuples(header["attributes"])
            with self._operations.watch():
                outputs, token = self._host.forward(attributes, groups["inputs"], header["layout"])
            return {"token": token}, {"results": _named(plain_results(outputs))}
        if call == "backward":
            cotangents = groups["cotangents"]
            with self._operations.watch():
                gradients = self._host.backward(header["token"], cotangents, header["layout"])
            return {}, {"results": _named(plain_results(gradients))}
        if call == "observe":
            held, state = self._host.observe(header["token"])
            return {"state": state}, {name: _named(plain_results(held[name])) for name in held}
        self._host.drop(header["token"])
        return {}, {}

    def _load(self, header: dict[str, Any]) -> dict[str, Any]:
        self._path = Path(header["path"])
        self._namespace = load(self._path)
        operators = header["operators"]
        convention: Convention | None
        if header["convention"] is None:
            convention = recognise(self._namespace, operators)
        else:
            convention = find_convention(header["convention"])
        if convention is None:
            return {"convention": None, "found": [], "passed_over": {}}
        self._spellings = convention.spellings(operators)
        self._operations = Operations(header["forbid_ops"])
        self._use_device(header["device"], convention)
        found: list[dict[str, Any]] = [
            {
                "spelling": i,
                "operator": spelling.operator,
                "functions": functions,
                "told": spelling.told(self._namespace),
            }
            for i, spelling in enumerate(self._spellings)
            if (functions := spelling.found(self._namespace))
        ]
        return {
            "convention": header["convention"] or convention.name,
            "found": found,
            "passed_over": self._passed_over({name for f in found for name in f["functions"]}),
        }

    def _use_device(self, name: str, convention: Convention) -> None:
        """Let a candidate on tensors compute on a device. Raises CallFailed where it cannot."""
        if name == "cpu":
            return
        reason = f"follows {convention.name}: what computes on arrays has no device {name!r}"
        found = (s for s in self._spellings if s.needs_torch and s.found(self._namespace))
        if convention.needs_torch or any(found):
            reason = _tensors.use_device(name)
        if reason:
            raise CallFailed("crash", reason)

    def _passed_over(self, judged: set[str]) -> dict[str, str]:
        """Functions of a known name that cannot be judged, and why."""
        reasons: dict[str, str] = {}
        for spelling in self._spellings:
            reasons = spelling.passed_over(self._namespace) | reasons
        return {name: reason for name, reason in reasons.items() if name not in judged}

    def _describe(self, error: BaseException) -> dict[str, Any]:
        if isinstance(error, CallFailed):
            return {"status": error.status, "message": error.message, "frames": []}
        status, message = status_of(error)
        return {"status": status, "message": message[:2000], "frames": self._frames(error)}

    def _frames(self, error: BaseException) -> list[str]:
        """The candidate's own frames, as a traceback shows them, the innermost last."""
        root = self._path if self._path.is_dir() else self._path.parent
        lines = []
        if isinstance(error, SyntaxError) and error.filename:
            text = (error.text or "").strip()
            lines = [f'  File "{Path(error.filename).name}", line {error.lineno}', f"    {text}"]
        for frame in traceback.extract_tb(error.__traceback__):
            if Path(frame.filename).is_relative_to(root):
                place = Path(frame.filename).relative_to(root)
                lines.append(f'  File "{place}", line {frame.lineno}, in {frame.name}')
                lines.append(f"    {frame.line}")
        return [line[:300] for line in lines[-2 * FRAMES :]]


def _named(results: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays as they are; what is no plain array by its kind."""
    return {n: r if isinstance(r, np.ndarray) else r.kind for n, r in results.items()}


def _tuples(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {n: tuple(v) if isinstance(v, list) else v for n, v in attributes.items()}
