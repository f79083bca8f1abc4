"""Random networks, right and with one wrong step: the guard lets every right one pass and refuses every wrong one.

In one step of every class one sign, factor, term and index is wrong in turn, each at a place of its own. Networks that
are broken have three units or more in a layer: of two outputs of a softmax either is 1 minus the other, so that
a formula with the wrong one may be right.
"""

import random
from collections import Counter

from broken import CLASSES, broken
from networks import Table, random_network

from derive.derivation import derive_trace
from derive.errors import ProgramFault
from derive.guard import guard
from derive.reading import problem_from_dict

RIGHT, WRONG = 600, 60


def distinct(origin: int) -> Table:
    """A network in which no wrong formula has a right value."""
    return random_network(origin, width=(3, 4))


def run(seed: int, share: float) -> list[str]:
    """Guards every network as it is, and some of them broken everywhere."""
    draw, failures, refused, classes = random.Random(seed), list[str](), Counter[str](), set[str]()
    for number in range(max(1, round(RIGHT * share))):
        origin = draw.randrange(10**9)
        trace = derive_trace(problem_from_dict(random_network(origin) if number % 2 else distinct(origin)))
        try:
            guard(trace)
        except ProgramFault as fault:
            failures.append(f"network {origin} is right: {fault}")
            continue
        if number % 2 or number // 2 >= WRONG * share:
            continue
        for name, kind, wrong in broken(trace, random.Random(origin), most=2):
            classes.add(name)
            refused[kind] += 1
            try:
                guard(wrong)
            except ProgramFault:
                continue
            failures.append(f"network {origin}: a wrong {kind} in a step {name} passes")
    never = ", ".join(sorted(CLASSES - classes)) or "none"
    counts = ", ".join(f"{kind} {refused[kind]}" for kind in sorted(refused))
    print(f"{max(1, round(RIGHT * share))} networks as they are; broken: {counts}; classes never broken: {never}")
    return failures
