"""Removes its traces: overwrites, renames and deletes its own file."""

import os
import shutil


def relu_forward(x):
    for change in (
        lambda: open(__file__, "w").close(),
        lambda: os.truncate(__file__, 0),
        lambda: os.rename(__file__, __file__ + ".old"),
        lambda: os.remove(__file__),
        lambda: os.chmod(__file__, 0),
        lambda: os.utime(__file__, (0, 0)),
        lambda: os.link(__file__, os.path.join(os.getcwd(), "linked")),
        lambda: shutil.rmtree(os.path.dirname(__file__)),
    ):
        try:
            change()
        except OSError:
            continue
        raise RuntimeError("its own file was changed")
    return x, x
