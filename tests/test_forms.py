"""Every form that homework comes in loads, or gets one sentence that says why not."""

from __future__ import annotations

import json
import os
import shutil
import zipfile

import pytest

from candidates import archives
from candidates.errors import UsageError
from candidates.worker import loading, sources
from tests.loading import folder_of, functions, is_relu, loaded, relu_of
from tests.test_command import check, layerproof, rows, statuses

RELU = "import numpy as np\n\n\ndef relu_forward(x):\n    return np.maximum(x, 0), x\n"
BACKWARD = "def relu_backward(dout, cache):\n    return dout * (cache > 0)\n"
WRONG = RELU.replace("np.maximum(x, 0)", "np.maximum(x, 1)")


def sentence_of(path):
    """The one sentence of a candidate that cannot be loaded."""
    with pytest.raises(UsageError) as raised, loaded(path):
        pass
    return str(raised.value)


def notebook(*cells, version=4):
    """JSON of a notebook: code cells as text, cells of text as a tuple."""
    made = [
        {"cell_type": "markdown", "metadata": {}, "source": list(cell)}
        if isinstance(cell, tuple)
        else {
            "cell_type": "code",
            "metadata": {},
            "execution_count": None,
            "outputs": [],
            "source" if version == 4 else "input": cell.splitlines(keepends=True),
        }
        for cell in cells
    ]
    if version == 4:
        return json.dumps({"cells": made, "metadata": {}, "nbformat": 4, "nbformat_minor": 4})
    sheets = [{"cells": made, "metadata": {}}]
    return json.dumps({"worksheets": sheets, "metadata": {}, "nbformat": 3, "nbformat_minor": 0})


# folders


def test_every_module_of_a_folder_is_loaded_and_one_that_fails_costs_only_itself(tmp_path):
    files = {
        "a/relu.py": RELU,
        "a/alias.py": "import relu\n\nrelu_forward = relu.relu_forward\n\ndef other(): pass\n",
        "b/back.py": BACKWARD,
        "b/uses.py": "from relu import relu_forward\n\ndef other(): pass\n",
        "c/two.py": "print 'x'\n\ndef sigmoid_forward(x): pass\n",
        "c/merge.py": "x = 1\n<<<<<<< HEAD\ndef f(): pass\n=======\n>>>>>>> theirs\n",
        "c/syntax.py": "def f(:\n",
        "notes.txt": "no code",
        "setup.py": "def f(): pass\nraise SystemExit\n",
        ".hidden/layers.py": WRONG,
        "__pycache__/layers.py": WRONG,
        "venv/pyvenv.cfg": "",
        "venv/layers.py": WRONG,
    }
    with loaded(folder_of(tmp_path, files)) as worker:
        assert functions(worker) == ["relu_forward", "relu_backward"]
        (found,) = worker.found
        assert found.places == ("a/relu.py, line 4", "b/back.py, line 1")
        assert is_relu(relu_of(worker))
        reasons = {entry["file"]: entry["reason"] for entry in worker.failed}
        assert reasons == {
            "c/two.py": "is Python 2 (line 1: print 'x'), and this is Python 3",
            "c/merge.py": "holds an unresolved merge (line 2: <<<<<<< HEAD)",
            "c/syntax.py": "raised SyntaxError: invalid syntax (syntax.py, line 1)",
        }


def test_a_function_that_two_files_define_is_judged_twice(tmp_path):
    files = {"a/layers.py": RELU + BACKWARD, "b/layers.py": WRONG + BACKWARD}
    folder = folder_of(tmp_path, files)
    verdict, run = check(folder, "--jobs", "1", examples=10)
    found = {(r["function"], r["status"]) for r in verdict["operators"][0]["properties"]}
    assert ("a/layers.py:relu_forward", "pass") in found
    assert ("a/layers.py:relu_forward", "wrong") not in found
    assert ("b/layers.py:relu_forward", "wrong") in found
    assert "WRONG: relu forward, b/layers.py:relu_forward (b/layers.py, line 4)" in run.stdout
    verdict, _ = check(folder, "--function", "a/layers.py:relu_forward", "--jobs", "1", examples=10)
    assert statuses(verdict) == {"relu": "pass"}


def test_projects_of_one_folder_keep_their_own_modules(tmp_path):
    """assignment1 and assignment2 both hold a package cs231n, which is imported late as well."""
    late = "def relu_forward(x):\n    from cs231n.base import relu_forward as f\n    return f(x)\n"
    files = {}
    for name, base in (("one", RELU), ("two", WRONG)):
        files |= {f"{name}/cs231n/__init__.py": "", f"{name}/cs231n/layers.py": late}
        files[f"{name}/cs231n/base.py"] = base.replace("def relu_forward", "def _f")
        files[f"{name}/cs231n/base.py"] += f"\nrelu_forward = _f\n\ndef of_{name}(): pass\n"
        files[f"{name}/cs231n/uses.py"] = f"from cs231n.base import of_{name}\n\ndef f(): pass\n"
    with loaded(folder_of(tmp_path, files)) as worker:
        late = [i for i, f in enumerate(worker.found) if "layers.py" in f.functions[0]]
        assert [is_relu(relu_of(worker, i)) for i in late] == [True, False]
        assert [is_relu(relu_of(worker, i)) for i in reversed(late)] == [False, True]
        assert worker.stubbed == {}


def test_a_package_and_a_file_of_it(tmp_path):
    files = {"net/__init__.py": "from .layers import *\n", "net/layers.py": RELU + BACKWARD}
    folder_of(tmp_path, files)
    for path in ("net", "net/layers.py", "net/__init__.py"):
        with loaded(tmp_path / path) as worker:
            assert functions(worker) == ["relu_forward", "relu_backward"]


def test_names_of_files_that_are_taken(tmp_path):
    names = ("random.py", "numpy.py", "torch.py", "properties.py", "two words.py", "a-b.py")
    for name in names:
        with loaded(folder_of(tmp_path / name, {name: RELU}) / name) as worker:
            assert is_relu(relu_of(worker)), name
    with loaded(folder_of(tmp_path / "properties", {"__init__.py": "", "x.py": RELU})) as worker:
        assert is_relu(relu_of(worker))


def test_links_are_not_followed(tmp_path):
    folder = folder_of(tmp_path / "in", {"layers.py": RELU})
    folder_of(tmp_path / "out", {"other.py": WRONG})
    (folder / "loop").symlink_to(folder)
    (folder / "away").symlink_to(tmp_path / "out")
    (folder / "other.py").symlink_to(tmp_path / "out" / "other.py")
    with loaded(folder) as worker:
        assert functions(worker) == ["relu_forward"]
    (tmp_path / "self").symlink_to(tmp_path / "self")
    assert "does not exist" in sentence_of(tmp_path / "self")


def test_too_many_files_and_deep_trees(tmp_path, monkeypatch):
    folder = folder_of(tmp_path, {f"f{i}.py": RELU for i in range(loading.MAX_FILES + 1)})
    assert "holds more than 1000 Python files" in sentence_of(folder)
    deep = tmp_path / "deep" / "/".join("d" * 400)
    deep.mkdir(parents=True)
    (deep / "layers.py").write_text(RELU)
    (tmp_path / "deep" / "layers.py").write_text(RELU)
    with loaded(tmp_path / "deep") as worker:
        assert functions(worker) == ["relu_forward"]


# single files that Python cannot read


@pytest.mark.parametrize(
    ("data", "sentence"),
    [
        (b"print 'x'\n", "is Python 2 (line 1: print 'x')"),
        (b"x = 1\nprint x, y\n", "is Python 2 (line 2: print x, y)"),
        (b"raise ValueError, 'x'\n", "is Python 2 (line 1: raise ValueError, 'x')"),
        (b"try:\n    x\nexcept E, e:\n    pass\n", "is Python 2 (line 3: except E, e:)"),
        (b"if 1 <> 2: pass\n", "is Python 2 (line 1"),
        (b"x = 10L\n", "is Python 2 (line 1"),
        (b"exec code in names\n", "is Python 2 (line 1"),
        (b"f = lambda (a, b): a\n", "is Python 2 (line 1"),
        (b"if 1:\n        x = 1\n\ty = 2\n", "mixes tabs and spaces (line 3)"),
        (b"def f():\n<<<<<<< HEAD\n    pass\n", "holds an unresolved merge (line 2: <<<<<<< HEAD)"),
        (b"x = '\xe9'\n", "is not utf-8 in line 1"),
        (b"# a\n\n# \xff\xfe\n", "is not utf-8 in line 3"),
        (b"# coding: klingon\nx = 1\n", "declares an encoding that Python does not know"),
        ("x = 1\n".encode("utf-16"), "is UTF-16 text"),
        (b"x = 1\0\n", "holds null bytes"),
        (b"x = " + b"(" * 5000 + b"\n", "SyntaxError"),
        (b"x = " + b"-" * 100_000 + b"1\n", "nested too deeply"),
        (b"#" * (sources.MAX_BYTES + 1), "is larger than 10 MB"),
        (b"", "has no function that is known"),
        (b"# nothing\n", "has no function that is known"),
    ],
)
def test_what_python_cannot_read_gets_one_sentence(tmp_path, data, sentence):
    path = tmp_path / "layers.py"
    path.write_bytes(data)
    run = layerproof("check", path)
    assert run.returncode == 2
    assert sentence in run.stderr.splitlines()[0]
    assert "Traceback" not in run.stderr


@pytest.mark.parametrize(
    "data",
    [
        b"\xef\xbb\xbf" + RELU.encode(),
        b"# -*- coding: latin-1 -*-\n# \xe9\n" + RELU.encode(),
        RELU.replace("\n", "\r\n").encode(),
        RELU.replace("    ", "\t").encode(),
        b"from __future__ import print_function, division, annotations\n" + RELU.encode(),
        b'"""Text.\n\n>>> print 1\n"""\n' + RELU.encode(),
    ],
)
def test_what_python_reads_is_judged(tmp_path, data):
    path = tmp_path / "layers.py"
    path.write_bytes(data)
    with loaded(path) as worker:
        assert is_relu(relu_of(worker))


def test_a_file_that_may_not_be_read(tmp_path, monkeypatch):
    path = tmp_path / "layers.py"
    path.write_text(RELU)
    monkeypatch.setattr(os, "access", lambda *arguments: False)
    assert "may not be read" in sentence_of(path)


def test_names_of_python_2_are_said_to_be_that(tmp_path):
    path = tmp_path / "layers.py"
    path.write_text(RELU.replace("return", "for i in xrange(2): pass\n    return"))
    with loaded(path) as worker:
        failed = relu_of(worker)
        assert failed.status == "missing"
        assert failed.message == "is Python 2: xrange (layers.py, line 5), and this is Python 3"


def test_a_division_that_was_whole_in_python_2(tmp_path):
    path = tmp_path / "layers.py"
    path.write_text(RELU.replace("return", "np.zeros(x.shape[1] / 2)\n    return"))
    with loaded(path) as worker:
        failed = relu_of(worker)
        assert failed.status == "crash"
        assert (
            "/ of whole numbers is no whole number in Python 3; layers.py, line 5" in failed.message
        )


# zip files


def zipped(path, members):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as file:
        for name, data in members.items():
            file.writestr(name, data)
    return path


def test_a_zip_file_is_judged_and_leaves_nothing_behind(tmp_path, monkeypatch):
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path / "private"))
    (tmp_path / "private").mkdir()
    path = zipped(tmp_path / "hw.zip", {"hw/layers.py": RELU, "__MACOSX/layers.py": WRONG})
    with loaded(path) as worker:
        (folder,) = (tmp_path / "private").iterdir()
        assert folder.stat().st_mode & 0o077 == 0
        assert is_relu(relu_of(worker))
    assert list((tmp_path / "private").iterdir()) == []


def test_a_zip_file_is_named_in_the_verdict_and_replayed(tmp_path):
    path = zipped(tmp_path / "hw.zip", {"hw/layers.py": WRONG})
    verdict, run = check(path, "--property", "forward", "--jobs", "1", examples=5)
    row = rows(verdict, "relu")["forward"]
    assert row["place"] == "hw/layers.py, line 4"
    assert f"layerproof check {path}" in row["reproduce"]
    assert "layerproof-" not in run.stdout


def link(name):
    member = zipfile.ZipInfo(name)
    member.external_attr = 0o120777 << 16
    return member


@pytest.mark.parametrize(
    ("members", "sentence"),
    [
        ({"../evil.py": RELU}, "holds '../evil.py', which lies outside of it"),
        ({"a/../../evil.py": RELU}, "which lies outside of it"),
        ({"/etc/evil.py": RELU}, "which lies outside of it"),
        ({"..\\evil.py": RELU}, "which lies outside of it"),
        ({"C:\\evil.py": RELU}, "which lies outside of it"),
        ({link("layers.py"): "/etc/passwd"}, "holds a symbolic link, 'layers.py'"),
        ({"empty.txt": ""}, "holds no Python file"),
        ({}, "holds no Python file"),
    ],
)
def test_a_zip_file_that_no_honest_program_makes(tmp_path, members, sentence):
    assert sentence in sentence_of(zipped(tmp_path / "hw.zip", members))
    assert not (tmp_path / "evil.py").exists()


def test_limits_of_a_zip_file_count_what_comes_out(tmp_path, monkeypatch):
    big = b"\0" * (archives.MAX_MEMBER + 1)
    path = zipped(tmp_path / "data.zip", {"layers.py": RELU, "data.npy": big})
    with archives.opened(path) as folder:
        assert sorted(p.name for p in folder.iterdir()) == ["layers.py"]
    monkeypatch.setattr(archives, "MAX_TOTAL", archives.MAX_MEMBER)
    assert "unpacks to more than" in sentence_of(path)
    monkeypatch.setattr(archives, "MAX_MEMBERS", 1)
    assert "holds more than 1 files" in sentence_of(path)


def test_what_is_no_zip_file(tmp_path):
    path = tmp_path / "hw.zip"
    path.write_text("no zip")
    assert "is no zip file that can be unpacked" in sentence_of(path)
    zipped(path, {"layers.py": RELU * 100})
    path.write_bytes(path.read_bytes()[:60] + b"x" * 10 + path.read_bytes()[70:])
    assert "is no zip file that can be unpacked" in sentence_of(path)


# notebooks

CELLS = (
    ("# Homework\n",),
    "%matplotlib inline\nimport numpy as np\n!pip install x \\\n  y\nimport seaborn as sns",
    "EPS = 1e-8\nK, J = 0, -np.inf\nopen('ran', 'w')\nnp.__dict__.update(maximum=None)\nshow(x)",
    "def relu_forward(x):\n    if K:\n        %time x\n    return np.maximum(x, K), x\n",
    ("text\n",),
    "@np.vectorize\ndef step(c):\n    return float(c > K)\n\n"
    "def relu_backward(dout, cache):\n    return dout * step(cache)\n\nrelu_backward?",
    "%%bash\nrm -rf things\n",
    "%%time\nsquashed = lambda x: 1 / (1 + np.exp(-x))\nfor i in range(9):\n    train()\n",
    "print 'old'\n",
)


@pytest.mark.parametrize("version", [3, 4])
def test_a_notebook_is_executed_as_far_as_it_defines_something(tmp_path, version):
    path = tmp_path / "homework.ipynb"
    path.write_text(notebook(*CELLS, version=version))
    with loaded(path) as worker:
        assert functions(worker) == ["relu_forward", "relu_backward"]
        (found,) = worker.found
        assert found.places == ("homework.ipynb, cell 4, line 1", "homework.ipynb, cell 6, line 5")
        assert is_relu(relu_of(worker))
        assert worker.failed == []
    assert not (tmp_path / "ran").exists()
    assert not os.path.exists("ran")


def test_verdict_and_traceback_cite_cells(tmp_path):
    path = tmp_path / "homework.ipynb"
    broken = "def helper(x):\n    return x.no_such\n"
    call = "def relu_forward(x):\n    # one\n    return helper(x), x\n"
    path.write_text(notebook("import numpy as np\n", ("text",), broken, call))
    verdict, run = check(path, "--property", "forward", "--jobs", "1", examples=5)
    row = rows(verdict, "relu")["forward"]
    assert row["place"] == "homework.ipynb, cell 4, line 1"
    assert row["counterexample"]["traceback"] == [
        '  File "homework.ipynb, cell 4", line 3, in relu_forward',
        "    return helper(x), x",
        '  File "homework.ipynb, cell 3", line 2, in helper',
        "    return x.no_such",
    ]
    assert "CRASH: relu forward, relu_forward (homework.ipynb, cell 4, line 1)" in run.stdout


def test_cells_that_fail_cost_only_themselves(tmp_path):
    path = tmp_path / "homework.ipynb"
    cells = ["import numpy as np\n", "@absent\ndef relu_backward(): pass", "def f(:\n", RELU]
    path.write_text(notebook(*cells, "DATA = load()\nclass C(DATA): pass"))
    with loaded(path) as worker:
        assert is_relu(relu_of(worker))
        assert [entry["reason"] for entry in worker.failed] == [
            "cell 3: raised SyntaxError: invalid syntax (homework.ipynb, cell 3, line 1)",
            "relu_backward (cell 2, line 2): raised NameError: name 'absent' is not defined",
            "C (cell 5, line 2): raised NameError: name 'DATA' is not defined",
        ]


def test_a_notebook_beside_its_files(tmp_path):
    text = notebook("import sys\nsys.path.append('lib')\nfrom layers import *\ndef other(): pass\n")
    folder_of(tmp_path, {"layers.ipynb": text, "layers.py": RELU, "lib/far.py": BACKWARD})
    with loaded(tmp_path / "layers.ipynb") as worker:
        assert functions(worker) == ["relu_forward"]
    with loaded(tmp_path) as worker:
        assert functions(worker) == ["relu_forward", "relu_backward"]


@pytest.mark.parametrize(
    "text", ["", "no json", "[]", "{}", '{"cells": 3}', '{"cells": [1, {"cell_type": "code"}]}']
)
def test_what_is_no_notebook(tmp_path, text):
    path = tmp_path / "homework.ipynb"
    path.write_text(text)
    run = layerproof("check", path)
    assert run.returncode == 2
    assert "is no notebook" in run.stderr or "has no function" in run.stderr
    assert "Traceback" not in run.stderr


# module:Object

OBJECT = RELU + (
    "\nclass Static:\n    @staticmethod\n    def relu_forward(x):\n        return relu_forward(x)\n"
    "\nclass Made:\n    def __init__(self): self.zero = 0\n"
    "    def relu_forward(self, x): return np.maximum(x, self.zero), x\n"
    "\nclass Asks:\n    def __init__(self, a): pass\n    def relu_forward(self, x): return x, x\n"
    "\nclass inner:\n    space = Made()\n"
)


@pytest.mark.parametrize("name", ["Static", "Made", "inner.space"])
def test_an_object_of_a_module(tmp_path, monkeypatch, name):
    folder_of(tmp_path, {"net/layers.py": OBJECT, "hw.ipynb": notebook(OBJECT)})
    monkeypatch.chdir(tmp_path)
    for module in ("net/layers.py", "net.layers", str(tmp_path / "net" / "layers.py"), "hw.ipynb"):
        with loaded(f"{module}:{name}") as worker:
            assert functions(worker) == ["relu_forward"]
            assert is_relu(relu_of(worker))


def test_an_object_is_judged_and_replayed(tmp_path):
    folder_of(tmp_path, {"layers.py": OBJECT.replace("x, self.zero", "x, 1 + self.zero")})
    verdict, _ = check(f"{tmp_path}/layers.py:Made", "--jobs", "1", examples=5)
    row = rows(verdict, "relu")["forward"]
    assert row["status"] == "wrong"
    assert f"layerproof check {tmp_path}/layers.py:Made" in row["reproduce"]


@pytest.mark.parametrize(
    ("target", "sentence"),
    [
        ("layers.py:Nothing", "has no 'Nothing'"),
        ("layers.py:Asks", "cannot be made without arguments"),
        ("layers.py:inner.x", "has no 'inner.x'"),
        ("no.such.module:Static", "names the module 'no.such.module', but"),
        ("no/such.py:Static", "does not exist"),
        (".:Static", "an object is taken from a module, not from a folder"),
        ("hw.zip:Static", "an object is taken from a module, not from a zip file"),
    ],
)
def test_an_object_that_is_not_there(tmp_path, monkeypatch, target, sentence):
    folder_of(tmp_path, {"layers.py": OBJECT})
    shutil.make_archive(str(tmp_path / "hw"), "zip", tmp_path, "layers.py")
    monkeypatch.chdir(tmp_path)
    assert sentence in sentence_of(target)
