"""Free functions with plain arguments: their own parameter names say what is what.

A function is taken for an operator only where each parameter that it cannot do without is known,
and where it gives, for a tiny input, an array of the operator's shape. What it has no parameter
for, it does not promise.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from candidates.conventions._axes import arranged, restored
from candidates.conventions._probing import asked
from candidates.spelling import Signature, Spelling
from properties.host import Functions
from properties.implementation import Refused
from properties.plain import WrongResult, given
from properties.promise import Promise

Arrays = Mapping[str, np.ndarray]
Example = tuple[Mapping[str, Any], Arrays]

SHAPED = "WrongResult: "
UPSTREAM = frozenset(
    [
        "dout",
        "d_out",
        "grad",
        "grads",
        "gradient",
        "grad_output",
        "grad_out",
        "upstream",
        "dy",
        "dz",
        "da",
        "dl_dout",
        "dvalues",
    ]
)
LIBRARIES = frozenset(
    ["numpy", "scipy", "torch", "torchvision", "tensorflow", "keras", "jax", "sklearn", "cv2"]
)


class Unclear(Exception):
    """A function is not recognised: why, in words."""


def why_unclear(read: Callable[..., Any], *given: Any) -> str:
    """Why `read` cannot tell what is given, or nothing."""
    try:
        read(*given)
    except Unclear as unclear:
        return str(unclear)
    return ""


def parameters_of(function: Any) -> list[inspect.Parameter]:
    """The parameters of a function. Raises Unclear."""
    try:
        return list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        raise Unclear("its parameters cannot be read") from None


def form_asked(question: Callable[[], Any]) -> Mapping[str, Any]:
    """A form, as a dictionary, that is asked for in a process of its own.

    Raises Unclear with the sentence that is the answer otherwise, or where there is none.
    """
    form = asked(question)
    if not isinstance(form, dict):
        raise Unclear(form or "it ends its process or takes too long")
    return form


class Misfit(WrongResult):
    """An output that is an array, and not the operator's."""


class Another(WrongResult):
    """An output of another definition, which no layout makes the operator's."""


@dataclass(frozen=True)
class Setting:
    """An attribute as a parameter.

    names: what the parameter may be called. absent: the attribute's values where there is none;
    empty, where a function without it is not recognised; given: its values where there is one.
    attribute: which one of the domain that is, if it has another name than the setting.
    """

    names: str
    absent: tuple[Any, ...] = ()
    given: tuple[Any, ...] = ()
    attribute: str = ""


@dataclass(frozen=True)
class Layout:
    """One way in which a function may take its arrays.

    orders: of axes, by the name of the array (see `_axes`); an array not named is as it is.
    domain: attribute values with which the function can be called so.
    words: for the report. encoded: ids that are given as rows of zeros and a one.
    """

    orders: Mapping[str, str] = field(default_factory=dict)
    domain: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    words: str = ""
    encoded: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """What a pair of functions was read to be.

    places, back: by parameter, the input or attribute it is, or "upstream" or "cache".
    told: see `Spelling.promised`.
    """

    places: Mapping[str, str]
    back: Mapping[str, str]
    layout: Layout
    told: Mapping[str, Any]


@dataclass(frozen=True)
class Free:
    """One operator as a free function.

    names: what it may be called. inputs: what the parameters of its inputs may be called, those
    in `optional` only if there are any (with the attribute that says so, if one does).
    constant: inputs without a gradient.
    layouts: the first that fits is taken; `fallback` if none does but a result has the shape.
    examples: tiny problems, each with its layouts' domain kept, that `fits` accepts the output of.
    nearest: where no layout fits, the first that gives an output of the right shape is taken.
    pairs: settings that are one number for both axes, where no default is a pair, and what the
        domain calls them.
    """

    operator: str
    names: str
    inputs: Mapping[str, str]
    promise: Promise
    examples: Callable[[Layout], Sequence[Example]]
    fits: Callable[[Mapping[str, Any], Arrays, np.ndarray], bool]
    text: str
    optional: Mapping[str, str] = field(default_factory=dict)
    constant: tuple[str, ...] = ()
    settings: Mapping[str, Setting] = field(default_factory=dict)
    layouts: tuple[Layout, ...] = (Layout(),)
    fallback: Layout | None = None
    pairs: Mapping[str, str] = field(default_factory=dict)
    kind: type[FreeFunction] | None = None
    nearest: bool = False

    @property
    def spellings(self) -> list[Spelling]:
        adapter = _adapter(self)
        return [
            Spelling(
                self.operator,
                name,
                backward_name(name),
                adapter,
                self.promise,
                when=is_own,
                obstacle=functools.partial(obstacle, self),
                tells=lambda forward, backward: read(self, forward, backward).told,
            )
            for name in self.names.split()
        ]

    def __hash__(self) -> int:
        return id(self)

    def __eq__(self, other: object) -> bool:
        return self is other


def backward_name(name: str) -> str:
    stem = name.replace("forward", "backward")
    return stem if stem != name else f"{name}_backward"


def is_own(forward: Any) -> bool:
    """Whether it is a function, and none that the file took from a library."""
    library = (getattr(forward, "__module__", None) or "").partition(".")[0] in LIBRARIES
    return inspect.isroutine(forward) and not library


def _adapter(free: Free) -> Callable[[Any, Any, Signature], Functions]:
    def adapter(forward: Any, backward: Any, signature: Signature) -> Functions:
        kind = free.kind or FreeFunction
        return kind(free, read(free, forward, backward), forward, backward)

    adapter.__doc__ = free.text
    return adapter


def spellings_by_name(
    operator: str,
    names: str,
    adapter: Callable[..., Functions],
    promise: Promise,
    obstacle: Callable[[Any], str],
    tells: Callable[[Any], Mapping[str, Any]],
    when: Callable[[Any], bool] = is_own,
) -> list[Spelling]:
    """A spelling of a forward function for each of the names.

    obstacle: why a function is not judged, or "". tells: what is told of one. when: whether a
    function is looked at.
    """
    return [
        Spelling(
            operator,
            name,
            None,
            adapter,
            promise,
            when=when,
            obstacle=obstacle,
            tells=lambda forward, backward: tells(forward),
        )
        for name in names.split()
    ]


def obstacle(free: Free, forward: Any) -> str:
    return why_unclear(read, free, forward, None)


@functools.cache
def read(free: Free, forward: Any, backward: Any) -> Reading:
    """What the functions are. Raises Unclear."""
    places = _places(free, forward)
    known = set(places.values())
    for name in free.inputs:
        if name not in known and name not in free.optional:
            raise Unclear(f"no parameter of it is known to be {name}")
    told: dict[str, Any] = {"domain": _domain(free, forward, places), "square": []}
    for name in free.pairs:
        if name in known and not _takes_pairs(forward, places, name):
            told["square"].append(free.pairs[name])
    unclear = {}
    back: Mapping[str, str] = {}
    if backward is not None:
        try:
            back = _back(free, backward, places)
        except Unclear as why:
            unclear[backward.__name__] = str(why)
    layout, cached = _layout(free, forward, backward, places, back)
    if "cache" in back.values() and not cached:
        unclear[backward.__name__] = f"{forward.__name__} returns no cache for it"
        back = {}
    told["domain"].update(layout.domain)
    if layout.words:
        told["differs"] = layout.words
    if not back:
        told["gradients"] = []
    return Reading(places, back, layout, told | {"unclear": unclear})


def _parameters(function: Any) -> list[inspect.Parameter]:
    found = parameters_of(function)
    if any(p.kind in (p.VAR_POSITIONAL, p.POSITIONAL_ONLY) for p in found):
        raise Unclear("its parameters have no names to go by")
    return [p for p in found if p.kind != p.VAR_KEYWORD]


def _meaning(free: Free, name: str) -> str | None:
    """The input or the attribute that a parameter of this name is."""
    known = dict(free.inputs)
    known |= {n: setting.names for n, setting in free.settings.items()}
    for spelled in (name, name.lower()):
        for meaning, names in known.items():
            if spelled in names.split():
                return meaning
    return None


def _places(free: Free, forward: Any) -> dict[str, str]:
    places: dict[str, str] = {}
    for parameter in _parameters(forward):
        meaning = _meaning(free, parameter.name)
        if meaning is None:
            if parameter.default in (None, False):  # left as it is, and means nothing so
                continue
            raise Unclear(f"its parameter {parameter.name} is not known")
        if meaning in places.values():
            raise Unclear(f"two of its parameters could be {meaning}")
        places[parameter.name] = meaning
    return places


def _back(free: Free, backward: Any, places: Mapping[str, str]) -> dict[str, str]:
    """What the parameters of the backward function are: dout first, then arrays or a cache."""
    first, *rest = _parameters(backward)
    if first.name.lower() not in UPSTREAM:
        raise Unclear(f"its first parameter, {first.name}, is not known to be dout")
    back = {first.name: "upstream"}
    for parameter in rest:
        meaning = "cache" if parameter.name == "cache" else places.get(parameter.name)
        meaning = meaning or _meaning(free, parameter.name)
        if meaning is None and parameter.default is parameter.empty:
            raise Unclear(f"its parameter {parameter.name} is not known")
        if meaning is not None:
            back[parameter.name] = meaning
    return back


def _default(forward: Any, places: Mapping[str, str], meaning: str) -> Any:
    name = next(name for name, place in places.items() if place == meaning)
    return inspect.signature(forward).parameters[name].default


def _takes_pairs(forward: Any, places: Mapping[str, str], name: str) -> bool:
    return isinstance(_default(forward, places, name), (tuple, list))


def _domain(free: Free, forward: Any, places: Mapping[str, str]) -> dict[str, Any]:
    """The attribute values that the parameters there are can express."""
    known, domain = set(places.values()), dict[str, Any]()
    for name, attribute in free.optional.items():
        if not attribute:
            continue
        if name not in known:
            domain[attribute] = (False,)
        elif _default(forward, places, name) is inspect.Parameter.empty:
            domain[attribute] = (True,)
    for name, setting in free.settings.items():
        if name not in known and not setting.absent:
            raise Unclear(f"it has no parameter for {name}")
        if name not in known:
            domain[setting.attribute or name] = setting.absent
        elif setting.given:
            domain[setting.attribute or name] = setting.given
        elif isinstance(_default(forward, places, name), str):
            domain[name] = (0,)  # padding "valid"
    return domain


def _layout(
    free: Free, forward: Any, backward: Any, places: Mapping[str, str], back: Mapping[str, str]
) -> tuple[Layout, bool]:
    """How the function takes its arrays, and whether it returns a cache. Raises Unclear."""
    answer = asked(functools.partial(_fitting, free, forward, backward, places, back))
    if answer is None:
        answer = {"why": "it ends its process or takes too long"}
    if "why" in answer:
        raise Unclear(answer["why"])
    choices = (*free.layouts, *([free.fallback] if free.fallback else []))
    return choices[answer["layout"]], answer["cached"]


def _fitting(
    free: Free, forward: Any, backward: Any, places: Mapping[str, str], back: Mapping[str, str]
) -> dict[str, Any]:
    """Which layout suits the functions (the one that suits both, if there is one)."""
    fitting: list[dict[str, Any]] = []
    near: list[dict[str, Any]] = []
    whys: list[str] = []
    choices = (*free.layouts, *([free.fallback] if free.fallback else []))
    for index, layout in enumerate(choices):
        kind = free.kind or FreeFunction
        functions = kind(free, Reading(places, back, layout, {}), forward, backward)
        try:
            cached, whole = _tried(free, functions, layout, backward if back else None)
        except NotImplementedError:
            return {"layout": 0, "cached": True}
        except Another as error:
            return {"why": f"for a tiny input {error}"}
        except Misfit as error:
            near += [{"layout": index, "cached": False}] if free.nearest else []
            whys.append(f"{SHAPED}{error}")
            continue
        except Exception as error:
            text = f"{type(error).__name__}: {error}" if str(error) else type(error).__name__
            if isinstance(error, Refused):
                text = f"it {error}"
            elif not isinstance(error, WrongResult):
                text = f"it raises {text[:200]}"
            whys.append(text)
            continue
        fitting.append({"layout": index, "cached": cached, "whole": whole})
    if not fitting and near:
        return near[0]
    if not fitting:
        told = [why for why in whys if why.startswith(SHAPED)] or whys
        return {"why": f"for a tiny input {told[-1].removeprefix(SHAPED)}"}
    return next((f for f in fitting if f["whole"]), fitting[0])


def _tried(free: Free, functions: FreeFunction, layout: Layout, backward: Any) -> tuple[bool, bool]:
    """Whether a cache comes with the output, and whether backward suits as well. Raises."""
    cached, whole = False, True
    for at, inputs in free.examples(layout):
        outputs, cache = functions.forward(at, {n: a.copy() for n, a in inputs.items()})
        out = np.asarray(outputs[functions.output])
        if layout is not free.fallback and not free.fits(at, inputs, out):
            shapes = ", ".join(f"{n} {a.shape}" for n, a in inputs.items())
            raise Misfit(f"({shapes}) it gives {_shown(out)}, which is no {free.operator}")
        cached = cache[1] is not None
        if backward is not None:
            whole = whole and _suits(functions, inputs, out, cache)
    return cached, whole


def _shown(out: np.ndarray) -> str:
    return f"{out.item():.4g}" if out.shape == () else f"an array of shape {out.shape}"


def _suits(functions: FreeFunction, inputs: Arrays, out: np.ndarray, cache: Any) -> bool:
    try:
        gradients = functions.backward({functions.output: np.ones(out.shape)}, cache)
    except Exception:
        return False
    return all(np.shape(g) == inputs[n].shape for n, g in gradients.items())


class FreeFunction:
    """Calls a pair of free functions as they were read."""

    output = "out"

    def __init__(self, free: Free, reading: Reading, forward: Any, backward: Any) -> None:
        self.free, self.reading = free, reading
        self._forward, self._backward = forward, backward

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        arguments = self._arguments(self._forward, self.reading.places, at, inputs)
        results = given(self._forward(**arguments))
        out, cache = results, None
        if isinstance(results, (tuple, list)):
            out, cache = self._parted(results)
        order = self.reading.layout.orders.get(self.output)
        out = restored(self.output, out, order) if order else out
        return {self.output: out}, (dict(inputs), cache, at)

    def _parted(self, results: Sequence[Any]) -> tuple[Any, Any]:
        if len(results) != 2:
            raise WrongResult(f"returned {len(results)} results, expected out, or out and a cache")
        return results[0], results[1]

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        inputs, theirs, at = cache
        order = self.reading.layout.orders.get(self.output)
        dout = cotangents[self.output]
        dout = arranged(dout, order) if order else dout
        special = {"upstream": dout, "cache": theirs}
        named = {p: special[m] for p, m in self.reading.back.items() if m in special}
        plain = {p: m for p, m in self.reading.back.items() if m not in special}
        arguments = self._arguments(self._backward, plain, at, inputs)
        results = given(self._backward(**named, **arguments))
        wanted = [n for n in self.free.inputs if n in inputs and n not in self.free.constant]
        results = (results,) if isinstance(results, np.ndarray) else results
        if not isinstance(results, (tuple, list)) or len(results) != len(wanted):
            raise WrongResult(f"backward does not return {', '.join('d' + n for n in wanted)}")
        return {n: self._restored(n, g) for n, g in zip(wanted, results, strict=True)}

    def _restored(self, name: str, gradient: Any) -> Any:
        order = self.reading.layout.orders.get(name)
        return restored(f"d{name}", gradient, order) if order else gradient

    def _arguments(
        self,
        function: Any,
        places: Mapping[str, str],
        at: Mapping[str, Any],
        inputs: Mapping[str, Any],
    ) -> dict[str, Any]:
        arguments = {}
        for parameter, meaning in places.items():
            if meaning in self.free.settings:
                arguments[parameter] = self._setting(function, parameter, meaning, at)
            elif meaning in inputs:
                arguments[parameter] = self._array(meaning, inputs)
        return arguments

    def _array(self, name: str, inputs: Mapping[str, Any]) -> Any:
        layout = self.reading.layout
        if name in layout.encoded:
            return np.eye(inputs["x"].shape[1])[inputs[name]]
        return (
            arranged(inputs[name], layout.orders[name]) if name in layout.orders else inputs[name]
        )

    def _setting(self, function: Any, parameter: str, name: str, at: Mapping[str, Any]) -> Any:
        default, value = inspect.signature(function).parameters[parameter].default, at[name]
        if isinstance(default, str):
            return "valid"
        pair = isinstance(value, (tuple, list)) and name in self.free.pairs
        if pair and not isinstance(default, (tuple, list)):
            return value[0]
        return tuple(value) if pair else value
