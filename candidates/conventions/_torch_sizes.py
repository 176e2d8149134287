"""How large a torch model is: functions that count its parameters, or the bytes they take.

They are handed a module with nested parts, frozen parameters, buffers, and one parameter under two
names. What they give for a small one says what they count, and in which unit.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import CodeType
from typing import Any

from candidates.conventions._free import is_own
from candidates.conventions._metrics import Arrays, Call, Form, Metric, number
from candidates.conventions._tensors import load_torch
from candidates.spelling import Spelling
from properties.modules import holder_of
from properties.plain import given

MODEL = "model net network module m mdl nn_model torch_model classifier"


def built(tensors: Sequence[Any]) -> Any:
    """A module whose parameters and buffers are these; those of one place are one object."""
    torch = load_torch()
    root = torch.nn.Module()
    made: list[Any] = []
    for place, (path, kind, shape, dtype, of) in enumerate(tensors):
        holder, name = holder_of(root, path)
        tensor = torch.zeros(tuple(shape), dtype=getattr(torch, dtype))
        if kind == "buffer":
            holder.register_buffer(name, tensor)
        else:
            trainable = kind == "trainable"
            tensor = made[of] if of != place else torch.nn.Parameter(tensor, trainable)
            holder.register_parameter(name, tensor)
        made.append(tensor)
    return root


ASKED = frozenset(["parameters", "named_parameters", "state_dict", "buffers", "numel", "nelement"])


def is_of_modules(function: Any) -> bool:
    """Whether it asks a module of torch for what it holds, itself or beside torch."""
    if not is_own(function):
        return False
    code = getattr(function, "__code__", None)
    return "torch" in getattr(function, "__globals__", ()) or (code is not None and _asks(code))


def _asks(code: CodeType) -> bool:
    inner = [constant for constant in code.co_consts if isinstance(constant, CodeType)]
    return bool(ASKED & set(code.co_names)) or any(map(_asks, inner))


SMALL = (
    ("first.weight", "trainable", (2, 3), "float32", 0),
    ("first.bias", "frozen", (5,), "float64", 1),
    ("inner.0.weight", "trainable", (7, 2), "float32", 2),
    ("norm.running_mean", "buffer", (11,), "float32", 3),
)
COUNTS = {False: 25, True: 20}
BYTES = {False: 4 * 20 + 8 * 5, True: 4 * 31 + 8 * 5}


def sized(scale: float) -> Any:
    def call(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
        result = given(function(model=built(at["tensors"])))
        return number(result) * scale

    return call


def form(name: str, flag: bool, size: int, scale: float, words: str, spare: bool = False) -> Form:
    at = {"tensors": SMALL, name: flag}
    return Form("model", sized(scale), at, {}, size, {name: (flag,)}, words, spare=spare)


def of_four_bytes(scale: float, unit: str) -> Form:
    """Numbers times four, which is right where all are float32."""
    size, words = 4 * COUNTS[False], f"of parameters of four bytes each, in {unit}"
    domain = {"buffers": (False,), "dtypes": ("float32",)}
    at = {"tensors": SMALL, "buffers": False}
    return Form("model", sized(scale), at, {}, size, domain, words)


def counting(names: str, trainable: Sequence[bool], text: str) -> Metric:
    """A count of parameters; the first of `trainable` is meant where none fits."""
    said = {False: "of all parameters", True: "of the trainable parameters"}
    units = ((1.0, ""), (1e6, " in millions"), (1e3, " in thousands"))
    return Metric(
        "count_parameters",
        names,
        {"model": MODEL},
        [
            form("trainable", flag, COUNTS[flag], scale, said[flag] + words, spare=scale == 1)
            for scale, words in units
            for flag in trainable
        ],
        text,
        when=is_of_modules,
    )


COUNT = counting(
    "count_parameters count_params num_params get_num_params n_params get_n_params num_parameters "
    "get_parameter_count count_model_parameters number_of_parameters get_num_parameters "
    "param_count parameter_count get_param_count count_parameters_in_model",
    (False, True),
    """`count_parameters(model)`: how many numbers its parameters are, all or the trainable ones.

    Also in thousands or millions; what a small model gives says which. A parameter under two names
    counts once, buffers do not count.
    """,
)
TRAINABLE = counting(
    "count_trainable_parameters count_trainable_params get_trainable_params num_trainable_params "
    "trainable_parameters get_num_trainable_params",
    (True,),
    """`count_trainable_parameters(model)`: without what has `requires_grad` False.""",
)
UNITS = ((1.0, "bytes"), (1024.0**2, "MiB"), (1024.0, "KiB"), (1e6, "MB"), (1e3, "kB"))
MEMORY = Metric(
    "parameter_memory",
    "model_size get_model_size model_size_mb get_model_size_mb parameter_memory param_memory "
    "compute_model_size calculate_model_size get_model_memory model_memory_mb get_model_memory_mb "
    "calculate_model_memory compute_model_size_mb",
    {"model": MODEL},
    [
        *(
            form(
                "buffers",
                flag,
                BYTES[flag],
                scale,
                f"of parameters{' and buffers' if flag else ''}, in {unit}",
                spare=scale == 1,
            )
            for scale, unit in UNITS
            for flag in (False, True)
        ),
        *(of_four_bytes(scale, unit) for scale, unit in UNITS),
    ],
    """`get_model_size(model)`: the bytes of its parameters, with or without its buffers.

    Also in KiB, MiB, kB or MB; what a small model gives says which. Where it takes four bytes for
    every number, parameters in float32 are promised.
    """,
    when=is_of_modules,
)

SPELLINGS: list[Spelling] = [
    spelling for metric in (COUNT, TRAINABLE, MEMORY) for spelling in metric.spellings
]
