"""EECS 498's networks on tensors: right ones pass, planted mistakes are told."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import edited, failures_of_operator, load, put_beside, spellings
from tests.test_command import check, statuses

NAME, LAYERS = "right_eecs498_models.py", "right_eecs498.py"
RIGHT = (EXAMPLES / NAME).read_text()
NETS = ("two_layer_net", "fully_connected_net", "three_layer_convnet")


@pytest.fixture
def failing(tmp_path, monkeypatch):
    """What fails of an operator of a source text, its layers beside it."""
    put_beside(monkeypatch, tmp_path, EXAMPLES / LAYERS)

    def found(source, operator):
        return failures_of_operator(tmp_path, source, operator, convention="eecs498", examples=40)

    return found


def test_right_ones_pass():
    options = [word for name in NETS for word in ("--operator", name)]
    verdict, run = check(EXAMPLES / NAME, *options, examples=15)
    assert statuses(verdict) == dict.fromkeys(NETS, "pass"), run.stdout
    assert verdict["convention"] == "eecs498"


PENALTY = "loss += self.reg * ((W1**2).sum() + (W2**2).sum())"
DECAY = 'for name in ("W1", "W2", "W3"):\n            loss'
DROPPED = "                dout = Dropout.backward(dout, caches.pop())\n"
LAST = '        grads["W2"] += 2 * self.reg * W2\n'
FIRST = '_, grads["W1"], grads["b1"] = Linear_ReLU'
MISTAKES = [
    ("two_layer_net", PENALTY, PENALTY.replace("self", "0.5 * self"), "loss differs"),
    ("two_layer_net", PENALTY, "pass", "loss differs"),
    ("two_layer_net", "+= 2 * self.reg * W1", "+= self.reg * W1", "differs"),
    ("two_layer_net", "weight_scale * torch.randn(hidden_dim", "torch.randn(hidden_dim", "['W2']"),
    ("two_layer_net", '"b1": torch.zeros', '"b1": torch.ones', "['b1'] is not 0"),
    ("two_layer_net", FIRST, FIRST.replace('grads["b1"]', "_"), "db1 is None"),
    ("two_layer_net", LAST, f"{LAST}        b1 -= grads['b1']\n", "changed in place"),
    ("two_layer_net", "loss + reg *", "loss + 0.5 * reg *", "loss differs"),
    ("two_layer_net", "* (h1 > 0)", "", "differs"),
    ("fully_connected_net", '"test" if y is None else "train"', '"train"', ""),
    ("fully_connected_net", DROPPED, "                caches.pop()\n", "differs"),
    ("fully_connected_net", "dropout != 0", "False", "differs"),
    ("three_layer_convnet", "(W1.shape[2] - 1) // 2", "1", ""),
    ("three_layer_convnet", DECAY, DECAY.replace('"W1", ', ""), "loss differs"),
    ("three_layer_convnet", "self.reg * self.params[name]\n", "self.reg\n", "differs"),
]


@pytest.mark.parametrize(("operator", "old", "new", "said"), MISTAKES)
def test_a_planted_mistake_is_told(failing, operator, old, new, said):
    found = failing(edited(NAME, old, new), operator)
    assert {status for status, _ in found.values()} & {"wrong", "crash", "side-effect"}, found
    assert any(said in message for _, message in found.values()), found


def test_the_loss_that_the_course_hands_out_is_there_where_its_file_is_not(tmp_path):
    text = edited(NAME, "Linear_ReLU, softmax_loss", "Linear_ReLU")
    text = text.replace("import torch\n", "import torch\nfrom a3_helper import softmax_loss\n", 1)
    (tmp_path / LAYERS).write_text((EXAMPLES / LAYERS).read_text())
    path = tmp_path / NAME
    path.write_text(text)
    verdict, run = check(path, "--operator", "two_layer_net", examples=10)
    assert statuses(verdict) == {"two_layer_net": "pass"}, run.stdout


def test_a_wrong_layer_is_blamed(tmp_path):
    text = edited(LAYERS, "return x.clamp(min=0), x", "return x.clamp(min=0.5), x")
    (tmp_path / LAYERS).write_text(text)
    path = tmp_path / NAME
    path.write_text((EXAMPLES / NAME).read_text())
    verdict, run = check(path, "--operator", "two_layer_net", examples=15, hints="gentle")
    (net,) = verdict["operators"]
    said = [entry["sentence"] for row in net["properties"] for entry in row["diagnosis"]]
    assert any(sentence.startswith("the fault is in ReLU") for sentence in said), run.stdout


def test_what_a_net_cannot_express_is_not_drawn(tmp_path, monkeypatch):
    put_beside(monkeypatch, tmp_path, EXAMPLES / LAYERS)
    with_dropout = {"normalization": (None,)}
    without = {**with_dropout, "p": (0.0,)}
    for text, domain in ((RIGHT, with_dropout), (RIGHT.replace("Dropout, ", ""), without)):
        module = load(tmp_path, text)
        (spelling,) = spellings(module, "eecs498", "fully_connected_net").values()
        assert spelling.told(module) == {"domain": domain}
