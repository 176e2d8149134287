"""Reads what it should not: the suite, a sibling's work, keys, other processes."""

import os

HERE = os.path.dirname(os.path.abspath(__file__))
SUITE = os.environ["LC_SUITE"]
PLACES = [
    os.path.join(HERE, "link_to_sibling.py"),
    os.path.join(HERE, "..", "sibling", "layers.py"),
    os.path.join(SUITE, "properties", "operators", "relu.py"),
    os.path.join(SUITE, "reference", "naive", "relu.py"),
    os.path.join(SUITE, "tests", "homework.py"),
    os.path.join(os.environ["LC_HOME"], "secret"),
    "/etc/passwd",
    f"/proc/{os.environ['LC_PARENT']}/environ",
    f"/proc/{os.environ['LC_PARENT']}/mem",
]


def relu_forward(x):
    for place in PLACES:
        try:
            with open(place, "rb") as file:
                file.read(1)
        except OSError:
            continue
        raise RuntimeError(f"read {place}")
    return x, x
