"""Seeds of generators: how functions are known, what is told, mistakes, and that nothing is left
seeded."""

from __future__ import annotations

import random

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, Dataset

from candidates.conventions import find_convention
from candidates.conventions._torch_seeding import DRAWS, of_worker, states_kept
from properties.operator import operator_names
from tests.homework import EXAMPLES
from tests.in_process import failures, load, spellings

TORCH = "torch"
FOUND = [
    ("plain", "seed_generators_forward"),
    *((TORCH, name) for name in ("seed_worker", "set_seed", "seed_everything")),
]
HEAD = "import random\nimport numpy as np\nimport torch\n"


@pytest.mark.parametrize(("convention", "name"), FOUND)
def test_the_example_passes(tmp_path, convention, name):
    module = load(tmp_path, (EXAMPLES / "right_seeding.py").read_text())
    assert failures(module, convention, name, examples=30) == {}


def written(folder, name, line):
    parameter = "seed" if "seed" in name and "worker" not in name else "worker_id"
    return load(folder, f"{HEAD}def {name}({parameter}):\n    {line}\n")


INITIAL = "torch.initial_seed()"
RIGHT = [
    ("worker_init_fn", f"np.random.seed({INITIAL} % 2**32)", ""),
    ("worker_init_fn", f"random.seed({INITIAL}); np.random.seed({INITIAL} % (2**32 - 1))", ""),
    ("worker_init_fn", f"np.random.seed(({INITIAL} + worker_id) % 2**32)", ""),
    ("worker_init_fn", "np.random.seed(torch.utils.data.get_worker_info().seed % 2**32)", ""),
    ("seed_worker", f"torch.manual_seed({INITIAL} + 1)", ""),
    ("set_seed", "random.seed(seed); np.random.seed(seed); torch.manual_seed(seed)", ""),
    ("set_seed", "torch.manual_seed(seed)", "it does not seed random and NumPy"),
    ("set_seed", "random.seed(seed); torch.manual_seed(seed)", "it does not seed NumPy"),
]


@pytest.mark.parametrize(("name", "line", "words"), RIGHT)
def test_right_functions_pass(tmp_path, name, line, words):
    module = written(tmp_path, name, line)
    spelling = spellings(module, TORCH)[name]
    assert spelling.promised(spelling.told(module)).differs == words
    assert failures(module, TORCH, name, examples=20) == {}


WRONG = [
    ("worker_init_fn", "np.random.seed(worker_id)"),
    ("worker_init_fn", "np.random.seed(42)"),
    ("worker_init_fn", "np.random.seed(42 + worker_id)"),
    ("worker_init_fn", f"np.random.seed({INITIAL})"),
    ("worker_init_fn", f"np.random.seed(({INITIAL} - worker_id) % 2**32)"),
    ("worker_init_fn", f"random.seed({INITIAL} // 2**32)"),
    ("worker_init_fn", "np.random.seed(np.random.get_state()[1][0] + worker_id)"),
    ("seed_worker", "torch.manual_seed(worker_id)"),
    ("seed_worker", "random.seed(0)"),
    ("set_seed", "random.seed(0); np.random.seed(0); torch.manual_seed(0)"),
    ("set_seed", "random.seed(seed); np.random.seed(0); torch.manual_seed(seed)"),
    ("set_seed", "torch.manual_seed(seed // 1000)"),
    ("set_seed", "seed"),
    ("seed_everything", "random.seed(seed); torch.manual_seed(seed)"),
    ("seed_everything", "random.seed(seed); np.random.seed(seed)"),
]


@pytest.mark.parametrize(("name", "line"), WRONG)
def test_wrong_functions_fail(tmp_path, name, line):
    module = written(tmp_path, name, line)
    assert failures(module, TORCH, name, "forward", "laws", examples=30)


def test_a_seed_that_is_too_large_once_in_a_billion_runs_is_a_limit(tmp_path):
    module = written(tmp_path, "worker_init_fn", f"np.random.seed({INITIAL} % 2**32 + worker_id)")
    spelling = spellings(module, TORCH)["worker_init_fn"]
    assert "edge" not in spelling.promise.domain["base"]
    assert "base" in spelling.promise.beyond
    assert failures(module, TORCH, "worker_init_fn", examples=20) == {}


LEFT = {
    ("worker_init_fn", "pass"): "it seeds nothing",
    ("worker_init_fn", "np.random.seed()"): "no run is like another",
    ("worker_init_fn", "torch.utils.data.get_worker_info().dataset.open()"): "AttributeError",
    ("set_seed", "open('/nowhere/at/all')"): "it raises FileNotFoundError",
}


@pytest.mark.parametrize(("name", "line"), LEFT)
def test_other_functions_are_left_with_a_reason(tmp_path, name, line):
    module = written(tmp_path, name, line)
    known = find_convention(TORCH).spellings(operator_names())
    reasons = [reason for s in known for reason in s.passed_over(module).values()]
    assert not spellings(module, TORCH)
    assert any(LEFT[name, line] in reason for reason in reasons)


@pytest.mark.parametrize("name", ["worker_init_fn", "set_seed"])
def test_a_stub_is_missing(tmp_path, name):
    module = written(tmp_path, name, "raise NotImplementedError")
    found = failures(module, TORCH, name, "forward", "laws", examples=5)
    assert {status for status, _ in found.values()} == {"missing"}


class Draws(Dataset):
    """What a worker draws, and torch's seed there."""

    def __len__(self):
        return 2

    def __getitem__(self, n):
        seed = torch.initial_seed()
        return torch.tensor([seed, random.getrandbits(62), np.random.randint(0, 2**62)])


@pytest.mark.parametrize("name", ["", "np.random.seed(worker_id)"])
def test_workers_are_what_those_of_a_loader_are(tmp_path, name):
    """Two real processes, and what is taken for them here."""
    function = written(tmp_path, "worker_init_fn", name).worker_init_fn if name else None
    loader = DataLoader(Draws(), batch_size=1, num_workers=2, worker_init_fn=function)
    rows = torch.cat(list(loader)).numpy()
    with states_kept():
        drawn = of_worker(function, rows[None, :, 0], ["random", "numpy"])
    assert np.array_equal(drawn[:, 0], rows[:, 1:].T)


def test_nothing_is_left_seeded(tmp_path):
    module = load(tmp_path, (EXAMPLES / "right_seeding.py").read_text())
    before = random.getstate(), np.random.get_state()[1].copy(), torch.get_rng_state()
    with states_kept():
        module.set_seed(3)
        [draw() for draw in DRAWS.values()]
    assert random.getstate() == before[0]
    assert np.array_equal(np.random.get_state()[1], before[1])
    assert torch.equal(torch.get_rng_state(), before[2])
