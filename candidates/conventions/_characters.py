"""Character models in NumPy: Karpathy's min-char-rnn, and the dinosaur names of deeplearning.ai.

Both take one sequence of ids, columns for vectors, and give the loss, clipped gradients and the
last hidden state. What min-char-rnn finds in the variables of its script is put there.
"""

from __future__ import annotations

import builtins
import dis
import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

import numpy as np

from candidates.conventions._free import is_own
from candidates.conventions._objects import kept_random_state, names
from candidates.conventions._probing import asked
from candidates.spelling import Signature, Spelling
from properties.plain import WrongResult, given
from properties.promise import Promise

Named = Mapping[str, Any]

PARAMETERS = ("Wxh", "Whh", "Why", "bh", "by")
CLIPPED = tuple(f"d{name}" for name in PARAMETERS)
ROLES = {
    "Wxh": "wxh w_xh u",
    "Whh": "whh w_hh w",
    "Why": "why w_hy v",
    "bh": "bh b_h b",
    "by": "by b_y c",
    "V": "vocab_size vocabulary_size chars_size char_size n_chars num_chars vocab_len n_vocab",
    "H": "hidden_size hidden_dim n_hidden hidden_units",
    "x": "inputs input x xs",
    "y": "targets target y",
    "h": "hprev h_prev prev_h h h0 hidden",
    "first": "seed_ix seed_idx seed_index seed ix",
    "count": "n length num n_samples sample_length",
}
BOUND_TOLERANCE = 1e-9


def role(name: str) -> str | None:
    """What a variable or parameter of min-char-rnn is, by its name."""
    return next((r for r, spelled in ROLES.items() if name.lower() in spelled.split()), None)


def variables(function: Any) -> list[str]:
    """The variables of its script that a function reads, itself or in those of it that it calls."""
    read: set[str] = set()
    waiting = [function]
    while waiting:
        called_now = waiting.pop()
        for instruction in dis.get_instructions(called_now):
            name = instruction.argval
            if instruction.opname != "LOAD_GLOBAL" or hasattr(builtins, name) or name in read:
                continue
            read.add(name)
            found = function.__globals__.get(name)
            if inspect.isfunction(found) and found.__globals__ is function.__globals__:
                waiting.append(found)
    return sorted(read)


@dataclass(frozen=True)
class Place:
    """Where a function of the script finds what it needs: parameters and variables, by role."""

    parameters: Mapping[str, str]
    variables: Mapping[str, str]

    @staticmethod
    def of(function: Any) -> Place:
        """Raises ValueError, saying what is not known."""
        found = inspect.signature(function).parameters.values()
        parameters = {p.name: role(p.name) for p in found if p.default is p.empty}
        space = function.__globals__
        read = {name: role(name) for name in variables(function)}
        missing = [n for n, r in parameters.items() if r is None]
        missing += [n for n, r in read.items() if r is None and n not in space]
        if missing:
            raise ValueError(f"what {', '.join(missing)} is to hold is not known")
        ours = {n: r for n, r in read.items() if r is not None and not callable(space.get(n))}
        return Place({n: r for n, r in parameters.items() if r}, ours)

    @property
    def roles(self) -> set[str]:
        return {*self.parameters.values(), *self.variables.values()}


@contextmanager
def holding(function: Any, place: Place, values: Named) -> Iterator[None]:
    """The variables of a function's script, as the values say, for a while."""
    space, absent = function.__globals__, object()
    before = {name: space.get(name, absent) for name in place.variables}
    space |= {name: values[r] for name, r in place.variables.items()}
    try:
        yield
    finally:
        for name, value in before.items():
            if value is absent:
                space.pop(name, None)
            else:
                space[name] = value


def called(function: Any, values: Named) -> Any:
    place = Place.of(function)
    with holding(function, place, values):
        return given(function(**{name: values[r] for name, r in place.parameters.items()}))


def columns(inputs: Named) -> dict[str, Any]:
    """What a case has, by role: ids as lists of ints, vectors as columns."""
    return {
        **{name: inputs[name] for name in ("Wxh", "Whh", "Why")},
        **{name: inputs[name][:, None] for name in ("bh", "by")},
        "h": inputs["h"].T,
        "x": [int(i) for i in inputs["x"][0]],
        "y": [int(i) for i in inputs["y"][0]],
        "V": len(inputs["Why"]),
        "H": len(inputs["Whh"]),
    }


class LossFun:
    """`lossFun(inputs, targets, hprev)` on the script's Wxh, Whh, Why, bh, by and vocab_size.

    inputs and targets lists of ids, hprev (H, 1), Wxh (H, V), bh (H, 1), by (V, 1); what is not a
    variable of the script may be a parameter. Returns the loss, dWxh, dWhh, dWhy, dbh, dby and the
    last hidden state. `sample(h, seed_ix, n)` beside it gives n ids. Whether the loss is summed
    or averaged, and the bound that the gradients are clipped at, are asked of a tiny input.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._function = forward
        self._sample, self._drawn = sampler(forward)

    def forward(self, at: Named, inputs: Named) -> tuple[Any, Any]:
        outputs: dict[str, Any] = {}
        values = columns(inputs)
        if self._sample is not None:
            starting = {"first": max(values["x"][0], 0), "count": at["max_length"]}
            with kept_random_state():
                np.random.seed(int(inputs["seed"]))
                ids = called(self._sample, values | starting)
            outputs[self._drawn] = ids_of(ids, at["max_length"])
        results = called(self._function, values)
        if not isinstance(results, (tuple, list)) or len(results) != 2 + len(PARAMETERS):
            wanted = "loss, dWxh, dWhh, dWhy, dbh, dby, h"
            raise WrongResult(f"returned {_count(results)} where ({wanted}) is expected")
        loss, *gradients, h = results
        outputs |= {"loss": loss, "h": turned("h", h, inputs["h"])}
        named = zip(PARAMETERS, gradients, strict=True)
        found = {name: flat(f"d{name}", g, inputs[name]) for name, g in named}
        if at["clip_value"] is not None:
            outputs |= {f"d{name}": gradient for name, gradient in found.items()}
        return outputs, found

    def backward(self, cotangents: Named, cache: Any) -> dict[str, Any]:
        return {name: cotangents["loss"] * gradient for name, gradient in cache.items()}


def _count(results: Any) -> str:
    several = isinstance(results, (tuple, list))
    return f"{len(results)} results" if several else type(results).__name__


def turned(name: str, column: Any, ours: np.ndarray) -> Any:
    """A column (H, 1) as the row (1, H) of a batch. Raises WrongResult for another shape."""
    if np.shape(column) != ours.T.shape:
        raise WrongResult(f"{name} has shape {np.shape(column)}, expected {ours.T.shape}")
    return np.asarray(column).T


def flat(name: str, gradient: Any, ours: np.ndarray) -> Any:
    """A gradient in our shape: biases are columns there."""
    expected = ours.shape if ours.ndim == 2 else (len(ours), 1)
    if not isinstance(gradient, np.ndarray) or gradient.shape != expected:
        raise WrongResult(f"{name} has shape {np.shape(gradient)}, expected {expected}")
    return gradient.reshape(ours.shape)


def ids_of(ids: Any, count: int) -> np.ndarray:
    """Sampled ids as a row (1, count). Raises WrongResult where there are others or fewer."""
    try:
        row = np.array([int(np.asarray(i).item()) for i in ids], np.int64)
    except (TypeError, ValueError):
        raise WrongResult(f"sample returned {type(ids).__name__}, expected a list of ids") from None
    if len(row) != count:
        raise WrongResult(f"sample returned {len(row)} ids, expected {count}")
    return row[None]


def sampler(function: Any) -> tuple[Callable[..., Any] | None, str]:
    """The script's `sample`, and which output it gives; None where it is none to be judged."""
    found = function.__globals__.get("sample")
    if not inspect.isfunction(found):
        return None, ""
    try:
        place = Place.of(found)
    except ValueError:
        return None, ""
    if not {"h", "first", "count"} <= place.roles or place.roles.isdisjoint(PARAMETERS):
        return None, ""
    kind = asked(functools.partial(_kind_of_sample, found))
    return (found, kind) if kind else (None, "")


TINY = 4  # characters that a probe samples


def _kind_of_sample(function: Any) -> str:
    """By how many random numbers it takes: "drawn" by `choice`, "greedy" by none, "" else."""
    np.random.seed(7)
    ids = called(function, columns(tiny(1.0)) | {"first": 0, "count": TINY})
    taken, ahead = np.random.random_sample(), np.random.RandomState(7).random_sample(TINY + 1)
    if np.size(ids) == 0 or taken not in (ahead[0], ahead[TINY]):
        return ""
    return "drawn" if taken == ahead[TINY] else "greedy"


def tiny(scale: float) -> dict[str, np.ndarray]:
    """A small problem, whose gradients grow with the scale of the output layer."""
    rng, length = np.random.default_rng(0), 12
    return {
        "x": rng.integers(0, 4, (1, length)),
        "y": np.zeros((1, length), int),
        "h": rng.standard_normal((1, 3)) / 2,
        "Wxh": rng.standard_normal((3, 4)) / 4,
        "Whh": rng.standard_normal((3, 3)) / 4,
        "Why": scale * rng.standard_normal((4, 3)),
        "bh": rng.standard_normal(3) / 4,
        "by": scale * np.array([-4.0, 0.0, 1.0, 0.0]),
    }


def _largest(function: Any, scale: float) -> np.ndarray:
    """The largest number in each of the gradients."""
    results = called(function, columns(tiny(scale)))
    return np.array([np.max(np.abs(gradient)) for gradient in results[1:6]], float)


def _bound(function: Any) -> float | None:
    """Where several gradients end, however large they would be; None where they do not."""
    first, second = (_largest(function, scale) for scale in (40.0, 80.0))
    ends = first[np.abs(first - second) < BOUND_TOLERANCE]
    shared = [end for end in ends if np.sum(np.abs(ends - end) < BOUND_TOLERANCE) > 1]
    return float(shared[0]) if shared else None


def _nature(function: Any) -> dict[str, Any]:
    """Its reduction and its bound, as tiny inputs show them."""
    flat_loss = float(np.asarray(called(function, columns(tiny(0.0)))[0]).item())
    mean = abs(flat_loss - np.log(4)) < abs(flat_loss - 12 * np.log(4))
    return {"reduction": "mean" if mean else "sum", "bound": _bound(function)}


@functools.cache
def nature(function: Any) -> dict[str, Any]:
    found = asked(functools.partial(_nature, function))
    return found if isinstance(found, dict) else {"reduction": "sum", "bound": 5.0}


def loss_told(function: Any, _: Any) -> dict[str, Any]:
    """What a lossFun tells: its reduction, its bound, and which samples there are."""
    found, (sample, drawn) = nature(function), sampler(function)
    bound, words = found["bound"], []
    words.append(f"gradients clipped at {bound:g}" if bound is not None else "nothing is clipped")
    if found["reduction"] == "mean":
        words.append("the loss is averaged over time")
    if sample is None:
        words.append("no sample is judged")
    outputs = ["loss", "h", *([drawn] if sample else []), *([] if bound is None else CLIPPED)]
    return {
        "domain": {"reduction": [found["reduction"]], "clip_value": [bound]},
        "outputs": outputs,
        "differs": ", ".join(words),
    }


def reads_weights(function: Any) -> bool:
    """Whether a function finds the three weights, as parameters or as variables."""
    if not is_own(function) or not inspect.isfunction(function):
        return False
    known = {role(name) for name in (*inspect.signature(function).parameters, *variables(function))}
    return {"Wxh", "Whh", "Why"} <= known


def obstacle(function: Any) -> str:
    try:
        roles = Place.of(function).roles
    except ValueError as error:
        return str(error)
    absent = {"x", "y", "h", *PARAMETERS} - roles
    return f"it does not read {', '.join(sorted(absent))}" if absent else ""


SIZES = {"batch": (1,), "blank": (False,)}
LOSS_FUN = Promise(
    domain=SIZES | {"fresh": (False,), "end": (-1,)},
    keeps_dtype=False,
    dtypes=("float32",),
    backward_when={"clip_value": (None,)},
)
LOSS_NAMES = "lossFun lossfun LossFun lossFunc loss_fun loss_func loss_function lossFunction"


class Optimize:
    """`optimize(X, Y, a_prev, parameters, learning_rate)`, with the keys Wax, Waa, Wya, b, by.

    X and Y lists of ids, the first of X may be None: a vector of zeros. a_prev (H, 1), Wax (H, V),
    b (H, 1), by (V, 1). Returns the loss, gradients (dWax, dWaa, dWya, db, dby), clipped at 5, and
    the last hidden state; the parameters move. `sample(parameters, char_to_ix, seed)` beside it
    starts from zeros and ends with a newline; its generator is seeded once.
    """

    KEYS: Mapping[str, str] = dict(zip(PARAMETERS, ("Wax", "Waa", "Wya", "b", "by"), strict=True))

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._function = forward
        self._sample = dinosaur_sampler(forward)

    def forward(self, at: Named, inputs: Named) -> tuple[Any, Any]:
        outputs: dict[str, Any] = {}
        values = columns(inputs)
        if self._sample is not None:
            outputs["drawn"] = self._sampled(at, inputs, values)
        parameters = self._parameters(values)
        X = [None if i < 0 else i for i in values["x"]]
        rate = at["learning_rate"] or 0.0
        results = given(
            self._function(X, values["y"], values["h"].copy(), parameters, learning_rate=rate)
        )
        if not isinstance(results, tuple) or len(results) != 3 or not isinstance(results[1], dict):
            raise WrongResult("optimize did not return (loss, gradients, a[len(X) - 1])")
        loss, gradients, h = results
        outputs |= {"loss": loss, "h": turned("a", h, inputs["h"])}
        for name, key in self.KEYS.items():
            gradient = gradients.get(f"d{key}", gradients.get("dba") if key == "b" else None)
            outputs[f"d{name}"] = flat(f"d{key}", gradient, inputs[name])
            if at["learning_rate"] is not None:
                outputs[name] = flat(key, parameters[key], inputs[name])
        return outputs, {}

    def _parameters(self, values: Named) -> dict[str, Any]:
        """Copies, which are the function's own to change."""
        parameters = {key: values[name].copy() for name, key in self.KEYS.items()}
        return parameters | {"ba": parameters["b"]}

    def _sampled(self, at: Named, inputs: Named, values: Named) -> np.ndarray:
        """The first characters of a sample, with newlines after its end."""
        vocabulary, end = values["V"], at["end"]
        letters = iter("abcdefghijklmnopqrstuvwxyz")
        table = {"\n" if i == end else next(letters): i for i in range(vocabulary)}
        with kept_random_state(), seeded_once(self._sample, int(inputs["seed"])):
            ids = list(given(self._sample(self._parameters(values), table, 0)))
        padded = (ids + [end] * at["max_length"])[: at["max_length"]]
        return ids_of(padded, at["max_length"])

    def backward(self, cotangents: Named, cache: Any) -> dict[str, Any]:
        return {}


@contextmanager
def seeded_once(function: Any, seed: int) -> Iterator[None]:
    """numpy.random.seed seeds nothing for a while: the course seeds anew for each character."""
    seeds = np.random.seed
    seeds(seed)
    np.random.seed = lambda *arguments: None
    try:
        yield
    finally:
        np.random.seed = seeds


def dinosaur_sampler(function: Any) -> Any:
    """The `sample(parameters, char_to_ix, seed)` beside a function, or None."""
    found = function.__globals__.get("sample")
    suits = inspect.isfunction(found) and list(inspect.signature(found).parameters)[:1]
    return found if suits == ["parameters"] else None


def takes_dinosaurs(function: Any) -> bool:
    """Whether it is the course's optimize, by its parameters."""
    if not is_own(function):
        return False
    taken = tuple(inspect.signature(function).parameters)
    return taken[:4] == ("X", "Y", "a_prev", "parameters") and "learning_rate" in taken


def optimize_told(function: Any, _: Any) -> dict[str, Any]:
    """The vocabulary is that of its rnn_forward, where that has one of its own."""
    forward = function.__globals__.get("rnn_forward")
    domain: dict[str, Any] = {}
    if inspect.isfunction(forward) and "vocab_size" in names(forward):
        default = inspect.signature(forward).parameters["vocab_size"].default
        if isinstance(default, int):
            domain = {"vocabulary": [default], "end": list(range(default))}
    outputs = ["loss", "h", *CLIPPED, *PARAMETERS]
    if dinosaur_sampler(function) is not None:
        outputs.append("drawn")
    return {"domain": domain, "outputs": outputs, "gradients": []}


OPTIMIZE = Promise(
    domain={
        "batch": (1,),
        "fresh": (True,),
        "clip_value": (5.0,),
        "reduction": ("sum",),
        "optimizer": ("descent",),
        "end": tuple(range(27)),
    },
    keeps_dtype=False,
    dtypes=("float32",),
    gradients=(),
)

SPELLINGS = (
    *(
        Spelling(
            "char_rnn",
            name,
            None,
            LossFun,
            LOSS_FUN,
            when=reads_weights,
            obstacle=obstacle,
            tells=loss_told,
        )
        for name in LOSS_NAMES.split()
    ),
    Spelling(
        "char_rnn",
        "optimize",
        None,
        Optimize,
        OPTIMIZE,
        when=takes_dinosaurs,
        tells=optimize_told,
    ),
)
