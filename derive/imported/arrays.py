"""Arrays of a model as equations read them: which element of which quantity stands at each place.

Most of what a framework does to an array computes nothing: it turns it, cuts it, or counts its places anew. Here that
is a matter of indices alone, so no equation is written for it. What stands at which place is decided here; what is
computed is not.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from derive.errors import InputError

Shape = tuple[int, ...]


@dataclass(frozen=True, eq=False)
class Range:
    """What one letter runs over, from 1 to its size; every range is itself alone."""

    size: int
    letters: str = ""
    """Those that are usual for it."""


Dimension = tuple[Range, ...]
"""The ranges that a dimension is made of, the last one running first; none where there is one place alone."""


@dataclass(frozen=True)
class Form:
    """An index: a whole number plus multiples of letters, all counted from 0."""

    terms: tuple[tuple[Range, int], ...] = ()
    constant: int = 0

    def put(self, known: Mapping[Range, Form]) -> Form:
        """The same with other forms for its ranges."""
        terms: dict[Range, int] = {}
        constant = self.constant
        for span, factor in self.terms:
            inner = known.get(span, Form(((span, 1),)))
            constant += factor * inner.constant
            for other, own in inner.terms:
                terms[other] = terms.get(other, 0) + factor * own
        return Form(tuple((span, factor) for span, factor in terms.items() if factor), constant)

    def text(self, letters: Mapping[Range, str]) -> str:
        """As an equation has it, where indices count from 1.

        >>> i, j = Range(3), Range(2)
        >>> Form(((i, 2), (j, 1))).text({i: "i", j: "j"}), Form((), 4).text({}), Form(((i, 1),), 2).text({i: "i"})
        ('2*(i-1)+j', '5', 'i+2')
        """
        constant, parts = self.constant + 1, []
        for span, factor in self.terms:
            if factor == 1:
                parts.append(letters[span])
                constant -= 1
            else:
                parts.append(f"{factor}*({letters[span]}-1)")
        text = "+".join(parts)
        return f"{text}{constant:+d}" if text and constant else text or str(constant)


@dataclass(frozen=True)
class View:
    """An array: the quantity that holds it, the ranges of each dimension, and the index of the quantity there."""

    name: str
    dimensions: tuple[Dimension, ...]
    index: tuple[Form, ...]

    @property
    def shape(self) -> Shape:
        return tuple(math.prod(span.size for span in one) for one in self.dimensions)

    @property
    def ranges(self) -> tuple[Range, ...]:
        return tuple(span for one in self.dimensions for span in one)

    def text(self, letters: Mapping[Range, str]) -> str:
        """The element at these letters."""
        return f"{self.name}[{','.join(form.text(letters) for form in self.index)}]" if self.index else self.name

    def put(self, known: Mapping[Range, Form], dimensions: Sequence[Dimension]) -> View:
        return View(self.name, tuple(dimensions), tuple(form.put(known) for form in self.index))

    def fresh(self) -> View:
        """The same over ranges of its own."""
        known = {span: Range(span.size, span.letters) for span in self.ranges}
        dimensions = [tuple(known[span] for span in one) for one in self.dimensions]
        return self.put({span: Form(((own, 1),)) for span, own in known.items()}, dimensions)

    # -- what computes nothing

    def permuted(self, order: Sequence[int]) -> View:
        return replace(self, dimensions=tuple(self.dimensions[one] for one in order))

    def selected(self, axis: int, place: int) -> View:
        """One place of a dimension, which is gone then."""
        known, rest = {}, place
        for span in reversed(self.dimensions[axis]):
            rest, own = divmod(rest, span.size)
            known[span] = Form((), own)
        return self.put(known, (*self.dimensions[:axis], *self.dimensions[axis + 1 :]))

    def sliced(self, axis: int, start: int, step: int, size: int) -> View:
        """Some places of a dimension, one step after the other."""
        if (start, step, size) == (0, 1, self.shape[axis]):
            return self
        whole = self.split(axis, [self.shape[axis]]) if len(self.dimensions[axis]) > 1 else self
        if not whole.dimensions[axis]:
            return whole
        (span,) = whole.dimensions[axis]
        part = Range(size, span.letters)
        dimensions = [*whole.dimensions]
        dimensions[axis] = (part,)
        return whole.put({span: Form(((part, step),), start)}, dimensions)

    def split(self, axis: int, sizes: Sequence[int]) -> View:
        """The same with a dimension that is made of ranges of these sizes."""
        known: dict[Range, Form] = {}
        found: list[Range] = []
        wanted = [size for size in sizes if size != 1]
        for span in self.dimensions[axis]:
            own: list[Range] = []
            rest = span.size
            while rest > 1:
                if not wanted or rest % wanted[0]:
                    raise _interleaved(self.shape, sizes)
                own.append(Range(wanted[0], span.letters))
                rest //= wanted.pop(0)
            if own == [] and span.size == 1:
                own = [span]
            if len(own) == 1:
                own = [span]
            factor = 1
            terms = []
            for part in reversed(own):
                terms.append((part, factor))
                factor *= part.size
            known[span] = Form(tuple(reversed(terms)))
            found += own
        dimensions = [*self.dimensions]
        dimensions[axis] = tuple(found)
        return self.put(known, dimensions)

    def reshaped(self, shape: Shape) -> View:
        """The same places, counted row by row, in another shape."""
        if shape == self.shape:
            return self
        if math.prod(shape) != math.prod(self.shape):
            raise InputError(f"{math.prod(self.shape)} places", f"a shape of {math.prod(shape)}")
        view = self
        wanted = [size for size in shape if size != 1]
        for axis in reversed(range(len(view.dimensions))):
            own: list[int] = []
            rest = view.shape[axis]
            while rest > 1:
                # A dimension ends where one that is wanted ends, or within it.
                part = math.gcd(rest, wanted[-1])
                if part == 1 or (part != wanted[-1] and part != rest):
                    raise _interleaved(self.shape, shape)
                own.insert(0, part)
                rest //= part
                wanted[-1] //= part
                if wanted[-1] == 1:
                    wanted.pop()
            view = view.refined(axis, own)
        return view._gathered(shape)

    def refined(self, axis: int, sizes: Sequence[int]) -> View:
        """The same with a dimension whose ranges end at least where these sizes do."""
        ends = {math.prod(sizes[at:]) for at in range(len(sizes))}
        own = [span.size for span in self.dimensions[axis]]
        ends |= {math.prod(own[at:]) for at in range(len(own))}
        bounds = sorted(ends - {1})
        found: list[int] = []
        before = 1
        for bound in bounds:
            if bound % before:
                raise _interleaved(self.shape, sizes)
            found.insert(0, bound // before)
            before = bound
        return self.split(axis, found)

    def _gathered(self, shape: Shape) -> View:
        """The ranges, put together in order to dimensions of these sizes."""
        left = [span for span in self.ranges if span.size > 1]
        found: list[Dimension] = []
        for size in shape:
            own: list[Range] = []
            rest = size
            while rest > 1:
                span = left.pop(0)
                if rest % span.size:
                    raise _interleaved(self.shape, shape)
                rest //= span.size
                own.append(span)
            found.append(tuple(own))
        if left:
            raise _interleaved(self.shape, shape)
        return self.put({span: Form() for span in self.ranges if span.size == 1}, found)

    def expanded(self, shape: Shape) -> View:
        """The same, repeated along dimensions of one place, with new ones in front."""
        front: list[Dimension] = [()] * (len(shape) - len(self.dimensions))
        known: dict[Range, Form] = {}
        found: list[Dimension] = []
        for own, size in zip([*front, *self.dimensions], shape, strict=True):
            before = math.prod(span.size for span in own)
            if size in (-1, before):
                found.append(own)
            elif before == 1:
                known |= {span: Form() for span in own}
                found.append((Range(size),))
            else:
                raise InputError(f"{before} or one place to be repeated", str(size))
        return self.put(known, found)


def _interleaved(shape: Sequence[int], wanted: Sequence[int]) -> InputError:
    names = ["x".join(map(str, one)) for one in (shape, wanted)]
    hint = "dimensions can be split, put together, turned and cut; this would tear rows apart"
    return InputError("a shape that keeps rows together", f"{names[0]} made {names[1]}", hint=hint)


def stored(name: str, dimensions: Sequence[Dimension]) -> View:
    """An array that a quantity holds, with an index for each range.

    >>> i, j = Range(2), Range(6)
    >>> turned = stored("x", [(i,), (j,)]).permuted([1, 0])
    >>> turned.shape, turned.reshaped((2, 3, 2)).shape, turned.text({i: "i", j: "j"})
    ((6, 2), (2, 3, 2), 'x[i,j]')
    """
    dimensions = tuple(dimensions)
    return View(name, dimensions, tuple(Form(((span, 1),)) for one in dimensions for span in one))


def aligned(views: Sequence[View]) -> tuple[list[View], list[Dimension]]:
    """Arrays of one shape, up to dimensions of one place, over the same ranges."""
    rank = max(len(view.dimensions) for view in views)
    views = [view.expanded((1,) * (rank - len(view.dimensions)) + view.shape) for view in views]
    views[1:] = [view.fresh() for view in views[1:]]  # an array and its transpose have the same ranges
    found: list[Dimension] = []
    for axis in range(rank):
        size = max(view.shape[axis] for view in views)
        for view in views:
            if view.shape[axis] not in (1, size):
                shapes = [str(list(one.shape)) for one in views]
                raise InputError("shapes that fit each other", " and ".join(dict.fromkeys(shapes)))
        full = [at for at, view in enumerate(views) if view.shape[axis] == size and view.dimensions[axis]]
        for _ in range(2):  # every one as fine as the finest, which may be finer after the first time
            for at in full:
                for other in full:
                    views[at] = views[at].refined(axis, [span.size for span in views[other].dimensions[axis]])
        own = views[full[0]].dimensions[axis] if full else ()
        found.append(own)
        for at in range(len(views)):
            views[at] = views[at].put(dict(_paired(views[at].dimensions[axis], own)), views[at].dimensions)
    return views, found


def _paired(spans: Dimension, others: Dimension) -> Iterator[tuple[Range, Form]]:
    """Which range stands for which other one."""
    if [span.size for span in spans] == [other.size for other in others]:
        for span, other in zip(spans, others, strict=True):
            if span is not other:
                yield span, Form(((other, 1),))
    else:
        for span in spans:
            yield span, Form()
