"""The bundled solutions of exercises around layers, in the plain convention: whole, and right."""

from __future__ import annotations

import re

import pytest

from properties.operator import operator_names
from tests.homework import EXAMPLES
from tests.in_process import edited, failures, load, spellings

EXAMPLE = "right_exercises.py"
BUNDLED = ("metrics", "data", "text", "utilities", "exercises")
METRICS = (
    *("top_k_accuracy", "confusion_matrix", "precision", "recall", "f1_score", "specificity"),
    *("balanced_accuracy", "mean_average_precision", "perplexity", "box_iou", "mean_iou"),
    "jaccard",
)
DATA = (
    *("to_tensor", "normalize_image", "random_flip", "random_crop", "color_jitter"),
    *("train_val_split", "stratified_split", "k_fold", "weighted_sampler", "oversample"),
    *("pad_sequences", "resize_image", "multi_scale"),
)
TEXT = (
    *("char_vocabulary", "encode_text", "decode_text", "shifted_targets", "sequence_batches"),
    *("encode_captions", "decode_captions", "one_hot"),
)
UTILITIES = (
    *("count_parameters", "parameter_memory", "check_finite", "gradient_norms", "freeze"),
    *("freeze_batch_norm", "mixed_precision_step"),
    *("output_size", "receptive_field"),
)
FOUND = (
    *("autodiff", "output_size", "receptive_field", "one_hot", "padding_mask"),
    *("top_k", "normalize", "pairwise_distances"),
)


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    return load(tmp_path_factory.mktemp("exercises"), (EXAMPLES / EXAMPLE).read_text())


def test_every_exercise_has_a_bundled_solution():
    solved = set()
    for name in BUNDLED:
        text = (EXAMPLES / f"right_{name}.py").read_text()
        solved |= set(re.findall(r"^def (\w+)_forward\(", text, re.MULTILINE))
    asked = {*METRICS, *DATA, *TEXT, *UTILITIES, "autodiff"}
    assert asked <= set(operator_names())
    assert not asked - solved


def test_the_example_has_them_all(right):
    assert {s.operator for s in spellings(right, "plain").values()} == set(FOUND)


def function(name):
    backward = ("top_k", "normalize", "pairwise_distances")
    return f"{name}_backward" if name in backward else f"{name}_forward"


@pytest.mark.parametrize("name", FOUND)
def test_the_example_passes(right, name):
    assert failures(right, "plain", function(name), examples=40) == {}


PLANTED = [
    ("autodiff", "lambda d: times(d, power(a, -1))", "lambda d: Var(d.value / a.value)", "forward"),
    ("autodiff", "unspread(times(d, b), a)), (b", "times(d, b)), (b", "shape"),
    ("autodiff", "part if so_far is None else add(so_far, part)", "part", "forward"),
    ("output_size", "return room // stride + 1", "return -(-room // stride) + 1", "forward"),
    (
        "output_size",
        "np.where((out - 1) * stride >= size + padding, out - 1, out)",
        "out",
        "forward",
    ),
    ("receptive_field", "* pairs(dilation) * step", "* pairs(dilation)", "forward"),
    ("one_hot", "ids.max() + 1", "ids.max()", "shape"),
    ("padding_mask", "steps < lengths", "steps <= lengths", "forward"),
    ("top_k", "np.argsort(-x if largest else x", "np.argsort(-x", "forward"),
    ("normalize", "np.maximum(norm, eps), (x", "(norm + eps), (x", "forward"),
    ("pairwise_distances", "pulls.sum(axis=-2), -pulls", "pulls.sum(axis=-2), pulls", "gradient"),
]


@pytest.mark.parametrize(("name", "old", "new", "judged"), PLANTED)
def test_a_mistake_in_the_example_fails(tmp_path, name, old, new, judged):
    module = load(tmp_path, edited(EXAMPLE, old, new))
    assert judged in failures(module, "plain", function(name), "shape", judged, examples=150)
