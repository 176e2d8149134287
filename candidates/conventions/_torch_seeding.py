"""Functions that seed generators: of a DataLoader's worker, or all that a program has.

`worker_init_fn(worker_id)` is called as in a worker, after all that a DataLoader seeds there
itself, without a process of its own: what `random`, `np.random` and torch draw then must differ
between workers and between epochs, and be the same again for the same seed. One that touches no
generator, or takes its seeds from the system, is not judged.

Of `set_seed(seed)` two seeds show which generators it seeds. One whose name says that it seeds
everything must seed all that its file imports.
"""

from __future__ import annotations

import contextlib
import functools
import inspect
import itertools
import random
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from candidates.conventions._free import Unclear, form_asked, parameters_of, why_unclear
from candidates.conventions._tensors import load_torch, run
from candidates.conventions._torch_collate import beside_torch
from candidates.spelling import Signature, Spelling
from properties.promise import Promise

Told = Mapping[str, Any]
WORKERS = (
    "worker_init_fn seed_worker worker_init _worker_init_fn _seed_worker worker_init_function "
    "seed_worker_fn worker_seed_fn init_worker worker_seed set_worker_seed worker_seed_init_fn "
    "init_fn worker_init_fn_seed my_worker_init_fn"
)
PROGRAMS = (
    "set_seed set_seeds set_random_seed set_random_seeds fix_seed fix_random_seed seed_torch "
    "setup_seed setup_seeds set_global_seed set_rng_seed init_seed init_seeds init_random_seed "
    "same_seed same_seeds seed_fix fix_seeds set_torch_seed seed_program set_determinism"
)
EVERYTHING = "seed_everything seed_all set_all_seeds set_seed_all seed_all_rng set_seed_everything"
SEED = "seed random_seed rnd_seed seed_value manual_seed manualseed rng_seed seed_val s value sd"
DRAWS: Mapping[str, Callable[[], int]] = {
    "random": lambda: random.getrandbits(62),
    "numpy": lambda: int(np.random.randint(0, 2**62)),
    "torch": lambda: int(load_torch().randint(2**62, ())),
}
"""So many bits that two draws are the same by chance once in 1e18 times."""
SAID = {"random": "random", "numpy": "NumPy", "torch": "torch"}

_disturbances = itertools.count(1)


@contextlib.contextmanager
def states_kept() -> Iterator[None]:
    """What is seeded inside is as it was afterwards."""
    torch = load_torch()
    kept = random.getstate(), np.random.get_state(), torch.get_rng_state()
    strict = torch.are_deterministic_algorithms_enabled()
    queues = [getattr(device, "_queued_calls", []) for device in (torch.cuda, torch.xpu)]
    queued = [len(queue) for queue in queues]
    try:
        yield
    finally:
        random.setstate(kept[0])
        np.random.set_state(kept[1])
        torch.set_rng_state(kept[2])
        for queue, length in zip(queues, queued, strict=True):  # seeds for a device that may come
            del queue[length:]
        if torch.are_deterministic_algorithms_enabled() != strict:
            torch.use_deterministic_algorithms(strict)


def disturb() -> None:
    """Bring all generators into states that none was in before."""
    number = next(_disturbances)
    random.seed(f"disturbed {number}")
    np.random.seed([number, 77])
    load_torch().default_generator.manual_seed(2**40 + number)


@contextlib.contextmanager
def in_worker(seed: int, worker: int, workers: int) -> Iterator[None]:
    """As in a DataLoader's worker: its generators, and what `get_worker_info` says."""
    from torch.utils.data._utils import worker as loop

    random.seed(seed)
    load_torch().default_generator.manual_seed(seed)
    np.random.seed(loop._generate_state(seed - worker, worker))
    loop._worker_info = loop.WorkerInfo(
        id=worker, num_workers=workers, seed=seed, dataset=None, rng=None
    )
    try:
        yield
    finally:
        loop._worker_info = None


def drawn(generators: Sequence[str]) -> list[int]:
    return [DRAWS[name]() for name in generators]


def of_worker(
    function: Callable[..., Any] | None, initial: np.ndarray, generators: Sequence[str]
) -> np.ndarray:
    """What generators draw in each worker of each epoch (G, E, W)."""
    seeds = np.zeros((len(generators), *initial.shape), np.int64)
    for e, w in np.ndindex(initial.shape):
        with in_worker(int(initial[e, w]), w, initial.shape[1]):
            if function is not None:
                run(function, w)
            seeds[:, e, w] = drawn(generators)
    return seeds


def of_program(
    function: Callable[..., Any], initial: np.ndarray, generators: Sequence[str]
) -> np.ndarray:
    """What generators draw after each seed (G, E, W)."""
    seeds = np.zeros((len(generators), *initial.shape), np.int64)
    for place in np.ndindex(initial.shape):
        disturb()
        run(function, int(initial[place]))
        seeds[:, place[0], place[1]] = drawn(generators)
    return seeds


SMALL = 2**40 + np.array([[5, 6], [300, 301]])


def ask_worker(function: Callable[..., Any]) -> Any:
    first: np.ndarray | None
    second: np.ndarray | None
    with states_kept():
        try:
            first, second = (of_worker(function, SMALL, list(DRAWS)) for _ in range(2))
        except NotImplementedError:
            first = second = None
        except ValueError as error:
            if "2**32" not in str(error):
                return f"in a worker it raises ValueError: {error}"[:200]
            first = second = None
        except Exception as error:
            return f"in a worker it raises {type(error).__name__}: {error}"[:200]
        if first is not None and second is not None:
            if not np.array_equal(first, second):
                return "it takes its seeds from elsewhere: no run is like another"
            if np.array_equal(first, of_worker(None, SMALL, list(DRAWS))):
                return "it seeds nothing"
    return {"generators": list(DRAWS), "words": ""}


def imported(function: Any) -> list[str]:
    """Those whose modules a function's file imports, or the function itself."""
    known = {getattr(value, "__name__", "") for value in function.__globals__.values()}
    known |= set(function.__code__.co_names)
    return [name for name in DRAWS if name in known]


def ask_program(function: Callable[..., Any], everything: bool) -> Any:
    there = imported(function)
    with states_kept():
        try:
            first, second = (
                of_program(function, np.array([[11]]), list(DRAWS)).ravel() for _ in range(2)
            )
        except NotImplementedError:
            return {"generators": there, "words": ""}
        except Exception as error:
            return f"it raises {type(error).__name__}: {error}"[:200]
    seeded = [name for name, same in zip(DRAWS, first == second, strict=True) if same]
    if everything or not seeded:
        return {"generators": there, "words": ""} if there else "it seeds nothing that is known"
    missing = [SAID[name] for name in there if name not in seeded]
    words = f"it does not seed {' and '.join(missing)}" if missing else ""
    return {"generators": seeded, "words": words}


def warm_up_for(function: Any) -> None:
    """Let torch import what a function's calls ask for, which takes seconds, as `warm_up` does."""
    loaded = sys.modules.get("torch")
    if loaded is None or not isinstance(vars(loaded).get("__file__"), str):
        return
    names, torch = function.__code__.co_names, load_torch()
    with states_kept():
        if "manual_seed" in names:
            torch.manual_seed(0)
        if "use_deterministic_algorithms" in names:
            torch.use_deterministic_algorithms(torch.are_deterministic_algorithms_enabled())


def taken(function: Any, worker: bool) -> None:
    """Raises Unclear where a function takes something else than a worker's number, or a seed."""
    parameters = parameters_of(function)
    named = [p for p in parameters if p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)]
    others = [p.name for p in named[1:] if p.default is p.empty]
    if not named or named[0].kind is inspect.Parameter.KEYWORD_ONLY or others:
        raise Unclear("it takes something else than " + ("a number" if worker else "a seed"))
    if not worker and named[0].name.lower() not in SEED.split():
        raise Unclear(f"its parameter {named[0].name} is not known")


@functools.cache
def read(function: Any, kind: str) -> Told:
    """The form of a function. Raises Unclear."""
    taken(function, kind == "worker")
    warm_up_for(function)
    if kind == "worker":
        return form_asked(lambda: ask_worker(function))
    return form_asked(lambda: ask_program(function, kind == "everything"))


def obstacle(kind: str, function: Any) -> str:
    return why_unclear(read, function, kind)


def tells(kind: str, function: Any, backward: Any) -> Told:
    form = read(function, kind)
    words = {"differs": form["words"]} if form["words"] else {}
    return {"domain": {"generators": [len(form["generators"])]}, **words}


class Seeding:
    """A function that seeds, behind the names of the operator."""

    def __init__(self, function: Callable[..., Any], kind: str) -> None:
        self._function, self._draw = function, of_worker if kind == "worker" else of_program
        self._generators = read(function, kind)["generators"]

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        with states_kept():
            return {"seeds": self._draw(self._function, inputs["initial"], self._generators)}, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


TEXTS = {
    "worker": """`worker_init_fn(worker_id)`, also seed_worker: draws of workers and epochs differ.

    It is called after what a DataLoader seeds itself, which is torch, random and NumPy.
    """,
    "program": """`set_seed(seed)`: draws follow from the seed, of some generators or of all.""",
    "everything": """`seed_everything(seed)`: it must seed all generators that its file imports.""",
}
DOMAINS: Mapping[str, Mapping[str, tuple[Any, ...]]] = {
    "worker": {"shown": ("draws",), "base": ("large", "small")},
    "program": {"shown": ("draws",), "base": ("small",)},
}


def _spelled(name: str, kind: str) -> Spelling:
    def adapter(forward: Any, backward: Any, signature: Signature) -> Seeding:
        return Seeding(forward, kind)

    adapter.__doc__ = TEXTS[kind]
    worker = kind == "worker"
    domain = DOMAINS["worker" if worker else "program"]
    promise = Promise(
        domain=domain,
        beyond=("base",) if worker else (),
        layouts=(),
        stochastic=True,
        keeps_dtype=False,
    )
    return Spelling(
        "seed_generators",
        name,
        None,
        adapter,
        promise,
        when=beside_torch,
        obstacle=functools.partial(obstacle, kind),
        tells=functools.partial(tells, kind),
    )


SPELLINGS = [
    _spelled(name, kind)
    for kind, names in (("worker", WORKERS), ("program", PROGRAMS), ("everything", EVERYTHING))
    for name in names.split()
]
