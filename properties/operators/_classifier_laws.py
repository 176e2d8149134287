"""What any classifier must do, whatever its architecture: each law in its own sentence.

A law calls the implementation with an `act`: `evaluate`, `restore` (a new network that loads the
state of the first), `copy` (a deep copy, whose original moves), `train` (one pass forward and back)
and `fit` (steps of Adam on one batch). It judges the scores (N, C) and what else comes back, and
raises `Failed`.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np

from properties.case import Attributes, Case
from properties.operator import Arrays, Law, Pairs
from properties.tolerance import Failed
from properties.values import Values

CLOSE = 2e-3
"""How far two evaluations of the same samples may be apart, in units of the largest score.

Batches of other sizes are computed by other algorithms, and float32 loses digits in every layer:
the worst measured on right code was 4e-5, while a sample that sees its neighbours moves by 0.1.
"""

SURPRISE = 20.0
"""How far the loss may begin above log(classes). Scores of a standard deviation s add s^2 / 2 to
it, or about 1.5 s where s is large. Usual initial weights add 1 or less; the most that right code
was seen to add is 3.5. Weights that are not scaled down by their number add hundreds."""

LEARNING_RATES = (1e-3, 1e-2, 1e-4)
STEPS, SECONDS = 300, 4.0
FEW = 3
"""A small batch must be halfway between guessed and learned by heart after `STEPS` steps of Adam at
the best of the learning rates. Who is out of time before that is not judged by it: right code was
seen to need 175 steps at most, for all of it."""

SHOWN = 4


def check_scores(scores: Any, batch: int, classes: int) -> None:
    """Raises Failed where the scores are not finite floating numbers of shape (N, C)."""
    if scores.dtype.kind != "f":
        raise Failed(f"scores are {scores.dtype}, expected floating numbers", "scores")
    if scores.shape != (batch, classes):
        expected = f"({batch}, {classes}), a row a sample"
        raise Failed(f"scores have shape {scores.shape}, expected {expected}", "scores")
    if not np.isfinite(scores).all():
        raise Failed(f"scores hold {scores[~np.isfinite(scores)][0]}", "scores")


def scored(run: Any, case: Case, inputs: Arrays, **attributes: Any) -> dict[str, Any]:
    """The results of an act, whose scores are checked."""
    results: dict[str, Any] = run(inputs, **attributes)
    check_scores(results["scores"], len(inputs["x"]), case.attributes["classes"])
    return results


def once(run: Any, case: Case, inputs: Arrays, act: str) -> dict[str, Any]:
    """The results of an act on the samples of the case, for all laws that ask for them."""
    if act not in run.kept:
        run.kept[act] = scored(run, case, inputs, act=act)
    kept: dict[str, Any] = run.kept[act]
    return kept


def compare(what: str, got: np.ndarray, expected: np.ndarray) -> None:
    """Raises Failed where two evaluations of the same samples are not close."""
    unit = float(np.abs(expected).max())
    off = np.abs(got - expected)
    if unit == 0 or off.max() <= CLOSE * unit:
        return
    n, c = (int(i) for i in np.unravel_index(np.argmax(off), off.shape))
    raise Failed(
        f"{what}: sample {n} has {got[n, c]:.6g} for class {c}, and {expected[n, c]:.6g} before",
        "scores",
        (n, c),
        float(expected[n, c]),
        float(got[n, c]),
    )


def listed(names: Iterable[str]) -> str:
    """The first few names."""
    names = list(names)
    more = len(names) - SHOWN
    return ", ".join(names[:SHOWN]) + (f" and {more} more" if more > 0 else "")


def named(found: dict[str, Any], what: str) -> list[str]:
    """The names that came back under a word: `moved conv.weight`."""
    return [name.removeprefix(f"{what} ") for name in found if name.startswith(f"{what} ")]


def batch_independence(run: Any, case: Case, inputs: Arrays) -> Pairs:
    scores = once(run, case, inputs, "evaluate")["scores"]
    for n in range(min(len(scores), 2)):
        alone = scored(run, case, {name: a[n : n + 1] for name, a in inputs.items()})["scores"]
        compare(f"sample {n} is scored otherwise alone", alone, scores[n : n + 1])
    turned = scored(run, case, {name: a[::-1].copy() for name, a in inputs.items()})["scores"]
    compare("with the batch turned round", turned[::-1], scores)
    yield from ()


def evaluation_repeats(run: Any, case: Case, inputs: Arrays) -> Pairs:
    found = once(run, case, inputs, "evaluate")
    moved = named(found, "moved")
    if moved:
        raise Failed(f"evaluating changes {listed(moved)}")
    if found.get("made", np.zeros(1)).any():
        raise Failed("forward makes layers with new weights at each call: they belong in __init__")
    compare("the same network evaluated twice differs", found["again"], found["scores"])
    yield from ()


def state_restores(run: Any, case: Case, inputs: Arrays) -> Pairs:
    expected = once(run, case, inputs, "evaluate")["scores"]
    found = once(run, case, inputs, "restore")
    outside = named(found, "outside")
    hint = f" (not registered: {listed(outside)})" if outside else ""
    compare(f"scores depend on what no parameter holds{hint}", found["scores"], expected)
    yield from ()


def weights_are_its_own(run: Any, case: Case, inputs: Arrays) -> Pairs:
    found = once(run, case, inputs, "copy")
    foreign = named(found, "foreign")
    if foreign:
        raise Failed(
            f"{listed(foreign)} would learn, and is none of parameters(): nothing moves it"
        )
    both = named(once(run, case, inputs, "restore"), "shared")
    if both:
        raise Failed(f"every new network has the same {listed(both)}: what one learns moves others")
    changed = "a deep copy (copy.deepcopy) changes when the network it was made of does"
    compare(changed, found["scores"], found["before"])
    yield from ()


def as_many_as_stated(run: Any, case: Case, inputs: Arrays) -> Pairs:
    found = once(run, case, inputs, "evaluate")
    if "stated" in found:
        count, stated = (int(n) for n in found["parameters"]), int(found["stated"])
        every, trained = count
        if stated not in (every, trained, every - trained):
            but = f" ({trained:,} of them are trained)" if trained != every else ""
            raise Failed(f"it has {every:,} parameters{but}, and its own text says {stated:,}")
    yield from ()


def gradients_arrive(run: Any, case: Case, inputs: Arrays) -> Pairs:
    found = once(run, case, inputs, "train")
    gradients = {name[1:]: array for name, array in found.items() if name.startswith("d")}
    without = [name for name, gradient in gradients.items() if gradient.size == 0]
    if without:
        raise Failed(f"{listed(without)} has no gradient: nothing that is scored depends on it")
    wild = [name for name, gradient in gradients.items() if not np.isfinite(gradient).all()]
    if wild:
        raise Failed(f"the gradient of {listed(wild)} is not finite")
    yield from ()


def scores_are_logits(run: Any, case: Case, inputs: Arrays) -> Pairs:
    found = once(run, case, inputs, "train")
    scores = found["scores"]
    if scores.min() >= 0 and np.abs(scores.sum(axis=1) - 1).max() < 1e-4:
        raise Failed("every row of scores sums to one: a softmax that the loss applies again")
    zeros = int(np.sum(scores == 0))
    if found["cut"] and zeros and scores.max() > 0:  # a relu before an average is no cut
        raise Failed(f"no score is negative, {zeros} of {scores.size} are 0: cut off by a relu")
    yield from ()


def first_loss(run: Any, case: Case, inputs: Arrays) -> Pairs:
    scores: Any = once(run, case, inputs, "train")["scores"].astype(np.float64)
    largest = scores.max(axis=1, keepdims=True)
    normaliser = np.log(np.exp(scores - largest).sum(axis=1)) + largest[:, 0]
    loss = float(np.mean(normaliser - scores.mean(axis=1)))  # over all classes alike
    guessing = float(np.log(case.attributes["classes"]))
    if loss > guessing + SURPRISE:
        raise Failed(
            f"the loss begins at {loss:.3g} where guessing costs log({scores.shape[1]}) = "
            f"{guessing:.3g}: the initial weights are too large"
        )
    yield from ()


def modes_agree(run: Any, case: Case, inputs: Arrays) -> Pairs:
    trained = once(run, case, inputs, "train")
    if not trained["two_modes"]:
        evaluated = once(run, case, inputs, "evaluate")["scores"]
        if not normalised(evaluated):  # some apply their softmax where no loss follows
            compare("training and evaluation differ", trained["scores"], evaluated)
    yield from ()


def normalised(scores: np.ndarray) -> bool:
    """Whether rows are probabilities, or their logarithms."""
    shares = scores if scores.min() >= 0 else np.exp(np.minimum(scores, 1))
    return bool(np.abs(shares.sum(axis=1) - 1).max() < 1e-4)


def weights_vary(run: Any, case: Case, inputs: Arrays) -> Pairs:
    found = once(run, case, inputs, "train")
    varied = found["varied"]
    if varied.size > 1 and not varied.any():
        raise Failed(
            "all elements of each weight are equal: units of equal weights get equal gradients, "
            "and stay equal"
        )
    still = named(found, "still")
    if still:
        raise Failed(f"{listed(still)} begins at 0 with a gradient of 0: nothing of it ever learns")
    yield from ()


def to_learn(at: Attributes, seed: int) -> Arrays:
    """A small batch that is easy to learn: blurred noise of its class, and as much of its own."""
    values, samples = Values("normal", seed, 1), at["samples"]
    y = np.arange(samples) % min(at["classes"], 10)
    typical = blurred(values.rng("typical").standard_normal((y.max() + 1, *at["features"])))
    own = values.rng("own").standard_normal((samples, *at["features"]))
    x = (typical[y] + own) / np.sqrt(2)
    return {"x": x.astype(np.float32).astype(np.float64), "y": y}


def blurred(x: np.ndarray) -> np.ndarray:
    """Images in squares of one value, four or more along each side; rows of numbers as they are."""
    if x.ndim != 4:
        return x
    H, W = x.shape[2:]
    block = max(min(H, W) // 4, 1)
    rows, columns = np.arange(H) // block * block, np.arange(W) // block * block
    return np.asarray(x[:, :, rows[:, None], columns])


def learned_by_heart(run: Any, case: Case, inputs: Arrays) -> Pairs:
    data = to_learn(case.attributes, case.seed)
    best, ways, fitted = 0.0, [], (1 + 1 / (data["y"].max() + 1)) / 2
    for rate in LEARNING_RATES:
        asked = {"act": "fit", "learning_rate": rate, "steps": STEPS, "seconds": SECONDS}
        found = scored(run, case, data, **asked)
        best = max(best, float(np.mean(found["scores"].argmax(axis=1) == data["y"])))
        steps = len(found["losses"])
        if best < fitted and steps >= FEW and np.ptp(found["scores"], axis=0).max() == 0:
            raise Failed(f"after {steps} steps all samples still have the same scores")
        if best >= fitted or steps < STEPS:
            return
        ways.append(f"{found['losses'][0]:.3g} to {found['losses'][-1]:.3g}")
        still = named(found, "still")
    hint = f"; never moved: {listed(still)}" if still else ""
    raise Failed(
        f"after {STEPS} steps of Adam with any of the rates {LEARNING_RATES}, {best:.0%} of "
        f"{len(data['y'])} samples are classified rightly (the loss went from {', '.join(ways)})"
        + hint
    )
    yield from ()


LAWS = (
    Law(
        "evaluation repeats",
        "evaluating a network twice gives the same, and changes nothing of it",
        evaluation_repeats,
    ),
    Law(
        "batch independence",
        "in evaluation a sample's scores do not depend on the others of its batch",
        batch_independence,
    ),
    Law(
        "state_dict",
        "a new network that loads the parameters and buffers of another scores as that does",
        state_restores,
    ),
    Law(
        "own weights",
        "what learns is among its parameters, and neither a new network nor a copy shares it",
        weights_are_its_own,
    ),
    Law("parameters", "there are as many as its own text says", as_many_as_stated),
    Law("gradients", "every parameter gets a finite gradient", gradients_arrive),
    Law("logits", "scores are neither normalised nor cut off", scores_are_logits),
    Law("first loss", "at first all classes are about equally likely", first_loss),
    Law(
        "modes",
        "without dropout and batch norm, training and evaluation give the same scores",
        modes_agree,
    ),
    Law("initial weights", "hidden units begin with different weights, and can move", weights_vary),
    Law(
        "fit",
        "a few easy samples are learned by heart",
        learned_by_heart,
        applies=lambda case: case.attributes["fits"],
    ),
)
