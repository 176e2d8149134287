"""Networks of convolutions of any class: which are compared with PyTorch's, and what it finds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from candidates.conventions import find_convention
from candidates.conventions._torch_readings import read
from candidates.spelling import forms
from properties.operator import operator_names
from tests.homework import EXAMPLES
from tests.spelled import edited, failing, loaded
from tests.test_command import check, statuses

NET = """
import torch
import torch.nn.functional as F
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv1 = nn.Conv2d(3, 4, 3, padding=1)
        self.conv2 = nn.Conv2d(4, 4, 3, padding="same")
        self.pool = nn.MaxPool2d(2, 2)
        self.fc1 = nn.Linear(4 * 8 * 8, 6)
        self.drop = nn.Dropout(0.25)
        self.fc2 = nn.Linear(6, 10)

    def forward(self, x):
        x = self.pool(F.relu(self.conv1(x)))
        x = self.pool(torch.relu(self.conv2(x)))
        x = x.view(x.size(0), -1)
        x = self.drop(F.relu(self.fc1(x)))
        return self.fc2(x)
"""
FIRST, SECOND = "self.pool(F.relu(self.conv1(x)))", "self.pool(torch.relu(self.conv2(x)))"
HIDDEN, POOL = "self.drop(F.relu(self.fc1(x)))", "self.pool = nn.MaxPool2d(2, 2)"
NORMS = f"{POOL}\n        self.bn2 = nn.BatchNorm2d(4)\n        self.bn1 = nn.BatchNorm2d(4)"
BN1, BN2 = (
    "self.pool(F.relu(self.bn1(self.conv1(x))))",
    "self.pool(F.relu(self.bn2(self.conv2(x))))",
)
WIDE = (
    *("nn.Conv2d(3, 4, 3, padding=1)", "nn.Conv2d(3, 64, 3, padding=1)"),
    *(
        'nn.Conv2d(4, 4, 3, padding="same")',
        "nn.Conv2d(64, 128, 3, padding=1)\n        self.conv3 = nn.Conv2d(128, 256, 3, padding=1)",
    ),
    *("nn.Linear(4 * 8 * 8, 6)", "nn.Linear(4096, 512)", "nn.Linear(6, 10)", "nn.Linear(512, 10)"),
    *("        x = x.view", "        x = self.pool(F.relu(self.conv3(x)))\n        x = x.view"),
)
STATED = edited(NET, *WIDE)


def spelled(module):
    """The spellings by which a module's functions are judged, those for any name among them."""
    every = find_convention("torch").spellings(operator_names())
    return {s.operator: s for _, s in forms(every, module) if s.found(module)}


def judged(folder, source, *properties, examples=2):
    """What fails of a network that is compared with PyTorch's."""
    module = loaded(folder, source)
    spelling = spelled(module)["custom_cnn"]
    spelling = replace(spelling, promise=spelling.promised(spelling.told(module)))
    return failing(module, spelling, properties, examples)


RIGHT = {
    "as it is": (),
    "batch norm in another order": (POOL, NORMS, FIRST, BN1, SECOND, BN2),
    "pooling before relu": (FIRST, "F.relu(self.pool(self.conv1(x)))"),
    "pooling as a function": (SECOND, "F.max_pool2d(self.conv2(x).relu(), 2)"),
    "dropout as a function": (HIDDEN, "F.dropout(F.relu(self.fc1(x)), 0.5, self.training)"),
    "no dropout": (HIDDEN, "F.relu(self.fc1(x))", "        self.drop = nn.Dropout(0.25)\n", ""),
    "average": (
        *("x = x.view(x.size(0), -1)", "x = F.adaptive_avg_pool2d(x, 1).flatten(1)"),
        *("nn.Linear(4 * 8 * 8, 6)", "nn.Linear(4, 6)"),
    ),
    "one pooling": (FIRST, "F.relu(self.conv1(x))", "4 * 8 * 8", "4 * 16 * 16"),
    "filters of 5": (
        *("nn.Conv2d(3, 4, 3, padding=1)", "nn.Conv2d(3, 4, 5, padding=2)"),
        *('nn.Conv2d(4, 4, 3, padding="same")', "nn.Conv2d(4, 4, 5, 1, 2)"),
    ),
}


@pytest.mark.parametrize("edits", RIGHT.values(), ids=RIGHT)
def test_right_networks_pass_in_any_form(tmp_path, edits):
    properties = ("shape", "forward", "gradient", "steps", "precision", "side_effects", "laws")
    assert not judged(tmp_path, edited(NET, *edits), *properties, examples=3)


OTHERS = {
    "leaky relu": (FIRST, "self.pool(F.leaky_relu(self.conv1(x)))"),
    "average pooling": (POOL, "self.pool = nn.AvgPool2d(2, 2)"),
    "relu before batch norm": (
        *(POOL, NORMS, FIRST, "self.pool(self.bn1(F.relu(self.conv1(x))))"),
        *(SECOND, "self.pool(self.bn2(F.relu(self.conv2(x))))"),
    ),
    "batch norm once": (POOL, NORMS, FIRST, BN1),
    "dropout before the hidden layer": (HIDDEN, "F.relu(self.fc1(self.drop(x)))"),
    "dropout that it leaves out": (HIDDEN, "F.relu(self.fc1(x))"),
    "no bias": ("nn.Conv2d(3, 4, 3, padding=1)", "nn.Conv2d(3, 4, 3, 1, 1, bias=False)"),
    "dilation": ("nn.Conv2d(3, 4, 3, padding=1)", "nn.Conv2d(3, 4, 3, 1, 2, 2)"),
    "another order of its maps": ("x.view(", "x.permute(0, 2, 3, 1).reshape("),
    "a relu that its author may not want": (FIRST, "self.pool(self.conv1(x))"),
    "a residual": (SECOND, "self.pool(x + torch.relu(self.conv2(x)))"),
    "momentum": (POOL, NORMS.replace("2d(4)", "2d(4, momentum=0.5)"), FIRST, BN1, SECOND, BN2),
}


@pytest.mark.parametrize("edits", OTHERS.values(), ids=OTHERS)
def test_other_architectures_are_left_to_the_laws(tmp_path, edits):
    assert set(spelled(loaded(tmp_path, edited(NET, *edits)))) == {"classifier"}


MISTAKES = {
    "relu missing after a convolution": (SECOND, "self.pool(self.conv2(x))"),
    "relu missing after the hidden layer": (HIDDEN, "self.drop(self.fc1(x))"),
    "dropout not used": (HIDDEN, "F.relu(self.fc1(x))"),
}


@pytest.mark.parametrize("edits", MISTAKES.values(), ids=MISTAKES)
def test_what_is_missing_in_a_stated_architecture_is_found(tmp_path, edits):
    assert "forward" in judged(tmp_path, edited(STATED, *edits), "forward")


def test_a_stated_architecture_passes(tmp_path):
    assert not judged(tmp_path, STATED, "forward", "gradient")


def test_the_bundled_networks_pass():
    names = ("CustomCNN", "NormalizedCNN", "average_net")
    functions = [word for name in names for word in ("--function", name)]
    verdict, run = check(EXAMPLES / "right_custom_cnn.py", *functions, examples=3)
    assert statuses(verdict) == {"classifier": "pass", "custom_cnn": "pass"}, run.stdout
    for operator in verdict["operators"]:
        assert {row["function"] for row in operator["properties"]} == set(names)


def test_parameters_go_where_the_forward_calls_them(tmp_path):
    module = loaded(tmp_path, edited(NET, *RIGHT["batch norm in another order"]))
    reading, _, p = read(module.Net)
    assert reading.letters == "cnrpcnrplrdl"
    assert reading.parameters["gamma1"] == "bn1.weight"
    assert reading.buffers["running_mean2"] == "bn2.running_mean"
    assert (reading.pools, reading.filters, reading.hidden, p) == (
        (True, True),
        [4, 4],
        [6, 10],
        0.25,
    )
