"""decode_text: strategy over ids and vocabularies, oracle, laws and mistakes."""

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
from properties.operators._text import LETTERS, draw_vocabulary
from properties.values import Values

SEPARATORS = ("", " ")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    return {
        **draw_vocabulary(draw, domain),
        "separator": draw(domain.choice("separator", SEPARATORS)),
        "tokens": draw(domain.choice("tokens", (4, 2, 6, 1, 0))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    return {"ids": values.ids("ids", (at["tokens"],), len(at["vocabulary"]))}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    pieces = [torch.tensor([*map(ord, token)]) for token in at["vocabulary"]]
    between = torch.tensor([*map(ord, at["separator"])], dtype=torch.int64)
    row = [part for i in tensors["ids"] for part in (between, pieces[int(i)])][1:]
    return {"text": torch.cat(row) if row else torch.zeros(0, dtype=torch.int64)}


def encodes(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """Characters, whose ids can be read back from the text."""
    at = case.attributes
    text = run(inputs, separator="")["text"]
    got = np.array([at["vocabulary"].find(chr(code)) for code in text], np.int64)
    yield "the ids of the text", got, inputs["ids"]


def parts(run: Any, case: Case, inputs: Arrays) -> Pairs:
    ids = inputs["ids"]
    halves = [run({"ids": part.copy()}, separator="")["text"] for part in (ids[:1], ids[1:])]
    yield "the text", run(inputs, separator="")["text"], np.concatenate(halves)


CHECK = "check_decode_text(ids, vocabulary, separator)"
BETWEEN = 'between = separator if n else ""'
ADDED = "text += between + vocabulary[place]"
RESULT = "return codes(text)"

MISTAKES = (
    edit(
        "ids counted from 1",
        "id 1 is the first token",
        ADDED,
        ADDED.replace("[place]", "[place - 1]"),
    ),
    edit(
        "ids counted from the end",
        "id 0 is the last token",
        ADDED,
        ADDED.replace("[place]", "[-1 - place]"),
    ),
    edit(
        "place in the sorted vocabulary",
        "the vocabulary is sorted first",
        CHECK,
        f"{CHECK}\n    vocabulary = sorted(vocabulary)",
    ),
    edit(
        "separator before the first token",
        "the text begins with it",
        BETWEEN,
        "between = separator",
    ),
    edit(
        "separator after the last token",
        "the text ends with it",
        RESULT,
        "return codes(text + (separator if len(ids) else ''))",
    ),
    edit("separator forgotten", "tokens run together", BETWEEN, "between = ''"),
    edit(
        "separator always a space",
        "characters are joined by spaces",
        BETWEEN,
        "between = ' ' if n else ''",
    ),
    edit("text stripped", "white space at its ends is lost", RESULT, "return codes(text.strip())"),
    edit(
        "first token lost",
        "the first id is taken for a start",
        RESULT,
        "return codes(separator.join(vocabulary[i] for i in ids[1:]))",
    ),
    edit(
        "last token lost",
        "the last id is taken for an end",
        RESULT,
        "return codes(separator.join(vocabulary[i] for i in ids[:-1]))",
    ),
    edit(
        "id 0 left out",
        "it is taken for padding",
        RESULT,
        "return codes(separator.join(vocabulary[i] for i in ids if i))",
    ),
    edit(
        "repeated tokens merged",
        "a token that follows itself is left out",
        RESULT,
        "kept = [i for n, i in enumerate(ids) if not n or i != ids[n - 1]]\n"
        "    return codes(separator.join(vocabulary[i] for i in kept))",
    ),
    edit(
        "tokens once",
        "a token that came before is left out",
        RESULT,
        "return codes(separator.join(vocabulary[i] for i in dict.fromkeys(ids.tolist())))",
    ),
    edit(
        "text reversed",
        "tokens are put in front",
        ADDED,
        "text = vocabulary[place] + between + text",
    ),
    edit(
        "bytes for characters",
        "the text is given in UTF-8",
        RESULT,
        "return np.frombuffer(text.encode(), np.uint8).astype(np.int64)",
    ),
    edit("ids given back", "ids are not looked up", RESULT, "return ids.copy()"),
    edit(
        "letters folded to lower case",
        "capital letters are lost",
        RESULT,
        "return codes(text.lower())",
    ),
    edit(
        "ids changed in place",
        "the caller's ids are shifted where they stand",
        RESULT,
        f"ids += 1\n    {RESULT}",
    ),
)

CORNERS: Corners = {
    "no token": lambda case: case.attributes["tokens"] == 0,
    "one token known": lambda case: len(case.attributes["vocabulary"]) == 1,
    **each("separator", SEPARATORS),
    **each("letters", (*LETTERS, "words")),
}

operator = Operator(
    name="decode_text",
    source="torch.cat",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("text",),
    regimes=("integers",),
    laws=(
        Law(
            "round trip",
            "the ids of the text are the ids",
            encodes,
            applies=lambda case: not case.attributes["words"],
        ),
        Law(
            "parts",
            "the text of ids is that of its parts",
            parts,
            applies=lambda case: case.attributes["tokens"] > 0,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
