"""Character models in NumPy: right ones pass in both forms, and each planted mistake is told."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings
from tests.test_command import check, layerproof, rows, statuses

LOSS_FUN, DINOSAURS = "right_characters.py", "right_dinosaurs.py"
FUNCTION = {LOSS_FUN: "lossFun", DINOSAURS: "optimize"}
VALUES = ("shape", "forward", "gradient", "steps")


def changed(name, *old_new):
    text = (EXAMPLES / name).read_text()
    for old, new in zip(old_new[::2], old_new[1::2], strict=True):
        assert old in text, old
        text = text.replace(old, new)
    return text


def failing(folder, name, *old_new):
    module = load(folder, changed(name, *old_new))
    return failures(module, "numpy-course", FUNCTION[name], *VALUES, examples=20, until_first=True)


@pytest.mark.parametrize("name", [LOSS_FUN, DINOSAURS])
def test_right_ones_pass(name):
    verdict, run = check(EXAMPLES / name, "--operator", "char_rnn", examples=20)
    assert statuses(verdict) == {"char_rnn": "pass"}, run.stdout
    assert rows(verdict, "char_rnn")["steps"]["examples"] > 2


CLIP = (
    "    for gradient in (dWxh, dWhh, dWhy, dbh, dby):\n"
    "        np.clip(gradient, -5, 5, out=gradient)\n"
)
ARGUMENTS = "lossFun(inputs, targets, hprev, vocab_size, Wxh, Whh, Why, bh, by)"


@pytest.mark.parametrize(
    ("old_new", "said"),
    [
        ((), "gradients clipped at 5"),
        (("-5, 5", "-1, 1"), "gradients clipped at 1"),
        ((CLIP, ""), "nothing is clipped"),
        (("lossFun(inputs, targets, hprev)", ARGUMENTS), "gradients clipped at 5"),
        (("def sample", "def write"), "no sample is judged"),
        (("np.random.choice(range(vocab_size), p=p.ravel())", "np.argmax(p)"), "clipped at 5"),
        (("p=p.ravel())", "p=p.ravel()) + 0 * np.random.randint(9)"), "no sample is judged"),
        (
            (
                "return loss,",
                "return loss / len(inputs),",
                "dy[targets[t]] -= 1",
                "dy[targets[t]] -= 1\n        dy /= len(inputs)",
            ),
            "averaged over time",
        ),
    ],
)
def test_what_a_loss_function_shows_of_itself_is_what_it_promises(tmp_path, old_new, said):
    assert failing(tmp_path, LOSS_FUN, *old_new) == {}
    module = load(tmp_path, changed(LOSS_FUN, *old_new))
    assert said in spellings(module, "numpy-course")["lossFun"].told(module)["differs"]


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        (LOSS_FUN, "Why.T @ dy + dhnext", "Why.T @ dy", "dWxh["),
        (LOSS_FUN, "(1 - hs[t] ** 2)", "(1 - hs[t])", "dWxh["),
        (LOSS_FUN, "dhnext = Whh.T @ dhraw", "dhnext = Whh @ dhraw", "dWxh["),
        (LOSS_FUN, "dhraw @ hs[t - 1].T", "dhraw @ hs[t].T", "dWhh["),
        (LOSS_FUN, "{-1: np.copy(hprev)}", "{-1: 0 * hprev}", "differs"),
        (LOSS_FUN, "hs[len(inputs) - 1]", "hs[0]", "h["),
        (LOSS_FUN, CLIP, CLIP.replace("dbh, dby", "dbh"), "dby["),
        (LOSS_FUN, "dWhy += dy @ hs[t].T", "dWhy = dy @ hs[t].T", "dWhy["),
        (LOSS_FUN, "x = one_hot(ix)\n", "pass\n", "drawn["),
        (LOSS_FUN, "h = np.tanh(Wxh @ x + Whh @ h + bh)", "h = np.tanh(Wxh @ x + bh)", "drawn["),
        (LOSS_FUN, "dby, hs[len(inputs) - 1]", "dby", "returned 6 results"),
        (DINOSAURS, "clip(gradients, 5)", "clip(gradients, 10)", "differs"),
        (DINOSAURS, "-maxValue, maxValue", "None, maxValue", "differs"),
        (DINOSAURS, "a_prev = a\n", "pass\n", "drawn["),
        (DINOSAURS, "x[idx] = 1", "x[indices[0]] = 1", "drawn["),
        (DINOSAURS, "while idx != newline and counter != 50", "while counter != 50", "drawn["),
        (DINOSAURS, "a[len(X) - 1]", "a[0]", "h["),
        (
            DINOSAURS,
            "gradients = clip(gradients, 5)\n    update_parameters(parameters, gradients,",
            "update_parameters(parameters, gradients,",
            "differs",
        ),
    ],
)
def test_a_planted_mistake_is_told(tmp_path, name, old, new, said):
    found = failing(tmp_path, name, old, new)
    assert any(status == "wrong" and said in message for status, message in found.values()), found


def test_a_variable_that_is_not_known_is_named(tmp_path):
    path = tmp_path / "characters.py"
    path.write_text(changed(LOSS_FUN, "vocab_size, hidden_size = 27, 100\n", "", "vocab_size", "K"))
    run = layerproof("check", path, "--operator", "char_rnn")
    assert run.returncode == 2
    assert "what K is to hold is not known" in run.stdout + run.stderr
