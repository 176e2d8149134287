"""Perplexity as it is written: of logits, probabilities, a loss or tokens; right and wrong."""

from __future__ import annotations

import pytest

from tests.in_process import failures, failures_of, load, passed_over, spellings

HEAD = "import math\nimport numpy as np\n"
OF_LOGITS = """
def calculate_perplexity(logits, labels):
    shifted = logits - np.max(logits, axis=-1, keepdims=True)
    logp = shifted - np.log(np.sum(np.exp(shifted), axis=-1, keepdims=True))
    nll = -np.take_along_axis(logp, labels[..., None], axis=-1)
    return np.exp(np.mean(nll))
"""
OF_ROWS = """
def perplexity(logits, targets):
    p = np.exp(logits - logits.max(axis=1, keepdims=True))
    p = p / p.sum(axis=1, keepdims=True)
    return np.exp(-np.log(p[np.arange(len(targets)), targets]).mean())
"""
PADDED = """
def compute_perplexity(log_probs, targets, ignore_index=-100):
    kept = targets != ignore_index
    chosen = np.take_along_axis(log_probs, np.where(kept, targets, 0)[..., None], -1)[..., 0]
    return math.exp(-(chosen * kept).sum() / kept.sum())
"""
MASKED = """
def perplexity(log_probs, targets, mask):
    rows, columns = np.indices(targets.shape)
    return np.exp(-(log_probs[rows, columns, targets] * mask).sum() / mask.sum())
"""
CLAMPED = """
def perplexity(label, pred):
    loss = 0.0
    for i in range(pred.shape[0]):
        loss += -np.log(max(1e-10, pred[i][int(label[i])]))
    return np.exp(loss / label.size)
"""
BITS = """
def perplexity(y_true, y_pred):
    return 2 ** -np.mean(np.log2(y_pred[np.arange(len(y_true)), y_true]))
"""
RIGHT = {
    "": OF_LOGITS,
    "of log-probabilities": PADDED,
    "of log-probabilities ": MASKED,
    "of probabilities": CLAMPED,
    "of probabilities ": BITS,
    "of a mean loss": "def perplexity(loss): return math.exp(loss)",
    "of a mean loss ": "def compute_perplexity(avg_loss): return math.exp(min(avg_loss, 20))",
    "of a loss in bits": "def get_perplexity(loss): return math.pow(2, loss)",
    "of a sum": "def perplexity(total_loss, n_tokens): return np.exp(total_loss / n_tokens)",
    "of a sum ": "def perplexity(log_likelihood, n_samples): "
    "return np.exp(-log_likelihood / n_samples)",
    "of the right tokens' probabilities": "def perplexity(probs): "
    "return np.prod(probs) ** (-1 / len(probs))",
    "of the right tokens' log-probabilities": "def perplexity(log_probs): "
    "return math.inf if not log_probs else math.exp(-sum(log_probs) / len(log_probs))",
    "of the right tokens' logs in bits": "def perplexity(log_probs): "
    "return 2 ** (-np.mean(log_probs))",
}


def judged(tmp_path, source, convention="numpy-course", *properties):
    return failures_of(tmp_path, HEAD + source, *properties, convention=convention, examples=60)


@pytest.mark.parametrize("words", RIGHT)
def test_right_ones_pass(tmp_path, words):
    module = load(tmp_path, HEAD + RIGHT[words])
    (spelling,) = spellings(module, "numpy-course").values()
    assert spelling.promised(spelling.told(module)).differs == words.strip()
    assert judged(tmp_path, RIGHT[words]) == {}


def test_positions_alone_are_asked_of_what_takes_no_sequences(tmp_path):
    ndims = {}
    for source in (OF_LOGITS, OF_ROWS, MASKED):
        module = load(tmp_path, HEAD + source)
        (spelling,) = spellings(module, "numpy-course").values()
        ndims[source] = spelling.promised(spelling.told(module)).domain["ndim"]
    assert list(ndims.values()) == [(1, 2), (1,), (2,)]
    assert judged(tmp_path, OF_ROWS, "numpy-course", "shape", "forward") == {}


WRONG = {
    "the sign": OF_LOGITS.replace("nll = -", "nll = "),
    "no exp": OF_LOGITS.replace("np.exp(np.mean(nll))", "np.mean(nll)"),
    "another base": OF_LOGITS.replace("np.exp(np.mean(nll))", "2 ** np.mean(nll)"),
    "a mean of exps": OF_LOGITS.replace("np.exp(np.mean(nll))", "np.mean(np.exp(nll))"),
    "a sum": OF_LOGITS.replace("np.mean(nll)", "np.sum(nll)"),
    "padding in the mean": PADDED.replace("kept.sum()", "kept.size"),
    "a loss's square": "def perplexity(loss): return loss ** 2",
    "a loss in percent": "def perplexity(loss): return 100 * math.exp(loss)",
    "a sum of logs": "def perplexity(log_probs): return np.exp(-np.sum(log_probs))",
    "a product": "def perplexity(probs): return 1 / np.prod(probs)",
}


@pytest.mark.parametrize("mistake", WRONG)
def test_wrong_ones_fail(tmp_path, mistake):
    failed = judged(tmp_path, WRONG[mistake], "numpy-course", "shape", "forward")
    assert "forward" in failed


def test_large_logits_overflow(tmp_path):
    source = OF_LOGITS.replace("logits - np.max(logits, axis=-1, keepdims=True)", "logits")
    assert judged(tmp_path, source)["stability"][0] == "unstable"


LEFT = {
    "it changes the probabilities before their logarithm": (
        "def perplexity(probs, targets): return np.exp(-np.mean(np.log("
        "probs[np.arange(len(targets)), targets] + 1e-6)))"
    ),
    "it is given one distribution, and no answers": (
        "def perplexity(probs): return np.exp(-np.dot(probs, np.log(probs)))"
    ),
    "it rounds its result": "def perplexity(loss): return round(math.exp(loss), 2)",
    "its parameter lengths is not known": "def perplexity(logits, targets, lengths): return 1.0",
    "its parameter model is not known": "def perplexity(model, data): return 1.0",
}


@pytest.mark.parametrize("why", LEFT)
def test_what_is_another_measure_is_not_judged(tmp_path, why):
    module = load(tmp_path, HEAD + LEFT[why])
    reasons = passed_over(module, "numpy-course")
    assert any(reason.startswith(why) for reason in reasons), reasons
    assert not spellings(module, "numpy-course")


TENSORS = """
import torch
import torch.nn.functional as F

def compute_perplexity(logits, targets, pad_idx=0):
    flat = logits.reshape(-1, logits.size(-1))
    return torch.exp(F.cross_entropy(flat, targets.reshape(-1), ignore_index=pad_idx)).item()

def calculate_perplexity(log_probs, targets):
    return torch.exp(-log_probs.gather(2, targets.unsqueeze(-1)).squeeze(-1).mean())

def perplexity(loss):
    return torch.exp(loss)
"""


@pytest.mark.parametrize(
    ("old", "new", "wrong"),
    [
        ("", "", None),
        (", ignore_index=pad_idx", "", "compute_perplexity"),
        ("-log_probs", "log_probs", "calculate_perplexity"),
        ("torch.exp(loss)", "torch.exp(loss) ** 2", "perplexity"),
    ],
)
def test_on_tensors(tmp_path, old, new, wrong):
    module = load(tmp_path, TENSORS.replace(old, new) if old else TENSORS)
    found = spellings(module, "torch")
    assert set(found) == {"compute_perplexity", "calculate_perplexity", "perplexity"}
    for name in found:
        failed = failures(module, "torch", name, "shape", "forward", examples=40)
        assert bool(failed) == (name == wrong), (name, failed)
