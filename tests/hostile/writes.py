"""Writes beside its file, over it, above it, at home and into the temporary folder."""

import os

HERE = os.path.dirname(os.path.abspath(__file__))
PLACES = [
    os.path.join(HERE, "written"),
    os.path.join(HERE, "..", "written"),
    os.path.join(os.environ["LC_HOME"], "written"),
    os.path.join(os.environ["LC_SUITE"], "written"),
    "/tmp/written_by_a_hostile_candidate",
    "/dev/shm/written_by_a_hostile_candidate",
]


def relu_forward(x):
    refused = 0
    for place in PLACES:
        try:
            with open(place, "w") as file:
                file.write("here")
        except OSError:
            refused += 1
    if refused < len(PLACES):
        raise RuntimeError(f"{len(PLACES) - refused} of {len(PLACES)} places were written to")
    return x, x
