"""Which classes of a file are classifiers, how each is made, and which samples it takes.

A class counts where no other class of its file is made of it, and its name (Net, CNN, MyModel ...)
or a parameter of its constructor (`num_classes`) says that it scores classes. What the constructor
must be given is known by its parameters' names, or written in the file, as in
`ResNet(BasicBlock, [2, 2, 2, 2])`. Samples are images as courses use them, or rows of numbers: the
first size that gives a row of scores for each.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import inspect
import itertools
import linecache
import random
import re
import time
from collections.abc import Callable, Iterator, Sequence
from typing import Any

import numpy as np

from candidates.conventions._probing import alarm
from candidates.conventions._tensors import load_torch, run
from candidates.conventions._torch_factories import (
    file_of,
    is_factory,
    is_sequential,
    names_of,
    redrawing,
)
from candidates.conventions._torch_names import (
    CHANNELS,
    CLASSES,
    NAMED,
    OTHER,
    OTHERS,
    SIDES,
    WIDTHS,
)
from properties.host import seed_generators

MODULE = "torch.nn.modules.module.Module"
IMAGES = (
    *((3, 32, 32), (1, 28, 28), (3, 64, 64), (3, 224, 224), (1, 32, 32), (3, 28, 28)),
    *((3, 96, 96), (3, 128, 128), (1, 64, 64), (1, 224, 224), (3, 227, 227), (3, 256, 256)),
    *((1, 48, 48), (3, 150, 150), (3, 100, 100), (3, 299, 299)),
)
ROWS = ((784,), (3072,))
CLASSES_GIVEN, MOST_CLASSES = 10, 1000
SECONDS_TO_TRY = 20.0


class Budget:
    """The seconds left, in this process, to try classes in: loading has a limit."""

    left = 40.0


class Unclear(Exception):
    """A class is not judged: why, in words."""


class Unfit(Exception):
    """A network does not take samples of this shape."""


class Made:
    """A way to make a class for samples of a shape: each call gives a new network."""

    def __init__(self, make: Callable[[], Any], features: Sequence[int]) -> None:
        self._make, self._features = make, features

    def __call__(self, seed: int) -> Any:
        """A network with the initial weights that it draws itself."""
        torch = load_torch()
        seed_generators(seed)
        with torch.enable_grad():
            net = run(self._make)
        net = net[0] if isinstance(net, tuple) and net else net  # some build the optimizer too
        if not isinstance(net, torch.nn.Module):
            raise Unclear(f"it makes {type(net).__name__}, not a module")
        if any(map(torch.nn.parameter.is_lazy, net.parameters())):
            try:
                with torch.no_grad():
                    net.eval()(torch.zeros(2, *self._features))
            except (RuntimeError, ValueError) as error:
                raise Unfit(str(error)) from None
        return net


def is_module(found: Any) -> bool:
    """Whether a class derives from `nn.Module`, without loading torch to know it."""
    return inspect.isclass(found) and any(
        f"{c.__module__}.{c.__qualname__}" == MODULE for c in found.__mro__
    )


def is_classifier(found: Any) -> bool:
    """Whether a class, or what a function builds, seems to score classes by itself."""
    if is_factory(found):
        return _scores_classes(found)
    if not is_module(found) or "forward" not in _own_names(found):
        return False
    if found.__module__.partition(".")[0] in ("torch", "torchvision") or _is_part(found):
        return False
    return _scores_classes(found)


def _scores_classes(kind: Any) -> bool:
    if OTHER.search(kind.__name__):
        return False
    parameters = {name.lower() for name in inspect.signature(kind).parameters}
    return bool(NAMED.search(kind.__name__)) or not parameters.isdisjoint(CLASSES)


def _own_names(kind: Any) -> set[str]:
    """What a class and its bases define, those of torch left out."""
    return {
        name
        for base in kind.__mro__
        if base.__module__.partition(".")[0] not in ("torch", "builtins")
        for name in vars(base)
    }


def _is_part(kind: Any) -> bool:
    """Whether another module of its file is made of it."""
    others = [c for c in _neighbours(kind) if is_module(c) and not issubclass(c, kind)]
    return any(kind.__name__ in names_of(c) for c in others)


def _neighbours(kind: Any) -> list[Any]:
    """The classes of the file that defines a class."""
    there = getattr(kind.forward, "__globals__", {})
    return [value for value in list(there.values()) if inspect.isclass(value)]


def _written_calls(kind: Any) -> Iterator[Callable[[], Any]]:
    """The calls of a class that its file writes out, `ResNet(BasicBlock, [2, 2])`, in order.

    Those with names that only a function knows raise NameError.
    """
    if not is_module(kind):
        return
    file, there = kind.forward.__code__.co_filename, kind.forward.__globals__
    try:
        tree = ast.parse(_text_of(kind))
    except (SyntaxError, ValueError):
        return
    calls = [n for n in ast.walk(tree) if isinstance(n, ast.Call) and _calls(n, kind.__name__)]
    for node in sorted(calls, key=lambda n: n.lineno):
        code = compile(ast.Expression(node), file, "eval")
        yield functools.partial(eval, code, there)


def _calls(node: ast.Call, name: str) -> bool:
    """Whether a call is one of a name, with arguments that are all written out."""
    starred = any(isinstance(a, ast.Starred) for a in node.args) or not all(
        keyword.arg for keyword in node.keywords
    )
    return isinstance(node.func, ast.Name) and node.func.id == name and not starred


def required(make: Any) -> list[str]:
    """The parameters that it cannot do without."""
    return [
        name
        for name, p in inspect.signature(make).parameters.items()
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]


def _unknown(make: Any) -> list[str]:
    """The parameters that it cannot do without, and for which nothing is known."""
    known = {*CLASSES, *CHANNELS, *WIDTHS, *SIDES, *OTHERS}
    return [name for name in required(make) if name.lower() not in known]


def _arguments(make: Any, features: Sequence[int], as_side: bool) -> dict[str, Any]:
    """The arguments for samples of a shape; `input_size` may be a side or all numbers."""
    chosen: dict[str, Any] = {}
    for name in required(make):
        lower = name.lower()
        if lower in CLASSES:
            chosen[name] = CLASSES_GIVEN
        elif lower in CHANNELS:
            chosen[name] = features[0]
        elif lower in SIDES and (as_side or lower not in WIDTHS):
            chosen[name] = features[-1]
        elif lower in WIDTHS:
            chosen[name] = int(np.prod(features))
        else:
            chosen[name] = copy.copy(OTHERS[lower])
    return chosen


CROSS_ENTROPY = re.compile(r"CrossEntropyLoss|F\.cross_entropy|functional\.cross_entropy")
PROBABILITIES = re.compile(
    r"BCELoss|binary_cross_entropy|MSELoss|mse_loss|NLLLoss|nll_loss|\.log\("
)


def _loss_of_probabilities(text: str) -> bool:
    """Whether a file has a loss of probabilities, and none that takes logits."""
    return bool(PROBABILITIES.search(text)) and not CROSS_ENTROPY.search(text)


def _text_of(kind: Any) -> str:
    if is_sequential(kind):
        return file_of(kind)
    code = getattr(getattr(kind, "forward", kind), "__code__", None)
    return "".join(linecache.getlines(code.co_filename)) if code else ""


class Tried:
    """What one class does with samples of the sizes that courses use.

    kind: a class, a function that builds a network, or a network that is built.
    """

    def __init__(self, kind: Any) -> None:
        self._text, self._last, self.size = _text_of(kind), "", 0
        self._kind = redrawing(kind) if is_sequential(kind) else kind
        self._unknown, self._calls = _unknown(self._kind), list[Callable[[], Any]]()
        if is_module(kind) and len(required(kind.forward)) != 2:
            raise Unclear("its forward takes more than the samples")
        with alarm(min(SECONDS_TO_TRY, Budget.left)):
            if self._unknown:
                self._calls = self._known_calls()
            self.made, self.features, self.classes, self.seconds = self._found_or_written()

    def _found_or_written(self) -> tuple[Made, tuple[int, ...], int, float]:
        """What our arguments make, else what those make that its file writes out."""
        try:
            return self._found()
        except Unclear as reason:
            try:
                self._calls = [] if self._unknown else self._written()
            except (
                ArithmeticError,
                AttributeError,
                LookupError,
                RuntimeError,
                TypeError,
                ValueError,
            ):
                raise reason from None
            if not self._calls:
                raise
            self._unknown = ["what our arguments do not make"]
            return self._found()

    def _found(self) -> tuple[Made, tuple[int, ...], int, float]:
        for features in itertools.chain(IMAGES, ROWS, self._first_width()):
            for made in self._ways(features):
                classes, seconds = self._tried(made, features)
                if classes:
                    return made, features, classes, seconds
        raise Unclear(f"no usual size of samples gives a row of scores for each ({self._last})")

    def _ways(self, features: Sequence[int]) -> Iterator[Made]:
        """The ways to make the class: by its parameters' names, or as its file does."""
        if self._unknown:
            yield from (Made(call, features) for call in self._calls)
            return
        ways = [_arguments(self._kind, features, as_side) for as_side in (False, True)]
        for arguments in ways if ways[0] != ways[1] else ways[:1]:
            yield Made(functools.partial(self._kind, **arguments), features)

    def _known_calls(self) -> list[Callable[[], Any]]:
        """The calls that its file writes out in full. Raises Unclear where there is none."""
        calls = self._written()
        if not calls:
            names = ", ".join(self._unknown)
            raise Unclear(f"what {names} of its constructor should be is not known")
        return calls

    def _written(self) -> list[Callable[[], Any]]:
        """The calls of its file that make one; NameError is raised by names of a function."""
        calls = []
        for call in _written_calls(self._kind):
            with contextlib.suppress(NameError):
                run(call)
                calls.append(call)
        return calls

    def _first_width(self) -> Iterator[tuple[int, ...]]:
        """Rows as long as the first linear layer takes them."""
        linear, widths = load_torch().nn.Linear, list[int]()
        with contextlib.suppress(Exception):
            net = next(self._ways((3, 32, 32)))(0)
            widths = [layer.in_features for layer in net.modules() if isinstance(layer, linear)]
        yield from ((width,) for width in widths[:1])

    def _tried(self, made: Made, features: tuple[int, ...]) -> tuple[int, float]:
        """How many classes two samples are scored for, and the seconds each takes; 0 if none."""
        torch = load_torch()
        x = torch.randn(2, *features, generator=torch.Generator().manual_seed(0))
        try:
            net = self._new(made).eval()
            started = time.process_time()
            with torch.no_grad():
                scores = run(net, x.clone())
            seconds = (time.process_time() - started) / 2
            self.size = sum(p.numel() for p in net.parameters())
        except (TimeoutError, Unclear):
            raise
        except Exception as error:
            self._last = f"{type(error).__name__}: {str(error).splitlines()[:1]}"[:150]
            return 0, 0.0
        if scores is None:
            return CLASSES_GIVEN, seconds  # not written yet, which is to be said of it
        if not isinstance(scores, torch.Tensor):
            raise Unclear(f"it returns {type(scores).__name__}, not scores alone")
        self._last = f"{tuple(features)} gives {tuple(scores.shape)}"
        if scores.ndim != 2 or len(scores) != 2 or not scores.is_floating_point():
            return 0, 0.0
        self._check_kind_of_scores(net, x, scores)
        return scores.shape[1], seconds

    def _new(self, made: Made) -> Any:
        """A network. Raises Unclear where none can be made, whatever the samples are."""
        try:
            return made(0)
        except (TimeoutError, Unfit):
            raise
        except Exception as error:
            takes = {name.lower() for name in required(self._kind)}
            if self._unknown or not takes & {*CHANNELS, *WIDTHS, *SIDES}:
                raise Unclear(f"making it raised {type(error).__name__}: {error}"[:200]) from None
            raise

    def _check_kind_of_scores(self, net: Any, x: Any, scores: Any) -> None:
        """Raises Unclear where what is computed are no scores of classes."""
        classes = scores.shape[1]
        if classes == 1:
            raise Unclear("it gives one score a sample, not one for each class")
        if classes > MOST_CLASSES or classes == x[0].numel():
            raise Unclear(f"it gives {classes} numbers a sample: no scores of classes")
        sums = scores.sum(1)
        if scores.min() > 0 and scores.max() <= 1 and (sums - 1).abs().max() > 1e-3:
            raise Unclear("its scores are sigmoids: several labels a sample, not one class")
        if (
            scores.min() >= 0
            and (sums - 1).abs().max() < 1e-4
            and _loss_of_probabilities(self._text)
        ):
            raise Unclear("it gives probabilities, and its file has a loss of probabilities")
        if not isinstance(net.train()(x.clone()), load_torch().Tensor):
            raise Unclear("in training it returns more than scores")


@contextlib.contextmanager
def generators_kept() -> Iterator[None]:
    """Generators as they were, after networks have been made from seeds of their own."""
    torch, state = load_torch(), (np.random.get_state(), random.getstate())
    with torch.random.fork_rng(devices=[]):
        try:
            yield
        finally:
            np.random.set_state(state[0])
            random.setstate(state[1])


@functools.cache
def tried(kind: Any) -> Tried | str:
    """What a class does, or why it is not judged."""
    started = time.monotonic()
    with generators_kept():
        try:
            return Tried(kind)
        except Unclear as reason:
            return str(reason)
        except TimeoutError:
            return "making it and scoring two samples takes too long"
        except Exception as error:
            return f"trying it raised {type(error).__name__}: {error}"[:200]
        finally:
            Budget.left = max(Budget.left - (time.monotonic() - started), 0.1)
