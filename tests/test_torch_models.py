"""Networks on torch tensors whose architecture their course states: right ones pass, others die."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import edited, failures, load, spellings

NAME = "right_convnets.py"
RIGHT = (EXAMPLES / NAME).read_text()
FUNCTION, MODULE, CNN = "three_layer_convnet", "ThreeLayerConvNet", "VanillaCNN"
PART_3, PART_4 = (f"initialize_three_layer_conv_part{i}" for i in (3, 4))
JUDGED = ("shape", "forward", "gradient")

MISTAKES = [
    (FUNCTION, "x = F.relu(F.conv2d(x, conv_w2, conv_b2, padding=1))", "x = x", "forward"),
    (
        FUNCTION,
        "F.relu(F.conv2d(x, conv_w1, conv_b1, padding=2))",
        "F.conv2d(x, conv_w1, conv_b1, padding=2)",
        "forward",
    ),
    (FUNCTION, "conv_w1, conv_b1, padding=2", "conv_w1, padding=2", "forward"),
    (FUNCTION, "torch.flatten(x, 1)", "x.permute(0, 2, 3, 1).flatten(1)", "forward"),
    (
        FUNCTION,
        "return F.linear(torch.flatten(x, 1), fc_w, fc_b)",
        "return F.softmax(F.linear(torch.flatten(x, 1), fc_w, fc_b), dim=1)",
        "forward",
    ),
    (
        FUNCTION,
        "x = F.relu(F.conv2d(x, conv_w2",
        "x = F.relu(F.conv2d(x.detach(), conv_w2",
        "gradient",
    ),
    (MODULE, "channel_1, 5, padding=2", "channel_1, 5, padding=1", "forward"),
    (MODULE, "channel_1, 5, padding=2", "channel_1, 3, padding=1", "shape"),
    (MODULE, "x = F.relu(self.conv2(x))", "x = self.conv2(x)", "forward"),
    (
        MODULE,
        "self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)",
        "self.more = self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)\n"
        "        self.scale = nn.Parameter(torch.ones(1))",
        "shape",
    ),
    (MODULE, "return self.fc(x.flatten(1))", "return F.dropout(self.fc(x.flatten(1)))", "forward"),
    (
        PART_3,
        "return model, optim.SGD(model.parameters(), lr=3e-3",
        "return nn.Sequential(model, nn.Softmax(1)), optim.SGD(model.parameters(), lr=3e-3",
        "forward",
    ),
    (PART_4, "        nn.ReLU(),\n        nn.Flatten(),", "        nn.Flatten(),", "forward"),
    (PART_4, "nn.Linear(16 * 32 * 32, 10)", "nn.Linear(16 * 32 * 32, 10), nn.ReLU()", "forward"),
    (CNN, "self.pool = nn.MaxPool2d(2, 2)", "self.pool = nn.AvgPool2d(2, 2)", "forward"),
    (CNN, "F.relu(self.conv(x))", "self.conv(x)", "forward"),
    (CNN, "nn.Conv2d(3, 32, 7)", "nn.Conv2d(3, 32, 5, padding=1, stride=1)", "shape"),
]


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    return load(tmp_path_factory.mktemp("right"), RIGHT)


def test_every_network_is_found_and_has_a_mistake(right):
    found = {function for function in spellings(right, "torch") if "conv" in function.lower()}
    assert found | {CNN} == {function for function, *_ in MISTAKES}


@pytest.mark.parametrize("function", [FUNCTION, MODULE, CNN, PART_4])
def test_the_right_network_passes(right, function):
    assert failures(right, "torch", function, *JUDGED, "steps", "precision", examples=6) == {}


@pytest.mark.parametrize(("function", "old", "new", "wrong"), MISTAKES)
def test_a_mistake_dies(tmp_path, function, old, new, wrong):
    module = load(tmp_path, edited(NAME, old, new))
    found = failures(module, "torch", function, *JUDGED, examples=6)
    assert wrong in found, found
    assert found[wrong][0] in ("wrong", "crash"), found


@pytest.mark.parametrize("turned", ["x.flatten(1).mm(fc_w) + fc_b", "x.flatten(1) @ fc_w + fc_b"])
def test_the_last_weights_may_be_either_way_round(tmp_path, turned):
    right = "F.linear(torch.flatten(x, 1), fc_w, fc_b)"
    module = load(tmp_path, edited(NAME, right, turned))
    assert failures(module, "torch", FUNCTION, *JUDGED, "steps", examples=12) == {}


def test_parameters_go_in_by_shape_whatever_their_order(tmp_path):
    lines = "        self.conv1 = nn.Conv2d(in_channel, channel_1, 5, padding=2)\n"
    last = "        self.fc = nn.Linear(channel_2 * 32 * 32, num_classes)\n"
    source = edited(NAME, lines, "").replace(last, last + lines)
    assert failures(load(tmp_path, source), "torch", MODULE, *JUDGED, examples=12) == {}


def test_a_network_of_the_same_name_and_another_architecture_is_judged_by_laws(tmp_path):
    source = edited(
        NAME,
        "self.fc = nn.Linear(32 * 13 * 13, 10)",
        "self.fc = nn.Sequential(\n"
        "            nn.Linear(32 * 13 * 13, 4), nn.ReLU(), nn.Linear(4, 10))",
    )
    assert spellings(load(tmp_path, source), "torch")[CNN].operator == "classifier"


@pytest.mark.parametrize(
    ("function", "old", "new", "said"),
    [
        (
            PART_3,
            "optim.SGD(model.parameters(), lr=3e-3",
            "optim.Adam(model.parameters(), lr=3e-3",
            "the optimizer is Adam, expected SGD",
        ),
        (
            PART_3,
            "SGD(model.parameters(), lr=3e-3",
            "SGD(model.fc.parameters(), lr=3e-3",
            "does not move the parameters of the model",
        ),
        (
            PART_4,
            '"weight_decay": 1e-4, "mom',
            '"weight_decay": 1e-3, "mom',
            "the optimizer has weight_decay 0.001, expected 0.0001",
        ),
    ],
)
def test_the_optimizer_is_the_one_of_the_text(tmp_path, function, old, new, said):
    found = failures(load(tmp_path, edited(NAME, old, new)), "torch", function, "shape", examples=1)
    assert said in found["shape"][1]


def test_a_network_that_is_not_written_is_missing(tmp_path):
    source = edited(NAME, "return F.linear(torch.flatten(x, 1), fc_w, fc_b)", "return None")
    found = failures(load(tmp_path, source), "torch", FUNCTION, "forward", examples=6)
    assert found["forward"][0] == "missing"
