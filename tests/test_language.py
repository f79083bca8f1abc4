"""The grammar of equations: what is read as what, and what each wrong text is told."""

from __future__ import annotations

from fractions import Fraction

import pytest

from derive.errors import InputError
from derive.functions import FUNCTIONS
from derive.language import parse, words
from derive.language.grammar import parse_line
from derive.language.syntax import (
    Applied,
    Bind,
    Chain,
    Choice,
    Clauses,
    Condition,
    Equation,
    Expression,
    Function,
    IndexProduct,
    IndexSum,
    Item,
    Letter,
    LookUp,
    Map,
    Name,
    Negative,
    Number,
    Pi,
    Power,
    Reduction,
    Size,
    Soft,
    State,
    Sum,
    Transposed,
    Use,
    Whole,
)

a, b, c, w = map(Name, "abcw")
i, j, k = map(Letter, "ijk")
one, two, half = Number(Fraction(1), "1"), Number(Fraction(2), "2"), Number(Fraction(1, 2), "0.5")


def right(text: str) -> Expression:
    line = parse_line(f"y = {text}")
    assert isinstance(line, Equation)
    return line.right


EXPRESSIONS: list[tuple[str, Expression]] = [
    ("a + b - c", Sum(((1, a), (1, b), (-1, c)))),
    ("-a + b", Sum(((-1, a), (1, b)))),
    ("-w^2", Negative(Power(w, two))),
    ("w^w^w", Power(w, Power(w, w))),
    ("w^-2", Power(w, Negative(two))),
    ("a/b*c", Chain(a, (("/", b), ("*", c)))),
    ("a@b/c", Chain(a, (("@", b), ("/", c)))),
    ("2*-a", Chain(two, (("*", Negative(a)),))),
    ("-a*b", Negative(Chain(a, (("*", b),)))),
    ("(a + b)*c", Chain(Sum(((1, a), (1, b))), (("*", c),))),
    ("a.T^2", Power(Transposed(a), two)),
    ("a@b.T", Chain(a, (("@", Transposed(b)),))),
    ("0.5", half),
    ("5e-1", Number(Fraction(1, 2), "5e-1")),
    ("pi*a", Chain(Pi(), (("*", a),))),
    ("a[2*k-1]", Item("a", (IndexSum(((1, IndexProduct((Whole(2), k))), (-1, Whole(1)))),))),
    ("a[-1]", Item("a", (Whole(-1),))),
    ("a[w[k],3]", Item("a", (LookUp("w", (k,)), Whole(3)))),
    ("pad(a[k-1])", Item("a", (IndexSum(((1, k), (-1, Whole(1)))),), padded=True)),
    ("sum(a[i] for i)", Reduction("sum", Item("a", (i,)), Clauses((Bind("i"),)))),
    (
        "max(a[i] for i in 1..3, j if i <= j < 3 and i != 2)",
        Reduction(
            "max",
            Item("a", (i,)),
            Clauses(
                (Bind("i", Whole(1), Whole(3)), Bind("j")),
                (Condition(i, "<=", j), Condition(j, "<", Whole(3)), Condition(i, "!=", Whole(2))),
            ),
        ),
    ),
    ("softmax(a[j] over j)", Soft("softmax", Item("a", (j,)), "j")),
    (
        "log_softmax(a[i,j] over j if j <= i)",
        Soft("log_softmax", Item("a", (i, j)), "j", (Condition(j, "<=", i),)),
    ),
    ("max(a, b)", Applied("max", (a, b))),
    ("sum(a^2)", Applied("sum", (Power(a, two),))),
    ("softmax(a)", Applied("softmax", (a,))),
    ("elu(a, alpha = 2)", Applied("elu", (a,), (("alpha", two),))),
    ("if(a > 1, b, -c)", Choice(a, ">", one, b, Negative(c))),
    ("step(a)", Applied("step", (a,))),
    ("size(a, 2)", Size("a", 2)),
]


@pytest.mark.parametrize(("text", "tree"), EXPRESSIONS)
def test_expressions(text: str, tree: Expression) -> None:
    """Precedence, order and the shape of what was written."""
    assert right(text) == tree


def test_lines() -> None:
    """Equations, functions, uses, states; comments are the author's words; numbers of lines count empty ones."""
    text = "h[0,j] = 0   # begins at 0\n\nf(x, a) = a*x\nconv(X, K)[r,c] = X[r,c]*K[1,1]\n"
    text += "use dense(x = x[n,2], f = tanh) for n in 1..3"
    first, second, third, fourth = parse(text)
    assert isinstance(first, Equation) and isinstance(second, Function)
    assert isinstance(third, Function) and isinstance(fourth, Use)
    assert (first.number, first.name, first.index, first.comment) == (1, "h", (Whole(0), j), "begins at 0")
    assert (second.number, second.name, second.parameters, second.letters) == (3, "f", ("x", "a"), ())
    assert third.letters == ("r", "c")
    assert fourth.maps == (Map("x", "x", (Letter("n"), Whole(2))), Map("f", "tanh"))
    assert fourth.clauses.binds == (Bind("n", Whole(1), Whole(3)),)


def test_lines_of_an_update() -> None:
    """New values and states stand in updates only."""
    state, new, plain = parse("state m = 0, v = -1\nm' = m + g\nmhat = m'/(1 - b^step)", update=True)
    assert isinstance(state, State) and isinstance(new, Equation) and isinstance(plain, Equation)
    assert [name for name, _ in state.starts] == ["m", "v"]
    assert (new.name, new.primed, plain.primed) == ("m", True, False)
    assert isinstance(plain.right, Chain) and plain.right.first == Name("m'")
    with pytest.raises(InputError, match="updates only"):
        parse("m' = m + g")


FAULTS = [
    ("y = 2w", "write 2*w"),
    ("y = 2*w(x+1) + 3(a)", "write * between factors"),
    ("y = a b", "write a*b"),
    ("y = w^2(a)", "write * between factors"),
    ("y = x**2", "write ^ for a power"),
    ("y = .5*w", "write 0.5"),
    ("y = 1.*w", "write 1.0 or 1"),
    ("y = 1..3", "a sign of calculation"),
    ("y = 'a'", "updates only"),
    ('y = "1/3"', "stand in the tables"),
    ("y := 3", "write = between"),
    ("y == 3", "between the name and its formula"),
    ("y = x == 3", "between the name and its formula"),
    ("y = α", "write alpha"),
    ("y = Δ", "write Delta"),
    (
        "y = \N{CYRILLIC SMALL LETTER HA}",
        "the cyrillic small letter ha; names are written with the letters a to z",
    ),
    ("y = \N{FULLWIDTH LATIN SMALL LETTER A}", "fullwidth latin small letter a"),
    ("y = a\N{ZERO WIDTH SPACE}b", "not seen, is the zero width space"),
    ("y = \N{RIGHT-TO-LEFT OVERRIDE}a", "right-to-left override"),
    ("y = sum(a[k] for k if k > 1 or k < 3)", "joined by and"),
    ("y = sum(a[k] for k in 1..1e9)", 'found "1e9"'),
    ("y = a[99999999]", 'up to 1000000 as index, found "99999999"'),
    ("y = a·b", "write * for a product"),
    ("y = a − b", "minus sign of the keyboard"),
    ("y = √a", "sqrt"),
    ("y = Σ a", "sum(... for i)"),
    ("y = \\alpha", "without TeX"),
    ("y = |a|", "abs"),
    ("y = a ? b : c", "if(x > 0, a, b)"),
    ("y = {a}", "brackets are"),
    ("y =", "the end of the equation"),
    ("= 3", "the name that the equation defines"),
    ("3 = y", "the name that the equation defines"),
    ("y = (a", "expected )"),
    ("y = a)", "a sign of calculation or the end"),
    ("y = a + ", "a number, a name or a bracket"),
    ("y = + a", "between terms only"),
    ("y = a.T.T", "A.T.T is A"),
    ("y = x[]", "a letter or a whole number as index"),
    ("y = x[1.5]", "never rounded"),
    ("y = x[k^2]", "sums and products"),
    ("y = x[k/2]", "sums and products"),
    ("y = x[2k]", "a sign of calculation"),
    ("y = x [1][2]", "right behind the name"),
    ("h[k+1] = h[k]", "h[k] = ... h[k-1]"),
    ("h[2*k] = 1", "letter or a whole number as index left of ="),
    ("exp = 3", "the word exp belongs to the language"),
    ("sum = 3", "the word sum belongs to the language"),
    ("y = pi[1]", "a sign of calculation"),
    ("y = for", "belongs to the language"),
    ("y = exp", "write exp(x)"),
    ("y = sum", "write sum(x)"),
    ("y = sum(x[i] for)", "a letter"),
    ("y = sum(x[i] for i in 1)", "k in 1..3"),
    ("y = sum(x[i] for i if i)", "conditions compare indices"),
    ("y = sum(x[i] for i, i)", "different letters"),
    ("y = softmax(z[j] for j)", "softmax(z[j] over j)"),
    ("y = sum(z[j] over j)", "sum(... for j)"),
    ("y = tanh(z[j] for j)", "before `for`"),
    ("y = softmax(z[i,j] over i, j)", "one letter"),
    ("y = pad(x)", "pad reads one element"),
    ("y = if(a, b, c)", "if(x > 0, then, otherwise)"),
    ("y = if(a > b, c)", "if(x > 0, then, otherwise)"),
    ("y = size(x)", "size(K, 2)"),
    ("y = f()", "an argument of f"),
    ("y = f(a = 1, 2)", "behind those without one"),
    ("y = f(a = 1, a = 2)", "every argument once"),
    ("f(1) = 3", "y = f(x)"),
    ("f(x, x) = x", "different names"),
    ("tanh(x) = x", "exists already"),
    ("use", "the name of a row"),
    ("use dense", "use lstm()"),
    ("use dense(x)", "expected ="),
    ("use dense(x = x, x = z)", "every name once"),
    ("y = " + "(" * 50 + "a" + ")" * 50, "inside each other"),
    ("y = " + "-" * 50 + "a", "inside each other"),
    ("y = " + "^".join("a" * 50), "inside each other"),
    ("y = " + "/".join("a" * 50), "divisions after each other"),
    ("y = x[" + "(" * 50 + "1" + ")" * 50 + "]", "inside each other"),
    ("y = x[" + "w[" * 50 + "1" + "]" * 51, "inside each other"),
    ("y = " + "1" * 41, "at most 40 digits"),
    ("y = 1e999999999999", "at most 40 digits"),
    ("y = 1e-999999999999", "at most 40 digits"),
    ("y = x[99999999]", "up to 1000000"),
    ("y" * 40 + " = 1", "at most 30 characters"),
    ("y = " + "a+" * 1000 + "a", "at most 2000 characters"),
    ("y[" + ",".join("ijklmnpqr") + "] = 1", "at most 8"),
    ("y = a\x00", "a sign of the language"),
    ("y = a # words\u202e", "words that can be seen"),
]


@pytest.mark.parametrize(("text", "says"), FAULTS, ids=lambda value: str(value)[:30])
def test_faults(text: str, says: str) -> None:
    """One message that names the line, quotes it and says what to write."""
    with pytest.raises(InputError) as caught:
        parse("q = 1\n" + text, "my.toml", 7)
    message = str(caught.value)
    assert message.startswith("my.toml, line 8 (")
    assert says.lower() in message.lower()
    assert len(message) < 500


def test_limits_of_a_text() -> None:
    """Neither too many characters nor too many lines are read."""
    for text in ("y = 1\n" * 1001, "#" * 100_001):
        with pytest.raises(InputError, match="at most 1000"):
            parse(text)


def test_words_are_the_functions() -> None:
    """The language reserves exactly the functions that exist; max and min take several numbers."""
    assert set(words.FUNCTIONS) == {*FUNCTIONS, "max", "min"}
