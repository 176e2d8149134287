"""Candidates that attack the suite: none passes, none spoils what else is judged, none stays.

Each file in `tests/hostile` gets a right `linear` and a right `relu_backward` beside its attack,
which lies in `relu_forward` or, in `at_import`, in being loaded.
"""

from __future__ import annotations

import os
import shutil
import socket
import time
import uuid
from pathlib import Path

import pytest

from candidates import servers
from candidates.cli import operator_files
from candidates.client import LoadFailed, Worker
from candidates.conventions import find_convention
from candidates.judging import Judge, Request
from candidates.limits import Limits
from candidates.statuses import FAILING, worst
from tests.homework import EXAMPLES, RELU_BACKWARD

ROOT = Path(__file__).parents[1]
HOSTILE = Path(__file__).parent / "hostile"
RIGHT = (EXAMPLES / "right.py").read_text().partition("def relu_forward")[0]
LIMITS = {
    "seconds_per_call": 3.0,
    "seconds_to_load": 8.0,  # less than what a file may take for its statements
    "seconds_per_operator": 20.0,
    "memory_mb": 128,
}
EXPECTED = {
    "closes": "crash: closed its connection",
    "daemons": "crash: PermissionError",
    "error_without_words": "crash: ended its process",
    "executes": "crash: PermissionError",
    "exits": "crash: SystemExit",
    "exits_hard": "crash: ended its process (exit status 0)",
    "forges_ahead": "crash: it answers what was not asked",
    "forges_before": "crash: it answers what was not asked",
    "forges_later": "crash: it answers what was not asked",
    "forges_lengths": "crash: over the limit",
    "forges_nesting": "crash: not of the protocol's form",
    "forges_status_limit": "crash: the status is 'limit'",
    "forges_status_pass": "crash: the status is 'pass'",
    "forges_status_skipped": "crash: the status is 'skipped'",
    "forges_types": "crash: sent no proper answer",
    "forks": "crash: PermissionError",
    "frame_walk": "wrong: differs",
    "interrupts": "crash: KeyboardInterrupt",
    "kills": "crash: PermissionError",
    "liar": "wrong: Liar, a subclass",
    "liar_in_disguise": "wrong: numpy.ndarray",
    "loops": "timeout: took longer than 3 s",
    "memory": "crash: used more than 128 MB of memory",
    "network": "crash: PermissionError",
    "output": "wrong: differs",
    "patched_clock": "timeout: took longer than 3 s",
    "patched_numpy": "wrong: differs",
    "pickle_payload": "wrong: Payload",
    "reads": "wrong: differs",
    # Python 3.12 counts calls that go through C as well, and raises before the stack is used up.
    "recursion": "crash: ended its process by signal SIGSEGV | crash: raised RecursionError",
    "rejects": "crash: UnsatisfiedAssumption",
    "rewrites_itself": "wrong: differs",
    "rewrites_modules": "wrong: differs",
    "rewrites_the_host": "forbidden: replaces observe of the suite",
    "segfault": "crash: ended its process by signal SIGSEGV",
    "skips": "crash: SkipTest",
    "skips_pytest": "crash: Skipped",
    "sleeps": "timeout: took longer than 3 s",
    "stdin": "crash: EOFError",
    "terminal": r"crash: \x1b[2J\x1b]0;all tests passed\x07",
    "threads": "wrong: differs",
    "writes": "wrong: differs",
}
AT_IMPORT = {
    "claims": "sent no proper answer",
    "claims_a_convention": "sent no proper answer",
    "exits": "ended its process (exit status 0)",
    "loops": "took longer than 8 s",
}
# What harms nothing while it is loaded: the functions beside it are judged.
LOADED = ("reads_a_sibling", "runs_the_suite")
# What the weaker level promises as well; there, a file may read, write, fork and connect.
OF_PROCESS = {
    **{name: text for name, text in EXPECTED.items() if "PermissionError" not in text},
    # One for each call; memory is looked at from time to time, and the calls may be over before.
    "daemons": "crash: used more than 128 MB of memory | wrong: differs",
    "forks": "crash: used more than 128 MB of memory",
    "kills": "crash: closed its connection",
}
for _name in ("reads", "rewrites_itself", "writes"):
    del OF_PROCESS[_name]


@pytest.fixture(scope="module")
def token():
    """Servers whose processes, and all these start, are known by a word in their environment."""
    word = uuid.uuid4().hex
    servers.close_all()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("LC_TOKEN", word)
        patch.setenv("LC_SUITE", str(ROOT))
        patch.setenv("LC_HOME", str(Path.home()))
        patch.setenv("LC_PARENT", str(os.getpid()))
        with socket.create_server(("127.0.0.1", 0)) as listener:
            listener.setblocking(False)
            patch.setenv("LC_PORT", str(listener.getsockname()[1]))
            yield word
            with pytest.raises(BlockingIOError):  # nobody has connected
                listener.accept()
        servers.close_all()


@pytest.fixture
def folder(tmp_path):
    """A submission's folder, with a sibling and a link to the sibling's file."""
    (tmp_path / "sibling").mkdir()
    (tmp_path / "sibling" / "layers.py").write_text((EXAMPLES / "right.py").read_text())
    mine = tmp_path / "mine"
    mine.mkdir()
    (mine / "link_to_sibling.py").symlink_to(tmp_path / "sibling" / "layers.py")
    shutil.copy(HOSTILE / "forging.py", mine)
    return mine


def contents(folder: Path) -> dict[str, tuple[int, int, bytes]]:
    """Modes, times and bytes of all files beneath a folder, of its parent's as well."""
    files = [p for p in folder.parent.rglob("*") if p.is_file()]
    return {str(p): (p.stat().st_mode, p.stat().st_mtime_ns, p.read_bytes()) for p in files}


def alive(token: str) -> list[int]:
    """The processes with the token in their environment, but for the servers themselves."""
    mine = {server._process.pid for _, server in servers._servers.values()}
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and token.encode() in (entry / "environ").read_bytes():
                found.append(int(entry.name))
        except OSError:
            continue
    return [process for process in found if process not in mine | {os.getpid()}]


def gone(token: str) -> bool:
    """Whether nothing is alive, at the latest in a few seconds."""
    deadline = time.monotonic() + 5
    while alive(token) and time.monotonic() < deadline:
        time.sleep(0.02)
    return not alive(token)


def judged(path: Path, limits: Limits, examples: int = 6) -> dict[str, list[dict]]:
    """Rows by operator."""
    worker = Worker(path, "cs231n", operator_files(), limits)
    try:
        spellings = find_convention("cs231n").spellings(operator_files())
        request = Request(str(path), path.name, "cs231n", examples, 0)
        judges = [Judge(request, worker, f, spellings[f.spelling]) for f in worker.found]
        return {
            judge.operator.name: judge.rows(lambda row: None, lambda: None)
            for judge in sorted(judges, key=lambda j: j.operator.name, reverse=True)
        }
    finally:
        worker.close()


def write(folder: Path, name: str) -> Path:
    path = folder / "layers.py"
    attack = (HOSTILE / f"{name}.py").read_text()
    path.write_text(f"{RIGHT}\n\n{RELU_BACKWARD}\n\n{attack}")
    return path


def check(folder: Path, name: str, expected: str, token: str, level: str) -> None:
    path = write(folder, name)
    before = contents(folder)
    rows = judged(path, Limits(containment=level, **LIMITS))
    failing = [row for row in rows["relu"] if row["status"] in FAILING]
    status = worst(row["status"] for row in rows["relu"])
    assert any(
        status == wanted and any(words in row["message"] for row in failing)
        for wanted, _, words in (text.partition(": ") for text in expected.split(" | "))
    ), failing
    assert worst(row["status"] for row in rows["linear"]) == "pass"
    assert gone(token)
    assert contents(folder) == before


@pytest.mark.parametrize("name", EXPECTED)
def test_in_the_sandbox(name, folder, token):
    check(folder, name, EXPECTED[name], token, "sandbox")


@pytest.mark.parametrize("name", OF_PROCESS)
def test_in_a_process(name, folder, token):
    check(folder, name, OF_PROCESS[name], token, "process")


@pytest.mark.parametrize("name", AT_IMPORT)
def test_while_it_is_loaded(name, folder, token):
    path = write(folder, f"at_import/{name}")
    before = contents(folder)
    with pytest.raises(LoadFailed) as failed:
        Worker(path, None, operator_files(), Limits(containment="sandbox", **LIMITS))
    assert AT_IMPORT[name] in str(failed.value)
    assert gone(token)
    assert contents(folder) == before


@pytest.mark.parametrize("name", LOADED)
def test_what_is_refused_while_it_is_loaded_leaves_the_rest(name, folder, token):
    path = write(folder, f"at_import/{name}")
    before = contents(folder)
    rows = judged(path, Limits(containment="sandbox", **LIMITS))
    assert set(rows) == {"linear"}  # nothing came of relu_forward
    assert worst(row["status"] for row in rows["linear"]) == "pass"
    assert gone(token)
    assert contents(folder) == before


def test_every_hostile_file_is_tried():
    assert {p.stem for p in HOSTILE.glob("*.py")} - {"forging"} == set(EXPECTED)
    assert {p.stem for p in (HOSTILE / "at_import").glob("*.py")} == {*AT_IMPORT, *LOADED}
