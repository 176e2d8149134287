"""seq2seq: strategy over cells, scores and padding, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Callable, Mapping
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
from properties.operators._models import ATTEMPTS, MARGIN, steps
from properties.operators._recurrent import called
from properties.trembling import shaken
from properties.values import Values

CELLS = ("rnn", "lstm", "gru")
ATTENTIONS = ("dot", "cosine", "additive", None)
CONTEXTS = ("output", "input")
GATES = {"rnn": 1, "gru": 3, "lstm": 4}
SHORTEST = 0.05  # vector that a cosine is taken of
RECURRENT = ("Wx", "Wh", "b", "bx", "bh")
PARAMETERS = (
    *("W_source", "W_target"),
    *(f"{name}{suffix}" for suffix in ("_enc", "_dec") for name in RECURRENT),
    *("W1_bridge", "b1_bridge", "W2_bridge", "b2_bridge"),
    *("W_query", "W_keys", "b_keys", "W_score", "W_combine", "b_combine"),
    *("W_vocab", "b_vocab"),
)
KEPT = slots(PARAMETERS)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    source, target = (draw(domain.integer(f"{n}vocabulary", 4, 6)) for n in ("source_", ""))
    known = min(source, target)
    null = draw(domain.integer("null", 0, known - 1))
    start = (null + draw(domain.integer("start_after", 1, known - 1))) % known
    ends = draw(domain.boolean("ends"))
    length = draw(domain.integer("source_length", 1, 3))
    as_source = draw(domain.boolean("as_source"))
    return {
        "batch": draw(domain.integer("batch", 1, 2)),
        "words": draw(domain.integer("words", 1, 2)),
        "hidden": draw(domain.integer("hidden", 1, 3)),
        "source_vocabulary": source,
        "vocabulary": target,
        "source_length": length,
        "length": draw(domain.integer("length", 1, 3)),
        "max_length": length if as_source else draw(domain.integer("max_length", 2, 4)),
        "cell": draw(domain.choice("cell", CELLS)),
        "attention": draw(domain.choice("attention", ATTENTIONS)),
        "context": draw(domain.choice("context", CONTEXTS)),
        "bridge": draw(domain.boolean("bridge")),
        "packed": draw(domain.choice("packed", (True, False))),
        "reduction": draw(domain.choice("reduction", ("mean", "sum"))),
        "null": null,
        "start": start,
        "end": next(i for i in range(target) if i not in (null, start)) if ends else None,
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Drawn again where rounding would choose a word, the side of a relu, or a cosine."""
    module = find_model("seq2seq")
    assert module is not None
    arrays: Arrays = {}
    for attempt in range(ATTEMPTS):
        arrays = _drawn(at, values, "" if attempt == 0 else f" {attempt}")
        if _decided(ModelFunctions(module, "vectorized").network(at, arrays), at, arrays):
            break
    return _models.with_slots(at, arrays)


def _drawn(at: Attributes, values: Values, suffix: str) -> Arrays:
    E, H, V = at["words"], at["hidden"], at["vocabulary"]
    shapes: dict[str, tuple[int, ...]] = {
        "W_source": (at["source_vocabulary"], E),
        "W_target": (V, E),
    }
    for end in ("_enc", "_dec"):
        gates = GATES[at["cell"]] * H
        shapes |= {f"Wx{end}": (E, gates), f"Wh{end}": (H, gates)}
        biases = ("bx", "bh") if at["cell"] == "gru" else ("b",)
        shapes |= {f"{name}{end}": (gates,) for name in biases}
    if at["bridge"]:
        shapes |= {f"W{i}_bridge": (H, H) for i in (1, 2)}
        shapes |= {f"b{i}_bridge": (H,) for i in (1, 2)}
    if at["attention"] == "additive":
        shapes |= dict.fromkeys(("W_query", "W_keys"), (H + 1, H))
        shapes |= {"b_keys": (H + 1,), "W_score": (1, H + 1)}
    if at["attention"] is not None:
        out, joined = (E, E + H) if at["context"] == "input" else (H, 2 * H)
        shapes |= {"W_combine": (out, joined), "b_combine": (out,)}
    shapes |= {"W_vocab": (V, H), "b_vocab": (V,)}
    arrays = {name: values.tame(name + suffix, shape) for name, shape in shapes.items()}
    arrays["W_target"] = 2 * arrays["W_target"]  # so that what is fed back tells
    return {"x": _sources(at, values), "y": _targets(at, values), **arrays}


def _sources(at: Attributes, values: Values) -> np.ndarray:
    """`start` and words, with `null` after the end of each if the encoder stops there."""
    N, S = at["batch"], at["source_length"]
    first = np.full((N, 1), at["start"])
    if not at["packed"]:
        words = values.ids("sources", (N, S - 1), at["source_vocabulary"])
        return np.concatenate([first, words], axis=1)
    words = _words(at["source_vocabulary"], at, values, "sources", (N, S - 1))
    lengths = 1 + values.ids("source lengths", (N, 1), S)
    both = np.concatenate([first, words], axis=1)
    return np.where(np.arange(S) < lengths, both, at["null"])


def _targets(at: Attributes, values: Values) -> np.ndarray:
    N, T = at["batch"], at["length"]
    words = _words(at["vocabulary"], at, values, "targets", (N, T))
    lengths = 1 + values.ids("target lengths", (N, 1), T)
    words = np.where(np.arange(T) < lengths, words, at["null"])
    return np.concatenate([np.full((N, 1), at["start"]), words], axis=1)


def _words(
    size: int, at: Attributes, values: Values, name: str, shape: tuple[int, ...]
) -> np.ndarray:
    """Ids that are not `null`."""
    others = np.array([i for i in range(size) if i != at["null"]])
    return others[values.ids(name, shape, len(others))]


def _decided(net: Any, at: Attributes, inputs: Arrays) -> bool:
    """Whether words are chosen, relus decided and cosines defined by more than rounding."""
    gaps: list[float] = []
    call = net.call

    def watched(name: str, *arguments: Any, **named: Any) -> Any:
        result = call(name, *arguments, **named)
        if name == "linear_forward" and arguments[1] is net.parameters["W_vocab"]:
            best = np.sort(result[0], axis=1)[:, -2:]
            gaps.append(float((best[:, 1] - best[:, 0]).min()))
        if name == "relu_forward":
            gaps.append(float(np.abs(arguments[0]).min()))
        if name == "normalize_forward":
            norms = np.linalg.norm(arguments[0], axis=named["axis"])
            gaps.append(float(norms[norms > 0].min()) * MARGIN / SHORTEST)
        return result

    net.call = watched
    net.answers(inputs["x"], inputs["y"], max_length=at["max_length"])
    return min(gaps) > MARGIN


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch
    from torch.nn.functional import cross_entropy

    def loss_of(tensors: Mapping[str, Any]) -> Any:
        logits, wanted = forced(tensors), tensors["y"][:, 1:]
        return cross_entropy(
            logits.flatten(0, 1),
            wanted.flatten(),
            ignore_index=at["null"],
            reduction=at["reduction"],
        )

    def forced(tensors: Mapping[str, Any]) -> Any:
        step, state = _decoder(tensors, at)
        found = []
        for ids in tensors["y"][:, :-1].unbind(dim=1):
            logits, state = step(ids, state)
            found.append(logits)
        return torch.stack(found, dim=1)

    def sample() -> Any:
        step, state = _decoder(tensors, at)
        ids, words = torch.full((at["batch"],), at["start"]), []
        ended = torch.zeros(at["batch"], dtype=torch.bool)
        for _ in range(at["max_length"]):
            logits, state = step(ids, state)
            ids = torch.where(ended, at["null"], logits.argmax(dim=1))
            ended = ended | (ids == (-1 if at["end"] is None else at["end"]))
            words.append(ids)
        return torch.stack(words, dim=1)

    outputs = {
        "words": sample(),
        "log_probs": forced(tensors).log_softmax(dim=2),
        "loss": loss_of(tensors),
    }
    there = tuple(name for name in PARAMETERS if name in tensors)
    return outputs | _models.descended(tensors, at, loss_of, there)


def _decoder(tensors: Mapping[str, Any], at: Attributes) -> tuple[Callable[..., Any], Any]:
    """One step of the decoder, from ids and a state to logits and the next, and the first state."""
    import torch
    from torch.nn.functional import embedding, linear

    keys, state = _encoded(tensors, at)
    run = _network(tensors, at, "_dec")
    unseen = tensors["x"] == at["null"] if at["packed"] else None

    def context(h: Any) -> Any:
        scores = _scores(tensors, at, h, keys)
        if unseen is not None:
            scores = scores.masked_fill(unseen, -torch.inf)
        return torch.bmm(scores.softmax(dim=1)[:, None], keys)[:, 0]

    def joined(*parts: Any) -> Any:
        return linear(torch.cat(parts, dim=1), tensors["W_combine"], tensors["b_combine"])

    def hidden(state: Any) -> Any:
        return (state[0] if at["cell"] == "lstm" else state)[0]

    def step(ids: Any, state: Any) -> Any:
        word = embedding(ids, tensors["W_target"])
        early, late = (at["attention"] and at["context"] == c for c in ("input", "output"))
        if early:
            word = joined(word, context(hidden(state)))
        out, state = run(word[:, None], state)
        h = out[:, 0]
        out = joined(context(h), h).tanh() if late else h
        return linear(out, tensors["W_vocab"], tensors["b_vocab"]), state

    return step, state


def _encoded(tensors: Mapping[str, Any], at: Attributes) -> tuple[Any, Any]:
    """The encoder's states, and the state that the decoder starts with."""
    from torch.nn.functional import embedding, linear
    from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

    words, run = embedding(tensors["x"], tensors["W_source"]), _network(tensors, at, "_enc")
    if at["packed"]:
        lengths = (tensors["x"] != at["null"]).sum(dim=1)
        packed = pack_padded_sequence(words, lengths, batch_first=True, enforce_sorted=False)
        out, state = run(packed, None)
        keys, _ = pad_packed_sequence(out, batch_first=True, total_length=words.shape[1])
    else:
        keys, state = run(words, None)
    if not at["bridge"]:
        return keys, state
    h = state[0] if at["cell"] == "lstm" else state
    h = linear(h, tensors["W1_bridge"], tensors["b1_bridge"]).relu()
    h = linear(h, tensors["W2_bridge"], tensors["b2_bridge"]).tanh()
    return keys, (h, state[1]) if at["cell"] == "lstm" else h


def _network(tensors: Mapping[str, Any], at: Attributes, suffix: str) -> Callable[..., Any]:
    import torch

    kind = {"rnn": torch.nn.RNN, "gru": torch.nn.GRU, "lstm": torch.nn.LSTM}[at["cell"]]
    network = kind(at["words"], at["hidden"], batch_first=True).to(tensors["W_vocab"].dtype)
    biases = [tensors[f"{name}{suffix}"] for name in RECURRENT[2:] if f"{name}{suffix}" in tensors]
    known = {
        "weight_ih_l0": tensors[f"Wx{suffix}"].T,
        "weight_hh_l0": tensors[f"Wh{suffix}"].T,
        "bias_ih_l0": biases[0],
        "bias_hh_l0": biases[1] if len(biases) > 1 else torch.zeros_like(biases[0]),
    }
    return lambda words, state: called(network, known, (words, state))


def _scores(tensors: Mapping[str, Any], at: Attributes, h: Any, keys: Any) -> Any:
    """How well each key (N, S, H) goes with h (N, H): (N, S)."""
    import torch
    from torch.nn.functional import cosine_similarity, linear

    if at["attention"] == "dot":
        return torch.bmm(keys, h[..., None])[..., 0]
    if at["attention"] == "cosine":
        return cosine_similarity(h[:, None], keys, dim=2)
    asked = linear(h, tensors["W_query"])[:, None]
    hidden = (asked + linear(keys, tensors["W_keys"], tensors["b_keys"])).tanh()
    return linear(hidden, tensors["W_score"])[..., 0]


def more_padding(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """One more `null` at the end of every target and, if the encoder stops there, source."""
    null = np.full((len(inputs["y"]), 1), case.attributes["null"])
    names = ("x", "y") if case.attributes["packed"] else ("y",)
    longer = {n: np.concatenate([inputs[n], null], axis=1) for n in names}
    lengths = {"length": longer["y"].shape[1] - 1}
    if "x" in longer:
        lengths["source_length"] = longer["x"].shape[1]
    other, ours = run({**inputs, **longer}, **lengths), run(inputs)
    if "loss" in ours:
        yield "the loss", other["loss"], ours["loss"]
    if "words" in ours and not case.attributes.get("as_source"):
        count = ours["words"].shape[1]
        yield "words", other["words"][:, :count], ours["words"]


def sentence_order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = {name: inputs[name][::-1].copy() for name in ("x", "y")}
    other, ours = run({**inputs, **turned}), run(inputs)
    if "loss" in ours:
        yield "the loss", other["loss"], ours["loss"]
    if "words" in ours:
        yield "words", other["words"], ours["words"][::-1]


def unsure(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """With an output layer of zeros each word costs log(V)."""
    blank = {name: np.zeros_like(inputs[name]) for name in ("W_vocab", "b_vocab")}
    words = np.sum(inputs["y"][:, 1:] != case.attributes["null"])
    factor = words if case.attributes["reduction"] == "sum" else 1
    cost = factor * np.log(case.attributes["vocabulary"])
    outputs = run({**inputs, **blank})
    if "loss" in outputs:
        yield "the loss", outputs["loss"], np.asarray(cost)


LENGTHS = "lengths = counts.sum(axis=1) if self.packed else np.full(len(x), x.shape[1])"
SEEN = "seen = counts[:, None] if self.packed else None"
LAST = "h, bridging = keys[np.arange(len(x)), lengths - 1], None"
SPLIT = 'given, wanted = integers("y", y, "N T")[:, :-1], y[:, 1:]'
COUNTED = "            wanted != self.null,"
ENCODED = "        keys, seen, h, c, encoding = self._encode(x)"
FORCED = "found, h, c, caches = self._step(given[:, t], h, c, keys, seen)"
BACK = "dh, dc, dseen = self._step_back(dscores[:, t], dh, dc, steps[t], gradients)"
OF_KEYS = "dkeys = dkeys + dseen"
FIRST_STATE = "dkeys[np.arange(len(dkeys)), lengths - 1] += dh"
ADDED = "gradients[name] = gradients[name] + gradient"
AFTER = "both = np.concatenate([context, h], axis=1)"
BEFORE = "both = np.concatenate([word, context], axis=1)"
QUERY = "context, attending = self.attention.forward(self, h, keys, seen)\n            " + AFTER
EARLY = "context, attending = self.attention.forward(self, h, keys, seen)\n            " + BEFORE
OUT = "h = out = states[:, 0]"
CHOSEN = "word = np.where(ended, self.null, np.argmax(scores.real, axis=1))"
FIRST_WORD = "word, ended = np.full(len(x), self.start), np.zeros(len(x), bool)"
SAMPLED = "            scores, h, c, _ = self._step(word, h, c, keys, seen)"
LOG_PROBS = 'return self.call("log_softmax_forward", scores, axis=2)[0]'
TANH = 'h, tanh = self.call("tanh_forward", a)'
RELU = 'r, relu = self.call("relu_forward", a)'

MISTAKES = (
    edit(
        "padding of the source read",
        "the encoder goes on over the `null` after a source's end",
        LENGTHS,
        "lengths = np.full(len(x), x.shape[1])",
    ),
    edit(
        "attention sees the padding",
        "the weights of attention are spread over the `null` after a source's end too",
        SEEN,
        "seen = None",
    ),
    edit(
        "last state of the padded source",
        "the decoder starts with the state at the end of the padding",
        LAST,
        LAST.replace("lengths - 1", "-1"),
    ),
    edit(
        "first state of the source",
        "the decoder starts with the encoder's first state",
        LAST,
        LAST.replace("lengths - 1", "0"),
    ),
    edit(
        "decoder from zero",
        "the encoder's last state does not reach the decoder",
        ENCODED,
        f"{ENCODED}\n        h = 0 * h",
    ),
    edit(
        "cell not handed over",
        "the decoder's lstm starts with a cell of zeros",
        ENCODED,
        f"{ENCODED}\n        c = None if c is None else 0 * c",
    ),
    edit(
        "cell through the bridge",
        "the bridge's tanh is applied to an lstm's cell as well",
        TANH,
        f"{TANH}\n            c = None if c is None else self.call('tanh_forward', c)[0]",
    ),
    edit(
        "bridge without relu",
        "the two linear layers between encoder and decoder have nothing between them",
        RELU,
        "r, relu = a, self.call('relu_forward', np.ones_like(a))[1]",
    ),
    edit(
        "bridge without tanh",
        "the state that the decoder starts with is not squashed",
        TANH,
        "h, tanh = a, self.call('tanh_forward', 0 * a)[1]",
    ),
    edit(
        "no teacher forcing",
        "each word is predicted from the one predicted before, not from the right one",
        FORCED,
        "ids = given[:, t] if t == 0 else np.argmax(found.real, axis=1)\n            "
        + FORCED.replace("given[:, t]", "ids"),
    ),
    edit(
        "targets not shifted",
        "each word is predicted from itself",
        SPLIT,
        SPLIT.replace("[:, :-1]", "[:, 1:]"),
    ),
    edit(
        "targets shifted the wrong way",
        "each word is predicted from the one after it",
        SPLIT,
        'given, wanted = integers("y", y, "N T")[:, 1:], y[:, :-1]',
    ),
    edit(
        "padding counted in the loss",
        "words that are `null` cost as others do",
        COUNTED,
        "            wanted == wanted,",
    ),
    edit(
        "mask of the words given",
        "what counts is whether the word before is `null`",
        COUNTED,
        "            given != self.null,",
    ),
    edit(
        "null taken to be id 0",
        "the padding of the targets is looked for under id 0, whatever the vocabulary says",
        COUNTED,
        "            wanted != 0,",
    ),
    edit(
        "loss averaged where it is to be summed",
        "the loss and its gradients are divided by the number of words",
        "reduction=self.reduction,",
        "reduction='mean',",
    ),
    edit(
        "loss averaged over the sentences",
        "the loss and its gradients are summed over time and divided by the batch",
        "reduction=self.reduction,",
        "reduction='batch',",
    ),
    edit(
        "state not carried on",
        "the decoder reads each word with the state that it started with",
        FORCED,
        "first = (h, c) if t == 0 else first\n            "
        + FORCED.replace("h, c, keys", "*first, keys"),
    ),
    edit(
        "gradient not carried back in time",
        "what a decoder's state does to later steps is left out",
        BACK,
        BACK.replace("dscores[:, t], dh, dc", "dscores[:, t], 0 * dh, None"),
    ),
    edit(
        "keys without a gradient",
        "the encoder does not learn from attention",
        OF_KEYS,
        "pass",
    ),
    edit(
        "encoder's last state without a gradient",
        "the encoder does not learn from the state that the decoder starts with",
        FIRST_STATE,
        "pass",
    ),
    edit(
        "encoder's cell without a gradient",
        "the encoder does not learn from the cell that the decoder starts with",
        "dwords, _, _, of_cell = self.encoder.backward(self, dkeys, dc, recurrence)",
        "dwords, _, _, of_cell = self.encoder.backward(self, dkeys, None, recurrence)",
    ),
    edit(
        "query without a gradient",
        "the decoder does not learn from what it asks attention for",
        "dout = dout + dq",
        "dout = dout + 0 * dq",
        "dh = dh + dq",
        "dh = dh + 0 * dq",
    ),
    edit(
        "gradients of the first step alone",
        "each step's gradients take the place of those before, instead of being added",
        ADDED,
        "gradients[name] = gradient",
    ),
    edit(
        "context and state exchanged",
        "what the combining layer takes for the context is the state, and the other way round",
        AFTER,
        "both = np.concatenate([h, context], axis=1)",
    ),
    edit(
        "attention by the state before",
        "the state before the step asks attention, where the new one is to",
        OUT,
        f"before = h\n        {OUT}",
        QUERY,
        QUERY.replace("self, h, keys", "self, before, keys"),
    ),
    edit(
        "attention without the state",
        "the query of attention is zero, so that all keys count the same",
        QUERY,
        QUERY.replace("self, h, keys", "self, 0 * h, keys"),
        EARLY,
        EARLY.replace("self, h, keys", "self, 0 * h, keys"),
    ),
    edit(
        "context left out",
        "the context is zero",
        AFTER,
        AFTER.replace("context", "0 * context"),
        BEFORE,
        BEFORE.replace("context", "0 * context"),
    ),
    edit(
        "combination without tanh",
        "context and state are combined by a linear layer alone",
        'out, tanh = self.call("tanh_forward", a)\n            combining',
        "out, tanh = a, self.call('tanh_forward', 0 * a)[1]\n            combining",
    ),
    edit(
        "word vectors of the target without a gradient",
        "the decoder's word vectors are not learned",
        '_add(gradients, W_target=self.call("embedding_backward", dword, embedding))',
        "pass",
    ),
    edit(
        "word vectors of the source without a gradient",
        "the encoder's word vectors are not learned",
        '_add(gradients, W_source=self.call("embedding_backward", dwords, embedding), **of_cell)',
        "_add(gradients, **of_cell)",
    ),
    edit(
        "probabilities without their logarithm",
        "the softmax is given where its logarithm is asked for",
        LOG_PROBS,
        'return self.call("softmax_forward", scores, axis=2)[0]',
    ),
    edit(
        "scores for logarithms of probabilities",
        "the scores are not normalised",
        LOG_PROBS,
        "return scores",
    ),
    edit(
        "normalised over time",
        "the softmax is taken over the steps, not over the words",
        LOG_PROBS,
        LOG_PROBS.replace("axis=2", "axis=1"),
    ),
    edit(
        "sampling from null",
        "the first word is predicted from `null`",
        FIRST_WORD,
        FIRST_WORD.replace("self.start", "self.null"),
    ),
    edit(
        "start among the words",
        "the first word returned is `start` itself",
        "            words[:, t] = word",
        "            words[:, t] = given",
        SAMPLED,
        f"            given = word\n{SAMPLED}",
    ),
    edit(
        "sampled words not fed back",
        "each word is predicted from `start`",
        SAMPLED,
        SAMPLED.replace("self._step(word,", "self._step(np.full(len(x), self.start),"),
    ),
    edit(
        "state not carried on in sampling",
        "each word is predicted from the state that sampling started with",
        SAMPLED,
        "            first = (h, c) if t == 0 else first\n"
        + SAMPLED.replace("word, h, c,", "word, *first,"),
    ),
    edit(
        "goes on after the end",
        "a sample is not ended by the word that ends it",
        CHOSEN,
        "word = np.argmax(scores.real, axis=1)",
    ),
    edit(
        "word with the smallest score",
        "the worst word is chosen",
        CHOSEN,
        CHOSEN.replace("argmax", "argmin"),
    ),
)

operator = Operator(
    name="seq2seq",
    source="torch.nn.RNN, LSTM or GRU between embedding and linear, with attention",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    trembling=shaken(oracle),
    outputs=("words", "log_probs", "loss", *PARAMETERS, *KEPT),
    differentiable=PARAMETERS,
    state=(*PARAMETERS, *KEPT),
    learned=(*PARAMETERS, *KEPT),
    constants=("log_probs",),
    steps=steps,
    regimes=("normal",),
    laws=(
        Law(
            "padding", "one more `null` at the end costs nothing and changes no word", more_padding
        ),
        Law("sentence order", "sentences in another order have their words", sentence_order),
        Law("unsure", "without a preference each word costs log(V)", unsure),
    ),
    mistakes=MISTAKES,
    corners={
        **each("cell", CELLS),
        **each("attention", ATTENTIONS),
        **each("context", CONTEXTS),
        **each("packed", (True, False)),
        "a bridge": lambda case: case.attributes["bridge"],
        "an end": lambda case: case.attributes["end"] is not None,
        "null is not 0": lambda case: case.attributes["null"] > 0,
        "several steps": lambda case: len(case.steps) > 2,
        **_models.OPTIMIZER_CORNERS,
        "one source word": lambda case: case.attributes["source_length"] == 1,
        "one target word": lambda case: case.attributes["length"] == 1,
        "batch 1": lambda case: case.attributes["batch"] == 1,
        "hidden 1": lambda case: case.attributes["hidden"] == 1,
    },
    workloads=(
        Workload(
            "small sentences",
            {
                "batch": 8,
                "words": 32,
                "hidden": 32,
                "source_vocabulary": 50,
                "vocabulary": 50,
                "source_length": 10,
                "length": 10,
                "max_length": 10,
                "cell": "lstm",
                "attention": "dot",
                "context": "output",
                "bridge": False,
                "packed": True,
                "reduction": "mean",
                "null": 0,
                "start": 1,
                "end": None,
                "learning_rate": None,
            },
            {"steps": 1, "start_after": 1, "ends": False, "as_source": False},
        ),
    ),
)
