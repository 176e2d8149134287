"""Messages: every byte accounted for, nothing taken on trust."""

from __future__ import annotations

import json
import os
import time

import numpy as np
import pytest

from candidates.worker import wire


def split(message):
    header, payload = wire._LENGTHS.unpack_from(message)
    start = wire._LENGTHS.size
    assert len(message) == start + header + payload
    return message[start : start + header], message[start + header :]


@pytest.mark.parametrize(
    "array",
    [
        np.arange(6.0).reshape(2, 3),
        np.full((), 2.5, np.float32),
        np.zeros((0, 3)),
        np.arange(24).reshape(2, 3, 4)[:, ::-1, ::2],
        np.array([True, False]),
        np.array([1 + 2j]),
        np.array([np.nan, np.inf]),
        np.arange(3.0).astype(">f8"),
    ],
)
def test_round_trip(array):
    header, groups = wire.unpack(*split(wire.pack({"call": "x"}, {"inputs": {"a": array}})))
    assert header == {"call": "x"}
    assert np.array_equal(groups["inputs"]["a"], array, equal_nan=array.dtype.kind == "f")
    assert groups["inputs"]["a"].shape == array.shape


def test_what_is_no_array_travels_as_its_name():
    _, groups = wire.unpack(*split(wire.pack({}, {"results": {"dx": "None"}})))
    assert groups == {"results": {"dx": "None"}}


def forged(described, payload=b""):
    text = json.dumps({"arrays": {"results": {"a": described}}}).encode()
    return text, payload


@pytest.mark.parametrize(
    ("text", "payload"),
    [
        (b"", b""),
        (b"[]", b""),
        (b"{}", b""),
        (b"{" * 10_000, b""),
        (b'{"arrays": 3}', b""),
        forged(3),
        forged({"dtype": "object", "shape": [1]}, b"12345678"),
        forged({"dtype": "float64", "shape": [-1]}, b"12345678"),
        forged({"dtype": "float64", "shape": [True]}, b"12345678"),
        forged({"dtype": "float64", "shape": [1.0]}, b"12345678"),
        forged({"dtype": "float64", "shape": [2]}, b"12345678"),
        forged({"dtype": "float64", "shape": [1]}, b"123456789"),
        forged({"dtype": "float64", "shape": [1 << 40]}, b"12345678"),
        forged({"dtype": "float64", "shape": [1] * 40}, b"12345678"),
        forged({"shape": [1]}, b"12345678"),
    ],
)
def test_forged_messages_are_refused(text, payload):
    with pytest.raises(wire.Malformed):
        wire.unpack(text, payload)


def test_lengths_over_the_limits_are_refused_before_reading():
    reading, writing = os.pipe()
    os.write(writing, wire._LENGTHS.pack(1 << 31, 1 << 62))
    with pytest.raises(wire.Malformed, match="over the limit"):
        wire.receive(reading, time.monotonic() + 1.0)
    os.close(reading)
    os.close(writing)


def test_half_a_message_times_out_and_a_closed_pipe_ends():
    reading, writing = os.pipe()
    os.write(writing, b"abc")
    with pytest.raises(wire.TimedOut):
        wire.receive(reading, time.monotonic() + 0.05)
    os.close(writing)
    with pytest.raises(EOFError):
        wire.receive(reading, time.monotonic() + 0.05)
    os.close(reading)
