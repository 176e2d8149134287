"""Output size of a convolution or a pooling.

The closed formula: what the kernel leaves free of the padded map, divided by the stride, plus 1.
The division rounds down, or with `ceil_mode` up, less a window that starts in the padding.
"""

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
    settings = check_output_size(size, kernel_size, stride, padding, dilation, ceil_mode)
    n, k, s, p, d = np.array(settings, np.int64)
    room = n + 2 * p - d * (k - 1) - 1
    if not ceil_mode:
        return room // s + 1
    last = -(-room // s)
    return last + 1 - (last * s >= n + p)
