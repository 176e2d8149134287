"""The worker's loop: load a candidate, then run the calls that the parent asks for."""

from __future__ import annotations

import traceback
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from candidates.conventions import _tensors, find_convention, import_all, recognise
from candidates.spelling import Convention, Signature, Spelling, forms
from candidates.worker import wire
from candidates.worker.audit import Audit
from candidates.worker.loading import Loaded, Part, explained, load, own_file
from candidates.worker.operations import Operations
from candidates.worker.policy import Policy
from candidates.worker.stubs import STATE, judged, refuse_stubs
from properties.host import Host, global_state
from properties.implementation import CallFailed, plain_results, status_of

FRAMES = 12


class Server:
    """One candidate behind a pair of descriptors."""

    def __init__(self, reading: int, writing: int) -> None:
        self._reading, self._writing = reading, writing
        self._path = Path()
        self._loaded: Loaded | None = None
        self._spellings: Sequence[Spelling] = ()
        self._host: Host | None = None
        self._audit = Audit()
        self._convention = ""  # the file of a user's own
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
            assert self._loaded is not None
            spelling = self._spellings[header["spelling"]].called(header["name"])
            part = self._loaded.part(header["file"])
            self._host = Host(spelling.bind(part.namespace, signature))
            return {}, {}
        assert self._host is not None
        answer: dict[str, Any] = {}
        if "begin" in header:
            self._host.begin(header["begin"])
        if header.get("state_before"):
            self._refuse_changes()
            answer["state_before"] = global_state()
        for token in header.get("drop", ()):
            self._host.drop(token)
        if call == "observe":
            return self._observed(header["token"])
        if call == "forward":
            attributes = _tuples(header["attributes"])
            with judged(), self._operations.watch():
                results, token = self._host.forward(
                    attributes, groups["inputs"], header["layout"], header["after"]
                )
                refuse_stubs(results.values())
            answer["token"] = token
        else:
            token = header["token"]
            results = self._backward(token, groups["cotangents"], header["layout"])
        arrays = {"results": _named(plain_results(results))}
        if header.get("then"):
            try:
                gradients = self._backward(token, groups["cotangents"], header["layout"])
                arrays["gradients"] = _named(plain_results(gradients))
            except BaseException as error:  # the forward call has its results all the same
                answer["backward_error"] = self._describe(error)
        if header["observed"]:
            seen, held = self._observed(token)
            return answer | seen, arrays | held
        return answer, arrays

    def _backward(
        self, token: int, cotangents: dict[str, np.ndarray], layout: str
    ) -> dict[str, Any]:
        """The gradients that the candidate gives."""
        assert self._host is not None
        with judged(), self._operations.watch():
            gradients = self._host.backward(token, cotangents, layout)
            refuse_stubs(gradients.values())
        return gradients

    def _observed(self, token: int) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
        """The global state, and what the arrays of a token hold now."""
        self._refuse_changes()
        assert self._host is not None
        held, state = self._host.observe(token)
        return {"state": state}, {name: _named(plain_results(held[name])) for name in held}

    def _refuse_changes(self) -> None:
        """Raises CallFailed where the candidate has replaced a function of the suite."""
        if name := self._audit.changed():
            raise CallFailed("forbidden", f"replaces {name} of the suite in its process")

    def _load(self, header: dict[str, Any]) -> dict[str, Any]:
        self._path = Path(header["path"])
        operators, asked = header["operators"], header["convention"]
        self._loaded = loaded = load(self._path, Policy(header["forbid"]), header["files"])
        answer = {"stubbed": dict(sorted(STATE.stubbed.items())), "failed": loaded.failed}
        if asked is None:
            convention = recognise(loaded.namespace, operators)
        else:
            self._convention = asked
            convention = find_convention(asked)
        if convention is None:
            self._spellings = [s for c in import_all() for s in c.spellings(operators)]
            passed_over = self._passed_over(set())
            return answer | {"convention": None, "found": [], "passed_over": passed_over}
        self._spellings = convention.spellings(operators)
        self._operations = Operations(header["forbid_ops"])
        self._use_device(header["device"], convention, header["forbid"])
        if not header["look"]:
            return answer
        found = [entry for part in loaded.parts for entry in self._found(part)]
        judged = {_top(name.rpartition(":")[2]) for f in found for name in f["functions"]}
        answer |= {"found": found, "passed_over": self._passed_over(judged)}
        return answer | {"convention": asked or convention.name}

    def _use_device(self, name: str, convention: Convention, forbidden: Sequence[str]) -> None:
        """Let a candidate on tensors compute on a device. Raises CallFailed where it cannot.

        One that was loaded without torch is loaded with it later, and asked then.
        """
        if name == "cpu":
            return
        assert self._loaded is not None
        reason = f"follows {convention.name}: what computes on arrays has no device {name!r}"
        namespace = self._loaded.namespace
        found = (s for s in self._spellings if s.needs_torch and s.found(namespace))
        if convention.needs_torch or any(found):
            if "torch" in forbidden:
                return
            reason = _tensors.use_device(name)
        if reason:
            raise CallFailed("crash", reason)

    def _passed_over(self, judged: set[str]) -> dict[str, str]:
        """Functions of a known name that cannot be judged, and why."""
        assert self._loaded is not None
        reasons: dict[str, str] = {}
        for _, spelling in forms(self._spellings, self._loaded.namespace):
            reasons = spelling.passed_over(self._loaded.namespace) | reasons
        return {name: reason for name, reason in reasons.items() if name not in judged}

    def _found(self, part: Part) -> list[dict[str, Any]]:
        """The spellings whose forward function, or only backward, one part defines."""
        assert self._loaded is not None
        found: list[dict[str, Any]] = []
        for i, spelling in forms(self._spellings, part.namespace):
            defined = spelling.backward if spelling.variant else spelling.forward
            if not defined or _top(defined) not in part.own:
                continue
            if functions := spelling.found(part.namespace):
                tops = list(map(_top, functions))
                found.append(
                    {
                        "spelling": i,
                        "operator": spelling.operator,
                        "functions": [self._loaded.called(part, name) for name in functions],
                        "told": spelling.told(part.namespace),
                        "file": part.file,
                        "files": sorted({part.homes[n] for n in tops} - {""}),
                        "places": [part.places.get(name, "") for name in tops],
                    }
                )
        return found

    def _describe(self, error: BaseException) -> dict[str, Any]:
        if isinstance(error, CallFailed):
            return {"status": error.status, "message": error.message, "frames": []}
        status, message = explained(error) or status_of(error)
        if status == "crash":
            message = self._blamed(error) + message
        return {"status": status, "message": message[:2000], "frames": self._frames(error)}

    def _blamed(self, error: BaseException) -> str:
        """Names a convention given as a file, if it raised the error itself."""
        frames = traceback.extract_tb(error.__traceback__)
        if not frames or frames[-1].filename != self._convention:
            return ""
        return f"the convention {Path(self._convention).name}, line {frames[-1].lineno}, "

    def _frames(self, error: BaseException) -> list[str]:
        """The candidate's own frames, as a traceback shows them, the innermost last."""
        lines = list(getattr(error, "frames", []))
        for frame in traceback.extract_tb(error.__traceback__):
            place = own_file(frame.filename, self._loaded, self._path)
            if place is not None:
                lines.append(f'  File "{place}", line {frame.lineno}, in {frame.name}')
                lines.append(f"    {frame.line}")
        return [line[:300] for line in lines[-2 * FRAMES :]]


def _top(name: str) -> str:
    return name.partition(".")[0]


def _named(results: Mapping[str, Any]) -> dict[str, Any]:
    """Arrays as they are; what is no plain array by its kind."""
    return {n: r if isinstance(r, np.ndarray) else r.kind for n, r in results.items()}


def _tuples(attributes: Mapping[str, Any]) -> dict[str, Any]:
    return {n: tuple(v) if isinstance(v, list) else v for n, v in attributes.items()}
