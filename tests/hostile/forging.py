"""Speaks for the process: finds the suite's descriptor in the frames above and writes to it."""

import json
import os
import struct
import sys


def server():
    """The suite's own loop in this process."""
    frame = sys._getframe()
    while not hasattr(frame.f_locals.get("self"), "_writing"):
        frame = frame.f_back
    return frame.f_locals["self"]


def asked():
    """The number of the question, which a right answer repeats."""
    frame = sys._getframe()
    while "header" not in frame.f_locals:
        frame = frame.f_back
    return frame.f_locals["header"]["id"]


def write(descriptor, text, lengths=None, payload=b""):
    """A message with the lengths that are right, or with others."""
    message = struct.pack("<IQ", *(lengths or (len(text), len(payload)))) + text + payload
    while message:
        message = message[os.write(descriptor, message) :]


def send(header, payload=b""):
    write(server()._writing, json.dumps(header).encode(), None, payload)
