"""Options, Hypothesis profiles, and the fixture that hands implementations to the properties."""

from __future__ import annotations

import os

for _name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[_name] = "1"  # before NumPy or torch is imported

from collections.abc import Sequence
from pathlib import Path

import pytest
import torch
from hypothesis import HealthCheck, Phase, Verbosity, settings

from candidates.cli import operator_files
from candidates.errors import UsageError
from candidates.subjects import CandidateSubjects, Subject, reference_subject, torch_subject
from properties.torch_functions import DEVICES, device_problem, use_repeatable_kernels
from properties.versions import Recorder

torch.set_num_threads(1)

EXAMPLES = {"smoke": 5, "dev": 50, "ci": 50, "nightly": 2000}
CI_SEED = "0"
OF_DEVICES = ("properties", "tests/test_devices.py", "tests/test_defects.py")

for _profile, _examples in EXAMPLES.items():
    settings.register_profile(
        _profile,
        max_examples=_examples,
        deadline=None,
        derandomize=False,  # it would silently ignore --hypothesis-seed
        database=None,  # a failure is replayed by its case, on any machine
        phases=(Phase.explicit, Phase.generate, Phase.shrink),
        print_blob=False,
        report_multiple_bugs=False,
        stateful_step_count=50,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.normal,
        backend="hypothesis",
    )


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("layerproof")
    group.addoption("--candidate", metavar="PATH", help="judge this file or package")
    group.addoption("--convention", metavar="NAME", help="its convention, not guessed")
    group.addoption(
        "--device",
        choices=(*DEVICES, "all"),
        help="judge PyTorch itself, in float32 and on this device, by the float64 of the CPU",
    )
    group.addoption(
        "--deterministic",
        action="store_true",
        help="let that PyTorch use kernels alone that repeat to the last bit, and hold it to that",
    )
    group.addoption(
        "--versions", type=Path, metavar="FILE", help="add verdicts and versions to this file"
    )
    group.addoption(
        "--strict-domain", action="store_true", help="count what lies beyond the promise"
    )


@pytest.hookimpl(tryfirst=True)
def pytest_configure(config: pytest.Config) -> None:
    profile = config.getoption("--hypothesis-profile") or ("ci" if os.environ.get("CI") else "dev")
    if profile not in EXAMPLES:
        raise pytest.UsageError(
            f"--hypothesis-profile must be one of {', '.join(EXAMPLES)}, got {profile!r}"
        )
    settings.load_profile(profile)
    config.option.hypothesis_profile = profile
    if profile == "ci" and config.getoption("--hypothesis-seed") is None:
        config.option.hypothesis_seed = CI_SEED
    if config.getoption("--versions") is not None and not hasattr(config, "workerinput"):
        config.pluginmanager.register(Recorder(config.getoption("--versions"), EXAMPLES[profile]))
    candidate, device = config.getoption("--candidate"), config.getoption("--device")
    if candidate is not None and device is not None:
        raise pytest.UsageError("--device judges PyTorch: it goes without --candidate")
    if config.getoption("--deterministic"):
        if device is None:
            raise pytest.UsageError("--deterministic is of PyTorch: it goes with --device")
        use_repeatable_kernels()
    if device is not None:
        _only(config, OF_DEVICES)
    if candidate is None:
        return
    try:
        config.stash[SUBJECTS] = CandidateSubjects(candidate, config.getoption("--convention"))
    except UsageError as error:
        raise pytest.UsageError("\n".join([str(error), *error.frames])) from None
    _only(config, ("properties",))


def _only(config: pytest.Config, paths: Sequence[str]) -> None:
    """Run these alone where nobody has said what to run."""
    if config.args_source is not pytest.Config.ArgsSource.ARGS:
        config.args = [str(Path(__file__).parent / path) for path in paths]


SUBJECTS = pytest.StashKey[CandidateSubjects]()


def pytest_report_header(config: pytest.Config) -> str:
    seed = config.getoption("--hypothesis-seed")
    shown = "random, printed with each failure" if seed is None else f"{seed} (--hypothesis-seed)"
    return f"layerproof: profile {config.option.hypothesis_profile}, seed {shown}"


def pytest_unconfigure(config: pytest.Config) -> None:
    if SUBJECTS in config.stash:
        config.stash[SUBJECTS].close()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Ids come from operator names and the candidate's path, never from the candidate's code."""
    if "subject" not in metafunc.fixturenames:
        return
    names = _subject_names(metafunc.config)
    pairs = [(operator, name) for operator in operator_files() for name in names]
    metafunc.parametrize("subject", pairs, ids=[f"{o}-{n}" for o, n in pairs], indirect=True)


def _subject_names(config: pytest.Config) -> list[str]:
    candidate, device = config.getoption("--candidate"), config.getoption("--device")
    if candidate is not None:
        return [Path(candidate).name]
    if device is not None:
        return [f"torch-{name}" for name in (DEVICES if device == "all" else (device,))]
    return ["naive", "vectorized"]


@pytest.fixture(scope="module")
def subject(request: pytest.FixtureRequest) -> Subject:
    """One operator and the implementations of it that are to be judged; its tests go together."""
    operator, name = request.param
    if name.startswith("torch-") and request.config.getoption("--device"):
        repeatable = request.config.getoption("--deterministic")
        return _of_torch(operator, name.removeprefix("torch-"), repeatable)
    if SUBJECTS not in request.config.stash:
        return reference_subject(operator, name)
    subject = request.config.stash[SUBJECTS].of(
        operator, request.config.getoption("--strict-domain")
    )
    if not subject.implementations:
        pytest.skip(f"{name} has no function for {operator}")
    return subject


def _of_torch(operator: str, device: str, repeatable: bool) -> Subject:
    problem = device_problem(device)
    if problem is not None:
        pytest.skip(f"not judged on {device}: {problem}")
    subject = torch_subject(operator, device, repeatable)
    if not subject.implementations:
        pytest.skip(f"{operator} has no single torch call: its oracle checks evidence")
    return subject
