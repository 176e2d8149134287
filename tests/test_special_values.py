"""What the properties do not draw, since comparing numbers says nothing of it: infinity and NaN."""

from __future__ import annotations

import numpy as np
import pytest
import torch

import reference.naive
import reference.vectorized

PATHS = [reference.naive, reference.vectorized]


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "geometry",
    [
        {"kernel_size": 2},
        {"kernel_size": (3, 2), "stride": (2, 1), "padding": (1, 1)},
        {"kernel_size": 2, "stride": (1, 3), "dilation": (2, 1), "padding": (1, 0)},
        {"kernel_size": (2, 3), "stride": 1, "dilation": (1, 2)},
    ],
)
def test_a_window_of_minus_infinity_hands_its_gradient_to_its_first_element(path, geometry):
    x = np.full((1, 2, 6, 7), -np.inf)
    x[0, 1, 2, 3] = 1.0
    tensor = torch.from_numpy(x.copy()).requires_grad_()
    expected = torch.nn.functional.max_pool2d(tensor, **geometry)
    out, cache = path.max_pool2d_forward(x, **geometry)
    assert np.array_equal(out, expected.detach().numpy())
    dout = np.arange(1.0, out.size + 1).reshape(out.shape)
    (dx,) = torch.autograd.grad(expected, tensor, torch.from_numpy(dout))
    assert np.array_equal(path.max_pool2d_backward(dout, cache), dx.numpy())


@pytest.mark.parametrize("special", [np.inf, np.nan])
@pytest.mark.parametrize("groups", [1, 2])
def test_a_convolution_spreads_them_no_further_than_its_windows(special, groups):
    rng = np.random.default_rng(0)
    x, w = rng.standard_normal((1, 2, 6, 5)), rng.standard_normal((2, 2 // groups, 3, 2))
    x[0, 0, 5, 4] = special
    dout = rng.standard_normal((1, 2, 4, 4))
    with np.errstate(invalid="ignore"):
        results = []
        for path in PATHS:
            out, cache = path.conv2d_forward(x, w, groups=groups)
            results.append([out, *path.conv2d_backward(dout, cache)[:2]])
    for expected, got in zip(*results, strict=True):
        np.testing.assert_allclose(got, expected, rtol=1e-10)
