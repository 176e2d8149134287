"""The sandbox: namespaces, Landlock and seccomp together, as far as this machine has them.

Each mechanism is tried before it is used: what cannot be had is left out, and said.
"""

from __future__ import annotations

import functools
import glob
import json
import os
import site
import sys
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from candidates.limits import Limits
from candidates.worker import landlock, namespaces, seccomp
from candidates.worker.bounds import Report, attempt

ROOT = Path(__file__).resolve().parents[2]
OURS = ("benchmarks", "candidates", "properties", "reference", "tests")

SYSTEM = ("/usr", "/lib", "/lib32", "/lib64", "/nix/store", "/etc/ld.so.cache", "/etc/localtime")
FACTS = ("/proc/self", "/proc/cpuinfo", "/proc/meminfo", "/proc/stat", "/sys/devices/system")
RANDOM = ("/dev/random", "/dev/urandom")
DEVICES = ("/dev/null", "/dev/zero")
GPUS = ("/dev/nvidia*", "/dev/kfd", "/dev/dri/render*")
OF_GPUS = ("/proc/driver/nvidia", "/proc/devices", "/sys/bus", "/sys/class", "/sys/module")


@dataclass
class Sandbox:
    """What of the sandbox this machine has: `report` by mechanism, and how to use it."""

    report: Report = field(default_factory=dict)
    landlock: int = 0  # its version

    def has(self, mechanism: str) -> bool:
        return self.report.get(mechanism) == "active"


USER, MOUNTS, PROCESSES = "user namespace", "mount namespace", "process namespace"
NETWORK, TALK = "network namespace", "namespace of interprocess communication"
READ_ONLY, MEMORY_FOLDER = "all mounts read-only", "private folder in memory"
OWN_PROC = "/proc of its own"
LANDLOCK, SECCOMP = "Landlock (files)", "seccomp (system calls)"
CAPABILITIES = "no capabilities"
NAMESPACES: dict[str, int] = {
    NETWORK: namespaces.NEWNET,
    TALK: namespaces.NEWIPC,
    MOUNTS: namespaces.NEWNS,
    PROCESSES: namespaces.NEWPID,
}


def probe() -> Sandbox:
    """Try everything in a process of its own: one that half enters a namespace is good for
    nothing else."""
    found = Sandbox()
    found.report = _in_a_fork(_probe_namespaces)
    versions: list[int] = []
    attempt(found.report, LANDLOCK, lambda: versions.append(landlock.abi()))
    attempt(found.report, SECCOMP, seccomp.machine)
    found.landlock = versions[0] if versions else 0
    return found


def _probe_namespaces() -> Report:
    report: Report = {}
    as_root = os.geteuid() == 0
    if as_root:
        attempt(report, "as root", namespaces.unshare, namespaces.NEWIPC)
    if not as_root or report.pop("as root") != "active":
        attempt(report, USER, namespaces.become_user)
    for name, flag in NAMESPACES.items():
        attempt(report, name, namespaces.unshare, flag)
    with tempfile.TemporaryDirectory() as folder:
        return report | _in_a_fork(_probe_mounts, folder)


def _probe_mounts(folder: str) -> Report:
    report: Report = {}
    attempt(report, MOUNTS, namespaces.private_mounts)
    if report[MOUNTS] == "active":
        attempt(report, MEMORY_FOLDER, namespaces.writable, folder, 1)
        attempt(report, OWN_PROC, namespaces.own_processes_only)
        if report[MEMORY_FOLDER] == "active":
            attempt(report, READ_ONLY, namespaces.read_only)
    return report


def _in_a_fork(function: Callable[..., Report], *arguments: str) -> Report:
    """What a function returns that is called in a process of its own."""
    reading, writing = os.pipe()
    process = os.fork()
    if process == 0:
        try:
            os.write(writing, json.dumps(function(*arguments)).encode())
        finally:
            os._exit(0)
    os.close(writing)
    with open(reading, "rb") as pipe:
        text = pipe.read()
    os.waitpid(process, 0)
    report: Report = json.loads(text or b'{"namespaces": "not available: the probe failed"}')
    return report


def enter_server(found: Sandbox) -> None:
    """Enter the namespaces that all workers of a server share: nothing is in them."""
    if found.has(USER):
        namespaces.become_user()
    for name in (NETWORK, TALK):
        if found.has(name):
            namespaces.unshare(NAMESPACES[name])


def enter_processes(found: Sandbox) -> None:
    """The next process that this one forks is the first of a namespace of its own."""
    if found.has(PROCESSES):
        namespaces.unshare(namespaces.NEWPID)


def enter_worker(found: Sandbox, limits: Limits, folder: str, readable: Sequence[str]) -> None:
    """Shut this process in for good. `folder` is the one it may write to; `readable` is what it
    may read beside the interpreter and its libraries. Raises OSError where a mechanism that was
    there when it was tried is not there now."""
    if found.has(MOUNTS):
        namespaces.private_mounts()
        if found.has(READ_ONLY):
            namespaces.read_only()
        if found.has(MEMORY_FOLDER):
            namespaces.writable(folder, limits.file_mb)
        if found.has(OWN_PROC):
            namespaces.own_processes_only()
        os.chdir(folder)
    # Root may read what belongs to others: Landlock says what of it.
    as_root = os.geteuid() == 0 and found.has(LANDLOCK)
    keep = namespaces.DAC_READ_SEARCH if as_root else 0
    attempt(found.report, CAPABILITIES, namespaces.drop_capabilities, keep)
    if found.has(LANDLOCK):
        gpus = [path for pattern in GPUS for path in glob.glob(pattern)]
        facts = [*FACTS, *RANDOM, *(OF_GPUS if gpus else ())]
        paths = [*shown_libraries(limits.forbid or ()), *facts, *readable]
        landlock.restrict(paths, [folder], [*DEVICES, *gpus], found.landlock)
    if found.has(SECCOMP):
        seccomp.restrict()


@functools.lru_cache
def shown_libraries(forbid: tuple[str, ...] = ()) -> list[str]:
    """Paths that cover what may be read of the interpreter and its libraries."""
    hidden = [str(path) for path in excluded(forbid)]
    return landlock.without(map(str, libraries()), hidden)


def libraries() -> list[Path]:
    """Where the interpreter and what it may import lie, each folder once."""
    asked = [*SYSTEM, *sys.path, *site.getsitepackages(), *_library_path()]
    asked += [f"{prefix}/{lib}" for prefix in (sys.base_prefix, sys.prefix) for lib in _LIBS]
    found: list[Path] = []
    for path in sorted({Path(p).resolve() for p in asked if p} - {ROOT}):
        if path.exists() and not any(path.is_relative_to(root) for root in found):
            found.append(path)
    return found


_LIBS = ("lib", "lib64")


def _library_path() -> list[str]:
    return [p for p in os.environ.get("LD_LIBRARY_PATH", "").split(":") if p.startswith("/")]


def excluded(forbid: Sequence[str]) -> list[Path]:
    """What is not shown although it may lie among the libraries: the suite, what is forbidden."""
    folders = {Path(p).resolve() for p in [*sys.path, *site.getsitepackages()] if p} - {ROOT}
    for prefix in (sys.prefix, sys.base_prefix, "/usr", "/usr/local"):
        folders |= {p.resolve() for p in Path(prefix).glob("lib*/python3*/*-packages")}
    found = [p for p in ROOT.iterdir() if not any(f.is_relative_to(p) for f in folders)]
    found += [ROOT / name for name in OURS]
    for folder in folders:
        for name in forbid:
            *packages, last = name.split(".")
            inside = folder.joinpath(*packages)
            found += [*inside.glob(last), *inside.glob(f"{last}.*")]
    return found


def environment(folder: str) -> Mapping[str, str]:
    """Where a program puts its files when nobody says where."""
    return {"HOME": folder, "TMPDIR": folder, "XDG_CACHE_HOME": folder, "XDG_CONFIG_HOME": folder}
