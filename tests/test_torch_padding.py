"""Batches of sequences: how functions that pad are known, what is told, and mistakes."""

from __future__ import annotations

import pytest

from candidates.conventions import find_convention
from properties.operator import operator_names
from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings

TORCH = "torch"
HEAD = "import torch\nfrom torch.nn.utils.rnn import pad_sequence, pack_padded_sequence\n"


@pytest.mark.parametrize("name", ["pad_collate", "collate_fn", "custom_collate"])
def test_the_example_passes(tmp_path, name):
    module = load(tmp_path, (EXAMPLES / "right_padding.py").read_text())
    assert failures(module, TORCH, name, examples=40) == {}


def written(folder, name, *lines):
    return load(folder, HEAD + f"def {name}(batch):\n" + "".join(f"    {li}\n" for li in lines))


PARTS = "xs, ys = zip(*batch)"
LENGTHS = "lengths = torch.tensor([len(x) for x in xs])"
PADDED = "out = pad_sequence(xs, batch_first=True)"
RIGHT = {
    "labels as tensors": (PARTS, PADDED, "return out, torch.stack(ys)"),
    "lengths first": (PARTS, PADDED, LENGTHS, "return lengths, out, torch.tensor(ys)"),
    "labels in a list": (PARTS, PADDED, "return [out, list(ys)]"),
    "labels in a column": (PARTS, PADDED, "return out, torch.tensor(ys).unsqueeze(1)"),
}


@pytest.mark.parametrize("what", RIGHT)
def test_right_functions_pass(tmp_path, what):
    module = written(tmp_path, "collate_fn", *RIGHT[what])
    assert failures(module, TORCH, "collate_fn", examples=30) == {}


WRONG = {
    "cut to the shortest": (
        PARTS,
        "n = min(map(len, xs)) if len(xs) < 3 else 4",
        "return pad_sequence(xs, batch_first=True)[:, :n], torch.tensor(ys)",
    ),
    "always as long as the first batch": (
        PARTS,
        "out = torch.zeros(len(xs), 4, dtype=torch.long)",
        "for o, x in zip(out, xs): o[:len(x)] = x[:4]",
        "return out, torch.tensor(ys)",
    ),
    "another order": (
        PARTS,
        "out = pad_sequence(xs, batch_first=True)",
        "return out.flip(0) if len(xs) < 3 else out, torch.tensor(ys)",
    ),
    "labels of another order": (
        PARTS,
        PADDED,
        "ys = torch.tensor(ys)",
        "return out, ys.flip(0) if len(ys) < 3 else ys",
    ),
    "lengths of the padded": (
        PARTS,
        PADDED,
        LENGTHS,
        "return out, torch.tensor(ys), lengths if len(ys) == 3 else lengths * 0 + out.shape[1]",
    ),
    "by its name only": ("xs, ys = zip(*batch)", PADDED, "return out + 1, torch.tensor(ys)"),
    "changed in place": (PARTS, PADDED, "[x.add_(1) for x in xs]", "return out, torch.tensor(ys)"),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_functions_fail(tmp_path, what):
    module = written(tmp_path, "pad_collate", *WRONG[what])
    seen = ("shape", "forward", "laws", "side_effects")
    assert failures(module, TORCH, "pad_collate", *seen, examples=50), what


LEFT = {
    "return pad_sequence(batch)[1:]": "it does not pad a list",
    "return pack_padded_sequence(pad_sequence(batch), [3, 2, 1])": "it does not pad a list",
    "return batch": "it does not pad a list",
}


@pytest.mark.parametrize("line", LEFT)
def test_other_functions_are_left_with_a_reason(tmp_path, line):
    module = written(tmp_path, "collate_fn", line)
    known = find_convention(TORCH).spellings(operator_names())
    reasons = [reason for s in known for reason in s.passed_over(module).values()]
    assert not spellings(module, TORCH)
    assert any(LEFT[line] in reason for reason in reasons)


def test_a_stub_is_missing(tmp_path):
    module = written(tmp_path, "pad_collate", "raise NotImplementedError", "return torch.zeros(1)")
    found = failures(module, TORCH, "pad_collate", "forward", "shape", examples=5)
    assert {status for status, _ in found.values()} == {"missing"}
