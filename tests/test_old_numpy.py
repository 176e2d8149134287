"""What NumPy had and has no more: right code of its year is right, and the verdict names it."""

from __future__ import annotations

import numpy as np
import pytest

from candidates.worker.old_numpy import NAMES
from properties.implementation import CallFailed
from tests.loading import is_relu, loaded, relu_of
from tests.test_stubs import write

FORMS = {
    "numpy.float": "x = x.astype(np.float)",
    "numpy.float_": "x = x * np.ones(1, np.float_)",
    "numpy.int": "x = np.where(np.array([1, 0]).astype(np.int)[0] == 1, x, -x)",
    "numpy.NINF": "x = np.maximum(x, np.NINF)",
    "numpy.product": "x = x.reshape(np.product(x.shape)).reshape(x.shape)",
    "numpy.in1d": "assert np.in1d([[1], [5]], [5, 6]).tolist() == [False, True]",
    "numpy.row_stack": "assert np.row_stack([[1, 2], [3, 4]]).shape == (2, 2)",
    "numpy.asscalar": "x = x + np.asscalar(np.zeros((1, 1)))",
    "numpy.msort": "assert np.msort(np.array([[2, 1], [1, 2]])).tolist() == [[1, 1], [2, 2]]",
    "numpy.trapz": "assert np.trapz([1, 3], dx=2) == 4",
    "numpy.asfarray": "assert np.asfarray([1, 2]).dtype == np.float64",
    "newshape of numpy.reshape": "x = np.reshape(np.reshape(x, newshape=(-1,)), newshape=x.shape)",
}


@pytest.mark.parametrize("name", FORMS)
def test_what_numpy_had_has_an_equivalent(tmp_path, name):
    with loaded(write(tmp_path, body=FORMS[name])) as worker:
        assert is_relu(relu_of(worker))
        assert set(worker.stubbed) <= {name}  # nothing to say where this NumPy has it still


@pytest.mark.parametrize(
    "body", ["np.float32(1), np.int64(1), np.prod(x.shape)", "np.reshape(x, -1)"]
)
def test_what_numpy_has_is_not_named(tmp_path, body):
    with loaded(write(tmp_path, body=body)) as worker:
        assert is_relu(relu_of(worker))
        assert worker.stubbed == {}


def test_every_old_name_is_there_or_was_given(tmp_path):
    names = ", ".join(f"np.{name}" for name in NAMES)
    with loaded(write(tmp_path, body=f"assert None not in ({names})")) as worker:
        assert is_relu(relu_of(worker))


ONE_ELEMENT = pytest.param(
    "float(np.ones((1, 1)))",
    "until NumPy 2.4 an array of one element could be",
    marks=pytest.mark.skipif(
        np.lib.NumpyVersion(np.__version__) < "2.4.0", reason="NumPy converts it"
    ),
)


@pytest.mark.parametrize(
    ("body", "sentence"),
    [ONE_ELEMENT, ("np.array([[1], [1, 2]])", "until NumPy 1.24 such a list became an array")],
)
def test_what_numpy_did_once_is_said_where_it_raises_now(tmp_path, body, sentence):
    with loaded(write(tmp_path, body=body)) as worker:
        failed = relu_of(worker)
        assert isinstance(failed, CallFailed)
        assert failed.status == "crash"
        assert sentence in str(failed)
        assert "layers.py, line 6" in str(failed)
