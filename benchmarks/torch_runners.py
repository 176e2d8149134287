"""PyTorch and torchvision on a problem's arrays: on the CPU, channels last, or on CUDA.

Nothing is copied inside what is timed. On CUDA each run ends with a synchronisation, since a call
only starts a kernel.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from benchmarks.problems import Problem, Runner, check
from properties.operator import Arrays


def torch_runner(problem: Problem, device: str = "cpu", channels_last: bool = False) -> Runner:
    """The oracle itself, with autograd for the gradients, on tensors that are made once."""
    import torch

    def tensor(array: Any) -> Any:
        made = torch.from_numpy(array).to(device)
        if channels_last and made.ndim == 4:
            made = made.contiguous(memory_format=torch.channels_last)
        return made

    tensors = {name: tensor(array) for name, array in problem.inputs.items()}
    wanted = [tensors[name].requires_grad_() for name in problem.gradients]
    upstream = {name: tensor(array) for name, array in problem.cotangents.items()}
    attributes, operator = problem.case.at(0), problem.operator

    def run() -> tuple[Mapping[str, Any], tuple]:
        with torch.set_grad_enabled(bool(wanted)):
            outputs = operator.oracle(tensors, attributes)
        live = [name for name in upstream if outputs[name].requires_grad]
        gradients = ()
        if live:
            given = [upstream[name] for name in live]
            gradients = torch.autograd.grad([outputs[name] for name in live], wanted, given)
        if device == "cuda":
            torch.cuda.synchronize()
        return outputs, gradients

    def results() -> Arrays:
        outputs, gradients = run()
        arrays = {
            name: outputs[name].detach().cpu().numpy()
            for name in operator.outputs
            if name in outputs
        }
        named = zip(problem.gradients, gradients, strict=True)
        return arrays | {f"d{name}": gradient.cpu().numpy() for name, gradient in named}

    name = "cuda" if device == "cuda" else "channels_last" if channels_last else "torch"
    return Runner(name, run, results)


def confirmed(problem: Problem, runner: Runner) -> Runner:
    """The runner, after one run whose results are PyTorch's. Raises ValueError where not.

    What an implementation drew itself, a mask say, PyTorch is told.
    """
    got = runner.results()
    drawn = {name: got[name] for name in problem.operator.evidence if name in got}
    if not problem.operator.evidence or drawn:
        told = replace(problem, inputs=problem.inputs | drawn)
        check(problem, got, torch_runner(told).results())
    return runner


def has_layouts(problem: Problem) -> bool:
    """Whether the channels of an input can be put last, which PyTorch has other kernels for."""
    return any(array.ndim == 4 and array.shape[1] > 1 for array in problem.inputs.values())
