"""Wrong problems of the language of equations: each is one message that names the line, the element and the remedy."""

from __future__ import annotations

from decimal import Decimal as D
from typing import Any

import pytest
from equation_problems import model

from derive.errors import InputError
from derive.model import ModelSolution, parse_model, verify

TABLES: dict[str, Any] = {
    "inputs": {"x": [D("0.5"), -1, 2], "X": [[1, 2, 3], [4, 5, 6]], "s": D("1.5")},
    "parameters": {"w": D("0.4"), "W": [[1, 2, 3], [4, 5, 6]], "b": [1, 2]},
    "constants": {"n": 3, "word": [1, 3], "T": 2, "zero": 0, "minus": -1, "tab": [D("1.5"), 2]},
}

FAULTS = [
    # reads outside a range
    ("y[k] = x[k-1] for k in 1..3\nL = y[1]", "line 1", "for y[1], found x[0]", "pad(x[...])"),
    ("L = x[5]", "found x[5]", "1..3"),
    ("y[1] = w\ny[3] = w\nL = sum(y[k] for k in 1..3)", "line 3", "found y[2]", "no equation defines y[2]"),
    ("h[k] = h[k-1]*x[k]\nL = h[3]", "for h[1], found h[0]", "for k in 1..3"),
    ("y[i] = X[2,i+1] for i in 1..3\nL = y[1]", "for y[3], found X[2,4]"),
    # ranges that cannot be known, two ranges, empty ranges
    ("L = sum(k*w for k)", "a range for k", "for k in 1..3"),
    ("y[k] = w\nL = w", "a range for k"),
    ("L = sum(x[i]*b[i] for i)", "1..3 in x but 1..2 in b"),
    ("L = x@b", "1..3 in x but 1..2 in b"),
    ("L = sum(x[i] for i in 3..1)", "at least one number for i, found i in 3..1"),
    ("y[1] = w\ny[4] = w\ny[k] = x[k] for k in 2..3\nL = sum(y[k] for k)", "line 4", "1 and 4", "both sides of 2..3"),
    ("y[k] = x[k+2]*x[k-2]\nL = w", "a range of k", "pad(...)"),
    # a stride of 0, given, written, or of a row of the library
    ("O[r] = sum(b[u]*x[zero*(r-1)+u] for u)\nL = O[1]", "line 1", "before r that is not 0, found zero, which is 0"),
    ("O[r] = sum(b[u]*x[0*(r-1)+u] for u)\nL = O[1]", "before r that is not 0, found 0", "a stride is 1 or more"),
    ("use conv1d(x = x, K = b, b = w, y = y, channels = no, S = zero)\nL = sum(y)", "line 1", "found S, which is 0"),
    ("y = w\nL = y*x[word[3]]", "line 2", "an index within word, found word[3]", "it has 1..2"),
    ("y[k] = x[word[k+1]] for k in 1..2\nL = y[1]", "line 1", "an index within word, found word[3]"),
    ("y[k] = x[k] for k in 1..3 if word[k] == 1\nL = y[1]", "line 1", "an index within word, found word[3]"),
    # circles and double definitions
    ("a = c\nc = a\nL = a", "a needs c needs a"),
    ("a[i] = a[i] + x[i]\nL = a[1]", "a[1] needs a[1]"),
    ("a[i] = c[i]*x[i]\nc[i] = a[i]\nL = a[1]", "needs", "a[1]"),
    ("h[k] = h[k+1]*h[k-1] for k in 1..2\nh[0] = 1\nh[3] = 1\nL = h[1]", "h[1] needs h[2] needs h[1]"),
    ("y[1] = w\ny[k] = x[k]\nL = y[1]", "line 2", "one equation for y[1]", "y[1] = w"),
    ("L = w\nL = w + 1", "line 2", "one equation for L"),
    ("x = 3", "given"),
    ("y = w\ny[1] = w\nL = w", "line 2", "one number of indices of y"),
    ("y[1] = w\ny = w\nL = w", "line 2", "one number of indices of y"),
    (
        "use dense(x = x, W = X, f = tanh, b = b)\nuse dense(x = x, W = W, f = tanh, b = b, y = v)\nL = w",
        "line 2",
        "in the row dense",
        "one equation for z[1]",
        "use dense(..., z = ...)",
    ),
    ("use residual(x = y, F = x, y = y)\nL = w", "in the row residual", "y[1] needs y[1]"),
    ("y[i] = x[i]\ny[i,j] = W[i,j]\nL = w", "one number of indices of y"),
    # indices
    ("L = W[1]", "2 indices behind W, found 1"),
    ("L = w[1]", "no index behind w, found 1"),
    ("use conv2d(x = X, K = W, b = w)\nL = w", "2 indices behind K, found 4", "channels = yes or no"),
    ("y[i] = x\nL = w", "a number, found a vector"),
    ("L = x[k]", "for k", "sum(... for k)"),
    ("L = sum(x[i*j] for i, j)", "a product of two letters"),
    ("L = x[s]", "found 1.5", "never rounded"),
    ("L = x[tab[1]]", "found 1.5", "never rounded"),
    ("L = x[y]\ny = 1", "the quantity y"),
    ("L = x[y[1]]\ny[1] = 1", "the quantity y"),
    ("y[i] = X[i,word[i]]\nL = sum(y[i]*x[word[i+1]] for i)", "word"),
    ("L = sum(n*x[n] for n)", "one meaning of n"),
    ("L = w for k in 1..3", "the letter k left of ="),
    ("L = size(x, 2)", "from 1 to 1"),
    ("L = size(w, 1)", "the number w"),
    # names
    ("L = weight*w", "a name that is given or defined"),
    ("L = sum(Wx)", "Wx"),
    ("L = sigmod(w)", 'did you mean "sigmoid"?'),
    ("L = log(w)", "ln or log10"),
    ("L = w(2)", "write * between factors"),
    ("L = tanh", "write tanh(x)"),
    ("L = f + 1\nf(a) = a", "write f(x)"),
    ("L = w*step", "counts updates"),
    ("dL = 3\nL = w", "line 1", "another name than dL"),
    # whole arrays
    ("y = x + W\nL = w", "a vector and a matrix"),
    ("L = w@x", "a number @ a vector"),
    ("L = sum(x.T)", "a matrix before .T"),
    ("L = sum(w)", "for i"),
    ("L = sum(x, w)", "for i"),
    ("p = softmax(w)\nL = p", "over j"),
    ("p[i] = softmax(x[i] over j)\nL = p[1]", "a letter j"),
    ("p[j] = softmax(x[j] over j) for j in 1..3 if j != 2\nL = p[1]", "behind for", "over j if"),
    # functions
    ("f(a) = f(a) + 1\nL = f(w)", "f needs f"),
    ("f(a) = g(a)\ng(a) = f(a)\nL = f(w)", "f needs g needs f"),
    ("f(v) = f(v) + sum(v)\nL = f(x)", "f needs f"),
    ("f(a) = a\nf(a) = 2*a\nL = f(w)", "one function f"),
    ("f(a, c) = a + c\nL = f(w)", "f(a, c), found 1 argument"),
    ("L = elu(w, beta = 2)", "elu (x, alpha)"),
    ("conv(P)[i] = P[i]\ny[i] = conv(x)*2\nL = w", "a number, found a vector"),
    # the library
    ("use desne(f = relu)\nL = w", 'did you mean "dense"?'),
    ("use dense()\nL = w", "a function for f"),
    ("use dense(f = rellu)\nL = w", 'did you mean "relu"?'),
    ("use dense(f = relu, q = x)\nL = w", "a name of the row dense"),
    ("use dense(x = X[e], z = z, y = y[e], f = relu) for e\nL = w", "the letter e in the index of z"),
    ("use attention(causal = maybe)\nL = w", "causal = no or yes"),
    ("use dense(x = X, f = relu)\nL = w", "in the row dense", "2 indices behind X"),
    # no value
    ("L = ln(minus)", "a value of L, found none: the logarithm"),
    ("y[i] = ln(x[i])\nL = sum(y)", "a value of y[2]"),
    ("L = w/(n - 3)", "a division by zero"),
    ("L = sqrt(minus)*w", "the root"),
    ("L = minus^(1/2)*w", "a power of a negative number"),
    ("L = zero^minus*w", "division by zero"),
    ("L = sqrt(zero*w)", "a value of dL/dw", "the slope does not exist"),
    ("L = mean(x[i] for i if i > 5)", "the mean of nothing"),
    ("y[i] = max(x[j] for j in 1..i-1) for i in 1..3\nL = sum(y)", "for y[1], found the max of nothing"),
    ("L = 1/(x[1] - 0.5)", "division by zero"),
    ("y[i] = softmax(x[i] over i if i > 5)\nL = y[1]*w", "softmax of nothing"),
    # too large
    ("y[i,j,k] = w for i in 1..1000, j in 1..1000, k in 1..1000\nL = w", "at most", "values"),
    ("L = sum(w for i in 1..10000, j in 1..10000)", "at most", "operations"),
    ("L = exp(1000000000)", "exponential of a number as large"),
    ("L = 10^2000", "1000 digits"),
    ("L = w^2000000", "exponent beyond"),
    (
        "\n".join(["f0(a) = a*a", *[f"f{k}(a) = f{k - 1}(a)*f{k - 1}(a)" for k in range(1, 30)], "L = f29(w)"]),
        "operations",
    ),
    (
        "\n".join(["g0(v) = sum(v)", *[f"g{k}(v) = g{k - 1}(v) + g{k - 1}(v)" for k in range(1, 30)], "L = g29(x)"]),
        "parts",
    ),
    ("L = " + "*".join(["w"] * 400), "equation of its own"),
    ("h[0] = w\nh[k] = h[k-1]^2 + 3 for k in 1..400\nL = h[400]", "1000 digits"),
]


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault[0][:40])
def test_faults(fault: tuple[str, ...]) -> None:
    """One message: the line of the equations, the equation, the element, what to do."""
    text, *says = fault
    with pytest.raises(InputError) as caught:
        model(text, **TABLES).values()
    message = str(caught.value)
    for piece in says:
        assert piece.lower() in message.lower()
    assert "line " in message or "model." in message
    assert len(message) < 700


def test_messages_name_the_line_of_the_file() -> None:
    """Lines count in the file, also where the file has Windows line ends."""
    equations = "y[k] = x[k]\n\nL = sum(y[k]*x[k+1] for k)   # too far\n"
    text = f'title = "t"\n[inputs]\nx = [1, 2]\n[model]\nequations = """\n{equations}"""\n'
    for file in (text, text.replace("\n", "\r\n")):
        with pytest.raises(InputError) as caught:
            ModelSolution(parse_model(file, file="my.toml")).values()
        assert str(caught.value).startswith(
            "my.toml, line 8 (L = sum(y[k]*x[k+1] for k)): expected an element that exists"
        )


LOSSES: list[tuple[str, dict[str, Any], str]] = [
    ("L = w", {"loss": "Q"}, "model.loss"),
    ("y = x", {"loss": "y"}, "add it up: L = sum(y)"),
    ("y = x", {}, "loss = false"),
    ("L = w", {"loss": "w"}, "the given w"),
    ("L = w", {"wanted": ["q"]}, "model.wanted"),
    ("y = x", {"upstream": {"y": "b"}}, "as many numbers as y has (3), found 2"),
    ("y = x", {"upstream": {"q": "b"}}, "model.upstream.q"),
    ("y = x", {"upstream": {"y": "q"}}, "a given array"),
    ("y = x", {"upstream": {"y": "x"}, "loss": "y"}, "a loss or upstream"),
    (
        "L = w*w\ny[i] = L*b[i]",
        {"upstream": {"y": "b"}},
        "line 1 of the equations (L = w*w): expected another name than L",
    ),
    ("f = w*w\ny[i] = f*b[i]\ndL = f", {"upstream": {"y": "b"}}, "(dL = f): expected another name than dL"),
    ("", {}, "equations"),
    ("L = w", {"first_index": 2}, "first_index"),
    ("L = w", {"granularity": "fine"}, "granularity"),
    ("L = w", {"los": "L"}, "model.los"),
]


@pytest.mark.parametrize(("text", "table", "says"), LOSSES, ids=lambda value: str(value)[:30])
def test_faults_of_the_table_model(text: str, table: dict[str, Any], says: str) -> None:
    """What is derived must be a number that equations define."""
    with pytest.raises(InputError) as caught:
        model(text, model=table, **TABLES).values()
    assert says.lower() in str(caught.value).lower()


GIVENS: list[tuple[dict[str, Any], str]] = [
    ({"inputs": {"x": [[1, 2], [3]]}}, "as in the other rows"),
    ({"inputs": {"x": [[1, 2], 3]}}, "rows that are all alike"),
    ({"inputs": {"x": [1, [2]]}}, "rows that are all alike"),
    ({"inputs": {"x": []}}, "at least one number"),
    ({"inputs": {"x": "1/0"}}, "division by zero"),
    ({"inputs": {"x": "one"}}, '"1/3"'),
    ({"inputs": {"x": True}}, "a number"),
    ({"inputs": {"x": 0.5}}, 'Decimal("0.5")'),
    ({"inputs": {"sum": 1}}, "belongs to the language"),
    ({"inputs": {"tanh": 1}}, "belongs to the language"),
    ({"inputs": {"2x": 1}}, "begins with a letter"),
    ({"inputs": {"x": 1}, "parameters": {"x": 2}}, "in [inputs] too"),
    ({"inputs": {"x": D("1e30")}}, "smaller than 10^15"),
]


@pytest.mark.parametrize(("tables", "says"), GIVENS, ids=lambda value: str(value)[:40])
def test_faults_of_given_numbers(tables: dict[str, Any], says: str) -> None:
    """Given arrays are rectangular, exact, and have names that an equation can speak of."""
    with pytest.raises(InputError) as caught:
        model("L = w", constants={"w": 1}, **tables)
    assert says in str(caught.value)


def test_a_derivative_that_nobody_asked_for_may_be_missing() -> None:
    """The exponent of a negative number has no derivative by itself, and refuses nothing else."""
    solution = model("L = x^n*w", inputs={"x": -2, "w": 3}, constants={"n": 3}, model={"wanted": ["x"]})
    values = solution.values()
    assert (values["L"], values["dL/dx"], "dL/dn" in values) == ("-24", "36", False)
    verify(solution)
    said = "no value of a derivative, which is left out: dL/dn: the logarithm exists only for positive numbers"
    assert solution.all_warnings() == [said]
    for asked in ({"wanted": ["n"]}, {}):
        with pytest.raises(InputError, match="logarithm"):
            model("L = x^n*w", inputs={"x": -2, "w": 3, "n": 3}, model=asked).digits("dL/dn")


def test_what_needs_a_missing_derivative_is_missing_too() -> None:
    solution = model("s = zero^2 + zero\nL = sqrt(s)*w", parameters={"w": 3}, constants={"zero": 0})
    values = solution.values()
    assert values["dL/dw"] == "0" and "dL/ds" not in values and "dL/dzero" not in values
    verify(solution)


def test_warnings() -> None:
    """What is not wrong and probably not meant is said."""
    solution = model("y[T] = w\nL = y[2]", **TABLES)
    assert solution.warnings == [
        "y[T] = w: T is the given number 2, so this is one element",
        "the loss does not depend on W: its gradient is 0",
        "the loss does not depend on b: its gradient is 0",
    ]
    assert solution.values()["dL/dW[2,3]"] == "0"


PAIR = "y[i] = w + 0.6 for i in 1..2\none[i] = 1 for i in 1..2\n"
CORNERS = [
    ("L = relu(zero*w)", "relu at 0 is taken as 0", "0"),
    ("L = abs(zero*w)", "absolute value at 0", "0"),
    ("L = step(zero*w)", "step at 0", "0"),
    ("L = max(w, w)", "the first is taken", "1"),
    ("y[i] = w\nL = max(y[i]*i/i for i in 1..3)", "the first is taken", "1"),
    ("L = if(w > 0.4, w, 2*w)", "its relation says", "2"),
    ("L = if(w >= 0.4, w, 2*w)", "its relation says", "1"),
    ("L = leaky_relu(zero*w)", "its relation says", "0"),
    ("L = min(w, max(w, 3*w))", None, "1"),
    ("L = huber(w - 0.4)", None, "0"),
    ("L = if(w > 0, w, relu(zero))", None, "1"),
    # rows that say that their pieces meet with the same slope
    ("L = huber(w + 0.6)", None, "1"),
    ("L = huber(w - 0.9, threshold = 0.5)", None, "-0.5"),
    ("L = softsign(w - 0.4)", None, "1"),
    ("L = softsign(relu(w - 0.4))", "relu at 0 is taken as 0", "0"),
    ("L = elu(w - 0.4)", None, "1"),
    ("L = elu(w - 0.4, alpha = 2)", "its relation says", "2"),
    (f"{PAIR}nil[i] = 0 for i in 1..2\nuse huber(y = y, t = nil)", None, "1"),
    (f"{PAIR}use squared_hinge(z = y, t = one, targets = signs)", None, "0"),
    (f"{PAIR}use hinge(z = y, t = one, targets = signs)", "the first is taken", "0"),
    # two numbers that no precision tells apart are known as equal by how they were computed
    ("L = max(tanh(w)*2, 2*tanh(w))", "the first is taken", None),
    ("y[i] = tanh(w*n + i*0)\nz[i] = exp(y[i]/2) + sin(w)\nL = max(z[i] for i in 1..3)", "the first is taken", None),
    ("y[i] = exp(w) + i*zero\nL = abs(y[1] - y[2])*w", "absolute value at 0", None),
]


@pytest.mark.parametrize(("text", "says", "slope"), CORNERS)
def test_corners(text: str, says: str | None, slope: str | None) -> None:
    """At a corner the convention is said and counts; what is not computed has no corner."""
    solution = model(text, **TABLES)
    found = [convention for _, convention in solution.corners()]
    assert slope in (None, solution.values()["dL/dw"])
    verify(solution)
    assert (says is None and found == []) or (says is not None and any(says in convention for convention in found))


@pytest.mark.parametrize("name", ["max", "min"])
@pytest.mark.parametrize(
    "text", ["L = {}(w, u)", "x[1] = w\nx[2] = u\nL = {}(x[k] for k)", "L = {}(w, u, 3)", "L = {}(w, u, w)"]
)
def test_of_equal_ones_the_first_gets_the_slope(name: str, text: str) -> None:
    """In every way to write it, as the warning says."""
    solution = model(text.format(name), parameters={"w": 3, "u": 3})
    values = solution.values()
    assert (values["dL/dw"], values["dL/du"]) == ("1", "0")
    assert any("of equal ones the first is taken" in warning for warning in solution.all_warnings())


def test_a_softmax_of_one_number_reads_nothing() -> None:
    """A masked softmax is 1 in its first row, where the order of the equations is any."""
    tables = {"inputs": {"X": [[1, D("0.5")], [2, D("-1")]]}, "parameters": {"W": [[1, 2], [3, 4]]}}
    solution = model("A[p,m] = softmax(S[p,m] over m if m <= p)\nO = A@X\nS = X@W\nL = sum(O^2)", **tables)
    verify(solution)
    assert solution.digits("A[1,1]") == "1"
    assert solution.digits("dL/dS[1,1]") == "0"


@pytest.mark.parametrize("text", ["L = if(0.39 > 0.1, w, 2*w)", "L = if(1 < 0, w, u)*if(w > 2, 3, w)", "L = sign(w)*w"])
def test_conditions_between_numbers_pass_the_guard(text: str) -> None:
    verify(model(text, parameters={"w": D("1.01"), "u": D("0.5")}))


@pytest.mark.parametrize("text", ["L = w^300*u^(w^300)", "L = w^3000", "L = w^(-12345)", "L = exp(w)^50*ln(w)^-7"])
def test_large_powers_are_not_refused_by_the_guard(text: str) -> None:
    """The rule of the power is compared at numbers whose powers are huge."""
    verify(model(text, parameters={"w": D("1.01"), "u": D("0.5")}))


def test_what_is_looked_up_under_padding_exists() -> None:
    """The adjoint equation looks nothing up where the window has left the array."""
    text = (
        "y[i] = w*x[i]\nz[i] = sum(pad(y[i+j-1]) for j in 0..2)*pad(X[word[i],i]) for i in 1..3\nL = sum(z[i]^2 for i)"
    )
    tables = {"inputs": {"x": [1, 2, 3], "X": [[1, 2, 3], [4, 5, 6]]}, "constants": {"word": [1, 2, 1]}}
    solution = model(text, parameters={"w": D("0.5")}, **tables)
    verify(solution)
    # the windows of x add up to 3, 6 and 5, and the looked-up factors are 1, 5 and 3
    assert solution.digits("dL/dw") == str(3**2 + 30**2 + 15**2)  # L = w^2 times that, at w = 1/2
