"""Operations of torch that a candidate may not use: seen by torch's own dispatcher, whatever the
name by which they are called, also in backward.

Torch functions are seen where Python calls them (`F.linear`, `torch.einsum`), and the operations
that they come to where they are dispatched (`aten::convolution`), so that an alias, a script or a
compiled extension is seen as well.
"""

from __future__ import annotations

import contextlib
import difflib
import re
from collections.abc import Iterable, Iterator
from typing import Any

from properties.implementation import CallFailed

_CONVOLUTION = "convolution convolution_overrideable conv_depthwise2d conv_depthwise3d thnn_conv2d"
_PRODUCT = "mm bmm addmm addbmm baddbmm mv addmv dot vdot inner matmul"
FAMILIES = {
    "conv1d": _CONVOLUTION,
    "conv2d": _CONVOLUTION,
    "conv3d": _CONVOLUTION,
    "conv_transpose1d": _CONVOLUTION,
    "conv_transpose2d": _CONVOLUTION,
    "conv_transpose3d": _CONVOLUTION,
    "convolution": f"{_CONVOLUTION} conv1d conv2d conv3d",
    "matmul": f"{_PRODUCT} rmatmul imatmul chain_matmul multi_dot linear bilinear",
    "mm": _PRODUCT,
    "bmm": _PRODUCT,
    "unfold": "im2col",
    "fold": "col2im",
    "cross_entropy": "cross_entropy_loss",
    "nll_loss": "nll_loss_nd nll_loss2d",
    "batch_norm": "batch_norm_legit batch_norm_with_update batch_norm_impl_index batch_norm_elemt",
    "max_pool2d": "max_pool2d_with_indices",
    "adaptive_avg_pool2d": "adaptive_avg_pool2d",
    "scaled_dot_product_attention": (
        "scaled_dot_product_attention_math scaled_dot_product_flash_attention"
        " scaled_dot_product_flash_attention_for_cpu scaled_dot_product_efficient_attention"
        " scaled_dot_product_cudnn_attention scaled_dot_product_fused_attention_overrideable"
        " multi_head_attention_forward native_multi_head_attention"
    ),
    "cdist": "euclidean_dist pairwise_distance",
    "rnn": "rnn_tanh rnn_relu rnn_tanh_cell rnn_relu_cell rnn_layer",
    "lstm": "lstm_cell thnn_fused_lstm_cell lstm_mps rnn_layer rnn",
    "gru": "gru_cell thnn_fused_gru_cell rnn_layer rnn",
    "deform_conv2d": "deform_conv2d",
}
"""What else an operation is called, on its way to the one that computes it."""

_BEFORE = re.compile(r"^(_|native_|cudnn_|mkldnn_|miopen_|slow_|thnn_|safe_|fused_)+")
_AFTER = re.compile(r"(_backward|_forward|_input|_weight|_legit|_out|_)+$")


class Forbidden(CallFailed):
    """A candidate uses an operation that it may not use."""

    def __init__(self, called: str, named: str) -> None:
        words = called if called.rpartition("::")[2] == named else f"{called} ({named})"
        super().__init__("forbidden", f"uses the operation {words}, which is forbidden")


class Operations:
    """The operations forbidden, and a watch for them around each call."""

    def __init__(self, names: Iterable[str]) -> None:
        self._named: dict[str, str] = {}
        for name in names:
            for other in (name, *FAMILIES.get(name, "").split()):
                self._named.setdefault(_bare(other), name)
        self._used: Forbidden | None = None

    @contextlib.contextmanager
    def watch(self) -> Iterator[None]:
        """Raise Forbidden in what uses one of them, and again if the candidate has caught it."""
        if not self._named:
            yield
            return
        self._used = None
        dispatched, called = _modes()
        try:
            with dispatched(self._refuse), called(self._refuse):
                yield
        finally:
            if self._used is not None:
                raise self._used

    def _refuse(self, called: str, name: str) -> None:
        named = self._named.get(_bare(name))
        if named is not None:
            self._used = self._used or Forbidden(called, named)
            raise self._used


def _bare(name: str) -> str:
    """An operation's name without what tells its variants apart: `_cudnn_conv_backward_`."""
    name = name.strip("_").lower()
    name = _BEFORE.sub("", name)
    return _AFTER.sub("", name) or name


def _modes() -> tuple[Any, Any]:
    """Two modes, for what is dispatched and for what Python calls, which ask `refuse`."""
    from torch.overrides import TorchFunctionMode
    from torch.utils._python_dispatch import TorchDispatchMode

    class Dispatched(TorchDispatchMode):  # type: ignore[misc]
        def __init__(self, refuse: Any) -> None:
            super().__init__()
            self._refuse = refuse

        def __torch_dispatch__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            name = func._schema.name
            self._refuse(name, name.rpartition("::")[2])
            return func(*args, **(kwargs or {}))

    class Called(TorchFunctionMode):  # type: ignore[misc]
        def __init__(self, refuse: Any) -> None:
            super().__init__()
            self._refuse = refuse

        def __torch_function__(
            self, func: Any, types: Any, args: Any = (), kwargs: Any = None
        ) -> Any:
            name = getattr(func, "__name__", "").partition(".")[0]
            self._refuse(name, name)
            return func(*args, **(kwargs or {}))

    return Dispatched, Called


def unknown(names: Iterable[str]) -> str:
    """A sentence about the first name that is no operation of torch's, or ''."""
    import torch
    import torchvision.ops

    there = {_bare(name.rpartition("::")[2].partition(".")[0]) for name in _schemas()}
    there |= {_bare(n) for n in (*dir(torch), *dir(torch.nn.functional), *dir(torchvision.ops))}
    for name in names:
        if _bare(name) not in there and name not in FAMILIES:
            near = difflib.get_close_matches(_bare(name), there, 3)
            hint = f" (there is {', '.join(near)})" if near else ""
            return f"no operation of torch is called {name!r}{hint}"
    return ""


def _schemas() -> list[str]:
    import torch

    return [schema.name for schema in torch._C._jit_get_all_schemas()]
