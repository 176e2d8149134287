"""How much of a diagnosis is told: nothing, what to look at, or everything."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from properties.mistakes import Mistake

LEVELS = ("none", "gentle", "full")
DEFAULT = "gentle"

_SUBJECTS = """
    alpha average axes axis backward batch beta bh bias biases bins border branches bx c0 c_n cache
    caches causal ceil ceil_mode cell channels class classes column columns coordinate correct
    count_include_pad da_f da_i dWh dWx db dbeta dbh dbx dc0 dc_n dgamma dgamma1 dgamma2 dh dh0
    diagonal dilation dilations direction distances divisor_override dk dloss dnext_c dnext_h
    dout dprev_c dprev_h dq dv dvalues dw dw_skip dx dy edges element eps evaluation factor forget
    gamma gate gates given gradient gradients group groups h0 height holes ids indices input k
    kernel kernels keys label layer layers leading dimensions length lengths logit logits map margin
    mask
    masks max_length maximum momentum norm normalisation num_classes offset offsets order output
    overflow overlap p padding padding_idx paddings pairs pixel points pooling positions previous
    probability projection queries ranks relu reset reverse row rows running scale score scores
    sequence sequences sigmoid signs size skip slope slopes spatial state states statistics step
    steps strength stride strides table tanh target temporal ties time training update variance
    vector weight weights width window windows x y

    amsgrad betas centered correction corrections dampening decay learning lr_decay m maximize
    nesterov rate rates t v velocity

    accuracies accuracy best check checkpoint checks data denominator df difference epoch epochs
    floor history labels loss losses model optimizer parameters patience samples schedule
    validation

    base_lr boxes broadcast character corners derivative dropout eta_min exp factors filters hidden
    intersection log logsumexp maps matmul penalty perplexity power predictions product quotient
    sampling start_factor upstream w word

    accents bytes captions characters end leftover letters line separator special start targets
    text token tokens unknown vocabulary white words

    adjustments angle batch_first bounds brightness centre constants contrast counts crops draw
    drawn draws errors fill flips fold folds fraction generator grey hue hues image images
    interpolation lengths mean mode originals padding_value parts place places proportions remainder
    replacement saturation sectors seed shuffle side sizes std
"""
_LEADING = "1 0.5 a all both first global half last largest new no old one own same whole"
_VAGUE = "map relu row rows running sigmoid size slope state tanh vector x y"

SUBJECTS = frozenset(_SUBJECTS.split())
"""Words that name a part of a computation and do not say what is wrong with it."""

LEADING = frozenset(_LEADING.split())
"""Words at the beginning that are passed over: they are half of the answer."""

VAGUE = frozenset(_VAGUE.split())
"""Subjects that may name what was computed instead: a name that is one of them says nothing."""

JOINED = {
    "and": "W|beta|c|c0|column|columns|dbeta|dgamma2|dk|dw|dx|stride|time|variance|width|x",
    "of": "H|W|d[a-z]|h0|x|y",
}
"""What "and" and "of" may be followed by: names, as in "strides of H and W", and no statements."""


def subject(mistake: Mistake) -> str:
    """What a mistake is about, in the words at the beginning of its name that tell no more.

    "padding of dx not cropped" is about the padding of dx. Empty where there is nothing such.
    """
    if mistake.hint:
        return mistake.hint
    if re.search(r"float(16|32|64)", mistake.name):
        return "the dtype of what is computed"
    words = re.split("[ ,]+", mistake.name.partition(":")[0])
    while words and words[0] in LEADING:
        words.pop(0)
    kept: list[str] = []
    for word, following in zip(words, [*words[1:], ""], strict=True):
        joins = kept and word in ("and", "of") and re.fullmatch(JOINED[word], following)
        if word not in SUBJECTS and not joins and not (kept and kept[-1] in ("and", "of")):
            break
        kept.append(word)
    vague = len(kept) == 1 and (kept[0] in VAGUE or kept[0] == mistake.name)
    return "" if vague else " ".join(kept)


def shown(entries: Sequence[dict[str, Any]], level: str) -> list[dict[str, Any]]:
    """The entries of a diagnosis as a level of hints shows them. Raises ValueError.

    none: nothing. gentle: where a function fails, and what to look at. full: everything.
    """
    if level not in LEVELS:
        raise ValueError(f"hints must be one of {', '.join(LEVELS)}, got {level!r}")
    if level == "none":
        return []
    if level == "full":
        return [{k: v for k, v in entry.items() if k != "look_at"} for entry in entries]
    return _distinct([_gentle(entry) for entry in entries])


def _gentle(entry: dict[str, Any]) -> dict[str, Any]:
    """Without names of mistakes, explanations and relations: those are the solution."""
    sentence = f"look at: {entry['look_at']}" if "look_at" in entry else entry["sentence"]
    return {
        "kind": entry["kind"] if entry["kind"] == "where" else "hint",
        "sentence": sentence,
        "matches": entry["matches"],
        "of": entry["of"],
    }


def _distinct(entries: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    return list({entry["sentence"]: entry for entry in reversed(entries)}.values())[::-1]
