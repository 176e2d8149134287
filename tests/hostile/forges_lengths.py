"""Announces an answer of more bytes than there are."""

import time

from forging import server, write


def relu_forward(x):
    write(server()._writing, b"{}", ((1 << 32) - 1, 1 << 62))
    time.sleep(3600)
