"""Sends what it was given to somebody else."""

import os
import socket


def relu_forward(x):
    with socket.create_connection(("127.0.0.1", int(os.environ["LC_PORT"])), timeout=1) as peer:
        peer.sendall(x.tobytes())
    return x, x
