"""CS7643's translation model: Encoder and Decoder judged as a pair, Seq2Seq on right ones of ours.

Layers are found by their kind, in the order in which the course's text asks for them: weights are
copied in, and gradients are autograd's.
"""

from __future__ import annotations

import functools
import inspect
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

from candidates.conventions._objects import names
from candidates.conventions._tensors import (
    LAYOUTS,
    load_torch,
    run_with_gradients,
    to_array,
    to_tensor,
)
from candidates.spelling import Signature
from properties.plain import WrongResult
from properties.promise import Promise

Named = Mapping[str, Any]

KINDS = {"rnn": "RNN", "lstm": "LSTM"}
ENCODER = ("input_size", "emb_size", "encoder_hidden_size", "decoder_hidden_size")
DECODER = ("emb_size", "encoder_hidden_size", "decoder_hidden_size", "output_size")


class Weights:
    """The layers of a module as the operator's parameters: copied in, and their gradients read."""

    def __init__(self, what: str, module: Any) -> None:
        if next(module.parameters(), None) is None:
            raise NotImplementedError(f"the {what} has no layers")
        self._what, self._module = what, module
        self._places: dict[str, tuple[Any, Callable[[Any], Any]]] = {}

    def layers(self, *kinds: str) -> list[Any]:
        torch = load_torch()
        wanted = tuple(getattr(torch.nn, kind) for kind in kinds)
        return [module for module in self._module.modules() if isinstance(module, wanted)]

    def layer(self, place: int, *kinds: str) -> Any:
        found = self.layers(*kinds)
        if place >= len(found):
            kind = " or ".join(kinds)
            raise WrongResult(f"the {self._what} has {len(found)} {kind}, expected {place + 1}")
        return found[place]

    def hold(self, name: str, parameter: Any, value: np.ndarray, turn: Any = lambda a: a) -> None:
        """Copy a value in, its axes turned. Raises WrongResult where the shape is another one."""
        theirs = to_tensor(np.ascontiguousarray(turn(value)))
        if parameter is None or tuple(parameter.shape) != tuple(theirs.shape):
            shape = None if parameter is None else tuple(parameter.shape)
            raise WrongResult(
                f"a weight of the {self._what} has shape {shape}, expected {tuple(theirs.shape)}"
            )
        with load_torch().no_grad():
            parameter.copy_(theirs)
        self._places[name] = parameter, turn

    def linear(self, place: int, w: str, b: str, inputs: Named, turn: Any = lambda a: a) -> None:
        layer = self.layer(place, "Linear")
        self.hold(w, layer.weight, inputs[w], turn)
        self.hold(b, layer.bias, inputs[b])

    def recurrent(self, kind: str, suffix: str, inputs: Named) -> None:
        cell = self.layer(0, KINDS[kind])
        self.hold(f"Wx{suffix}", cell.weight_ih_l0, inputs[f"Wx{suffix}"], np.transpose)
        self.hold(f"Wh{suffix}", cell.weight_hh_l0, inputs[f"Wh{suffix}"], np.transpose)
        self.hold(f"b{suffix}", cell.bias_ih_l0, inputs[f"b{suffix}"])
        with load_torch().no_grad():
            cell.bias_hh_l0.zero_()

    @property
    def places(self) -> dict[str, tuple[Any, Callable[[Any], Any]]]:
        return self._places


class EncoderDecoder:
    """`Encoder(input_size, emb_size, encoder_hidden_size, decoder_hidden_size, dropout, ...)`.

    With model_type "RNN" or "LSTM", it returns its states and, through Linear, ReLU, Linear and
    tanh, the last one, beside an LSTM's cell as it is. `Decoder(emb_size,
    encoder_hidden_size, decoder_hidden_size, output_size, dropout, model_type, attention)` takes
    ids (N, 1), a state and, with attention, the encoder's states, and returns log-probabilities
    (N, V) and the new state. Attention is the softmax of the cosine with the state before, to
    which a small number may be added below; a linear layer joins its context (before or after the
    word's vector, as the file has it) to the cell's input. Both are asked for the right targets,
    word by word. Until 2022 without attention; then only the RNN is stated exactly, and judged.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        if backward is None:
            raise NotImplementedError("there is no Decoder beside it")
        self._encoder, self._decoder = forward, backward

    def forward(self, at: Named, inputs: Named) -> tuple[Any, Any]:
        torch = load_torch()
        with made_apart():
            encoder, decoder = self._made(at, inputs)
        places = self._fill(at, inputs, encoder, decoder)
        x, y = (to_tensor(np.ascontiguousarray(inputs[name])) for name in ("x", "y"))
        rows = run_with_gradients(self._forced, at, encoder, decoder, x, y)
        with torch.enable_grad():
            log_probs = torch.stack(rows, dim=1)
            counts = y[:, 1:] != at["null"]
            costs = -log_probs.gather(2, y[:, 1:, None])[..., 0][counts]
            loss = costs.mean() if at["reduction"] == "mean" else costs.sum()
        outputs = {"log_probs": to_array("log_probs", log_probs), "loss": to_array("loss", loss)}
        return outputs, (loss, places)

    def _made(self, at: Named, inputs: Named) -> tuple[Any, Any]:
        E, H = at["words"], at["hidden"]
        kind = {"dropout": 0.0, "model_type": KINDS[at["cell"]]}
        encoder = self._encoder(len(inputs["W_source"]), E, H, H, **kind)
        asks = "attention" in names(self._decoder.__init__)
        attention = {"attention": at["attention"] is not None} if asks else {}
        decoder = self._decoder(E, H, H, len(inputs["W_target"]), **kind, **attention)
        dtype = getattr(load_torch(), inputs["W_vocab"].dtype.name)
        return encoder.to(dtype), decoder.to(dtype)

    def _fill(self, at: Named, inputs: Named, encoder: Any, decoder: Any) -> dict[str, Any]:
        of_encoder, of_decoder = Weights("Encoder", encoder), Weights("Decoder", decoder)
        of_encoder.hold("W_source", of_encoder.layer(0, "Embedding").weight, inputs["W_source"])
        of_encoder.recurrent(at["cell"], "_enc", inputs)
        of_encoder.linear(0, "W1_bridge", "b1_bridge", inputs)
        of_encoder.linear(1, "W2_bridge", "b2_bridge", inputs)
        of_decoder.hold("W_target", of_decoder.layer(0, "Embedding").weight, inputs["W_target"])
        of_decoder.recurrent(at["cell"], "_dec", inputs)
        of_decoder.linear(0, "W_vocab", "b_vocab", inputs)
        if at["attention"] is not None:
            E = at["words"]
            turn = functools.partial(np.roll, shift=-E, axis=1)
            back = functools.partial(np.roll, shift=E, axis=1)
            first = context_first(self._decoder)
            of_decoder.linear(1, "W_combine", "b_combine", inputs, turn if first else np.asarray)
            places = of_decoder.places
            places["W_combine"] = places["W_combine"][0], back if first else np.asarray
        return of_encoder.places | of_decoder.places

    def _forced(self, at: Named, encoder: Any, decoder: Any, x: Any, y: Any) -> list[Any]:
        """Log-probabilities of each step, given the right words."""
        results = encoder(x)
        if not isinstance(results, tuple) or len(results) != 2:
            raise WrongResult(f"Encoder returned {type(results).__name__}, not (output, hidden)")
        states, hidden = results
        rows = []
        for t in range(y.shape[1] - 1):
            row, hidden = step(decoder, y[:, t : t + 1], hidden, at["attention"] and states)
            expected = (len(x), at["vocabulary"])
            if tuple(row.shape) != expected:
                raise WrongResult(f"Decoder's output has shape {tuple(row.shape)}, not {expected}")
            rows.append(row)
        return rows

    def backward(self, cotangents: Named, cache: Any) -> dict[str, Any]:
        loss, places = cache
        torch = load_torch()
        gradients = torch.autograd.grad(
            loss, [p for p, _ in places.values()], retain_graph=True, allow_unused=True
        )
        dloss, found = cotangents["loss"], {}
        for (name, (parameter, turn)), g in zip(places.items(), gradients, strict=True):
            array = np.zeros(tuple(parameter.shape), dloss.dtype) if g is None else g.numpy()
            found[name] = dloss * turn(array)
        return found


def step(decoder: Any, ids: Any, hidden: Any, states: Any) -> tuple[Any, Any]:
    """One call of a Decoder, with the encoder's states where there is attention."""
    if states is None:
        results = decoder(ids, hidden)
    elif "attention" in names(type(decoder).forward):
        results = decoder(ids, hidden, states, attention=True)
    else:
        results = decoder(ids, hidden, states)
    if not isinstance(results, tuple) or len(results) != 2:
        raise WrongResult(f"Decoder returned {type(results).__name__}, not (output, hidden)")
    return results


@contextmanager
def made_apart() -> Iterator[None]:
    """What constructors draw is nobody's concern."""
    with load_torch().random.fork_rng(devices=[]):
        yield


@functools.cache
def context_first(decoder: Any) -> bool:
    """Whether the context stands before the word's vector where the two are joined.

    If the columns of the vector, taken to be the first, are all that counts, the states are not.
    """
    torch, E, H = load_torch(), 3, 3
    try:
        with made_apart(), torch.no_grad():
            torch.manual_seed(0)
            made = decoder(E, H, H, 4, dropout=0.0, model_type="RNN", attention=True)
            joining = Weights("Decoder", made).layer(1, "Linear")
            joining.weight[:, E:] = 0
            ids, hidden = torch.ones(1, 1, dtype=torch.long), torch.ones(1, 1, H)
            rows = [step(made, ids, hidden, torch.randn(1, 5, H))[0] for _ in range(2)]
            return not torch.equal(*rows)
    except Exception:
        return False


def is_encoder(kind: Any) -> bool:
    return inspect.isclass(kind) and names(kind.__init__)[:4] == ENCODER


def pair_told(encoder: Any, decoder: Any) -> dict[str, Any]:
    """Without attention it is the text of 2021, which does not say what becomes of a cell."""
    if decoder is None or "attention" not in names(decoder.__init__):
        return {"domain": {"attention": [None], "cell": ["rnn"]}, "differs": "without attention"}
    return {}


class Translation:
    """`Seq2Seq(encoder, decoder, device)`, `forward(source)`: log-probabilities (N, S, V).

    They are those of the most probable words, each fed back, from the first of the source on; as
    many as the source has. Encoder and decoder are ours. In older texts, with `out_seq_len`, there
    is no attention, and the first row may be left zero.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._kind = forward

    def forward(self, at: Named, inputs: Named) -> tuple[Any, Any]:
        torch = load_torch()
        encoder_kind, decoder_kind = stand_ins()
        pair = EncoderDecoder(encoder_kind, decoder_kind, Signature((), ()))
        with made_apart():
            encoder, decoder = pair._made(at, inputs)
        pair._fill(at, inputs, encoder, decoder)
        x = to_tensor(np.ascontiguousarray(inputs["x"]))
        model = self._kind(encoder, decoder, torch.device("cpu"))
        older = "out_seq_len" in names(self._kind.forward)
        given = (x, x.shape[1] + 1) if older else (x,)
        rows = run_with_gradients(model, *given)
        if rows.dim() != 3 or len(rows) != len(x) or rows.shape[2] != at["vocabulary"]:
            raise WrongResult(f"Seq2Seq returned shape {tuple(rows.shape)}, expected (N, S, V)")
        if older and not rows[:, 0].any():
            rows = rows[:, 1:]
        rows = rows[:, : x.shape[1]]
        return {"words": rows.detach().argmax(dim=2).numpy()}, None

    def backward(self, cotangents: Named, cache: Any) -> dict[str, Any]:
        return {}


@functools.cache
def stand_ins() -> tuple[Any, Any]:
    """An Encoder and a Decoder that are right."""
    torch = load_torch()
    nn = torch.nn

    class Encoder(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(self, size: int, emb: int, H: int, _: int, *, model_type: str, **other: Any):
            super().__init__()
            self.model_type = model_type
            self.embedding = nn.Embedding(size, emb)
            self.rnn = getattr(nn, model_type)(emb, H, batch_first=True)
            self.bridge = nn.Sequential(nn.Linear(H, H), nn.ReLU(), nn.Linear(H, H), nn.Tanh())

        def forward(self, source: Any) -> Any:
            states, hidden = self.rnn(self.embedding(source))
            if self.model_type == "LSTM":
                return states, (self.bridge(hidden[0]), hidden[1])
            return states, self.bridge(hidden)

    class Decoder(nn.Module):  # type: ignore[misc, name-defined]
        def __init__(
            self, emb: int, H: int, _: int, size: int, *, model_type: str, attention: bool, **o: Any
        ):
            super().__init__()
            self.model_type, self.attention, self.output_size = model_type, attention, size
            self.embedding = nn.Embedding(size, emb)
            self.rnn = getattr(nn, model_type)(emb, H, batch_first=True)
            self.output = nn.Linear(H, size)
            self.joining = nn.Linear(emb + H, emb)

        def forward(self, ids: Any, hidden: Any, states: Any = None, *other: Any, **o: Any) -> Any:
            word = self.embedding(ids)
            if self.attention:
                query = (hidden[0] if self.model_type == "LSTM" else hidden)[0][:, None]
                cosine = nn.functional.cosine_similarity(query, states, dim=2)
                context = torch.bmm(cosine.softmax(dim=1)[:, None], states)
                word = self.joining(torch.cat([word, context], dim=2))
            out, hidden = self.rnn(word, hidden)
            return self.output(out[:, 0]).log_softmax(dim=1), hidden

    return Encoder, Decoder


def is_translation(kind: Any) -> bool:
    return inspect.isclass(kind) and names(kind.__init__)[:3] == ("encoder", "decoder", "device")


def translation_told(kind: Any, _: Any) -> dict[str, Any]:
    older = "out_seq_len" in names(kind.forward)
    told = {"domain": {"attention": [None]}, "differs": "without attention"}
    return told if older else {}


SIZES: dict[str, tuple[Any, ...]] = {
    "cell": ("rnn", "lstm"),
    "attention": ("cosine", None),
    "context": ("input",),
    "bridge": (True,),
    "packed": (False,),
    "ends": (False,),
}
PAIR = Promise(
    domain=SIZES,
    outputs=("log_probs", "loss"),
    layouts=LAYOUTS,
    dtypes=("float32",),
    mixed=True,
)
TRANSLATION = Promise(
    domain=SIZES | {"as_source": (True,)}, outputs=("words",), layouts=LAYOUTS, gradients=()
)
