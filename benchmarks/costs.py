"""What a problem costs at least: operations in matrix products, and bytes moved once.

Operations are counted by PyTorch's own counter on the oracle. A gradient with respect to each
factor of a product costs as much as the product, so that backward counts twice.
"""

from __future__ import annotations

from dataclasses import replace
from math import prod
from typing import Any

from benchmarks.problems import MODES, Problem
from benchmarks.torch_runners import torch_runner


def flops(problem: Problem) -> int:
    """Multiplications and additions of the matrix products and convolutions; 0 without any."""
    import torch
    import torchvision  # noqa: F401  (registers deform_conv2d)
    from torch.utils.flop_counter import FlopCounterMode

    uncounted = {
        torch.ops.torchvision.deform_conv2d: _of_deform_conv2d,
        torch.ops.aten.mkldnn_rnn_layer: _of_recurrent_layer,
    }
    runner = torch_runner(replace(problem, mode=MODES[0]))
    with FlopCounterMode(display=False, custom_mapping=uncounted) as counter:
        runner.run()
    forward: int = counter.get_total_flops()
    return 3 * forward if problem.backward else forward


def _of_deform_conv2d(
    x: Any, weight: Any, *rest: Any, out_shape: tuple[int, ...], **named: Any
) -> int:
    """Those of a convolution whose windows are at hand; shapes of torchvision's arguments."""
    return 2 * prod(out_shape) * prod(weight[1:])


def _of_recurrent_layer(
    x: Any, weight_x: Any, weight_h: Any, *rest: Any, out_shape: Any, **named: Any
) -> int:
    """Two products for each step of each sequence, x (T, N, D)."""
    return 2 * prod(x[:2]) * (prod(weight_x) + prod(weight_h))
