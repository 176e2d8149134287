"""classifier: a network of any architecture that draws its own weights, judged by laws alone.

There is no oracle for its scores. They are evidence, whose form the oracle checks; all else are
laws.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from hypothesis.strategies import DrawFn

from properties.case import Attributes
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Operator
from properties.operators._classifier_laws import LAWS, check_scores
from properties.operators._corners import each
from properties.values import Values

FEATURES = ((5,), (2, 3, 3))
SAMPLES = 4


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        "batch": draw(domain.integer("batch", 2, 4)),
        "features": draw(domain.choice("features", FEATURES)),
        "classes": draw(domain.integer("classes", 2, 4)),
        "seed": draw(domain.integer("seed", 0, 999)),
        "fits": draw(domain.choice("fits", (True, *[False] * 14))),
        "samples": draw(domain.choice("samples", (SAMPLES,))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return {
        "x": values.array("x", (at["batch"], *at["features"])),
        "y": values.ids("y", (at["batch"],), at["classes"]),
    }


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    """Nothing: it checks what was scored. Raises Failed."""
    if "scores" in tensors:
        check_scores(tensors["scores"].numpy(), at["batch"], at["classes"])
    return {}


CHAIN = "def chain("
EVALUATION = "def scores(self, x):\n        {}\n\n    def chain("
LAST = 'Linear("W2", "b2")'
RETURN = "*dropout, last]"
DRAWN = "np.sqrt(2 / inputs)"
DRAWN_FIRST = 'parameters = {"W1": self._drawn(HIDDEN, D)}'
COPIED = "{name: value.copy() for name, value in self.parameters.items()}"
TRAINED = "return super().train(x, y)"
SAVED = "for name, value in (self.parameters | self.state).items()}"
FORWARD = (
    "def _forward(self, x, training):\n"
    "        {}\n"
    "        return super()._forward(x, training)\n\n"
    "    def chain("
)
SCORES = (
    "def _forward(self, x, training):\n"
    "        out, caches = super()._forward(x, training)\n"
    "        return {}, caches\n\n"
    "    def chain("
)

MISTAKES = (
    edit(
        "softmax before the loss",
        "the scores are probabilities, of which the loss takes the softmax again",
        RETURN,
        '*dropout, last, Activation("softmax")]',
    ),
    edit(
        "relu after the last layer",
        "scores below 0 are cut off, and their gradients with them",
        RETURN,
        '*dropout, last, Activation("relu")]',
    ),
    edit(
        "batch statistics in evaluation",
        "scores are centred over the batch, and a sample alone is scored 0",
        CHAIN,
        SCORES.format("out - out.mean(axis=0)"),
    ),
    edit(
        "samples mixed by a reshape",
        "the axes are flattened in an order that mixes samples",
        CHAIN,
        FORWARD.format("x = np.ascontiguousarray(np.moveaxis(x, 0, -1)).reshape(x.shape)"),
    ),
    edit(
        "dropout in evaluation",
        "hidden units are dropped whatever the mode",
        CHAIN,
        EVALUATION.format(
            "kept = self._rng.random(x.shape) >= 0.5\n        return super().scores(x * kept)"
        ),
    ),
    edit(
        "a layer made in forward",
        "weights are drawn at each call, and nothing learns them",
        CHAIN,
        FORWARD.format("self.parameters['W1'] = self._drawn(*self.parameters['W1'].shape)"),
    ),
    edit(
        "running statistics moved in evaluation",
        "evaluating a batch changes how the next is evaluated",
        CHAIN,
        EVALUATION.format(
            "self.state = {n: a + 0.1 for n, a in self.state.items()}\n"
            "        return super().scores(x)"
        ),
    ),
    edit(
        "a layer in a list",
        "its weights are neither saved nor loaded, since no parameter holds them",
        SAVED,
        f"{SAVED[:-1]} if name != 'W1'}}",
        "for name, value in held.items():",
        "for name, value in held.items() if 'W1' in saved else []:",
    ),
    edit(
        "running statistics not saved",
        "what is loaded evaluates with those of a new network",
        SAVED,
        SAVED.replace("(self.parameters | self.state)", "self.parameters"),
        "for held in (self.parameters, self.state):",
        "for held in (self.parameters,):",
        "D = int(",
        "self.mean = np.random.default_rng(seed).standard_normal(HIDDEN)\n        D = int(",
        CHAIN,
        SCORES.format("out + self.mean.mean()"),
    ),
    edit(
        "weights of the class",
        "they are drawn once, and every new network goes on with those of the last",
        "HIDDEN = 8\n",
        "HIDDEN = 8\nKEPT = {}\n",
        DRAWN_FIRST,
        DRAWN_FIRST.replace(
            "self._drawn(HIDDEN, D)", "KEPT.setdefault((D, seed % 2), self._drawn(HIDDEN, D))"
        ),
    ),
    edit(
        "a layer that no network holds",
        "it stands in the file, gets gradients, and no optimizer moves it",
        CHAIN,
        SCORES.format("out @ EXTRA[: out.shape[1], : out.shape[1]].astype(out.dtype)"),
        "HIDDEN = 8\n",
        "HIDDEN = 8\nEXTRA = np.eye(9)\n",
        TRAINED,
        "loss, gradients, scores = super().train(x, y)\n"
        "        return loss, gradients | {'EXTRA': EXTRA}, scores",
    ),
    edit(
        "a copy of the names alone",
        "a deep copy has the same arrays, and learns when the other does",
        COPIED,
        COPIED.replace("value.copy()", "value"),
    ),
    edit(
        "a bias less than stated",
        "the last layer has none, and the text counts it",
        ', "b2": np.zeros(C)}',
        "}",
        LAST,
        'Linear("W2", None)',
    ),
    edit(
        "a layer that is not used",
        "its parameters get no gradient",
        '"b2": np.zeros(C)}',
        '"b2": np.zeros(C), "W3": self._drawn(C, C)}',
    ),
    edit(
        "gradient cut off",
        "what comes before the last layer is detached, and does not learn",
        TRAINED,
        "loss, gradients, scores = super().train(x, y)\n"
        "        return loss, {n: g for n, g in gradients.items() if n[-1] != '1'}, scores",
    ),
    edit(
        "gradient not a number",
        "an infinity is multiplied by 0 on the way back",
        TRAINED,
        "loss, gradients, scores = super().train(x, y)\n"
        "        return loss, gradients | {'W1': gradients['W1'] * np.nan}, scores",
    ),
    edit(
        "initial weights too large",
        "the first scores are so far apart that the loss begins high",
        DRAWN,
        "50",
    ),
    edit(
        "initial weights zero",
        "every hidden unit is the same, and stays the same",
        DRAWN,
        "0",
    ),
    edit(
        "hidden weights zero",
        "the relu of nothing but zeros passes no gradient, and all before it stands still",
        DRAWN_FIRST,
        DRAWN_FIRST.replace("self._drawn(HIDDEN, D)", "np.zeros((HIDDEN, D))"),
    ),
    edit(
        "training scores other than evaluation's",
        "in training the scores are scaled, with neither dropout nor batch norm",
        CHAIN,
        SCORES.format("out * (3 if training and not self.normalised else 1)"),
    ),
    edit(
        "blind to the samples",
        "all samples get the same scores, so that only the classes' frequencies are learned",
        CHAIN,
        FORWARD.format("x = np.ones_like(x)"),
    ),
    edit(
        "scores of the wrong shape",
        "a score is left out",
        CHAIN,
        SCORES.format("out[:, 1:] if not training else out"),
    ),
    edit(
        "input changed in place",
        "the caller's x is normalised in place",
        CHAIN,
        FORWARD.format("x -= x.mean()"),
    ),
)

operator = Operator(
    name="classifier",
    source="torch.nn.Module",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=(),
    evidence=("scores",),
    regimes=("normal",),
    laws=LAWS,
    mistakes=MISTAKES,
    corners={
        **each("features", FEATURES),
        **each("fits", (True, False)),
        **each("batch", (2, 4)),
        "odd seed": lambda case: case.attributes["seed"] % 2 == 1,
        "even seed": lambda case: case.attributes["seed"] % 2 == 0,
    },
)
