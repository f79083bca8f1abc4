"""The grammar of indices: places in arrays, what stands behind `for` and `if`.

Decides what an index may look like: sums and products of letters and whole numbers, numbers looked up, sizes.
"""

from __future__ import annotations

from derive.errors import InputError, shown
from derive.language.reader import Reader
from derive.language.syntax import (
    Bind,
    Clauses,
    Condition,
    Extent,
    Index,
    IndexProduct,
    IndexSum,
    Letter,
    LookUp,
    Whole,
)
from derive.language.words import MAX_DEPTH, MAX_INDICES, RELATIONS


class IndexGrammar(Reader):
    """Reads indices, ranges and conditions."""

    def clauses(self) -> Clauses:
        """Behind `for`."""
        binds = self.separated(self.bind, MAX_INDICES)
        letters = [one.letter for one in binds]
        if len(set(letters)) < len(letters):
            raise InputError("different letters behind for", shown(", ".join(letters)))
        return Clauses(binds, self.conditions())

    def bind(self) -> Bind:
        letter = self.new_name("a letter")
        if not self.takes_word("in"):
            return Bind(letter)
        low = self.index()
        if not self.takes(".."):
            raise self.fault("..", "a range is written k in 1..3.")
        return Bind(letter, low, self.index())

    def conditions(self) -> tuple[Condition, ...]:
        """Behind `if`, where there is one; a < b < c are two conditions."""
        if not self.takes_word("if"):
            return ()
        found: list[Condition] = []
        while True:
            left = self.index()
            if not self.sees(*RELATIONS):
                raise self.fault("<, <=, >, >=, == or !=", "conditions compare indices: if m <= t")
            while self.sees(*RELATIONS):
                relation = self.piece.kind
                self.place += 1
                right = self.index()
                found.append(Condition(left, relation, right))
                left = right
                if len(found) > MAX_DEPTH:
                    raise InputError(f"at most {MAX_DEPTH} conditions", "more")
            if not self.takes_word("and"):
                return tuple(found)

    def left_index(self) -> Index:
        """Left of =: a letter or a number."""
        start = self.place
        index = self.index()
        if not isinstance(index, Whole | Letter) and not self.library:
            self.place = start
            raise self.fault(
                "a letter or a whole number as index left of =",
                "move what is calculated to the right side: h[k] = ... h[k-1] instead of h[k+1] = ... h[k]",
            )
        return index

    def index(self) -> Index:
        """[-] product, then + product or - product."""
        sign = -1 if self.takes("-") else 1
        terms = [(sign, self.deeper(self.index_product))]
        while self.sees("+", "-"):
            sign = 1 if self.takes("+") else -1 if self.takes("-") else 0
            terms.append((sign, self.deeper(self.index_product)))
        if len(terms) > 1:
            return IndexSum(tuple(terms))
        sign, only = terms[0]
        if sign > 0:
            return only
        return Whole(-only.value) if isinstance(only, Whole) else IndexSum(((-1, only),))

    def index_product(self) -> Index:
        factors = [self.index_atom()]
        while self.takes("*"):
            factors.append(self.index_atom())
        if self.sees("/", "^", "@"):
            raise self.fault("an index of sums and products", "such as 2*r-2+u")
        return factors[0] if len(factors) == 1 else IndexProduct(tuple(factors))

    def index_atom(self) -> Index:
        if self.sees("number"):
            return Whole(self.whole())
        if self.takes("("):
            inner = self.deeper(self.index)
            self.need(")")
            return inner
        if self.sees_word("size"):
            return Extent(*self.size())
        name = self.quantity_name("a letter or a whole number as index")
        if self.takes("["):
            index = self.deeper(lambda: self.separated(self.index, MAX_INDICES))
            self.need("]")
            return LookUp(name, index)
        return Letter(name)

    def size(self) -> tuple[str, int]:
        self.place += 1
        hint = "size(K, 2) is the number of elements along the second index."
        self.need("(", hint)
        name = self.quantity_name("the name of an array")
        self.need(",", hint)
        if not self.sees("number"):
            raise self.fault("the number of an index", hint)
        axis = self.whole()
        if not 1 <= axis <= MAX_INDICES:
            raise InputError(f"an index from 1 to {MAX_INDICES}", str(axis), hint=hint)
        self.need(")", hint)
        return name, axis
