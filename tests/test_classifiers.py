"""Classifiers of any architecture: right ones pass, each mistake is told in its own sentence."""

from __future__ import annotations

import json
import textwrap

import numpy as np
import pytest

from candidates.conventions import recognise
from candidates.conventions._torch_architectures import is_classifier, tried
from candidates.conventions._torch_classifiers import obstacle, told
from candidates.conventions._torch_counts import stated
from candidates.conventions._torch_names import NAMED, OTHER
from properties.case import Case
from properties.operator import operator_names
from properties.operators._classifier_laws import LEARNING_RATES, STEPS, learned_by_heart
from properties.tolerance import Failed
from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings
from tests.test_command import check, statuses

RIGHT = """
import numpy
import torch
from torch import nn
from torch.nn import functional as F


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.conv = nn.Conv2d(3, 4, 5, stride=4)
        self.hidden = nn.Linear(4 * 7 * 7, 12)
        self.last = nn.Linear(12, 10)

    def forward(self, x):
        x = F.relu(self.conv(x)).flatten(1)
        x = F.relu(self.hidden(x))
        return self.last(x)
"""
MADE = "self.last = nn.Linear(12, 10)"
HIDDEN = "x = F.relu(self.hidden(x))"
ZEROS = "\n        nn.init.zeros_(self.hidden.weight)"
CONV = "x = F.relu(self.conv(x)).flatten(1)"
LAST = "return self.last(x)"


def edited(*old_new):
    source = RIGHT
    for old, new in zip(old_new[::2], old_new[1::2], strict=True):
        assert source.count(old) == 1, old
        source = source.replace(old, new)
    return source


def failing(folder, source, *properties, function="Net"):
    return failures(load(folder, source), "torch", function, *properties, examples=3)


def test_right_classifiers_pass(tmp_path):
    module = load(tmp_path, (EXAMPLES / "right_classifiers.py").read_text())
    names = {n for n, s in spellings(module, "torch").items() if s.operator == "classifier"}
    assert names == {"Net", "MyModel", "ResNet", "MLP", "TinyViT", "make_small_cnn", "model"}
    for name in names:
        assert failures(module, "torch", name, examples=1) == {}, name


INIT = f"{MADE}\n        for p in self.parameters():\n            nn.init."
MISTAKES = [
    ((LAST, f"{LAST}.softmax(1)"), "every row of scores sums to one"),
    ((LAST, "return F.relu(self.last(x))"), "are 0: cut off by a relu"),
    ((HIDDEN, f"{HIDDEN}; x = x - x.mean(0)"), "sample 0 is scored otherwise alone"),
    ((CONV, "x = F.relu(self.conv(x)).permute(1, 2, 3, 0).reshape(len(x), -1)"), "is scored other"),
    ((HIDDEN, "x = F.dropout(F.relu(self.hidden(x)))"), "evaluated twice differs"),
    ((HIDDEN, "x = F.relu(nn.Linear(196, 12)(x))"), "they belong in __init__"),
    (
        (
            MADE,
            f"{MADE}\n        self.more = [nn.Linear(12, 12)]",
            LAST,
            "return self.last(self.more[0](x))",
        ),
        "(not registered: more[0])",
    ),
    ((MADE, f"{MADE}\n        self.unused = nn.Linear(2, 2)"), "unused.weight, unused.bias has no"),
    ((CONV, f"{CONV}.detach()"), "conv.weight, conv.bias has no gradient"),
    (
        (CONV, f"with torch.no_grad():\n            {CONV}"),
        "conv.weight, conv.bias has no gradient",
    ),
    ((LAST, f"{LAST}.detach()"), "the scores have no graph"),
    ((HIDDEN, f"{HIDDEN}\n        x = x + torch.sqrt(0 * x)"), "is not finite"),
    ((MADE, f"{INIT}normal_(p)"), "the initial weights are too large"),
    ((MADE, f"{INIT}zeros_(p)"), "units of equal weights get equal gradients"),
    ((MADE, f"{MADE}{ZEROS}{ZEROS.replace('weight', 'bias')}"), "hidden.weight begins at 0"),
    (
        (
            MADE,
            f'{MADE}\n        self.register_buffer("seen", torch.zeros(()))',
            HIDDEN,
            f"self.seen += 1\n        {HIDDEN}",
        ),
        "evaluating changes seen",
    ),
    (
        (HIDDEN, f"{HIDDEN}\n        x = 2 * x if self.training else x"),
        "training and evaluation differ",
    ),
    ((CONV, f"x = torch.ones_like(x)\n        {CONV}"), "all samples still have the same scores"),
    ((LAST, f"{LAST}.squeeze()"), "scores have shape (10,), expected (1, 10)"),
    ((LAST, f"{LAST} / 0"), "scores hold"),
    (
        (
            "class Net(nn.Module):",
            "class Net(nn.Module):\n    layers = [nn.Linear(12, 12)]\n",
            HIDDEN,
            f"{HIDDEN}\n        x = self.layers[0](x)",
        ),
        "Net.layers[0].weight, Net.layers[0].bias would learn",
    ),
    (
        (
            "class Net(nn.Module):",
            "SCALE = torch.ones(12, requires_grad=True)\n\n\nclass Net(nn.Module):",
            HIDDEN,
            "x = F.relu(self.hidden(x)) * SCALE",
        ),
        "SCALE would learn, and is none of parameters()",
    ),
    (
        (
            "class Net(nn.Module):",
            "class Net(nn.Module):\n    shared = nn.Linear(12, 10)\n",
            MADE,
            "self.last = self.shared",
        ),
        "every new network has the same last.weight, last.bias",
    ),
    (
        ("__init__(self):", "__init__(self, last=nn.Linear(12, 10)):", MADE, "self.last = last"),
        "every new network has the same last.weight, last.bias",
    ),
    (
        (LAST, f"{LAST}\n\n    def __deepcopy__(self, memo):\n        return self"),
        "a deep copy (copy.deepcopy) changes when the network it was made of does",
    ),
    (
        (
            "class Net(nn.Module):",
            'class Net(nn.Module):\n    """Total parameters: 2,800"""\n',
        ),
        "it has 2,798 parameters, and its own text says 2,800",
    ),
    (
        (MADE, f"self.conv.bias.requires_grad_(False)  # total params: 2,800\n        {MADE}"),
        "it has 2,798 parameters (2,794 of them are trained), and its own text says 2,800",
    ),
]


@pytest.mark.parametrize(("edits", "said"), MISTAKES, ids=[said for _, said in MISTAKES])
def test_each_mistake_is_told(tmp_path, edits, said):
    found = failing(tmp_path, edited(*edits), "shape", "laws")
    assert any(status == "wrong" and said in message for status, message in found.values()), found


NAMES = {
    *("Net", "MyModel", "ResNet18", "CNN", "TwoLayerNet", "NeuralNetwork", "LogisticRegression"),
    *("softmax_regression", "VGG", "Cifar10Classifier", "MultiLayerPerceptron", "SimpleViT"),
}
OTHER_NAMES = {
    *("UNet", "Encoder", "DQN", "QNetwork", "BasicBlock", "ConvLayer", "AutoEncoder", "GAN"),
    *("ActorNet", "LinearRegressionModel", "LanguageModel", "SiameseNet", "CharRNN", "BaseModel"),
}


def test_names_of_classifiers():
    assert {n for n in NAMES | OTHER_NAMES if NAMED.search(n) and not OTHER.search(n)} == NAMES


AT = {"features": (6,), "classes": 3, "samples": 20}


def test_who_learns_nothing_in_all_steps_is_told():
    case = Case("classifier", AT, "normal", ({},), 0)
    steps, asked = [STEPS], []

    def run(inputs, **attributes):
        asked.append(attributes["learning_rate"])
        y = inputs["y"]
        scores = np.eye(case.attributes["classes"])[(y + (np.arange(len(y)) > 9)) % (y.max() + 1)]
        return {"scores": scores, "losses": np.full(steps[0], 2.3), "still conv.weight": np.ones(1)}

    said = "50% of 20 samples are classified rightly .* never moved: conv.weight"
    with pytest.raises(Failed, match=said):
        list(learned_by_heart(run, case, {}))
    assert asked == list(LEARNING_RATES)
    steps[0] -= 1  # out of time: nothing can be said
    assert list(learned_by_heart(run, case, {})) == []


def test_samples_changed_in_place_are_a_side_effect(tmp_path):
    source = edited(CONV, f"x -= x.mean(dim=(1, 2, 3), keepdim=True)\n        {CONV}")
    found = failing(tmp_path, source, "side_effects", "laws")
    assert found["side_effects"][0] == "side-effect", found


HARMLESS = {
    "log-probabilities": (LAST, "return F.log_softmax(self.last(x), dim=1)"),
    "softmax in evaluation": (
        LAST,
        "x = self.last(x)\n        return x if self.training else x.softmax(1)",
    ),
    "scores of zero at first": (MADE, f"{MADE}\n        nn.init.zeros_(self.last.weight)"),
    "hidden weights of zero with biases": (MADE, f"{MADE}{ZEROS}"),
    "a layer for other samples": (
        MADE,
        f"{MADE}\n        self.fit = nn.Linear(9, 12)",
        HIDDEN,
        f"{HIDDEN}\n        x = self.fit(x) if x.shape[1] == 9 else x",
    ),
    "frozen layers": (MADE, f"{MADE}\n        self.conv.requires_grad_(False)"),
    "kept activations": (HIDDEN, f"{HIDDEN}\n        self.kept = x"),
    "sigmoids inside": (HIDDEN, "x = torch.sigmoid(self.hidden(x))"),
    "batch norm of rows": (
        MADE,
        f"{MADE}\n        self.bn = nn.BatchNorm1d(12)",
        HIDDEN,
        f"{HIDDEN}\n        x = self.bn(x)",
    ),
    "a network that was trained before": (
        "class Net(nn.Module):",
        "BEFORE = nn.Linear(12, 10)\n\n\nclass Net(nn.Module):",
        MADE,
        "self.last = BEFORE",
    ),
    "what cannot be copied": (
        MADE,
        f"{MADE}\n        import threading; self.lock = threading.Lock()",
    ),
    "a function of itself in a list": (
        MADE,
        f"{MADE}\n        self.steps = [F.relu, lambda x: x]",
        LAST,
        "for step in self.steps:\n            x = step(x)\n        return self.last(x)",
    ),
    "as many parameters as stated": (
        "class Net(nn.Module):",
        'class Net(nn.Module):\n    """A net (2_798 trainable parameters)."""\n',
    ),
    "a forward that is no plain function": (
        LAST,
        f"{LAST}\n\n    import functools; forward = functools.partialmethod(forward)",
    ),
    "random numbers of NumPy": (MADE, f"{MADE}\n        self.unused = numpy.random.rand()"),
}


@pytest.mark.parametrize("edits", HARMLESS.values(), ids=list(HARMLESS))
def test_what_is_unusual_and_right_passes(tmp_path, edits):
    assert failing(tmp_path, edited(*edits)) == {}


COUNTS = {
    "Total params: 62,006": 62006,
    "A LeNet with 61706 parameters.": 61706,
    "Total number of trainable parameters = 62_006.": 62006,
    "A net.\n\nThe network has 1,024 learnable parameters.": 1024,
    "A net.\n\nParameters: 650": 650,
    "A net.\n\n123,456 parameters in total": 123456,
    "A net with about 62,006 parameters.": None,
    "A net with 62K parameters.": None,
    "A net of 1.2M parameters.": None,
    "A net.\n\nThe first layer has 456 parameters.": None,
    "A net.\n\nconv1: 456 parameters\nconv2: 2,416 parameters": None,
    "Total params: 5*5*6 + 6 = 156": None,
    "Total params: 456 + 2416": None,
    "Total params: 650, or 850 parameters in total with biases": None,
    "A net with fewer than 5,000,000 parameters.": None,
    "Total params: 62.006": None,
    "Args: two parameters": None,
    "A net with 2 parameters: the width and the depth.": None,
}


@pytest.mark.parametrize(("text", "count"), COUNTS.items(), ids=list(COUNTS))
def test_how_many_parameters_a_text_states(tmp_path, text, count):
    documented = f'class Net(nn.Module):\n    """{text}"""\n'
    module = load(tmp_path, edited("class Net(nn.Module):", documented))
    assert stated(module.Net) == count


def test_a_size_of_the_callers_choice_is_not_stated(tmp_path):
    documented = 'class Net(nn.Module):\n    """Total params: 62,006"""\n'
    chosen = edited("class Net(nn.Module):", documented, "(self):", "(self, num_classes):")
    assert stated(load(tmp_path, chosen).Net) is None


FOUND = """
import torch
from torch import nn


class Head(nn.Module):
    def __init__(self, num_classes):
        super().__init__()
        self.fc = nn.Linear(3, num_classes)

    def forward(self, x):
        return self.fc(x)


class Net(nn.Module):
    def __init__(self, in_channels, num_classes, size=28):
        super().__init__()
        self.head = Head(num_classes)
        self.conv = nn.Conv2d(in_channels, 3, size)

    def forward(self, x):
        return self.head(self.conv(x).flatten(1))


class Binary(nn.Module):
    def __init__(self, n_classes=1):
        super().__init__()
        self.fc = nn.Linear(784, n_classes)

    def forward(self, x):
        return self.fc(x.flatten(1))


class Labels(Binary):
    def __init__(self, n_classes=6):
        super().__init__(n_classes)

    def forward(self, x):
        return super().forward(x).sigmoid()


class PairNet(nn.Module):
    def forward(self, x, other):
        return x


class OddNet(nn.Module):
    def __init__(self, wiring):
        super().__init__()

    def forward(self, x):
        return x


class AuxNet(Net):
    def __init__(self):
        super().__init__(3, 7, 32)

    def forward(self, x):
        return super().forward(x), x


class ImageEncoder(Net):
    pass
"""


def test_what_is_judged_and_why_others_are_not(tmp_path):
    module = load(tmp_path, FOUND)
    names = [n for n, value in vars(module).items() if is_classifier(value)]
    assert names == ["Net", "Binary", "Labels", "PairNet", "OddNet", "AuxNet"]
    assert obstacle(module.Binary) == "it gives one score a sample, not one for each class"
    assert obstacle(module.Labels).startswith("its scores are sigmoids: several labels a sample")
    assert obstacle(module.PairNet) == "its forward takes more than the samples"
    assert obstacle(module.OddNet) == "what wiring of its constructor should be is not known"
    assert obstacle(module.AuxNet) == "it returns tuple, not scores alone"
    assert told(module.Net, None)["domain"] | {"batch": (), "samples": ()} == {
        "features": ((1, 28, 28),),
        "classes": (10,),
        "batch": (),
        "samples": (),
        "fits": (True, False),
    }
    softmax = edited(LAST, "return self.last(x).softmax(1)")
    own = load(tmp_path, f"{softmax}\n\nloss = nn.BCELoss()")
    assert "has a loss of probabilities" in obstacle(own.Net)
    both = load(tmp_path, f"{softmax}\n\nlosses = nn.BCELoss(), nn.CrossEntropyLoss()")
    assert obstacle(both.Net) == ""
    assert recognise(load(tmp_path, RIGHT), operator_names()).name == "torch"


def test_the_largest_are_not_asked_to_learn_by_heart(tmp_path):
    wide = edited("nn.Linear(4 * 7 * 7, 12)", "nn.Linear(4 * 7 * 7, 90000)", "12, 10", "90000, 10")
    module = load(tmp_path, wide)
    assert True in told(module.Net, None)["domain"]["fits"]
    module = load(tmp_path, wide.replace("90000", "100000"))
    assert told(module.Net, None)["domain"]["fits"] == (False,)


BUILT = """
import torch
from torch import nn


def build_model(num_classes):
    body = [nn.Flatten(), nn.Linear(784, 8), nn.ReLU()]
    return nn.Sequential(*body, nn.Linear(8, num_classes))


def make_net():
    net = nn.Sequential(nn.Flatten(), nn.Linear(3072, 4)).to("cpu")
    return net, torch.optim.SGD(net.parameters(), lr=0.1)


def get_encoder():
    return nn.Sequential(nn.Flatten(), nn.Linear(784, 8))


def train_model():
    net = nn.Sequential(nn.Flatten(), nn.Linear(784, 8))
    net(torch.zeros(2, 784)).sum().backward()
    return net


def conv_net(channels):
    return nn.Sequential(nn.Conv2d(channels, 4, 3), nn.ReLU())


def make_odd_net(wiring):
    return nn.Sequential(nn.Linear(wiring, 4))


class Whole(nn.Module):
    def __init__(self):
        super().__init__()
        self.body = conv_net(3)

    def forward(self, x):
        return self.body(x)


model = make_net()[0]
encoder = nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.ReLU())
net = nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.Softmax(dim=1))
wrong_net = nn.Sequential(nn.Flatten(), nn.Linear(784, 8), nn.Linear(8, 4), nn.ReLU())
regression_net = nn.Sequential(nn.Linear(2, 1))
"""


def test_networks_in_a_row_and_what_builds_them(tmp_path):
    module = load(tmp_path, BUILT)
    factories = [n for n, value in vars(module).items() if is_classifier(value)]
    assert factories == ["build_model", "make_net", "make_odd_net"]
    assert obstacle(module.make_odd_net) == "what wiring of its constructor should be is not known"
    found = {n for n, s in spellings(module, "torch").items() if s.operator == "classifier"}
    assert found == {"build_model", "make_net", "model", "net", "wrong_net"}
    for name in ("build_model", "make_net", "model"):
        assert failures(module, "torch", name, "laws", examples=2) == {}, name
    for name, said in (("net", "softmax that the loss"), ("wrong_net", "cut off by a relu")):
        assert said in failures(module, "torch", name, "laws", examples=2)["laws"][1]
    of_probabilities = load(tmp_path, f"{BUILT}\nloss = nn.NLLLoss()\n")
    assert "has a loss of probabilities" in obstacle(of_probabilities.net)


def test_weights_of_a_row_are_drawn_anew_and_it_stays_as_it_was(tmp_path):
    module = load(tmp_path, BUILT)
    made = tried(module.model).made
    first, again, second = (made(seed).state_dict() for seed in (0, 0, 1))
    weights = "1.weight"
    assert (first[weights] == again[weights]).all()
    assert (first[weights] != second[weights]).any()
    before = {name: value.clone() for name, value in module.model.state_dict().items()}
    assert failures(module, "torch", "model", "laws", examples=2) == {}
    assert all((before[n] == value).all() for n, value in module.model.state_dict().items())


def test_one_of_a_file_by_the_command(tmp_path):
    path = tmp_path / "rows.py"
    path.write_text(BUILT)
    for name in ("build_model", "model"):
        verdict, run = check(f"{path}:{name}", "--property", "laws", examples=2)
        assert statuses(verdict) == {"classifier": "pass"}, run.stdout
        assert f"classifier: {name} (judged by laws" in run.stdout


CELLS = """
hidden = 8
model = nn.Sequential(
    nn.Flatten(),
    nn.Linear(784, hidden),
    nn.ReLU(),
    nn.Linear(hidden, 10),
)
other_net = train(nn.Sequential(nn.Flatten(), nn.Linear(784, 10)))
"""


def test_a_row_in_a_notebook(tmp_path):
    path = tmp_path / "rows.ipynb"
    cells = [{"cell_type": "code", "source": text} for text in (RIGHT, CELLS)]
    path.write_text(json.dumps({"cells": cells, "nbformat": 4, "metadata": {}}))
    _, run = check(path, "--property", "laws", examples=2)
    assert "classifier: model (rows.ipynb, cell 2, line 3) (judged by laws" in run.stdout
    assert "other_net" not in run.stdout


def test_by_the_command(tmp_path):
    path = tmp_path / "networks.py"
    unwritten = RIGHT.partition("class Net")[2].replace(LAST, "return None")
    path.write_text(RIGHT + textwrap.dedent("class MyCNN" + unwritten) + "\n")
    verdict, run = check(path, "--property", "forward", "--property", "laws", examples=200)
    assert statuses(verdict) == {"classifier": "missing"}, run.stdout
    judged = {row["function"]: row["status"] for row in verdict["operators"][0]["properties"]
              if row["property"] == "laws"}  # fmt: skip
    assert judged["Net"] == "pass", run.stdout
    assert "classifier: Net (judged by laws, 3x32x32 to 10 scores)" in run.stdout


def test_a_class_that_our_arguments_do_not_make_is_made_as_its_file_does(tmp_path):
    source = RIGHT.replace("def __init__(self):", "def __init__(self, depth):").replace(
        "super().__init__()", 'super().__init__()\n        assert depth % 6 == 4, "6n + 4"'
    )
    assert "making it raised" in obstacle(load(tmp_path, source).Net)
    assert failing(tmp_path, source + "\n\ndef main():\n    return Net(depth=16)\n") == {}


def test_lazy_layers_above_layers_of_one_channel_are_tried_with_other_samples(tmp_path):
    lazy = ("nn.Conv2d(3, 4, 5, stride=4)", "nn.Conv2d(1, 4, 5, stride=4)")
    source = edited(*lazy, "nn.Linear(4 * 7 * 7, 12)", "nn.LazyLinear(12)")
    assert failing(tmp_path, source) == {}
    assert tried(load(tmp_path, source).Net).features == (1, 28, 28)
