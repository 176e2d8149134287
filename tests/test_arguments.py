"""The references refuse bad arguments in one sentence that names the argument and its value."""

from __future__ import annotations

import numpy as np
import pytest

import reference.naive
import reference.vectorized

X, W, B = np.ones((2, 4, 5, 6)), np.ones((4, 4, 3, 3)), np.ones(4)
OFFSET, MASK = np.zeros((2, 18, 3, 4)), np.ones((2, 9, 3, 4))
C = np.ones(4)
IDS = np.zeros((2, 5, 6), np.int64)

BAD = [
    ("conv2d_forward", (X[0], W), {}, ValueError, r"x must have shape \(N, C, H, W\), got \(4, 5"),
    ("conv2d_forward", (X.tolist(), W), {}, TypeError, "x must be a floating-point .* got list"),
    ("conv2d_forward", (X.astype(int), W), {}, TypeError, "x must be a floating-point .* int64"),
    ("conv2d_forward", (X, W.astype(np.float32)), {}, TypeError, "w must have the dtype of x"),
    ("conv2d_forward", (X, W[:, :3]), {}, ValueError, "x must have .* = 3 channels, got 4"),
    ("conv2d_forward", (X, W, B[:3]), {}, ValueError, r"b must have shape \(4,\), got \(3,\)"),
    ("conv2d_forward", (X, W), {"stride": 0}, ValueError, "stride must be at least 1, got 0"),
    ("conv2d_forward", (X, W), {"stride": 1.5}, TypeError, "stride must be .*, got 1.5"),
    ("conv2d_forward", (X, W), {"stride": (1, 2, 3)}, TypeError, "stride must be .* pair"),
    ("conv2d_forward", (X, W), {"padding": -1}, ValueError, "padding must be at least 0, got -1"),
    ("conv2d_forward", (X, W), {"padding": "full"}, TypeError, "padding must be .* got 'full'"),
    ("conv2d_forward", (X, W), {"padding": "same", "stride": 2}, ValueError, "needs stride 1"),
    ("conv2d_forward", (X, W), {"dilation": 9}, ValueError, "the kernel .* must fit"),
    ("conv2d_forward", (X, W), {"groups": 3}, ValueError, "= 12 channels, got 4"),
    ("conv2d_forward", (X, W), {"groups": True}, TypeError, "groups must be an int, got True"),
    ("deform_conv2d_forward", (X, OFFSET[:, :5], W), {}, ValueError, "offset"),
    ("deform_conv2d_forward", (X, OFFSET, W), {"mask": MASK[:, :5]}, ValueError, "mask"),
    ("bilinear_interpolate_forward", (X, B, B), {}, ValueError, "a must have shape"),
    ("bilinear_interpolate_forward", (X[0, 0], B, B[:2]), {}, ValueError, "shape"),
    ("max_pool2d_forward", (X, 0), {}, ValueError, "kernel_size must be at least 1, got 0"),
    ("max_pool2d_forward", (X, 2), {"padding": 2}, ValueError, "padding must be at most half"),
    ("max_pool2d_forward", (X, 9), {}, ValueError, "must fit"),
    ("linear_forward", (np.ones((3, 5)), np.ones((2, 4))), {}, ValueError, "x|w"),
    ("linear_forward", (np.ones((3, 4)), np.ones((2, 4)), B), {}, ValueError, "b must have shape"),
    ("relu_forward", ([1.0],), {}, TypeError, "x must be a floating-point NumPy array, got list"),
    ("batch_norm_forward", (X, C, C, C, C), {"training": 1}, TypeError, "training must be a bool"),
    ("batch_norm_forward", (X, C, C, C, None), {"training": True}, ValueError, "both"),
    ("batch_norm_forward", (X, C[:2], C, C, C), {"training": True}, ValueError, "gamma must have"),
    (
        "batch_norm_forward",
        (X[:1, :, :1, :1], C, C, C, C),
        {"training": True},
        ValueError,
        "Expected more than 1 value per channel",
    ),
    ("cross_entropy_forward", (X, IDS), {"reduction": "max"}, ValueError, "reduction must be one"),
    ("cross_entropy_forward", (X, IDS + 4), {}, ValueError, "y must hold class ids .* got 4"),
    ("cross_entropy_forward", (X, IDS * 1.0), {}, TypeError, "y must be an integer"),
]


@pytest.mark.parametrize("path", [reference.naive, reference.vectorized])
@pytest.mark.parametrize(("function", "arguments", "options", "error", "sentence"), BAD)
def test_bad_arguments(path, function, arguments, options, error, sentence):
    with pytest.raises(error, match=sentence) as raised:
        getattr(path, function)(*arguments, **options)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize("path", [reference.naive, reference.vectorized])
@pytest.mark.parametrize(
    ("name", "arguments", "options"),
    [
        ("conv2d", (X, W, B), {"padding": 1}),
        ("deform_conv2d", (X, OFFSET, W, B), {"mask": MASK}),
        ("max_pool2d", (X, 2), {}),
        ("linear", (np.ones((3, 4)), np.ones((2, 4)), np.ones(2)), {}),
        ("relu", (X,), {}),
        ("batch_norm", (X, C, C, C, C), {"training": True}),
    ],
)
def test_a_dout_of_another_shape_or_dtype_is_refused(path, name, arguments, options):
    out, *_, cache = getattr(path, f"{name}_forward")(*arguments, **options)
    backward = getattr(path, f"{name}_backward")
    with pytest.raises(ValueError, match="dout must have shape"):
        backward(out[:1], cache)
    with pytest.raises(TypeError, match="dout must have the dtype"):
        backward(out.astype(np.float32), cache)


@pytest.mark.parametrize("path", [reference.naive, reference.vectorized])
def test_ints_and_pairs_mean_the_same(path):
    one, _ = path.conv2d_forward(X, W, stride=2, padding=1, dilation=2)
    two, _ = path.conv2d_forward(X, W, stride=(2, 2), padding=[1, 1], dilation=(2, 2))
    assert np.array_equal(one, two)
    one, _ = path.max_pool2d_forward(X, 2)
    two, _ = path.max_pool2d_forward(X, (2, 2), stride=np.int64(2))
    assert np.array_equal(one, two)
