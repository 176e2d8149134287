"""Known defects of PyTorch and ONNX: where `pytest --device` and `make hunt` expect a failure.

An expectation is strict: its case must go on failing with a sentence that its pattern matches, on
every version that it names (`tests/test_defects.py`), and any other failure still counts.
"""

from __future__ import annotations

import importlib.metadata
import re
from collections.abc import Callable
from dataclasses import dataclass

from properties.onnx_nodes import EVALUATOR, RUNTIME
from properties.torch_functions import DEVICES


@dataclass(frozen=True)
class Defect:
    """One known failure of a property, of an operator and of those that are made of it.

    pattern: a regular expression that is searched for in the sentence of the failure.
    reason: what is wrong in the library, in one sentence.
    case: the case that shows it, as a replay gives it.
    script: the file in `docs/findings` that shows it by the library alone.
    since, until: the first version of the library that has it and the first that has it no more;
        None for the oldest that the suite supports, and for not yet.
    places: the devices of PyTorch, or the implementations of ONNX, that show it.
    """

    operators: tuple[str, ...]
    properties: tuple[str, ...]
    pattern: str
    reason: str
    case: str
    script: str
    library: str = "torch"
    since: str | None = None
    until: str | None = None
    places: tuple[str, ...] = DEVICES

    def here(self, place: str) -> bool:
        """Whether the installed version is one of those that have it, in this place."""
        try:
            installed = _numbers(importlib.metadata.version(self.library))
        except importlib.metadata.PackageNotFoundError:
            return False
        return (
            place in self.places
            and (self.since is None or installed >= _numbers(self.since))
            and (self.until is None or installed < _numbers(self.until))
        )

    def explains(self, operator: str, judged: str, failure: str) -> bool:
        mine = operator in self.operators and judged in self.properties
        return mine and re.search(self.pattern, failure) is not None


CONVOLUTIONS = (
    *("conv2d", "conv_relu", "conv_bn_relu", "conv_relu_pool", "residual_block"),
    *("conv_classifier", "three_layer_convnet", "two_conv_net", "custom_cnn"),
)

DEFECTS = (
    Defect(
        ("elu",),
        ("precision", "stability"),
        r"^in float32, out\b.* differs",
        "elu of numbers near 0 is exp(x) - 1 in float32, which loses most digits",
        '{"operator":"elu","attributes":{"shape":[1],"alpha":100.0,"small":true},'
        '"regime":"sparse","steps":[{}],"seed":0}',
        script="elu_near_0.py",
        until="2.8",
        places=("cpu",),
    ),
    Defect(
        ("nll_loss",),
        ("layouts",),
        r"raised RuntimeError: grad_input must be contiguous",
        "the backward of the spatial loss refuses scores that are not contiguous, such as "
        "channels-last ones, which its forward accepts",
        '{"operator":"nll_loss","attributes":{"batch":4,"classes":1,"size":[3,2],"weighted":true,'
        '"reduction":"mean","ignored":false,"ignore_index":-100},"regime":"integers","steps":[{}],'
        '"seed":0}',
        script="nll_loss_backward_layout.py",
        places=("cpu",),
    ),
    Defect(
        CONVOLUTIONS,
        ("layouts",),
        r"^d[wW]\w* changes when the inputs are channels_last",
        "the gradient of channels-last weights of a grouped convolution is wrong for one image "
        "whose axes of size 1 have strides of 1",
        '{"operator":"conv2d","attributes":{"batch":1,"channels":6,"filters":6,"groups":2,'
        '"bias":true,"kernel":[1,3],"stride":[1,1],"dilation":[1,1],"padding":"valid",'
        '"size":[1,5]},"regime":"normal","steps":[{}],"seed":4}',
        script="conv2d_grouped_weight_gradient.py",
        places=("cpu",),
    ),
    Defect(
        CONVOLUTIONS,
        ("layouts",),
        r"raised RuntimeError: slow_conv2d: grad_weight must be contiguous",
        "the backward of one filter raises where the strides of its axes of size 1 are not those "
        "that the sizes give",
        '{"operator":"conv2d","attributes":{"batch":1,"channels":2,"filters":1,"groups":1,'
        '"bias":false,"kernel":[2,1],"stride":[1,1],"dilation":[1,1],"padding":[0,0],'
        '"size":[2,2]},"regime":"normal","steps":[{}],"seed":4}',
        script="conv2d_one_filter_backward.py",
        places=("cpu",),
    ),
    Defect(
        ("log_softmax",),
        ("stability",),
        r"^(in float32, )?out\b.* is not finite: expected .* got -inf",
        "LogSoftmax is the log of a softmax, which is 0 far below the largest score",
        '{"operator":"log_softmax","attributes":{"shape":[2,3],"axis":-1},"regime":"large",'
        '"steps":[{}],"seed":2}',
        script="onnx_log_softmax_infinite.py",
        library="onnx",
        places=(EVALUATOR,),
    ),
    Defect(
        ("log_softmax",),
        ("side_effects",),
        r"^writes into an array that was handed to it",
        "LogSoftmax of an array without elements writes into it",
        '{"operator":"log_softmax","attributes":{"shape":[0,1,1],"axis":-1},"regime":"integers",'
        '"steps":[{}],"seed":0}',
        script="onnx_log_softmax_writes.py",
        library="onnx",
        places=(EVALUATOR,),
    ),
    Defect(
        ("avg_pool2d",),
        ("forward", "precision", "stability"),
        r"^(in float32, )?out\b.* differs",
        "AveragePool with ceil_mode adds half of what the last window lacks before the first one",
        '{"operator":"avg_pool2d","attributes":{"batch":1,"channels":1,"kernel_size":[1,3],'
        '"stride":null,"padding":[0,0],"size":[1,4],"ceil_mode":true,"count_include_pad":true,'
        '"divisor_override":null},"regime":"integers","steps":[{}],"seed":0}',
        script="onnx_average_pool_shifted.py",
        library="onnx",
        places=(EVALUATOR,),
    ),
    Defect(
        ("max_pool2d",),
        ("shape", "forward", "precision", "stability"),
        r"^(in float32, )?out\b.* (has shape|differs)",
        "MaxPool with strides of 1 takes the padding of one axis for that of the other",
        '{"operator":"max_pool2d","attributes":{"batch":1,"channels":1,"kernel_size":[2,2],'
        '"stride":[1,1],"dilation":[1,1],"padding":[0,1],"size":[2,1],"ceil_mode":false},'
        '"regime":"normal","steps":[{}],"seed":0}',
        script="onnx_max_pool_padding.py",
        library="onnx",
        places=(EVALUATOR,),
    ),
    Defect(
        ("deform_conv2d",),
        ("forward",),
        r"^raised ValueError: cannot convert float NaN to integer",
        "DeformConv divides by H - 1 and W - 1, so that a map of one row or column raises",
        '{"operator":"deform_conv2d","attributes":{"batch":1,"channels":1,"filters":1,"groups":1,'
        '"offset_groups":1,"bias":false,"masked":false,"reach":"near","kernel":[1,1],'
        '"stride":[1,1],"dilation":[1,1],"padding":[0,0],"size":[1,1]},"regime":"integers",'
        '"steps":[{}],"seed":0}',
        script="onnx_deform_conv_one_row.py",
        library="onnx",
        places=(EVALUATOR,),
    ),
    Defect(
        ("group_norm",),
        ("stability", "precision"),
        r"^(in float32, )?out\b.* (differs|is not finite)",
        "GroupNormalization is defined by the mean of the squares less the square of the mean, "
        "which cancel where the mean is large",
        '{"operator":"group_norm","attributes":{"batch":1,"group_channels":3,"size":[1],"groups":1,'
        '"scaled":true,"shifted":true,"eps":1e-05},"regime":"offset","steps":[{}],"seed":0}',
        script="onnx_group_norm_cancels.py",
        library="onnx",
        places=(EVALUATOR, RUNTIME),
    ),
    Defect(
        ("elu",),
        ("forward", "precision", "stability"),
        r"^(in float32, )?out\b.* differs",
        "Elu of numbers near 0 is exp(x) - 1 in float32, which loses most digits",
        '{"operator":"elu","attributes":{"shape":[1],"alpha":100.0,"small":true},'
        '"regime":"sparse","steps":[{}],"seed":0}',
        script="onnxruntime_elu_near_0.py",
        library="onnxruntime",
        places=(RUNTIME,),
    ),
)


def excuse(place: str) -> Callable[[str, str, str], bool]:
    """Whether a failure (operator, property, sentence) in a place is one that is known here."""
    known = [defect for defect in DEFECTS if defect.here(place)]
    return lambda *failure: any(defect.explains(*failure) for defect in known)


def _numbers(version: str) -> tuple[int, ...]:
    """`2.6.0+cpu` and `2.16.0.dev2026` as numbers that compare: what follows the release is not."""
    release = re.match(r"\d+(\.\d+)*", version)
    return tuple(int(part) for part in release[0].split(".")) if release else ()
