"""The bounds that need no privilege: own session, resource limits, no survivors, no privileges."""

from __future__ import annotations

import contextlib
import itertools
import os
import resource
import signal

from candidates.limits import Limits
from candidates.worker.system import NotAvailable, prctl

PR_SET_PDEATHSIG = 1
PR_SET_CHILD_SUBREAPER = 36
PR_SET_NO_NEW_PRIVS = 38

MB = 1 << 20
Report = dict[str, str]  # mechanism: "active", or "not available: why"


def attempt(report: Report, name: str, *step: object) -> None:
    """Call a step and note whether it could be done."""
    function, *arguments = step
    try:
        function(*arguments)  # type: ignore[operator]
    except (NotAvailable, OSError, ValueError) as error:
        report[name] = f"not available: {getattr(error, 'strerror', None) or error}"
    else:
        report[name] = "active"


def adopt_orphans() -> None:
    """What a descendant leaves behind becomes our child: it can be found and ended."""
    prctl(PR_SET_CHILD_SUBREAPER, 1)


def apply(limits: Limits) -> Report:
    """Bound this process, which leads a session of its own. What could be had, by name."""
    report: Report = {"session and process group of its own": "active"}
    sizes = {
        "core dumps off": (resource.RLIMIT_CORE, 0),
        "size of files": (resource.RLIMIT_FSIZE, limits.file_mb * MB),
        "open descriptors": (resource.RLIMIT_NOFILE, limits.descriptors),
    }
    for name, (which, most) in sizes.items():
        attempt(report, name, _lower, which, most)
    attempt(report, "ends with its supervisor", prctl, PR_SET_PDEATHSIG, signal.SIGKILL)
    attempt(report, "gains no privileges", prctl, PR_SET_NO_NEW_PRIVS, 1)
    with contextlib.suppress(OSError), open("/proc/self/oom_score_adj", "w") as file:
        file.write("1000")  # where the machine runs out of memory, this process goes first
    return report


def _lower(which: int, most: int) -> None:
    _, hard = resource.getrlimit(which)
    most = most if hard == resource.RLIM_INFINITY else min(most, hard)
    resource.setrlimit(which, (most, most))


def close_all_but(kept: set[int]) -> None:
    """Close every descriptor above standard error that is not among `kept`."""
    edges = [2, *sorted(kept), os.sysconf("SC_OPEN_MAX")]
    for low, high in itertools.pairwise(edges):
        os.closerange(low + 1, high)
