"""Batches without corrupted samples: how functions are known, what is told, and mistakes."""

from __future__ import annotations

import pytest

from candidates.conventions import find_convention
from properties.operator import operator_names
from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings

TORCH = "torch"
FOUND = [
    ("plain", "skip_corrupted_forward"),
    *((TORCH, name) for name in ("collate_skip_none", "safe_collate", "collate_fn")),
]


@pytest.mark.parametrize(("convention", "name"), FOUND)
def test_the_example_passes(tmp_path, convention, name):
    module = load(tmp_path, (EXAMPLES / "right_collate.py").read_text())
    assert failures(module, convention, name, examples=40) == {}


def written(folder, name, *lines):
    head = "import torch\nfrom torch.utils.data import default_collate\n"
    return load(folder, head + f"def {name}(batch):\n" + "".join(f"    {li}\n" for li in lines))


KEPT = "batch = [b for b in batch if b is not None]"
RAISES = "it raises {} where no sample is left"
RIGHT = [
    ("collate_fn", (KEPT, "return default_collate(batch)"), RAISES.format("IndexError")),
    (
        "my_collate",
        (KEPT, "xs, ys = zip(*batch)", "return torch.stack(xs), torch.stack(ys)"),
        RAISES.format("ValueError"),
    ),
    (
        "collate_fn",
        (KEPT, "if not batch: raise RuntimeError(3)", "return default_collate(batch)"),
        RAISES.format("RuntimeError"),
    ),
    ("collate", (KEPT, "return default_collate(batch) if batch else {}"), ""),
    ("collate", (KEPT, "return default_collate(batch) if batch else (None, None)"), ""),
]


@pytest.mark.parametrize(("name", "lines", "words"), RIGHT)
def test_right_functions_pass_whatever_they_give_of_nothing(tmp_path, name, lines, words):
    module = written(tmp_path, name, *lines)
    spelling = spellings(module, TORCH)[name]
    assert spelling.promised(spelling.told(module)).differs == words
    assert failures(module, TORCH, name, examples=30) == {}


END = "return default_collate(batch) if batch else None"
WRONG = {
    "what is None is nan": (
        "x = next((b[0] for b in batch if b is not None), torch.zeros(2))",
        "batch = [(x + torch.nan, 0) if b is None else b for b in batch]",
        END,
    ),
    "labels of all": (
        "ys = torch.tensor([0 if b is None else b[1] for b in batch])",
        KEPT,
        "return (torch.stack([b[0] for b in batch]), ys[:len(batch)]) if batch else None",
    ),
    "class 0 is left out": ("batch = [b for b in batch if b is not None and b[1]]", END),
    "black ones are left out": (
        "batch = [b for b in batch if b is not None and b[0].any()]",
        END,
    ),
    "the first stands in": (
        "first = next((b for b in batch if b is not None), None)",
        "batch = [first if b is None else b for b in batch]",
        "return None if first is None else default_collate(batch)",
    ),
    "black ones stand in": (
        "x = next((b[0] for b in batch if b is not None), torch.zeros(2))",
        "batch = [(0 * x, 0) if b is None else b for b in batch]",
        END,
    ),
    "one drops all": ("if None in batch: return None", END),
    "the order is another": (KEPT, "batch.reverse()", END),
    "duplicates are left out": (
        KEPT,
        "batch = [b for n, b in enumerate(batch) if not n or not b[0].equal(batch[n - 1][0])]",
        END,
    ),
    "half precision": (KEPT, "batch = [(b[0].half(), b[1]) for b in batch]", END),
    "changed in place": (KEPT, "[b[0].mul_(2) for b in batch]", END),
}


@pytest.mark.parametrize("what", WRONG)
def test_wrong_functions_fail(tmp_path, what):
    module = written(tmp_path, "collate_skip_none", *WRONG[what])
    seen = ("shape", "forward", "laws", "precision", "side_effects")
    assert failures(module, TORCH, "collate_skip_none", *seen, examples=50), what


LEFT = {
    "def collate_fn(batch): return default_collate(batch)": "it raises TypeError for a sample",
    "def collate_fn(batch): return default_collate([b or (torch.zeros(3), 0) for b in batch])": (
        "it leaves no sample out"
    ),
    "def collate_fn(batch, vocabulary): return batch": "more than a batch",
    "def collate_fn(batch): return torch.zeros(3)": "it does not stack pairs",
    "def collate_fn(batch): return {'x': torch.stack([b[0] for b in batch])}": "does not stack",
}


@pytest.mark.parametrize("source", LEFT)
def test_other_functions_are_left_with_a_reason(tmp_path, source):
    head = "import torch\nfrom torch.utils.data import default_collate\n"
    module = load(tmp_path, head + source + "\n")
    known = find_convention(TORCH).spellings(operator_names())
    reasons = [reason for s in known for reason in s.passed_over(module).values()]
    assert not spellings(module, TORCH)
    assert any(LEFT[source] in reason for reason in reasons)


def test_a_stub_is_missing(tmp_path):
    module = written(tmp_path, "collate_fn", "raise NotImplementedError", "return torch.zeros(1)")
    found = failures(module, TORCH, "collate_fn", "forward", "shape", examples=5)
    assert {status for status, _ in found.values()} == {"missing"}
