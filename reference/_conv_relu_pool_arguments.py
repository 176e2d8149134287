"""The checked pooling arguments of convolution, relu and pooling, shared by both paths."""

from __future__ import annotations

from typing import Any

from reference._arguments import Pair, pair


def check_pool(pool_kernel_size: Any, pool_stride: Any) -> tuple[Pair, Pair]:
    """Kernel and stride of the pooling as pairs. Raises TypeError or ValueError naming the bad."""
    kernel = pair("pool_kernel_size", pool_kernel_size, 1)
    return kernel, kernel if pool_stride is None else pair("pool_stride", pool_stride, 1)
