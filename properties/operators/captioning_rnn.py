"""captioning_rnn: strategy over cells, vocabularies and captions, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.models import ModelFunctions, find_model, slots
from properties.operator import Arrays, Law, Operator, Pairs, Workload
from properties.operators import _models
from properties.operators._corners import each
from properties.operators._models import steps
from properties.operators._recurrent import called
from properties.trembling import shaken
from properties.values import Values

CELLS = ("rnn", "lstm")
PARAMETERS = ("W_proj", "b_proj", "W_embed", "Wx", "Wh", "b", "W_vocab", "b_vocab")
KEPT = slots(PARAMETERS)
ATTEMPTS = 20
MARGIN = 1e-3  # between the best word and the next


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    vocabulary = draw(domain.integer("vocabulary", 4, 7))
    null = draw(domain.integer("null", 0, vocabulary - 1))
    return {
        "batch": draw(domain.integer("batch", 1, 3)),
        "features": draw(domain.integer("features", 1, 4)),
        "words": draw(domain.integer("words", 1, 3)),
        "hidden": draw(domain.integer("hidden", 1, 4)),
        "vocabulary": vocabulary,
        "length": draw(domain.integer("length", 1, 4)),
        "max_length": draw(domain.integer("max_length", 1, 5)),
        "cell": draw(domain.choice("cell", CELLS)),
        "null": null,
        "start": (null + draw(domain.integer("start_after", 1, vocabulary - 1))) % vocabulary,
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Drawn again where the two best words of a sample are close: rounding would choose."""
    module = find_model("captioning_rnn")
    assert module is not None
    arrays: Arrays = {}
    for attempt in range(ATTEMPTS):
        arrays = _drawn(at, values, "" if attempt == 0 else f" {attempt}")
        if _decided(ModelFunctions(module, "vectorized").network(at, arrays), at, arrays["x"]):
            break
    return _models.with_slots(at, arrays)


def _drawn(at: Attributes, values: Values, suffix: str) -> Arrays:
    N, D, W, H, V = (at[n] for n in ("batch", "features", "words", "hidden", "vocabulary"))
    gates = H * (4 if at["cell"] == "lstm" else 1)

    def weight(name: str, shape: tuple[int, ...], fan_in: int) -> np.ndarray:
        return values.tame(name + suffix, shape) / np.sqrt(fan_in)

    return {
        "x": values.tame("x", (N, D)),
        "y": _captions(at, values),
        "W_proj": weight("W_proj", (H, D), D),
        "b_proj": weight("b_proj", (H,), 1),
        "W_embed": weight("W_embed", (V, W), 1),
        "Wx": weight("Wx", (W, gates), W),
        "Wh": weight("Wh", (H, gates), H),
        "b": weight("b", (gates,), 1),
        "W_vocab": weight("W_vocab", (V, H), 1),
        "b_vocab": weight("b_vocab", (V,), 1),
    }


def _captions(at: Attributes, values: Values) -> np.ndarray:
    """`start`, words that are not `null`, and `null` to the end; at least one word each."""
    N, T = at["batch"], at["length"]
    others = [i for i in range(at["vocabulary"]) if i != at["null"]]
    words = np.array(others)[values.ids("words", (N, T), len(others))]
    lengths = 1 + values.ids("lengths", (N, 1), T)
    words = np.where(np.arange(T) < lengths, words, at["null"])
    return np.concatenate([np.full((N, 1), at["start"]), words], axis=1)


def _decided(net: Any, at: Attributes, x: np.ndarray) -> bool:
    """Whether each sampled word is better than the next by more than rounding."""
    found: list[float] = []
    call = net.call

    def watched(name: str, *arguments: Any, **named: Any) -> Any:
        result = call(name, *arguments, **named)
        if name == "linear_forward" and arguments[1] is net.parameters["W_vocab"]:
            best = np.sort(result[0], axis=1)[:, -2:]
            found.append(float((best[:, 1] - best[:, 0]).min()))
        return result

    net.call = watched
    net.sample(x, at["max_length"])
    return min(found) > MARGIN


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch
    from torch.nn.functional import cross_entropy, embedding, linear

    kind = torch.nn.RNN if at["cell"] == "rnn" else torch.nn.LSTM
    network = kind(at["words"], at["hidden"], batch_first=True)
    start, null = at["start"], at["null"]

    def states(tensors: Mapping[str, Any], ids: Any, state: Any) -> Any:
        weights = {
            "weight_ih_l0": tensors["Wx"].T,
            "weight_hh_l0": tensors["Wh"].T,
            "bias_ih_l0": tensors["b"],
            "bias_hh_l0": torch.zeros_like(tensors["b"]),
        }
        words = embedding(ids, tensors["W_embed"])
        return called(network, weights, (words, state))

    def first(tensors: Mapping[str, Any]) -> Any:
        h0 = linear(tensors["x"], tensors["W_proj"], tensors["b_proj"])[None]
        return h0 if at["cell"] == "rnn" else (h0, torch.zeros_like(h0))

    def loss_of(tensors: Mapping[str, Any]) -> Any:
        given, wanted = tensors["y"][:, :-1], tensors["y"][:, 1:]
        h, _ = states(tensors, given, first(tensors))
        scores = linear(h, tensors["W_vocab"], tensors["b_vocab"])
        total = cross_entropy(
            scores.flatten(0, 1), wanted.flatten(), ignore_index=null, reduction="sum"
        )
        return total / len(wanted)

    state, word = first(tensors), torch.full((at["batch"], 1), start)
    words = []
    for _ in range(at["max_length"]):
        h, state = states(tensors, word, state)
        word = linear(h, tensors["W_vocab"], tensors["b_vocab"]).argmax(dim=2)
        words.append(word)
    outputs = {"words": torch.cat(words, dim=1), "loss": loss_of(tensors)}
    return outputs | _models.descended(tensors, at, loss_of, PARAMETERS)


def more_padding(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """One more `null` at the end of every caption."""
    null = np.full((len(inputs["y"]), 1), case.attributes["null"])
    longer = {**inputs, "y": np.concatenate([inputs["y"], null], axis=1)}
    yield "the loss", run(longer)["loss"], run(inputs)["loss"]


def image_order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = {name: inputs[name][::-1].copy() for name in ("x", "y")}
    other, ours = run({**inputs, **turned}), run(inputs)
    yield "words", other["words"], ours["words"][::-1]
    yield "the loss", other["loss"], ours["loss"]


def prefix(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """A shorter caption is the beginning of a longer one."""
    length = case.attributes["max_length"]
    longer = run(inputs, max_length=length + 2)["words"]
    yield "words", longer[:, :length], run(inputs)["words"]


COUNTS = "counts = wanted != self.null"
SPLIT = "given, wanted = integers_[:, :-1], integers_[:, 1:]"
WORD = "word = np.argmax(scores.real, axis=1)"
START = "word = np.full(len(x), self.start)"
PROJECTED = 'h, _ = self.call("linear_forward", array("x", x), p["W_proj"], p["b_proj"])'
STEP = 'h, _ = self.call("rnn_step_forward", given, h,'
LSTM_STEP = 'h, c, _ = self.call("lstm_step_forward", given, h, c,'

MISTAKES = (
    edit(
        "padding counted in the loss",
        "words that are `null` cost as others do",
        COUNTS,
        "counts = wanted == wanted",
    ),
    edit(
        "mask of the words given",
        "what counts is whether the word before is `null`",
        COUNTS,
        "counts = given != self.null",
    ),
    edit(
        "null taken to be id 0",
        "the padding is looked for under id 0, whatever the vocabulary says",
        COUNTS,
        "counts = wanted != 0",
    ),
    edit(
        "captions not shifted",
        "each word is predicted from itself",
        SPLIT,
        "given, wanted = integers_[:, 1:], integers_[:, 1:]",
    ),
    edit(
        "captions shifted the wrong way",
        "each word is predicted from the one after it",
        SPLIT,
        "given, wanted = integers_[:, 1:], integers_[:, :-1]",
    ),
    edit(
        "hidden state from zero",
        "the features do not reach the recurrent cell",
        "h, recurrence = self._run(words, h0)",
        "h, recurrence = self._run(words, 0 * h0)",
    ),
    edit(
        "loss averaged over the words",
        "the loss is divided by the number of words that count, not of captions",
        'reduction="batch"',
        'reduction="mean"',
    ),
    edit(
        "loss not divided by the batch",
        "the loss is summed over the captions too",
        'reduction="batch"',
        'reduction="sum"',
    ),
    edit(
        "projection's gradient missing",
        "the gradient of the first hidden state goes nowhere",
        '"W_proj": dW_proj,',
        '"W_proj": 0 * dW_proj,',
    ),
    edit(
        "word vectors' gradient missing",
        "the word vectors are not learned",
        '"W_embed": self.call("embedding_backward", dwords, embedding),',
        '"W_embed": 0 * p["W_embed"],',
    ),
    edit(
        "sampling from null",
        "the first word is predicted from `null`",
        START,
        "word = np.full(len(x), self.null)",
    ),
    edit(
        "start among the words",
        "the first word returned is `start` itself",
        f"            {WORD}\n            words[:, t] = word",
        f"            words[:, t] = word\n            {WORD}",
    ),
    edit(
        "sampled words not fed back",
        "each word is predicted from `start`",
        'given = p["W_embed"][word]',
        'given = p["W_embed"][np.full(len(x), self.start)]',
    ),
    edit(
        "hidden state not carried on",
        "each word is predicted from the image's hidden state",
        f"{STEP}",
        f"h0 = h if t == 0 else h0\n                {STEP.replace('given, h,', 'given, h0,')}",
        f"{LSTM_STEP}",
        f"h0 = h if t == 0 else h0\n                "
        f"{LSTM_STEP.replace('given, h, c,', 'given, h0, c,')}",
    ),
    edit(
        "cell not carried on",
        "the cell of an lstm starts from zero at each word",
        f"{LSTM_STEP}",
        LSTM_STEP.replace("given, h, c,", "given, h, 0 * c,"),
    ),
    edit(
        "hidden state and cell exchanged",
        "sampling hands an lstm its cell as the hidden state, and the other way round",
        f"{LSTM_STEP}",
        LSTM_STEP.replace("given, h, c,", "given, c, h,"),
    ),
    edit(
        "cell that starts as the hidden state",
        "sampling starts an lstm with the image in its cell as well",
        "c = np.zeros_like(h)",
        "c = h",
    ),
    edit(
        "word with the smallest score",
        "the worst word is chosen",
        WORD,
        "word = np.argmin(scores.real, axis=1)",
    ),
    edit(
        "word chosen over the batch",
        "the largest score is looked for over the images",
        WORD,
        "word = np.argmax(scores.real, axis=0)[:1].repeat(len(x))",
    ),
)

operator = Operator(
    name="captioning_rnn",
    source="torch.nn.RNN or LSTM between embedding and linear",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    trembling=shaken(oracle),
    outputs=("words", "loss", *PARAMETERS, *KEPT),
    differentiable=PARAMETERS,
    state=(*PARAMETERS, *KEPT),
    learned=(*PARAMETERS, *KEPT),
    steps=steps,
    regimes=("normal",),
    laws=(
        Law("padding", "one more `null` at the end of all captions costs nothing", more_padding),
        Law("image order", "images in another order have their captions", image_order),
        Law("prefix", "a longer sample begins with the shorter one", prefix),
    ),
    mistakes=MISTAKES,
    corners={
        **each("cell", CELLS),
        "null is not 0": lambda case: case.attributes["null"] > 0,
        "several steps": lambda case: len(case.steps) > 2,
        **_models.OPTIMIZER_CORNERS,
        "one word": lambda case: case.attributes["length"] == 1,
        "batch 1": lambda case: case.attributes["batch"] == 1,
        "hidden 1": lambda case: case.attributes["hidden"] == 1,
    },
    workloads=(
        Workload(
            "small captions",
            {
                "batch": 8,
                "features": 64,
                "words": 32,
                "hidden": 32,
                "vocabulary": 50,
                "length": 12,
                "max_length": 12,
                "cell": "lstm",
                "null": 0,
                "start": 1,
                "learning_rate": None,
            },
            {"steps": 1, "start_after": 1},
        ),
    ),
)
