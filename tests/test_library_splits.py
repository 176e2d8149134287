"""What scikit-learn and torch do when they split and draw passes the laws, as right code must."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from sklearn.model_selection import KFold, train_test_split
from torch.utils.data import TensorDataset, WeightedRandomSampler, random_split

from properties.explore import explore
from properties.implementation import Local
from properties.operator import find_operator
from properties.promise import Promise
from properties.references import plain_functions

SIZES = {"batch": (5, 10, 13, 20)}
"""Of fewer samples scikit-learn refuses some fractions."""


def by_scikit_learn(x, y, *, val_fraction, shuffle, seed):
    seed = seed if shuffle else None
    x_train, x_val, y_train, y_val = train_test_split(
        x, y, test_size=val_fraction, shuffle=shuffle, random_state=seed
    )
    return x_train, y_train, x_val, y_val


def by_torch(x, y, *, val_fraction, seed):
    data = TensorDataset(torch.from_numpy(x.copy()), torch.from_numpy(y.copy()))
    generator = torch.Generator().manual_seed(seed)
    parts = random_split(data, [1 - val_fraction, val_fraction], generator)
    return tuple(array[part.indices] for part in parts for array in (x, y))


def stratified(x, y, *, val_fraction, seed):
    x_train, x_val, y_train, y_val = train_test_split(
        x, y, test_size=val_fraction, stratify=y, random_state=seed
    )
    return x_train, y_train, x_val, y_val


def folded(x, *, k, shuffle, seed):
    folds = KFold(k, shuffle=shuffle, random_state=seed if shuffle else None)
    masks = np.zeros((2, k, len(x)), bool)
    for fold, parts in enumerate(folds.split(x)):
        for mask, ids in zip(masks, parts, strict=True):
            mask[fold, ids] = True
    return masks[0], masks[1]


def sampled(weights, *, num_samples, replacement, seed):
    generator = torch.Generator().manual_seed(seed)
    sampler = WeightedRandomSampler(weights.tolist(), num_samples, replacement, generator)
    return np.array(list(sampler), np.int64)


@pytest.mark.parametrize(
    ("name", "function", "domain"),
    [
        ("train_val_split", by_scikit_learn, SIZES),
        ("train_val_split", by_torch, {**SIZES, "shuffle": (True,)}),
        ("stratified_split", stratified, {"batch": (20,), "classes": (1, 2)}),
        ("k_fold", folded, {}),
        ("weighted_sampler", sampled, {"num_samples": (1, 2, 3)}),
    ],
)
def test_a_library_passes(name, function, domain):
    operator = find_operator(name)
    functions = plain_functions(SimpleNamespace(**{f"{name}_forward": function}), operator)
    promise = Promise(domain=domain)
    found = explore(operator, Local("library", functions), promise, examples=60, seed=0)
    failing = {f.property.name: f.smallest for f in found.failing}
    assert not failing, failing
    assert found.findings["laws"].examples > 30
