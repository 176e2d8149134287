"""`layerproof grade` as an instructor meets it: rows, results that last, reports, scores."""

from __future__ import annotations

import contextlib
import csv
import io
import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
import zipfile
from pathlib import Path
from xml.etree import ElementTree

import pytest

from candidates.cli import main
from candidates.errors import UsageError
from candidates.grading import judges
from candidates.grading.assignment import Assignment, task_of
from candidates.grading.grades import Grade, grade_of
from candidates.grading.progress import estimate
from candidates.grading.scoring import Scale, read_weights
from candidates.grading.submissions import (
    Refused,
    Submission,
    fingerprint,
    mentions,
    stage,
    submissions_in,
)
from candidates.limits import Limits
from candidates.reports import csv_report, grades_report, junit_report
from candidates.reports.writing import write_whole
from tests.homework import EXAMPLES, RELU_BACKWARD, relu, write

# pytest-xdist's processes have a thread, which never holds a lock that a judging process needs.
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded")

ROOT = Path(__file__).parents[1]
RIGHT = relu("return np.maximum(x, 0), x")
WRONG = relu("return np.maximum(x, 1), x")
FEW = ("--examples", "8", "--operator", "relu", "--jobs", "2")


def command(*arguments):
    return [sys.executable, "-m", "candidates", "grade", *map(str, arguments)]


def environment():
    return {**os.environ, "PYTHONPATH": str(ROOT)}


def grade(*arguments, cwd=ROOT):
    return subprocess.run(
        command(*arguments),
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=600,
    )


def grades(folder, *arguments):
    """Rows by submission, from `--report json`, the exit status and the error output.

    It runs in this process, which has imported torch already.
    """
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        status = main(["grade", *map(str, [folder, *FEW, "--report", "json", *arguments])])
    return {row["submission"]: row for row in json.loads(out.getvalue())}, status, err.getvalue()


def submission(folder, name, *functions):
    return write(folder, *(functions or (RIGHT, RELU_BACKWARD)), name=name)


SEEN = """
SEEN = []

def relu_forward(x):
    SEEN.append(x.tobytes())
    if len(SEEN) == 10:
        raise ValueError(hashlib.sha256(b"".join(SEEN)).hexdigest())
    return np.maximum(x, 0), x
"""
LONG = "l" * 250 + ".py"
BREAK = "break\nand\ttab.py"
NOT_UTF8 = os.fsdecode(b"caf\xe9.py")


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A class whose submissions are as strange as they come, graded once."""
    folder = tmp_path_factory.mktemp("hand-ins") / "class"
    folder.mkdir()
    outside = submission(folder.parent, "outside.py")
    for name in ("right.py", "=1+1.py", "größe.py", BREAK, LONG, NOT_UTF8, "-x.py"):
        submission(folder, name)
    submission(folder, "wrong.py", WRONG, RELU_BACKWARD)
    submission(folder, "seen.py", "import hashlib", SEEN, RELU_BACKWARD)
    submission(folder, "seen_too.py", "import hashlib", SEEN, "def tanh(): ...", RELU_BACKWARD)
    submission(folder, "copies.py", "from right import relu_forward, relu_backward")
    (folder / "package").mkdir()
    submission(folder / "package", "__init__.py", "from .layers import *")
    submission(folder / "package", "layers.py")
    (folder / "thief").mkdir()
    submission(folder / "thief", "__init__.py", "from .layers import *")
    (folder / "thief" / "layers.py").symlink_to(folder / "right.py")
    (folder / "syntax.py").write_text("def f(:\n")
    (folder / "nothing.py").write_text("x = 1\n")
    (folder / "link_out.py").symlink_to(outside)
    (folder / "link_in.py").symlink_to("right.py")
    (folder / "loop.py").symlink_to("loop.py")
    os.mkfifo(folder / "pipe.py")
    (folder / "notes.txt").write_text("no submission\n")
    run = grade(folder, *FEW, "--require", "linear", "--report", "json")
    assert "Traceback" not in run.stderr, run.stderr
    return folder, {row["submission"]: row for row in json.loads(run.stdout)}, run


def test_right_submissions_pass_whatever_they_are_called(graded):
    _, rows, run = graded
    assert run.returncode == 0
    passing = {name for name, row in rows.items() if row["operators"].get("relu") == "pass"}
    named = {"right.py", "=1+1.py", "größe.py", BREAK, LONG, NOT_UTF8, "-x.py"}
    assert passing == {*named, "package", "link_in.py"}, rows
    assert "left out: notes.txt" in run.stderr
    assert list(rows) == sorted(rows)


@pytest.mark.parametrize(
    ("name", "status", "words"),
    [
        ("syntax.py", "unloadable", "cannot be loaded: it raised SyntaxError"),
        ("nothing.py", "missing", "has no function that is known"),
        ("link_out.py", "unloadable", "leads outside the folder of submissions"),
        ("loop.py", "unloadable", "leads nowhere"),
        ("pipe.py", "unloadable", "is neither a file nor a folder"),
        ("thief", "unloadable", "holds the link 'layers.py', which leads outside the submission"),
        ("copies.py", "missing", "stubbed: right ("),
        ("wrong.py", "wrong", "wrong: relu"),
    ],
)
def test_what_cannot_be_judged_has_a_row_with_one_sentence(graded, name, status, words):
    folder, rows, _ = graded
    row = rows[name]
    assert row["status"] == status
    assert words in row["reason"]
    assert row["score"] == 0
    if status == "unloadable":
        assert row["reason"].startswith(str(folder / name))


def test_a_required_operator_that_is_absent_counts(graded):
    _, rows, _ = graded
    assert rows["right.py"]["operators"] == {"linear": "missing", "relu": "pass"}
    assert rows["right.py"]["status"] == "missing"
    assert rows["right.py"]["score"] == 0.5


def test_everyone_gets_the_same_cases(graded):
    _, rows, _ = graded

    def digest(name):
        verdict = json.loads(Path(rows[name]["result"]).read_text())
        messages = [r["message"] for e in verdict["operators"] for r in e["properties"]]
        (first, *_) = [m for m in messages if m]
        return first

    assert "ValueError" in digest("seen.py")
    assert digest("seen.py") == digest("seen_too.py")


def test_results_are_whole_verdicts_and_nothing_is_written_among_the_submissions(graded):
    folder, rows, _ = graded
    results = folder.with_name("class-results")
    assert len(list(results.iterdir())) == len(rows)
    for row in rows.values():
        verdict = json.loads(Path(row["result"]).read_text())
        assert verdict["schema"] == 1
        assert verdict["grade"]["submission"] == row["submission"]
        assert Path(row["result"]).parent == results
    assert not [path for path in folder.rglob("*") if "__pycache__" in path.parts]


def test_each_report_tells_the_same(graded):
    folder, rows, _ = graded
    run = grade(folder, *FEW, "--require", "linear", "--report", "csv")
    assert "judged already" in run.stderr
    table = list(csv.reader(io.StringIO(run.stdout)))
    assert table[0] == ["submission", "status", "score", "linear", "relu", "seconds", "reason"]
    assert [line[1] for line in table[1:]] == [row["status"] for row in rows.values()]
    names = {line[0] for line in table}
    assert {"'=1+1.py", "'-x.py", "größe.py", BREAK, LONG, r"caf\udce9.py"} <= names
    run = grade(folder, *FEW, "--require", "linear", "--report", "junit")
    suites = {suite.get("name"): suite for suite in ElementTree.fromstring(run.stdout)}
    assert len(suites) == len(rows)
    failed = suites["wrong.py"].findall("testcase[@classname='relu']/failure")
    assert {failure.get("type") for failure in failed} == {"wrong"}
    assert "smallest case" not in run.stdout  # hints are none unless they are asked for
    assert suites["right.py"].find("testcase[@classname='linear']/failure") is not None
    assert suites["syntax.py"].find("testcase/error") is not None


def test_the_table_shows_one_line_a_submission(graded):
    folder, rows, _ = graded
    run = grade(folder, *FEW)
    assert len(run.stdout.splitlines()) == len(rows) + 2
    assert r"break\nand\ttab.py" in run.stdout


def test_a_change_is_judged_anew_and_nothing_else(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    for name in ("a.py", "b.py"):
        submission(folder, name)
    rows, _, _ = grades(folder)
    written = {name: os.stat(row["result"]).st_mtime_ns for name, row in rows.items()}

    def judged_anew(*arguments):
        after, _, _ = grades(folder, *arguments)
        now = {name: os.stat(row["result"]).st_mtime_ns for name, row in after.items()}
        changed = {name for name in now if now[name] != written[name]}
        written.update(now)
        return changed

    assert judged_anew("--require", "linear") == set()
    submission(folder, "b.py", WRONG, RELU_BACKWARD)
    assert judged_anew() == {"b.py"}
    assert judged_anew("--seed", "1") == {"a.py", "b.py"}
    assert judged_anew("--seed", "1", "--again") == {"a.py", "b.py"}
    Path(rows["a.py"]["result"]).write_text('{"grade": {"fingerprint": ')
    assert judged_anew("--seed", "1") == {"a.py"}


def descendants(process):
    """The processes below one, each with the processor time it has used, from /proc."""
    parents, seconds = {}, {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            with contextlib.suppress(OSError):  # it has just ended
                stat = (entry / "stat").read_text().rpartition(")")[2].split()
                parents[int(entry.name)] = int(stat[1])
                seconds[int(entry.name)] = int(stat[11]) / os.sysconf("SC_CLK_TCK")
    found, todo = set(), {process}
    while todo:
        todo = {child for child, parent in parents.items() if parent in todo} - found
        found |= todo
    return {child: seconds[child] for child in found}


def wait_until(condition, seconds=60):
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.05)


def alive(processes):
    return [p for p in processes if Path(f"/proc/{p}").exists()]


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="processes are read from /proc")
def test_ctrl_c_stops_at_once_and_the_same_command_goes_on(tmp_path, ctrl_c):
    folder = tmp_path / "class"
    folder.mkdir()
    submission(folder, "a.py")
    submission(folder, "b.py", "while True:\n    pass")
    few = (*FEW[:-1], "1", "--report", "json")
    results = tmp_path / "class-results"
    running = subprocess.Popen(
        command(folder, *few), env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    wait_until((results / "a.py.json").exists)
    wait_until(lambda: max(descendants(running.pid).values(), default=0) > 0.8)  # b.py loops
    below = descendants(running.pid)
    started = time.monotonic()
    running.send_signal(signal.SIGINT)
    out, err = running.communicate(timeout=30)
    assert time.monotonic() - started < 10
    assert running.returncode == 130
    assert out == b""
    assert b"goes on after 1 of 2 submissions" in err
    assert b"Traceback" not in err
    wait_until(lambda: not alive(below), seconds=5)
    assert [path.name for path in results.iterdir()] == ["a.py.json"]
    before = (results / "a.py.json").stat().st_mtime_ns
    submission(folder, "b.py", WRONG, RELU_BACKWARD)
    rows, _, said = grades(folder, "--jobs", "1")
    assert (results / "a.py.json").stat().st_mtime_ns == before
    assert "1 of 2 submissions are judged already" in said
    assert {name: row["status"] for name, row in rows.items()} == {"a.py": "pass", "b.py": "wrong"}


def test_after_ctrl_c_who_judges_again_is_told_how_to_go_on(tmp_path, monkeypatch, capsys):
    def stopped(*of):
        raise KeyboardInterrupt
        yield

    monkeypatch.setattr("candidates.grading.judges.judge_all_submissions", stopped)
    folder = tmp_path / "class"
    folder.mkdir()
    submission(folder, "a.py")
    for again, said in (((), "the same command"), (("--again",), "this command without --again")):
        assert main(["grade", str(folder), *FEW, *again]) == 130
        assert f"{said} goes on after 0 of 1 submissions" in capsys.readouterr().err


def assignment(**changed):
    values = {"operators": ("relu",), "convention": None, "examples": 4, "seed": 0}
    return Assignment(**{**values, "hints": "none", "limits": Limits(), **changed})


def tasks_in(folder, tmp_path):
    digest, results = assignment().digest(), tmp_path / "results"
    results.mkdir()
    return [
        task_of(one, f"class/{one.name}", digest, results, tmp_path / "scratch")
        for one in submissions_in(folder)[0]
    ]


def test_a_judging_process_that_dies_costs_only_its_own_row(tmp_path, monkeypatch):
    folder = tmp_path / "class"
    folder.mkdir()
    for name in ("a.py", "dies.py", "raises.py", "z.py"):
        submission(folder, name)
    tasks = tasks_in(folder, tmp_path)
    judge = judges.judge_submission

    def dying(task, *arguments):
        if task.submission.name == "dies.py":
            os.kill(os.getpid(), signal.SIGKILL)
        return judge(task, *arguments)

    monkeypatch.setattr(judges, "judge_submission", dying)
    monkeypatch.setattr("candidates.grading.marking.stage", staged_unless("raises.py"))
    done = list(judges.judge_all_submissions(tasks, assignment(), jobs=2))
    assert sorted(task.submission.name for task in done) == [t.submission.name for t in tasks]
    rows = {t.submission.name: grade_of(t.read(), Scale(), "") for t in tasks}
    assert [row.status for row in rows.values()] == ["pass", "error", "error", "pass"]
    assert rows["dies.py"].reason == "the judging process ended by signal SIGKILL"
    assert rows["dies.py"].score is None
    assert rows["raises.py"].reason == "the judging process raised ZeroDivisionError: of ours"
    assert [task.is_judged for task in tasks] == [True, False, False, True]
    assert not list((tmp_path / "scratch").iterdir())


def staged_unless(name):
    def staged(one, *arguments):
        if one.name == name:
            raise ZeroDivisionError("of ours")
        return stage(one, *arguments)

    return staged


def test_a_file_is_written_whole_or_not_at_all(tmp_path):
    file = tmp_path / "report.csv"
    file.write_text("before")

    def parts():
        yield "half"
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space"):
        write_whole(file, parts())
    assert [path.name for path in tmp_path.iterdir()] == ["report.csv"]
    assert file.read_text() == "before"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["no/such/folder"], "does not exist"),
        (["README.md"], "is no folder"),
        (["EMPTY"], "holds no submission: a submission is a .py, .ipynb, .zip file or a folder"),
        (["PACKAGE"], "is itself a package, so it is one submission"),
        (["CLASS", "--out", "CLASS/results"], "--out must lie outside the submissions' folder"),
        (["CLASS", "--out", "CLASS/a.py"], "--out must lie outside"),
        (["CLASS", "--out", "FILE"], "cannot be made: File exists"),
        (["CLASS", "--report-file", "x.csv"], "--report-file needs --report"),
        (["CLASS", "--require", "conv4d"], "operator must be one of"),
        (["CLASS", "--operator", "conv4d"], "operator must be one of"),
        (["CLASS", "--convention", "mine"], "convention must be one of"),
        (["CLASS", "--jobs", "0"], "must be a whole number of at least 1"),
        (["CLASS", "--hints", "many"], "invalid choice"),
        (["CLASS", "--beside", "no/such.py"], "--beside: 'no/such.py' is not there"),
        (["CLASS", "--weights", "no/such.json"], "cannot be read: No such file"),
    ],
)
def test_bad_usage_is_one_sentence(tmp_path, arguments, sentence):
    for name in ("EMPTY", "PACKAGE", "CLASS"):
        (tmp_path / name).mkdir()
    (tmp_path / "FILE").touch()
    (tmp_path / "PACKAGE" / "__init__.py").touch()
    submission(tmp_path / "CLASS", "a.py")
    places = [tmp_path / a if a.split("/")[0].isupper() else a for a in arguments]
    run = grade(*places)
    assert run.returncode == 2
    assert sentence in run.stderr
    assert "Traceback" not in run.stderr
    assert not list((tmp_path / "CLASS").glob("*results*"))


def test_nothing_that_could_be_judged_is_status_2_with_a_report(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    (folder / "a.py").write_text("x = 1\n")
    rows, status, _ = grades(folder)
    assert status == 2
    assert rows["a.py"]["status"] == "missing"


def test_what_submissions_import_lies_beside_each(tmp_path):
    folder = tmp_path / "class"
    (folder / "package").mkdir(parents=True)
    helper = tmp_path / "course.py"
    helper.write_text("FACTOR = 1.0\n")
    uses = relu("return np.maximum(x, 0) * course.FACTOR, x", before="import course")
    layers = submission(folder, "a.py", uses, RELU_BACKWARD)
    submission(folder / "package", "__init__.py", uses.replace("import c", "from . import c"))
    with zipfile.ZipFile(folder / "z.zip", "w") as archive:
        archive.write(layers, "layers.py")
    names = ("a.py", "package", "z.zip")

    def statuses(*arguments):
        rows, _, _ = grades(folder, *arguments)
        return [rows[name]["operators"].get("relu") for name in names]

    assert "pass" not in statuses()
    assert statuses("--beside", helper) == ["pass", "missing", "pass"]
    helper.write_text("FACTOR = 2.0\n")
    assert statuses("--beside", helper) == ["wrong", "wrong", "wrong"]


CONVENTION = """
from candidates.spelling import Convention, Pair, Spelling, among, pair

spellings = [Spelling("relu", "activate", None, pair(Pair))]
convention = Convention("course", "a course of our own", among(spellings))
"""


def test_a_convention_of_ones_own_counts_by_its_content(tmp_path):
    folder = tmp_path / "class"
    folder.mkdir()
    submission(folder, "a.py", RIGHT.replace("relu_forward", "activate"))
    course = tmp_path / "course.py"
    course.write_text(CONVENTION)
    rows, _, _ = grades(folder, "--convention", course)
    assert rows["a.py"]["operators"] == {"relu": "missing"}  # forward passes, backward is absent
    course.write_text(CONVENTION.replace("activate", "act"))
    # Conventions are loaded once a process; the table would cut a long path.
    run = grade(folder, *FEW, "--convention", course, "--report", "json")
    assert "a.py has no function that is" in run.stdout
    assert run.returncode == 2


# Scores and weights


def verdict(**statuses):
    return {
        "operators": [
            {
                "operator": name,
                "status": status,
                "properties": [
                    {"property": "forward", "status": "pass"},
                    {"property": "gradient", "status": status},
                    {"property": "dtype", "status": "skipped"},
                ],
            }
            for name, status in statuses.items()
        ]
    }


@pytest.mark.parametrize(
    ("weights", "required", "score"),
    [
        ({}, (), 0.5),
        ({}, ("conv2d",), 1 / 3),
        ({"relu": 3, "linear": 1}, (), 0.75),
        ({"linear": 1}, (), 0.0),
        ({"relu": 1}, (), 1.0),
        ({"relu": 1, "conv2d": 3}, (), 0.25),
        ({"relu": 3}, ("linear",), 0.75),
        ({"linear.forward": 2, "linear.gradient": 1}, (), 2 / 3),
        ({"relu.dtype": 5, "relu": 1}, (), 1.0),
        ({"linear.dtype": 1, "relu": 1}, (), 0.5),
        ({"conv2d.forward": 1, "relu": 1}, (), 0.5),
        ({"relu": 1, "linear": 0}, (), 1.0),
    ],
)
def test_the_score_is_the_weight_of_what_passes_over_what_counts(weights, required, score):
    scale = Scale(weights, required)
    assert scale.score(verdict(relu="pass", linear="wrong")) == round(score, 4)


def test_the_score_of_nothing_is_zero():
    assert Scale().score({"operators": []}) == 0
    assert Scale({"relu": 1}).score({"operators": []}) == 0


OPERATORS = ("conv2d", "relu", "linear")


@pytest.mark.parametrize(
    ("name", "text", "weights"),
    [
        ("w.json", '{"conv2d": 3, "relu.forward": 0.5}', {"conv2d": 3, "relu.forward": 0.5}),
        ("w.json", '{"relu": {"forward": 1, "kinks": 2}}', {"relu.forward": 1, "relu.kinks": 2}),
        ("w.toml", "conv2d = 3\nrelu.forward = 0.5\n", {"conv2d": 3, "relu.forward": 0.5}),
        ("w.toml", '"relu.forward" = 1\n', {"relu.forward": 1}),
    ],
)
def test_weights_are_json_or_toml(tmp_path, name, text, weights):
    (tmp_path / name).write_text(text)
    assert read_weights(tmp_path / name, OPERATORS) == weights


@pytest.mark.parametrize(
    ("name", "text", "words"),
    [
        ("w.json", "{", "is no JSON"),
        ("w.toml", "= 3", "is no TOML"),
        ("w.json", "[1, 2]", "must hold names and weights, got .1, 2."),
        ("w.json", '{"conv4d": 1}', "'conv4d' must be an operator.* one of conv2d, linear, relu"),
        ("w.json", '{"relu.speed": 1}', "'relu.speed' must name a property of relu, which are"),
        ("w.json", '{"conv2d.kinks": 1}', "'conv2d.kinks' must name a property of conv2d"),
        ("w.json", '{"relu.complex_step": 1}', "'relu.complex_step' must name a property"),
        ("w.json", '{"relu": "2"}', "weight of 'relu' must be a number, got '2'"),
        ("w.json", '{"relu": true}', "weight of 'relu' must be a number, got True"),
        ("w.json", '{"relu": null}', "weight of 'relu' must be a number, got None"),
        ("w.json", '{"relu": -1}', "weight of 'relu' must be from 0 to 1000000, got -1"),
        ("w.json", '{"relu": NaN}', "must be from 0 to 1000000, got nan"),
        ("w.json", '{"relu": 1e400}', "must be from 0 to 1000000, got inf"),
        ("w.json", '{"relu": 1' + "0" * 400 + "}", "must be from 0 to 1000000, got 1000"),
        ("w.json", '{"relu": 1, "relu": 2}', "names 'relu' twice"),
        ("w.json", '{"relu": {"kinks": 1}, "relu.kinks": 2}', "names 'relu.kinks' twice"),
        ("w.json", '{"relu": 0}', "must give something a weight above 0"),
        ("w.json", "{}", "must give something a weight above 0"),
        ("w.json", '{"relu": {"kinks": {"a": 1}}}', "'relu.kinks' must be a number"),
    ],
)
def test_bad_weights_are_named(tmp_path, name, text, words):
    (tmp_path / name).write_text(text)
    with pytest.raises(UsageError, match=words) as raised:
        read_weights(tmp_path / name, OPERATORS)
    assert len(str(raised.value)) < 400


# Reports


@pytest.mark.parametrize(
    ("cell", "safe"),
    [
        ("=cmd|' /C calc'!A0", "'=cmd|' /C calc'!A0"),
        ("+1", "'+1"),
        ("-1", "'-1"),
        ("@SUM(A1)", "'@SUM(A1)"),
        ("\t=1", "'\t=1"),
        ("\r=1", "'\r=1"),
        ("\n=1", "'\n=1"),
        ("  =1", "'  =1"),
        ("\uff1d1", "'\uff1d1"),
        ("a;=1", "a;'=1"),
        ("wrong: conv2d; missing: relu", "wrong: conv2d; missing: relu"),
        ("differs by -1 = 2", "differs by -1 = 2"),
        ("a\x00b", "a\ufffdb"),
        ("0.5", "0.5"),
    ],
)
def test_no_cell_is_a_formula(cell, safe):
    assert csv_report.safe(cell) == safe


HOSTILE = Grade('"=1,\n+2"\x01\ud800', "wrong", 0.5, {"relu": "wrong"}, 1.0, "a\x0c\ufffe\nb", "r")


def test_hostile_text_leaves_reports_well_formed():
    row = {"property": "forward", "function": "f\x00", "status": "wrong", "seconds": 0.1}
    row |= {"message": "<&\x1b\ud800\uffff", "reason": None, "counterexample": None}
    row |= {"diagnosis": [], "reproduce": "", "place": "cell 1"}
    shown = {"environment": {"hints": "none"}}
    shown |= {"operators": [{"operator": "relu", "status": "wrong", "properties": [row]}]}
    text = "".join(junit_report.parts([HOSTILE], lambda grade: shown))
    (suite,) = ElementTree.fromstring(text.encode())
    failure = suite.find("testcase/failure")
    assert failure.get("message") == "<&\ufffd\ufffd\ufffd"
    assert (suite.get("tests"), suite.get("failures")) == ("1", "1")
    lines = list(csv.reader(io.StringIO("".join(csv_report.parts([HOSTILE], None)))))
    assert len(lines) == 2
    (parsed,) = json.loads("".join(grades_report.parts([HOSTILE], None)))
    assert parsed["submission"] == HOSTILE.submission
    assert len(grades_report.table([HOSTILE]).splitlines()) == 3


@pytest.mark.parametrize(
    ("done", "seconds", "words"),
    [
        (1, 9.0, ", about 81 s left"),
        (5, 10.0, ", about 10 s left"),
        (1, 500.0, ", about 75 min left"),
        (1, 3600.0, ", about 9.0 h left"),
        (9, 0.0, ", about 1 s left"),
        (10, 99.0, ""),
    ],
)
def test_the_estimate_is_in_words(done, seconds, words):
    assert estimate(done, 10, seconds) == words


# Submissions


def test_the_fingerprint_sees_content_and_names_and_no_caches(tmp_path):
    folder = tmp_path / "class" / "one"
    folder.mkdir(parents=True)
    one = Submission("one", folder)
    submission(folder, "layers.py")
    before = fingerprint(one)
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "layers.pyc").write_bytes(b"cache")
    assert fingerprint(one) == before
    (folder / "layers.py").rename(folder / "layer.py")
    renamed = fingerprint(one)
    assert renamed != before
    (folder / "link.py").symlink_to("layer.py")
    assert fingerprint(one) != renamed


def test_a_copy_holds_what_the_submission_holds_and_its_own_links(tmp_path):
    folder = tmp_path / "class" / "one"
    (folder / "deep").mkdir(parents=True)
    submission(folder / "deep", "layers.py")
    (folder / "link.py").symlink_to(folder / "deep" / "layers.py")
    (folder / "dangling.py").symlink_to("nowhere.py")
    (folder / "again").symlink_to("deep")
    os.mkfifo(folder / "pipe")
    copy = stage(Submission("one", folder), tmp_path / "scratch")
    assert sorted(p.name for p in copy.iterdir()) == ["again", "deep", "link.py"]
    assert (copy / "link.py").resolve() == copy / "deep" / "layers.py"
    assert (copy / "again" / "layers.py").read_text() == (folder / "link.py").read_text()


@pytest.mark.parametrize("target", ["..", "../two", "../../secret", "/etc"])
def test_links_that_lead_out_are_refused(tmp_path, target):
    folder = tmp_path / "class" / "one"
    folder.mkdir(parents=True)
    (tmp_path / "class" / "two").mkdir()
    (tmp_path / "secret").touch()
    (folder / "link").symlink_to(target)
    with pytest.raises(Refused, match="leads outside the submission"):
        stage(Submission("one", folder), tmp_path / "scratch")


@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="needs /proc")
def test_what_cannot_be_read_is_refused_in_a_sentence():
    unreadable = Submission("mem", Path("/proc/self/mem"))  # for root too
    with pytest.raises(Refused, match="cannot be read: Input/output error"):
        fingerprint(unreadable)


def test_only_code_is_searched_for_torch(tmp_path):
    folder = tmp_path / "class" / "one"
    folder.mkdir(parents=True)
    os.mkfifo(folder / "pipe.py")
    (folder / "notes.txt").write_text("import torch")
    assert not mentions(Submission("one", folder), b"torch")
    (folder / "layers.py").write_text("import torch")
    assert mentions(Submission("one", folder), b"torch")


def test_result_names_are_fit_for_files_and_differ():
    names = ["a.py", "a:py", "a\n.py", "a\t.py", "x" * 255, "x" * 254, "=1.py", "ä.py", NOT_UTF8]
    files = [Submission(name, Path(name)).result_name for name in names]
    assert files[0] == "a.py.json"
    assert len(set(files)) == len(names)
    assert all(file.isprintable() and len(os.fsencode(file)) < 200 for file in files)


def test_the_sample_in_the_readme_is_true(tmp_path):
    readme = (ROOT / "README.md").read_text()
    _, _, text = readme.partition("cp candidates/examples/{")
    names, _, text = text.partition("}.py hand-ins\n")
    (tmp_path / "hand-ins").mkdir()
    for name in names.split(","):
        shutil.copy(EXAMPLES / f"{name}.py", tmp_path / "hand-ins")
    line = text.splitlines()[0].replace("candidates/examples", str(EXAMPLES))
    _, _, *words = shlex.split(line)
    run = grade(*words, cwd=tmp_path)
    assert run.returncode == 0, run.stderr
    shown = [" ".join(line.split()) for line in text.splitlines()]
    for line in run.stdout.splitlines()[2:]:
        name, status, score, _, *reason = line.split()
        pattern = rf"{re.escape(name)} {status} {score} [0-9.]+ ?(.*)"
        (said,) = [match[1] for row in shown if (match := re.fullmatch(pattern, row))]
        assert " ".join(reason).startswith(said.removesuffix("..."))
