"""Classifiers of any architecture, judged by laws: `nn.Module`s from samples to class scores.

Each call makes a new network, from a seed, and does with it what a law asks for: evaluate a batch,
load the state of another network, one pass forward and back, some steps of Adam. See
`_torch_architectures` for which classes count.
"""

from __future__ import annotations

import contextlib
import random
import re
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from candidates.conventions._tensors import load_torch, run, to_array
from candidates.conventions._torch_architectures import (
    generators_kept,
    is_classifier,
    tried,
)
from candidates.conventions._torch_counts import counted, stated
from candidates.conventions._torch_factories import is_name_of_network, is_sequential, names_of
from candidates.conventions._torch_ownership import (
    foreign_leaves,
    original_moved,
    shared,
    unregistered,
)
from candidates.spelling import ANY, Signature, Spelling
from properties.plain import WrongResult, given
from properties.promise import Promise

SECONDS_FOR_SEVERAL = 0.05
"""What a sample may take at most for batches of several to be drawn."""
SAMPLES = ((0.002, 50), (0.01, 20), (0.15, 10))
"""How many samples are learned by heart, by the seconds that one takes; slower ones learn none."""
LARGEST = 20_000_000
"""With more parameters a single step of Adam takes half a second: they learn none either."""
EVALUATED_EVERY = 10
PASSES = 20


def obstacle(found: Any) -> str:
    """Why a classifier cannot be judged, in words; "" where it can."""
    result = tried(found)
    return result if isinstance(result, str) else ""


def told(found: Any, backward: Any) -> dict[str, Any]:
    """The samples that it takes and the number of its classes."""
    result = tried(found)
    if isinstance(result, str):
        return {}
    batch = (2, 3, 4) if result.seconds <= SECONDS_FOR_SEVERAL else (2,)
    samples = [n for seconds, n in SAMPLES if result.seconds <= seconds]
    samples = samples if result.size <= LARGEST else []
    size = "x".join(map(str, result.features))
    return {
        "domain": {
            "features": (result.features,),
            "classes": (result.classes,),
            "batch": batch,
            "samples": tuple(samples[:1]) or (2,),
            "fits": (True, False) if samples else (False,),
        },
        "differs": f"judged by laws, {size} to {result.classes} scores",
    }


class Classifier:
    """`NAME(...)(x)`, x (N, C, H, W) or (N, D), to scores (N, classes).

    Each call makes a new network from a seed, so that laws compare networks of equal weights.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        result = tried(forward)
        if isinstance(result, str):
            raise NotImplementedError(result)
        self._made, self._stated = result.made, stated(forward)

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        act = getattr(self, at.get("act", "evaluate"))
        with generators_kept(), _handed(inputs) as tensors:
            return act(at, tensors), None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}

    def evaluate(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        net = self._made(at["seed"]).eval()
        before, x = _copied(net), inputs["x"].clone()
        with _made_meanwhile() as made:
            scores = _scores(net, inputs["x"])
        moved = {
            f"moved {name}": np.array(1)
            for name, value in _copied(net).items()
            if name in before and not np.array_equal(before[name], value, equal_nan=True)
        }
        again = _scores(net, x)
        told = {"stated": np.array(self._stated)} if self._stated else {}
        parameters = np.array(counted(net))
        return {
            "scores": scores,
            "again": again,
            "made": np.array(made),
            "parameters": parameters,
            **told,
            **moved,
        }

    def restore(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        first, net = self._made(at["seed"]), self._made(at["seed"] + 1)
        try:
            net.load_state_dict(first.state_dict())
        except Exception as error:
            text = " ".join(str(error).split())[:200]
            raise WrongResult(f"a new network cannot load its state_dict: {text}") from None
        outside = {f"outside {name}": np.array(1) for name in unregistered(net)}
        both = {f"shared {name}": np.array(1) for name in shared(first, net)}
        return {"scores": _scores(net.eval(), inputs["x"]), **outside, **both}

    def copy(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """The scores, and those of a deep copy whose original has been moved meanwhile."""
        torch, net = load_torch(), self._made(at["seed"]).eval()
        with original_moved(net) as twin:
            scores = _scores(twin.eval(), inputs["x"]) if twin is not None else None
        before = _scores(net, inputs["x"])
        with torch.enable_grad():
            out = given(run(net, inputs["x"]))
        foreign = {f"foreign {name}": np.array(1) for name in foreign_leaves(net, out)}
        return {"scores": before if scores is None else scores, "before": before, **foreign}

    def train(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        net = self._made(at["seed"]).train()
        learned = {n: p for n, p in net.named_parameters() if p.requires_grad}
        weights = [p for p in learned.values() if p.ndim > 1]
        varied = [bool((p != p.flatten()[0]).any()) for p in weights]
        before = _random_state()
        with _called(net) as called:
            scores, _, last = _stepped(net, inputs)
        random_ = before != _random_state()
        for _ in range(PASSES if random_ else 0):
            if all(p.grad is not None and not _is_stuck(p) for p in learned.values()):
                break
            _stepped(net, inputs)  # some drop whole layers, now these, now those
        found = {
            f"d{name}": _largest(p.grad)
            for name, p in learned.items()
            if p.grad is not None or not _is_left_out_on_purpose(net, name, called)
        }
        return {
            "scores": scores,
            **found,
            **{f"still {name}": np.array(1) for name, p in learned.items() if _is_stuck(p)},
            "varied": np.array(varied),
            "two_modes": np.array(random_ or _has_two_modes(net)),
            "cut": np.array(last.startswith("Relu")),
        }

    def fit(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        """Steps of Adam on one batch, until all of it is classified rightly or time is up."""
        torch, net, y = load_torch(), self._made(at["seed"]).train(), inputs["y"].numpy()
        optimizer = torch.optim.Adam(net.parameters(), lr=at["learning_rate"])
        before, losses, clock = _copied(net), list[float](), Clock(at["seconds"])
        while True:
            optimizer.zero_grad()
            scores, loss, _ = _stepped(net, inputs)
            optimizer.step()
            losses.append(loss)
            right = bool((scores.argmax(1) == y).all())
            if not right and len(losses) % EVALUATED_EVERY == 0:
                scores = _scores(net.eval(), inputs["x"])
                right = bool((scores.argmax(1) == y).all())
                net.train()
            if right or len(losses) == at["steps"] or clock.up:
                break
        after = _copied(net)
        still = (n for n, _ in net.named_parameters() if np.array_equal(before[n], after[n]))
        return {
            "scores": scores,
            "losses": np.array(losses),
            **{f"still {name}": np.array(1) for name in still},
        }


class Clock:
    """Whether so many seconds of processor time are over, or by the clock half as many again."""

    def __init__(self, seconds: float) -> None:
        self._processor = time.process_time() + seconds
        self._wall = time.monotonic() + 1.5 * seconds

    @property
    def up(self) -> bool:
        return time.process_time() > self._processor or time.monotonic() > self._wall


@contextlib.contextmanager
def _handed(inputs: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Tensors as homework has them: float32 samples, int64 class ids.

    What is changed in the samples is seen in their array. Raises ValueError where that is
    read-only.
    """
    torch, array = load_torch(), inputs["x"]
    x = torch.from_numpy(array.astype(np.float32))
    before = x.clone()
    yield {"x": x, "y": torch.from_numpy(np.array(inputs["y"]))}
    if not torch.equal(x, before):
        if not array.flags.writeable:
            raise ValueError("it is read-only")
        array[...] = x.numpy()


def _scores(net: Any, x: Any) -> Any:
    """The scores (N, C) as an array. Raises WrongResult for what is none."""
    with load_torch().no_grad():
        return to_array("scores", given(run(net, x)))


SHAPES = "View|Reshape|Squeeze|Unsqueeze|Alias|Clone|Transpose|T|Permute"
SHAPED = re.compile(rf"(Unsafe)?({SHAPES})\d*Backward")


def _last_operation(scores: Any) -> str:
    """What computed the scores last, as autograd calls it; changes of shape are none."""
    node = scores.grad_fn
    while node is not None and SHAPED.match(node.name()):
        node = node.next_functions[0][0]
    return node.name() if node is not None else ""


@contextlib.contextmanager
def _called(net: Any) -> Iterator[set[int]]:
    """The modules, by their ids, that are called meanwhile."""
    seen: set[int] = set()
    hooks = [m.register_forward_pre_hook(lambda m, _: seen.add(id(m))) for m in net.modules()]
    try:
        yield seen
    finally:
        for hook in hooks:
            hook.remove()


def _is_stuck(parameter: Any) -> bool:
    """Whether a weight is 0 in every element, and so is its gradient."""
    gradient = parameter.grad
    still = parameter.ndim > 1 and gradient is not None and not gradient.any()
    return bool(still and not parameter.any())


def _is_left_out_on_purpose(net: Any, parameter: str, called: set[int]) -> bool:
    """Whether a parameter's layer was not called, and stands in code that did not come to run.

    A layer that no code but the constructor names has been forgotten.
    """
    owner = net
    for name in parameter.split(".")[:-1]:
        part = getattr(owner, name)
        if id(part) not in called and name in names_of(type(owner), but=("__init__",)):
            return not any(id(module) in called for module in part.modules())
        owner = part
    return False


def _random_state() -> tuple[Any, ...]:
    """The state of all generators, to be compared."""
    return (
        load_torch().get_rng_state().numpy().tobytes(),
        np.random.get_state()[1].tobytes(),  # type: ignore[index]
        np.random.get_state()[2],  # type: ignore[index]
        random.getstate(),
    )


def _stepped(net: Any, batch: Mapping[str, Any]) -> tuple[Any, float, str]:
    """The scores of a batch, their loss, which leaves gradients, and what computed them last."""
    torch = load_torch()
    with torch.enable_grad():
        scores = given(run(net, batch["x"]))
        array = np.array(to_array("scores", scores))
        if scores.ndim != 2:
            raise WrongResult(f"scores have shape {tuple(scores.shape)}, expected (N, classes)")
        if not scores.requires_grad:
            raise WrongResult("the scores have no graph: no parameter can get a gradient")
        last = _last_operation(scores)
        loss = torch.nn.functional.cross_entropy(scores, batch["y"])
        run(loss.backward)
    return array, float(loss.detach()), last


def _largest(gradient: Any) -> np.ndarray:
    """The largest element of a gradient, or nothing where there is none."""
    return np.zeros(0) if gradient is None else gradient.detach().abs().max().double().numpy()


def _copied(net: Any) -> dict[str, np.ndarray]:
    """Copies of all parameters and buffers."""
    held = (*net.named_parameters(), *net.named_buffers())
    return {name: value.detach().cpu().numpy().copy() for name, value in held}


@contextlib.contextmanager
def _made_meanwhile() -> Iterator[list[int]]:
    """Counts parameters that are registered meanwhile: those of layers that are being made."""
    torch, counted = load_torch(), [0]
    register = torch.nn.Module.register_parameter

    def counting(self: Any, name: str, parameter: Any) -> None:
        counted[0] += parameter is not None
        register(self, name, parameter)

    torch.nn.Module.register_parameter = counting
    try:
        yield counted
    finally:
        torch.nn.Module.register_parameter = register


MODES = re.compile(r"drop|norm|stochastic|bn|running|moving|momentum", re.IGNORECASE)


def _has_two_modes(net: Any) -> bool:
    """Whether anything of it may compute otherwise in training: dropout and batch norm do."""
    kinds = {type(module) for module in net.modules()}
    named = any(MODES.search(kind.__name__) for kind in kinds)
    own = [k for k in kinds if k.__module__.partition(".")[0] != "torch"]
    used = {name for k in own for base in k.__mro__ if base.__module__.partition(".")[0] != "torch"
            for name in names_of(base)}  # fmt: skip
    inside = any(getattr(module, "dropout", 0) for module in net.modules())
    return named or inside or any(MODES.search(name) for name in used)


PROMISE = Promise(
    domain={"regime": ("normal",)},
    keeps_dtype=False,
    dtypes=("float32",),
    mixed=True,
    layouts=(),
    most_examples=2,
)


ANY_NAME: tuple[tuple[Callable[[Any], bool], Callable[[str], bool]], ...] = (
    (is_classifier, lambda name: True),
    (is_sequential, is_name_of_network),
)
"""Classes and functions of whatever name, and networks that are there."""


def spellings() -> Iterator[Spelling]:
    for when, named in ANY_NAME:
        yield Spelling(
            "classifier",
            ANY,
            None,
            Classifier,
            PROMISE,
            named=named,
            when=when,
            obstacle=obstacle,
            tells=told,
            needs_torch=True,
        )
