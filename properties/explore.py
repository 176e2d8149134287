"""Draw cases, judge every property on each, and shrink what fails: the engine of a verdict."""

from __future__ import annotations

import contextlib
import itertools
import time
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis.strategies import SearchStrategy

from properties.case import Case
from properties.checks import PROPERTIES
from properties.checks.property import NotJudged, Property
from properties.domain import Domain
from properties.implementation import CallFailed, Implementation
from properties.operator import Operator
from properties.promise import Promise
from properties.sizes import size_cases
from properties.tolerance import Failed
from properties.trial import Trial
from properties.values import REGIMES, WILD

Failure = Failed | CallFailed

SHRINK_SECONDS = 2.0
KEPT_TRIALS = 50
FATAL_LIMIT = 3  # crashes or time-outs of the whole process after which a function is given up


@dataclass
class Finding:
    """What was seen of one property: how often it was judged, and how it fails."""

    property: Property
    examples: int = 0
    seconds: float = 0.0
    failing: list[tuple[Trial, Failure]] = field(default_factory=list)
    smallest: tuple[Case, Failure] | None = None
    first_at: int = 0
    first_in: str = ""
    first_round: int = 0
    passing: set[str] = field(default_factory=set)


@dataclass
class Exploration:
    """One implementation explored within a promise. `stopped` says why it ended early, if so."""

    operator: Operator
    implementation: Implementation
    promise: Promise
    examples: int
    seed: int
    findings: dict[str, Finding]
    stopped: str | None = None

    def cases(self, regime: str) -> tuple[SearchStrategy[Case], int]:
        """Strategy and seed of the cases of one regime."""
        domain = domain_of(self.promise).restricted(regime=(regime,))
        seed = self.seed * len(REGIMES) + REGIMES.index(regime)
        return self.operator.cases(domain), seed

    @property
    def failing(self) -> list[Finding]:
        return [finding for finding in self.findings.values() if finding.failing]


def domain_of(promise: Promise) -> Domain:
    return Domain(promise.domain, promise.square)


def shares(operator: Operator, domain: Domain, examples: int) -> dict[str, int]:
    """How many examples each regime gets: the readable one twice as many as any other."""
    allowed = domain.allowed.get("regime", REGIMES)
    regimes = [regime for regime in operator.regimes if regime in allowed]
    each, rest = divmod(examples, len(regimes) + 1)
    split = {regime: max(each + (i <= rest), 1) for i, regime in enumerate(regimes)}
    split[regimes[0]] = max(examples - sum(split.values()) + split[regimes[0]], 1)
    return split


def explore(
    operator: Operator,
    implementation: Implementation,
    promise: Promise,
    *,
    examples: int,
    seed: int,
    properties: Iterable[Property] = PROPERTIES,
    on_failure: Callable[[Finding], None] = lambda finding: None,
    on_case: Callable[[], None] = lambda: None,
    until_first: bool = False,
) -> Exploration:
    """Judge every property on each of `examples` cases; call `on_failure` at each first failure.

    `until_first` stops judging after the first case on which anything fails.
    """
    found = {p.name: Finding(p) for p in properties}
    examples = promise.enough(examples)
    exploration = Exploration(operator, implementation, promise, examples, seed, found)
    drawn, fatal = 0, 0

    def body(case: Case, round_seed: int) -> None:
        nonlocal drawn, fatal
        drawn += 1
        if exploration.stopped:
            raise _Stop
        trial = Trial(operator, implementation, promise, case)
        for finding in found.values():
            failure = _judge(finding, trial, found)
            if failure is None:
                continue
            fatal += getattr(failure, "fatal", False)
            if not finding.failing:
                failure = _confirmed(exploration, finding.property, trial, failure)
            for cause, on, why in _causes(finding, trial, failure, found):
                cause.failing.append((on, why))
                if len(cause.failing) == 1:
                    cause.first_at, cause.first_in = drawn, case.regime
                    cause.first_round = round_seed
                    cause.smallest = on.case, why
                    on_failure(cause)
        on_case()
        if until_first and exploration.failing:
            exploration.stopped = "stopped at the first failure"
        if fatal >= FATAL_LIMIT:
            exploration.stopped = f"given up after {fatal} calls that ended the process"
        if exploration.stopped:
            raise _Stop

    for regime, share in shares(operator, domain_of(promise), examples).items():
        strategy, regime_seed = exploration.cases(regime)
        _draw(strategy, share, regime_seed, body)
        if exploration.stopped:
            return exploration
    if "sizes" in found:
        _judge_sizes(exploration, found["sizes"], on_failure)
    return exploration


def _judge_sizes(
    exploration: Exploration, finding: Finding, on_failure: Callable[[Finding], None]
) -> None:
    """The one property that is judged on given cases, after all that are drawn."""
    for case in size_cases(exploration.operator, exploration.promise):
        trial = Trial(exploration.operator, exploration.implementation, exploration.promise, case)
        failure = _judge(finding, trial, exploration.findings)
        if failure is not None:
            finding.failing.append((trial, failure))
            finding.smallest = case, failure
            on_failure(finding)
            return


def failed_needs(finding: Finding, found: dict[str, Finding]) -> list[str]:
    """The properties without which this one says nothing, as far as they have failed."""
    return [name for name in finding.property.needs if name in found and found[name].failing]


def _judge(finding: Finding, trial: Trial, found: dict[str, Finding]) -> Failure | None:
    if len(finding.failing) >= KEPT_TRIALS:
        return None
    if failed_needs(finding, found):
        return None
    started = time.perf_counter()
    try:
        failure = finding.property.failure(trial)
    except NotJudged:
        return None
    finally:
        finding.seconds += time.perf_counter() - started
    finding.examples += 1
    if failure is None:
        finding.passing.add(trial.case.key)
    return failure


def _confirmed(
    exploration: Exploration, judged: Property, trial: Trial, failure: Failure
) -> Failure:
    """The failure, called nondeterministic if the same case passes when judged once more."""
    lasting = judged.status == "side-effect"  # a changed global state stays changed
    if lasting or isinstance(failure, CallFailed) or _failure_on(exploration, judged, trial.case):
        return failure
    failure.status = "nondeterministic"
    failure.message = f"the same case fails once and passes once: {failure.message}"
    return failure


def _causes(
    finding: Finding, trial: Trial, failure: Failure, found: dict[str, Finding]
) -> list[tuple[Finding, Trial, Failure]]:
    """What a failure shows: on wild values, one that ordinary values show too is no instability."""
    if not finding.property.needs or trial.case.regime not in WILD:
        return [(finding, trial, failure)]
    on = Trial(
        trial.operator, trial.implementation, trial.promise, trial.case.replace(regime="normal")
    )
    causes = []
    for name in finding.property.needs:
        if name in found and (why := _judge(found[name], on, found)):
            causes.append((found[name], on, why))
    return causes or [(finding, trial, failure)]


def tame_twin(case: Case, judged: Property) -> Case:
    """The case itself or, where the property is not judged in its regime, one in `normal`."""
    return case if case.regime in judged.regimes else case.replace(regime="normal")


def draw_cases(
    strategy: SearchStrategy[Case], examples: int, seed: int, body: Callable[[Case], None]
) -> None:
    """Call `body` on so many cases of a strategy, no case twice; fewer where there are fewer.

    The same seed draws the same cases.
    """
    _draw(strategy, examples, seed, lambda case, _: body(case))


ROUND = 9
"""Cases of one run of Hypothesis. Of ten, one would be held small; and from the eleventh on, five
of six are the one before with a part of it repeated, such as the height for the width: of 50 cases,
15 to 20 were drawn afresh."""

ROUNDS = 10_000  # so many rounds, each with a seed of its own, belong to one seed
BARREN_ROUNDS = 3  # after so many rounds without a new case, there is none


def _draw(
    strategy: SearchStrategy[Case], examples: int, seed: int, body: Callable[[Case, int], None]
) -> None:
    """Call `body` on each new case, with the seed of the round that drew it."""
    seen: set[str] = set()

    def draw_round(round_seed: int) -> None:
        def new(case: Case) -> None:
            if len(seen) == examples:
                raise _Stop
            if case.key not in seen:
                body(case, round_seed)
                seen.add(case.key)  # after it: Hypothesis calls again what raised

        _run(strategy, round_seed, (Phase.generate,), new)

    with contextlib.suppress(_Stop):
        draw_in_rounds(draw_round, seen, examples, seed)


def draw_in_rounds(
    draw_round: Callable[[int], None], seen: Collection[str], examples: int, seed: int
) -> None:
    """Draw rounds, each of a seed of its own, until so many cases are `seen` or none is new."""
    barren = 0
    for round_seed in itertools.count(seed * ROUNDS):
        if len(seen) >= examples or barren == BARREN_ROUNDS:
            return
        before = len(seen)
        draw_round(round_seed)
        barren = 0 if len(seen) > before else barren + 1


def shrink(exploration: Exploration, finding: Finding, seconds: float = SHRINK_SECONDS) -> None:
    """Replace the finding's smallest case by a smaller one that fails as well, while time lasts.

    Hypothesis draws the round of the first that failed again, up to it, and shrinks it.
    """
    failures: dict[str, Failure] = {t.case.key: failure for t, failure in finding.failing}
    deadline = time.perf_counter() + seconds

    def body(case: Case) -> None:
        case = tame_twin(case, finding.property)
        failure = failures.get(case.key)
        if failure is None and case.key not in finding.passing:
            if time.perf_counter() > deadline:
                return
            failure = _failure_on(exploration, finding.property, case)
            if failure is None:
                finding.passing.add(case.key)
                return
            failures[case.key] = failure
        if failure is not None:
            finding.smallest = case, failure
            raise _Fails

    strategy, _ = exploration.cases(finding.first_in)
    with contextlib.suppress(_Fails):
        _run(strategy, finding.first_round, (Phase.generate, Phase.shrink), body)


class _Fails(Exception):
    pass


class _Stop(Exception):
    pass


def _failure_on(exploration: Exploration, judged: Property, case: Case) -> Failure | None:
    trial = Trial(exploration.operator, exploration.implementation, exploration.promise, case)
    try:
        return judged.failure(trial)
    except NotJudged:
        return None


def _run(
    strategy: SearchStrategy[Case],
    seed: int,
    phases: tuple[Phase, ...],
    body: Callable[[Case], None],
) -> None:
    @hypothesis.seed(seed)
    @hypothesis.settings(
        max_examples=ROUND,
        phases=phases,
        database=None,
        deadline=None,
        derandomize=False,
        print_blob=False,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
        verbosity=Verbosity.quiet,
    )
    @hypothesis.given(strategy)
    def run(case: Case) -> None:
        body(case)

    run()
