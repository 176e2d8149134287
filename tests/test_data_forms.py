"""Transforms and splits as exercises give them: which pass, which fail, what is left, and why."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import edited, failures, load, passed_over, spellings

EXAMPLE = "right_data.py"
FREE = (
    *("bilinear_resize", "k_fold_split", "random_horizontal_flip", "stratified_split"),
    *("normalize", "random_crop", "random_oversample", "to_tensor", "train_test_split"),
)
PLAIN = (
    *("color_jitter_forward", "k_fold_forward", "normalize_image_forward", "oversample_forward"),
    *("multi_scale_forward", "pad_sequences_forward", "random_crop_forward"),
    "random_flip_forward",
    *(
        "resize_image_backward",
        "rotate_image_forward",
        "stratified_split_forward",
        "to_tensor_forward",
    ),
    *("train_val_split_forward", "weighted_sampler_forward"),
)


@pytest.mark.parametrize(
    ("convention", "name"),
    [("plain", name) for name in PLAIN] + [("numpy-course", name) for name in FREE],
)
def test_the_example_passes(tmp_path, convention, name):
    module = load(tmp_path, (EXAMPLES / EXAMPLE).read_text())
    assert set(spellings(module, convention)) == set(PLAIN if convention == "plain" else FREE)
    assert failures(module, convention, name, examples=20) == {}


PLANTED = {
    "random_horizontal_flip": ("image[:, ::-1]", "image[::-1]"),
    "bilinear_resize": ("size=(new_h, new_w)", "size=(new_w, new_h)"),
    "normalize": ("(image - mean) / std", "(image - mean) * std"),
    "to_tensor": ("astype(np.float32) / 255", "astype(np.float32) / 256"),
    "random_crop": ("top : top + crop_size[0]", "top : top + crop_size[1]"),
    "train_test_split": ("y[train], y[test]", "y[:n_train], y[n_train:]"),
    "stratified_split": ("X, y, val_fraction=test_ratio", "X, y * 0, val_fraction=test_ratio"),
    "k_fold_split": ("np.flatnonzero(train[fold])", "np.arange(len(X))"),
    "to_tensor_forward": ("/ 255)", "/ 256)"),
    "random_flip_forward": ("np.flip(x, axis=3)", "np.flip(x, axis=2)"),
    "multi_scale_forward": ("int(s * H)", "round(s * H)"),
    "resize_image_backward": ("middles * old / new - 0.5", "np.arange(new) * old / new"),
    "rotate_image_forward": ("np.array([H, W]) / 2 if", "np.array([H, W]) // 2 if"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_a_mistake_in_the_example_fails(tmp_path, name):
    module = load(tmp_path, edited(EXAMPLE, *PLANTED[name]))
    convention = "plain" if name in PLAIN else "numpy-course"
    assert failures(module, convention, name, "shape", "forward", "laws")


PAIRS = """
def split_data(X, y, ratio=0.8):
    order = np.random.permutation(len(X))
    n = int(len(X) * ratio)
    return (X[order[:n]], y[order[:n]]), (X[order[n:]], y[order[n:]])
"""
ALWAYS_THE_SAME = """
def train_test_split(x, y, test_ratio=0.2):
    order = np.random.RandomState(42).permutation(len(x))
    n = max(1, int(len(x) * test_ratio))
    return x[order[n:]], x[order[:n]], y[order[n:]], y[order[:n]]
"""
IN_ORDER = """
def train_test_split(X, y, test_size=0.2):
    n = int((1 - test_size) * len(X))
    return X[:n], X[n:], y[:n], y[n:]
"""
LAST_FOLD = """
def k_fold_split(X, y, k=5):
    order, size = np.random.permutation(len(X)), len(X) // k
    return [order[i * size : (i + 1) * size if i < k - 1 else len(X)] for i in range(k)]
"""
BY_NUMBER = """
def k_fold_indices(n_samples, n_folds):
    for fold in np.array_split(np.arange(n_samples), n_folds):
        yield np.setdiff1d(np.arange(n_samples), fold), fold
"""
TOLD = [
    (PAIRS, "split_data", ""),
    (ALWAYS_THE_SAME, "train_test_split", "every call draws the same"),
    (IN_ORDER, "train_test_split", "it does not shuffle"),
    (LAST_FOLD, "k_fold_split", "the last fold takes the remainder"),
    (BY_NUMBER, "k_fold_indices", ""),
]


@pytest.mark.parametrize(("source", "name", "words"), TOLD)
def test_right_functions_in_other_forms_pass(tmp_path, source, name, words):
    module = load(tmp_path, "import numpy as np\n" + source)
    spelling = spellings(module, "numpy-course")[name]
    assert spelling.told(module).get("differs", "") == words
    assert failures(module, "numpy-course", name, examples=40) == {}


WRONG = {
    "a shuffle in which some are drawn twice": (
        PAIRS.replace("permutation(len(X))", "randint(0, len(X), len(X))"),
        "split_data",
    ),
    "labels are not shuffled": (PAIRS.replace("y[order[:n]]", "y[:n]"), "split_data"),
    "overlap": (PAIRS.replace("order[n:]", "order[n - 1:]"), "split_data"),
    "the remainder is dropped": (
        LAST_FOLD.replace(" if i < k - 1 else len(X)", ""),
        "k_fold_split",
    ),
    "folds overlap": (
        LAST_FOLD.replace("order[i * size", "order[max(i * size - 1, 0)"),
        "k_fold_split",
    ),
    "the first fold alone": (LAST_FOLD.replace("range(k)]", "range(1)] * k"), "k_fold_split"),
    "training sees validation": (
        BY_NUMBER.replace("np.setdiff1d(np.arange(n_samples), fold)", "np.arange(n_samples)"),
        "k_fold_indices",
    ),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_functions_in_other_forms_fail(tmp_path, what):
    source, name = WRONG[what]
    module = load(tmp_path, "import numpy as np\n" + source)
    assert failures(module, "numpy-course", name, "shape", "forward", "laws"), what


LEFT = {
    "def train_test_split(X, train_idx): return X": "its parameter train_idx is not known",
    "def train_test_split(X, y): return X": "it does not return four parts",
    "def train_test_split(X, y, test_size): return y, X, y, X": "in an order that is known",
    "def train_test_split(X, y, size): return 1": "its parameter size is not known",
    "def k_fold_split(X, y, k): return [(X[:3], X[3:])] * k": "it gives samples, not their ids",
    "def k_fold_split(X, k): return [list(range(i, len(X), k)) for i in range(k)]": "in turn",
    "def split_data(X, y, ratio): return X[:20], X[20:], y[:20], y[20:]": "of neither part",
    "def split_data(X, y, test_size):\n    n = int(len(X) * test_size)\n"
    "    return X[:n], X[n:], y[:n], y[n:]": "its second part has the size of training",
    "def split_data(X, y, test_size):\n    n = int(len(X) * test_size)\n"
    "    return X[n:], X[:n], y[n:], y[:n]": "what comes first is its validation",
    "def split_data(X, y, test_size): raise KeyError(3)": "it raises KeyError: 3",
}


@pytest.mark.parametrize("source", LEFT)
def test_other_functions_are_left_with_a_reason(tmp_path, source):
    module = load(tmp_path, source + "\n")
    reasons = passed_over(module, "numpy-course")
    assert not spellings(module, "numpy-course")
    assert reasons, source
    assert LEFT[source] in reasons[0]


def test_a_stub_is_missing(tmp_path):
    module = load(tmp_path, "def train_test_split(X, y, test_size): raise NotImplementedError\n")
    found = failures(module, "numpy-course", "train_test_split", "forward", "shape", examples=5)
    assert {status for status, _ in found.values()} == {"missing"}
