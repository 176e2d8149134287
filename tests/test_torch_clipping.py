"""Clipping on torch: right functions pass in each form, and known mistakes die."""

from __future__ import annotations

import pytest

from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings
from tests.spelled import edited

RIGHT = (EXAMPLES / "right_torch_clipping.py").read_text()
JUDGED = ("shape", "forward", "integers")
WORDS = {
    "grad_clipping": "only the Euclidean norm, nothing is added to the norm",
    "clip_grad_norm_": "",
    "clip_gradient": "",
}
MISTAKES = {
    "root missing": (
        "grad_clipping",
        "torch.sqrt(sum(torch.sum(p.grad**2) for p in parameters))",
        "sum(torch.sum(p.grad**2) for p in parameters)",
    ),
    "always scaled": ("grad_clipping", "if norm > theta:", "if True:"),
    "factor inverted": ("grad_clipping", "theta / norm", "norm / theta"),
    "norms added up": (
        "clip_grad_norm_",
        "norm = torch.linalg.vector_norm(norms, norm_type)",
        "norm = norms.sum()",
    ),
    "norm type ignored": (
        "clip_grad_norm_",
        "vector_norm(norms, norm_type)",
        "vector_norm(norms, 2.0)",
    ),
    "factor returned": ("clip_grad_norm_", "return norm", "return max_norm / norm"),
    "upper bound only": ("clip_gradient", "(-grad_clip, grad_clip)", "(max=grad_clip)"),
}


@pytest.mark.parametrize("name", WORDS)
def test_the_right_ones_pass(tmp_path, name):
    module = load(tmp_path, RIGHT)
    spelling = spellings(module, "torch")[name]
    assert spelling.promised(spelling.told(module)).differs == WORDS[name]
    assert not failures(module, "torch", name, *JUDGED, examples=30)


@pytest.mark.parametrize("mistake", MISTAKES)
def test_mistakes_are_found(tmp_path, mistake):
    name, old, new = MISTAKES[mistake]
    module = load(tmp_path, edited(RIGHT, old, new))
    assert failures(module, "torch", name, *JUDGED, examples=20)


def test_what_clips_nothing_is_not_judged_under_a_name_of_either(tmp_path):
    module = load(tmp_path, edited(RIGHT, "p.grad.clamp_", "p.grad.clamp"))
    assert "clip_gradient" not in spellings(module, "torch")
