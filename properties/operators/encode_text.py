"""encode_text: strategy over tokens and vocabularies, oracle, laws and mistakes."""

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
from properties.operators._corners import each
from properties.operators._text import LETTERS, WORDS, draw_vocabulary, joined
from properties.values import Values

KNOWN = (False, True)


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """A text of tokens of a vocabulary and, where one stands for them, of others."""
    at = draw_vocabulary(draw, domain)
    tokens, pool = at["vocabulary"], WORDS if at["words"] else LETTERS[at["letters"]]
    strange = draw(domain.boolean("strange"))
    unknown = draw(st.sampled_from(tokens)) if strange else None
    count = draw(domain.choice("tokens", (4, 2, 6, 1, 0)))
    drawn = st.sampled_from(tuple(pool) if strange else tuple(tokens))
    text = [draw(drawn) for _ in range(count)]
    return {**at, "text": joined(at["words"], text), "unknown": unknown}


def inputs(at: Attributes, values: Values) -> Arrays:
    return {}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch

    numbers = {token: n for n, token in enumerate({*at["text"], *at["vocabulary"]})}
    text, vocabulary = (
        torch.tensor([numbers[token] for token in at[name]]) for name in ("text", "vocabulary")
    )
    same = text[:, None] == vocabulary
    ids = same.long().argmax(dim=1)
    if at["unknown"] is not None:
        other = int((vocabulary == numbers[at["unknown"]]).long().argmax())
        ids = torch.where(same.any(dim=1), ids, other)
    return {"ids": ids}


def decodes(run: Any, case: Case, inputs: Arrays) -> Pairs:
    at = case.attributes
    tokens, unknown = list(at["vocabulary"]), at["unknown"]
    wanted = [token if token in tokens else unknown for token in at["text"]]
    got = [tokens[i] for i in run(inputs)["ids"]]
    yield (
        "the same tokens",
        np.array([a == b for a, b in zip(got, wanted, strict=True)]),
        np.ones(len(wanted), bool),
    )


def of_the_vocabulary(run: Any, case: Case, inputs: Arrays) -> Pairs:
    tokens = case.attributes["vocabulary"]
    yield "ids of the vocabulary", run(inputs, text=tokens)["ids"], np.arange(len(tokens))


def apart(run: Any, case: Case, inputs: Arrays) -> Pairs:
    text = case.attributes["text"]
    parts = [run(inputs, text=part)["ids"] for part in (text[:1], text[1:])]
    yield "ids", run(inputs)["ids"], np.concatenate(parts)


CHECK = "other = check_encode_text(text, vocabulary, unknown)"
KNOWN_LINE = "known = token in vocabulary"
FOUND = "place = vocabulary.index(token) if known else other"
RESULT = "return ids"


def otherwise(name: str, why: str, other: str) -> Any:
    """A mistake in what an unknown token becomes."""
    return edit(name, why, FOUND, FOUND.replace("else other", f"else {other}"))


MISTAKES = (
    edit("ids counted from 1", "id 0 is left to padding", RESULT, "return ids + 1"),
    edit(
        "ids counted from the end",
        "the last token has id 0",
        RESULT,
        "return len(vocabulary) - 1 - ids",
    ),
    edit(
        "place in the sorted vocabulary",
        "the vocabulary is sorted before it is numbered",
        CHECK,
        f"{CHECK}\n    vocabulary = sorted(vocabulary)",
    ),
    edit(
        "place in the text for the id",
        "a token's id is where it occurs first",
        RESULT,
        "return np.array([text.index(t) for t in text], np.int64)",
    ),
    edit(
        "letters folded to lower case",
        "capital letters have the id of small ones",
        KNOWN_LINE,
        "token = token.lower() if token.lower() in vocabulary else token\n        " + KNOWN_LINE,
    ),
    otherwise("unknown tokens get id 0", "id 0 is taken, whatever stands for them", "0"),
    otherwise(
        "unknown tokens get the last id",
        "the last token of the vocabulary stands for them",
        "len(vocabulary) - 1",
    ),
    otherwise(
        "unknown tokens get an id of their own", "it is beyond the vocabulary", "len(vocabulary)"
    ),
    otherwise("unknown tokens get -1", "it is what `str.find` gives", "-1"),
    edit(
        "unknown tokens left out",
        "there are fewer ids than tokens",
        RESULT,
        "return ids[[t in vocabulary for t in text]]",
    ),
    edit(
        "unknown token for repeated ones",
        "a token that came before is taken for unknown",
        KNOWN_LINE,
        "known = token in vocabulary and (unknown is None or token not in text[:n])",
    ),
    edit(
        "vocabulary grows",
        "an unknown token gets the next free id",
        CHECK,
        f"{CHECK}\n    others = [t for t in dict.fromkeys(text) if t not in vocabulary]\n"
        "    vocabulary = [*vocabulary, *others]",
    ),
    edit(
        "last token left out",
        "the text is read up to the last but one",
        "for n, token in enumerate(text):",
        "for n, token in enumerate(text[:-1]):",
    ),
    edit("text reversed", "the last token comes first", RESULT, "return ids[::-1].copy()"),
    edit(
        "each token once",
        "tokens that occur again are left out",
        RESULT,
        "return ids[np.sort(np.unique(ids, return_index=True)[1])]",
    ),
    edit(
        "white space skipped",
        "tokens of white space have no id",
        RESULT,
        "return ids[[not t.isspace() for t in text]]",
    ),
    edit("ids as floats", "ids come in float64", RESULT, "return ids.astype(np.float64) + 0.5"),
    edit(
        "code points for ids",
        "characters are numbered by their code point",
        RESULT,
        "return np.array([ord(t[0]) for t in text], np.int64)",
    ),
)

CORNERS: Corners = {
    "no token": lambda case: not len(case.attributes["text"]),
    "one token known": lambda case: len(case.attributes["vocabulary"]) == 1,
    "a strange token": lambda case: (
        not set(case.attributes["text"]) <= set(case.attributes["vocabulary"])
    ),
    "a token stands for others and itself": lambda case: (
        case.attributes["unknown"] in tuple(case.attributes["text"])
    ),
    **each("letters", (*LETTERS, "words")),
}

operator = Operator(
    name="encode_text",
    source="torch.argmax",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    outputs=("ids",),
    regimes=("integers",),
    laws=(
        Law("round trip", "the tokens of the ids are the text's", decodes),
        Law("numbering", "the vocabulary itself has the ids 0, 1, 2 ...", of_the_vocabulary),
        Law(
            "parts",
            "the ids of a text are those of its parts",
            apart,
            applies=lambda case: len(case.attributes["text"]) > 0,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
