"""Imports that are absent: stubs survive the load, and a call into one is *missing*."""

from __future__ import annotations

import pytest

from tests.loading import folder_of, functions, is_relu, loaded, relu_of

RELU = """
import numpy as np
{before}

def relu_forward(x):
    {body}
    return np.maximum(x, 0), x
"""


def write(tmp_path, before="", body="pass"):
    path = tmp_path / "layers.py"
    path.write_text(RELU.format(before=before, body=body))
    return path


@pytest.mark.parametrize(
    "before",
    [
        "import nowhere",
        "import nowhere.below as n\nn.a.b.c(1)[2].d = 3",
        "from nowhere import *",
        "from nowhere.below import a, b as c",
        "from nowhere import Base\nclass Net(Base, c=1):\n    pass\nNet()(1).item, Net().f(1)",
        "from nowhere import Base, Other\nclass Net(Base, Other):\n    pass",
        "import nowhere as n\n@n.jit(cache=True)\ndef f(x=n.pi): pass",
        "import nowhere as n\ndef f(x: n.Tensor | None, y: 'n.T') -> n.T[int]: pass",
        "import typing, nowhere as n\nT = typing.Optional[n.Tensor]\nU = n.T | None",
        "import nowhere as n\nwith n.no_grad() as g:\n    K = -n.pi * 2 + g\n    J = 2 ** K < 1",
        "import nowhere as n\nK = isinstance(1, n.Tensor) or issubclass(int, n.T)\nassert not K",
        "import nowhere as n\nn.set(1)['a'] = 2\ndel n.x[0]\nprint(f'{n.v:3} {n}', n.__version__)",
        "import nowhere as n\nK = n.a is n.a\nassert K and {n.a: 1}[n.a] == 1",
        "import nowhere as n\nassert not n.cuda.is_available()",
        "import copy, nowhere as n\ncopy.deepcopy(n.x)",
        "from seaborn import nowhere as plt\nplt.rcParams['a.b'] = 1, 2\nplt.figure().add()",
        "import numpy.nowhere as n\nn.f()",
        "from numpy import no_such_name\nno_such_name(2)",
    ],
)
def test_a_stub_survives_the_load(tmp_path, before):
    with loaded(write(tmp_path, before)) as worker:
        assert is_relu(relu_of(worker))
        assert worker.stubbed
        assert worker.failed == []


@pytest.mark.parametrize(
    ("before", "body", "sentence"),
    [
        ("from .im2col_cython import im2col", "im2col(x)", "needs {}.im2col_cython.im2col"),
        ("import nowhere as n", "n.a.b(x)", "needs nowhere.a.b"),
        ("import nowhere as n\nf = n.make(1).run", "f(x)", "needs nowhere.make"),
        ("import nowhere as n\nK = n.load(1)", "x = x * K", "needs nowhere.load"),
        ("import nowhere as n\nK = n.load(1)", "x = K @ x", "needs nowhere.load"),
        ("import nowhere as n\nK = n.load(1)", "x = np.dot(x, K)", "needs nowhere.load"),
        ("import nowhere as n\nK = n.load(1)", "np.asarray(K)", "needs nowhere.load"),
        ("import nowhere as n\nK = n.load(1)", "x[int(K)]", "needs nowhere.load"),
        ("import nowhere as n\nK = n.load(1)", "for k in K: pass", "needs nowhere.load"),
        ("import nowhere as n\nK = n.load(1)", "return K, x", "needs nowhere.load"),
        ("import nowhere as n\nclass Net(n.Net): pass", "Net()", "needs nowhere.Net"),
        ("import cv2", "x = cv2.blur(x) + 1", "needs cv2.blur"),
        ("from nowhere import *", "helper(x)", "needs helper of nowhere"),
        ("from numpy import no_such_name", "no_such_name(x)", "needs numpy.no_such_name"),
        (
            "try:\n    from nowhere import fast\nexcept ImportError:\n    print('build it first')",
            "fast(x)",
            "needs nowhere.fast",
        ),
        ("", "import nowhere; nowhere.f(x)", "needs nowhere.f"),
    ],
)
def test_a_judged_call_into_a_stub_is_missing_and_names_it(tmp_path, before, body, sentence):
    with loaded(write(tmp_path, before, body)) as worker:
        failed = relu_of(worker)
        assert failed.status == "missing"
        assert sentence.format(tmp_path.name.replace("-", "_")) in failed.message
        assert "not installed" in failed.message


@pytest.mark.parametrize(
    ("before", "body"),
    [
        ("import matplotlib.pyplot as plt", "plt.plot(x); plt.show()"),
        ("import wandb", "wandb.log({'x': x})"),
        ("from tqdm import tqdm, trange", "s = [i for i in tqdm(range(3))]; assert len(s) == 3"),
        ("import tqdm.notebook as t", "assert list(t.trange(2)) == [0, 1]"),
        ("from past.builtins import xrange", "assert list(xrange(2)) == [0, 1]"),
        ("from builtins import range", "assert list(range(2)) == [0, 1]"),
        (
            "from six.moves import xrange, cPickle",
            "assert list(xrange(2)) == [0, 1]; cPickle.dumps",
        ),
        ("import six", "assert dict(six.iteritems({1: 2})) == {1: 2}"),
        ("from past.utils import old_div", "assert old_div(3, 2) == 1"),
        ("from future import standard_library\nstandard_library.install_aliases()", "pass"),
        ("from numba import njit\n@njit(cache=True)\ndef f(a): return a + 1", "assert f(1) == 2"),
        ("from numba import jit\n@jit\ndef f(a): return a + 1", "assert f(1) == 2"),
        ("import nose\n@nose.tools.istest\ndef f(a): return a + 1", "assert f(1) == 2"),
        ("from google.colab import drive\ndrive.mount('/content/drive')", "pass"),
        ("try:\n    import cupy as np\nexcept ImportError:\n    import numpy as np", "pass"),
        ("try:\n    import nowhere\nexcept ImportError:\n    nowhere = None", "assert not nowhere"),
        ("get_ipython().magic('matplotlib inline')", "pass"),
    ],
)
def test_harmless_imports_leave_the_function_right(tmp_path, before, body):
    with loaded(write(tmp_path, before, body)) as worker:
        result = relu_of(worker)
        assert is_relu(result), result
        assert worker.failed == []


def test_the_library_itself_is_used_where_it_is_installed(tmp_path):
    with loaded(
        write(tmp_path, "import hypothesis\nassert hypothesis.__version__ > '5'")
    ) as worker:
        assert worker.stubbed == {}


def test_a_name_that_did_not_come_about_is_named_where_it_is_needed(tmp_path):
    before = "K = open('no such file').read()\n\ndef helper(x): return x"
    with loaded(write(tmp_path, before, "helper(K)")) as worker:
        failed = relu_of(worker)
        assert failed.status == "missing"
        assert "needs K (layers.py, line 3), which raised FileNotFoundError" in failed.message
        (entry,) = worker.failed
        assert entry["file"] == "layers.py"
        assert "line 3: raised FileNotFoundError" in entry["reason"]
        assert "only definitions are executed" in entry["reason"]


def test_a_definition_that_fails_costs_only_itself(tmp_path):
    before = "@absent\ndef relu_backward(dout, cache): return dout\n\nclass C(absent): pass"
    with loaded(write(tmp_path, before)) as worker:
        assert functions(worker) == ["relu_forward"]
        assert is_relu(relu_of(worker))
        reasons = [entry["reason"] for entry in worker.failed]
        assert reasons == [
            "relu_backward (line 4): raised NameError: name 'absent' is not defined",
            "C (line 6): raised NameError: name 'absent' is not defined",
        ]


def test_a_script_that_trains_for_ever_is_stopped_and_its_definitions_judged(tmp_path):
    path = write(tmp_path)
    path.write_text(path.read_text() + "\nwhile True:\n    relu_forward(np.ones(3))\n")
    with loaded(path) as worker:
        assert is_relu(relu_of(worker))
        assert "took longer than" in worker.failed[0]["reason"]


def test_neighbours_are_imported_as_the_course_runs_them(tmp_path):
    relu = RELU.format(before="", body="pass")
    files = {
        "cs231n/layers.py": relu,
        "cs231n/layer_utils.py": "from cs231n.layers import *\n",
        "cs231n/relative.py": "from .layers import relu_forward\nfrom . import layers\n",
        "pkg/__init__.py": "",
        "pkg/deep/__init__.py": "",
        "pkg/deep/layers.py": "from ..base import relu_forward\nfrom pkg import base\n",
        "pkg/base.py": relu,
        "python/needle/__init__.py": "from .ops import relu_forward\n",
        "python/needle/ops.py": relu,
        "apps/models.py": "from needle import relu_forward\nimport needle as ndl\n",
        "modules/convolution.py": relu,
        "modules/net.py": "from modules.convolution import relu_forward\n",
        "scripts/run.py": "import sys\nsys.path.append('../modules')\n"
        "from convolution import relu_forward\n",
    }
    folder_of(tmp_path, files)
    for name in files:
        if "relu" in files[name]:
            with loaded(tmp_path / name) as worker:
                assert is_relu(relu_of(worker)), name
                assert worker.stubbed == {}, name


def test_a_file_is_loaded_once_even_if_its_package_imports_it(tmp_path):
    """Or a class would not be its own, as in needle: isinstance(x, Op)."""
    files = {
        "needle/__init__.py": "from .ops import relu_forward\nfrom . import ops\n",
        "needle/ops/__init__.py": "from .base import *\nfrom . import relu\nrelu_forward = 1\n",
        "needle/ops/base.py": "class Op:\n    pass\n\nLOADED = []\n",
        "needle/ops/relu.py": RELU.format(
            before="from needle.ops.base import LOADED\nLOADED.append(1)",
            body="assert len(LOADED) == 1",
        ),
    }
    folder_of(tmp_path, files)
    for path in ("needle/ops/relu.py", "needle", "."):
        with loaded(tmp_path / path) as worker:
            assert is_relu(relu_of(worker)), path


def test_a_file_of_a_package_whose_init_needs_the_file(tmp_path):
    files = {
        "needle/__init__.py": "from .array import Array\n",
        "needle/array/__init__.py": "from .plain import *\n",
        "needle/array/plain.py": "class Array:\n    pass\n\n" + RELU.format(before="", body="pass"),
    }
    folder_of(tmp_path, files)
    for path in ("needle/array/__init__.py", "needle/array/plain.py", "needle"):
        with loaded(tmp_path / path) as worker:
            assert is_relu(relu_of(worker)), path
            assert worker.failed == [], path
