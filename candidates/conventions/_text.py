"""Text as free functions: vocabularies of characters, ids of text, captions, batches of ids.

They are known by name and by what their parameters are called. Text goes in as `str`, and tables as
the dictionaries that character models keep; a tiny input shows in which of the usual forms one is
written: in which order it numbers the characters, and what it takes for the target behind a row.
"""

from __future__ import annotations

import inspect
import types
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from candidates.conventions._characters import Place, holding
from candidates.conventions._free import is_own
from candidates.conventions._metrics import Arrays, Call, Form, Metric
from candidates.conventions._tensors import load_torch
from candidates.spelling import Signature, Spelling
from properties.plain import WrongResult, given
from properties.promise import Promise

At = Mapping[str, Any]

PAD = -1


def codes(text: Any, what: str) -> np.ndarray:
    """The code points of a text, which may come as a list of its characters. Raises WrongResult."""
    if isinstance(text, (list, tuple)) and all(isinstance(part, str) for part in text):
        text = "".join(text)
    if not isinstance(text, str):
        raise WrongResult(f"{what} is {type(text).__name__}, expected a str")
    return np.array([ord(character) for character in text], np.int64)


def ids_of(values: Any, what: str) -> np.ndarray:
    """Whole numbers in a list, an array or a tensor. Raises WrongResult for anything else."""
    values = values.numpy() if hasattr(values, "numpy") else values
    array = np.asarray(values)
    if array.size == 0:
        return array.astype(np.int64)
    if array.dtype.kind not in "iu":
        raise WrongResult(f"{what} holds {array.dtype}, expected whole numbers")
    return array


def stacked(texts: Any, what: str) -> np.ndarray:
    """Several texts as rows of code points, with -1 behind their ends. Raises WrongResult."""
    if not isinstance(texts, (list, tuple)):
        raise WrongResult(f"{what} is {type(texts).__name__}, expected a list of texts")
    rows = [codes(text, f"{what}[{n}]") for n, text in enumerate(texts)]
    out = np.full((len(rows), max(map(len, rows), default=0)), PAD, np.int64)
    for place, row in zip(out, rows, strict=True):
        place[: len(row)] = row
    return out


@dataclass(frozen=True)
class Named(Form):
    """A form that gives several outputs, by name."""

    def fits(self, result: Any, off: float = 1e-4) -> bool:
        return self.shaped(result) and all(
            np.array_equal(result[name], wanted) for name, wanted in self.expected.items()
        )

    def shaped(self, result: Any) -> bool:
        return all(result[name].ndim == wanted.ndim for name, wanted in self.expected.items())


# Vocabularies.


def tables(result: Any) -> tuple[dict[str, int], dict[int, str]]:
    """Of what a function returned, the ids of characters and the characters of ids."""
    parts = result if isinstance(result, (tuple, list)) else (result,)
    to_id = next((p for p in parts if _maps(p, str)), None)
    to_character = next((p for p in parts if p is not to_id and _maps(p, (int, np.integer))), None)
    listed = next((p for p in parts if _lists_characters(p)), None)
    if to_character is None and listed is not None:
        to_character = dict(enumerate(listed))
    if to_id is None or to_character is None:
        raise WrongResult(
            f"returned {_kinds(parts)}, expected the ids of characters and the characters of ids"
        )
    return to_id, to_character


def _maps(table: Any, kind: Any) -> bool:
    return isinstance(table, dict) and all(isinstance(key, kind) for key in table)


def _lists_characters(part: Any) -> bool:
    listed = isinstance(part, (list, tuple, str)) and len(part) > 0
    return listed and all(isinstance(c, str) for c in part)


def _kinds(parts: Sequence[Any]) -> str:
    return ", ".join(type(part).__name__ for part in parts)


def numbered(function: Call, at: At, inputs: Arrays) -> dict[str, np.ndarray]:
    """The vocabulary and the ids of a text; both tables must say the same."""
    to_id, to_character = tables(given(function(text=at["text"])))
    for character, place in to_id.items():
        if to_character.get(int(place)) != character:
            back = to_character.get(int(place))
            raise WrongResult(f"{character!r} has id {place}, and id {place} stands for {back!r}")
    places = range(len(to_character))
    if any(place not in to_character for place in places):
        raise WrongResult(f"the ids are {sorted(to_character)}, expected 0 to {len(places) - 1}")
    vocabulary = codes([to_character[place] for place in places], "the vocabulary")
    missing = next((character for character in at["text"] if character not in to_id), None)
    if missing is not None:
        raise WrongResult(f"{missing!r} of the text has no id")
    ids = np.array([int(to_id[character]) for character in at["text"]], np.int64)
    return {"vocabulary": vocabulary, "ids": ids}


def renumbered(function: Call, at: At, inputs: Arrays) -> dict[str, np.ndarray]:
    """The same, where the order is anybody's: as if it were sorted."""
    found = numbered(function, at, inputs)
    turned = np.argsort(found["vocabulary"], kind="stable")
    places = np.argsort(turned, kind="stable")
    return {"vocabulary": found["vocabulary"][turned], "ids": places[found["ids"]]}


def vocabulary_form(order: str, words: str, call: Any = numbered) -> Named:
    text = "zebra crossing hQy ZEBRA zq"
    found = sorted(set(text)) if order == "sorted" else list(dict.fromkeys(text))
    expected = {
        "vocabulary": codes(found, "the vocabulary"),
        "ids": np.array([found.index(character) for character in text], np.int64),
    }
    return Named("text", call, {"text": text}, {}, expected, {"order": (order,)}, words)


VOCABULARY = Metric(
    "char_vocabulary",
    "build_vocab create_vocab char_vocabulary make_vocab get_vocab build_vocabulary get_vocabulary "
    "create_vocabulary char_mappings create_mappings create_char_mappings build_char_vocab "
    "build_char_mapping create_char_mapping get_char_mappings build_mappings create_vocab_mapping "
    "make_vocabulary extract_vocab create_lookup_tables get_lookup_tables",
    {"text": "text data corpus txt raw_text content string s"},
    [
        vocabulary_form("sorted", ""),
        vocabulary_form("first", "in the order of first occurrence"),
        vocabulary_form("sorted", "in any order", call=renumbered),
    ],
    """`build_vocab(text)`: the ids of characters and the characters of ids, as dictionaries.

    Also a list of the characters, and in any place among the results. Characters may be numbered
    as they are sorted, as they occur first, or in any order, as those of a set are.
    """,
    output="",
    domain={"empty": (False,)},
)

# Ids of text, and text of ids.

TO_ID = (
    "char_to_ix char_to_idx char_to_int char_to_id char_to_index char_to_i char2idx char2int "
    "char2id char2ix char2index stoi vocab_to_int c2i vocab mapping char_idx token_to_id "
    "char_indices ctoi word_to_idx word2idx word_to_ix vocabulary"
)
TO_CHARACTER = (
    "ix_to_char idx_to_char int_to_char id_to_char index_to_char i_to_char idx2char int2char "
    "id2char ix2char index2char itos int_to_vocab i2c vocab mapping id_to_token indices_char itoc "
    "idx_to_word idx2word ix_to_word vocabulary"
)
TINY = {"words": False, "vocabulary": "obac", "separator": "", "unknown": None}


def encoded(function: Call, at: At, inputs: Arrays) -> Any:
    table = {token: place for place, token in enumerate(at["vocabulary"])}
    return ids_of(given(function(text=at["text"], table=table)), "what it returned")


def decoded(function: Call, at: At, inputs: Arrays) -> Any:
    table = dict(enumerate(at["vocabulary"]))
    return codes(given(function(ids=inputs["ids"], table=table)), "what it returned")


ENCODE = Metric(
    "encode_text",
    "encode encode_text text_to_ids text_to_indices text_to_ints text_to_sequence encode_string "
    "string_to_ids char_to_ids text_to_int encode_chars",
    {"text": "text s string sequence txt sentence chars data seq", "table": TO_ID},
    [Form("text table", encoded, {**TINY, "text": "cab"}, {}, [3, 2, 1], spare=True)],
    """`encode(text, char_to_ix)`: a str and a dictionary of ids, to a list or array of ids.""",
    output="ids",
    domain={"words": (False,), "strange": (False,)},
)
DECODE = Metric(
    "decode_text",
    "decode decode_text ids_to_text indices_to_text ints_to_text decode_ids decode_sequence "
    "sequence_to_text int_to_text",
    {
        "ids": "ids indices ixes ix sequence seq tokens idxs encoded l idx ints",
        "table": TO_CHARACTER,
    },
    [
        Form(
            "ids table",
            decoded,
            TINY,
            {"ids": np.array([3, 2, 1, 1])},
            [99, 97, 98, 98],
            spare=True,
        )
    ],
    """`decode(ids, ix_to_char)`: ids (N,) and a dictionary of characters, to a str.""",
    output="text",
    domain={"words": (False,), "separator": ("",)},
)

# Batches of a sequence.


def batches(function: Call, at: At, inputs: Arrays) -> dict[str, np.ndarray]:
    """All that it yields, each a pair of inputs and targets."""
    drawn = function(ids=inputs["ids"], batch=at["batch"], length=at["length"])
    pairs = [tuple(pair) for pair in given(drawn)]
    if not pairs or any(len(pair) != 2 for pair in pairs):
        count = len(pairs[0]) if pairs else 0
        raise WrongResult(f"gives {len(pairs)} batches, the first of {count} arrays, not of two")
    named = zip(("inputs", "targets"), zip(*pairs, strict=True), strict=True)
    return {name: _batched(name, arrays) for name, arrays in named}


def _batched(name: str, arrays: Sequence[Any]) -> np.ndarray:
    found = [ids_of(array, name) for array in arrays]
    if len({array.shape for array in found}) > 1:
        shapes = ", ".join(str(array.shape) for array in found)
        raise WrongResult(f"{name} of the batches have different shapes: {shapes}")
    return np.stack(found)


BATCHED = {"batch": 2, "length": 3, "count": 14}
ROWS = np.array([[[11, 12, 13], [17, 18, 19]], [[14, 15, 16], [20, 21, 22]]])
AHEAD = {
    "row": ([14, 20], [11, 17], ""),
    "next": ([14, 20], [17, 11], "behind a row stands the next one"),
    "window": ([11, 17], [14, 20], "the last target of a window is its first input"),
    "zero": ([14, 20], [0, 0], "the last target of a row is zero"),
}
"""What the last targets of both windows are, in both rows."""


def batches_form(last: str, behind: Sequence[int] | None = None) -> Named:
    first, second, words = AHEAD[last]
    targets = ROWS + 1
    targets[0, :, -1], targets[1, :, -1] = first, second if behind is None else behind
    domain: dict[str, tuple[Any, ...]] = {"last": (last,)}
    if behind is not None:  # where something is left over, the target is the id that follows
        domain["left"] = ("none",)
    expected = {"inputs": ROWS, "targets": targets}
    return Named(
        "ids batch length",
        batches,
        BATCHED,
        {"ids": np.arange(11, 25)},
        expected,
        domain,
        words,
        spare=last == "row",
    )


BATCHES = Metric(
    "sequence_batches",
    "get_batches batch_generator create_batches generate_batches make_batches",
    {
        "ids": "ids arr array data encoded int_text sequence text_ids x encoded_text",
        "batch": "batch_size n_seqs num_seqs batch n_sequences bs n_batch",
        "length": "seq_length seq_len n_steps num_steps sequence_length n_step seqlen steps",
    },
    [*map(batches_form, AHEAD), batches_form("next", [17, 23])],
    """`get_batches(arr, batch_size, seq_length)`: yields pairs (batch_size, seq_length).

    Udacity's recurrent networks: rows of the sequence, in windows, and their next ids. What stands
    behind the end of a row is its first id, the next row's, or zero; in the course's older text the
    last target of every window is the window's first input. A tiny input shows which.
    """,
    output="",
)

# Captions.


class Captions:
    """`decode_captions(captions, idx_to_word)`: ids (N, T) or (T,), and the words by id.

    Gives a list of texts, or one; they end with <END>, and <NULL> is left out.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._function = forward

    def forward(self, at: At, inputs: Arrays) -> tuple[Any, Any]:
        captions = inputs["captions"]
        found = given(self._function(captions, list(at["words"])))
        if captions.ndim == 2:
            return {"out": stacked(found, "what it returned")}, None
        if not isinstance(found, str):
            raise WrongResult(f"returned {type(found).__name__} for one caption, expected a str")
        return {"out": codes(found, "what it returned")}, None

    def backward(self, cotangents: Arrays, cache: Any) -> dict[str, Any]:
        return {}


def takes_captions(function: Any) -> bool:
    if not inspect.isfunction(function):
        return False
    return tuple(inspect.signature(function).parameters)[1:] == ("idx_to_word",)


CAPTIONS = Spelling(
    "decode_captions",
    "decode_captions",
    None,
    Captions,
    Promise(),
    when=takes_captions,
)

# Windows of a sequence, and their next ids.

WINDOW = {
    "ids": "source data batches data_source ids tokens",
    "start": "i start idx index",
    "length": "bptt seq_len seq_length length max_len sequence_length bptt_len",
}
OPTIONS = ("args", "opt", "config")


class Windows:
    """`get_batch(source, i, bptt)`: ids (T, N), time first, from place i, and their next ids.

    PyTorch's word_language_model, on tensors. `bptt` may be a variable of its script, or of its
    `args`. Targets may come in one row. At the end of the ids a window is shorter.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._function = forward

    def forward(self, at: At, inputs: Arrays) -> tuple[Any, Any]:
        torch = load_torch()
        place = window_place(self._function)
        options = types.SimpleNamespace(**dict.fromkeys(WINDOW["length"].split(), at["length"]))
        values = {
            "ids": torch.from_numpy(inputs["ids"].copy()),
            "start": at["start"],
            "length": at["length"],
            "options": options,
        }
        with holding(self._function, place, values):
            named = {name: values[role] for name, role in place.parameters.items()}
            found = given(self._function(**named))
        if not isinstance(found, (tuple, list)) or len(found) != 2:
            raise WrongResult(f"returned {type(found).__name__}, expected (data, target)")
        data, target = (ids_of(part, name) for part, name in zip(found, PAIR, strict=True))
        flat = target.ndim == 1 and target.size == data.size
        return {"inputs": data, "targets": target.reshape(data.shape) if flat else target}, None

    def backward(self, cotangents: Arrays, cache: Any) -> dict[str, Any]:
        return {}


PAIR = ("data", "target")


def window_place(function: Any) -> Place:
    """Where it finds the ids, the place and the length. Raises ValueError where it does not."""
    parameters = {}
    for parameter in inspect.signature(function).parameters.values():
        role = next((r for r, n in WINDOW.items() if parameter.name.lower() in n.split()), None)
        if role is not None:
            parameters[parameter.name] = role
        elif parameter.default is parameter.empty:
            raise ValueError(f"its parameter {parameter.name} is not known")
    variables = {}
    for name in function.__code__.co_names if "length" not in parameters.values() else ():
        if name.lower() in (*WINDOW["length"].split(), *OPTIONS):
            variables[name] = "options" if name.lower() in OPTIONS else "length"
    if {*parameters.values(), *variables.values()} < {"ids", "start"} or not (
        {*parameters.values(), *variables.values()} & {"length", "options"}
    ):
        raise ValueError("it does not take ids, a place and a length")
    return Place(parameters, variables)


def windows_obstacle(function: Any) -> str:
    try:
        window_place(function)
    except ValueError as unclear:
        return str(unclear)
    return ""


WINDOWS = Spelling(
    "shifted_targets",
    "get_batch",
    None,
    Windows,
    Promise(domain={"columns": (2, 3, 1)}, layouts=("contiguous",)),
    when=inspect.isfunction,
    obstacle=windows_obstacle,
    needs_torch=True,
)

# Words with ids of their own.


class Words:
    """`Vocabulary()` with `add_word(word)` and `vocabulary(word)`, which gives an id.

    Words are numbered in the order in which they are added, each once; "<unk>" stands for those
    that were not.
    """

    def __init__(self, forward: Any, backward: Any, signature: Signature) -> None:
        self._kind = forward

    def forward(self, at: At, inputs: Arrays) -> tuple[Any, Any]:
        made = self._kind()
        called = {at["unknown"]: "<unk>"}
        for word in (*at["vocabulary"], *at["vocabulary"][:1]):  # what is there is not added
            made.add_word(called.get(word, word))
        if hasattr(made, "__len__") and len(made) != len(at["vocabulary"]):
            raise WrongResult(f"has length {len(made)} with {len(at['vocabulary'])} words")
        found = [made(called.get(word, word)) for word in at["text"]]
        return {"ids": ids_of(found, "what it gives")}, None

    def backward(self, cotangents: Arrays, cache: Any) -> dict[str, Any]:
        return {}


def adds_words(kind: Any) -> bool:
    if not inspect.isclass(kind) or not hasattr(kind, "add_word") or "__call__" not in vars(kind):
        return False
    parameters = inspect.signature(kind).parameters.values()
    return all(p.default is not p.empty for p in parameters)


WORDS = Spelling(
    "encode_text",
    "Vocabulary",
    None,
    Words,
    Promise(domain={"words": (True,), "size": (3, 5, 2)}),
    when=adds_words,
)

METRICS = (VOCABULARY, ENCODE, DECODE, BATCHES)
SPELLINGS: list[Spelling] = [*(s for metric in METRICS for s in metric.spellings), WORDS]


def beside_torch(function: Any) -> bool:
    """Whether it stands in a file that has torch, as the text of a network's homework does."""
    return is_own(function) and "torch" in getattr(function, "__globals__", {})


BESIDE_TORCH: list[Spelling] = [
    *(s for metric in METRICS for s in replace(metric, when=beside_torch).spellings),
    WINDOWS,
]
