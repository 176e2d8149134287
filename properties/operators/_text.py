"""Text that is hard on whoever takes characters for ASCII letters, and the tokens of it."""

from __future__ import annotations

from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import DrawFn

from properties.case import Case
from properties.domain import Domain
from properties.operator import Corners
from properties.operators._corners import each

LETTERS = {
    "plain": "abc d",
    "cases": "aAbB",
    "white space": "aB \n\t\r\x0b\x1c\x85\u2028",
    "accents": "e\u0301\xe9E\xdf\ufb01\U0001d538",
    "wide": "aBb\U0001f600\U0010ffff\U00010000\uffff",
    "low": "\x00\x01aAB09\x7f\U0001f41f",
}
"""Characters by what is hard about them: cases to be folded, breaks of lines, letters that are
composed of several or take more than a byte, or more than 16 bits."""

JOINT = {"white space": ("\r\n",), "accents": ("e\u0301",)}
"""What is hard only in this order."""

WORDS = ("a", "cat", "A", "on", "\xe9t\xe9", "cats", "\U0001f600")
SPECIAL_WORDS = ("<NULL>", "<START>", "<END>", "<UNK>")


def draw_text(draw: DrawFn, domain: Domain, fewest: int = 0) -> dict[str, Any]:
    """A text of one kind of letters."""
    letters = draw(domain.choice("letters", tuple(LETTERS)))
    empty = fewest == 0 and draw(domain.choice("empty", (False, False, False, True)))
    least = 0 if empty else max(fewest, draw(domain.choice("least", (1, 4, 7))))
    pieces = st.sampled_from((*JOINT.get(letters, ()), *LETTERS[letters]))
    parts = draw(st.lists(pieces, min_size=least, max_size=0 if empty else least + 4))
    return {"letters": letters, "text": "".join(parts)}


def draw_vocabulary(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    """Tokens, characters or words, in an order of their own."""
    words = draw(domain.boolean("words"))
    letters = "words" if words else draw(domain.choice("letters", tuple(LETTERS)))
    pool = WORDS if words else tuple(dict.fromkeys(LETTERS[letters]))
    tokens = draw(st.permutations(pool))[: draw(domain.choice("size", (3, 5, 2, 1, 9)))]
    return {"words": words, "letters": letters, "vocabulary": joined(words, tokens)}


def joined(words: bool, tokens: Any) -> Any:
    return tuple(tokens) if words else "".join(tokens)


def draw_words(draw: DrawFn, domain: Domain) -> tuple[str, ...]:
    """Words of captions: the special ones first, as in CS231n, or anywhere."""
    count = draw(domain.choice("ordinary", (3, 2, 5, 1)))
    words = (*SPECIAL_WORDS, *WORDS[:count])
    if draw(domain.choice("special_first", (True, False))):
        return words
    return tuple(draw(st.permutations(words)))


TEXT_CORNERS: Corners = {
    "no character": lambda case: not case.attributes["text"],
    "a character twice": lambda case: _repeats(case),
    **each("letters", LETTERS),
}


def _repeats(case: Case) -> bool:
    return len(set(case.attributes["text"])) < len(case.attributes["text"])
