"""Where a function fails: the simplest kind of case that has all failures and few others."""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from candidates.diagnosis.budget import Budget
from candidates.diagnosis.kinds import Kind, kinds
from properties.case import Case
from properties.checks.property import NotJudged
from properties.explore import Exploration, Failure, Finding, domain_of, draw_cases
from properties.tolerance import Failed
from properties.trial import Trial

SEVERAL = 3  # failing cases; two kinds at once have fewer by chance
ENOUGH = 5  # passing cases outside, without which "only" says nothing
OUTSIDE, INSIDE = 30, 6  # fresh cases on which a sentence is tried
DRAWN, TURNS = 15, 8  # fresh cases of each regime, how often
SCANNED = 250  # fresh cases looked at for one sentence
RARE = 2  # judged cases of a kind below which another is worth judging
ANOTHER_SEED = 7919
ROUNDS = 4
MOSTLY = 0.9


@dataclass
class Sample:
    """Cases judged by one property: those that fail (in one way), and those that pass.

    A failing case that fails in another way, say `dw` where others fail by `dx`, is neither.
    """

    exploration: Exploration
    finding: Finding
    way: str
    failing: list[Case]
    passing: list[Case]
    trials: list[tuple[Trial, Failure]] = field(default_factory=list)

    def judge(self, case: Case) -> None:
        """Judge a fresh case and keep it."""
        of = self.exploration
        trial = Trial(of.operator, of.implementation, of.promise, case)
        try:
            failure = self.finding.property.failure(trial)
        except NotJudged:
            return
        if failure is None:
            self.passing += [case] if not _is_empty(trial) else []
        elif way_of(failure) == self.way:
            self.failing.append(case)
            self.trials.append((trial, failure))


@dataclass(frozen=True)
class Where:
    """A sentence, of which kind of case it speaks, and how many of the failing cases are of it."""

    sentence: str
    matches: int
    of: int
    kind: Kind | None = None


def way_of(failure: Failure) -> str:
    """The array that a failure is about, or what a call did that failed: "raises ValueError"."""
    if isinstance(failure, Failed):
        return failure.output or ""
    raised = re.match(r"raised (\w+)", failure.message)
    return f"raises {raised[1]}" if raised else failure.status


def take(exploration: Exploration, finding: Finding, passing: Sequence[str]) -> Sample:
    """The cases that were judged, as far as they fail in the way that the smallest or most do.

    `passing` holds the passing cases of the exploration: those met while shrinking are no fair
    sample. Empty arrays pass whatever is wrong, so they count only where one of them fails.
    """
    ways = [way_of(failure) for _, failure in finding.failing]
    way = max(dict.fromkeys(ways), key=ways.count)
    if finding.smallest and ways.count(way_of(finding.smallest[1])) >= ENOUGH:
        way = way_of(finding.smallest[1])  # the one that the verdict shows
    trials = [(trial, f) for trial, f in finding.failing if way_of(f) == way]
    if finding.smallest and way_of(finding.smallest[1]) == way:
        smallest, failure = finding.smallest
        if all(trial.case.key != smallest.key for trial, _ in trials):
            of = exploration
            trials.append((Trial(of.operator, of.implementation, of.promise, smallest), failure))
    cases = [Case.from_json(key) for key in passing]
    if not any(_is_empty(trial) for trial, _ in trials):
        operator = exploration.operator
        cases = [c for c in cases if all(a.size for a in operator.arrays(c).values())]
    return Sample(exploration, finding, way, [trial.case for trial, _ in trials], cases, trials)


def _is_empty(trial: Trial) -> bool:
    return any(array.size == 0 for array in trial.inputs(0).values())


def locate(sample: Sample, fresh: Iterator[Case], budget: Budget) -> Where | None:
    """Where the property fails. What is said has held on fresh cases as well.

    Each hypothesis is tried on cases drawn for it, outside first: one that fails there refutes
    it, joins the sample, and the next hypothesis is one that knows it.
    """
    for _ in range(ROUNDS):
        kind = hypothesis(sample)
        if kind is None:
            break
        if _survives(sample, kind, fresh, budget):
            return _where(sample, kind)
        if budget.spent:
            return None
    return _everywhere(sample, fresh, budget)


def fresh_cases(exploration: Exploration, finding: Finding) -> Iterator[Case]:
    """Cases that were not judged yet, a few of each regime in turn, drawn when they are due."""
    domain, operator = domain_of(exploration.promise), exploration.operator
    allowed = domain.allowed.get("regime", operator.regimes)
    regimes = [r for r in operator.regimes if r in finding.property.regimes and r in allowed]
    seen = {trial.case.key for trial, _ in finding.failing} | finding.passing
    for turn in range(TURNS):
        for i, regime in enumerate(regimes):
            strategy = operator.cases(domain.restricted(regime=(regime,)))
            seed = exploration.seed + ANOTHER_SEED * (turn * len(regimes) + i + 1)
            drawn: list[Case] = []
            draw_cases(strategy, DRAWN, seed, drawn.append)
            fresh = {case.key: case for case in drawn if case.key not in seen}
            seen |= set(fresh)
            yield from fresh.values()


def hypothesis(sample: Sample) -> Kind | None:
    """The best kind, or two of them at once, that has the failing cases and few passing ones."""
    if len(sample.passing) < ENOUGH:
        return None
    every = [*sample.failing, *sample.passing]
    of = sample.exploration
    known = kinds(of.operator, of.promise, sample.finding.property.name, every)
    known, table = _distinct(known, every)
    fails = np.arange(len(every)) < len(sample.failing)
    best = _best(known, table, fails)
    if best is not None:
        return best
    return _mostly(known, table, fails)


def _distinct(known: Sequence[Kind], cases: Sequence[Case]) -> tuple[list[Kind], np.ndarray]:
    """The kinds that differ on these cases, with (kinds, cases) booleans; of equals the first."""
    rows: dict[bytes, tuple[Kind, np.ndarray]] = {}
    for kind in known:
        row = np.array([kind.holds(case) for case in cases], bool)
        if row.any() and not row.all():
            rows.setdefault(row.tobytes(), (kind, row))
    table = np.array([row for _, row in rows.values()]).reshape(-1, len(cases))
    return [kind for kind, _ in rows.values()], table


def _best(known: Sequence[Kind], table: np.ndarray, fails: np.ndarray) -> Kind | None:
    """The kind that has all failures and fewest others; two kinds where that is far better."""
    whole = [i for i in range(len(known)) if table[i][fails].all()]
    single = max(whole, key=lambda i: _worth(table[i], fails), default=None)
    pairs = [(i, j) for i, j in itertools.combinations(whole, 2)]
    pair = max(pairs, key=lambda p: _worth(table[p[0]] & table[p[1]], fails), default=None)
    if pair is not None and fails.sum() >= SEVERAL:
        both = table[pair[0]] & table[pair[1]]
        alone = 0.0 if single is None else _worth(table[single], fails)
        better = _worth(both, fails) >= max(0.75, alone + 0.3)
        if _separates(both, fails) and (better or _sharper(both, table, single, fails)):
            return _and(known[pair[0]], known[pair[1]])
    if single is not None and _separates(table[single], fails):
        return known[single]
    return None


def _worth(inside: np.ndarray, fails: np.ndarray) -> float:
    """The share of cases inside that fail; small differences are none, so that simple ones win."""
    return round(10 * float((inside & fails).sum() / max(inside.sum(), 1))) / 10


def _sharper(both: np.ndarray, table: np.ndarray, single: int | None, fails: np.ndarray) -> bool:
    """Whether two kinds at once have failures alone, and the best single one passing cases too."""
    if single is None or (both & ~fails).any():
        return False
    return int((table[single] & ~fails).sum()) >= ENOUGH


def _separates(inside: np.ndarray, fails: np.ndarray) -> bool:
    """Whether failing is at least twice as frequent inside as anywhere, with enough outside."""
    share = (inside & fails).sum() / max(inside.sum(), 1)
    outside = int((~inside & ~fails).sum())
    return outside >= ENOUGH and share >= max(0.25, min(0.9, 1.5 * fails.mean()))


def _mostly(known: Sequence[Kind], table: np.ndarray, fails: np.ndarray) -> Kind | None:
    """The kind that has nearly all failures and hardly anything else."""

    def score(i: int) -> float:
        inside = table[i]
        caught = (inside & fails).sum() / fails.sum()
        share = (inside & fails).sum() / max(inside.sum(), 1)
        enough = (~inside & ~fails).sum() >= ENOUGH
        return float(caught + share) if enough and caught >= MOSTLY and share >= MOSTLY else 0.0

    best = max(range(len(known)), key=score, default=None)
    return known[best] if best is not None and score(best) else None


def _and(first: Kind, second: Kind) -> Kind:
    more = second.words.removeprefix("where ") if first.words.startswith("where ") else second.words
    return Kind(f"{first.words} and {more}", lambda c: first.holds(c) and second.holds(c))


def _survives(sample: Sample, kind: Kind, fresh: Iterator[Case], budget: Budget) -> bool:
    """Judge fresh cases outside and inside. Refuted by one that fails outside.

    A kind with failures outside already, "mostly", must keep its share of failures instead.
    """
    clean = all(map(kind.holds, sample.failing))
    before = len(sample.failing)
    if not _judged(sample, fresh, budget, kind.holds, OUTSIDE, INSIDE):
        return False
    new = sample.failing[before:]
    if clean:
        return all(map(kind.holds, new))
    inside = [case for case in sample.failing if kind.holds(case)]
    others = [case for case in sample.passing if kind.holds(case)]
    share = len(inside) / max(len(inside) + len(others), 1)
    return share >= MOSTLY and len(inside) >= MOSTLY * len(sample.failing)


def _judged(
    sample: Sample,
    fresh: Iterator[Case],
    budget: Budget,
    holds: Callable[[Case], bool],
    outside: int,
    inside: int,
) -> bool:
    """Judge fresh cases until there are that many outside and inside; False if there are not.

    Beyond that many, those outside are judged that show something that the others hardly do.
    """
    wanted = {True: inside, False: outside}
    failing = len(sample.failing)
    news = _News(sample, [case for case in sample.passing if not holds(case)])
    for case in itertools.islice(fresh, SCANNED):
        if budget.spent:
            break
        of = holds(case)
        if wanted[of] <= 0 and (of or not news.tells(case)):
            continue
        judged = len(sample.failing) + len(sample.passing)
        sample.judge(case)
        wanted[of] -= len(sample.failing) + len(sample.passing) - judged
        if len(sample.failing) > failing and not holds(sample.failing[-1]):
            return True  # refuted, which is as good as judged
    return wanted[False] <= outside // 2


class _News:
    """Which kinds of case are hardly among those judged so far."""

    def __init__(self, sample: Sample, cases: Sequence[Case]) -> None:
        of = sample.exploration
        every = [*sample.failing, *sample.passing]
        self._kinds = kinds(of.operator, of.promise, sample.finding.property.name, every)
        self._seen = [sum(map(kind.holds, cases)) for kind in self._kinds]

    def tells(self, case: Case) -> bool:
        """Whether a case is of a rare kind; it counts as judged from then on."""
        shown = [i for i, kind in enumerate(self._kinds) if kind.holds(case)]
        rare = any(self._seen[i] < RARE for i in shown)
        for i in shown if rare else ():
            self._seen[i] += 1
        return rare


def _where(sample: Sample, kind: Kind) -> Where:
    fails = sum(map(kind.holds, sample.failing))
    passes = sum(map(kind.holds, sample.passing))
    others, lost = len(sample.passing) - passes, len(sample.failing) - fails
    subject = _subject(sample)
    such = f"{fails} of {fails + passes} such cases fail"
    if not lost:
        sentence = f"{subject} only {kind.words}: {such}, none of {others} others"
    else:
        sentence = f"{subject} mostly {kind.words}: {such}, and {lost} of {others + lost} others"
    return Where(sentence, fails, fails + lost, kind)


def _subject(sample: Sample) -> str:
    """Who fails: the function, or one of its results where others fail in other cases."""
    failures = [failure for _, failure in sample.finding.failing]
    if len({way_of(failure) for failure in failures}) == 1:
        return "fails"
    array = any(isinstance(f, Failed) and way_of(f) == sample.way for f in failures)
    return f"{sample.way} is wrong" if array else sample.way


def _everywhere(sample: Sample, fresh: Iterator[Case], budget: Budget) -> Where | None:
    """That it fails on every case, if it does."""
    if sample.passing:
        return None
    _judged(sample, fresh, budget, lambda case: False, 2 * ENOUGH, 0)
    count = len(sample.failing)
    if sample.passing or count < 2 * ENOUGH:
        return None
    ways = {way_of(failure) for _, failure in sample.finding.failing}
    if len(ways) > 1:
        return None
    return Where(f"fails on every case that was tried, {count} of them", count, count)
