"""Returns what would run a command in whoever unpickles it."""

import os


class Payload:
    def __reduce__(self):
        return os.system, ("touch " + os.path.join(os.path.dirname(__file__), "unpickled"),)


def relu_forward(x):
    return Payload(), x
