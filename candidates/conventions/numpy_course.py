"""Free functions in NumPy, as exercises ask for them: plain arguments, no object, often no cache.

Two courses are known by their dictionaries. deeplearning.ai (Coursera): channels last, square
windows, one stride, sizes rounded down, samples as columns, the first cell of an LSTM zero; the
predictions beside hidden states are not judged; several maxima in one pooling window "need not be
considered". Holberton: the same with pairs, judged with padding "valid" and no activation.

Two character models are judged whole: Karpathy's `lossFun(inputs, targets, hprev)` on the weights
of its script, with the `sample` beside it, and deeplearning.ai's `optimize` of the dinosaur names.

Any other function is known by its name and by those of its parameters (`conv2d(x, w, b, stride,
padding)`, `deform_conv2d_np(a_l, delta, mask, weight, stride, padding, dilation)`), and by what it
does with a tiny input: channels first or last, rows or columns. It promises what it has parameters
for: without one for dilation there is none, and a number stands for both axes. A function with a
parameter that is not known is not judged, nor one that takes single images. Without a backward the
forward is judged alone. Gradients at kinks may be any subgradient. Results may be float32 whatever
went in, and are then compared as float32. A numerical gradient (`numerical_gradient(f, x)`) is one
at a vector; of other shapes the text says nothing. Offsets of a deformable convolution are pairs
(dy, dx), as in torchvision; outside the map it is zero.

Metrics (`accuracy(y_true, y_pred)`, `f1_score(y_true, y_pred)`, `iou(box1, box2)`) may give a share
or a percentage, of two classes or an average: a tiny input shows it. They may be as imprecise as
float32, since many add 1e-7 to what they divide by. A result that is rounded is not judged.
Perplexities are those of logits, probabilities, a mean loss or the right tokens, average precisions
those of scores, rankings or a curve, of one class or several. `mean_iou(pred, target, num_classes)`
is of labelled pixels, and `iou(pred_mask, gt_mask)` of two classes.

Splits (`train_test_split(X, y, test_size)`, `k_fold_split(X, y, k)`) may draw from, and seed, the
global generators. In which order the parts come, and whether they shuffle, a tiny set shows. A last
fold that takes the whole remainder is no fault; one that drops it is. `random_oversample(X, y)`
repeats samples of rare classes, and loses none; `WeightedRandomSampler(weights, num_samples)` and
functions of the same draw ids in proportion to weights.

A receptive field is one of layers, tuples or dictionaries (`receptive_field(layers)`), or of lists
(`receptive_field(kernel_sizes, strides, dilations)`), along one axis.

One image is resized (`bilinear_resize(image, new_h, new_w)`, `resize_image(image, size)`) with its
corners aligned or the middles of its pixels mapped, as a tiny image shows.

Images are normalised (`normalize(image, mean, std)`, of bytes where it divides by 255) and made
floating-point (`to_tensor(image)`); where the channels are, a tiny image shows.

Images are mirrored at random (`random_flip(image, p)`, `RandomHorizontalFlip(p)(image)`): what was
drawn is read off the result, and laws judge it, with less than one false alarm in 1e9. So are crops
(`random_crop(image, size)`, `random_crop(images, padding)`, `RandomCrop(size)(image)`).

A search over a grid (`grid_search(train_fn, param_grid)`, or of a `model_fn` and data) tries models
of ours; tiny grids show what it takes of equal ones.

What finds nan or infinite numbers (`has_nan(x)`, `check_finite(x)`) answers either way, or raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from candidates.conventions._augmenting import SPELLINGS as AUGMENTING
from candidates.conventions._average_precision import SPELLINGS as AVERAGE_PRECISIONS
from candidates.conventions._box_means import SPELLINGS as BOX_MEANS
from candidates.conventions._channels_last import SPELLINGS as CHANNELS_LAST
from candidates.conventions._characters import SPELLINGS as CHARACTER_MODELS
from candidates.conventions._cropping import SPELLINGS as CROPPING
from candidates.conventions._engines import SPELLINGS as ENGINES
from candidates.conventions._finite import OF_NUMPY_SPELLINGS as FINITE
from candidates.conventions._free import Arrays, Example, Free, FreeFunction, Layout, Setting
from candidates.conventions._gradient_checks import NumericalGradient, differentiates, told
from candidates.conventions._grid_search import SPELLINGS as SEARCHES
from candidates.conventions._metrics import SPELLINGS as METRICS
from candidates.conventions._normalizing import SPELLINGS as NORMALIZING_IMAGES
from candidates.conventions._output_sizes import SPELLINGS as OUTPUT_SIZES
from candidates.conventions._overlap import SPELLINGS as OVERLAPS
from candidates.conventions._oversampling import SPELLINGS as OVERSAMPLING
from candidates.conventions._perplexity import SPELLINGS as PERPLEXITIES
from candidates.conventions._receptive_fields import SPELLINGS as RECEPTIVE_FIELDS
from candidates.conventions._resizing import SPELLINGS as RESIZING
from candidates.conventions._sampling import SPELLINGS as SAMPLERS
from candidates.conventions._sequences import spelled
from candidates.conventions._splits import SPELLINGS as SPLITS
from candidates.conventions._text import SPELLINGS as TEXT
from candidates.spelling import Convention, Spelling, among
from properties.plain import WrongResult, given
from properties.promise import Promise

PRECISION: dict[str, Any] = {"keeps_dtype": False, "dtypes": ("float32",)}
BASE = Promise(kinks="weak", **PRECISION)
X = "x input inputs input_map a_l a a_prev images data feature_map features img"
W = "w weight weights kernel kernels filter filters"
B = "b bias biases"
STRIDE, PADDING = "stride strides", "padding pad p"


def ramp(*shape: int) -> np.ndarray:
    """Numbers that tell the axes of an array apart."""
    return np.arange(np.prod(shape), dtype=float).reshape(shape) % 7 - 3


def of_shape(shape: tuple[int, ...]) -> Any:
    return lambda at, inputs, out: out.shape == shape


def windows(**absent: tuple[Any, ...]) -> dict[str, Setting]:
    return {
        "stride": Setting(STRIDE, absent.get("stride", (1,))),
        "padding": Setting(PADDING, (0,)),
        "dilation": Setting("dilation dilations", (1,)),
    }


FIRST = Layout()
LAST = {"x": "nchw>nhwc", "out": "nchw>nhwc", "w": "fchw>hwcf"}
CONV_LAYOUTS = (
    FIRST,
    Layout({"b": "f>f1"}),
    Layout(LAST, words="channels last"),
    Layout(LAST | {"b": "f>111f"}, words="channels last"),
)
CONV_PAIRS = {name: name for name in ("stride", "padding", "dilation")}
WINDOW = {"stride": (1, 1), "padding": (0, 0), "dilation": (1, 1), "groups": 1}


def conv_example(layout: Layout) -> Sequence[Example]:
    x, w = ramp(2, 3, 7, 5), ramp(4, 3, 3, 3)
    return [(WINDOW, {"x": x, "w": w, "b": ramp(4)})]


CONV = Free(
    "conv2d",
    "conv2d conv2d_forward conv2d_forward_naive conv2d_naive conv2d_np conv2d_numpy "
    "conv_forward conv_forward_naive conv_forward_fast conv_forward_im2col convolution_forward",
    {"x": X, "w": W, "b": B},
    replace(BASE, domain={"batch": (1, 2, 3), "named_padding": (False,)}),
    conv_example,
    of_shape((2, 4, 5, 3)),
    """`conv2d(x, w, b, stride, padding, dilation, groups)`, also conv_forward_naive, conv2d_np ...

    x (N, C, H, W), w (F, C/groups, KH, KW), b (F,), or channels last with w (KH, KW, C, F).
    Without stride 1, padding 0, dilation 1, groups 1, no bias. Returns out, or out and a cache.
    """,
    optional={"b": "bias"},
    settings=windows() | {"groups": Setting("groups", (1,))},
    layouts=CONV_LAYOUTS,
    pairs=CONV_PAIRS,
)
DEFORM = Free(
    "deform_conv2d",
    "deform_conv2d deform_conv2d_np deform_conv2d_numpy deform_conv2d_forward deform_conv_forward "
    "deformable_conv2d deformable_conv2d_np",
    {
        "x": X,
        "offset": "offset offsets delta deltas delta_p",
        "w": W,
        "b": B,
        "mask": "mask masks modulation",
    },
    replace(BASE, domain={"batch": (1, 2, 3), "groups": (1,), "offset_groups": (1,)}),
    lambda layout: [
        (
            WINDOW,
            {
                "x": ramp(2, 3, 7, 5),
                "offset": ramp(2, 18, 5, 3) / 2,
                "w": ramp(4, 3, 3, 3),
                "b": ramp(4),
                "mask": ramp(2, 9, 5, 3),
            },
        )
    ],
    of_shape((2, 4, 5, 3)),
    """`deform_conv2d_np(a_l, delta, mask, weight, stride, padding, dilation)`, in any order.

    a_l, input_map or x (N, C, H, W), delta or offset (N, 2 KH KW, OH, OW) of pairs (dy, dx), mask
    (N, KH KW, OH, OW), weight (F, C, KH, KW), bias (F,). Without stride 1, padding 0, dilation 1.
    """,
    optional={"b": "bias", "mask": "masked"},
    settings=windows(),
    pairs=CONV_PAIRS,
)

POOL_SETTINGS = {
    "kernel_size": Setting(
        "kernel_size pool_size size ksize kernel kernel_shape window window_size f k"
    ),
    "stride": Setting(STRIDE, (True,), (False,), "default_stride"),
    "padding": Setting(PADDING, (0,)),
}
POOL_EXAMPLE = {"kernel_size": (2, 2), "stride": (2, 2), "padding": (0, 0)}
POOL_PAIRS = {"kernel_size": "kernel", "stride": "stride", "padding": "padding"}
POOL_LAYOUTS = (FIRST, Layout({"x": LAST["x"], "out": LAST["out"]}, words="channels last"))
POOL_TEXT = """`{0}(x, kernel_size, stride, padding)`, also {0}_forward ...

    x (N, C, H, W), or channels last. Without stride that of the kernel, padding 0.
    """


def pool_example(layout: Layout) -> Sequence[Example]:
    return [(POOL_EXAMPLE, {"x": ramp(2, 3, 8, 4)})]


SIZES = {"batch": (1, 2, 3), "ceil_mode": (False,), "dilation": (1,)}
MAX_POOL = Free(
    "max_pool2d",
    "max_pool2d max_pool2d_forward max_pool2d_naive max_pool2d_np max_pool max_pool_forward "
    "max_pool_forward_naive maxpool2d maxpool maxpool_forward maxpool2d_forward max_pooling",
    {"x": X},
    replace(BASE, domain=SIZES),
    pool_example,
    of_shape((2, 3, 4, 2)),
    POOL_TEXT.format("max_pool2d"),
    settings=POOL_SETTINGS,
    layouts=POOL_LAYOUTS,
    pairs=POOL_PAIRS,
)
AVG_POOL = Free(
    "avg_pool2d",
    "avg_pool2d avg_pool2d_forward avg_pool2d_naive avg_pool2d_np avg_pool avg_pool_forward "
    "avgpool2d avgpool average_pool average_pool2d average_pooling mean_pool2d",
    {"x": X},
    replace(BASE, domain=SIZES | {"count_include_pad": (True,), "divisor_override": (None,)}),
    pool_example,
    of_shape((2, 3, 4, 2)),
    POOL_TEXT.format("avg_pool2d"),
    settings=POOL_SETTINGS,
    layouts=POOL_LAYOUTS,
    pairs=POOL_PAIRS,
)


def linear_example(layout: Layout) -> Sequence[Example]:
    return [({}, {"x": ramp(2, 3), "w": ramp(4, 3), "b": ramp(4)})]


LINEAR = Free(
    "linear",
    "linear linear_forward linear_layer affine affine_forward fc_forward dense dense_forward "
    "fully_connected fully_connected_forward",
    {"x": X, "w": W, "b": B},
    replace(BASE, domain={"batch": (1, 2, 3), "lead_dims": (1,), "feature_dims": (1,)}),
    linear_example,
    of_shape((2, 4)),
    """`linear(x, w, b)`, also linear_forward, affine_forward, dense_forward ...

    x (N, D) with w (D, M) or (M, D), or columns: x (D, N), w (M, D), b (M, 1).
    """,
    optional={"b": "bias"},
    layouts=(
        Layout({"w": "md>dm"}),
        Layout({"w": "md>dm", "b": "m>1m"}),
        Layout(),
        Layout({"b": "m>1m"}),
        Layout({"x": "nd>dn", "b": "m>m1", "out": "nm>mn"}, words="samples are columns"),
    ),
)

VALUES = f"{X} z t v xs logits vector arr array scores"
SHAPES: dict[str, tuple[Any, ...]] = {"ndim": (2, 1, 3, 4), "empty": (False,)}


def elementwise(operator: str, names: str, **settings: Setting) -> Free:
    example = {"negative_slope": 0.2, "alpha": 1.0}
    words = ", ".join(f"{name}(x{''.join(f', {s}' for s in settings)})" for name in names.split())
    return Free(
        operator,
        names,
        {"x": VALUES},
        replace(BASE, domain=SHAPES | ({"small": (False,)} if operator == "elu" else {})),
        lambda layout: [(example, {"x": ramp(2, 3) / 4})],
        of_shape((2, 3)),
        f"`{words}`: x of any shape.",
        settings=settings,
    )


def along(axis: int, words: str, *ndims: int) -> Layout:
    return Layout(domain={"axis": (axis,), "ndim": ndims}, words=words)


LAST_AXIS, FIRST_AXIS = "along the last axis", "along the first axis"
VECTORS = along(-1, "of vectors", 1)
AXES = (
    along(-1, LAST_AXIS, 2, 1, 3, 4),
    along(-1, LAST_AXIS, 2, 1),
    along(-1, LAST_AXIS, 2),
    along(0, FIRST_AXIS, 2, 1, 3, 4),
    along(0, FIRST_AXIS, 2, 1),
    along(0, FIRST_AXIS, 2),
    VECTORS,
)


def rows(layout: Layout) -> Sequence[Example]:
    (axis,), ndims = layout.domain.get("axis", (1,)), layout.domain.get("ndim", (2,))
    return [({"axis": axis}, {"x": ramp(*(2, 3, 4)[3 - n :]) / 4}) for n in ndims if n < 4]


def normalising(operator: str, names: str, total: Callable[[np.ndarray, int], Any]) -> list[Free]:
    """softmax and its logarithm, along the axis that is a parameter, or that a tiny input shows."""

    def fits(at: Mapping[str, Any], inputs: Arrays, out: np.ndarray) -> bool:
        return out.shape == inputs["x"].shape and np.allclose(total(out, at["axis"]), 1.0)

    text = f"""`{names.split()[0]}(x, axis)`: x of any shape.

    Without axis along the one that it shows: the last, the first, or the only one of a vector.
    """
    promise = replace(BASE, domain=SHAPES)
    inputs = {"x": VALUES}
    axis = {"axis": Setting("axis dim")}
    return [
        Free(operator, names, inputs, promise, rows, fits, text, settings=axis, fallback=Layout()),
        Free(operator, names, inputs, promise, rows, fits, text, layouts=AXES, fallback=VECTORS),
    ]


ACTIVATIONS = (
    elementwise("relu", "relu relu_forward relu_np"),
    elementwise("sigmoid", "sigmoid sigmoid_forward sigmoid_np"),
    elementwise("tanh", "tanh tanh_forward"),
    elementwise(
        "leaky_relu",
        "leaky_relu leaky_relu_forward leakyrelu",
        negative_slope=Setting("negative_slope slope alpha a leak"),
    ),
    elementwise("elu", "elu elu_forward", alpha=Setting("alpha a", (1.0,))),
)
NORMALISING = (
    *normalising("softmax", "softmax softmax_np stable_softmax", lambda out, a: out.sum(axis=a)),
    *normalising("log_softmax", "log_softmax", lambda out, a: np.exp(out).sum(axis=a)),
)


def log_probabilities(x: np.ndarray) -> Any:
    return x - np.log(np.exp(x).sum(axis=1, keepdims=True))


def entropy_fits(at: Mapping[str, Any], inputs: Arrays, out: np.ndarray) -> bool:
    losses = -log_probabilities(inputs["x"])[np.arange(len(inputs["y"])), inputs["y"]]
    reduced = losses.mean() if at["reduction"] == "mean" else losses.sum()
    return out.shape == () and np.allclose(out, reduced, rtol=1e-3)


def squares_fit(at: Mapping[str, Any], inputs: Arrays, out: np.ndarray) -> bool:
    squares = (inputs["x"] - inputs["target"]) ** 2
    reduced = squares.mean() if at["reduction"] == "mean" else squares.sum()
    return out.shape == () and np.allclose(out, reduced, rtol=1e-3)


def reductions(encoded: tuple[str, ...] = ()) -> list[Layout]:
    return [
        Layout(domain={"reduction": (kind,)}, words=f"the {kind} of the losses", encoded=encoded)
        for kind in ("mean", "sum")
    ]


class Loss(FreeFunction):
    output = "loss"


PREDICTED = "y_pred pred preds prediction predictions yhat y_hat x output outputs"
TARGET = "y target targets y_true labels label true"
CROSS_ENTROPY = Free(
    "cross_entropy",
    "cross_entropy cross_entropy_loss softmax_cross_entropy softmax_cross_entropy_loss",
    {"x": f"{PREDICTED} logits scores", "y": TARGET},
    replace(BASE, domain={"spatial_dims": (0,), "ignored": (False,), "classes": (2, 3, 4, 5)}),
    lambda layout: [
        (
            {"reduction": layout.domain["reduction"][0]},
            {"x": ramp(3, 4) / 2, "y": np.array([2, 0, 3])},
        )
    ],
    entropy_fits,
    """`cross_entropy(logits, labels)`: logits (N, C), ids (N,) or rows of zeros and a one (N, C).

    Recognised where a tiny input gives the mean, or the sum, of the losses of logits.
    """,
    constant=("y",),
    layouts=(*reductions(), *reductions(encoded=("y",))),
    kind=Loss,
)
MSE = Free(
    "mse_loss",
    "mse mse_loss mean_squared_error",
    {"x": PREDICTED, "target": TARGET},
    replace(BASE, domain={"ndim": (2, 1), "empty": (False,)}),
    lambda layout: [
        (
            {"reduction": layout.domain["reduction"][0]},
            {"x": ramp(3, 4) / 2, "target": ramp(4, 3).T / 3},
        )
    ],
    squares_fit,
    """`mean_squared_error(y_pred, y_true)`, also mse and mse_loss: arrays of one shape.

    Recognised where a tiny input gives the mean, or the sum, of the squares.
    """,
    layouts=tuple(reductions()),
    kind=Loss,
)


def zeros_and_ones(at: Mapping[str, Any], inputs: Arrays, out: np.ndarray) -> bool:
    return out.shape == (3, 5) and set(np.unique(out)) <= {0, 1}


ONE_HOT = Free(
    "one_hot",
    "one_hot onehot one_hot_encode one_hot_encoding to_one_hot convert_to_one_hot to_categorical",
    {"ids": "ids x y labels label indices index idx targets"},
    replace(BASE, domain={"inferred": (False,), "ndim": (1,)}),
    lambda layout: [({"num_classes": 5}, {"ids": np.array([1, 4, 2])})],
    zeros_and_ones,
    """`one_hot(ids, num_classes)`, also to_one_hot ...: ids (N,), the result (N, C) or (C, N).""",
    constant=("ids",),
    settings={
        "num_classes": Setting("num_classes n_classes classes num_labels vocab_size depth c k")
    },
    layouts=(Layout(), Layout({"out": "nc>cn"}, words="samples are columns")),
)


class OneByOne(FreeFunction):
    """A function of single numbers, called for each of them."""

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        values = [self._one(at, inputs, place) for place in np.ndindex(*self._shape(inputs))]
        out = np.array(values) if values else np.zeros(0)
        return {self.output: out.reshape(*self._shape(inputs), *out.shape[1:])}, (inputs, None, at)

    def _shape(self, inputs: Mapping[str, Any]) -> tuple[int, ...]:
        return np.shape(inputs["y"])

    def _one(self, at: Mapping[str, Any], inputs: Mapping[str, Any], place: Any) -> Any:
        numbers = {"a": inputs["a"], **{n: float(inputs[n][place]) for n in ("y", "x")}}
        arguments = {p: numbers[meaning] for p, meaning in self.reading.places.items()}
        value = given(self._forward(**arguments))
        if np.ndim(value):
            raise WrongResult(f"returned shape {np.shape(value)}, expected a number")
        return value


def interpolates(at: Mapping[str, Any], inputs: Arrays, out: np.ndarray) -> bool:
    return out.shape == inputs["y"].shape


BILINEAR = Free(
    "bilinear_interpolate",
    "bilinear_interpolate bilinear_interpolation bilinear_interpolate_np",
    {"a": "a a_l map feature_map input_map input", "y": "y q_y py h", "x": "x q_x px w"},
    BASE,
    lambda layout: [
        ({}, {"a": ramp(4, 3), "y": np.array([1.25, 0.5]), "x": np.array([0.5, 1.75])})
    ],
    interpolates,
    """`bilinear_interpolate(a, y, x)`: the map a (H, W) at one real row y and column x; 0 outside.

    Also q_y and q_x. It is called once for each position.
    """,
    kind=OneByOne,
)


class Character(OneByOne):
    """A function of single characters and a dictionary of their ids."""

    def _shape(self, inputs: Mapping[str, Any]) -> tuple[int, ...]:
        return np.shape(inputs["ids"])

    def _one(self, at: Mapping[str, Any], inputs: Mapping[str, Any], place: Any) -> Any:
        classes = at["num_classes"]
        ids = {chr(ord("a") + i): i for i in range(classes)}
        spelled = {"ids": chr(ord("a") + int(inputs["ids"][place])), "table": ids}
        spelled["num_classes"] = classes
        arguments = {p: spelled[meaning] for p, meaning in self.reading.places.items()}
        value = given(self._forward(**arguments))
        if np.shape(value) not in ((classes,), (classes, 1), (1, classes)):
            raise WrongResult(f"returned shape {np.shape(value)}, expected ({classes},)")
        return np.reshape(value, classes)


CHARACTERS = Free(
    "one_hot",
    "char_to_onehot char_to_one_hot",
    {"ids": "char ch c character", "table": "char_to_idx char_to_ix char_to_index char_to_int"},
    replace(BASE, domain={"inferred": (False,), "ndim": (1,), "size": (1, 2, 3, 4)}),
    lambda layout: [({"num_classes": 5}, {"ids": np.array([1, 4, 2])})],
    zeros_and_ones,
    """`char_to_onehot(char, char_to_idx, vocab_size)`: a vector (V,), a column or a row of one.""",
    constant=("ids", "table"),
    settings={"num_classes": Setting("vocab_size num_classes n_chars")},
    kind=Character,
)

FREE = (
    CONV,
    DEFORM,
    MAX_POOL,
    AVG_POOL,
    LINEAR,
    *ACTIVATIONS,
    *NORMALISING,
    CROSS_ENTROPY,
    MSE,
    ONE_HOT,
    BILINEAR,
    CHARACTERS,
    *(spelled(rested, PRECISION) for rested in (True, False)),
)


def _difference(name: str, ndims: tuple[int, ...]) -> Spelling:
    """A numerical gradient; where it is one of vectors, other shapes are tried."""
    domain = {"ndim": ndims, "empty": (False,), "scalar": (True,), "reuses": (False,)}
    beyond = ("ndim",) if ndims == (1,) else ()
    promise = Promise(domain=domain, beyond=beyond, keeps_dtype=False, layouts=())
    return Spelling(
        "numerical_gradient",
        name,
        None,
        NumericalGradient,
        promise,
        when=differentiates(),
        tells=told,
    )


DIFFERENCES = (
    *(
        _difference(name, (1,))
        for name in ("numerical_gradient", "numerical_gradient_1d", "compute_numerical_gradient")
    ),
    _difference("numerical_diff", (0,)),
)


convention = Convention(
    "numpy-course",
    "free functions in NumPy with plain arguments; the layers of deeplearning.ai and Holberton",
    among(
        [
            *CHANNELS_LAST,
            *CHARACTER_MODELS,
            *(spelling for free in FREE for spelling in free.spellings),
            *DIFFERENCES,
            *METRICS,
            *OUTPUT_SIZES,
            *PERPLEXITIES,
            *RECEPTIVE_FIELDS,
            *OVERSAMPLING,
            *OVERLAPS,
            *BOX_MEANS,
            *AVERAGE_PRECISIONS,
            *SEARCHES,
            *TEXT,
            *ENGINES,
            *SPLITS,
            *RESIZING,
            *AUGMENTING,
            *CROPPING,
            *SAMPLERS,
            *NORMALIZING_IMAGES,
            *FINITE,
        ]
    ),
    text=__doc__,
    generic=True,
)
