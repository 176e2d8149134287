"""Functions that freeze a torch model, or layers of it by name, and those that train it again.

A small model shows how layers are named (by whole names, by how they begin, by those of parameters)
and what becomes of all others. Only `requires_grad` may change.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Mapping, Sequence
from dataclasses import replace
from types import CodeType
from typing import Any

import numpy as np

from candidates.conventions._finite import on_tensors
from candidates.conventions._metrics import Arrays, Call, Form, Metric
from candidates.conventions._tensors import load_torch, run
from candidates.conventions._torch_sizes import MODEL, built
from candidates.spelling import Spelling
from properties.plain import WrongResult

ROLES = {
    "model": MODEL,
    "layers": "layers layer_names names layers_to_freeze layer_list freeze_layers prefixes prefix "
    "layers_to_unfreeze frozen_layers modules module_names param_names parameter_names",
    "asked": "feature_extracting feature_extract feature_extraction",
    "off": "freeze frozen is_frozen",
    "on": "requires_grad require_grad val value trainable flag",
}


def after(function: Call, at: Mapping[str, Any], **named: Any) -> np.ndarray:
    """Which parameters are trained after a call: 1 or 0, or -1 where its numbers have changed."""
    torch, model = load_torch(), built(at["tensors"])
    with torch.no_grad():
        for parameter in model.parameters():
            parameter += 1
    result = run(function, model=model, **named)
    model = result if isinstance(result, torch.nn.Module) else model
    found = dict(model.named_parameters())
    paths = [path for path, kind, *_ in at["tensors"] if kind != "buffer"]
    for path in paths:
        if path not in found:
            raise WrongResult(f"the model has no {path} any more")
    same = [bool((found[path] == 1).all()) for path in paths]
    return np.array([found[p].requires_grad if s else -1 for p, s in zip(paths, same, strict=True)])


def whole(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
    return after(function, at)


def by_names(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
    return after(function, at, layers=list(at["layers"]))


def where_asked(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
    return after(function, at, asked=at["asked"])


def with_flag(role: str) -> Any:
    def call(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
        return after(function, at, **{role: at["frozen"] == (role == "off")})

    return call


def rows(*kinds: str) -> tuple[Any, ...]:
    """A small model: its second layer's name begins with that of the first."""
    paths = ("fc.weight", "fc2.weight", "inner.fc.weight", "last.weight", "last.bias")
    named = enumerate(zip(paths, kinds, strict=True))
    return tuple((path, kind, (2,), "float32", n) for n, (path, kind) in named)


def small(frozen: bool) -> tuple[Any, ...]:
    """One that begins as it is not to end, but for a last parameter."""
    kind, other = ("trainable", "frozen") if frozen else ("frozen", "trainable")
    return rows(kind, kind, kind, kind, other)


def partly(frozen: bool) -> tuple[Any, ...]:
    """The same, but for a parameter in the middle."""
    kind, other = ("trainable", "frozen") if frozen else ("frozen", "trainable")
    return rows(kind, kind, other, kind, kind)


def of_whole(role: str, call: Any, frozen: bool) -> Form:
    at = {"tensors": partly(frozen), "layers": None, "frozen": frozen, "asked": True}
    domain: dict[str, tuple[Any, ...]] = {"given": ("whole",), "asked": (True,)}
    if not role:
        domain["frozen"] = (frozen,)
    words = "the whole model"
    return Form(f"model {role}".strip(), call, at, {}, [int(not frozen)] * 5, domain, words,
                spare=True)  # fmt: skip


ASKED = Form(
    "model asked",
    where_asked,
    {"tensors": partly(True), "layers": None, "frozen": True, "asked": True},
    {},
    [0] * 5,
    {"given": ("whole",), "frozen": (True,), "begin": ("trainable",)},
    "the whole model, where it is asked for",
    spare=True,
)


OTHERS = "what is not named it sets as well, to the contrary"


def named(frozen: bool) -> list[Form]:
    """Forms of a model and names of layers; the first is meant where none fits."""
    kept, done = int(frozen), int(not frozen)
    last = int(not frozen)  # how the last bias begins
    alike = {"alike": ("apart", "inside")}
    whole_names = [done, kept, kept, kept, last]
    ways: tuple[tuple[tuple[str, ...], list[int], dict[str, Any], str], ...] = (
        (("fc",), whole_names, {"given": ("top", "nested", "parameter")}, ""),
        (("fc",), whole_names, {"given": ("top", "nested")},
         "names of layers, not of parameters"),
        (("fc",), whole_names, {"given": ("top",)}, "layers of the model itself"),
        (("fc",), [done, done, kept, kept, last],
         {"given": ("top", "nested", "parameter"), **alike},
         "names that begin so"),
        (("fc.weight",), whole_names, {"given": ("parameter",)},
         "names of parameters"),
    )  # fmt: skip
    tried = (("last.weight", "inner.fc"), ("inner.fc",), (), (), ())
    begin = {"tensors": small(frozen), "frozen": frozen, "asked": True}
    others = [[done, kept, kept, kept, kept], [done, done, kept, kept, kept]]
    return [
        *(
            Form("model layers", by_names, {**begin, "layers": (layer,)}, {}, ends, why=OTHERS)
            for layer, ends in (("fc", others[0]), ("fc", others[1]), ("fc.weight", others[0]))
        ),
        *(
            Form(
                "model layers",
                probing(more),
                {**begin, "layers": layers},
                {},
                expected,
                {**domain, "frozen": (frozen,), "asked": (True,)},
                words,
                spare=not words or domain["given"] == ("top",),
            )
            for (layers, expected, domain, words), more in zip(ways, tried, strict=True)
        ),
    ]


def probing(more: Sequence[str]) -> Any:
    """`by_names`, for functions that take each of these names of the small model as well."""

    def call(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
        tensors = small(at["frozen"])
        for layer in more if at["tensors"] == tensors else ():
            ends = after(function, {"tensors": tensors}, layers=[layer])
            ours = [f"{path}.".startswith(f"{layer}.") for path, *_ in tensors]
            if not all((ends == int(not at["frozen"]))[ours]):
                raise WrongResult(f"does not take {layer} for a name")
        return by_names(function, at, inputs)

    return call


CHOOSING = frozenset(["enumerate", "list", "len", "range", "isinstance", "zip", "islice"])


def chooses(function: Any) -> bool:
    """Whether its text may choose among parameters: it has names, numbers or places to go by.

    Then it freezes what its author's own model is to have frozen, which no other model shows.
    """
    return _chooses(inspect.unwrap(function).__code__, getattr(function, "__doc__", None))


def _chooses(code: CodeType, doc: str | None) -> bool:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    plain = (None, True, False, doc)
    others = [c for c in code.co_consts if c not in inner and not any(c is p for p in plain)]
    return bool(others or CHOOSING & set(code.co_names)) or any(_chooses(c, None) for c in inner)


def metrics(names: str, forms: Sequence[Form], text: str) -> list[Metric]:
    """Where no form fits the first is meant, unless a function of the whole model chooses."""
    strict = [replace(f, spare=f.spare and f.roles == "model layers") for f in forms]
    return [
        Metric("freeze", names, ROLES, kept, text, when=functools.partial(_when, choosing))
        for kept, choosing in ((forms, False), (strict, True))
    ]


def _when(choosing: bool, function: Any) -> bool:
    return on_tensors(function) and inspect.isfunction(function) and chooses(function) == choosing


FREEZE = metrics(
    "freeze freeze_model freeze_layers freeze_parameters freeze_params freeze_weights "
    "freeze_all_layers freeze_by_names freeze_network freeze_module",
    [of_whole("", whole, True), of_whole("off", with_flag("off"), True), *named(True)],
    """`freeze(model)`: no parameter has `requires_grad`; `freeze_layers(model, names)`: of these.

    Layers are named by whole names (layer1 is not layer10), of nested ones and of parameters too:
    what a function takes for names, a small model shows. All others stay what they were.
    """,
)
UNFREEZE = metrics(
    "unfreeze unfreeze_model unfreeze_layers unfreeze_parameters unfreeze_params unfreeze_all "
    "unfreeze_weights unfreeze_all_layers unfreeze_by_names",
    [of_whole("", whole, False), *named(False)],
    """`unfreeze(model)`, `unfreeze_layers(model, names)`: the same the other way.""",
)
SETTING = metrics(
    "set_parameter_requires_grad set_requires_grad set_grad toggle_grad set_trainable",
    [ASKED, of_whole("on", with_flag("on"), True), of_whole("off", with_flag("off"), True)],
    """`set_parameter_requires_grad(model, feature_extracting)`: all are frozen, if it is asked for.

    `set_requires_grad(model, requires_grad)` gives every parameter that flag.
    """,
)

SPELLINGS: list[Spelling] = [
    spelling for metric in (*FREEZE, *UNFREEZE, *SETTING) for spelling in metric.spellings
]
