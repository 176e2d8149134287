"""Everything that is known of a failure: the mistakes it equals, where it fails, and how."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from candidates.diagnosis import mistakes, neighbours
from candidates.diagnosis.budget import Budget
from candidates.diagnosis.evidence import SINGLE, Seen, see
from candidates.diagnosis.hints import subject
from candidates.diagnosis.relations import Claim, claims
from candidates.diagnosis.where import Sample, Where, fresh_cases, locate, take
from properties.case import Case
from properties.explore import Exploration, Finding
from properties.implementation import CallFailed
from properties.tolerance import Failed

Entry = dict[str, Any]

FEWEST = 5  # failing cases on which a mistake or a claim must hold
FEWEST_OF_ALL = 3  # where there are no more, and then on all of them
SHARE = 0.8  # of the failing cases on which a claim of higher rank than 2 must hold
RANK = 0.04  # a claim of one rank less may hold on so much smaller a share of the cases
OF_VALUES = ("shape", "forward", "gradient", "integers", "steps", "kinks", "precision", "stability")
SECONDS = 1.0  # of our own time, for where and for how each


def diagnose(exploration: Exploration, finding: Finding, passing: Collection[str]) -> list[Entry]:
    """What the failures of a property have in common, in entries of plain data.

    `passing` holds the keys of the cases that passed in the exploration. An entry has a kind
    ("mistake", "where" or "how"), a sentence, on how many of how many failing cases it holds, and
    what to look at. Every sentence is a statement about cases that were run; claims about values
    are made where no mistake is known that computes the same.
    """
    first = finding.failing[0][1]
    if finding.property.status == "nondeterministic" or first.status == "nondeterministic":
        return []
    sample = take(exploration, finding, sorted(passing))
    where = _where(exploration, sample)
    seen = [s for trial, f in finding.failing if (s := see(trial, f)) is not None]
    fresh = [s for trial, f in sample.trials if (s := see(trial, f)) is not None]
    if len(seen) < FEWEST:
        seen = fresh
    if finding.property.name not in OF_VALUES or len(seen) < FEWEST_OF_ALL:
        return where
    right = _right(exploration)
    matches = mistakes.matching(exploration.operator, seen, right, fewest(len(seen)))
    found = [_mistake(match) for match in matches]
    return [*found, *(where if found else [*how(seen, [*sample.failing, *sample.passing]), *where])]


def _right(exploration: Exploration) -> list[Case]:
    """Cases on which every output and gradient is right: those that pass `gradient`."""
    judged = [exploration.findings[n] for n in ("gradient", "forward") if n in exploration.findings]
    passing = next((finding.passing for finding in judged if finding.passing), set())
    return [Case.from_json(key) for key in sorted(passing)]


def fewest(cases: int) -> int:
    """On how many failing cases something must hold: five, or all where there are only three."""
    return min(FEWEST, cases)


def _mistake(match: mistakes.Match) -> Entry:
    return {
        "kind": "mistake",
        "sentence": f"equals *{match.mistake.name}*",
        "explanation": match.mistake.explanation,
        "mistake": match.mistake.name,
        "matches": match.matches,
        "of": match.of,
        "look_at": subject(match.mistake) or f"how {match.name} is computed",
    }


def _where(exploration: Exploration, sample: Sample) -> list[Entry]:
    """What the property itself says of where it fails, and what the cases have in common."""
    count = len(sample.finding.failing)
    found = [Where(words, count, count) for words in _by_property(sample)]
    failures = [failure for _, failure in sample.finding.failing]
    slow = any(f.status == "timeout" or f.fatal for f in failures if isinstance(f, CallFailed))
    fresh = fresh_cases(exploration, sample.finding)
    located = None if slow else locate(sample, fresh, Budget(SECONDS))
    found += [located] if located else []
    return [
        {"kind": "where", "sentence": w.sentence, "matches": w.matches, "of": w.of} for w in found
    ]


def _by_property(sample: Sample) -> list[str]:
    """What follows from what the property compares: it is judged where simpler ones hold."""
    failures = [f for _, f in sample.finding.failing if isinstance(f, Failed)]
    if sample.finding.property.name == "steps":
        return ["fails only from the second call on: the first is right"]
    single = [f for f in failures if f.message.startswith("in float32")]
    if sample.finding.property.name == "integers" or (single and len(single) == len(failures)):
        return ["fails only in float32: in float64 the same cases are right"]
    return []


def how(seen: Sequence[Seen], cases: Sequence[Case]) -> list[Entry]:
    """The claim about values that holds on most cases, and one about the places of wrong elements.

    The cases whose `dx` is wrong and those whose `dw` is are looked at by themselves.
    """
    groups: dict[str, list[Seen]] = {}
    for one in seen:
        groups.setdefault(one.name, []).append(one)
    found: list[Entry] = []
    budget = Budget(SECONDS)
    for group in sorted(groups.values(), key=len, reverse=True)[:2]:
        if len(group) >= fewest(len(seen)):
            found += _best(group, cases, budget)
    return found


def _best(group: Sequence[Seen], cases: Sequence[Case], budget: Budget) -> list[Entry]:
    counts = _counted(claims(one) for one in group)
    told = _told(counts, group)
    if not (told and told[0][0].rank == 0) and not any(one.place == SINGLE for one in group):
        told = _told({**counts, **neighbours.matching(group, cases, budget)}, group)
    return [
        {
            "kind": "how",
            "sentence": claim.sentence,
            "matches": matches,
            "of": len(group),
            "look_at": claim.look_at,
        }
        for claim, matches in told[:1]
    ]


def _counted(held: Iterable[Collection[Claim]]) -> Counter[Claim]:
    """How often each claim holds, of those that five or half of the cases could have refuted."""
    counts: Counter[Claim] = Counter()
    firm: Counter[Claim] = Counter()
    for some in held:
        counts.update(some)
        firm.update(claim for claim in some if claim.firm)
    return Counter({claim: n for claim, n in counts.items() if firm[claim] >= min(FEWEST, n / 2)})


def _told(counts: Mapping[Claim, int], group: Sequence[Seen]) -> list[tuple[Claim, int]]:
    """The claims that hold often enough, best first: often, and simple."""
    of = len(group)
    telling = [
        (claim, held)
        for claim, held in counts.items()
        if held >= max(fewest(of), of * (SHARE if claim.rank > 2 else mistakes.SHARE))
    ]
    by_worth = [(c.rank * RANK - held / of, c.sentence, c, held) for c, held in telling]
    return [(claim, held) for _, _, claim, held in sorted(by_worth, key=lambda entry: entry[:2])]
