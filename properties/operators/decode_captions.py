"""decode_captions: strategy over captions and words, oracle, laws and mistakes."""

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
from properties.operators._text import draw_words
from properties.values import Values

NULL, END = "<NULL>", "<END>"
ENDS = ("inside", "none", "several", "first")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    single = draw(domain.boolean("single"))
    steps = draw(domain.choice("steps", (5, 3, 7, 1)))
    count = draw(domain.choice("count", (2, 3, 1, 0)))
    return {
        "words": draw_words(draw, domain),
        "shape": (steps,) if single else (count, steps),
        "ends": draw(domain.choice("ends", ENDS)),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    """Any ids, with <NULL> anywhere and as many <END> as the case says."""
    words, shape = list(at["words"]), at["shape"]
    captions = values.ids("captions", shape, len(words))
    end, null = words.index(END), words.index(NULL)
    captions[captions == end] = null
    rows = captions.reshape(-1, shape[-1])
    places = values.rng("places").integers(0, shape[-1], (2, len(rows)))
    if at["ends"] == "first":
        places[:] = 0
    for row, one, other in zip(rows, *places, strict=True):
        if at["ends"] != "none":
            row[one] = end
        if at["ends"] == "several":
            row[other] = end
    return {"captions": captions}


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch
    from torch.nn.utils.rnn import pad_sequence

    words, captions = at["words"], tensors["captions"]
    rows = captions.reshape(-1, captions.shape[-1])
    ended = (rows == words.index(END)).long()
    kept = (ended.cumsum(dim=1) - ended == 0) & (rows != words.index(NULL))
    texts = [" ".join(words[i] for i in row[keep]) for row, keep in zip(rows, kept, strict=True)]
    coded = [torch.tensor([*map(ord, text)], dtype=torch.int64) for text in texts]
    if captions.ndim == 1:
        return {"out": coded[0]}
    if not coded:
        return {"out": torch.zeros(0, 0, dtype=torch.int64)}
    return {"out": pad_sequence(coded, batch_first=True, padding_value=-1)}


def texts(out: np.ndarray) -> list[str]:
    rows = out.reshape(-1, out.shape[-1]) if out.size else np.zeros((len(out), 0), int)
    return ["".join(chr(code) for code in row if code >= 0) for row in rows]


def one_by_one(run: Any, case: Case, inputs: Arrays) -> Pairs:
    whole = run(inputs)["out"]
    for row, caption in zip(whole, inputs["captions"], strict=True):
        alone = run({"captions": caption.copy()}, shape=caption.shape)["out"]
        yield "a caption alone", alone, row[: len(alone)]
        yield "what is behind its end", row[len(alone) :], np.full(len(row) - len(alone), -1)


def behind_the_end(run: Any, case: Case, inputs: Arrays) -> Pairs:
    """What stands behind <END> does not matter."""
    words = case.attributes["words"]
    captions = inputs["captions"].copy()
    ended = captions == words.index(END)
    behind = np.cumsum(ended, axis=-1) - ended > 0
    captions[behind] = words.index(NULL)
    yield "out", run({"captions": captions})["out"], run(inputs)["out"]


def padding_in_front(run: Any, case: Case, inputs: Arrays) -> Pairs:
    captions = inputs["captions"]
    null = np.full((*captions.shape[:-1], 2), case.attributes["words"].index(NULL))
    padded = np.concatenate([null, captions], axis=-1)
    yield "out", run({"captions": padded}, shape=padded.shape)["out"], run(inputs)["out"]


SKIPPED = "if word != NULL:"
ENDED = "if word == END:"
KEPT = "kept.append(word)"
JOINED = 'texts.append(" ".join(kept))'
RESULT = "return stacked(texts) if captions.ndim == 2 else codes(texts[0])"


def every(change: str) -> str:
    """The texts changed, each in the same way."""
    return f"texts = [{change} for t in texts]\n    {RESULT}"


MISTAKES = (
    edit("words behind the end kept", "decoding goes on behind <END>", ENDED, "if False:"),
    edit(
        "end left out",
        "decoding stops before <END>, which is not shown",
        SKIPPED,
        "if word not in (NULL, END):",
    ),
    edit("padding kept", "<NULL> is shown like a word", SKIPPED, "if True:"),
    edit(
        "padding taken for the end",
        "decoding stops at the first <NULL>",
        ENDED,
        "if word in (NULL, END):",
    ),
    edit("start left out", "<START> is not shown", SKIPPED, "if word not in (NULL, '<START>'):"),
    edit(
        "unknown words left out", "<UNK> is not shown", SKIPPED, "if word not in (NULL, '<UNK>'):"
    ),
    edit(
        "all special words left out",
        "only ordinary words are shown",
        SKIPPED,
        "if not word.startswith('<'):",
    ),
    edit(
        "id 0 taken for padding",
        "the word of id 0 is left out, whatever it is",
        SKIPPED,
        "if place != 0:",
    ),
    edit(
        "id 2 taken for the end",
        "decoding stops at id 2, whatever its word is",
        ENDED,
        "if place == 2:",
    ),
    edit(
        "words run together",
        "there is no space between them",
        JOINED,
        'texts.append("".join(kept))',
    ),
    edit(
        "space behind every word",
        "the text ends with a space",
        JOINED,
        'texts.append("".join(w + " " for w in kept))',
    ),
    edit(
        "space in front",
        "the text begins with a space",
        JOINED,
        'texts.append("".join(" " + w for w in kept))',
    ),
    edit(
        "words joined by commas",
        "they are joined like a list",
        JOINED,
        'texts.append(", ".join(kept))',
    ),
    edit(
        "repeated words once",
        "a word that came before is left out",
        KEPT,
        "kept.append(word) if word not in kept else None",
    ),
    edit("words in reverse", "the last word comes first", KEPT, "kept.insert(0, word)"),
    edit(
        "ids counted from 1",
        "the word of id i is the one before",
        "word = words[place]",
        "word = words[place - 1]",
    ),
    edit(
        "first word left out",
        "the first id is taken for the start",
        "for place in caption:",
        "for place in caption[1:]:",
    ),
    edit(
        "last word left out",
        "the last id is not looked at",
        "for place in caption:",
        "for place in caption[:-1]:",
    ),
    edit(
        "captions joined",
        "each text begins with those before it",
        "        kept = []\n",
        "        kept = kept if texts else []\n",
    ),
    edit(
        "first caption for all",
        "only the first row is decoded",
        JOINED,
        f"kept = kept if not texts else texts[0].split(' ')\n        {JOINED}",
    ),
    edit("words in small letters", "capital letters are lost", RESULT, every("t.lower()")),
    edit(
        "one caption as a batch",
        "a single caption comes back in a list of one",
        RESULT,
        "return stacked(texts)",
    ),
    edit(
        "captions changed in place",
        "what stands behind the end is set to zero",
        ENDED,
        "if word == END:\n                caption[len(kept) :] = 0\n            " + ENDED,
    ),
)

CORNERS: Corners = {
    "one caption alone": lambda case: len(case.attributes["shape"]) == 1,
    "no caption": lambda case: case.attributes["shape"][0] == 0,
    "special words elsewhere": lambda case: case.attributes["words"].index(NULL) != 0,
    "special words first": lambda case: case.attributes["words"][:3] == (NULL, "<START>", END),
    **each("ends", ENDS),
}

operator = Operator(
    name="decode_captions",
    source="torch.cumsum",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    regimes=("integers",),
    laws=(
        Law(
            "one by one",
            "a caption of a batch is decoded as it is alone",
            one_by_one,
            applies=lambda case: len(case.attributes["shape"]) == 2,
        ),
        Law("behind the end", "what stands behind <END> changes nothing", behind_the_end),
        Law("padding", "<NULL> in front changes nothing", padding_in_front),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
)
