"""Limits, servers and the sandbox: what holds is said, what does not is said too."""

from __future__ import annotations

import argparse
import json
import os
import signal
import subprocess
import sys
import textwrap
import time
from pathlib import Path

import numpy as np
import pytest

from candidates import limits as limiting
from candidates import scan, servers
from candidates.checking import containment
from candidates.cli import operator_files
from candidates.client import Candidate, Worker
from candidates.limits import LEVELS, Limits
from candidates.worker import landlock, sandbox, supervisor, system, wire
from properties.implementation import CallFailed
from properties.operator import find_operator
from tests.homework import EXAMPLES, RELU_BACKWARD, relu, write

ROOT = Path(__file__).parents[1]
LINUX = sys.platform.startswith("linux")
RIGHT = relu("return np.maximum(x, 0), x")
X = np.array([[-1.0, 2.0]])


def worker_of(path: Path, **limits: object) -> Worker:
    return Worker(path, "cs231n", operator_files(), Limits(**limits))  # type: ignore[arg-type]


def relu_of(worker: Worker) -> Candidate:
    found = next(f for f in worker.found if f.operator == "relu")
    candidate = Candidate(worker, found, find_operator("relu"))
    candidate.begin(0)
    return candidate


def call_again_and_again(candidate: Candidate, pause: float = 0.0) -> None:
    for _ in range(400):
        candidate.forward({}, {"x": X})
        time.sleep(pause)


def server_of(level: str) -> servers.Server:
    """The server with NumPy alone that was asked last."""
    found = [s for key, (_, s) in servers._servers.items() if key[:2] == ("numpy", level)]
    return found[-1]


@pytest.fixture
def servers_of_its_own():
    servers.close_all()
    yield
    servers.close_all()


# Limits and their options


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"containment": "jail"}, "containment must be one of process, sandbox, got 'jail'"),
        ({"memory_mb": 0}, "memory_mb must be positive"),
        ({"seconds_per_call": float("nan")}, "seconds_per_call must be positive"),
        ({"seconds_to_load": float("inf")}, "seconds_to_load must be positive"),
    ],
)
def test_limits_that_limit_nothing_are_refused(changed, words):
    with pytest.raises(ValueError, match=words):
        Limits(**changed)


def test_every_limit_has_an_option():
    parser = argparse.ArgumentParser()
    limiting.add_options(parser, "sandbox")
    assert limiting.from_options(parser.parse_args([])) == Limits(containment="sandbox")
    words = "--containment process --seconds-per-call 1.5 --seconds-to-load 2 --forbid torch"
    words += " --seconds-per-operator 3 --memory-mb 4 --file-mb 5 --descriptors 6"
    asked = limiting.from_options(parser.parse_args(words.split()), beside=False)
    assert asked == Limits("process", 1.5, 2.0, 3.0, 4, 5, 6, False, ("torch",))


@pytest.mark.parametrize("option", ["--memory-mb=0", "--seconds-per-call=nan", "--descriptors=x"])
def test_options_that_limit_nothing_are_refused(option, capsys):
    parser = argparse.ArgumentParser()
    limiting.add_options(parser)
    with pytest.raises(SystemExit):
        parser.parse_args([option])
    assert "must be a" in capsys.readouterr().err


# What the text says


@pytest.mark.parametrize(
    ("text", "torch"),
    [
        ("import torch", True),
        ("import numpy, torch.nn as nn", True),
        ("from torch.nn import functional as F", True),
        ("def f():\n    import torchvision\n", True),
        ("try:\n    from torch import Tensor\nexcept ImportError: pass", True),
        ("print 'Python 2'\nimport torch\n", True),
        ("import numpy as np", False),
        ("from .torch import x", False),
        ("import torchless", False),
        ("text = 'one does not\\nimport torch here'", False),
        ("'''\nimport torch\n'''", False),
    ],
)
def test_torch_is_seen_in_the_text(text, torch, tmp_path):
    path = tmp_path / "layers.py"
    path.write_text(text)
    assert scan.needs_torch(path) == torch
    assert scan.needs_torch(tmp_path) == torch


def test_what_a_candidate_may_read_of_its_folder(tmp_path):
    for name in ("helper.py", "deeper.py", "bob.py", "fast.cpython-311.so"):
        (tmp_path / name).write_text("")
    (tmp_path / "helper.py").write_text("import deeper\n")
    path = write(tmp_path, "import fast\nfrom helper import f")
    names = {p.name for p in scan.readable(path, beside=True)}
    assert names == {"layers.py", "helper.py", "deeper.py", "fast.cpython-311.so"}
    assert scan.readable(path, beside=False) == [path]
    (tmp_path / "__init__.py").write_text("")
    assert scan.readable(path, beside=False) == [tmp_path]


# Servers


@pytest.mark.parametrize("level", LEVELS)
def test_a_further_candidate_costs_no_import(level, tmp_path):
    """The module of NumPy is the very one that the server imported: none is loaded anew."""
    before = "import sys\nLOADED = float(sys.modules['numpy'] is np and 'torch' not in sys.modules)"
    path = write(tmp_path, relu("return x * 0 + LOADED, x", before), RELU_BACKWARD)
    worker = worker_of(path, containment=level)
    try:
        assert relu_of(worker).forward({}, {"x": X})[0]["out"].min() == 1
        server = server_of(level)
        again = worker_of(path, containment=level)
        again.close()
        assert server_of(level) is server
    finally:
        worker.close()


def test_servers_and_supervisors_that_are_killed_are_replaced(tmp_path, servers_of_its_own):
    path = write(tmp_path, RIGHT, RELU_BACKWARD)
    worker = worker_of(path)
    candidate = relu_of(worker)
    server = server_of("process")._process
    (over,) = supervisor._children(server.pid)
    folder = Path(worker._channel._folder)
    assert folder.is_dir()
    os.kill(over, signal.SIGKILL)
    with pytest.raises(CallFailed) as failed:
        call_again_and_again(candidate, 0.01)
    assert failed.value.status == "crash"
    assert not folder.exists()
    server.kill()
    server.wait()
    candidate.begin(0)
    assert candidate.forward({}, {"x": X})[0]["out"].tolist() == [[0, 2]]
    worker.close()


def test_a_worker_ends_with_the_process_that_asked_for_it(tmp_path, servers_of_its_own):
    path = write(tmp_path, RIGHT, RELU_BACKWARD)
    servers.mechanisms(Limits())
    server = server_of("process")._process.pid
    if os.fork() == 0:
        worker_of(path)
        os.kill(os.getpid(), signal.SIGKILL)
    os.wait()
    deadline = time.monotonic() + 10
    while supervisor._descendants(server) and time.monotonic() < deadline:
        time.sleep(0.01)
    assert supervisor._descendants(server) == []


def test_neither_memory_nor_descriptors_grow_with_candidates(tmp_path):
    """A small version of what `python -m benchmarks.containment 1000` measures."""
    path = write(tmp_path, RIGHT, RELU_BACKWARD)

    def several(count: int) -> tuple[int, int]:
        for _ in range(count):
            worker_of(path).close()
        pages = int(Path("/proc/self/statm").read_text().split()[1])
        return pages * os.sysconf("SC_PAGE_SIZE"), len(os.listdir("/proc/self/fd"))

    memory, descriptors = several(10)
    memory_later, descriptors_later = several(40)
    assert descriptors_later == descriptors
    assert memory_later - memory < 1 << 20


def test_what_one_function_leaves_behind_is_no_other_ones_fault(tmp_path):
    linear = """
    def affine_forward(x, w, b):
        return x @ w + b + SPOILED, (x, w)
    """
    body = "global SPOILED\nSPOILED = 1\nreturn np.maximum(x, 0), x"
    worker = worker_of(write(tmp_path, "SPOILED = 0", relu(body), RELU_BACKWARD, linear))
    relu_of(worker).forward({}, {"x": X})
    found = next(f for f in worker.found if f.operator == "linear")
    other = Candidate(worker, found, find_operator("linear"))
    other.begin(0)
    inputs = {"x": X, "w": np.eye(2), "b": np.zeros(2)}
    attributes = {"features": (2,), "out_features": 2}
    assert other.forward(attributes, inputs)[0]["out"].tolist() == X.tolist()
    worker.close()


def test_every_process_draws_its_own_numbers(tmp_path):
    before = (
        "import random, torch\nDRAWN = [random.random(), np.random.rand(), torch.rand(1).item()]"
    )
    path = write(tmp_path, relu("return np.array(DRAWN), x", before), RELU_BACKWARD)
    drawn = []
    for _ in range(2):
        worker = worker_of(path, forbid=())
        drawn.append(relu_of(worker).forward({}, {"x": X})[0]["out"])
        worker.close()
    assert (drawn[0] != drawn[1]).all()


# Limits that are kept


def test_seconds_of_an_operator_are_counted_over_its_calls(tmp_path):
    body = "import time\ntime.sleep(0.2)\nreturn np.maximum(x, 0), x"
    worker = worker_of(write(tmp_path, relu(body), RELU_BACKWARD), seconds_per_operator=1.0)
    candidate = relu_of(worker)
    with pytest.raises(CallFailed, match="took longer than") as failed:
        call_again_and_again(candidate)
    assert (failed.value.status, failed.value.fatal) == ("timeout", True)
    assert not worker.alive
    with pytest.raises(CallFailed, match="took longer than 1 s in all its calls"):
        candidate.begin(0)
    worker.close()


def test_processor_time_of_threads_left_behind_counts(tmp_path):
    spin = "def spin():\n    while True: pass\n\nimport threading"
    body = "threading.Thread(target=spin).start()\nreturn np.maximum(x, 0), x"
    path = write(tmp_path, relu(body, spin), RELU_BACKWARD)
    worker = worker_of(path, seconds_per_operator=1.0)
    candidate = relu_of(worker)
    candidate._left = 1e9  # by the clock it has all the time there is
    with pytest.raises(CallFailed, match="more than 1 s of processor time") as failed:
        call_again_and_again(candidate, 0.1)
    assert failed.value.status == "timeout"
    worker.close()


@pytest.mark.parametrize("level", LEVELS)
@pytest.mark.parametrize(
    ("body", "limits", "words"),
    [
        ("with open('big', 'wb') as f: f.write(bytes(3 << 20))", {"file_mb": 2}, "File too large"),
        ("held = [open('/dev/null') for _ in range(40)]", {"descriptors": 32}, "Too many open"),
    ],
)
def test_files_and_descriptors_are_limited(level, body, limits, words, tmp_path):
    path = write(tmp_path, relu(f"{body}\nreturn np.maximum(x, 0), x"), RELU_BACKWARD)
    worker = worker_of(path, containment=level, **limits)
    with pytest.raises(CallFailed, match=words):
        relu_of(worker).forward({}, {"x": X})
    worker.close()


@pytest.mark.parametrize("level", LEVELS)
def test_the_private_folder_can_be_written_to_and_is_removed(level, tmp_path):
    body = """
    import os, pathlib, tempfile
    assert os.getcwd() == os.environ["HOME"] == tempfile.gettempdir()
    pathlib.Path("note").write_text("here")
    os.mkdir("locked", 0o000)
    raise KeyError(os.getcwd())
    """
    path = write(tmp_path, relu(textwrap.dedent(body)), RELU_BACKWARD)
    worker = worker_of(path, containment=level)
    with pytest.raises(CallFailed, match="KeyError") as failed:
        relu_of(worker).forward({}, {"x": X})
    folder = Path(failed.value.message.partition("'")[2].rstrip("'"))
    assert folder.name.startswith("layerproof-")
    assert folder.exists()
    worker.close()
    assert not folder.exists()


def test_a_parent_that_writes_to_nobody_is_not_held_up():
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    with pytest.raises(wire.TimedOut):
        wire.send(writing, bytes(1 << 20), time.monotonic() + 0.05)
    os.close(reading)
    os.close(writing)


# The sandbox


needs_landlock = pytest.mark.skipif(
    not LINUX or not sandbox.probe().has(sandbox.LANDLOCK), reason="there is no Landlock here"
)


@pytest.mark.parametrize("level", LEVELS)
def test_a_verdict_says_what_holds(level):
    said = containment(Limits(containment=level, memory_mb=500))
    assert said["level"] == level
    assert said["limits"]["memory mb"] == 500
    assert json.loads(json.dumps(said)) == said
    states = set(said["mechanisms"].values())
    assert all(s == "active" or s.startswith("not available: ") for s in states)
    if level == "process":
        assert said["limits"]["network"] == said["limits"]["files"] == "not limited"
    else:
        names = {sandbox.LANDLOCK, sandbox.SECCOMP, sandbox.PROCESSES, sandbox.NETWORK}
        assert names <= set(said["mechanisms"])


@pytest.mark.skipif(not LINUX, reason="the probes call Linux")
def test_elsewhere_than_on_linux_every_mechanism_is_said_to_be_absent(monkeypatch):
    monkeypatch.setattr(system, "LINUX", False)
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    found = sandbox.probe()
    assert set(found.report.values()) == {"not available: Darwin has no such mechanism"}
    assert {sandbox.LANDLOCK, sandbox.SECCOMP, sandbox.NETWORK, sandbox.MOUNTS} <= set(found.report)
    sandbox.enter_server(found)  # enters nothing
    sandbox.enter_processes(found)


WRITES = """
from pathlib import Path

def relu_forward(x):
    try:
        (Path(__file__).parent / "written").write_text("here")
    except OSError:
        return np.maximum(x, 0), x
    return x, x
"""
WITHOUT = """
import sys
sys.path.insert(0, {root!r})
from candidates.worker import forkserver, system
{patch}
forkserver.main()
"""


@pytest.mark.parametrize(
    ("patch", "absent"),
    [
        ("system.LINUX = False", {sandbox.LANDLOCK, sandbox.SECCOMP, sandbox.NETWORK}),
        (
            "from candidates.worker import landlock, namespaces\n"
            "def refused(*arguments): raise PermissionError(1, 'Operation not permitted')\n"
            "namespaces.unshare = refused",
            {sandbox.USER, sandbox.NETWORK, sandbox.MOUNTS, sandbox.PROCESSES},
        ),
        (
            "from candidates.worker import landlock\n"
            "def none(): raise system.NotAvailable('the kernel offers no Landlock')\n"
            "landlock.abi = none",
            {sandbox.LANDLOCK},
        ),
    ],
    ids=["no Linux", "no namespaces", "no Landlock"],
)
def test_a_candidate_is_judged_with_the_mechanisms_that_there_are(
    patch, absent, tmp_path, monkeypatch, servers_of_its_own
):
    starter = tmp_path / "server"
    starter.mkdir()
    (starter / "__main__.py").write_text(WITHOUT.format(root=str(ROOT), patch=patch))
    monkeypatch.setattr(servers, "HOME", starter)
    worker = worker_of(write(tmp_path, WRITES, RELU_BACKWARD), containment="sandbox")
    missing = {name for name, state in worker.held_by.items() if state.startswith("not available")}
    assert absent <= missing, worker.held_by
    written = relu_of(worker).forward({}, {"x": X})[0]["out"].tolist() != [[0, 2]]
    assert written == (sandbox.NETWORK in absent and sandbox.LANDLOCK in absent)
    assert (tmp_path / "written").exists() == written
    worker.close()


TORCH = """
import torch

def rectified(x):
    t = torch.from_numpy(x.copy())
    return torch.relu(t).numpy() * float(torch.get_num_threads() == 1)

def relu_forward(x):
    return np.asarray(rectified(x)), x
"""


@pytest.mark.parametrize("level", LEVELS)
def test_torch_runs_on_one_thread_at_every_level(level, tmp_path):
    worker = worker_of(write(tmp_path, TORCH, RELU_BACKWARD), containment=level, forbid=())
    assert relu_of(worker).forward({}, {"x": X})[0]["out"].tolist() == [[0, 2]]
    worker.close()


@pytest.mark.parametrize("level", LEVELS)
def test_what_may_use_a_gpu_shares_no_server(level, tmp_path, servers_of_its_own, monkeypatch):
    monkeypatch.setattr("candidates.scan.gpu_is_there", lambda: True)
    source = TORCH.replace("t = ", "assert not torch.cuda.is_initialized()\n    t = ")
    worker = worker_of(write(tmp_path, source, RELU_BACKWARD), containment=level, forbid=())
    assert relu_of(worker).forward({}, {"x": X})[0]["out"].tolist() == [[0, 2]]
    assert not servers._servers
    worker.close()


HIDDEN_TORCH = """
import importlib

def relu_forward(x):
    torch = importlib.import_module("to" + "rch")
    return torch.relu(torch.from_numpy(x.copy())).numpy(), x
"""


@needs_landlock
@pytest.mark.parametrize("source", [TORCH, HIDDEN_TORCH])
def test_forbidden_packages_are_refused(source, tmp_path):
    path = write(tmp_path, source, RELU_BACKWARD)
    worker = worker_of(path, containment="sandbox", forbid=("torch", "scipy.signal"))
    with pytest.raises(CallFailed, match="torch") as failed:
        relu_of(worker).forward({}, {"x": X})
    assert failed.value.status == "forbidden"
    worker.close()


def test_what_is_shown_goes_around_what_is_not(tmp_path):
    for name in ("lib/a/x", "lib/a/torch/nn", "lib/b", "bin"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "lib" / "link").symlink_to(tmp_path / "lib" / "a" / "torch")
    root = str(tmp_path)
    shown = landlock.without([f"{root}/lib", f"{root}/bin"], [f"{root}/lib/a/torch"])
    assert sorted(shown) == [f"{root}/bin", f"{root}/lib/a/x", f"{root}/lib/b"]
    assert landlock.without([root], [root]) == []


def test_the_helper_beside_a_candidate_is_found_unless_it_stands_alone(tmp_path):
    (tmp_path / "helper.py").write_text("def rectified(x):\n    return x * (x > 0)\n")
    path = write(tmp_path, relu("return rectified(x), x", "from helper import rectified"))
    worker = worker_of(path, containment="sandbox")
    assert relu_of(worker).forward({}, {"x": X})[0]["out"].tolist() == [[0, 2]]
    worker.close()
    if sandbox.probe().has(sandbox.LANDLOCK):
        worker = worker_of(path, containment="sandbox", beside=False)
        with pytest.raises(CallFailed, match="needs helper"):
            relu_of(worker).forward({}, {"x": X})
        worker.close()


def test_the_command_judges_in_the_sandbox(tmp_path):
    path = EXAMPLES / "right.py"
    words = f"check {path} --operator relu --containment sandbox --examples 20"
    run = subprocess.run(
        [sys.executable, "-m", "candidates", *words.split(), "--json", str(tmp_path / "v.json")],
        cwd=ROOT,
        capture_output=True,
        text=True,
    )
    assert run.returncode == 0, run.stdout + run.stderr
    said = json.loads((tmp_path / "v.json").read_text())["containment"]
    assert said["level"] == "sandbox"
    assert "ResourceWarning" not in run.stderr
