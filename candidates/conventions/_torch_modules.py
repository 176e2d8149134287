"""The modules of `torch.nn` and `torchvision.ops`: constructors, weights, and what goes in."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from candidates.conventions import _torch_functions as functions
from candidates.conventions._signatures import Parameter, Values
from candidates.conventions._torch_functions import Known, number, tensor

At = Mapping[str, Any]


@dataclass(frozen=True, eq=False)
class Weight:
    """A parameter or buffer of a module: torch's name, then others in use, and its value.

    switch: the constructor's parameter that says whether there is one. Where the constructor has
        none, the cases are those of `present` if a module has such a parameter, else of `absent`.
    """

    names: tuple[str, ...]
    value: Callable[[At, At], Any]
    switch: str = ""
    present: Mapping[str, Values] = field(default_factory=dict)
    absent: Mapping[str, Values] = field(default_factory=dict)


@dataclass(frozen=True)
class KnownModule:
    """A module of torch's that an operator is.

    constructor, forward: their parameters; read: the operator's outputs, of what forward returns;
    state: buffers that are outputs too.
    """

    operator: str
    classes: tuple[str, ...]
    constructor: tuple[Parameter, ...] = ()
    forward: tuple[Parameter, ...] = (functions.X,)
    weights: tuple[Weight, ...] = ()
    results: tuple[str, ...] = ("out",)
    read: Callable[[At, Any, bool], Any] = lambda at, results, batch_first: results
    state: Mapping[str, str] = field(default_factory=dict)
    domain: Mapping[str, Values] = field(default_factory=dict)
    beyond: tuple[str, ...] = ()


def _size(*names: str, of: Callable[[At], Any]) -> Parameter:
    """A size, read off the tensors: laws change them without saying so in the attributes."""
    return Parameter(names, lambda at, tensors: of(tensors))


def _switch(name: str, of: Callable[[At], bool]) -> Parameter:
    """Whether there are weights: a module without the parameter shows it by those it has."""
    return Parameter((name,), lambda at, tensors: of(at), {})


def _weight(of: str, *names: str, switch: str = "", **cases: tuple[bool, ...]) -> Weight:
    present, absent = (dict.fromkeys(cases, (value,)) for value in (True, False))
    return Weight(names, lambda at, t: t.get(of), switch, present, absent)


WEIGHT = _weight("w", *functions.WEIGHT)
BIAS = _weight("b", "bias", "b", switch="bias", bias=(True, False))
HAS_BIAS = _switch("bias", lambda at: at["bias"])
CHANNELS = (
    _size("in_channels", "inc", "in_ch", "cin", of=lambda t: t["x"].shape[1]),
    _size("out_channels", "outc", "out_ch", "cout", of=lambda t: t["w"].shape[0]),
    Parameter(
        ("kernel_size", "kernel", "k"),
        lambda at, tensors: tuple(tensors["w"].shape[2:]),
        several=True,
        square="kernel",
    ),
)
WINDOWS = (functions.STRIDE, functions.PADDING, functions.DILATION)
GROUPS = number("groups", "groups", without={"groups": (1,)})


def _same(known: Known, **changes: Any) -> KnownModule:
    """A module whose constructor takes all that the function takes beside its first input."""
    stated = changes.pop("constructor", known.parameters[1:])
    return KnownModule(
        known.operator,
        known.classes,
        stated,
        results=known.results,
        domain={**known.domain, **changes.pop("domain", {})},
        beyond=known.beyond,
        **changes,
    )


FUNCTION = {known.operator: known for known in functions.FUNCTIONS}


def _norm(ndim: int, *names: str) -> KnownModule:
    affine = {"switch": "affine", "affine": (True, False)}
    return KnownModule(
        "batch_norm",
        names,
        (
            _size("num_features", "channels", "dim", "features", of=lambda t: t["x"].shape[1]),
            functions.EPS,
            number("momentum", "momentum", without={"momentum": (0.1,)}),
            _switch("affine", lambda at: at["affine"]),
        ),
        weights=(
            _weight("gamma", "weight", "gamma", "scale", "w", **affine),  # type: ignore[arg-type]
            _weight("beta", "bias", "beta", "shift", "b", **affine),  # type: ignore[arg-type]
            _weight("running_mean", "running_mean", "moving_mean", "exp_mean"),
            _weight("running_var", "running_var", "moving_var", "exp_var"),
        ),
        state={"running_mean": "running_mean", "running_var": "running_var"},
        domain={"ndim": (ndim,), "running_var_update": ("unbiased",)},
    )


def _layer_of(at: At, batch_first: bool, x: Any) -> Any:
    return x if batch_first else x.transpose(0, 1)


def _read_sequence(at: At, results: Any, batch_first: bool) -> Any:
    """h (N, T, H), of `out, h_n`; of an LSTM's `out, (h_n, c_n)` c_n too."""
    out, last = results
    h = _layer_of(at, batch_first, out)
    return (h, last[1][0]) if isinstance(last, (tuple, list)) else h


SIZES = (
    _size("input_size", "input_dim", "in_features", of=lambda t: t["Wx"].shape[0]),
    _size("hidden_size", "hidden_dim", "hidden", of=lambda t: t["Wh"].shape[0]),
)
BATCH_FIRST = Parameter(("batch_first",), lambda at, tensors: True, {})
LAYERS = Parameter(("num_layers", "n_layers"), lambda at, tensors: 1, {})


def _zeros(at: At, tensors: At) -> Any:
    return tensors["b"].new_zeros(tensors["b"].shape)


def _gates(suffix: str, bias: str = "b", second: str | None = None) -> tuple[Weight, ...]:
    return (
        Weight((f"weight_ih{suffix}", "weight_ih", "w_ih"), lambda at, t: t["Wx"].T),
        Weight((f"weight_hh{suffix}", "weight_hh", "w_hh"), lambda at, t: t["Wh"].T),
        Weight((f"bias_ih{suffix}", "bias_ih", "b_ih"), lambda at, t: t[bias]),
        Weight(
            (f"bias_hh{suffix}", "bias_hh", "b_hh"),
            _zeros if second is None else lambda at, t: t[second],
        ),
    )


def _sequence(operator: str, name: str, **changes: Any) -> KnownModule:
    """A recurrent layer: its input is turned for it where it does not take batch_first."""
    return KnownModule(
        operator,
        (name,),
        (*SIZES, LAYERS, BATCH_FIRST),
        forward=(
            functions.X,
            Parameter(("hx", "h0", "h_0", "h", "hidden", "state", "init_states"), _states),
        ),
        read=_read_sequence,
        **changes,
    )


def _states(at: At, tensors: At) -> Any:
    h0 = tensors["h0"][None]
    if "initial_cell" not in at:
        return h0
    return h0, (tensors["c0"][None] if "c0" in tensors else h0.new_zeros(h0.shape))


MODULES = (
    KnownModule(
        "conv2d",
        ("Conv2d", "Conv2D"),
        (*CHANNELS, *WINDOWS, GROUPS, HAS_BIAS),
        weights=(WEIGHT, BIAS),
        domain={"named_padding": (False,)},
        beyond=("named_padding",),
    ),
    KnownModule(
        "deform_conv2d",
        ("DeformConv2d", "DeformConv2D", "DeformConv"),
        (*CHANNELS, *WINDOWS, GROUPS, HAS_BIAS),
        forward=(
            functions.X,
            tensor("offset", "offset", "offsets"),
            tensor("mask", "mask", without={"masked": (False,)}, needed={"masked": (True,)}),
        ),
        weights=(WEIGHT, BIAS),
    ),
    KnownModule(
        "linear",
        ("Linear",),
        (
            _size("in_features", "input_dim", "in_dim", "d_in", of=lambda t: t["w"].shape[1]),
            _size("out_features", "output_dim", "out_dim", "d_out", of=lambda t: t["w"].shape[0]),
            HAS_BIAS,
        ),
        weights=(WEIGHT, BIAS),
        domain={"lead_dims": (1,)},
        beyond=("lead_dims",),
    ),
    KnownModule(
        "embedding",
        ("Embedding",),
        (
            _size("num_embeddings", "vocab_size", "num_words", of=lambda t: t["W"].shape[0]),
            _size("embedding_dim", "d_model", "embed_size", "dim", of=lambda t: t["W"].shape[1]),
            number("padding_idx", "padding_idx", without={"padded": (False,)}),
        ),
        forward=(tensor("ids", *functions.FIRST, "ids", "indices", "token_ids", "idx"),),
        weights=(_weight("W", *functions.WEIGHT, "embedding", "embeddings", "table"),),
    ),
    _norm(2, "BatchNorm1d", "BatchNorm1D"),
    _norm(4, "BatchNorm2d", "BatchNorm2D"),
    KnownModule(
        "layer_norm",
        ("LayerNorm",),
        (functions.NORMALIZED_SHAPE, functions.EPS, _switch("bias", lambda at: at["shifted"])),
        weights=(
            _weight("gamma", "weight", "gamma", "scale", "w", "a_2", scaled=(True, False)),
            _weight(
                "beta", "bias", "beta", "shift", "b", "b_2", switch="bias", shifted=(True, False)
            ),
        ),
    ),
    KnownModule(
        "group_norm",
        ("GroupNorm",),
        (
            number("groups", "num_groups", "groups"),
            _size("num_channels", "channels", of=lambda t: t["x"].shape[1]),
            functions.EPS,
        ),
        weights=(
            _weight("gamma", "weight", "gamma", "scale", "w", scaled=(True, False)),
            _weight("beta", "bias", "beta", "shift", "b", shifted=(True, False)),
        ),
    ),
    KnownModule(
        "prelu",
        ("PReLU", "PRelu"),
        (
            Parameter(
                ("num_parameters",),
                lambda at, tensors: tensors["w"].shape[0],
                {"shared": (True,)},
            ),
        ),
        weights=(_weight("w", *functions.WEIGHT, "alpha", "a"),),
    ),
    *(
        _same(FUNCTION[operator])
        for operator in [
            "relu",
            "leaky_relu",
            "elu",
            "sigmoid",
            "tanh",
            "softmax",
            "log_softmax",
            "max_pool2d",
            "avg_pool2d",
            "adaptive_avg_pool2d",
            "sliding_windows",
        ]
    ),
    _same(FUNCTION["dropout"], constructor=FUNCTION["dropout"].parameters[1:2]),
    *(
        _same(
            FUNCTION[operator],
            constructor=FUNCTION[operator].parameters[2:],
            forward=FUNCTION[operator].parameters[:2],
        )
        for operator in ("cross_entropy", "nll_loss", "mse_loss", "multiclass_hinge")
    ),
    _sequence("rnn", "RNN", results=("h",), weights=_gates("_l0")),
    _sequence("lstm", "LSTM", results=("h", "c_n"), weights=_gates("_l0")),
    _sequence("gru", "GRU", results=("h",), weights=_gates("_l0", "bx", "bh")),
    *(
        KnownModule(
            operator,
            (name,),
            SIZES,
            forward=FUNCTION[operator].parameters[:2],
            results=FUNCTION[operator].results,
            weights=_gates(""),
        )
        for operator, name in (("rnn_step", "RNNCell"), ("lstm_step", "LSTMCell"))
    ),
)
