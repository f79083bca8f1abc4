"""Numbers for a class: those that the author has in mind where they make a good exercise, else what comes near.

Whether they do is decided by draws that have nothing to do with any seed, and every decision is measured in draws and
computed steps, never in time: the same problem gives the same set on every machine. What is tried, in this order: more
decimals, another learning rate, milder weights and biases, then inputs, then targets. Only what the author has left
open is chosen, and every choice is told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from derive.derivation import Trace
from derive.errors import InputError, counted, listed
from derive.spec import Constraints
from derive.variants.bounds import Never, never
from derive.variants.constraints import guarantees
from derive.variants.mild import Mild, levels, rate_of, rates, with_rate
from derive.variants.own import decided
from derive.variants.recipe import Recipe, Workshop, workshop
from derive.variants.search import SOMETIMES, WORK, Trial, advice, search, try_out
from derive.variants.setting import Setting
from derive.worksheet import LONGEST_DECIMALS

KIND_DECIMALS = 6
"""Decimals up to which more of them are tried before other numbers are."""
WORK_IN_ALL = 6_000_000
"""Computed steps after which nothing else is tried: about ten seconds."""
RATE_HELPS = {"loss_decreases": False, "distinguishable_mistakes": True}
"""The conditions that another learning rate may meet, and whether it is a larger one."""
USUAL_ATTEMPTS: int = Constraints.model_fields["attempts"].default

Tell = Callable[[str], None]
"""Is told how far a search is."""


class Ready(NamedTuple):
    """A recipe whose choices are made, and its workshop."""

    recipe: Recipe
    place: Workshop


def ready(recipe: Recipe, step: Tell = lambda text: None, tell: Tell = lambda text: None) -> Ready:
    """The recipe with decimals, ranges and learning rate such that there are numbers for everybody.

    `step` is told how far it is, `tell` what the user should know before a long search ends. Raises `InputError` with
    what blocks, and what to change.
    """
    place = workshop(recipe)
    if place.trial.enough:
        return Ready(recipe, place)
    look = _Search(recipe, place, step)
    found = look.found()
    if found is not None:
        chosen = _told(recipe, place, *found)
        return Ready(chosen, workshop(chosen))
    _insist(place, look.proof, look.tried, step, tell)
    return Ready(recipe, place)


@dataclass
class _Search:
    """The search for something near to what the author has in mind."""

    recipe: Recipe
    place: Workshop
    step: Tell
    work: int = 0
    trials: dict[tuple[str, int], Trial | Never] = field(default_factory=dict)
    ways: dict[str, None] = field(default_factory=dict)
    """What was changed, in words."""

    def found(self) -> tuple[Mild, int] | None:
        """The first choice that gives numbers enough, with its decimals; None where none does."""
        setting = self.place.setting
        shown, own = setting.policy.decimals, self.recipe.problem.rounding.decimals
        self.trials[_key(Mild(setting.problem.variants), shown)] = self.place.trial
        free = not decided(self.recipe.problem, self.recipe.options)
        usual = max(shown, own, KIND_DECIMALS) if free else shown
        for most in dict.fromkeys((usual, max(usual, LONGEST_DECIMALS) if free else shown)):
            for mild in self._mild(most):
                for decimals in range(shown, most + 1):
                    if self._enough(mild, decimals):
                        return mild, decimals
        return None

    def _mild(self, most: int) -> Iterator[Mild]:
        """What may be drawn such that there are enough at the most decimals, the nearest to the author's first."""
        trace = self.place.setting.trace
        if not isinstance(trace, Trace):
            # The ranges of equations are their author's: only decimals are chosen.
            own = Mild(self.place.setting.problem.variants)
            yield from [own] if self._enough(own, most) else []
            return
        for level in levels(trace):
            self.ways |= {"milder ranges": None} if level.changes else {}
            if self._enough(level, most):
                yield level
                continue
            larger = RATE_HELPS.get(self._blocking(level, most))
            for rate in rates(trace, larger) if larger is not None else ():
                changed = with_rate(level, rate, rate_of(trace))
                self.ways["another learning rate"] = None
                if self._enough(changed, most):
                    yield changed
                    break

    def _enough(self, mild: Mild, decimals: int) -> bool:
        trial = self._trial(mild, decimals)
        return isinstance(trial, Trial) and trial.enough

    def _blocking(self, mild: Mild, decimals: int) -> str:
        trial = self._trial(mild, decimals)
        return trial.blocking if isinstance(trial, Trial) else trial.name

    def _trial(self, mild: Mild, decimals: int) -> Trial | Never:
        key = _key(mild, decimals)
        if key not in self.trials:
            setting = self.place.setting.at(replace(self.place.setting.policy, decimals=decimals), mild.variants)
            self.trials[key] = never(setting) or self._tried(setting, mild)
        return self.trials[key]

    def _tried(self, setting: Setting, mild: Mild) -> Trial:
        what = listed(mild.changes) or "numbers around the problem's own"

        def step(trial: Trial) -> None:
            self.step(f"{what}, {counted(setting.policy.decimals, 'decimal')}: {_standing(trial)}")

        trial = try_out(setting, max(min(WORK, WORK_IN_ALL - self.work), 0), step)
        self.work += setting.work
        return trial

    @property
    def proof(self) -> Never | None:
        """Why the author's own choice gives no numbers, whatever the decimals, where that is proven."""
        setting = self.place.setting
        own = _key(Mild(setting.problem.variants), 0)[0]
        most = max(decimals for variants, decimals in self.trials if variants == own)
        return never(setting.at(replace(setting.policy, decimals=most)))

    @property
    def tried(self) -> str:
        """What was tried beside the author's own numbers, for a message."""
        decimals = [decimals for _, decimals in self.trials]
        more = [f"{max(decimals)} decimals"] if max(decimals) > min(decimals) else []
        return f"{listed([*more, *self.ways])} did not help" if more or self.ways else ""


def _key(mild: Mild, decimals: int) -> tuple[str, int]:
    return mild.variants.model_dump_json(), decimals


def _standing(trial: Trial) -> str:
    """How a trial stands, in a few words."""
    return f"{trial.found} of {counted(trial.draws, 'draw')} will do, {trial.blocking} refuses most"


def _told(recipe: Recipe, place: Workshop, mild: Mild, decimals: int) -> Recipe:
    """The recipe with what was chosen, and a sentence that says what and why."""
    trial, shown = place.trial, place.setting.policy.decimals
    changes = list(mild.changes)
    options = recipe.options
    if decimals != shown:
        options = replace(options, decimals=decimals)
        changes.append(f"answers have {counted(decimals, 'decimal')} instead of {shown}")
    how_many = f"only {trial.found}" if trial.found else "none"
    # What other numbers mend is what refuses most draws; what decimals and rates mend may come after that.
    ranged = "drawn from" in "".join(mild.changes)
    lacking = max(trial.refused, key=trial.refused.__getitem__) if ranged else trial.blocking
    sentence = (
        f"Of {counted(trial.draws, 'draw')} around the problem's own numbers {how_many} will do; what most of them "
        f"lack: {dict(guarantees(place.setting))[lacking]}. So {listed(changes)}."
    )
    problem = recipe.problem.model_copy(update={"variants": mild.variants})
    return replace(recipe, problem=problem, options=options, changes=(sentence,))


def _insist(place: Workshop, proof: Never | None, tried: str, step: Tell, tell: Tell) -> None:
    """Goes on with the author's own choice where it gives any numbers at all; raises `InputError` where it does not."""
    trial, setting = place.trial, place.setting
    if trial.found:
        return
    if proof is not None:
        found = f"that {setting.called(proof.quantity)} {proof.why}"
        where = f"variants.constraints.{proof.name}"
        raise InputError(
            "numbers that meet every condition", found, setting.file, where, advice(proof.name, tried, proof.hint)
        )
    attempts = setting.problem.variants.constraints.attempts
    if attempts <= USUAL_ATTEMPTS:
        raise trial.error(tried)
    tell(f"{_standing(trial)}; going on to {attempts}, as variants.constraints.attempts says.")

    def count(draws: int) -> None:
        if draws % SOMETIMES == 0:
            step(f"{trial.draws + draws} of {attempts} draws, {trial.blocking} refuses most")

    search(setting, "", "probe", trial.draws, step=count)
