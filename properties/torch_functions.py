"""PyTorch itself as an implementation, on a device: what it computes in float32, and where."""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from properties.implementation import Local
from properties.layouts import Bfloat16, Tf32
from properties.operator import Arrays, Operator

if TYPE_CHECKING:
    import torch

DEVICES = ("cpu", "cuda")
NAMES = {device: f"torch-{device}" for device in DEVICES}
"""What PyTorch is called as an implementation on each device."""


def on_device(operator: Operator, device: str) -> Local:
    """PyTorch's own call of an operator as an implementation."""
    return Local(NAMES[device], TorchFunctions(operator, device))


class TorchFunctions:
    """The torch call of an operator on a device, in the precision of its inputs.

    The oracle is the same call on the CPU in float64, so that a failure is a disagreement of
    PyTorch with itself. Memory layouts are kept where torch can express them: a channels-last
    array becomes a channels-last tensor, whose kernels are others, and a broadcast one is expanded.
    """

    def __init__(self, operator: Operator, device: str) -> None:
        self._operator, self._device = operator, device
        if device == "cuda":
            use_whole_floats()

    def forward(
        self, attributes: Mapping[str, Any], inputs: Mapping[str, Any]
    ) -> tuple[dict[str, Any], Any]:
        import torch

        tensors = {name: self._tensor(array) for name, array in inputs.items()}
        wanted = [name for name in self._operator.differentiable if name in tensors]
        for name in wanted:
            tensors[name].requires_grad_()
        with (
            torch.random.fork_rng(devices=[]),
            torch.set_grad_enabled(bool(wanted)),
            warnings.catch_warnings(),
        ):
            warnings.simplefilter("ignore")
            outputs = self._operator.oracle(tensors, attributes)
        named = {name: outputs[name] for name in self._operator.outputs if name in outputs}
        arrays = {name: _array(tensor) for name, tensor in named.items()}
        return arrays, (named, {name: tensors[name] for name in wanted})

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> Arrays:
        import torch

        outputs, inputs = cache
        live = [name for name in cotangents if outputs[name].requires_grad]
        gradients = torch.autograd.grad(
            [outputs[name] for name in live],
            list(inputs.values()),
            [self._tensor(cotangents[name]).to(outputs[name].dtype) for name in live],
            allow_unused=True,
            retain_graph=True,
        )
        named = zip(inputs.items(), gradients, strict=True)
        return {name: _array(torch.zeros_like(x) if g is None else g) for (name, x), g in named}

    def _tensor(self, array: np.ndarray) -> torch.Tensor:
        """A tensor on the device that shares no memory with the array, in the array's layout."""
        import torch

        held = array[tuple(slice(0, None if stride else 1) for stride in array.strides)]
        tensor = torch.from_numpy(_expressible(held))
        kind = torch.bfloat16 if isinstance(array, Bfloat16) else tensor.dtype
        if self._device != "cpu" and kind.is_floating_point:
            allow_tf32(isinstance(array, Tf32))
        return tensor.to(self._device, kind).expand(array.shape)


def _array(tensor: torch.Tensor) -> np.ndarray:
    import torch

    tensor = tensor.detach().cpu()
    array: np.ndarray = (tensor.float() if tensor.dtype == torch.bfloat16 else tensor).numpy()
    return array.copy()


def _expressible(array: np.ndarray) -> np.ndarray:
    """A copy in an equally ordered layout that torch can wrap: native and with strides >= 0."""
    return np.array(array, dtype=array.dtype.newbyteorder("="), order="K")


def use_whole_floats() -> None:
    """Have CUDA multiply float32 as float32, not as TF32 of 10 bits, which cuDNN does by default.

    cuDNN's choice of algorithms is held as well: some add up in an order of their own each time.
    """
    import torch

    allow_tf32(False)
    torch.backends.cudnn.deterministic = True
    torch.backends.cudnn.benchmark = False


NOT_REPEATABLE = "does not have a deterministic implementation"
"""What PyTorch says where its kernels add up in another order each time, if that is forbidden."""


def use_repeatable_kernels() -> None:
    """Have PyTorch use kernels alone whose results are the same to the last bit, or none."""
    import torch

    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")  # or cuBLAS is refused
    torch.use_deterministic_algorithms(True)


def allow_tf32(allowed: bool) -> None:
    """Whether CUDA may multiply float32 as TF32, matrices as well as convolutions."""
    import torch

    torch.backends.cuda.matmul.allow_tf32 = allowed
    torch.backends.cudnn.allow_tf32 = allowed


def device_problem(device: str) -> str | None:
    """Why a device cannot be judged here, or None."""
    import torch

    if device == "cuda" and not torch.cuda.is_available():
        return "torch finds no CUDA device"
    return None
