"""Text as exercises give it: which form a function is, which mistakes it makes, what is left."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import edited, failures, load, spellings

EXAMPLE = "right_text.py"
PLAIN = (
    *("char_vocabulary", "encode_text", "decode_text", "shifted_targets", "sequence_batches"),
    *("decode_captions", "encode_captions"),
)
COURSES = ("build_vocab", "encode", "decode", "get_batches", "Vocabulary")
FOUND = [
    *(("plain", f"{name}_forward") for name in PLAIN),
    *(("numpy-course", name) for name in COURSES),
    ("cs231n", "decode_captions"),
]


@pytest.fixture(scope="module")
def right(tmp_path_factory):
    return load(tmp_path_factory.mktemp("text"), (EXAMPLES / EXAMPLE).read_text())


def test_the_example_has_them_all(right):
    conventions = ("plain", "numpy-course", "cs231n")
    assert {(c, name) for c in conventions for name in spellings(right, c)} == set(FOUND)


@pytest.mark.parametrize(("convention", "name"), FOUND)
def test_the_example_passes(right, convention, name):
    assert failures(right, convention, name, examples=40) == {}


PLANTED = {
    "decode_captions": (' != "<NULL>"', ' not in ("<NULL>", "<END>")'),
    "build_vocab": ("characters = sorted(set(text))\n", "characters = sorted(set(text.strip()))\n"),
    "encode": ("return [char_to_ix[character] for", "return [char_to_ix[character] + 1 for"),
    "decode": ('"".join(ix_to_char[i]', '"".join(ix_to_char[i].strip()'),
    "get_batches": ("arr[: n_batches * batch_size * seq_length]",
                    "arr[-n_batches * batch_size * seq_length :]"),
    "Vocabulary": ("if word not in self.word2idx:", "if True:"),
}  # fmt: skip


@pytest.mark.parametrize("name", PLANTED)
def test_a_mistake_in_the_example_fails(tmp_path, name):
    module = load(tmp_path, edited(EXAMPLE, *PLANTED[name]))
    convention = "cs231n" if name == "decode_captions" else "numpy-course"
    assert set(failures(module, convention, name, "shape", "forward", "laws"))


TWO_TABLES = """
def create_vocab(data):
    chars = list(set(data))
    return chars, {c: i for i, c in enumerate(chars)}
"""
FIRST = """
def get_vocab(text):
    chars = list(dict.fromkeys(text))
    return dict(enumerate(chars)), {c: i for i, c in enumerate(chars)}
"""
LISTED = """
def text_to_ids(text, char2idx): return np.array([char2idx[c] for c in text])
def ids_to_text(ids, idx2char): return [idx2char[int(i)] for i in ids]
"""
WINDOW = """
def get_batches(arr, n_seqs, n_steps):
    count = len(arr) // (n_seqs * n_steps)
    arr = arr[: count * n_seqs * n_steps].reshape((n_seqs, -1))
    for n in range(0, arr.shape[1], n_steps):
        x = arr[:, n : n + n_steps]
        yield x, np.roll(x, -1, axis=1)
"""
NEXT = """
def get_batches(int_text, batch_size, seq_length):
    used = len(int_text) // (batch_size * seq_length) * batch_size * seq_length
    x = np.array(int_text[:used])
    y = np.roll(x, -1)
    count = used // (batch_size * seq_length)
    rows = (np.split(a.reshape(batch_size, -1), count, axis=1) for a in (x, y))
    return np.array(list(zip(*rows)))
"""
ZERO = """
def make_batches(encoded, batch_size, seq_len):
    count = len(encoded) // (batch_size * seq_len)
    rows = encoded[: count * batch_size * seq_len].reshape(batch_size, -1)
    for n in range(0, rows.shape[1], seq_len):
        x, y = rows[:, n : n + seq_len], np.zeros((batch_size, seq_len), int)
        ahead = rows[:, n + 1 : n + seq_len + 1]
        y[:, : ahead.shape[1]] = ahead
        yield x, y
"""
GLOBAL = """
import torch
bptt = 35
def get_batch(source, i):
    seq_len = min(bptt, len(source) - 1 - i)
    return source[i : i + seq_len], source[i + 1 : i + 1 + seq_len].view(-1)
"""
OPTION = """
import torch
from types import SimpleNamespace
args = SimpleNamespace(bptt=35)
def get_batch(source, i, evaluation=False):
    n = min(args.bptt, len(source) - 1 - i)
    return source[i : i + n], source[i + 1 : i + 1 + n]
"""
RIGHT = {
    "any order": ("numpy-course", TWO_TABLES, "in any order"),
    "first occurrence": ("numpy-course", FIRST, "in the order of first occurrence"),
    "arrays and lists": ("numpy-course", LISTED, ""),
    "the window": ("numpy-course", WINDOW, "the last target of a window is its first input"),
    "the next row": ("numpy-course", NEXT, "behind a row stands the next one"),
    "zero behind a row": ("numpy-course", ZERO, "the last target of a row is zero"),
    "beside torch": ("torch", f"import torch\n{WINDOW}", "the last target of a window"),
    "a variable": ("torch", GLOBAL, ""),
    "an option": ("torch", OPTION, ""),
}  # fmt: skip


@pytest.mark.parametrize("form", RIGHT)
def test_right_functions_of_a_form_pass(tmp_path, form):
    convention, source, words = RIGHT[form]
    module = load(tmp_path, f"import numpy as np\n{source}")
    found = spellings(module, convention)
    assert len(found) == source.count("def ")
    said = [spelling.promised(spelling.told(module)).differs for spelling in found.values()]
    assert any(words in text for text in said), said
    for name in found:
        assert failures(module, convention, name, examples=40) == {}, name


WRONG = {
    "the last window is longer": (GLOBAL, "len(source) - 1 - i", "len(source) - i"),
    "targets not shifted": (GLOBAL, "source[i + 1 : i + 1 + seq_len]", "source[i : i + seq_len]"),
    "tables that disagree": (FIRST, "dict(enumerate(chars)), ", "dict(enumerate(sorted(chars))), "),
    "a window without its last target": (ZERO, "n + seq_len + 1]", "n + seq_len]"),
}


@pytest.mark.parametrize("mistake", WRONG)
def test_a_wrong_function_of_a_form_fails_or_is_not_judged(tmp_path, mistake):
    source, old, new = WRONG[mistake]
    assert source.count(old) == 1
    module = load(tmp_path, f"import numpy as np\n{source.replace(old, new)}")
    convention = "torch" if "torch" in source else "numpy-course"
    found = spellings(module, convention)
    assert all(failures(module, convention, name, "shape", "forward") for name in found)
