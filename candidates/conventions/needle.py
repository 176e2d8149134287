"""CMU 10-714, Deep Learning Systems: the package `needle`, homework 1 to 4.

Modules are made by the course's constructors, their parameters replaced by the arrays of a case
(data, not the objects), called on `needle.Tensor`s of the candidate's own engine, and asked for
gradients by `.backward()`; `.grad` is read. Homework 1 and 2 compute with NumPy and keep float64.
Later ones compute in float32 with a backend compiled from C++; where it is not built, the one in
NumPy that the course hands out takes its place. Results in float32 are compared as float32.

Linear has weights (in, out) and a bias (1, out). Batch norm is of (N, dim), or of NCHW in
BatchNorm2d, with PyTorch's momentum and, as the course's tests have it, the biased variance in the
running one. Layer norm is over the features of (N, dim). Dropout's p is the fraction dropped. The
softmax loss is the mean over the batch. Conv takes NCHW with weights (k, k, in, out), a square odd
kernel and padding that keeps the size ("same"): it is judged with k = 3 on square maps, because the
gradient of the weights may be a convolution whose kernel is the map. Recurrent modules take
time first, have two biases, and PyTorch's gates i, f, g, o; one layer is judged. Embedding maps
(T, N) ids. Gradients at kinks may be any subgradient.

The functions of `needle.ops` are judged each on graphs of its own kind, forward, by `.backward(v)`,
and once more by `x.grad.backward(u)`: gradients are graphs too, as homework 1 asks for (not in
logsumexp, which came later). Two operands have one shape, but a matrix is multiplied with each of
a batch where arrays are NumPy's; axes are counted from 0. `compute_gradient_of_variables` is judged
on graphs of sums and products.

Optimizers do all steps of a case on one parameter in float32, and their state is their own: what is
judged is the parameter. SGD's velocity is a moving average that starts at zero (the gradient enters
with 1 - momentum), and weight decay is part of the gradient, in Adam as well.

The transforms of homework 2 and 4 are judged by what the lines draw that the course gives:
`np.random.rand() < p` for a flip, and for a crop `np.random.randint(low=-padding, high=padding + 1,
size=2)`, rows first.
"""

from __future__ import annotations

import contextlib
import inspect
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from candidates.conventions import _needle_data as data
from candidates.conventions import _needle_graphs as graphs
from candidates.conventions import _needle_optim as optim
from candidates.conventions._axes import arranged, restored
from candidates.spelling import Convention, Signature, Spelling, among
from properties.host import Functions
from properties.plain import WrongResult, given
from properties.promise import Promise

At = Mapping[str, Any]
Inputs = Mapping[str, Any]


def engine_of(member: Any) -> Any:
    """The class Tensor that the module of a class or function knows, or None."""
    functions = vars(member).values() if inspect.isclass(member) else (member,)
    spaces = (function.__globals__ for function in functions if inspect.isfunction(function))
    kinds = (space.get("Tensor") for space in spaces)
    return next((kind for kind in kinds if hasattr(kind, "make_from_op")), None)


class Engine:
    """The candidate's own tensors."""

    def __init__(self, member: Any) -> None:
        self._kind = engine_of(member)

    def tensor(self, array: np.ndarray, requires_grad: bool = True) -> Any:
        """A tensor that shares its memory with the array, where the engine computes with NumPy."""
        tensor = self._kind(array, requires_grad=requires_grad)
        if isinstance(tensor.cached_data, np.ndarray):
            tensor.cached_data = array
        return tensor


def array_of(tensor: Any, what: str) -> Any:
    """The array of a result; anything that is no tensor stays what it is."""
    if tensor is None:
        raise NotImplementedError(f"{what} is None")
    return tensor.numpy() if hasattr(tensor, "numpy") else tensor


@contextlib.contextmanager
def undrawn() -> Iterator[None]:
    """Initial parameters are drawn, which is no fault: the generator is put back."""
    before = np.random.get_state()
    try:
        yield
    finally:
        np.random.set_state(before)


class Layer:
    """One of needle's modules as an implementation of an operator.

    orders: of axes, by the names of arrays (see `_axes`). parameters: inputs that are attributes
    of the module, by path. outputs: those of the module, in its order.
    """

    orders: Mapping[str, str] = {}
    parameters: Mapping[str, tuple[str, ...]] = {}
    outputs: tuple[str, ...] = ("out",)

    def __init__(self, kind: Any) -> None:
        self._kind = kind
        self._engine = Engine(kind)

    def made(self, at: At, inputs: Inputs) -> Any:
        """The module of a case, with the course's initial parameters."""
        return self._kind()

    def called(self, module: Any, tensors: Inputs, at: At) -> Any:
        return module(tensors["x"])

    def forward(self, at: At, inputs: Inputs) -> tuple[dict[str, Any], Any]:
        with undrawn():
            module = self.made(at, inputs)
        arrays = {n: self._arranged(n, a) for n, a in inputs.items()}
        tensors = self._placed(module, arrays)
        results = given(self.called(module, tensors, at))
        results = results if isinstance(results, tuple) else (results,)
        if len(results) != len(self.outputs):
            raise WrongResult(f"returned {len(results)} results, not {', '.join(self.outputs)}")
        shown = {n: array_of(t, n) for n, t in zip(self.outputs, results, strict=True)}
        outputs = {n: self._restored(n, a) for n, a in shown.items()}
        self._write_back(inputs, tensors)
        return outputs | self.state(module, inputs), (results, tensors, inputs)

    def state(self, module: Any, inputs: Inputs) -> dict[str, Any]:
        """Outputs that the module keeps to itself."""
        return {}

    def _placed(self, module: Any, arrays: Inputs) -> dict[str, Any]:
        """Tensors of all arrays, those of parameters in the place of the module's own."""
        tensors: dict[str, Any] = {}
        for name, array in arrays.items():
            paths = self.parameters.get(name)
            if paths is None:
                tensors[name] = self._engine.tensor(array, array.dtype.kind == "f")
            for path in paths or ():
                tensors[name] = self._parameter(module, path, _share(array, len(paths or ())))
        return tensors

    def _parameter(self, module: Any, path: str, array: np.ndarray) -> Any:
        """The parameter at a path, holding the array in the shape that the module gave it."""
        holder, parameter = None, module
        for part in path.split("."):
            holder = parameter
            parameter = holder[int(part)] if part.isdigit() else getattr(holder, part, None)
        if parameter is None:
            raise WrongResult(f"{type(module).__name__} has no parameter {path}")
        shape = tuple(parameter.shape)
        if int(np.prod(shape)) != array.size:
            raise WrongResult(f"{path} has shape {shape}, expected {array.shape}")
        parameter.cached_data = self._engine.tensor(array.reshape(shape)).cached_data
        return parameter

    def backward(self, cotangents: Inputs, cache: Any) -> dict[str, Any]:
        results, tensors, inputs = cache
        for tensor in tensors.values():
            tensor.grad = None
        upstream = [
            self._engine.tensor(_of_shape(self._arranged(n, cotangents[n]), tuple(r.shape)))
            for n, r in zip(self.outputs, results, strict=True)
        ]
        if len(results) == 1:
            results[0].backward(upstream[0])
        else:
            terms = [(r * u).sum() for r, u in zip(results, upstream, strict=True)]
            (terms[0] + terms[1]).backward()
        wanted = [n for n, a in inputs.items() if a.dtype.kind == "f" and self.differs(n)]
        gradients = {n: array_of(getattr(tensors[n], "grad", None), f"d{n}") for n in wanted}
        self._write_back(inputs, tensors)
        return {n: self._gradient(n, g, inputs) for n, g in gradients.items()}

    def differs(self, name: str) -> bool:
        """Whether the input of this name has a gradient."""
        return True

    def _gradient(self, name: str, gradient: Any, inputs: Inputs) -> Any:
        if name in self.parameters and isinstance(gradient, np.ndarray):
            wanted = self._arranged(name, inputs[name]).shape
            if gradient.size == int(np.prod(wanted)) and gradient.ndim <= len(wanted) + 1:
                gradient = gradient.reshape(wanted)
        return self._restored(f"d{name}", gradient, name)

    def _arranged(self, name: str, array: np.ndarray) -> np.ndarray:
        return arranged(array, self.orders[name]) if name in self.orders else array

    def _restored(self, shown: str, result: Any, name: str = "") -> Any:
        order = self.orders.get(name or shown)
        return restored(shown, result, order) if order else result

    def _write_back(self, inputs: Inputs, tensors: Inputs) -> None:
        """What the engine's own copies of the arrays hold now, if it changed them."""
        for name, array in inputs.items():
            now = getattr(tensors[name], "numpy", lambda: None)()
            once = len(self.parameters.get(name, ("",))) == 1
            if not once or not isinstance(now, np.ndarray) or not array.flags.writeable:
                continue
            theirs = self._arranged(name, array)
            if now.size == theirs.size and not np.shares_memory(now, array):
                now = now.reshape(theirs.shape)
                if not np.array_equal(now, theirs.astype(now.dtype), equal_nan=True):
                    theirs[...] = now


def _share(array: np.ndarray, parts: int) -> np.ndarray:
    """What each of several parameters holds that are added up."""
    return array if parts == 1 else array / parts


def adapter(kind: type[Layer]) -> Callable[[Any, Any, Signature], Functions]:
    def adapt(forward: Any, backward: Any, signature: Signature) -> Functions:
        return kind(forward)

    adapt.__doc__ = inspect.getdoc(kind)
    return adapt


class Function(Layer):
    """`relu(x)`, `tanh(x)`, `logsoftmax(x)` of a tensor."""

    def made(self, at: At, inputs: Inputs) -> Any:
        return self._kind


class Elementwise(Layer):
    """`ReLU()`, `Sigmoid()`, `Tanh()`: x of any shape."""


class Linear(Layer):
    """`Linear(in_features, out_features, bias)`: x (N, in), weight (in, out), bias (1, out)."""

    orders: Mapping[str, str] = {"w": "md>dm"}
    parameters: Mapping[str, tuple[str, ...]] = {"w": ("weight",), "b": ("bias",)}

    def made(self, at: At, inputs: Inputs) -> Any:
        out_features, in_features = inputs["w"].shape
        return self._kind(in_features, out_features, bias="b" in inputs)


class Norm(Layer):
    """`LayerNorm1d(dim, eps)`: x (N, dim), weight and bias (dim,)."""

    parameters: Mapping[str, tuple[str, ...]] = {"gamma": ("weight",), "beta": ("bias",)}

    def made(self, at: At, inputs: Inputs) -> Any:
        return self._kind(len(inputs["gamma"]), eps=at["eps"])


class BatchNorm(Norm):
    """`BatchNorm1d(dim, eps, momentum)`: x (N, dim); `BatchNorm2d`: x (N, dim, H, W).

    weight, bias, running_mean and running_var (dim,); momentum is the fraction of the new one.
    """

    parameters: Mapping[str, tuple[str, ...]] = {
        **Norm.parameters,
        "running_mean": ("running_mean",),
        "running_var": ("running_var",),
    }

    def made(self, at: At, inputs: Inputs) -> Any:
        module = self._kind(len(inputs["gamma"]), eps=at["eps"], momentum=at["momentum"])
        (module.train if at["training"] else module.eval)()
        return module

    def state(self, module: Any, inputs: Inputs) -> dict[str, Any]:
        kept = {n: array_of(getattr(module, n), n) for n in ("running_mean", "running_var")}
        return {n: _of_shape(a, inputs[n].shape) for n, a in kept.items()}

    def differs(self, name: str) -> bool:
        return not name.startswith("running")


def _of_shape(array: Any, shape: tuple[int, ...]) -> Any:
    """The array with as many elements in another shape, such as (1, dim) for (dim,)."""
    fits = isinstance(array, np.ndarray) and array.size == int(np.prod(shape))
    return array.reshape(shape) if fits else array


class Dropout(Layer):
    """`Dropout(p)`: p is the fraction dropped; the mask is read off the output."""

    def made(self, at: At, inputs: Inputs) -> Any:
        module = self._kind(at["p"])
        (module.train if at["training"] else module.eval)()
        return module

    def forward(self, at: At, inputs: Inputs) -> tuple[dict[str, Any], Any]:
        outputs, cache = super().forward(at, inputs)
        out, x = outputs["out"], inputs["x"]
        shown = isinstance(out, np.ndarray) and out.shape == x.shape and at["training"]
        return outputs | {"mask": out != 0 if shown else np.ones(x.shape, bool)}, cache


class SoftmaxLoss(Layer):
    """`SoftmaxLoss()(logits, y)`: logits (N, C), y (N,) ids; the mean over the batch.

    The course's own arrays add up to the shape (1,), NumPy's to a number.
    """

    outputs = ("loss",)

    def forward(self, at: At, inputs: Inputs) -> tuple[dict[str, Any], Any]:
        outputs, cache = super().forward(at, inputs)
        loss = outputs["loss"]
        single = isinstance(loss, np.ndarray) and loss.shape == (1,)
        return {"loss": loss.reshape(()) if single else loss}, cache

    def called(self, module: Any, tensors: Inputs, at: At) -> Any:
        return module(tensors["x"], tensors["y"])


class Conv(Layer):
    """`Conv(in_channels, out_channels, kernel_size, stride, bias)`: x (N, C, H, W).

    weight (k, k, in, out), bias (out,); the padding is (k - 1) / 2.
    """

    orders: Mapping[str, str] = {"w": "fchw>hwcf"}
    parameters = Linear.parameters

    def made(self, at: At, inputs: Inputs) -> Any:
        filters, channels, kernel, _ = inputs["w"].shape
        return self._kind(channels, filters, kernel, stride=at["stride"][0], bias="b" in inputs)


class RnnCell(Layer):
    """`RNNCell(input_size, hidden_size)(x, h)`: W_ih (in, H), W_hh (H, H), bias_ih, bias_hh."""

    outputs: tuple[str, ...] = ("next_h",)
    cell = ""
    states: tuple[str, ...] = ("prev_h",)

    def __init__(self, kind: Any) -> None:
        super().__init__(kind)
        names = {"Wx": ("W_ih",), "Wh": ("W_hh",), "b": ("bias_ih", "bias_hh")}
        self.parameters = {n: tuple(self.cell + path for path in p) for n, p in names.items()}

    def made(self, at: At, inputs: Inputs) -> Any:
        return self._kind(inputs["Wx"].shape[0], inputs["Wh"].shape[0])

    def called(self, module: Any, tensors: Inputs, at: At) -> Any:
        states = tuple(tensors[name] for name in self.states)
        return module(tensors["x"], states if len(states) > 1 else states[0])


class LstmCell(RnnCell):
    """`LSTMCell(input_size, hidden_size)(x, (h, c))`: W_ih (in, 4H), W_hh (H, 4H), biases."""

    outputs = ("next_h", "next_c")
    states = ("prev_h", "prev_c")


class Rnn(RnnCell):
    """`RNN(input_size, hidden_size)(x, h0)`: x (T, N, in), h0 (1, N, H); output (T, N, H)."""

    outputs: tuple[str, ...] = ("h",)
    states: tuple[str, ...] = ("h0",)
    cell = "rnn_cells.0."
    orders: Mapping[str, str] = {"x": "ntd>tnd", "h0": "nh>1nh", "c0": "nh>1nh", "h": "nth>tnh"}

    def called(self, module: Any, tensors: Inputs, at: At) -> Any:
        results = super().called(module, tensors, at)
        if not isinstance(results, tuple) or len(results) != 2:
            raise WrongResult("returned no pair of all hidden states and the last ones")
        return results[0]


class Lstm(Rnn):
    """`LSTM(input_size, hidden_size)(x, (h0, c0))`: x (T, N, in); output and (h_n, c_n)."""

    outputs = ("h", "c_n")
    states = ("h0", "c0")
    cell = "lstm_cells.0."
    orders: Mapping[str, str] = {**Rnn.orders, "c_n": "nh>1nh"}

    def called(self, module: Any, tensors: Inputs, at: At) -> Any:
        results = RnnCell.called(self, module, tensors, at)
        try:
            h, (_, c_n) = results
        except (TypeError, ValueError):
            raise WrongResult("returned no output and (h_n, c_n)") from None
        return h, c_n


class Embedding(Layer):
    """`Embedding(num_embeddings, embedding_dim)(ids)`: ids (T, N), weight (words, dim)."""

    parameters: Mapping[str, tuple[str, ...]] = {"W": ("weight",)}

    def made(self, at: At, inputs: Inputs) -> Any:
        return self._kind(*inputs["W"].shape)

    def called(self, module: Any, tensors: Inputs, at: At) -> Any:
        return module(tensors["ids"])


BASE = Promise(keeps_dtype=False, dtypes=("float32",), mixed=True, kinks="weak")
SHAPES = replace(BASE, domain={"ndim": (2, 1, 3, 4), "empty": (False,)})
ROWS: dict[str, tuple[Any, ...]] = {"batch": (1, 2, 3), "lead_dims": (1,), "feature_dims": (1,)}
LINEAR = replace(BASE, domain=ROWS)
NORM = replace(
    BASE, domain=ROWS | {"scaled": (True,), "shifted": (True,), "normalized_shape": (None,)}
)
BATCH_NORM = replace(
    BASE,
    domain={"running_var_update": ("biased",), "affine": (True,), "ndim": (2,)},
    may_change=("running_mean", "running_var"),
    backward_when={"training": (True,)},
    differs="the running variance is the biased one",
)
CONV = replace(
    BASE,
    domain={
        "batch": (1, 2, 3),
        "kernel": ((3, 3),),
        "padding": ((1, 1),),
        "dilation": (1,),
        "groups": (1,),
        "named_padding": (False,),
    },
    square=("out", "stride"),
)
LOSS = replace(BASE, domain={"reduction": ("mean",), "spatial_dims": (0,), "ignored": (False,)})
DROPOUT = replace(
    BASE,
    domain={"given": (False,), "p": (0.5, 0.2, 0.8, 0.1), "ndim": (2, 1, 3), "empty": (False,)},
    stochastic=True,
)
STEP = replace(BASE, domain={"batch": (1, 2, 3)})
SEQUENCE = replace(BASE, domain={"batch": (1, 2, 3), "packed": (False,)})
EMBEDDING = replace(BASE, domain={"ndim": (2,), "padded": (False,), "empty": (False,)})
LOG_SOFTMAX = replace(BASE, domain={"ndim": (2,), "axis": (-1, 1), "empty": (False,)})
STEPS = replace(
    BASE,
    domain={"ndim": (2, 1, 3, 4), "empty": (False,), "fresh": (True,), "maximize": (False,)},
    may_change=("w",),
    outputs=("w",),
)
SGD = replace(
    STEPS,
    domain={
        **STEPS.domain,
        "averaged": (True,),
        "nesterov": (False,),
        "start": ("zero",),
        "velocity_form": ("torch",),
    },
    differs="the gradient enters the velocity with 1 - momentum",
)
FLIP = replace(BASE, domain={"batch": (1, 2, 3), "given": (False,)}, stochastic=True)
CROP = replace(
    FLIP,
    domain={**FLIP.domain, "padding_mode": ("constant",), "fill": (0.0,), "same": (True,)},
)
ADAM = replace(STEPS, domain={**STEPS.domain, "amsgrad": (False,)})


GRAPHS = replace(
    BASE,
    layouts=(),  # second derivatives cancel, and float32 engines add up in another order then
    domain={
        "broadcasts": ("no",),
        "negative_axes": (False,),
        "steps_of_graph": (1, 2, 3),
        "regime": ("integers", "normal"),
        "ndim": (2, 1, 3),
    },
)


def graph(operation: str) -> Spelling:
    """An operation of `needle.ops`, or the engine."""
    name = graphs.NAMES.get(operation, operation)
    domain = {**GRAPHS.domain, "op": (operation,)}
    if operation == "engine":
        name = "compute_gradient_of_variables"
        domain |= {"op": tuple(graphs.OVERLOADED), "steps_of_graph": (1, 2, 3, 4, 5, 6)}
    if operation == "matmul":
        domain |= {"ndim": (2, 3, 4), "broadcasts": ("no", "missing")}
    first = ("out", "dx", "dy")
    outputs = first if operation in graphs.FIRST_ORDER else None

    def adapt(forward: Any, backward: Any, signature: Signature) -> Functions:
        return graphs.Graph(operation, forward, Engine(forward))

    adapt.__doc__ = inspect.getdoc(graphs.Graph)
    return Spelling(
        "autodiff",
        name,
        None,
        adapt,
        replace(GRAPHS, domain=domain, outputs=outputs),
        when=is_function,
        tells=lambda forward, backward: graphs.told(operation, Engine(forward)),
    )


def is_module(member: Any) -> bool:
    """Whether it is a module of a package with tensors of its own, and none of its operators."""
    return inspect.isclass(member) and hasattr(member, "forward") and engine_of(member) is not None


def is_function(member: Any) -> bool:
    return inspect.isfunction(member) and engine_of(member) is not None


def row(operator: str, name: str, kind: type[Layer], promise: Promise) -> Spelling:
    when = is_function if kind is Function else is_module
    return Spelling(operator, name, None, adapter(kind), promise, when=when)


SPELLINGS = (
    row("relu", "relu", Function, SHAPES),
    row("tanh", "tanh", Function, SHAPES),
    row("log_softmax", "logsoftmax", Function, LOG_SOFTMAX),
    row("linear", "Linear", Linear, LINEAR),
    row("relu", "ReLU", Elementwise, SHAPES),
    row("sigmoid", "Sigmoid", Elementwise, SHAPES),
    row("tanh", "Tanh", Elementwise, SHAPES),
    row("cross_entropy", "SoftmaxLoss", SoftmaxLoss, LOSS),
    row("batch_norm", "BatchNorm1d", BatchNorm, BATCH_NORM),
    row(
        "batch_norm",
        "BatchNorm2d",
        BatchNorm,
        replace(BATCH_NORM, domain={**BATCH_NORM.domain, "ndim": (4,)}),
    ),
    row("layer_norm", "LayerNorm1d", Norm, NORM),
    row("dropout", "Dropout", Dropout, DROPOUT),
    row("conv2d", "Conv", Conv, CONV),
    row("rnn_step", "RNNCell", RnnCell, STEP),
    row("rnn", "RNN", Rnn, SEQUENCE),
    row("lstm_step", "LSTMCell", LstmCell, STEP),
    row(
        "lstm",
        "LSTM",
        Lstm,
        replace(SEQUENCE, domain={**SEQUENCE.domain, "initial_cell": (True,)}),
    ),
    row("embedding", "Embedding", Embedding, EMBEDDING),
    *map(graph, ("engine", *graphs.CALLS)),
    Spelling("sgd", "SGD", None, optim.Sgd, SGD, when=optim.engine_near),
    Spelling("adam", "Adam", None, optim.Adam, ADAM, when=optim.engine_near),
    Spelling(
        "random_flip",
        "RandomFlipHorizontal",
        None,
        data.RandomFlip,
        FLIP,
        when=data.transforms("p"),
    ),
    Spelling(
        "random_crop",
        "RandomCrop",
        None,
        data.RandomCrop,
        CROP,
        when=data.transforms("padding"),
    ),
)

convention = Convention(
    "needle",
    "CMU 10-714, the package needle: nn modules and ops on its own tensors",
    among(SPELLINGS),
    text=__doc__,
)
