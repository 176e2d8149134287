"""char_vocabulary: strategy over texts and orders, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs
from properties.operators._corners import each
from properties.operators._text import TEXT_CORNERS, draw_text
from properties.values import Values

ORDERS = ("sorted", "first")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {**draw_text(draw, domain), "order": draw(domain.choice("order", ORDERS))}


def inputs(at: Attributes, values: Values) -> Arrays:
    return {}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    text = torch.tensor([ord(c) for c in at["text"]], dtype=torch.int64)
    vocabulary, ids = torch.unique(text, return_inverse=True)
    if at["order"] == "first":
        places = torch.full_like(vocabulary, len(text))
        places = places.scatter_reduce(0, ids, torch.arange(len(text)), "amin")
        turned = places.argsort()
        vocabulary, ids = vocabulary[turned], turned.argsort()[ids]
    return {"vocabulary": vocabulary, "ids": ids}


def round_trip(run: Any, case: Case, inputs: Arrays) -> Pairs:
    found = run(inputs)
    text = np.array([ord(c) for c in case.attributes["text"]], np.int64)
    yield "vocabulary[ids]", found["vocabulary"][found["ids"]], text


def each_once(run: Any, case: Case, inputs: Arrays) -> Pairs:
    vocabulary, text = run(inputs)["vocabulary"], case.attributes["text"]
    yield "the characters, sorted", np.sort(vocabulary), np.array(sorted(map(ord, set(text))), int)


def said_twice(run: Any, case: Case, inputs: Arrays) -> Pairs:
    once, twice = run(inputs), run(inputs, text=2 * case.attributes["text"])
    yield "vocabulary", twice["vocabulary"], once["vocabulary"]
    yield "ids", twice["ids"], np.tile(once["ids"], 2)


CHECK = "check_char_vocabulary(text, order)"
EMPTY = "found: list[str] = []"
ONCE = "if character not in found:"
SORT = "found.sort()"
SORTED = 'if order == "sorted":'
FOUND = "ids[n] = found.index(character)"
RESULT = "return np.array([ord(character) for character in found], np.int64), ids"


def read(name: str, why: str, text: str) -> Any:
    """A mistake that reads another text."""
    return edit(name, why, CHECK, f"{CHECK}\n    text = {text}")


MISTAKES = (
    read("letters folded to lower case", "capital letters have no id of their own", "text.lower()"),
    read("white space around the text cut off", "the text is stripped", "text.strip()"),
    read(
        "line breaks lost",
        "the lines are joined without what ended them",
        "''.join(text.splitlines())",
    ),
    read(
        "line ends translated",
        "a carriage return becomes a line feed",
        "text.replace('\\r\\n', '\\n').replace('\\r', '\\n')",
    ),
    read(
        "bytes taken for characters",
        "a character beyond ASCII counts as the several bytes of UTF-8",
        "text.encode().decode('latin-1')",
    ),
    read(
        "characters cut to 16 bits",
        "what lies beyond the first 65,536 code points becomes another character",
        "''.join(chr(ord(c) & 0xFFFF) for c in text)",
    ),
    read(
        "characters beyond ASCII left out",
        "they are ignored when the text is encoded",
        "text.encode('ascii', 'ignore').decode()",
    ),
    read(
        "accents composed",
        "a letter and its accent become one character",
        "__import__('unicodedata').normalize('NFC', text)",
    ),
    read(
        "control characters left out",
        "what cannot be printed has no id",
        "''.join(c for c in text if c.isprintable())",
    ),
    edit(
        "every character of the text kept",
        "one that occurs twice is in the vocabulary twice",
        ONCE,
        "if True:",
    ),
    edit(
        "order ignored",
        "the characters stand as they occur first, also where they are to be sorted",
        SORT,
        "pass",
    ),
    edit("always sorted", "the characters are sorted whatever `order` says", SORTED, "if True:"),
    edit("sorted descending", "the last character has id 0", SORT, "found.sort(reverse=True)"),
    edit(
        "sorted without regard to case", "a and A stand together", SORT, "found.sort(key=str.lower)"
    ),
    edit(
        "sorted by frequency",
        "the character that occurs most has id 0",
        SORT,
        "found.sort(key=lambda c: -text.count(c))",
    ),
    edit(
        "order of last occurrence",
        "a character that comes again moves to the end",
        ONCE,
        'if order == "first" and character in found:\n            found.remove(character)\n'
        f"        {ONCE}",
    ),
    edit("ids counted from 1", "id 0 is left to padding", FOUND, f"{FOUND} + 1"),
    edit(
        "place in the text for the id",
        "a character's id is where it occurs first",
        FOUND,
        "ids[n] = text.index(character)",
    ),
    edit(
        "ids of the other order",
        "ids are those of the order of first occurrence, the vocabulary is sorted",
        FOUND,
        "ids[n] = list(dict.fromkeys(text)).index(character)",
    ),
    edit(
        "code points for ids",
        "characters are numbered by their code point",
        FOUND,
        "ids[n] = ord(character)",
    ),
    edit(
        "last character left out",
        "the text is read up to the last but one",
        "for n, character in enumerate(text):",
        "for n, character in enumerate(text[:-1]):",
    ),
    edit(
        "one character more",
        "the vocabulary begins with one that is not in the text",
        EMPTY,
        "found: list[str] = ['\\u2400']",
    ),
    edit(
        "vocabulary as 16 bits",
        "code points are kept in int16",
        RESULT,
        RESULT.replace(
            "np.array([ord(character) for character in found], np.int64)",
            "np.array([ord(character) for character in found], np.int64).astype(np.int16)",
        ),
    ),
)

CORNERS: Corners = {**TEXT_CORNERS, **each("order", ORDERS)}

operator = Operator(
    name="char_vocabulary",
    source="torch.unique",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("vocabulary", "ids"),
    regimes=("integers",),
    laws=(
        Law("round trip", "the characters of the ids are the text", round_trip),
        Law("bijection", "every character of the text has one id, and no other has", each_once),
        Law("repetition", "a text twice has the same vocabulary, and its ids twice", said_twice),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
