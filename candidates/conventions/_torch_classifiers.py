"""Classifiers of any architecture: `nn.Module` classes that map samples to class scores.

A class counts where no other class of its file is made of it, and its name (Net, CNN, MyModel ...)
or a parameter of its constructor (`num_classes`) says that it scores classes; a function without
arguments that makes such a class too, as `ResNet18()` does. What the constructor must be given is
known by its parameters' names. Samples are images as courses use them, or rows of numbers: the
first size that gives a row of scores for each.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import functools
import inspect
import random
import re
import textwrap
import time
import types
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from candidates.conventions._probing import alarm
from candidates.conventions._tensors import load_torch, run, to_array
from candidates.spelling import ANY, Signature, Spelling
from properties.host import seed_generators
from properties.plain import WrongResult, given
from properties.promise import Promise

MODULE = "torch.nn.modules.module.Module"
NAMED = re.compile(
    r"net\d*$|nn$|^net|cnn|model|classif|mlp|perceptron|(le|alex|res|vgg|mobile|dense|google)net"
    r"|vgg|vit|mixer|logistic|softmax|fully_?connected|feed_?forward|inception|baseline",
    re.IGNORECASE,
)
OTHER = re.compile(
    r"encod|decod|generat|discrim|critic|actor|policy|dqn|q_?net|gan|vae|unet|u_net|segment|detect"
    r"|yolo|rcnn|ssd|fpn|seq|rnn|lstm|gru|lang|gpt|bert|caption|attention|block|layer|head|loss"
    r"|siam|triplet|embed|extract|backbone|regress|bottleneck|stem|residual|transition|wrapper"
    r"|recurrent|style|super|denois|diffus|pinn|ensemble|base(_?(net|model|module))?$",
    re.IGNORECASE,
)
CLASSES = (
    *("num_classes", "n_classes", "nclasses", "classes", "num_class", "n_class", "nclass"),
    *("output_dim", "out_dim", "output_size", "out_size", "n_out", "num_outputs", "n_outputs"),
    *("n_output", "outputs", "num_labels", "n_labels", "d_out", "class_num", "output_classes"),
    *("number_of_classes", "out_classes", "n_cls", "num_cls", "dim_out", "output_features"),
)
CHANNELS = (
    *("in_channels", "in_channel", "input_channels", "input_channel", "channels", "in_ch"),
    *("num_channels", "n_channels", "img_channels", "image_channels", "nc", "c_in", "in_c"),
    *("channels_in", "num_input_channels", "in_chans", "in_planes"),
)
WIDTHS = (
    *("input_dim", "in_dim", "n_in", "d_in", "n_features", "num_features", "input_features"),
    *("in_features", "num_inputs", "n_inputs", "n_input", "dim_in", "input_size", "in_size"),
)
SIDES = (
    *("img_size", "image_size", "im_size", "size", "resolution", "input_size", "img_dim"),
    *("img_h", "img_w", "height", "width", "image_dim", "input_resolution"),
)
OTHERS: Mapping[str, Any] = {
    **dict.fromkeys(("hidden_dim", "hidden_size", "hidden", "n_hidden", "hidden_units"), 64),
    **dict.fromkeys(("num_hidden", "hidden_channels", "hidden_features", "d_hidden"), 64),
    **dict.fromkeys(("hidden1", "hidden_dim1", "hidden_size1", "hidden_1", "h1"), 64),
    **dict.fromkeys(("hidden2", "hidden_dim2", "hidden_size2", "hidden_2", "h2"), 64),
    **{name: [64, 64] for name in ("hidden_dims", "hidden_sizes", "hidden_layers")},
    **dict.fromkeys(("dim", "embed_dim", "emb_dim", "d_model", "emb_size", "embedding_dim"), 64),
    **dict.fromkeys(("depth", "num_layers", "n_layers", "n_blocks", "num_blocks_total"), 2),
    **dict.fromkeys(("heads", "num_heads", "n_heads", "nhead"), 4),
    **dict.fromkeys(("mlp_dim", "dim_feedforward", "ff_dim"), 128),
    **dict.fromkeys(("num_filters", "n_filters", "filters", "base_channels", "width_base"), 16),
    **dict.fromkeys(("channel_1", "channel1", "num_filters1"), 16),
    **dict.fromkeys(("channel_2", "channel2", "num_filters2"), 16),
    **dict.fromkeys(("dropout", "drop", "p", "dropout_rate", "dropout_p", "drop_rate"), 0.1),
    **dict.fromkeys(("dropout_prob", "p_dropout", "drop_prob"), 0.1),
    **dict.fromkeys(("kernel_size", "filter_size", "kernel"), 3),
    **dict.fromkeys(("patch_size", "patch"), 4),
}
"""What required parameters are given, by their names."""

IMAGES = (
    *((3, 32, 32), (1, 28, 28), (3, 64, 64), (3, 224, 224), (1, 32, 32), (3, 28, 28)),
    *((3, 96, 96), (3, 128, 128), (1, 64, 64), (1, 224, 224), (3, 227, 227), (3, 256, 256)),
    *((1, 48, 48), (3, 150, 150), (3, 100, 100), (3, 299, 299)),
)
ROWS = ((784,), (3072,))
CLASSES_GIVEN, MOST_CLASSES = 10, 1000
SECONDS_TO_TRY = 10.0
SECONDS_FOR_SEVERAL = 0.05
"""What a sample may take at most for batches of several to be drawn."""
SAMPLES = ((0.002, 50), (0.01, 20), (0.15, 10))
"""How many samples are learned by heart, by the seconds that one takes; slower ones learn none."""
EVALUATED_EVERY = 10
PASSES = 20


class Budget:
    """The seconds left, in this process, to try classes in: loading has a limit."""

    left = 30.0


class Unclear(Exception):
    """A class is not judged: why, in words."""


class Made:
    """A class, or a function that makes one, with the arguments for samples of a shape."""

    def __init__(self, make: Callable[..., Any], features: Sequence[int], as_side: bool) -> None:
        self._make, self._features = make, features
        self._arguments = _arguments(make, features, as_side)

    def __call__(self, seed: int) -> Any:
        """A new network with the initial weights that it draws itself."""
        torch = load_torch()
        seed_generators(seed)
        with torch.enable_grad():
            net = run(self._make, **self._arguments)
        if any(map(torch.nn.parameter.is_lazy, net.parameters())):
            with torch.no_grad():
                net.eval()(torch.zeros(2, *self._features))
        return net


def is_module(found: Any) -> bool:
    """Whether a class derives from `nn.Module`, without loading torch to know it."""
    return inspect.isclass(found) and any(
        f"{c.__module__}.{c.__qualname__}" == MODULE for c in found.__mro__
    )


def is_classifier(found: Any) -> bool:
    """Whether a class, or what a function without arguments makes, seems to score classes."""
    if inspect.isfunction(found):
        return _factory_of(found) is not None
    if not is_module(found) or "forward" not in _own_names(found):
        return False
    if found.__module__.partition(".")[0] in ("torch", "torchvision") or _is_part(found):
        return False
    return _scores_classes(found) and not (_unknown(found) and _is_made_elsewhere(found))


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
    """Whether another module of its file is made of it, or derives from it."""
    others = [c for c in _neighbours(kind) if c is not kind and is_module(c)]
    return any(issubclass(c, kind) or kind.__name__ in _names_of(c) for c in others)


def _neighbours(kind: Any) -> list[Any]:
    """The classes of the file that defines a class."""
    there = getattr(kind.forward, "__globals__", {})
    return [value for value in list(there.values()) if inspect.isclass(value)]


def _names_of(kind: Any) -> set[str]:
    """The names that the code of a class uses."""
    found: set[str] = set()
    for method in vars(kind).values():
        code = getattr(inspect.unwrap(getattr(method, "__func__", method)), "__code__", None)
        found |= _names_in(code) if code is not None else set()
    return found


def _names_in(code: types.CodeType) -> set[str]:
    inner = [c for c in code.co_consts if isinstance(c, types.CodeType)]
    return set(code.co_names).union(*map(_names_in, inner))


def _factory_of(function: Any) -> Any:
    """The class that a function makes and returns, where it needs no arguments and does no more.

    Only classes that cannot be made without arguments need one, as `ResNet(block, num_blocks)`.
    """
    if any(p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
           for p in inspect.signature(function).parameters.values()):  # fmt: skip
        return None
    try:
        (tree,) = ast.parse(textwrap.dedent(inspect.getsource(function))).body
    except (OSError, TypeError, SyntaxError, ValueError):
        return None
    body = [s for s in getattr(tree, "body", []) if not isinstance(s, ast.Expr)]
    called = [n.func.id for n in ast.walk(tree)
              if isinstance(n, ast.Call) and isinstance(n.func, ast.Name)]  # fmt: skip
    there = function.__globals__
    kinds = [there[n] for n in called if is_module(there.get(n))]
    simple = all(isinstance(s, (ast.Return, ast.Assign)) for s in body)
    if not simple or len(kinds) != 1 or not isinstance(body[-1], ast.Return):
        return None
    kind = kinds[0]
    if "forward" not in _own_names(kind) or _is_part(kind) or not _scores_classes(kind):
        return None
    return kind if _unknown(kind) and _first_factory(kind, there) is function else None


def _is_made_elsewhere(kind: Any) -> bool:
    """Whether a function of its file makes a class, and is judged for it."""
    there = kind.forward.__globals__
    functions = [f for f in list(there.values()) if inspect.isfunction(f)]
    return any(f.__globals__ is there and _factory_of(f) is kind for f in functions)


def _first_factory(kind: Any, there: Mapping[str, Any]) -> Any:
    """The first function of a file that makes a class: one architecture of it is judged."""
    for value in list(there.values()):
        if inspect.isfunction(value) and value.__globals__ is there:
            used = _names_in(value.__code__)
            if kind.__name__ in used and not value.__code__.co_argcount:
                return value
    return None


def _required(make: Any) -> list[str]:
    return [
        name
        for name, p in inspect.signature(make).parameters.items()
        if p.default is p.empty and p.kind not in (p.VAR_POSITIONAL, p.VAR_KEYWORD)
    ]


def _unknown(make: Any) -> list[str]:
    """The parameters that it cannot do without, and for which nothing is known."""
    known = {*CLASSES, *CHANNELS, *WIDTHS, *SIDES, *OTHERS}
    return [name for name in _required(make) if name.lower() not in known]


def _arguments(make: Any, features: Sequence[int], as_side: bool) -> dict[str, Any]:
    """The arguments for samples of a shape; `input_size` may be a side or all numbers."""
    chosen: dict[str, Any] = {}
    for name in _required(make):
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


class Tried:
    """What one class does with samples of the sizes that courses use."""

    def __init__(self, make: Any) -> None:
        self._make, self._last = make, ""
        if unknown := _unknown(make):
            raise Unclear(f"what {', '.join(unknown)} of its constructor should be is not known")
        kind: Any = make if inspect.isclass(make) else _factory_of(make)
        if len(_required(kind.forward)) != 2:
            raise Unclear("its forward takes more than the samples")
        with alarm(min(SECONDS_TO_TRY, Budget.left)):
            self.made, self.features, self.classes, self.seconds = self._found()

    def _found(self) -> tuple[Made, tuple[int, ...], int, float]:
        for features in (*IMAGES, *ROWS, None):
            for as_side in (False, True):
                shape = self._first_width() if features is None else features
                if shape is None:
                    continue
                made = Made(self._make, shape, as_side)
                classes, seconds = self._tried(made, shape)
                if classes:
                    return made, shape, classes, seconds
        raise Unclear(f"no usual size of samples gives a row of scores for each ({self._last})")

    def _first_width(self) -> tuple[int, ...] | None:
        """Rows as long as the first linear layer takes them."""
        torch = load_torch()
        with contextlib.suppress(Exception):
            made = Made(self._make, (3, 32, 32), as_side=False)(0)
            layers = (m for m in made.modules() if isinstance(m, torch.nn.Linear))
            return (next(layers).in_features,)
        return None

    def _tried(self, made: Made, features: tuple[int, ...]) -> tuple[int, float]:
        """How many classes two samples are scored for, and the seconds each takes; 0 if none."""
        torch = load_torch()
        x = torch.randn(2, *features, generator=torch.Generator().manual_seed(0))
        try:
            net = self._new(made).eval()
            started = time.perf_counter()
            with torch.no_grad():
                scores = run(net, x.clone())
            seconds = (time.perf_counter() - started) / 2
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
        except Exception as error:
            if not set(map(str.lower, _required(self._make))) & {*CHANNELS, *WIDTHS, *SIDES}:
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
        if not isinstance(net.train()(x.clone()), load_torch().Tensor):
            raise Unclear("in training it returns more than scores")


@functools.cache
def tried(make: Any) -> Tried | str:
    """What a class does, or why it is not judged."""
    started = time.monotonic()
    with _as_before():
        try:
            return Tried(make)
        except Unclear as reason:
            return str(reason)
        except TimeoutError:
            return "making it and scoring two samples takes too long"
        except Exception as error:
            return f"trying it raised {type(error).__name__}: {error}"[:200]
        finally:
            Budget.left = max(Budget.left - (time.monotonic() - started), 0.1)


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
        self._made, self._seconds = result.made, result.seconds

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        act = getattr(self, at.get("act", "evaluate"))
        with _as_before(), _handed(inputs) as tensors:
            return act(at, tensors), None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}

    def evaluate(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        net = self._made(at["seed"]).eval()
        before, x = _copied(net), inputs["x"].clone()
        with _counted() as made:
            scores = _scores(net, inputs["x"])
        moved = {
            f"moved {name}": np.array(1)
            for name, value in _copied(net).items()
            if name in before and not np.array_equal(before[name], value, equal_nan=True)
        }
        again = _scores(net, x)
        return {"scores": scores, "again": again, "made": np.array(made), **moved}

    def restore(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        first, net = self._made(at["seed"]), self._made(at["seed"] + 1)
        try:
            net.load_state_dict(first.state_dict())
        except Exception as error:
            text = " ".join(str(error).split())[:200]
            raise WrongResult(f"a new network cannot load its state_dict: {text}") from None
        outside = {f"outside {name}": np.array(1) for name in _unregistered(net)}
        return {"scores": _scores(net.eval(), inputs["x"]), **outside}

    def train(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> dict[str, Any]:
        net = self._made(at["seed"]).train()
        learned = {n: p for n, p in net.named_parameters() if p.requires_grad}
        weights = [p for p in learned.values() if p.ndim > 1]
        varied = [bool((p != p.flatten()[0]).any()) for p in weights]
        before = _random_state()
        scores, _, last = _stepped(net, inputs)
        random_ = before != _random_state()
        for _ in range(PASSES if random_ else 0):
            if all(p.grad is not None for p in learned.values()):
                break
            _stepped(net, inputs)  # some drop whole layers, now these, now those
        found = {f"d{n}": _largest(p.grad) for n, p in learned.items()}
        return {
            "scores": scores,
            **found,
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


@contextlib.contextmanager
def _as_before() -> Iterator[None]:
    """Generators as they were, after networks have been made from seeds of their own."""
    torch, state = load_torch(), (np.random.get_state(), random.getstate())
    with torch.random.fork_rng(devices=[]):
        try:
            yield
        finally:
            np.random.set_state(state[0])
            random.setstate(state[1])


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
def _counted() -> Iterator[list[int]]:
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
            for name in _names_of(base)}  # fmt: skip
    inside = any(getattr(module, "dropout", 0) for module in net.modules())
    return named or inside or any(MODES.search(name) for name in used)


def _unregistered(net: Any) -> Iterator[str]:
    """Where modules and tensors are held that `parameters()` and `state_dict()` do not know."""
    torch = load_torch()
    known = {id(value) for value in (*net.modules(), *net.parameters(), *net.buffers())}
    for prefix, module in net.named_modules():
        for name, value in vars(module).items():
            if name in ("_modules", "_parameters", "_buffers"):
                continue
            for place, held in _held(f"{prefix}.{name}".lstrip("."), value):
                weighted = isinstance(held, torch.nn.Module) and any(
                    True for _ in held.parameters()
                )
                if (weighted or isinstance(held, torch.Tensor)) and id(held) not in known:
                    yield place


def _held(place: str, value: Any) -> Iterator[tuple[str, Any]]:
    """A value, or those in a list or dictionary, with where each stands."""
    if type(value) in (list, tuple):
        for i, item in enumerate(value):
            yield from _held(f"{place}[{i}]", item)
    elif type(value) is dict:
        for key, item in value.items():
            yield from _held(f"{place}[{key!r}]", item)
    else:
        yield place, value


PROMISE = Promise(
    domain={"regime": ("normal",)},
    keeps_dtype=False,
    dtypes=("float32",),
    mixed=True,
    layouts=(),
    most_examples=3,
)


def spellings() -> Iterator[Spelling]:
    """One for whatever name."""
    yield Spelling(
        "classifier",
        ANY,
        None,
        Classifier,
        PROMISE,
        when=is_classifier,
        obstacle=obstacle,
        tells=told,
        needs_torch=True,
    )
