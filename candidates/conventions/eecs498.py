"""Michigan EECS 498-007 / 598-005: CS231n's layers on torch tensors, 2019 to 2022.

A3's `fully_connected_networks.py` and `convolutional_networks.py` have a class a layer, whose
static methods are `out, cache = Conv.forward(x, w, b, conv_param)` and `dx, dw, db =
Conv.backward(dout, cache)`. What the text says, in our words, is the promise: one stride for both
axes, one zero padding, no dilation, no groups, sizes that the stride divides; pooling is unpadded;
every layer has a bias, and a linear layer's weights are (D, M). Batch norm's momentum is the
fraction kept, its running variance the biased one, and both statistics start at zero, in the
dictionary that it is given. Dropout's p is the fraction dropped. Losses give their gradient with
them; the hinge loss adds up the classes. FastConv and FastMaxPool, which the course hands out, and
the sandwiches made of them, run torch's own layers: their cache is good for one backward, and
making a layer moves torch's generator.

The recurrent layers of A4 and A5 are functions. Those of the simple network give a cache and have a
backward; the others are followed by autograd: an LSTM with its gates in the order i, f, o, g, whose
cell starts at zero and is not returned; a softmax loss over time, summed over the steps and divided
by N, that ignores one id; and A5's scaled dot products of queries, keys and values of one size, in
float32, whose mask is True at what is hidden. Of `grad.py`, `compute_numeric_gradient` takes
central differences, and `rel_error` the largest |x - y| over the largest |x| + |y|.

A3's `TwoLayerNet`, `FullyConnectedNet` and `ThreeLayerConvNet` are classes with `params` and
`loss(X, y)`, as CS231n's; their penalty is reg times the squared weights, without a half. So is
that of A2's `nn_forward_backward(params, X, y, reg)`.

The update rules of A3, `next_w, config = adam(w, dw, config)`, are CS231n's: what they keep lives
in the dictionary, the step is counted up before its use, and w may be written to.

Gradients at kinks may be any subgradient. Tensors are contiguous, as the course's own are, and
float32 may become float64. Where a function names the device "cuda" itself it is missing, except
with `--device cuda`.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from candidates.conventions import (
    _cs231n_layers,
    _cs231n_optim,
    _eecs498_models,
    _solvers,
    cs231n,
)
from candidates.conventions._composed import composed
from candidates.conventions._gradient_checks import (
    TensorNumericalGradient,
    TensorRelativeError,
    differentiates,
    takes,
    told,
)
from candidates.conventions._objects import built_from
from candidates.conventions._tensors import by_autograd, on_tensors, on_torch
from candidates.spelling import Convention, Pair, Signature, Spelling, among
from properties.host import Functions
from properties.promise import Promise

Adapter = Callable[[Any, Any, Signature], Functions]


def with_cache(kind: type[Pair]) -> Adapter:
    """The adapter of a pair of functions on tensors with a cache between them."""

    def adapter(forward: Any, backward: Any, signature: Signature) -> Functions:
        return kind(
            on_tensors(forward, kind.outputs, gives_cache=True),
            on_tensors(backward, [f"d{n}" for n in kind.gradients], takes_cache=True),
        )

    adapter.__doc__ = kind.__doc__
    return adapter


def with_gradient(kind: type[Pair]) -> Adapter:
    """The adapter of a loss on tensors that gives its gradient with it."""

    def adapter(forward: Any, backward: Any, signature: Signature) -> Functions:
        return kind(on_tensors(forward, ("loss", "dx")), None)

    adapter.__doc__ = kind.__doc__
    return adapter


def without_cache(kind: type[Pair]) -> Adapter:
    """The adapter of a function on tensors that autograd follows."""

    def adapter(forward: Any, backward: Any, signature: Signature) -> Functions:
        return kind(*by_autograd(forward, kind.outputs))

    adapter.__doc__ = kind.__doc__
    return adapter


class Linear(_cs231n_layers.Affine):
    """`Linear.forward(x, w, b)`: x (N, d1, ..., dk) is flattened, w is (D, M)."""


class ReLU(Pair):
    """`ReLU.forward(x)`: x of any shape."""


class Conv(_cs231n_layers.Conv):
    """`Conv.forward(x, w, b, conv_param)` with the keys stride and pad."""


class MaxPool(_cs231n_layers.MaxPool):
    """`MaxPool.forward(x, pool_param)` with pool_height, pool_width and stride."""


class ConvReluPool(_cs231n_layers.ConvReluPool):
    """`Conv_ReLU_Pool.forward(x, w, b, conv_param, pool_param)`."""


class BatchNorm(_cs231n_layers.BatchNorm):
    """`BatchNorm.forward(x, gamma, beta, bn_param)`, whose statistics live in the dictionary."""


class ConvBatchNormRelu(_cs231n_layers.ConvBatchNormRelu):
    """`Conv_BatchNorm_ReLU.forward(x, w, b, gamma, beta, conv_param, bn_param)`."""


class Dropout(_cs231n_layers.DropoutOfDropped):
    """`Dropout.forward(x, dropout_param)` with p, the fraction dropped, and mode."""


class TemporalLoss(Pair):
    """`loss = temporal_softmax_loss(x, y, ignore_index)`: summed over time, divided by N.

    What is not counted has the id -100, which is no word's.
    """

    outputs = ("loss",)

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        return inputs["x"], inputs["y"], NO_WORD


NO_WORD = -100


class Attention(Pair):
    """`scaled_dot_product_two_loop_batch(query, key, value)`: each (N, K, M), or (K, M).

    They are float32, as the course's own are: solutions mix in constants of that type. What is
    written into them is written back.
    """

    gradients = ("q", "k", "v")

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        return inputs["q"], inputs["k"], inputs["v"]

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        single = {n: _single(array) for n, array in inputs.items()}
        outputs, cache = super().forward(at, single)
        _write_back(inputs, single)
        return outputs, (cache, inputs, single)

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        graph, inputs, single = cache
        gradients = super().backward(cotangents, graph)
        _write_back(inputs, single)
        return gradients


def _single(array: np.ndarray) -> np.ndarray:
    if array.dtype != np.float64:
        return array
    single = array.astype(np.float32)
    single.flags.writeable = array.flags.writeable
    return single


def _write_back(inputs: Mapping[str, Any], single: Mapping[str, Any]) -> None:
    for name, array in inputs.items():
        if array.flags.writeable and single[name] is not array:
            array[...] = single[name]


class MaskedAttention(Attention):
    """`y, weights = scaled_dot_product_no_loop_batch(query, key, value, mask)`.

    query, key and value are (N, K, M); the mask is (N, K, K), True at what is hidden, or None.
    """

    outputs = ("out", "weights")

    def arguments(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, ...]:
        mask = inputs.get("mask")
        hidden = None if mask is None else np.logical_not(mask)
        return (*super().arguments(at, inputs), hidden)

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        outputs, cache = super().forward(at, inputs)
        return {"out": outputs["out"]}, (cache, outputs["weights"])

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        cache, weights = cache
        return super().backward({**cotangents, "weights": np.zeros_like(weights)}, cache)


BASE = Promise(keeps_dtype=False, kinks="weak", layouts=())
TORCHS_GENERATOR = "torch's random state"


def _like(promise: Promise, **changes: Any) -> Promise:
    """A promise of CS231n's, on contiguous tensors."""
    return replace(promise, layouts=(), **changes)


def _of_torch(promise: Promise) -> Promise:
    """The promise of what runs torch's own layers within."""
    changed = (*promise.may_change, TORCHS_GENERATOR)
    return replace(promise, layouts=(), may_change=changed, cache_once=True)


CONV, POOL = _like(cs231n.CONV), _like(cs231n.POOL)
# What a comparison gives is float32 once it is divided: fractions dropped for which that is exact.
DROPOUT = _like(
    cs231n.DROPOUT,
    domain={**cs231n.DROPOUT.domain, "p": (0.75, 0.875)},
    differs="p is the fraction dropped",
)
TEMPORAL_LOSS = _like(
    cs231n.TEMPORAL_LOSS, domain={"reduction": ("batch",), "pad_id": (NO_WORD, None)}
)
ATTENTION = replace(
    BASE,
    domain={
        "lead_dims": (1,),
        "batch": (1, 2, 3),
        "cross": (False,),
        "features": (3,),
        "value_features": (3,),
        "mask_of": (None,),
        "causal": (False,),
        "scale": (None,),
    },
    dtypes=("float32",),
    differs="in float32",
)

SGD, SGD_MOMENTUM = _like(cs231n.SGD), _like(cs231n.SGD_MOMENTUM)
RMSPROP, ADAM = _like(cs231n.RMSPROP), _like(cs231n.ADAM)
NUMERICAL = _like(cs231n.RELU, domain={**cs231n.RELU.domain, "reuses": (False,)})
SOLVER = _like(cs231n.SOLVER)
NETS = replace(cs231n.BASE, domain={"hidden_layers": (1, 2, 3, 4)})
RELATIVE = _like(cs231n.RELU, domain={"over": ("largest",)})


def _static(*names: str) -> Callable[[Any], bool]:
    """Whether a method takes these arguments first, and so no object before them."""

    def holds(method: Any) -> bool:
        return _parameters(method)[: len(names)] == names

    return holds


def _parameters(function: Any) -> tuple[str, ...]:
    try:
        return tuple(inspect.signature(function).parameters)
    except (TypeError, ValueError):
        return ()


def _ignores_an_id(function: Any) -> bool:
    return _parameters(function)[2:3] == ("ignore_index",) and on_torch(function)


def _takes_parameters(function: Any) -> bool:
    return _parameters(function) == ("params", "X", "y", "reg") and on_torch(function)


LAYERS = "right_eecs498.py"  # right classes of the course, bundled


def _layer(
    operator: str, name: str, kind: type[Pair], promise: Promise, backward: str = "backward"
) -> Spelling:
    """The static methods of a class."""
    return Spelling(
        operator,
        f"{name}.forward",
        f"{name}.{backward}",
        with_cache(kind),
        promise,
        variant=backward != "backward",
        when=_static("x"),
    )


def _sandwich(operator: str, name: str, kind: type[Pair], promise: Promise) -> Spelling:
    """A layer that runs others of the course, each by its name."""
    spelling = _layer(operator, name, kind, promise)
    return replace(spelling, adapter=composed(spelling.adapter), stand_ins=LAYERS)


def _norm(ndim: int) -> Promise:
    return _like(cs231n.NORM, domain={**cs231n.NORM.domain, "ndim": (ndim,)})


def _rule(operator: str, name: str, kind: type[_cs231n_optim.Sgd], promise: Promise) -> Spelling:
    """An update rule, whose state lives in the dictionary that it is given."""
    adapter = _cs231n_optim.on_tensor_rules(kind)
    return Spelling(operator, name, None, adapter, promise, when=_cs231n_optim.rule_of_tensors)


def _model(
    operator: str, kind: type[_eecs498_models.TensorModel], promise: Promise, *first: str
) -> Spelling:
    """A network, known by the parameters with which its constructor begins."""
    built = built_from(*first)
    return Spelling(
        operator,
        kind.__name__,
        None,
        kind,
        _of_torch(promise),
        when=lambda model: built(model) and on_torch(model),
        tells=_eecs498_models.told,
        stand_ins=LAYERS,
    )


def _attention(name: str, kind: type[Pair], **domain: tuple[Any, ...]) -> Spelling:
    promise = replace(ATTENTION, domain={**ATTENTION.domain, **domain})
    return Spelling("attention", name, None, without_cache(kind), promise)


SPELLINGS = (
    _layer("linear", "Linear", Linear, _like(cs231n.LINEAR)),
    _layer("relu", "ReLU", ReLU, _like(cs231n.RELU)),
    _sandwich("linear_relu", "Linear_ReLU", Linear, _like(cs231n.LINEAR)),
    _layer("dropout", "Dropout", Dropout, DROPOUT),
    _layer("conv2d", "Conv", Conv, CONV),
    _layer("max_pool2d", "MaxPool", MaxPool, POOL),
    _layer("conv2d", "FastConv", Conv, _of_torch(CONV)),
    _layer("max_pool2d", "FastMaxPool", MaxPool, _of_torch(POOL)),
    _layer("batch_norm", "BatchNorm", BatchNorm, _norm(2)),
    _layer("batch_norm", "BatchNorm", BatchNorm, _norm(2), "backward_alt"),
    _layer("batch_norm", "SpatialBatchNorm", BatchNorm, _norm(4)),
    _sandwich("conv_relu", "Conv_ReLU", Conv, _of_torch(CONV)),
    _sandwich("conv_relu_pool", "Conv_ReLU_Pool", ConvReluPool, _of_torch(cs231n.CONV_RELU_POOL)),
    _sandwich(
        "conv_bn_relu",
        "Conv_BatchNorm_ReLU",
        ConvBatchNormRelu,
        _of_torch(cs231n.CONV_NORM_RELU),
    ),
    _model(
        "two_layer_net",
        _eecs498_models.TwoLayerNet,
        cs231n.TWO_LAYERS,
        *("input_dim", "hidden_dim", "num_classes"),
    ),
    Spelling(
        "two_layer_net",
        "nn_forward_backward",
        None,
        _eecs498_models.TwoLayerFunction,
        _of_torch(
            replace(cs231n.TWO_LAYERS, domain={**cs231n.TWO_LAYERS.domain, "feature_dims": (1,)})
        ),
        when=_takes_parameters,
    ),
    _model(
        "fully_connected_net",
        _eecs498_models.FullyConnectedNet,
        NETS,
        *("hidden_dims", "input_dim", "num_classes"),
    ),
    _model(
        "three_layer_convnet",
        _eecs498_models.ThreeLayerConvNet,
        cs231n.BASE,
        *("input_dims", "num_filters", "filter_size", "hidden_dim", "num_classes"),
    ),
    Spelling(
        "cross_entropy",
        "softmax_loss",
        None,
        with_gradient(_cs231n_layers.Loss),
        _like(cs231n.SOFTMAX),
        when=on_torch,
    ),
    Spelling(
        "multiclass_hinge",
        "svm_loss",
        None,
        with_gradient(_cs231n_layers.Loss),
        _like(cs231n.SVM),
        when=on_torch,
    ),
    Spelling(
        "rnn_step",
        "rnn_step_forward",
        "rnn_step_backward",
        with_cache(_cs231n_layers.RnnStep),
        _like(cs231n.STEP),
        when=on_torch,
    ),
    Spelling(
        "rnn",
        "rnn_forward",
        "rnn_backward",
        with_cache(_cs231n_layers.Rnn),
        _like(cs231n.SEQUENCE),
        when=on_torch,
    ),
    Spelling(
        "temporal_cross_entropy",
        "temporal_softmax_loss",
        None,
        without_cache(TemporalLoss),
        TEMPORAL_LOSS,
        when=_ignores_an_id,
    ),
    Spelling(
        "lstm_step",
        "lstm_step_forward",
        None,
        without_cache(_cs231n_layers.LstmStep),
        _like(cs231n.LSTM_STEP),
        when=on_torch,
    ),
    Spelling(
        "lstm",
        "lstm_forward",
        None,
        without_cache(_cs231n_layers.Lstm),
        _like(cs231n.LSTM),
        when=on_torch,
    ),
    _attention("scaled_dot_product_two_loop_single", Attention, lead_dims=(0,)),
    _attention("scaled_dot_product_two_loop_batch", Attention),
    _attention("scaled_dot_product_no_loop_batch", MaskedAttention, mask_of=(None, "all")),
    _rule("sgd", "sgd", _cs231n_optim.Sgd, SGD),
    _rule("sgd", "sgd_momentum", _cs231n_optim.SgdMomentum, SGD_MOMENTUM),
    _rule("rmsprop", "rmsprop", _cs231n_optim.Rmsprop, RMSPROP),
    _rule("adam", "adam", _cs231n_optim.Adam, ADAM),
    Spelling(
        "numerical_gradient",
        "compute_numeric_gradient",
        None,
        TensorNumericalGradient,
        NUMERICAL,
        when=differentiates("df"),
        tells=told,
    ),
    Spelling(
        "solver",
        "Solver",
        None,
        _solvers.TensorSolver,
        SOLVER,
        when=_solvers.of_tensors,
        obstacle=_solvers.obstacle,
        tells=_solvers.told,
    ),
    Spelling(
        "relative_error",
        "rel_error",
        None,
        TensorRelativeError,
        RELATIVE,
        when=lambda function: takes("x", "y")(function) and "eps" in _parameters(function),
    ),
)


convention = Convention(
    "eecs498",
    "Michigan EECS 498-007 / 598-005, A3 to A5: layers on torch tensors",
    among(SPELLINGS),
    needs_torch=True,
    text=__doc__,
)
