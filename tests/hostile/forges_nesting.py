"""Answers with a header that is nested a hundred thousand times."""

import time

from forging import server, write


def relu_forward(x):
    write(server()._writing, b'{"arrays":' * 100_000)
    time.sleep(3600)
