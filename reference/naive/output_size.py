"""Output size of a convolution or a pooling, counting one window position at a time."""

from __future__ import annotations

from typing import Any

import numpy as np

from reference._output_size_arguments import check_output_size


def output_size_forward(
    size: Any,
    kernel_size: Any,
    *,
    stride: Any = 1,
    padding: Any = 0,
    dilation: Any = 1,
    ceil_mode: bool = False,
) -> np.ndarray:
    """The height and width of what `torch.nn.functional.conv2d` makes of a map, as int64 (2,).

    size, kernel_size, stride, padding and dilation are an int or a pair (for H, for W), in
    elements. A position counts if the window lies within the padded map. With `ceil_mode`, as in
    `torch.nn.functional.max_pool2d`, it may reach beyond the padding by less than a stride, but
    must not start in the padding below or to the right, and the padding is at most half the
    kernel. Raises TypeError and ValueError on bad arguments, also where no window fits.
    """
    g = check_output_size(size, kernel_size, stride, padding, dilation, ceil_mode)
    out = np.zeros(2, np.int64)
    for axis in (0, 1):
        n, k, s = g.size[axis], g.kernel[axis], g.stride[axis]
        p, d = g.padding[axis], g.dilation[axis]
        start, fits = -p, True  # the map itself lies from 0 to n - 1
        while fits:
            out[axis] += 1
            start += s
            beyond = start + d * (k - 1) - (n + p - 1)
            fits = beyond < s and start < n if ceil_mode else beyond <= 0
    return out
