"""char_rnn: strategy over characters, states and bounds, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import Mistake, edit
from properties.models import ModelFunctions, find_model, slots
from properties.operator import Arrays, Law, Operator, Pairs, Workload
from properties.operators import _models
from properties.operators._corners import each
from properties.operators._models import ATTEMPTS, MARGIN, steps
from properties.operators._recurrent import called
from properties.trembling import shaken
from properties.values import Values

REDUCTIONS = ("sum", "mean")
CLIP_VALUES = (None, 5.0, 1.0, 0.1)
PARAMETERS = ("Wxh", "Whh", "Why", "bh", "by")
KEPT = slots(PARAMETERS)
STEEP = 6.0  # how much larger the output layer is made, so that gradients pass their bound


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    vocabulary = draw(domain.integer("vocabulary", 2, 6))
    end = draw(domain.integer("end", -1, vocabulary - 1))
    steep = draw(domain.boolean("steep"))
    return {
        "batch": draw(domain.integer("batch", 1, 3)),
        "hidden": draw(domain.integer("hidden", 1, 4)),
        "vocabulary": vocabulary,
        "length": draw(domain.integer("length", 1, 8 if steep else 5)),
        "max_length": draw(domain.integer("max_length", 1, 5)),
        "reduction": draw(domain.choice("reduction", REDUCTIONS)),
        "clip_value": draw(domain.choice("clip_value", CLIP_VALUES)),
        "blank": draw(domain.boolean("blank")),
        "rested": draw(domain.boolean("rested")),
        "fresh": draw(domain.boolean("fresh")),
        "end": None if end < 0 else end,
        "steep": steep,
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Drawn again where rounding would choose a sample's character."""
    module = find_model("char_rnn")
    assert module is not None
    arrays: Arrays = {}
    for attempt in range(ATTEMPTS):
        arrays = _drawn(at, values, "" if attempt == 0 else f" {attempt}")
        if _decided(ModelFunctions(module, "vectorized").network(at, arrays), at, arrays):
            break
    return _models.with_slots(at, arrays)


def _drawn(at: Attributes, values: Values, suffix: str) -> Arrays:
    N, T, H, V = (at[name] for name in ("batch", "length", "hidden", "vocabulary"))

    def weight(name: str, shape: tuple[int, ...], fan_in: int) -> np.ndarray:
        return values.tame(name + suffix, shape) / np.sqrt(fan_in)

    x, y = values.ids("x", (N, T), V), values.ids("y", (N, T), V)
    Why, by = weight("Why", (V, H), 1), weight("by", (V,), 1)
    if at["steep"]:  # what follows is mostly one character, and the least expected
        y = np.where(values.ids("kept", (N, T), 4) == 0, y, y[0, 0])
        Why, by = STEEP * Why, by - STEEP * np.eye(V)[y[0, 0]]
    if at["blank"]:
        x[:, 0] = -1
    seed = values.ids("seed" + suffix, (), 2**16)
    return {
        "x": x,
        "y": y,
        "seed": np.asarray(seed),
        "u": np.stack([numbers(int(seed) + n, at["max_length"]) for n in range(N)]),
        "h": np.zeros((N, H)) if at["rested"] else np.tanh(values.tame("h", (N, H))),
        "Wxh": weight("Wxh", (H, V), 1),
        "Whh": weight("Whh", (H, H), H),
        "Why": Why,
        "bh": weight("bh", (H,), 1),
        "by": by,
    }


def numbers(seed: int, count: int) -> np.ndarray:
    """What `numpy.random.choice` draws by after `numpy.random.seed(seed)`."""
    return np.random.RandomState(seed).random_sample(count)


def _decided(net: Any, at: Attributes, inputs: Arrays) -> bool:
    """Whether each character of both samples is chosen by more than rounding."""
    gaps: list[float] = []
    choose, u = net.call, inputs["u"]

    def watched(name: str, *arguments: Any, **named: Any) -> Any:
        result = choose(name, *arguments, **named)
        if name == "linear_forward":
            best = np.sort(result[0], axis=1)[:, -2:]
            gaps.append(float((best[:, 1] - best[:, 0]).min()))
        if name == "softmax_forward":
            cumulated = np.cumsum(result[0], axis=1)[:, :-1]
            gaps.append(float(np.abs(cumulated - u[:, len(draws), None]).min()))
            draws.append(name)
        return result

    net.call = watched
    draws: list[str] = []
    net.sample(inputs["x"], at["max_length"])
    greedy = min(gaps)
    gaps.clear()
    net.sample(inputs["x"], at["max_length"], u)
    return min(greedy, *gaps[1::2]) > MARGIN


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch
    from torch.nn.functional import cross_entropy, linear

    network = torch.nn.RNN(at["vocabulary"], at["hidden"], batch_first=True)

    def states(tensors: Mapping[str, Any], ids: Any, h: Any) -> Any:
        known = {
            "weight_ih_l0": tensors["Wxh"],
            "weight_hh_l0": tensors["Whh"],
            "bias_ih_l0": tensors["bh"],
            "bias_hh_l0": torch.zeros_like(tensors["bh"]),
        }
        characters = torch.eye(at["vocabulary"], dtype=h.dtype)[ids] * (ids >= 0)[..., None]
        return called(network, known, (characters, h))

    def loss_of(tensors: Mapping[str, Any], reduction: str = at["reduction"]) -> Any:
        h, _ = states(tensors, tensors["x"], tensors["h"][None])
        scores = linear(h, tensors["Why"], tensors["by"])
        return cross_entropy(
            scores.flatten(0, 1), tensors["y"].flatten().long(), reduction=reduction
        )

    def sample(drawn: bool) -> Any:
        h, ids = tensors["h"][None], tensors["x"][:, :1]
        found: list[Any] = []
        if at["fresh"]:
            h, ids = torch.zeros_like(h), torch.full_like(ids, -1)
        for t in range(at["max_length"]):
            out, h = states(tensors, ids, h)
            scores = linear(out[:, 0], tensors["Why"], tensors["by"])
            following = scores.argmax(dim=1)
            if drawn:
                cumulated = scores.softmax(dim=1).cumsum(dim=1)[:, :-1].contiguous()
                u = tensors["u"][:, t : t + 1].contiguous()
                following = torch.searchsorted(cumulated, u, right=True)[:, 0]
            if at["end"] is not None and found:
                following = torch.where(ids[:, 0] == at["end"], at["end"], following)
            ids = following[:, None]
            found.append(ids)
        return torch.cat(found, dim=1)

    outputs = {
        "greedy": sample(drawn=False),
        "drawn": sample(drawn=True),
        "perplexity": loss_of(tensors, "mean").exp(),
        "loss": loss_of(tensors),
        "h": states(tensors, tensors["x"], tensors["h"][None])[1][0],
    }
    return outputs | _clipped(tensors, at, loss_of)


def _clipped(tensors: Mapping[str, Any], at: Attributes, loss_of: Any) -> dict[str, Any]:
    """The clipped gradients, and the parameters after a step, each where it is asked for."""
    import torch

    if at["clip_value"] is None:
        return _models.descended(tensors, at, loss_of, PARAMETERS)
    with torch.enable_grad():
        leaves = {n: tensors[n].detach().clone().requires_grad_() for n in PARAMETERS}
        loss_of({**tensors, **leaves}).backward()
    torch.nn.utils.clip_grad_value_(leaves.values(), at["clip_value"])
    found = {f"d{name}": leaf.grad for name, leaf in leaves.items()}
    if at["learning_rate"] is not None:
        found |= _models.stepped(tensors, at, leaves)
    return found


def two_halves(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """The first characters, and then the others with the state that those have left."""
    half = inputs["x"].shape[1] // 2
    first, second = (
        {**inputs, "x": inputs["x"][:, part].copy(), "y": inputs["y"][:, part].copy()}
        for part in (slice(half), slice(half, None))
    )
    begun = run(first)
    ended, whole = run({**second, "h": begun["h"]}), run(inputs)
    yield "the last hidden state", ended["h"], whole["h"]
    if case.attributes["reduction"] == "sum":
        yield "the loss", begun["loss"] + ended["loss"], whole["loss"]


def character_order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Ids counted from the other end of the vocabulary."""
    last = case.attributes["vocabulary"] - 1
    x = np.where(inputs["x"] < 0, inputs["x"], last - inputs["x"])
    turned = {"Wxh": inputs["Wxh"][:, ::-1].copy()}
    turned |= {name: inputs[name][::-1].copy() for name in ("Why", "by")}
    other, ours = run({**inputs, "x": x, "y": last - inputs["y"], **turned}), run(inputs)
    yield "the loss", other["loss"], ours["loss"]
    yield "the last hidden state", other["h"], ours["h"]


def longer_sample(run: Any, case: Case, inputs: Arrays) -> Pairs:
    length = case.attributes["max_length"]
    u = np.concatenate([inputs["u"], inputs["u"]], axis=1)
    longer, ours = run({**inputs, "u": u}, max_length=2 * length), run(inputs)
    for name in ("greedy", "drawn"):
        if name in ours:
            yield name, longer[name][:, :length], ours[name]


def unsure(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """With an output layer of zeros each character costs log(V)."""
    blank = {name: np.zeros_like(inputs[name]) for name in ("Why", "by")}
    characters = inputs["x"].size if case.attributes["reduction"] == "sum" else 1
    cost = characters * np.log(case.attributes["vocabulary"])
    yield "the loss", run({**inputs, **blank})["loss"], np.asarray(cost)


COST = '"temporal_cross_entropy_forward", scores, y, reduction=self.reduction'
DSCORES = 'dscores = self.call("temporal_cross_entropy_backward", scores.dtype.type(1), cost)'
MOVED = 'self.state["h"] = h[:, -1].copy()'
GRADIENTS = 'return loss, {"Wxh": dWx.T, "Whh": dWh.T, "Why": dWhy, "bh": dbh, "by": dby}'
BACKWARD = '_, _, dWx, dWh, dbh = self.call("rnn_backward", dh, recurrence)'
STATE = '"rnn_forward", characters, array("h", self.state["h"]), p["Wxh"].T, p["Whh"].T, p["bh"]'
ONE_HOT = "return np.eye(len(Why), dtype=Why.dtype)[ids] * (ids >= 0)[..., None]"
CLIP = "np.clip(gradient, -bound, bound)"
PERPLEXITY = "return np.asarray(np.exp(cost))"
START = 'h, character = self.state["h"], integers("x", x, "N T")[:, 0]'
STEP = 'h, _ = self.call("rnn_step_forward", given, h, p["Wxh"].T, p["Whh"].T, p["bh"])'
FED_BACK = "ids[:, t] = character = following"
INVERSE = "return np.sum(cumulated <= u[:, None].real, axis=1)"
END = "following = np.where(character == self.end, self.end, following)"


def through_time(
    name: str,
    explanation: str,
    *,
    da: str = "(dh[:, t] + dnext) * (1 - h[:, t] ** 2)",
    before: str = "h[:, t - 1] if t else first",
    dnext: str = "da @ p['Whh']",
    added: str = "+=",
) -> Mistake:
    """A mistake in the loop that goes back through time, which min-char-rnn writes out."""
    loop = f"""p, first = self.parameters, self.state["h"]
        ones = self._one_hot(x)
        dWx, dWh = 0 * p["Wxh"].T, 0 * p["Whh"].T
        dbh, dnext = 0 * p["bh"], 0 * first
        for t in reversed(range(x.shape[1])):
            da = {da}
            before = {before}
            dWx {added} ones[:, t].T @ da
            dWh {added} before.T @ da
            dbh {added} da.sum(axis=0)
            dnext = {dnext}"""
    return edit(name, explanation, BACKWARD, loop)


MISTAKES = (
    through_time(
        "gradient not carried back in time",
        "what a step's state does to later steps is left out (dhnext stays zero)",
        dnext="0 * da",
    ),
    through_time(
        "derivative of tanh left out",
        "the gradients go through tanh unchanged",
        da="dh[:, t] + dnext",
    ),
    through_time(
        "derivative of tanh without the square",
        "the derivative of tanh is taken to be 1 - h",
        da="(dh[:, t] + dnext) * (1 - h[:, t])",
    ),
    through_time(
        "gradient carried back before tanh",
        "what goes to the step before is not multiplied by the derivative of tanh",
        dnext="(dh[:, t] + dnext) @ p['Whh']",
    ),
    through_time(
        "recurrent weights transposed",
        "what goes to the step before is multiplied by Whh, not by its transpose",
        dnext="da @ p['Whh'].T",
    ),
    through_time(
        "state of the same step in dWhh",
        "dWhh is taken with the state after the step, not the one before",
        before="h[:, t]",
    ),
    through_time(
        "first state left out of dWhh",
        "the state that the sequence starts with is taken to be zero in dWhh",
        before="h[:, t - 1] if t else 0 * first",
    ),
    through_time(
        "gradients of the first step alone",
        "each step's gradients take the place of those before, instead of being added",
        added="=",
    ),
    edit(
        "gradient of the scores without minus one",
        "the gradient of the scores is the softmax itself, in which the target has no part",
        DSCORES,
        DSCORES.replace(
            "self.call(",
            "self.call('softmax_forward', scores, axis=2)[0] / (1 if self.reduction == 'sum' "
            "else x.size)\n        self.call(",
        ),
    ),
    edit(
        "characters predicted from themselves",
        "the loss is that of the characters given, not of those that follow",
        COST,
        COST.replace("y,", "np.maximum(x, 0),"),
    ),
    edit(
        "loss of the last character",
        "the loss and its gradients are those of the last step alone",
        COST,
        COST.replace("y,", "y, np.arange(x.shape[1])[None].repeat(len(x), 0) == x.shape[1] - 1,"),
    ),
    edit(
        "loss divided by the length",
        "the loss and its gradients are averaged where they are to be summed",
        COST,
        COST.replace("self.reduction", "'mean'"),
    ),
    edit(
        "loss summed",
        "the loss and its gradients are summed where they are to be averaged",
        COST,
        COST.replace("self.reduction", "'sum'"),
    ),
    edit(
        "loss divided by the batch alone",
        "the loss and its gradients are summed over time and averaged over the sequences",
        COST,
        COST.replace("self.reduction", "'batch'"),
    ),
    edit(
        "hidden state from zero",
        "the state that the sequence starts with is not used",
        STATE,
        STATE.replace('array("h", self.state["h"])', '0 * self.state["h"]'),
    ),
    edit(
        "hidden state not carried on",
        "the state handed on is the one that the sequence started with",
        MOVED,
        'self.state["h"] = self.state["h"].copy()',
    ),
    edit(
        "hidden state of the first step",
        "the state handed on is the one after the first character",
        MOVED,
        MOVED.replace("-1", "0"),
    ),
    edit(
        "hidden state of the step before the last",
        "the state handed on is short of one character",
        MOVED,
        'self.state["h"] = np.concatenate([self.state["h"][:, None], h], axis=1)[:, -2].copy()',
    ),
    edit(
        "hidden state set to zero",
        "the state handed on is zero",
        MOVED,
        MOVED.replace("h[:, -1]", "0 * h[:, -1]"),
    ),
    edit(
        "gradient of the output bias missing",
        "dby is zero",
        GRADIENTS,
        GRADIENTS.replace("dby}", "0 * dby}"),
    ),
    edit(
        "gradient of the hidden bias missing",
        "dbh is zero",
        GRADIENTS,
        GRADIENTS.replace('"bh": dbh', '"bh": 0 * dbh'),
    ),
    edit(
        "gradient of the output weights with the state before",
        "dWhy is taken with the state before each step, not with the one after it",
        GRADIENTS,
        "before = np.concatenate([first[:, None], h[:, :-1]], axis=1)\n        dWhy = np.einsum("
        '"ntv,nth->vh", dscores, before)\n        ' + GRADIENTS,
        "scores, h, (recurrence, output) = self._run(x)",
        'first = self.state["h"]\n        scores, h, (recurrence, output) = self._run(x)',
    ),
    edit(
        "no character read as the last one",
        "an id of -1 is taken as an index from the end",
        ONE_HOT,
        ONE_HOT.replace(" * (ids >= 0)[..., None]", ""),
    ),
    edit("nothing clipped", "the gradients come back as they are", CLIP, "gradient"),
    edit(
        "upper bound only",
        "large negative gradients stay",
        CLIP,
        "np.minimum(gradient, bound)",
    ),
    edit(
        "clipped by norm",
        "each gradient shrinks until its norm is clip_value",
        CLIP,
        "gradient * min(1.0, bound / max(np.linalg.norm(gradient), 1e-300))",
    ),
    edit(
        "scaled instead of clipped",
        "each gradient is divided until its largest number is clip_value",
        CLIP,
        "gradient * min(1.0, bound / max(abs(gradient).max(), 1e-300))",
    ),
    edit(
        "biases not clipped",
        "only the gradients of the weights are clipped",
        CLIP,
        'np.clip(gradient, -bound, bound) if name.startswith("W") else gradient',
    ),
    edit(
        "perplexity without exp",
        "the perplexity is the mean loss itself",
        PERPLEXITY,
        "return np.asarray(cost)",
    ),
    edit(
        "perplexity of base 2",
        "2 is raised to the mean loss in nats",
        PERPLEXITY,
        "return np.asarray(2**cost)",
    ),
    edit(
        "perplexity of the summed loss",
        "the exponent is the sum over all characters, not the mean",
        PERPLEXITY,
        "return np.asarray(np.exp(cost * y.size))",
    ),
    edit(
        "sampling from zero",
        "the first character is predicted from a hidden state of zeros",
        START,
        START.replace('self.state["h"]', '0 * self.state["h"]'),
    ),
    edit(
        "sampling starts with the last character",
        "the first character is predicted from the last one of the sequence",
        START,
        START.replace("[:, 0]", "[:, -1]"),
    ),
    edit(
        "sampling never afresh",
        "a sample starts with the first character and the state also where it is to start anew",
        "if self.fresh:",
        "if False:",
    ),
    edit(
        "hidden state not carried on in sampling",
        "each character is predicted from the state that sampling started with",
        STEP,
        f"first = h if t == 0 else first\n            {STEP.replace('given, h,', 'given, first,')}",
    ),
    edit(
        "sampling moves the hidden state",
        "the sequence starts with the state that sampling ended with",
        STEP,
        f'{STEP}\n            self.state["h"] = h',
    ),
    edit(
        "sampled characters not fed back",
        "each character is predicted from the one that sampling started with",
        FED_BACK,
        "ids[:, t] = following",
    ),
    edit(
        "first character among the sampled",
        "a sample begins with the character that it was started by",
        FED_BACK,
        "ids[:, t] = np.maximum(character, 0)\n            character = following",
    ),
    edit(
        "most probable instead of drawn",
        "the largest probability is chosen where one is to be drawn",
        INVERSE,
        "return np.argmax(p.real, axis=1)",
    ),
    edit(
        "drawn from the other end",
        "the probabilities are cumulated from the last character on",
        INVERSE,
        "return np.sum(1 - cumulated > u[:, None].real, axis=1)",
    ),
    edit(
        "drawn without the probabilities",
        "all characters are equally probable",
        INVERSE,
        "return (u.real * cumulated.shape[1]).astype(int)",
    ),
    edit(
        "one character too far",
        "the character after the one drawn is taken",
        INVERSE,
        "return np.minimum(np.sum(cumulated <= u[:, None].real, axis=1) + 1, p.shape[1] - 1)",
    ),
    edit(
        "goes on after the end",
        "a sample is not ended by the character that ends it",
        END,
        "pass",
    ),
)

RESULTS = ("greedy", "drawn", "perplexity", "loss", "h")
CLIPPED = tuple(f"d{name}" for name in PARAMETERS)

operator = Operator(
    name="char_rnn",
    source="torch.nn.RNN before torch.nn.functional.linear",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    trembling=shaken(oracle),
    outputs=(*RESULTS, *CLIPPED, *PARAMETERS, *KEPT),
    differentiable=PARAMETERS,
    state=("h", *PARAMETERS, *KEPT),
    learned=(*PARAMETERS, *KEPT),
    constants=("perplexity", *CLIPPED),
    steps=steps,
    regimes=("normal",),
    laws=(
        Law(
            "two halves",
            "the second half of a sequence goes on where the first one ended",
            two_halves,
            applies=lambda case: case.attributes["length"] > 1,
        ),
        Law("character order", "ids counted from the other end mean the same", character_order),
        Law("longer sample", "a longer sample begins with the shorter one", longer_sample),
        Law("unsure", "without a preference each character costs log(V)", unsure),
    ),
    mistakes=MISTAKES,
    corners={
        **each("clip_value", CLIP_VALUES),
        **each("reduction", REDUCTIONS),
        "starts with no character": lambda case: case.attributes["blank"],
        "starts from zero": lambda case: case.attributes["rested"],
        "samples start afresh": lambda case: case.attributes["fresh"],
        "an end": lambda case: case.attributes["end"] is not None,
        "several steps": lambda case: len(case.steps) > 2,
        **_models.OPTIMIZER_CORNERS,
        "gradients past 5": lambda case: (
            case.attributes["steep"] and case.attributes["clip_value"] == 5
        ),
        "one character": lambda case: case.attributes["length"] == 1,
        "batch 1": lambda case: case.attributes["batch"] == 1,
        "hidden 1": lambda case: case.attributes["hidden"] == 1,
    },
    workloads=(
        Workload(
            "min-char-rnn",
            {
                "batch": 1,
                "hidden": 100,
                "vocabulary": 60,
                "length": 25,
                "max_length": 25,
                "reduction": "sum",
                "clip_value": 5.0,
                "blank": False,
                "rested": True,
                "fresh": False,
                "end": None,
                "steep": False,
                "learning_rate": None,
            },
            {"steps": 1},
        ),
    ),
)
