"""Updates that name their parameters, as w'[i] = w[i] + rate*(t - y)*x[i]: rules for the elements of one array.

Decides over which elements such a rule runs; it may read everything that a problem computes, and g, the gradient of the
element that moves.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from fractions import Fraction

from derive.errors import InputError, did_you_mean
from derive.language import syntax
from derive.trace.affine import Affine
from derive.trace.drafts import Draft
from derive.trace.givens import Given
from derive.trace.indexed import reads
from derive.trace.lowering import Formulas
from derive.trace.names import Origin, Target
from derive.trace.scope import Letters
from derive.trace.updates import GRADIENT, PARAMETER, UpdateReader, Updates, owned, renewed, used_gradient


def particular(
    reader: UpdateReader, equations: Sequence[syntax.Equation], starts: Mapping[str, Fraction | Mapping[str, Given]]
) -> Updates:
    """Updates that name their parameters: w'[i] = ..."""
    if starts:
        hint = "states belong to an update of one number: p' = p - v'."
        raise InputError("no state", ", ".join(starts), reader.names.file, "training.state", hint)
    names = reader.names
    drafts: list[Draft] = []
    moved: list[str] = []
    for line in equations:
        if not line.primed:
            continue
        if line.name not in reader.parameters:
            near = did_you_mean(line.name, [PARAMETER, *reader.parameters])
            hint = near or "write p' = ... for every number, or w'[i] = ... for those of one parameter."
            raise names.fault(line, Origin(), "the new value of a parameter", f"{line.name}'", hint)
        if line.name not in moved:
            moved.append(line.name)
    for line in equations:
        name = renewed(line.name) if line.primed else owned(line.name, "")
        rank = len(line.index)
        if line.primed and rank != len(reader.system.ranges[line.name]):
            raise names.fault(line, Origin(), f"{line.name} with its indices", f"{rank} of them")
        names.ranks.setdefault(name, rank)
    if not moved:
        hint = "p' is the new value of a number p: p' = p - learning_rate*g"
        raise InputError("an equation p' = ... or w'[i] = ...", "none", names.file, "training.update", hint)
    targets = reader.setting_names()
    targets |= {line.name: Target(owned(line.name, "")) for line in equations if not line.primed}
    named = {*names.ranks, *names.givens, *reader.system.ranges}
    for line in equations:
        letters = Letters()
        scope = Formulas(names, line, Origin(None, "", targets), letters, counts=True)
        bound = {bind.letter for bind in line.clauses.binds}
        free = [i.name for i in line.index if isinstance(i, syntax.Letter) and i.name not in bound]
        scope, _ = scope.bind(tuple(syntax.Bind(name) for name in dict.fromkeys(free)))
        scope, _ = scope.bind(line.clauses.binds)
        name = renewed(line.name) if line.primed else owned(line.name, "")
        left: tuple[Affine, ...] = tuple(scope.index(index) for index in line.index)
        conditions = scope.conditions(line.clauses.conditions)
        if line.primed and (reader.derived or GRADIENT not in named):
            gradient = Target(used_gradient(reader.loss, line.name, False), left)
            reader.known(gradient.name, len(line.index))
            scope = replace(scope, origin=Origin(None, "", {**targets, GRADIENT: gradient}))
        drafts.append(Draft(name, left, scope.number(line.right), conditions, letters.explicit, line, scope.origin))
    return _ranged(reader, drafts, moved)


def _ranged(reader: UpdateReader, drafts: Sequence[Draft], moved: Sequence[str]) -> Updates:
    """The updates of drafts: letters left of = run over the parameter that moves."""
    spans = reader.system.ranges
    settled: list[Draft] = []
    for draft in drafts:
        parameter = draft.name.removesuffix("'")
        explicit = dict(draft.explicit)
        if draft.name.endswith("'"):
            for form, span in zip(draft.left, spans[parameter], strict=True):
                if form.letter is not None and explicit[form.letter] is None:
                    explicit[form.letter] = Affine(span[0]), Affine(span[1])
        settled.append(replace(draft, explicit=explicit))
    gradients = {used_gradient(reader.loss, name, False): spans[name] for name in moved}
    equations = reader.finished(settled, gradients)
    found = {renewed(name): spans[name] for name in moved}
    for equation in equations:
        if equation.name not in found:
            found[equation.name] = tuple(
                equation.ranges[form.letter] if form.letter else (form.constant, form.constant)
                for form in equation.left
            )
    moves = {renewed(name): name for name in moved}
    used = {read.name for equation in equations for read in reads(equation.right)}
    slopes = tuple(name for name in reader.parameters if used_gradient(reader.loss, name, False) in used)
    return Updates(
        reader.decay(), tuple(equations), moves, {}, found | reader.decay_ranges(), slopes, {}, reader.settings
    )
