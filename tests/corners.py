"""Right calls that the properties do not draw, on which the two references must agree.

Windows and rows longer than a byte or a block, ties that PyTorch does not define, values that no
tolerance compares (infinity, NaN), queries that see no key, and arrays without elements, of which
neither path may even warn.
"""

from __future__ import annotations

import importlib
import inspect
import warnings
from typing import Any

import numpy as np

TUNED = (
    ("_strips", "SCRATCH_BYTES"),
    ("_kernel_rows", "FEW_TAPS"),
    ("_squares", "BLOCK"),
    ("bilinear_interpolate", "BLOCK"),
    ("deform_conv2d", "BLOCK"),
)
"""(module, name) of the sizes of blocks in the vectorized path: any positive number is right."""


def spaced(*shape: int) -> np.ndarray:
    """Different numbers in random order."""
    size = int(np.prod(shape))
    return np.random.default_rng(size).permutation(size).reshape(shape) - size / 2


def with_value(a: np.ndarray, value: float, *places: tuple[int, ...]) -> np.ndarray:
    for place in places:
        a[place] = value
    return a


def ones(*shape: int) -> np.ndarray:
    return np.ones(shape)


MINUS_INFINITY = np.full((1, 2, 6, 7), -np.inf)
SEVERAL_NAN = with_value(spaced(1, 2, 6, 7), np.nan, (0, 0, 1, 2), (0, 0, 2, 2), (0, 1, 3, 3))
# Equal numbers whose mean in float32 is another, a larger one and a smaller one; and nearly so.
CONSTANTS = [np.full((N, 2, 3, W), 12345.678, np.float32) for N, W in ((3, 7), (7, 5))]
NEARLY = with_value(CONSTANTS[0].copy(), 12345.75, (0, 0, 0, 0), (1, 0, 2, 3), (2, 1, 0, 6))
ROWS = [maps.transpose(0, 2, 3, 1).reshape(-1, 2) for maps in (*CONSTANTS, NEARLY)]
HALF_SEEN = np.array([[True, False], [False, False]])

CORNERS: tuple[tuple[str, tuple, dict[str, Any]], ...] = (
    # Maxima whose places need more than one byte, along one axis, the other, and both.
    *(
        ("max_pool2d", (spaced(1, 2, *size), kernel), {"stride": 1, **options})
        for size, kernel, options in (
            ((3, 300), (1, 300), {}),
            ((3, 130), (3, 2), {}),
            ((300, 3), (100, 2), {"dilation": (2, 1)}),
            ((5, 140), (2, 2), {"dilation": (2, 1)}),
            ((3, 250), (2, 10), {}),
            ((4, 257), (1, 129), {"dilation": (1, 2)}),
        )
    ),
    # Dilated windows that read between one another, and some that share an element.
    ("max_pool2d", (spaced(2, 1, 13, 13), 3), {"stride": 6, "dilation": 3}),
    ("max_pool2d", (spaced(2, 1, 13, 13), 4), {"stride": 6, "dilation": 2}),
    # The last window reads far beyond the map.
    ("max_pool2d", (spaced(1, 2, 8, 10), 3), {"stride": 2, "dilation": 3, "ceil_mode": True}),
    ("max_pool2d", (MINUS_INFINITY, 2), {"stride": (1, 3), "dilation": (2, 1), "padding": 1}),
    ("max_pool2d", (MINUS_INFINITY, 3), {"stride": 1, "dilation": (1, 2), "padding": 1}),
    ("max_pool2d", (MINUS_INFINITY, 3), {"stride": 1, "dilation": (2, 3), "padding": 1}),
    ("max_pool2d", (MINUS_INFINITY, (3, 2)), {"stride": (2, 3), "padding": 1}),
    ("max_pool2d", (SEVERAL_NAN, 2), {"stride": 1}),
    ("max_pool2d", (SEVERAL_NAN, (3, 2)), {"padding": 1}),
    *(
        ("top_k", (spaced(2, 3000), k), {"largest": largest})
        for k in (1, 7, 1500, 2999)
        for largest in (True, False)
    ),
    # Wide padding on the sides, and windows that read less of it below.
    *(
        ("conv2d", (spaced(2, 4, 5, 6) / 99, spaced(2, 4 // groups, 3, 3) / 9, spaced(2)), options)
        for groups in (1, 2)
        for options in (
            {"padding": (1, 2), "groups": groups},
            {"padding": (2, 3), "groups": groups, "dilation": (2, 1)},
        )
    ),
    # Padding that keeps the size, of which what is odd goes to the end.
    *(
        (
            "conv2d",
            (spaced(1, 2, 7, 9) / 99, spaced(2, 2, *kernel) / 9),
            {"padding": "same", "dilation": dilation},
        )
        for kernel, dilation in (((3, 4), (3, 2)), ((4, 2), (1, 3)), ((2, 3), (3, 1)))
    ),
    # Rows of windows above the map, a strip each.
    ("conv2d", (spaced(1, 2, 3, 30) / 99, spaced(2, 2, 1, 1)), {"padding": (2, 1)}),
    # Outputs whose first kernel row lies above the map or below it have their bias, once.
    (
        "conv2d",
        (spaced(2, 4, 5, 3) / 99, spaced(1, 4, 3, 3) / 9, spaced(1) + 7),
        {"padding": (3, 0), "stride": (2, 1)},
    ),
    # As many outputs as inputs in a row, and yet not above them.
    (
        "conv2d",
        (spaced(1, 4, 4, 3) / 99, spaced(1, 4, 3, 3) / 9),
        {"padding": (1, 2), "stride": (1, 2)},
    ),
    # Large strides and dilations, of which the last windows read the padding below.
    *(
        ("conv2d", (spaced(1, C, *size) / 99, spaced(F, C, *kernel) / 9), options)
        for C, F, size, kernel, options in (
            (4, 1, (10, 6), (5, 3), {"padding": (2, 1), "stride": (3, 1)}),
            (4, 1, (7, 6), (3, 3), {"padding": (2, 1), "dilation": (3, 1)}),
            (1, 4, (9, 8), (3, 3), {"dilation": 3}),
        )
    ),
    ("dropout", (spaced(3, 4), np.ones((3, 4), bool)), {"p": 1.0}),
    ("sliding_windows", (spaced(1, 2, 3, 4), 5), {"padding": (3, 1)}),
    ("sliding_windows", (spaced(1, 2, 3, 4), 5), {"padding": (1, 3)}),
    ("elu", (spaced(3, 4) / 4,), {"alpha": 0}),
    ("temporal_cross_entropy", (spaced(1, 3, 120) / 120, np.array([[99, 100, 101]])), {}),
    ("mse_loss", (spaced(5, 1000) / 1000, spaced(1000, 5).T / 999), {}),
    ("l2_penalty", (spaced(5, 1000) / 1000,), {"strength": 0.5}),
    *(
        ("batch_norm", (x, *affine, *running), {"training": True, "momentum": 1.0})
        for x in (*CONSTANTS, NEARLY, *ROWS)
        for affine in ((None, None), np.ones((2, 2), np.float32))
        for running in ((None, None), np.zeros((2, 2), np.float32))
    ),
    ("attention", (ones(2, 3), spaced(2, 3) / 3, spaced(2, 3)), {"mask": HALF_SEEN}),
    (
        "attention",
        (ones(4, 2, 3), ones(4, 2, 3), ones(4, 2, 3)),
        {"mask": HALF_SEEN, "causal": True},
    ),
    ("normalize", (np.array([[1.0, 0.0], [0.0, 2.0]]),), {"eps": 1.0}),
    ("normalize", (np.array([[1.0, 0.0], [0.0, 2.0]]),), {"eps": 1.0, "p": 1}),
    ("embedding", (np.repeat(np.arange(3), 300), spaced(4, 2)), {}),
    ("bilinear_interpolate", (spaced(4, 5), spaced(9, 9) / 10, spaced(9, 9) / 11), {}),
    ("deform_conv2d", (spaced(2, 2, 9, 11), spaced(2, 16, 8, 10) / 99, spaced(2, 2, 2, 2)), {}),
    # Nothing at all.
    ("deform_conv2d", (spaced(1, 2, 4, 4), ones(1, 8, 3, 3), ones(0, 2, 2, 2)), {}),
    *(
        (
            "batch_norm",
            (ones(*shape), ones(shape[1]), ones(shape[1]), zeros, zeros),
            {"training": training},
        )
        for shape in ((0, 3), (0, 3, 2, 2), (2, 3, 0, 2), (2, 3, 2, 0))
        for zeros in (np.zeros(3), None)
        for training in (True, False)
    ),
    ("layer_norm", (ones(0, 3), ones(3), ones(3)), {}),
    ("layer_norm", (ones(2, 0), ones(0), ones(0)), {}),
    ("group_norm", (ones(0, 4, 2), ones(4), ones(4), 2), {}),
    ("group_norm", (ones(2, 4, 0), ones(4), ones(4), 2), {}),
    *(
        (name, (ones(0, 3), np.zeros(0, int)), {"reduction": reduction})
        for name in ("cross_entropy", "nll_loss", "multiclass_hinge")
        for reduction in ("none", "sum", "mean")
    ),
    ("cross_entropy", (ones(2, 3), np.full(2, -100)), {}),
    *(
        ("cross_entropy", (ones(2, 3, 0), np.zeros((2, 0), int)), {"reduction": r})
        for r in ("none", "sum")
    ),
    ("cross_entropy", (np.array([[355.3, 0, -355.3]]), np.array([2])), {}),  # a ratio overflows
    *(  # exponentials of ordinary size, those that overflow, and those that vanish
        (
            "cross_entropy",
            (spaced(6, 300) * scale + offset, np.arange(6) * 50),
            {"reduction": "none"},
        )
        for scale, offset in ((0.1, 0), (1, 0), (0.1, 800), (0.1, -800))
    ),
    *(
        ("temporal_cross_entropy", (ones(N, T, 3), np.zeros((N, T), int)), {"reduction": reduction})
        for N, T in ((0, 2), (2, 0))
        for reduction in ("none", "sum", "batch", "mean")
    ),
    *(("mse_loss", (ones(0, 2), ones(0, 2)), {"reduction": r}) for r in ("none", "sum", "mean")),
)


def disagreement(name: str, arguments: tuple, options: dict[str, Any]) -> str | None:
    """How the two paths differ on a call and its gradients, or None.

    What is given in float32 is compared with the naive path in float64.
    """
    exact = [a.astype(np.float64) if _is_float(a) else a for a in arguments]
    expected = _results("naive", name, exact, options)
    try:
        if name in BY_TORCH:  # both paths share where a window begins
            for one, other in zip(_by_torch(name, *exact, **options), expected, strict=True):
                if one is not None:
                    np.testing.assert_allclose(other, one, rtol=1e-9, atol=1e-9)
        got = _results("vectorized", name, arguments, options)
        kind = next(a.dtype for a in arguments if _is_float(a))
        rtol, atol = (2e-7, 1e-4) if kind == np.float32 else (1e-9, 1e-9)
        for one, other in zip(expected, got, strict=True):
            if (one is None) != (other is None):
                return f"{one} is not {other}"
            if one is not None:
                assert other.dtype == (kind if _is_float(one) else one.dtype)
                np.testing.assert_allclose(other, one, rtol=rtol, atol=atol)
                assert other.shape == one.shape
    except (Exception, Warning) as error:
        return f"{type(error).__name__}: {error}"
    return None


BY_TORCH = ("conv2d", "max_pool2d")


def _by_torch(name: str, *arguments: Any, **options: Any) -> list[np.ndarray | None]:
    import torch

    leaves = [torch.from_numpy(a).requires_grad_() for a in arguments if _is_float(a)]
    others = [a for a in arguments if not _is_float(a)]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # 'same' with an even kernel copies the input
        out = getattr(torch.nn.functional, name)(*leaves, *others, **options)
    dout = np.random.default_rng(0).standard_normal(out.shape)
    out.backward(torch.from_numpy(dout))
    found = [out.detach().numpy(), *(leaf.grad.numpy() for leaf in leaves)]
    return [*found, None] if name == "conv2d" and len(leaves) == 2 else found


def _results(path: str, name: str, arguments: Any, options: dict[str, Any]) -> list[Any]:
    """Outputs and gradients; whatever warns, fails."""
    module = importlib.import_module(f"reference.{path}.{name}")
    backward = getattr(module, f"{name}_backward")
    rng = np.random.default_rng(0)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        *outputs, cache = getattr(module, f"{name}_forward")(*arguments, **options)
        count = len(inspect.signature(backward).parameters) - 1
        cotangents = [np.asarray(rng.standard_normal(o.shape), o.dtype) for o in outputs[:count]]
        gradients = backward(*cotangents, cache)
    return [*outputs, *(gradients if isinstance(gradients, tuple) else (gradients,))]


def _is_float(a: Any) -> bool:
    return isinstance(a, np.ndarray) and a.dtype.kind == "f"
