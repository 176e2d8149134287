"""Functions on torch that add annealed Gaussian noise to gradients (Neelakantan et al. 2015).

What torch draws meanwhile is replaced by the draws of the case, so that the noise is exact. A tiny
problem shows how a function says how large it is.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator, Mapping
from typing import Any
from unittest import mock

import numpy as np

from candidates.conventions._finite import on_tensors
from candidates.conventions._metrics import Arrays, Call, Form, Metric
from candidates.conventions._tensors import Place, load_torch, run, to_array
from candidates.conventions._torch_sizes import MODEL
from candidates.spelling import Spelling
from properties.plain import WrongResult

At = Mapping[str, Any]
GRADIENTS, DRAWS = ("g1", "g2", "g3"), ("z1", "z2", "z3")
ROLES = {
    "model": MODEL,
    "params": "parameters params param_list parameter_list",
    "optimizer": "optimizer optim opt",
    "grad": "grad gradient g",
    "grads": "grads gradients grad_list",
    "t": "t step timestep iteration global_step iter epoch n_iter current_step step_num time_step "
    "num_steps steps it",
    "eta": "eta",
    "gamma": "gamma decay decay_rate power",
    "std": "std stddev noise_std sigma noise_scale noise_stddev std_dev scale sigma0 noise_sigma "
    "epsilon eps",
    "slower": "duration scale_factor interval",  # another schedule, of no form here
}


class Drawing:
    """The draws of a case in place of torch's: to each shape the next one that has it.

    Where none is left, torch's own are given, from a seed. asked: whether there was any drawing.
    """

    def __init__(self, draws: list[Any]) -> None:
        self._left, self.asked = list(draws), False

    def take(self, size: int) -> Any:
        self.asked = True
        for place, draw in enumerate(self._left):
            if draw.numel() == size:
                return self._left.pop(place)
        return None

    def filled(self, made: Any, mean: Any = 0.0, std: Any = 1.0) -> Any:
        """`made`, a tensor of fresh draws, with those of the case instead."""
        draw = self.take(made.numel())
        return made if draw is None else draw.reshape(made.shape).to(made) * std + mean


@contextlib.contextmanager
def drawing(draws: list[Any]) -> Iterator[Drawing]:
    """Have `randn`, `randn_like`, `normal` and `normal_` give these draws."""
    torch, given = load_torch(), Drawing(draws)
    randn, like, normal = torch.randn, torch.randn_like, torch.normal
    inplace = torch.Tensor.normal_

    def of_normal(mean: Any = 0.0, std: Any = 1.0, *size: Any, **named: Any) -> Any:
        return given.filled(normal(mean, std, *size, **named), mean, std)

    def of_tensor(tensor: Any, mean: float = 0.0, std: float = 1.0, **named: Any) -> Any:
        return tensor.copy_(given.filled(inplace(tensor, mean, std, **named), mean, std))

    with (
        torch.random.fork_rng(),
        mock.patch.object(torch, "randn", lambda *a, **k: given.filled(randn(*a, **k))),
        mock.patch.object(torch, "randn_like", lambda *a, **k: given.filled(like(*a, **k))),
        mock.patch.object(torch, "normal", of_normal),
        mock.patch.object(torch.Tensor, "normal_", of_tensor),
    ):
        torch.manual_seed(0)
        yield given


def noisy(
    function: Call, inputs: Arrays, holder: str, named: Mapping[str, Any]
) -> dict[str, np.ndarray]:
    """The gradients afterwards, of a function that is handed what holds them."""
    torch = load_torch()
    gradients = [torch.from_numpy(np.array(inputs[n])).to(Place.device) for n in GRADIENTS]
    parameters = [torch.nn.Parameter(torch.ones_like(g)) for g in gradients]
    for parameter, gradient in zip(parameters, gradients, strict=True):
        parameter.grad = gradient
    with drawing([torch.from_numpy(np.array(inputs[name])) for name in DRAWS]) as given:
        left = HOLDERS[holder](function, parameters, named)
    outputs = {n: to_array(n, g) for n, g in zip(GRADIENTS, left, strict=True)}
    for name, gradient in outputs.items():
        if gradient is None:
            raise WrongResult(f"{name} is None: there is no gradient any more")
    if not given.asked and any(not np.array_equal(outputs[n], inputs[n]) for n in GRADIENTS):
        raise WrongResult("its noise is drawn in no known way")
    return outputs


def _left(holder: str, held: Callable[[Any, Any], Any]) -> Any:
    """Of a function that changes `.grad` of parameters."""

    def call(function: Call, parameters: list[Any], named: Mapping[str, Any]) -> list[Any]:
        run(function, **{holder: held(load_torch(), parameters)}, **named)
        return [p.grad for p in parameters]

    return call


def _each(function: Call, parameters: list[Any], named: Mapping[str, Any]) -> list[Any]:
    returned = [run(function, grad=p.grad, **named) for p in parameters]
    return [p.grad if r is None else r for p, r in zip(parameters, returned, strict=True)]


def _all(function: Call, parameters: list[Any], named: Mapping[str, Any]) -> list[Any]:
    gradients = [p.grad for p in parameters]
    returned = run(function, grads=gradients, **named)
    found = gradients if returned is None else returned
    if not isinstance(found, (list, tuple)) or len(found) != len(parameters):
        raise WrongResult(f"returned {type(found).__name__}, expected a list of gradients")
    return list(found)


HOLDERS: dict[str, Any] = {
    "model": _left("model", lambda torch, parameters: torch.nn.ParameterList(parameters)),
    "params": _left("params", lambda torch, parameters: parameters),
    "optimizer": _left("optimizer", lambda torch, parameters: torch.optim.SGD(parameters, lr=0.1)),
    "grad": _each,
    "grads": _all,
}
TINY_AT = {"eta": 0.01, "gamma": 0.55, "t": 3}
TINY = {
    **{"g1": np.array([1.0, -2.0]), "g2": np.array([[3.0], [5.0], [-1.0]]), "g3": np.array([4.0])},
    **{"z1": np.array([2.0, 1.0]), "z2": np.array([[-1.0], [3.0], [1.0]]), "z3": np.array([-2.0])},
}


def form(
    holder: str,
    roles: str,
    named: Callable[[At], Mapping[str, Any]],
    domain: Mapping[str, tuple[Any, ...]],
    words: str = "",
    *,
    spare: bool = False,
) -> Form:
    """A form whose other parameters have these values; its tiny problem is in its domain."""
    at = TINY_AT | {name: values[0] for name, values in domain.items()}
    sigma = (at["eta"] * (1 + at["t"]) ** -at["gamma"]) ** 0.5
    pairs = zip(GRADIENTS, DRAWS, strict=True)
    expected = np.concatenate([np.ravel(TINY[g] + sigma * TINY[z]) for g, z in pairs])

    def call(function: Call, at: At, inputs: Arrays) -> Any:
        return noisy(function, inputs, holder, named(at))

    return Noise(f"{holder} {roles}", call, at, TINY, expected, domain, words, spare=spare)


class Noise(Form):
    """A form whose output has several names."""

    def fits(self, result: Any, off: float = 1e-4) -> bool:
        return super().fits(_flat(result), off)

    def shaped(self, result: Any) -> bool:
        return super().shaped(_flat(result))


def _flat(result: Any) -> Any:
    return (
        np.concatenate([np.ravel(a) for a in result.values()]) if type(result) is dict else result
    )


def _deviation(at: At) -> float:
    return float(at["eta"]) ** 0.5


def forms(holder: str) -> list[Form]:
    """By the paper's names; by a deviation, which falls as the variance does or by itself."""
    usual, one = {"gamma": (0.55,)}, {"t": (0,)}
    return [
        form(holder, "t eta gamma", lambda at: {n: at[n] for n in ("t", "eta", "gamma")}, {},
             spare=True),
        form(holder, "t eta", lambda at: {n: at[n] for n in ("t", "eta")}, usual,
             "gamma is 0.55", spare=True),
        *(
            form(holder, "t", lambda at: {"t": at["t"]}, {"eta": (eta,), **usual},
                 f"eta is {eta:g}, gamma 0.55")
            for eta in (0.01, 0.3, 1.0)
        ),
        form(holder, "eta", lambda at: {"eta": at["eta"]}, one, "the noise does not fall",
             spare=True),
        form(holder, "std", lambda at: {"std": _deviation(at)}, one,
             "the deviation is given, the noise does not fall", spare=True),
        form(holder, "std t gamma", lambda at: {"std": _deviation(at), "t": at["t"],
             "gamma": at["gamma"]}, {}, "the deviation is given"),
        form(holder, "std t gamma", lambda at: {"std": _deviation(at), "t": at["t"],
             "gamma": at["gamma"] / 2}, {}, "the deviation is given, and falls by itself"),
    ]  # fmt: skip


NOISE = Metric(
    "gradient_noise",
    "gradient_noise add_gradient_noise add_grad_noise apply_gradient_noise annealed_gradient_noise "
    "add_noise_to_gradients add_noise_to_grads inject_gradient_noise grad_noise noisy_gradients "
    "add_annealed_gradient_noise",
    ROLES,
    [found for holder in HOLDERS for found in forms(holder)],
    """`add_gradient_noise(model, step, eta=0.3, gamma=0.55)`: `.grad` gets noise where it stands.

    Of a model, of parameters or of an optimizer; of gradients, which are returned or changed. Where
    a deviation is asked for (`std`) its square is eta; without a step the noise does not fall.
    """,
    output="",
    domain={"ndim": (1, 2, 3, 4)},
    when=on_tensors,
)

SPELLINGS: list[Spelling] = NOISE.spellings
