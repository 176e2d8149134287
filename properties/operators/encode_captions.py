"""encode_captions: strategy over texts, words and lengths, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._text import WORDS, draw_words
from properties.values import Values

SPACES = (" ", "  ", "\t", "\n", " ")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Texts of words that are known and others, some longer than there is room for."""
    words = draw_words(draw, domain)
    count = draw(domain.choice("count", (2, 1, 3, 0)))
    return {
        "words": words,
        "captions": tuple(_caption(draw, domain) for _ in range(count)),
        "length": draw(domain.choice("length", (5, 4, 7, 3, 2))),
    }


def _caption(draw: DrawFn, domain: Domain) -> str:
    words = [draw(st.sampled_from(WORDS)) for _ in range(draw(st.integers(0, 6)))]
    space = draw(domain.choice("space", SPACES))
    around = draw(domain.choice("around", ("", "", " ")))
    return around + space.join(words) + around


def inputs(at: Attributes, values: Values) -> Arrays:
    return {}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    numbers = {word: i for i, word in enumerate(at["words"])}
    out = torch.full((len(at["captions"]), at["length"]), numbers["<NULL>"])
    for row, caption in zip(out, at["captions"], strict=True):
        found = [numbers.get(word, numbers["<UNK>"]) for word in caption.split()]
        body = torch.tensor(found, dtype=torch.int64)[: at["length"] - 2]
        row[0], row[1 : 1 + len(body)], row[1 + len(body)] = (
            numbers["<START>"],
            body,
            numbers["<END>"],
        )
    return {"ids": out}


def one_by_one(run: Any, case: Case, inputs: Arrays) -> Pairs:
    rows = [run(inputs, captions=(caption,))["ids"] for caption in case.attributes["captions"]]
    yield "ids", run(inputs)["ids"], np.concatenate(rows)


def room(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """With room for all words, more room is padding."""
    words = case.attributes["words"]
    enough = 2 + max(len(caption.split()) for caption in case.attributes["captions"])
    tight, wide = (run(inputs, length=enough + more)["ids"] for more in (0, 3))
    yield "ids", wide[:, :enough], tight
    yield "the padding", wide[:, enough:], np.full((len(wide), 3), words.index("<NULL>"))


def one_end(run: Any, case: Case, inputs: Arrays) -> Pairs:
    ids, words = run(inputs)["ids"], case.attributes["words"]
    for special in ("<START>", "<END>"):
        found = (ids == words.index(special)).sum(axis=1)
        yield f"how many {special}", found, np.ones(len(ids), found.dtype)


TOKENS = "tokens = [START, *caption.split()[: length - 2], END]"
PADDING = "padding = [NULL] * (length - len(tokens))"
FOUND = "ids[n, t] = words.index(word if word in words else UNKNOWN)"
LOOP = "for t, word in enumerate(tokens + padding):"
RESULT = "return ids"


def tokens(name: str, why: str, new: str) -> Any:
    return edit(name, why, TOKENS, f"tokens = {new}")


MISTAKES = (
    tokens(
        "start forgotten",
        "captions begin with their first word",
        "[*caption.split()[: length - 1], END]",
    ),
    tokens("end forgotten", "captions have no <END>", "[START, *caption.split()[: length - 1]]"),
    tokens(
        "end cut off",
        "a caption that is too long loses its <END>",
        "[START, *caption.split(), END][:length]",
    ),
    tokens(
        "end always last",
        "<END> stands behind the padding",
        "[START, *caption.split()[: length - 2]]; tokens += [NULL] * (length - 1 - len(tokens))"
        "; tokens += [END]",
    ),
    tokens(
        "room for one word less",
        "one word more than necessary is cut off",
        "[START, *caption.split()[: length - 3 if length > 2 else 0], END]",
    ),
    tokens(
        "beginning cut off",
        "of a caption that is too long the last words are kept",
        "[START, *caption.split()[-(length - 2) :], END] if length > 2 else [START, END]",
    ),
    tokens(
        "words in reverse",
        "the last word comes first",
        "[START, *caption.split()[: length - 2][::-1], END]",
    ),
    tokens(
        "split at every space",
        "two spaces have an empty word between them",
        "[START, *caption.split(' ')[: length - 2], END]",
    ),
    tokens(
        "letters for words",
        "every character is a word",
        "[START, *''.join(caption.split())[: length - 2], END]",
    ),
    tokens(
        "words in small letters",
        "capital letters are lost",
        "[START, *caption.lower().split()[: length - 2], END]",
    ),
    tokens(
        "unknown words left out",
        "a word that is not known has no id",
        "[START, *[w for w in caption.split() if w in words][: length - 2], END]",
    ),
    tokens(
        "repeated words once",
        "a word that came before is left out",
        "[START, *list(dict.fromkeys(caption.split()))[: length - 2], END]",
    ),
    tokens(
        "start and end exchanged",
        "captions begin with <END>",
        "[END, *caption.split()[: length - 2], START]",
    ),
    edit(
        "padding in front",
        "<NULL> stands before <START>",
        LOOP,
        "for t, word in enumerate(padding + tokens):",
    ),
    edit("padding with the end", "<END> is repeated", PADDING, PADDING.replace("[NULL]", "[END]")),
    edit(
        "padding with unknown words",
        "<UNK> fills the row",
        PADDING,
        PADDING.replace("[NULL]", "[UNKNOWN]"),
    ),
    edit("padding with id 0", "id 0 fills the row, whatever its word is", PADDING, "padding = []"),
    edit(
        "unknown words get id 3",
        "they have the id of <UNK> in the course's data",
        FOUND,
        FOUND.replace(
            "words.index(word if word in words else UNKNOWN)",
            "words.index(word) if word in words else 3",
        ),
    ),
    edit(
        "unknown words get id 0",
        "they are padding",
        FOUND,
        FOUND.replace(
            "words.index(word if word in words else UNKNOWN)",
            "words.index(word) if word in words else 0",
        ),
    ),
    edit(
        "as long as the longest",
        "rows are cut to the longest caption",
        RESULT,
        "longest = max([len(c.split()) + 2 for c in captions], default=0)\n"
        "    return ids[:, :longest]",
    ),
    edit(
        "length without start and end",
        "rows are two longer than `length`",
        "ids = np.zeros((len(captions), length), np.int64)",
        "length += 2\n    ids = np.zeros((len(captions), length), np.int64)",
    ),
    edit("ids counted from 1", "id 0 is left to padding", RESULT, "return ids + 1"),
)

CORNERS: Corners = {
    "no caption": lambda case: not case.attributes["captions"],
    "no word": lambda case: any(not caption.split() for caption in case.attributes["captions"]),
    "too long": lambda case: _longest(case) > case.attributes["length"] - 2,
    "room left": lambda case: 0 < _longest(case) < case.attributes["length"] - 2,
    "no room": lambda case: case.attributes["length"] == 2,
    "a word that is not known": lambda case: any(
        word not in case.attributes["words"]
        for caption in case.attributes["captions"]
        for word in caption.split()
    ),
    "other white space": lambda case: any("\t" in c or "  " in c for c in _texts(case)),
}


def _texts(case: Case) -> tuple[str, ...]:
    return tuple(case.attributes["captions"])


def _longest(case: Case) -> int:
    return max((len(caption.split()) for caption in _texts(case)), default=0)


operator = Operator(
    name="encode_captions",
    source="torch.full",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("ids",),
    regimes=("integers",),
    laws=(
        Law("ends", "every caption has one <START> and one <END>", one_end),
        Law(
            "one by one",
            "a caption of a batch is encoded as it is alone",
            one_by_one,
            applies=lambda case: len(case.attributes["captions"]) > 0,
        ),
        Law(
            "room",
            "with room for all words, more of it is padding",
            room,
            applies=lambda case: len(case.attributes["captions"]) > 0,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
