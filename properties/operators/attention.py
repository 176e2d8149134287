"""attention: strategy over shapes, masks and scales, oracle, laws and mistakes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
from hypothesis.strategies import DrawFn

from properties.case import Attributes, Case
from properties.domain import Domain
from properties.mistakes import edit
from properties.operator import Arrays, Corners, Law, Operator, Pairs, Workload
from properties.operators._corners import each
from properties.values import WILD, Values

MASKS = (None, "pairs", "keys", "all")


def attributes(draw: DrawFn, domain: Domain) -> dict[str, Any]:
    lead_dims = draw(domain.choice("lead_dims", (1, 2, 0)))
    batch = [draw(domain.size("batch", (1, 2, 3, 0)))] if lead_dims else []
    heads = [draw(domain.integer("heads", 1, 3))] if lead_dims == 2 else []
    queries = draw(domain.integer("queries", 1, 4))
    cross = draw(domain.boolean("cross"))
    return {
        "lead": (*batch, *heads),
        "queries": queries,
        "cross": cross,
        "keys": draw(domain.integer("keys", 1, 5)) if cross else queries,
        "features": draw(domain.integer("features", 1, 4)),
        "value_features": draw(domain.integer("value_features", 1, 4)),
        "mask_of": draw(domain.choice("mask_of", MASKS)),
        "causal": draw(domain.boolean("causal")),
        "scale": draw(domain.choice("scale", (None, 1.0, 0.25))),
    }


def inputs(at: Attributes, values: Values) -> Arrays:
    lead, T, S = at["lead"], at["queries"], at["keys"]
    arrays = {
        "q": values.array("q", (*lead, T, at["features"])),
        "k": values.tame("k", (*lead, S, at["features"])),
        "v": values.tame("v", (*lead, S, at["value_features"])),
    }
    if values.regime in WILD:
        # Scores of some thousands overflow any exp. Were only q as large as that, dk would be
        # a product of it and of weights that are 0 but for rounding.
        arrays |= {"q": arrays["q"] / 30, "k": arrays["k"] * 10}
        if values.rng("signs").random() < 0.5:
            arrays |= _one_sign(arrays, values.rng("sign of a query"))
    if at["mask_of"] is not None:
        arrays["mask"] = _mask(at, values.rng("mask"))
    return arrays


def _one_sign(arrays: Arrays, rng: np.random.Generator) -> Arrays:
    """q and k whose scores are all large and positive for some queries, negative for others."""
    signs = rng.choice((-1.0, 1.0), (*arrays["q"].shape[:-1], 1))
    return {"q": signs * (np.abs(arrays["q"]) + 50), "k": np.abs(arrays["k"]) + 10}


def _mask(at: Attributes, rng: np.random.Generator) -> np.ndarray:
    """A random mask that leaves every query a key, also where it is causal as well."""
    lead, T, S = at["lead"], at["queries"], at["keys"]
    rows = {
        "pairs": (T,),
        "keys": (*lead[:1], *[1] * (len(lead) - 1), 1),
        "all": (*lead, T),
    }[at["mask_of"]]
    mask = rng.random((*rows, S)) < 0.6
    keys = np.minimum(np.arange(rows[-1]) + 1, S) if at["causal"] else S
    np.put_along_axis(mask, rng.integers(0, keys, rows)[..., None], True, axis=-1)
    return mask


def oracle(tensors: Mapping[str, Any], at: Attributes) -> dict[str, Any]:
    import torch
    from torch.nn.attention import SDPBackend, sdpa_kernel

    mask, causal = tensors.get("mask"), at["causal"]
    if mask is not None and causal:  # torch takes one of them
        mask = mask & torch.ones(at["queries"], at["keys"], dtype=torch.bool).tril()
        causal = False
    with sdpa_kernel(SDPBackend.MATH):
        out = torch.nn.functional.scaled_dot_product_attention(
            tensors["q"],
            tensors["k"],
            tensors["v"],
            attn_mask=mask,
            is_causal=causal,
            scale=at["scale"],
        )
    return {"out": out}


def averages(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out = run(inputs | {"v": np.ones_like(inputs["v"])})["out"]
    yield "out for v = 1", out, np.ones_like(out)


def linear_in_values(run: Any, case: Case, inputs: Arrays) -> Pairs:
    other = Values("normal", case.seed, 1).array("v", inputs["v"].shape)
    apart = run(inputs)["out"] + run(inputs | {"v": other})["out"]
    yield "out", run(inputs | {"v": inputs["v"] + other})["out"], apart


def shift_invariant(run: Any, case: Case, inputs: Arrays) -> Pairs:
    q = inputs["q"]
    shift = Values("normal", case.seed, 1).array("shift", (*q.shape[:-2], 1, q.shape[-1]))
    yield "out", run(inputs | {"k": inputs["k"] + shift})["out"], run(inputs)["out"]


def key_order(run: Any, case: Case, inputs: Arrays) -> Pairs:
    turned = {name: inputs[name][..., ::-1, :].copy() for name in ("k", "v")}
    if "mask" in inputs:
        turned["mask"] = inputs["mask"][..., ::-1].copy()
    yield "out", run(inputs | turned)["out"], run(inputs)["out"]


def conserves(run: Any, case: Case, inputs: Arrays) -> Pairs:
    out = run(inputs)["out"]
    dout = Values("normal", case.seed, 1).array("dout", out.shape)
    dv = run.gradients(inputs, {"out": dout})["v"]
    yield "dv summed over the keys", dv.sum(axis=-2), dout.sum(axis=-2)


FACTOR = "factor = 1 / math.sqrt(D) if scale is None else float(scale)"
MASK = "seen &= mask"
CAUSAL = "not (causal and s > t)"
KEYS = f"keys = [s for s in range(S) if seen[n][t, s] and {CAUSAL}]"
SCORES = "scores = [np.sum(q[n][t] * k[n][s]) * factor for s in keys]"
P = "p[n][t, keys] = _softmax(np.array(scores, q.dtype))"
EVERY_KEY = "keys = list(range(S))"
OUT = "out[n][t] += p[n][t, s] * v[n][s]"
KEPT = "return out, (q.copy(), k.copy(), v.copy(), p, factor)"
EXPS = "exps = np.exp(scores - np.max(scores.real))"
DP = "dp[s] = np.sum(dout[n][t] * v[n][s])"
DV = "dv[n][s] += p[n][t, s] * dout[n][t]"
DSCORES = "dscores = p[n][t] * (dp - np.sum(dp * p[n][t]))"
DQ = "dq[n][t] += factor * dscores[s] * k[n][s]"
DK = "dk[n][s] += factor * dscores[s] * q[n][t]"
RETURN = "return dq, dk, dv"


def masked_score(value: str) -> tuple[str, ...]:
    """Edits by which the score of a key that is not seen is `value`, which no softmax drops."""
    unseen = "~(seen[n][t] & (np.arange(S) <= (t if causal else S)))"
    replaced = P.replace("np.array(scores, q.dtype)", f"np.where({unseen}, {value}, scores)")
    return KEYS, EVERY_KEY, P, replaced


MISTAKES = (
    edit(
        "no scale", "the scores are not divided by the root of the features", FACTOR, "factor = 1"
    ),
    edit(
        "scale ignored",
        "the scores are always divided by the root of the features",
        FACTOR,
        "factor = 1 / math.sqrt(D)",
    ),
    edit(
        "divided by the features",
        "the scores are divided by D, not by its root",
        FACTOR,
        FACTOR.replace("math.sqrt(D)", "D"),
    ),
    edit(
        "multiplied by the root of the features",
        "the scores are multiplied by the root of D, not divided",
        FACTOR,
        FACTOR.replace("1 / ", ""),
    ),
    edit(
        "divided by the root of the keys",
        "the scores are scaled by the number of keys, not of features",
        FACTOR,
        FACTOR.replace("sqrt(D)", "sqrt(S)"),
    ),
    edit(
        "scale missing in the gradient",
        "dq and dk lack the factor by which the scores were scaled",
        DQ,
        DQ.replace("factor * ", ""),
        DK,
        DK.replace("factor * ", ""),
    ),
    edit(
        "softmax over queries",
        "the weights of a key over all queries sum to one, not those of a query over the keys",
        OUT,
        OUT.replace("p[n]", "turned[n]"),
        "            for s in range(S):\n                out",
        "        scores = np.where(p[n] != 0, q[n] @ k[n].T * factor, -np.inf)\n"
        "        exps = np.exp(scores - np.max(scores.real))\n"
        "        turned = np.zeros_like(p)\n"
        "        turned[n] = exps / np.maximum(np.sum(exps, axis=0).real, 1e-30)\n"
        "        for t in range(T):\n"
        "            for s in range(S):\n                out",
    ),
    edit(
        "no softmax",
        "the scores themselves are the weights",
        P,
        "p[n][t, keys] = scores",
    ),
    edit(
        "overflow in exp",
        "the largest score is not subtracted before exp, so large scores give inf or nan",
        EXPS,
        "exps = np.exp(scores)",
    ),
    edit(
        "largest score of the whole batch subtracted",
        "queries whose scores are far below the largest one underflow to 0 / 0",
        P,
        "largest = np.max((q @ k.swapaxes(-1, -2) * factor).real)\n"
        "                exps = np.exp(np.array(scores, q.dtype) - largest)\n"
        "                p[n][t, keys] = exps / np.sum(exps)",
    ),
    edit("mask ignored", "every key is seen, as if there were no mask", MASK, "pass"),
    edit("mask inverted", "a key is seen where the mask is False", MASK, "seen &= ~mask"),
    edit(
        "mask after the softmax",
        "hidden keys lose their weight after the softmax, so the others do not sum to one",
        KEYS,
        EVERY_KEY,
        P,
        P + "\n                p[n][t] *= seen[n][t] & (np.arange(S) <= (t if causal else S))",
    ),
    edit(
        "first mask for all",
        "the mask of the first sequence and head is taken for all",
        MASK,
        "seen &= mask.reshape(-1, *mask.shape[-2:])[0] if mask.size else mask",
    ),
    edit(
        "mask ignored where causal",
        "a causal call does not look at the mask",
        MASK,
        "seen &= mask | causal",
    ),
    edit(
        "masked scores set to 0",
        "a hidden key has the score 0 (or 1e-9 for -1e9) and so keeps a weight",
        *masked_score("1e-9"),
    ),
    edit(
        "masked scores set to -100",
        "a hidden key has the score -100, which is the largest where all others are below",
        *masked_score("-100.0"),
    ),
    edit("causal ignored", "a query sees the keys after it", CAUSAL, "True"),
    edit(
        "causal transposed",
        "a query sees the keys from its own on, not up to it",
        CAUSAL,
        "not (causal and s < t)",
    ),
    edit(
        "causal hides the query's own key",
        "a query sees only the keys before it",
        CAUSAL,
        "not (causal and s >= t)",
    ),
    edit(
        "causal shows the next key",
        "a query sees one key after it",
        CAUSAL,
        "not (causal and s > t + 1)",
    ),
    edit(
        "causal aligned with the last key",
        "with more or fewer keys than queries, the last query sees up to the last key",
        CAUSAL,
        "not (causal and s > t + S - T)",
    ),
    edit(
        "keys reshaped instead of transposed",
        "k is read in the memory order of its transpose",
        SCORES,
        SCORES.replace("k[n][s]", "k[n].reshape(D, S)[:, s]"),
    ),
    edit(
        "values read transposed",
        "v is read in the memory order of its transpose",
        OUT,
        OUT.replace("v[n][s]", "v[n].T.reshape(S, E)[s]"),
    ),
    edit(
        "first value for every key",
        "all keys have the value of the first",
        OUT,
        OUT.replace("v[n][s]", "v[n][0]"),
    ),
    edit(
        "first sequence attended by all",
        "every sequence and head looks at the keys of the first",
        SCORES,
        SCORES.replace("k[n][s]", "k[(0,) * len(lead)][s]"),
    ),
    edit(
        "gradient without softmax coupling",
        "the gradient of a score is its weight times that of the weight: the others are left out",
        DSCORES,
        "dscores = p[n][t] * dp",
    ),
    edit(
        "softmax gradient p (1 - p)",
        "the diagonal of the softmax's derivative is taken for the whole",
        DSCORES,
        "dscores = p[n][t] * (1 - p[n][t]) * dp",
    ),
    edit(
        "gradient skips the softmax",
        "the gradients of the weights are taken for those of the scores",
        DSCORES,
        "dscores = dp",
    ),
    edit("dq and dk exchanged", "dk comes where dq is expected", RETURN, "return dk, dq, dv"),
    edit(
        "dq of the last key only",
        "dq is overwritten by each key instead of added up",
        DQ,
        DQ.replace("+=", "="),
    ),
    edit(
        "dk of the last query only",
        "dk is overwritten by each query instead of added up",
        DK,
        DK.replace("+=", "="),
    ),
    edit(
        "dv of the last query only",
        "dv is overwritten by each query instead of added up",
        DV,
        DV.replace("+=", "="),
    ),
    edit(
        "dv without weights",
        "dv is the sum of dout over the queries for every key",
        DV,
        "dv[n][s] += dout[n][t]",
    ),
    edit(
        "dout ignored",
        "the gradients take the upstream gradient to be one",
        DP,
        DP.replace("dout[n][t] * ", ""),
        DV,
        DV.replace("dout[n][t]", "1"),
    ),
    edit("gradient negated", "dq has the wrong sign", RETURN, "return -dq, dk, dv"),
    edit(
        "queries changed in place",
        "the caller's q is scaled where it stands",
        KEPT,
        f"kept = {KEPT.removeprefix('return out, ')}\n    q *= factor\n    return out, kept",
    ),
    edit(
        "mask changed in place",
        "the causal mask is written to the caller's mask",
        MASK,
        MASK + "\n        mask &= np.tri(T, S, dtype=bool)[: len(mask)] if causal else True",
    ),
    edit(
        "dout changed in place",
        "backward scales the caller's dout where it stands",
        RETURN,
        "dout *= factor\n    return dq, dk, dv",
    ),
    edit(
        "cache consumed by backward",
        "the cached weights are overwritten, so a second backward is wrong",
        DSCORES,
        DSCORES + "\n            p[n][t] *= dscores",
    ),
    edit(
        "result always float64",
        "float32 inputs give float64 outputs",
        KEPT,
        KEPT.replace("out,", "out.astype(np.result_type(out, np.float64)),"),
    ),
    edit(
        "scores in float16",
        "the scores are rounded to half precision before the softmax",
        P,
        P.replace("q.dtype", "q.dtype if q.dtype.kind == 'c' else np.float16"),
    ),
)

CORNERS: Corners = {
    "no leading dimension": lambda case: case.attributes["lead"] == (),
    "heads": lambda case: len(case.attributes["lead"]) == 2 and min(case.attributes["lead"]) > 1,
    "empty batch": lambda case: 0 in case.attributes["lead"],
    "one key": lambda case: case.attributes["keys"] == 1,
    "more queries than keys": lambda case: case.attributes["queries"] > case.attributes["keys"],
    "more keys than queries": lambda case: case.attributes["queries"] < case.attributes["keys"],
    "causal, more keys than queries": lambda case: (
        case.attributes["causal"] and case.attributes["queries"] < case.attributes["keys"]
    ),
    "causal and masked": lambda case: (
        case.attributes["causal"] and case.attributes["mask_of"] is not None
    ),
    "large scores": lambda case: case.regime == "large",
    **each("mask_of", MASKS),
    **each("scale", (None, 1.0, 0.25)),
}

operator = Operator(
    name="attention",
    source="torch.nn.functional.scaled_dot_product_attention",
    attributes=attributes,
    inputs=inputs,
    oracle=oracle,
    differentiable=("q", "k", "v"),
    regimes=("integers", "constant", "sparse", "normal", "large", "offset", "rows"),
    laws=(
        Law("averaging", "where all values are one, so is the output", averages),
        Law("linearity", "the output is additive in the values", linear_in_values),
        Law("shift invariance", "a vector added to all keys changes nothing", shift_invariant),
        Law(
            "key order",
            "keys, values and mask turned round alike",
            key_order,
            applies=lambda case: not case.attributes["causal"],
        ),
        Law(
            "conservation",
            "dv summed over the keys is dout summed over the queries",
            conserves,
            needs_backward=True,
        ),
    ),
    mistakes=MISTAKES,
    corners=CORNERS,
    workloads=(
        Workload(
            "captioning transformer",
            {
                "lead": (4, 8),
                "queries": 128,
                "cross": False,
                "keys": 128,
                "features": 64,
                "value_features": 64,
                "mask_of": None,
                "causal": True,
                "scale": None,
            },
        ),
    ),
)
