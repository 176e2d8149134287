"""Functions that freeze the batch norms of a torch model, or one of them for `model.apply`.

Small models show which batch norms a function knows (of one, two or three dimensions), whether it
freezes their gamma and beta as well, and whether it takes a model or a layer. What it leaves is
judged by what the layers do: a batch goes through each batch norm, whatever that is by then.
"""

from __future__ import annotations

import inspect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from types import CodeType
from typing import Any

import numpy as np

from candidates.conventions._finite import on_tensors
from candidates.conventions._metrics import Arrays, Call, Form, Metric
from candidates.conventions._tensors import load_torch, run
from candidates.conventions._torch_sizes import MODEL
from candidates.spelling import Spelling
from properties.modules import holder_of
from properties.plain import WrongResult

ROLES = {"model": f"{MODEL} layer mod submodule backbone"}
DIMENSIONS = (("1d", "2d", "3d"), ("1d", "2d"), ("2d", "3d"), ("1d", "3d"), ("2d",), ("1d",),
              ("3d",))  # fmt: skip
"""Those batch norms that a function may know, the most first."""

SPATIAL = {"1d": (-1,), "2d": (1, -1), "3d": (1, 1, -1)}
STATE = {
    "weight": "gamma",
    "bias": "beta",
    "running_mean": "running_mean",
    "running_var": "running_var",
}


def model_of(at: Mapping[str, Any], inputs: Arrays) -> Any:
    """A module of these layers in float32, its batch norms with these numbers."""
    torch = load_torch()
    root, b = torch.nn.Module(), 0
    for path, kind, mode, learns in at["layers"]:
        holder, name = holder_of(root, path)
        if kind.startswith("BatchNorm"):
            channels, kept = inputs["x"].shape[1], {n: at[n] for n in ("momentum", "eps")}
            layer = getattr(torch.nn, kind)(channels, **kept)
            with torch.no_grad():
                for theirs, ours in STATE.items():
                    getattr(layer, theirs).copy_(torch.from_numpy(np.array(inputs[ours][b])))
            b += 1
        else:
            with torch.random.fork_rng(devices=[]):
                layer = torch.nn.Dropout() if kind == "Dropout" else torch.nn.Conv2d(1, 1, 1)
        holder.add_module(name, layer.train(mode).requires_grad_(learns))
        holder.training = root.training = mode
    return root


def left(model: Any, at: Mapping[str, Any], inputs: Arrays) -> dict[str, Any]:
    """What a model does and holds by the operator's names. Raises WrongResult."""
    torch = load_torch()
    x = torch.from_numpy(np.array(inputs["x"], np.float32))
    found: dict[str, list[Any]] = {name: [] for name in OUTPUTS}
    for path, kind, *_ in at["layers"]:
        try:
            layer = model.get_submodule(path)
        except AttributeError:
            raise WrongResult(f"the model has no {path} any more") from None
        if kind == "Dropout":
            found["modes"].append(layer.training)
            continue
        found["trained"].append(any(p.requires_grad for p in layer.parameters()))
        if kind == "Conv2d":
            continue
        with torch.no_grad():
            out = run(layer, x.reshape(*x.shape[:2], *SPATIAL[kind[-2:]]))
        found["out"].append(out.reshape(x.shape).numpy())
        for name in ("running_mean", "running_var"):
            tensor = getattr(layer, name, None)
            if tensor is None and not at.get("probe"):
                raise WrongResult(f"the batch norm {path} has no {name} any more")
            gone = np.full(x.shape[1], np.nan)
            found[name].append(gone if tensor is None else tensor.detach().numpy().copy())
    return {name: np.array(values) for name, values in found.items()}


OUTPUTS = ("out", "running_mean", "running_var", "modes", "trained")


def whole(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
    """One call with the model; what it returns is the model, where that is one."""
    model = model_of(at, inputs)
    result = run(function, model=model)
    model = result if isinstance(result, load_torch().nn.Module) else model
    return left(model, at, inputs)


def each_layer(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
    """A call with every module of the model, as `model.apply` has it."""
    model = model_of(at, inputs)
    for module in list(model.modules()):
        run(function, model=module)
    return left(model, at, inputs)


def of_layers_alone(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
    """The same, of a small model for functions to which the model itself is no layer."""
    if at.get("probe") and not _alike(whole(function, at, inputs), begun(at, inputs)):
        raise WrongResult("takes a model as well")
    return each_layer(function, at, inputs)


def begun(at: Mapping[str, Any], inputs: Arrays) -> dict[str, Any]:
    return left(model_of(at, inputs), at, inputs)


def _alike(first: Any, second: Any) -> bool:
    return all(
        np.shape(first[name]) == np.shape(second[name])
        and bool(np.all(np.abs(np.subtract(first[name], second[name], dtype=float)) < 1e-4))
        for name in OUTPUTS
    )


@dataclass(frozen=True)
class Frozen(Form):
    """A form that is known by all that is left in a small model.

    As a spare one it wants gamma and beta of the first batch norm treated its way; and, unless
    `idle`, something done to the model.
    """

    idle: bool = False

    def fits(self, result: Any, off: float = 1e-4) -> bool:
        return _alike(result, self.expected)

    def shaped(self, result: Any) -> bool:
        if self.idle:
            return True
        done = not _alike(result, begun(self.at, self.inputs))
        return done and result["trained"][1] == self.expected["trained"][1]


def small(dims: Sequence[str], frozen: bool) -> tuple[Any, ...]:
    """Batch norms of these dimensions, at the top and further in; one of them does not learn."""
    kinds = [f"BatchNorm{dims[n % len(dims)]}" for n in range(len(dims) + 2)]
    paths = ["bn1", "layer1.0.norm", "head.last", "layer1.1.bn2", "norm"][: len(kinds)]
    norms = [(path, kind, frozen, True) for path, kind in zip(paths, kinds, strict=True)]
    return (("conv", "Conv2d", True, True), *norms[:-1], (*norms[-1][:3], False),
            ("layer1.drop", "Dropout", True, False), ("drop", "Dropout", False, False))  # fmt: skip


def numbers(layers: Sequence[Any]) -> dict[str, np.ndarray]:
    b = sum(kind.startswith("BatchNorm") for _, kind, *_ in layers)
    return {
        "x": np.array([[[1.0, 3.0]], [[4.0, -2.0]]]),
        "running_mean": np.arange(1.0, b + 1)[:, None],
        "running_var": np.full((b, 1), 4.0),
        "gamma": np.full((b, 1), 3.0),
        "beta": np.full((b, 1), 0.5),
    }


def ends(layers: Sequence[Any], frozen: bool, affine: bool, asked: bool = False) -> dict[str, Any]:
    """What is left of a small model; with `asked`, only what does not learn is frozen."""
    given, out = numbers(layers), []
    mean, var = given["running_mean"].copy(), given["running_var"].copy()
    norms = [layer for layer in layers if layer[1].startswith("BatchNorm")]
    x, count = given["x"], given["x"].size
    for b, (*_, learns) in enumerate(norms):
        m, v = mean[b, 0], var[b, 0]
        if not frozen or (asked and learns):
            m, v = x.mean(), x.var()
            mean[b] += 0.1 * (m - mean[b])
            var[b] += 0.1 * (v * count / (count - 1) - var[b])
        out.append((x - m) / np.sqrt(v + 1e-5) * 3 + 0.5)
    trained = [
        learns if kind == "Conv2d" or not affine else not frozen
        for _, kind, _, learns in layers
        if kind != "Dropout"
    ]
    modes = [mode for _, kind, mode, _ in layers if kind == "Dropout"]
    return {"out": np.array(out), "running_mean": mean, "running_var": var,
            "modes": np.array(modes), "trained": np.array(trained)}  # fmt: skip


def form(dims: Sequence[str], frozen: bool, affine: bool, call: Any, **more: Any) -> Frozen:
    layers = small(dims, frozen)
    at = {"layers": layers, "momentum": 0.1, "eps": 1e-5, "probe": True}
    parts = [f"BatchNorm{' and '.join(dims)}" if len(dims) < 3 else ""]
    parts += ["gamma and beta with them" if affine else "gamma and beta as they are"]
    parts += ["a layer at a time"] if call is of_layers_alone else []
    domain: dict[str, tuple[Any, ...]] = {
        "norm": tuple(f"BatchNorm{d}" for d in dims),
        "frozen": (frozen,),
        "affine": (affine,),
        "eps": (1e-5,),
        "begin": ("training", "some") if frozen else ("evaluation", "some"),
    }
    words = ", ".join(part for part in parts if part)
    expected = ends(layers, frozen, affine)
    return Frozen("model", call, at, numbers(layers), expected, domain, words, **more)


LEARNING = "it freezes batch norms alone that do not learn"


def forms(frozen: bool) -> list[Form]:
    """All that fit first, then those that are meant where none does."""
    ways = (whole, of_layers_alone)
    exact: list[Form] = [
        form(dims, frozen, affine, call)
        for call in ways
        for dims in DIMENSIONS
        for affine in (False, True)
    ]
    layers = small(("2d",), frozen)
    asked = ends(layers, frozen, affine=False, asked=True)
    return [
        *exact,
        replace(form(("2d",), frozen, affine=False, call=whole), expected=asked, why=LEARNING),
        *(form(("2d",), frozen, a, call, spare=True) for call in ways for a in (True, False)),
        form(("2d",), frozen, affine=False, call=whole, spare=True, idle=True),
    ]


KNOWN = ("norm", "bn", "weight", "bias", "running", "__")


def chooses(function: Any) -> bool:
    """Whether its text has names to choose layers by, as those of its author's own model."""
    return _chooses(inspect.unwrap(function).__code__, getattr(function, "__doc__", None))


def _chooses(code: CodeType, doc: str | None) -> bool:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    texts = [c for c in code.co_consts if isinstance(c, str) and c != doc and " " not in c]
    named = [t for t in texts if not any(known in t.lower() for known in KNOWN)]
    return bool(named) or any(_chooses(c, c.co_consts[0] if c.co_consts else None) for c in inner)


def metric(names: str, frozen: bool, text: str) -> Metric:
    return Metric(
        "freeze_batch_norm",
        names,
        ROLES,
        forms(frozen),
        text,
        output="",
        when=lambda found: inspect.isfunction(found) and on_tensors(found) and not chooses(found),
    )


FREEZE = metric(
    "freeze_bn freeze_batchnorm freeze_batch_norm freeze_bn_layers freeze_batchnorm_layers "
    "freeze_batch_norm_layers freeze_bn_stats freeze_batchnorm_stats set_bn_eval set_bn_to_eval "
    "set_batchnorm_eval set_batchnorm_to_eval fix_bn fix_batchnorm bn_eval freeze_norm_stats "
    "set_batchnorm_layers_to_eval set_bn_layers_to_eval freeze_running_stats freeze_bns "
    "freeze_batchnorms freeze_bn_statistics freeze_BN fix_BN",
    True,
    """`freeze_bn(model)`, also freeze_batchnorm: its batch norms alone are put into evaluation.

    As with `model.apply(set_bn_eval)`, one layer at a time. They go on with the statistics that
    they have, and all other layers stay in the mode they are in. Whether gamma and beta stop as
    well, and of how many dimensions the batch norms are, small models show.
    """,
)
THAW = metric(
    "set_bn_train set_bn_to_train set_batchnorm_train",
    False,
    """`set_bn_train(model)`: the same the other way: the batch norms alone are in training.""",
)

SPELLINGS: list[Spelling] = [*FREEZE.spellings, *THAW.spellings]
