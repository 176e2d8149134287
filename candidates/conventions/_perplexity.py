"""Perplexity as a free function: of logits, log-probabilities, probabilities, or a mean loss.

Parameters say what it takes. Where a name says only that it is a prediction, a tiny input shows it;
it also shows whether a loss counts in nats or bits, and whether every sequence has to be a row.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from candidates.conventions._guarded import Exact, Guarded
from candidates.conventions._metrics import PRED, Form, Metric, Y, number

Arrays = Mapping[str, np.ndarray]
At = Mapping[str, Any]
Call = Callable[..., Any]

NAMES = """
    perplexity compute_perplexity calculate_perplexity get_perplexity calc_perplexity ppl
    perplexity_score perplexity_from_loss Perplexity
"""
ROLES = {
    "loss": "loss avg_loss mean_loss average_loss loss_value val_loss ce ce_loss cross_entropy "
    "cross_entropy_loss mean_cross_entropy nll nll_loss avg_nll mean_nll nats lm_loss eval_loss",
    "total": "total_loss total_nll sum_nll nll_sum loss_sum",
    "loglik": "log_likelihood total_log_prob log_prob_sum total_log_likelihood",
    "count": "num_tokens n_tokens total_tokens token_count num_words n_words n_samples count",
    "logits": "logits scores output outputs x",
    "logp": "log_probs logprobs log_probabilities log_prob logp log_p log_proba token_log_probs "
    "token_logprobs log_softmax",
    "probs": "probs probabilities p prob proba token_probs word_probs",
    "pred": PRED,
    "y": f"{Y} ids target_ids target_index indices",
    "ignored": "ignore_index pad_id pad_idx pad_index padding_idx pad_token_id pad_token padding",
    "mask": "mask masks loss_mask",
}

MILD = ("integers", "normal")
"""Where no probability is so small that a guard of the logarithm shows, nor the loss of a bound."""

ADDS = "it changes the probabilities before their logarithm"


def log_softmax(scores: np.ndarray) -> np.ndarray:
    shifted = scores - scores.max(axis=-1, keepdims=True)
    result: np.ndarray = shifted - np.log(np.exp(shifted).sum(axis=-1, keepdims=True))
    return result


def own_log_probabilities(at: At, inputs: Arrays) -> np.ndarray:
    """Those of the right ids, at the positions that count."""
    logp, y = log_softmax(inputs["scores"].astype(float)), inputs["y"]
    counted = np.ones(y.shape, bool) if at["ignore_index"] is None else y != at["ignore_index"]
    result: np.ndarray = logp[counted][np.arange(counted.sum()), y[counted]]
    return result


ROWS: Mapping[str, Callable[[np.ndarray], np.ndarray]] = {
    "logits": lambda scores: scores,
    "logp": lambda scores: log_softmax(scores.astype(float)).astype(scores.dtype),
    "probs": lambda scores: np.exp(log_softmax(scores.astype(float))).astype(scores.dtype),
}
SAID = {"logits": "", "logp": "of log-probabilities", "probs": "of probabilities"}

ABSENT = -100
"""An id to ignore that no array holds."""


def of_rows(kind: str, roles: Sequence[str]) -> Call:
    """Of rows over the vocabulary and ids, the padding by its id or by a mask."""

    def call(function: Call, at: At, inputs: Arrays) -> float:
        scores, y, ignored = inputs["scores"], inputs["y"], at["ignore_index"]
        given: dict[str, Any] = {roles[0]: ROWS[kind](scores), "y": y}
        if "ignored" in roles:
            given["ignored"] = ABSENT if ignored is None else ignored
        if "mask" in roles:
            counted = np.ones(y.shape, bool) if ignored is None else y != ignored
            given |= {"mask": counted.astype(scores.dtype), "y": np.where(counted, y, 0)}
        return number(function(**given))

    return call


def tiny(*lead: int) -> tuple[At, Arrays]:
    scores = np.array([[2.0, 0, 1, -4], [0.5, 1, 3, -1], [1, -2, 0, 0.5]])
    y = np.array([0, 1, 3])
    scores = np.stack([scores, -scores[::-1]])
    y = np.stack([y, y[::-1]])
    count = int(np.prod(lead))
    at = {"ignore_index": None}
    return at, {
        "scores": scores.reshape(-1, 4)[:count].reshape(*lead, 4),
        "y": y.reshape(-1)[:count].reshape(lead),
    }


def expected(at: At, inputs: Arrays) -> float:
    return float(np.exp(-own_log_probabilities(at, inputs).mean()))


VECTOR, SEQUENCES = tiny(4), tiny(2, 3)


def row_forms(first: str, kinds: Sequence[str]) -> list[Form]:
    """Of one parameter of rows: its kinds as positions (N, V), then as sequences (N, T, V).

    Where the name says the kind, what gives a number for it is judged.
    """
    found: list[Form] = []
    for extra in ((), ("ignored",), ("mask",), ("ignored", "mask")):
        roles = (first, "y", *extra)
        ignoring = {} if extra else {"ignored": (False,)}
        for ndim, (at, inputs) in ((1, VECTOR), (2, SEQUENCES)):
            for kind in kinds:
                mild: dict[str, tuple[Any, ...]] = {} if kind == "logits" else {"regime": MILD}
                form = Exact(
                    " ".join(roles),
                    of_rows(kind, roles),
                    at,
                    inputs,
                    expected(at, inputs),
                    {"ndim": (ndim,), **ignoring, **mild},
                    SAID[kind],
                    spare=len(kinds) == 1 and not extra,
                )
                found += [*guarded(form, kind), form]
    return found


def guarded(form: Form, kind: str) -> list[Form]:
    """The same with a number added to each probability, which is not judged."""
    if kind != "probs":
        return []
    return [Guarded(form.roles, form.call, form.at, form.inputs, form.expected, why=ADDS)]


def sequences_too(function: Call, form: Form) -> dict[str, tuple[Any, ...]]:
    """Whether what takes positions takes sequences as well."""
    if form.domain.get("ndim") != (1,) or "y" not in form.roles.split():
        return {}
    try:
        form.call(function, *SEQUENCES)
    except Exception:
        return {}
    return {"ndim": (1, 2)}


ALONE = {"ignored": (False,), "ndim": (1,), "regime": MILD}
BITS = "of a loss in bits"


def of_numbers(give: Callable[[np.ndarray], Mapping[str, Any]]) -> Call:
    def call(function: Call, at: At, inputs: Arrays) -> float:
        return number(function(**give(own_log_probabilities(at, inputs))))

    return call


def loss_forms(scalar: Callable[[Any], Any]) -> list[Form]:
    """Of a mean loss, of a sum and a number of tokens. scalar: a number as it is handed over."""

    def mean(logp: np.ndarray) -> Any:
        return {"loss": scalar(-logp.mean())}

    def bits(logp: np.ndarray) -> Any:
        return {"loss": scalar(-logp.mean() / np.log(2))}

    def total(logp: np.ndarray) -> Any:
        return {"total": scalar(-logp.sum()), "count": len(logp)}

    def loglik(logp: np.ndarray) -> Any:
        return {"loglik": scalar(logp.sum()), "count": len(logp)}

    value = expected(*VECTOR)
    nats = "of a mean loss"
    return [
        Form("loss", of_numbers(mean), *VECTOR, value, ALONE, nats, spare=True),
        Form("loss", of_numbers(bits), *VECTOR, value, ALONE, BITS),
        Form("total count", of_numbers(total), *VECTOR, value, ALONE, "of a sum", spare=True),
        Form("loglik count", of_numbers(loglik), *VECTOR, value, ALONE, "of a sum", spare=True),
    ]


def token_forms() -> list[Form]:
    """Of what the right tokens were given alone, in an array or a list."""
    found: list[Form] = []
    value = expected(*VECTOR)
    for box in (np.asarray, np.ndarray.tolist):

        def logs(logp: np.ndarray, box: Call = box) -> Any:
            return {"logp": box(logp)}

        def in_bits(logp: np.ndarray, box: Call = box) -> Any:
            return {"logp": box(logp / np.log(2))}

        def shares(logp: np.ndarray, box: Call = box) -> Any:
            return {"probs": box(np.exp(logp))}

        words = "of the right tokens' {}"
        of_shares = Exact(
            "probs",
            of_numbers(shares),
            *VECTOR,
            value,
            ALONE,
            words.format("probabilities"),
            spare=True,
        )
        found += [
            Form(
                "logp",
                of_numbers(logs),
                *VECTOR,
                value,
                ALONE,
                words.format("log-probabilities"),
                spare=True,
            ),
            Form("logp", of_numbers(in_bits), *VECTOR, value, ALONE, words.format("logs in bits")),
            *guarded(of_shares, "probs"),
            of_shares,
            *of_distributions(box),
        ]
    return found


def of_distributions(box: Call) -> list[Form]:
    """What is called so too, and is another measure: how many choices a distribution has."""
    p = np.exp(own_log_probabilities(*VECTOR))
    entropy = float(-(p * np.log(p)).sum())
    why = "it is given one distribution, and no answers"

    def call(function: Call, at: At, inputs: Arrays) -> float:
        return number(function(probs=box(np.exp(own_log_probabilities(at, inputs)))))

    return [Form("probs", call, *VECTOR, float(np.exp(entropy)), why=why)]


def forms(scalar: Callable[[Any], Any]) -> list[Form]:
    of_a_kind = itertools.chain.from_iterable(row_forms(kind, [kind]) for kind in ROWS)
    return [*of_a_kind, *row_forms("pred", list(ROWS)), *loss_forms(scalar), *token_forms()]


TEXT = """`perplexity(logits, targets)`, also of log_probs or probs (N, V) or (N, T, V) and ids.

    Also `perplexity(loss)` of a mean loss, in nats or bits, `perplexity(total_loss, num_tokens)`,
    and of the right tokens' `probs` or `log_probs` alone. Padding is an `ignore_index` or a mask.
    """
PERPLEXITY = Metric(
    "perplexity",
    NAMES,
    ROLES,
    forms(float),
    TEXT,
    domain={},
    narrowed=sequences_too,
)
SPELLINGS = PERPLEXITY.spellings


def beside_torch(when: Callable[[Any], bool], behind: Callable[[Call], Call]) -> Metric:
    """The same on tensors; a loss is one of no axes."""
    return replace(PERPLEXITY, forms=forms(np.asarray), when=when, behind=behind)
