"""CS7643's translation model: a right one passes, and each planted mistake is told."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings
from tests.test_command import check, statuses

NAME = "right_seq2seq.py"
VALUES = ("shape", "forward", "gradient")
DOWNSIZE = (
    "        if attention:\n"
    "            self.downsize = nn.Linear(encoder_hidden_size + emb_size, emb_size)\n"
)


def changed(*old_new):
    text = (EXAMPLES / NAME).read_text()
    for old, new in zip(old_new[::2], old_new[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    return text


def failing(folder, function, *old_new, examples=10):
    module = load(folder, changed(*old_new))
    return failures(module, "cs7643", function, *VALUES, examples=examples, until_first=True)


def test_a_right_model_passes():
    verdict, run = check(EXAMPLES / NAME, "--operator", "seq2seq", examples=8)
    assert statuses(verdict) == {"seq2seq": "pass"}, run.stdout
    functions = {row["function"] for row in verdict["operators"][0]["properties"]}
    assert {"Decoder", "Seq2Seq"} <= functions


@pytest.mark.parametrize(
    "old_new",
    [
        ("[context, word]", "[word, context]"),
        (".norm(dim=2)[:, None]\n", ".norm(dim=2)[:, None] + 1e-8\n"),
        (
            "encoder_outputs=None):",
            "encoder_outputs=None, attention=False):",
            "if self.attention:\n            h =",
            "if attention:\n            h =",
        ),
    ],
)
def test_what_the_text_leaves_open_is_left_open(tmp_path, old_new):
    assert failing(tmp_path, "Decoder", *old_new) == {}


def test_a_decoder_without_attention_is_that_of_its_year(tmp_path):
    text = changed(
        "        attention=False,\n",
        "",
        "self.attention,",
        "attention,",
        "model_type, attention, output_size",
        "model_type, output_size",
        "self.model_type, attention,",
        "self.model_type,",
        DOWNSIZE,
        "",
        "if self.attention:",
        "if False:",
    )
    module = load(tmp_path, text)
    told = spellings(module, "cs7643")["Decoder"].told(module)
    assert told["domain"] == {"attention": [None], "cell": ["rnn"]}
    assert failures(module, "cs7643", "Decoder", *VALUES, examples=10) == {}


@pytest.mark.parametrize(
    ("function", "old", "new", "said"),
    [
        ("Decoder", "(h, cell)", "(h, torch.tanh(cell))", "log_probs["),
        ("Decoder", "torch.relu(self.linear1(h))", "self.linear1(h)", "log_probs["),
        ("Decoder", "torch.softmax(cosine, dim=2)", "cosine", "log_probs["),
        ("Decoder", "torch.softmax(cosine, dim=2)", "torch.softmax(cosine, dim=0)", "log_probs["),
        ("Decoder", "/ norms", "", "log_probs["),
        ("Decoder", "torch.log_softmax(", "torch.softmax(", "log_probs["),
        ("Decoder", "h = hidden[0] if", "h = hidden[1] if", "log_probs["),
        ("Decoder", "self.compute_attention(h, e", "self.compute_attention(h.detach(), e", "d"),
        (
            "Decoder",
            "hidden_size + emb_size, emb_size",
            "hidden_size + emb_size, decoder_hidden_size",
            "a weight of the Decoder has shape",
        ),
        ("Seq2Seq", "word = outputs[:, t].argmax(dim=1, keepdim=True)", "pass", "words["),
        ("Seq2Seq", "outputs[:, t], hidden = ", "outputs[:, t], _ = ", "words["),
        ("Seq2Seq", "argmax(dim=1, keepdim=True)", "argmin(dim=1, keepdim=True)", "words["),
        ("Seq2Seq", "return outputs", "return outputs[:, 1:]", ""),
    ],
)
def test_a_planted_mistake_is_told(tmp_path, function, old, new, said):
    found = failing(tmp_path, function, old, new, examples=80 if "hidden[1]" in new else 30)
    assert any(status == "wrong" and said in message for status, message in found.values()), found


def test_a_text_that_is_not_written_is_missing(tmp_path):
    path = tmp_path / "models.py"
    head = "import torch.nn as nn\n\n\nclass {}(nn.Module):\n    def __init__(self, {}):\n"
    body = (
        "        super().__init__()\n\n"
        "    def forward(self, *arguments):\n        return None, None\n\n\n"
    )
    sizes = "emb_size, encoder_hidden_size, decoder_hidden_size"
    path.write_text(
        head.format("Encoder", f"input_size, {sizes}, dropout=0.2, model_type='RNN'")
        + body
        + head.format("Decoder", f"{sizes}, output_size, dropout=0.2, model_type='RNN'")
        + body
    )
    verdict, run = check(path, "--operator", "seq2seq", examples=5)
    assert statuses(verdict) == {"seq2seq": "missing"}, run.stdout
