"""Metrics as free functions in NumPy: known by name, by parameters, and by a tiny input.

What a function gives for the tiny input says in which form it gives the metric: a share or a
percentage, of two classes or averaged over several. A form that the suite has no operator for is
not judged, with the reason.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from candidates.conventions._free import (
    Unclear,
    is_own,
    parameters_of,
    spellings_by_name,
    why_unclear,
)
from candidates.conventions._probing import asked
from candidates.spelling import Signature, Spelling
from properties.host import Functions
from properties.plain import WrongResult, given
from properties.promise import Promise

Arrays = Mapping[str, np.ndarray]
Call = Callable[..., Any]

PROMISE = Promise(keeps_dtype=False, dtypes=("float32",), mixed=True, layouts=())
"""As imprecise as float32: exercises add 1e-7 to what they divide by."""

ROUNDED = 6e-3


@dataclass(frozen=True)
class Form:
    """One way in which a function may give a metric.

    roles: what its parameters must be. call: the operator's output, from a function of these
    roles, attributes and inputs. at, inputs: a tiny problem. fits: whether an output of it is of
    this form. domain: attribute values with which the function can be called so. words: for the
    report. why: the reason why this form is not judged. spare: it is taken where none fits, and
    its output is a number, or an array of the right shape.
    """

    roles: str
    call: Callable[[Call, Mapping[str, Any], Arrays], Any]
    at: Mapping[str, Any]
    inputs: Arrays
    expected: Any
    domain: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    words: str = ""
    why: str = ""
    spare: bool = False

    def fits(self, result: Any, off: float = 1e-4) -> bool:
        expected = np.asarray(self.expected)
        return self.shaped(result) and bool(np.all(np.abs(result - expected) <= off))

    def shaped(self, result: Any) -> bool:
        shape = np.shape(self.expected)
        return np.shape(result) == shape and bool(np.all(np.isfinite(result)))


@dataclass(frozen=True, eq=False)
class Metric:
    """A metric: what functions are called, what their parameters are, and the forms there are.

    output: its name, "" where there are several and `call` names them. narrowed: more about the
    domain of a function. when: whether a function can be one. behind: the function as it takes
    arrays.
    """

    operator: str
    names: str
    roles: Mapping[str, str]
    forms: Sequence[Form]
    text: str
    output: str = "out"
    domain: Mapping[str, tuple[Any, ...]] = field(default_factory=dict)
    narrowed: Callable[[Call, Form], Mapping[str, tuple[Any, ...]]] = lambda function, form: {}
    when: Callable[[Any], bool] = is_own
    behind: Callable[[Call], Call] = lambda function: function

    @property
    def spellings(self) -> list[Spelling]:
        def adapter(forward: Any, backward: Any, signature: Signature) -> Functions:
            return Bound(self.output, read(self, forward)[0], by_role(self, forward))

        adapter.__doc__ = self.text
        return spellings_by_name(
            self.operator,
            self.names,
            adapter,
            replace(PROMISE, domain=self.domain),
            functools.partial(obstacle, self),
            functools.partial(told, self),
            self.when,
        )


class Bound:
    """A candidate's function behind the names of an operator."""

    def __init__(self, output: str, form: Form, function: Call) -> None:
        self._output, self._form, self._function = output, form, function

    def forward(self, at: Mapping[str, Any], inputs: Mapping[str, Any]) -> tuple[Any, Any]:
        result = self._form.call(self._function, at, inputs)
        return {self._output: result} if self._output else result, None

    def backward(self, cotangents: Mapping[str, Any], cache: Any) -> dict[str, Any]:
        return {}


def number(value: Any) -> float:
    """What a function returned, if it is one number. Raises WrongResult."""
    if np.shape(given(value)) != ():
        raise WrongResult(f"returned shape {np.shape(value)}, expected a number")
    try:
        return float(value)
    except (TypeError, ValueError):
        raise WrongResult(f"returned {type(value).__name__}, expected a number") from None


def places(metric: Metric, function: Any) -> dict[str, str]:
    """The role of each parameter that is known, by name. Raises Unclear."""
    parameters = parameters_of(function)
    found: dict[str, str] = {}
    for parameter in parameters:
        name = parameter.name.lower()
        role = next((r for r, names in metric.roles.items() if name in names.split()), None)
        if role is not None and role not in found.values():
            found[parameter.name] = role
        elif parameter.default is parameter.empty and parameter.kind != parameter.VAR_KEYWORD:
            raise Unclear(f"its parameter {parameter.name} is not known")
    return found


def by_role(metric: Metric, function: Any) -> Call:
    named = {role: parameter for parameter, role in places(metric, function).items()}
    taken = metric.behind(function)
    return lambda **values: taken(**{named[role]: value for role, value in values.items()})


def obstacle(metric: Metric, function: Any) -> str:
    return why_unclear(read, metric, function)


def told(metric: Metric, function: Any) -> dict[str, Any]:
    form, narrowed = read(metric, function)
    both = {**form.domain, **narrowed}
    domain = {name: list(values) for name, values in both.items() if values}
    return {"domain": domain} | ({"differs": form.words} if form.words else {})


@functools.cache
def read(metric: Metric, function: Any) -> tuple[Form, Mapping[str, Any]]:
    """In which form a function gives the metric, and how far it can be called. Raises Unclear."""
    roles = set(places(metric, function).values())
    forms = [form for form in metric.forms if set(form.roles.split()) == roles]
    if not forms:
        raise Unclear("its parameters are not those of a form that is known")
    answer = asked(lambda: _chosen(forms, by_role(metric, function)))
    if answer is None:
        raise Unclear("it ends its process or takes too long")
    if isinstance(answer, str):
        raise Unclear(answer)
    form = forms[answer]
    if form.why:
        raise Unclear(form.why)
    narrowed = asked(lambda: metric.narrowed(by_role(metric, function), form))
    return form, narrowed or {}


def _chosen(forms: Sequence[Form], function: Call) -> int | str:
    """The place of the form that fits, or why there is none."""
    spare, raised, shown = None, "", ""
    for index, form in enumerate(forms):
        try:
            result = form.call(function, form.at, {n: a.copy() for n, a in form.inputs.items()})
        except NotImplementedError:
            return next(i for i, f in enumerate(forms) if not f.why)
        except Exception as error:
            raised = raised or f"for a tiny input it raises {type(error).__name__}: {error}"[:200]
            continue
        if form.fits(result):
            return index
        if not form.why and form.fits(result, ROUNDED):
            return "it rounds its result"
        if form.spare and spare is None and form.shaped(result):
            spare = index
        shown = shown or f"what it gives for a tiny input, {_shown(result)}, is of no known form"
    return (shown or raised) if spare is None else spare


def _shown(result: Any) -> str:
    if isinstance(result, dict):
        return ", ".join(f"{name} {np.asarray(a).tolist()}" for name, a in result.items())[:200]
    return f"{result:.4g}" if np.shape(result) == () else f"an array of {np.shape(result)}"


Y = "y_true ytrue true y labels label targets target actual gt ground_truth y_test y_actual"
PRED = "y_pred ypred pred preds prediction predictions predicted yhat y_hat y_predicted"
CLASSES = "num_classes n_classes classes num_labels n_labels nb_classes"
LABELLED = {"y": Y, "pred": PRED, "classes": CLASSES}
BATCHES = (2, 3, 4, 5, 6, 7, 1)

THREE = {
    "y": np.array([0, 0, 0, 1, 1, 2, 2, 2]),
    "pred": np.array([0, 1, 1, 1, 1, 2, 0, 2]),
}
TWO = {"y": np.array([1, 1, 1, 0, 0, 1, 0]), "pred": np.array([1, 0, 1, 1, 0, 0, 0])}
SCORED = {"scores": np.eye(3)[THREE["pred"]], "y": THREE["y"]}
SCORED_TWO = {"scores": np.eye(2)[TWO["pred"]], "y": TWO["y"]}


GIVEN = {"ids": "", "rows": "of rows of zeros and a one", "scores": "of scores and ids"}
SCALES: tuple[tuple[Callable[[int], float], str], ...] = (
    (lambda n: 1, ""),
    (lambda n: 100, "in percent"),
    (lambda n: n, "the number of right answers"),
)


def accuracy_form(given_as: str, scale: Callable[[int], float], words: str, inputs: Arrays) -> Form:
    def call(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
        scores, y = inputs["scores"], inputs["y"]
        pred, rows = scores.argmax(axis=1), np.eye(scores.shape[1])
        pair = {
            "ids": {"y": y, "pred": pred},
            "rows": {"y": rows[y], "pred": rows[pred]},
            "scores": {"y": y, "pred": scores},
        }[given_as]
        return number(function(**pair)) / scale(len(y))

    share, several = _share(inputs), inputs["scores"].shape[1] > 2
    parts = (words, GIVEN[given_as], "" if several else "of two classes")
    words = ", ".join(part for part in parts if part)
    domain: dict[str, tuple[Any, ...]] = {} if several else {"classes": (2,)}
    return Form("y pred", call, {}, inputs, share, domain=domain, words=words)


def _share(inputs: Arrays) -> float:
    return float((inputs["scores"].argmax(axis=1) == inputs["y"]).mean())


ACCURACY = Metric(
    "top_k_accuracy",
    "accuracy accuracy_score compute_accuracy calculate_accuracy get_accuracy",
    {"y": Y, "pred": PRED},
    [
        accuracy_form(given_as, scale, words, inputs)
        for inputs in (SCORED, SCORED_TWO)
        for given_as in GIVEN
        for scale, words in SCALES
    ],
    """`accuracy(y_true, y_pred)`, also accuracy_score: class ids (N,).

    Also rows of zeros and a one, or scores (N, C) and ids. Recognised where a tiny input gives the
    share, the percentage or the number of right answers.
    """,
    domain={"k": (1,), "ties": ("first",), "classes": (3, 2, 4, 5), "regime": ("integers",)},
)

SCORES = "scores logits probs probabilities y_prob y_score y_scores y_pred_proba y_proba proba"
TOP = {
    "scores": np.array([[3.0, 1, 2, 0], [0, 3, 1, 2], [1, 0, 2, 3], [2, 1, 0, 3], [0, 1, 3, 2]]),
    "y": np.array([0, 2, 2, 1, 3]),
}


def top_form(scale: float, words: str) -> Form:
    def call(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
        return number(function(scores=inputs["scores"], y=inputs["y"], k=at["k"])) / scale

    return Form("scores y k", call, {"k": 2}, TOP, 3 / 5, words=words, spare=not words)


TOP_K = Metric(
    "top_k_accuracy",
    "top_k_accuracy topk_accuracy top_k_acc top_k_accuracy_score",
    {"scores": f"{SCORES} {PRED} output outputs x", "y": Y, "k": "k top_k topk"},
    [top_form(1, ""), top_form(100, "in percent")],
    """`top_k_accuracy(scores, y, k)`: scores (N, C) without ties, ids (N,), k of C at most.""",
    domain={
        "tied": (False,),
        "classes": (3, 4, 5),
        "k": (1, 2, 3),
        "regime": ("integers", "normal"),
    },
)

MATRIX = np.array([[1, 2, 0], [0, 2, 0], [1, 0, 2]])


@dataclass(frozen=True)
class Shaped(Form):
    """A form whose output is known by its shape and its sum."""

    def fits(self, result: Any, off: float = 1e-4) -> bool:
        return self.shaped(result) and bool(np.sum(result) == np.sum(self.expected))


def matrix_of_ids(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
    return given(function(y=inputs["y"], pred=inputs["pred"]))


def matrix_of_classes(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
    return given(function(y=inputs["y"], pred=inputs["pred"], classes=at["classes"]))


def matrix_of_rows(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
    rows = np.eye(at["classes"])
    return given(function(y=rows[inputs["y"]], pred=rows[inputs["pred"]]))


OCCUR = {"absent": ("never",)}
CONFUSION = Metric(
    "confusion_matrix",
    "confusion_matrix compute_confusion_matrix get_confusion_matrix conf_matrix",
    LABELLED,
    [
        Shaped("y pred classes", matrix_of_classes, {"classes": 3}, THREE, MATRIX),
        Shaped(
            "y pred",
            matrix_of_ids,
            {"classes": 3},
            THREE,
            MATRIX,
            domain={**OCCUR, "classes": (2, 3, 4)},
        ),
        Shaped(
            "y pred",
            matrix_of_ids,
            {"classes": 2},
            TWO,
            np.array([[2, 1], [2, 2]]),
            domain={**OCCUR, "classes": (2,)},
            words="of two classes",
        ),
    ],
    """`confusion_matrix(y_true, y_pred, num_classes)`: ids (N,) to counts (C, C), true ids first.

    Without num_classes every class occurs.
    """,
    domain={"normalize": (None,), "batch": BATCHES},
)
HOLBERTON = Metric(
    "confusion_matrix",
    "create_confusion_matrix",
    {"y": "labels", "pred": "logits"},
    [Shaped("y pred", matrix_of_rows, {"classes": 3}, THREE, MATRIX)],
    """`create_confusion_matrix(labels, logits)`: rows of zeros and a one (N, C) to (C, C).""",
    domain={"normalize": (None,), "batch": BATCHES},
)


def of_matrix(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
    confusion = np.zeros((at["classes"], at["classes"]))
    np.add.at(confusion, (inputs["y"], inputs["pred"]), 1)
    return given(function(confusion=confusion))


def of_two(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
    """Of both classes: the second is the positive one, the first is so where ids are exchanged."""
    y, pred = inputs["y"], inputs["pred"]
    other = number(function(y=1 - y, pred=1 - pred))
    return np.array([other, number(function(y=y, pred=pred))])


def of_several(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
    return np.asarray(given(function(y=inputs["y"], pred=inputs["pred"])))


ANSWERED = {"right": ("some", "all")}
NONE, ONE = np.array([0, 0, 0]), np.array([0, 1, 0])
UNDEFINED = ({"y": ONE, "pred": NONE}, {"y": NONE, "pred": ONE}, {"y": NONE, "pred": NONE})


def undefined(function: Call, form: Form) -> dict[str, tuple[Any, ...]]:
    """What a function of two classes takes 0 / 0 for, if it has a number for it everywhere.

    Then no restriction is left on which classes occur, and on which answers are right.
    """
    if form.call is not of_two:
        return {}
    try:
        answers = [of_two(function, {}, inputs)[1] for inputs in UNDEFINED]
    except Exception:
        return {}
    if any(answer not in (0, 1) for answer in answers):
        return {}
    return {"absent": (), "right": (), "zero_division": (int(max(answers)),)}


def class_share(
    operator: str,
    names: str,
    two: Sequence[float],
    three: Sequence[float],
    text: str,
    micro: float = 5 / 8,
) -> Metric:
    """Precision, recall or F1; `two` and `three` are what it is of each class of the examples."""
    each, actual = np.array(three), np.array([3, 2, 3])
    averages = {"macro": each.mean(), "weighted": (each * actual).sum() / 8, "micro": micro}
    several = {**OCCUR, **ANSWERED, "classes": (2, 3, 4), "zero_division": (0,)}
    binary = {**several, "classes": (2,), "average": ("none",)}
    return Metric(
        operator,
        names,
        {"y": Y, "pred": PRED, "confusion": "confusion confusion_matrix cm conf_matrix"},
        [
            *(
                Form(
                    "y pred",
                    of_several,
                    {"classes": 3},
                    THREE,
                    value,
                    domain={**several, "average": (name,)},
                    words=f"the {name} average",
                )
                for name, value in averages.items()
            ),
            Form(
                "y pred",
                of_several,
                {"classes": 3},
                THREE,
                each,
                domain={**several, "average": ("none",)},
                words="of each class",
            ),
            Form(
                "y pred",
                of_two,
                {"classes": 2},
                TWO,
                np.array(two),
                domain=binary,
                words="of two classes, 1 the positive one",
                spare=True,
            ),
            Form(
                "confusion",
                of_matrix,
                {"classes": 3},
                THREE,
                each,
                domain={**several, "average": ("none",)},
                words="of each class",
                spare=True,
            ),
        ],
        text,
        domain={"batch": BATCHES},
        narrowed=undefined,
    )


SHARE_TEXT = """`{0}(y_true, y_pred)` of class ids (N,), or `{0}(confusion)` of a matrix (C, C).

    Of two classes (1 is the positive one) or several: a tiny input shows which average it is. All
    classes occur, except where a binary one shows what it takes 0 / 0 for.
    """
PRECISION = class_share(
    "precision",
    "precision precision_score compute_precision calculate_precision",
    (2 / 4, 2 / 3),
    (1 / 2, 1 / 2, 1),
    SHARE_TEXT.format("precision"),
)
RECALL = class_share(
    "recall",
    "recall recall_score sensitivity compute_recall calculate_recall",
    (2 / 3, 1 / 2),
    (1 / 3, 1, 2 / 3),
    SHARE_TEXT.format("recall"),
)
SPECIFICITY = class_share(
    "specificity",
    "specificity specificity_score compute_specificity calculate_specificity true_negative_rate",
    (1 / 2, 2 / 3),
    (4 / 5, 4 / 6, 1),
    SHARE_TEXT.format("specificity"),
    micro=13 / 16,
)
F1 = class_share(
    "f1_score",
    "f1_score f1 f1score compute_f1 calculate_f1",
    (4 / 7, 4 / 7),
    (2 / 5, 2 / 3, 4 / 5),
    SHARE_TEXT.format("f1_score"),
)


def balanced_form(roles: str) -> Form:
    """The mean of the recalls, from ids and, where it is asked for, the number of classes."""

    def call(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
        classes = {"classes": at["classes"]} if "classes" in roles.split() else {}
        return number(function(y=inputs["y"], pred=inputs["pred"], **classes))

    domain = {**OCCUR, "classes": (2, 3, 4)}
    return Form(roles, call, {"classes": 3}, THREE, np.array(2 / 3), domain=domain, spare=True)


BALANCED = Metric(
    "balanced_accuracy",
    "balanced_accuracy balanced_accuracy_score compute_balanced_accuracy mean_per_class_accuracy",
    LABELLED,
    [balanced_form("y pred"), balanced_form("y pred classes")],
    """`balanced_accuracy(y_true, y_pred)` of class ids (N,), which all occur; num_classes too.""",
    domain={"batch": BATCHES},
)


def pair_of_boxes(function: Call, at: Mapping[str, Any], inputs: Arrays) -> Any:
    """One call for each pair."""
    boxes1, boxes2 = inputs["boxes1"], inputs["boxes2"]
    iou = np.zeros((len(boxes1), len(boxes2)))
    for i, j in np.ndindex(*iou.shape):
        iou[i, j] = number(function(box1=boxes1[i].copy(), box2=boxes2[j].copy()))
    return iou


BOXES = {"boxes1": np.array([[0.0, 0, 4, 2]]), "boxes2": np.array([[2.0, 1, 6, 5]])}


def box_form(iou: float, why: str = "") -> Form:
    return Form("box1 box2", pair_of_boxes, {}, BOXES, [[iou]], why=why, spare=not why)


IOU = Metric(
    "box_iou",
    "iou IoU Iou calculate_iou compute_iou get_iou box_iou bb_intersection_over_union calc_iou "
    "intersection_over_union bbox_iou",
    {
        "box1": "box1 box_1 boxa box_a bbox1 bb1 rect1 a",
        "box2": "box2 box_2 boxb box_b bbox2 bb2 rect2 b",
    },
    [
        box_form(2 / 22),
        box_form(6 / 34, "it counts whole pixels, both ends included, which is another measure"),
        box_form(2 / 36, "it reads (x, y, w, h), not corners"),
        box_form(6 / 32, "it reads (cx, cy, w, h), not corners"),
    ],
    """`iou(box1, box2)`: corners (x1, y1, x2, y2) of one box each, in whole numbers.

    It is called once for each pair. What takes sides for corners, or counts pixels, is not judged.
    """,
    output="iou",
    domain={"regime": ("integers",), "batch": (1, 2, 3), "others": (1, 2, 3)},
)

SHARES = (PRECISION, RECALL, SPECIFICITY, F1, BALANCED)
METRICS = (ACCURACY, TOP_K, CONFUSION, HOLBERTON, *SHARES, IOU)
SPELLINGS = [spelling for metric in METRICS for spelling in metric.spellings]
