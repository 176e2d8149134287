"""`layerproof` in a process forked from one that has imported torch: the same run, seconds sooner.

The server runs nothing of torch, so that what is forked from it may. Tests of the command as such
(how it starts, stops and is interrupted) start it as its users do.
"""

from __future__ import annotations

import multiprocessing
import os
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

PRELOADED = [
    "__main__",
    "torch",
    "torchvision",
    "torch._dynamo",  # torch.optim imports it at the first step
    "candidates.cli",
    "candidates.running",
    "properties.checks",
    "properties.explore",
    "tests.served",
]
SECONDS = 300.0


@dataclass(frozen=True)
class Finished:
    """What a run left: its exit status, and what it printed."""

    returncode: int
    stdout: str
    stderr: str


def layerproof(*arguments: Any, cwd: Path) -> Finished:
    """Run the command with these arguments. Raises TimeoutError after 300 seconds."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(PRELOADED)  # the first call of a session starts the server
    with tempfile.TemporaryDirectory() as folder:
        files = [Path(folder) / name for name in ("stdout", "stderr")]
        texts = [str(argument) for argument in arguments]
        given = texts, str(cwd), dict(os.environ), [*map(str, files)]
        process = context.Process(target=_run, args=given)
        process.start()
        process.join(SECONDS)
        if process.is_alive():
            process.kill()
            raise TimeoutError(f"layerproof {' '.join(texts)} did not end in {SECONDS:.0f} s")
        assert process.exitcode is not None
        return Finished(process.exitcode, *(file.read_text() for file in files))


def _run(
    arguments: Sequence[str], cwd: str, environment: Mapping[str, str], files: Sequence[str]
) -> None:
    """The body of the forked process: the command, with nothing to read and files to write to."""
    from candidates.cli import main

    nothing = os.open(os.devnull, os.O_RDONLY)
    opened = [os.open(file, os.O_WRONLY | os.O_CREAT) for file in files]
    for descriptor, own in enumerate((nothing, *opened)):
        os.dup2(own, descriptor)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = ["layerproof", *arguments]
    try:
        status = main(arguments)
    except SystemExit as stopped:  # argparse
        status = stopped.code if isinstance(stopped.code, int) else 1
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
