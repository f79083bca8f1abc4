"""What the pages of equations do for a reader: short ways, turned kernels, lists, rules said once, steps worked out."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import cache
from typing import Any

import pytest

from derive import solve
from derive.errors import InputError
from derive.library import rows
from derive.model.schema import FORMS as SAID
from derive.pages import FORMS
from derive.worked import WorkedModel

Tables = dict[str, Any]


@cache
def page(name: str, detail: str = "standard", form: str | None = None) -> str:
    return solve(name, detail=detail, form=form).render("md")


def made(equations: str, form: str | None = None, detail: str | None = None, **tables: Any) -> str:
    model = {"equations": equations, **tables.pop("model", {})}
    return solve({"title": "A problem", "model": model, **tables}, form=form, detail=detail).render("md")


# -- short ways

CLASSES: Tables = {"inputs": {"x": [1, 2]}, "parameters": {"w": [1, -1]}}
PAIRS = [
    # equations, targets, the short form; None where there is none
    ("z = w*x\np = softmax(z)\nL = -sum(t*ln(p))", [0, 1], r"p_{i} - t_{i}"),
    ("z = w*x\np = softmax(z)\nL = -3*sum(t*ln(p))", [1, 0], r"3\thinspace (p_{i} - t_{i})"),
    ("z = w*x\np = softmax(z)\nL = -mean(t*ln(p))", ["1/4", "3/4"], r"\frac{1}{2}\thinspace (p_{i} - t_{i})"),
    ("z = w*x\nuse cross_entropy(z = z, t = t)", [0, 1], r"p_{i} - t_{i}"),
    ("z = w*x\np = softmax(z)\nL = -sum(t*ln(p))", [1, 1], None),  # they do not add up to 1
    ("z = w*x\np = softmax(z)\nL = -sum(t*ln(p)) + p[1]", [0, 1], None),
    ("z = w*x\np = softmax(z)\nL = -sum(t*ln(p)) + sum(z)", [0, 1], None),
    ("z = w*x\np = softmax(z)\nL = sum((p - t)^2)", [0, 1], None),
    ("z = w*x\na = sigmoid(z)\nuse binary_cross_entropy(y = a, t = t)", [0, 1], r"a_{i} - t_{i}"),
    (
        "z = w*x\na = sigmoid(z)\nuse binary_cross_entropy(y = a, t = t, reduction = mean)",
        ["1/3", 1],
        r"\frac{1}{2}\thinspace (a_{i} - t_{i})",
    ),
    ("z = w*x\na = sigmoid(z)\nL = -sum(t*ln(a))", [0, 1], None),
    ("z = w*x\na = tanh(z)\nL = -sum(t*ln(2 + a) + (1 - t)*ln(1 - a))", [0, 1], None),
]


@pytest.mark.parametrize(("equations", "targets", "short"), PAIRS)
def test_the_short_way(equations: str, targets: list[Any], short: str | None) -> None:
    """Softmax or sigmoid with the cross-entropy that fits is output minus target; no other pair is."""
    text = made(equations, targets={"t": targets}, **CLASSES)
    assert ("There is a shorter way." in text) == (short is not None)
    if short is not None:
        worked = text.partition("There is a shorter way.")[2].partition("In numbers")[0]
        assert f"= {short} &&" in worked and worked.count("&&") == 3
        brief = made(equations, detail="brief", targets={"t": targets}, **CLASSES)
        assert re.search(rf"partial z_{{i}}}} = {re.escape(short)}\n", brief)


@pytest.mark.parametrize("form", ["graph", "matrix", "index"])
def test_the_short_way_of_one_unit(form: str) -> None:
    equations = "z = w*x\na = sigmoid(z)\nL = -(t*ln(a) + (1 - t)*ln(1 - a))"
    text = made(equations, form, inputs={"x": 2}, parameters={"w": 1}, targets={"t": 1})
    assert r"\frac{\partial L}{\partial z} & = \left(-\frac{t}{a} + \frac{1 - t}{1 - a}\right) \cdot a" in text
    assert r"\frac{\partial L}{\partial z} = a - t \approx 0.8808 - 1 \approx -0.1192" in text


# -- kernels, windows, lists

LAID = "y[t] = sum(k[u]*x[t+u-1] for u)\nL = sum(y[t]^2 for t)"


@pytest.mark.parametrize("form", ["matrix", "index"])
def test_a_kernel_that_turned_is_told(form: str) -> None:
    """In the formula the indices run back, and a sentence says so; along one index it is turned round."""
    text = made(LAID, form, inputs={"x": [1, 2, 3, 4]}, parameters={"k": [2, -1]}, model={"wanted": ["x"]})
    assert re.search(r"\\frac{\\partial L}{\\partial y_{\w-u\+1}} \\cdot k_{u}", text)
    assert "An element whose index leaves its array counts as 0" in text
    assert "has turned by itself" in text and "stands turned round." in text
    picture = page("cnn", form=form)
    assert r"\frac{\partial L}{\partial O_{r-u+1,c-v+1}} \cdot K_{u,v}" in picture
    assert picture.count("turned by 180 degrees.") == (2 if "**Conv2d.**" in picture else 1)


def test_a_kernel_that_did_not_turn_is_not_told() -> None:
    """A true convolution is turned on the way there, so it is not on the way back."""
    turned = "y[t] = sum(k[u]*x[t-u+2] for u) for t in 1..3\nL = sum(y[t]^2 for t)"
    text = made(turned, inputs={"x": [1, 2, 3, 4]}, parameters={"k": [2, -1]}, model={"wanted": ["x"]})
    assert "turned by itself" not in text


def test_a_flattened_array_is_a_list() -> None:
    """Its elements stand under the names they had before; so do their gradients on the way back."""
    text = page("cnn")
    names = r"\mathbf{m} = \begin{bmatrix} M_{1,1} & M_{1,2} & M_{2,1} & M_{2,2} \end{bmatrix}^{\mathsf{T}}"
    assert text.count(names) == 2 and r"2r+c-2" not in text
    rows_of = [r"\frac{\partial L}{\partial m_{1}} & \frac{\partial L}{\partial m_{2}}",
               r"\frac{\partial L}{\partial m_{3}} & \frac{\partial L}{\partial m_{4}}"]  # fmt: skip
    assert " \\cr ".join(rows_of) in text
    assert r"\frac{\partial L}{\partial \mathbf{m}} & = \mathbf{W}^{\mathsf{T}}\thinspace" in text
    assert r"m_{2r+c-2} = M_{r,c}" in page("cnn", form="index")


def test_a_long_list_is_cut_in_the_middle() -> None:
    inputs = {"x": [[r + c for c in range(5)] for r in range(5)]}
    text = made("use flatten(x = x, y = y, channels = no)\nL = sum(y^2)", inputs=inputs)
    assert r"x_{1,1} & x_{1,2} & x_{1,3} & \text{…} & x_{5,5} \end{bmatrix}^{\mathsf{T}}" in text


def test_winners_are_named() -> None:
    """Where windows overlap, one number may win twice; what was not taken gets 0."""
    inputs = {"x": [[1, 2, 1], [2, 9, 3], [0, 1, 4]]}
    text = made("use max_pool(x = x, y = y, S = S, channels = no)\nL = sum(y^2)", inputs=inputs, constants={"S": 1})
    line = next(line for line in text.splitlines() if line.startswith(r"\frac{\partial L}{\partial x_{2,2}} = "))
    assert line.count(r"\partial L}{\partial y_{") == 4 and "[" not in line
    assert "All others were not taken and get 0" in text and "argmax" not in text
    assert "condition in square brackets" not in text
    assert "argmax" in made("use max_pool(x = x, y = y, channels = no)\nL = sum(y^2)", "index",
                            inputs={"x": [[1, 2], [2, 9]]})  # fmt: skip


# -- updates


@pytest.mark.parametrize("detail", ["brief", "standard"])
@pytest.mark.parametrize("name", ["cnn", "lstm", "gru", "autoencoder", "softmax-regression"])
def test_the_rule_is_said_once(name: str, detail: str) -> None:
    """Once for single numbers and once for arrays, however many parameters there are."""
    text = page(name, detail).partition(" Update\n")[2]
    letters = re.findall(r"= \S+ - \\eta \\cdot", text)
    kinds = {bool(table) for table in ("W", "K", "b", "w_") if table in text}
    assert 1 <= len(letters) <= 2 and kinds, letters
    assert text.count(r"^{+}") >= 3


def test_a_rule_of_several_lines_is_said_once() -> None:
    """Of several arrays too: one number in full, then one table of all."""
    training = {"optimizer": "adam", "learning_rate": "1/10"}
    parameters = {"W": [[1, 2], [3, 4]], "b": [1, 1]}
    text = made("y = W@x + b\nL = sum(y^2)", inputs={"x": [1, -1]}, parameters=parameters, training=training)
    update = text.partition(" Update\n")[2]
    assert len(re.findall(r"= \\beta_\{1\}", update)) == 1 and update.count("| Number | before |") == 1
    assert all(f"| $W_{{{r},{c}}}$ |" in update for r in (1, 2) for c in (1, 2)) and "| $b_{2}$ |" in update


def test_different_rules_stand_apart() -> None:
    training = {"learning_rate": "1/2", "update": "w' = w - learning_rate*w\nb' = b - 2*learning_rate*b"}
    text = made("L = w^2 + b^2", parameters={"w": 1, "b": 1}, training=training)
    assert r"w^{+} = w - \eta" in text and r"b^{+} = b - 2 \cdot \eta" in text


@pytest.mark.parametrize("step", [2, 3])
@pytest.mark.parametrize(("name", "lines"), [("adam", 5), ("momentum", 3), ("gradient-descent", 2), ("perceptron", 2)])
def test_later_steps_are_worked(name: str, lines: int, step: int) -> None:
    """Formula, numbers and result, with the names of that step."""
    text = page(name).partition(f"Step {step}, with everything computed again")[2]
    block = text.partition("$$")[2].partition("$$")[0]
    before = f"^{{{'+' * (step - 1)}}}"
    with_letters = [line for line in block.splitlines() if " & = " in line and before in line.partition(" & = ")[2]]
    assert len(with_letters) >= lines and block.count(r"\cr") >= 3, block
    assert f"^{{{'+' * step}}}" in block


def test_states_step_by_step() -> None:
    """A row for every step and number, each as derive values has it."""
    solution = solve("adam")
    assert isinstance(solution, WorkedModel)
    table = page("adam").partition("What is kept and computed for $b$, step by step:")[2].strip().split("\n\n")[0]
    head, _, *body = [[cell.strip(" $") for cell in row.strip("|").split("|")] for row in table.splitlines()]
    assert head == ["Step", "before", "gradient", "m", "v", r"\hat{m}", r"\hat{v}", "after"]
    ids = ["{b}b", "dL/d{b}b", "{a}m(b)", "{a}v(b)", "{a}mhat(b)", "{a}vhat(b)", "{a}b"]
    for step, row in enumerate(body):
        before = f"after[{step}]." if step else ""
        for one, cell in zip(ids, row[1:], strict=True):
            known = one.format(a=f"after[{step + 1}].", b=before)
            known = f"{before}dL/db" if known.startswith("dL") else known
            assert abs(Decimal(solution.digits(known)) - Decimal(cell)) <= Decimal("0.00005"), (step, one)
    assert len(body) == 3


def test_rules_beside_each_other() -> None:
    """The columns are what the examples of these rules say themselves."""
    text = page("adam").partition("Beside other rules")[2]
    names = ("gradient-descent", "momentum", "adam")
    solutions = [solve(name) for name in names]
    for quantity in ("L", "a", "b"):
        table = text.partition(f"| ${quantity}$ | Gradient descent | Momentum | Adam |")[2].strip().split("\n\n")[0]
        rows_of = [[cell.strip(" $") for cell in row.strip("|").split("|")] for row in table.splitlines()[1:]]
        assert [row[0] for row in rows_of] == ["at first", "after 1", "after 2", "after 3"]
        for step, row in enumerate(rows_of):
            for solution, cell in zip(solutions, row[1:], strict=True):
                assert isinstance(solution, WorkedModel)
                exact = Decimal(solution.digits(f"after[{step}].{quantity}" if step else quantity))
                assert abs(exact - Decimal(cell)) <= Decimal("0.00005")
    assert "After three steps the loss is least with Adam." in text
    assert "; Momentum (learning rate $0.1$, momentum $0.5$); " in text


VALLEY: Tables = {"title": "A valley", "parameters": {"a": 1}, "model": {"equations": "L = a^2"}}
WRONG_BESIDE = [
    ({"learning_rate": 1}, "training.beside[1]", "optimizer"),
    ({"optimizer": "momentum", "learning_rate": 1}, "training.beside[1].momentum", "momentum"),
    ({"optimizer": "adma", "learning_rate": 1}, "training.beside[1].optimizer", "adam"),
    ({"optimizer": "adam", "learning_rate": 1, "steps": 2}, "training.beside[1].steps", "learning_rate"),
    ({"optimizer": "gradient_descent", "learning_rate": 1, "beta1": 1}, "training.beside[1].beta1", "beta1"),
]


@pytest.mark.parametrize(("rule", "place", "named"), WRONG_BESIDE)
def test_wrong_rules_beside_are_told(rule: Tables, place: str, named: str) -> None:
    first = {"optimizer": "gradient_descent", "learning_rate": 1}
    with pytest.raises(InputError) as told:
        solve({**VALLEY, "training": {"learning_rate": 1, "beside": [first, rule]}})
    assert (told.value.place or "").startswith(place) and named in str(told.value)


# -- words


def test_rows_are_told_where_they_are_used() -> None:
    """Every layer, loss and function once in words of the forward pass and once where its derivative is worked."""
    text = page("cnn")
    for kind, name in (("layer", "conv2d"), ("layer", "max_pool"), ("function", "relu"), ("joint", "softmax")):
        row = rows(kind)[name]
        assert text.count(f"**{row.title}.** {row.forward}") == 1
        assert text.count(f"**{row.title}.** {row.backward} {row.remark}") == 1
        assert text.index(row.forward) < text.index("Backward pass") < text.index(row.backward)
    assert text.index(rows("layer")["max_pool"].backward) < text.index(rows("function")["relu"].backward)


TITLES = [
    # kind and name of a row, its name as a heading
    ("layer", "lstm_torch", "PyTorch's LSTM"),
    ("layer", "max_pool", "Max pool"),
    ("function", "leaky_relu", "Leaky ReLU"),
    ("loss", "negative_log_likelihood", "Negative log-likelihood"),
    ("optimiser", "adamw", "AdamW"),
    ("optimiser", "nesterov_torch", "Nesterov's momentum in PyTorch"),
]


@pytest.mark.parametrize(("kind", "name", "title"), TITLES)
def test_a_row_has_a_title(kind: str, name: str, title: str) -> None:
    assert rows(kind)[name].title == title


@pytest.mark.parametrize("name", [name for name in rows("optimiser") if name != "perceptron"])
def test_an_optimiser_is_told_in_words(name: str) -> None:
    """Under its title, and without the names that its settings have in a file."""
    settings = {"momentum": "0.9"} if "momentum" in rows("optimiser")[name].settings else {}
    training = {"optimizer": name, "learning_rate": "0.1", **settings}
    text = made("L = w^2", parameters={"w": 1}, training=training)
    said = text.partition(f"**{rows('optimiser')[name].title}.** ")[2].partition("\n")[0]
    assert said.startswith(rows("optimiser")[name].forward) and "_" not in said


@pytest.mark.parametrize("name", [name for name in rows("function") if name not in ("linear", "step")])
@pytest.mark.parametrize("form", ["graph", "chain", "matrix"])
def test_functions_are_told_in_every_form(name: str, form: str) -> None:
    text = made(f"a = {name}(w*x)\nL = a^2", form, inputs={"x": "1/2"}, parameters={"w": 3})
    row = rows("function")[name]
    assert text.count(row.forward) == 1 and text.count(f"{row.backward} {row.remark}") == 1


@pytest.mark.parametrize("name", ["circuit", "neuron", "gru", "lstm", "cnn", "attention", "batch-norm"])
def test_nothing_is_said_twice(name: str) -> None:
    """The rule of a derivative is named where it is first needed; single numbers stand below one sentence."""
    text = page(name)
    rules = re.findall(r" \(((?:derivative of|the derivative|every share|the exponential)[^)]*)\)", text)
    assert len(rules) == len(set(rules))
    assert not re.search(r"\n(First|Then) \$\w\$:\n\n\$\$\n\w = .*\n\$\$\n\n(First|Then) \$\w\$:", text)
    assert not re.search(r"^(\w+) & = .*\n\1 & = ", text, re.MULTILINE)
    parameters = re.findall(r"\$(\S+)\$ serves at every step", text)
    assert len(parameters) == (name in ("gru", "lstm"))


@pytest.mark.parametrize("name", ["residual", "cnn", "attention", "lstm", "word-vectors", "circuit"])
def test_all_answers_are_marked(name: str) -> None:
    """The loss, the derivatives that are asked for and the new values are bold, in tables too."""
    solution = solve(name)
    assert isinstance(solution, WorkedModel)
    marked = {Decimal(text) for text in re.findall(r"\\mathbf\{(-?[\d.]+)\}", page(name))}
    names = solution.parameters or ("x", "y", "z")
    asked = re.compile(rf"{solution.loss}|d{solution.loss}/d({'|'.join(names)})(\[.*)?")
    exact = {key: Decimal(value) for key, value in solution.values().items() if asked.fullmatch(key)}
    assert len(exact) > len(names)
    for key, value in exact.items():
        assert any(abs(value - one) <= Decimal("0.00005") for one in marked), key


def test_a_page_reads_as_a_lesson() -> None:
    """The author's words lead in forwards too; where a state goes into the loss itself this is said; no `pad`."""
    gru, cnn = (str(solve(name).render("md")) for name in ("gru", "cnn"))
    assert "It begins with $h_{0} = 0.4$." in gru
    assert "How far off the states are:" in gru.partition(" Forward pass")[2]
    assert r"$h_{1}$ goes into $r_{2}$, $u_{2}$, $q_{2}$, $h_{2}$ and $L$ (" in gru
    assert gru.count(r"\frac{\partial L}{\partial h_{1}} & =") == 1
    assert "In numbers, from the last step to the first:" in gru and "In whole arrays" not in gru
    assert "pad" not in re.sub(r"!\[.*?\]\(.*?\)", "", cnn) and "whose index leaves its array counts as 0" in cnn
    assert r"The four results as one list, row by row; $\mathbf{m}$ is 4 × 1:" in cnn
    assert r"$\mathbf{W}$ and $\mathbf{d}$ belong to none of these layers" in cnn
    # The window of an array stands beside its numbers, before what comes next.
    page = str(solve("cnn").render("typ"))
    order = [page.index(text) for text in ('The window of #m("O 1,1', "What fits badly is cut off; ")]
    order.append(page.index('The window of #m("M 1,1'))
    assert order == sorted(order)


def test_numbers_of_a_circuit_stand_below_each_other() -> None:
    forward = page("circuit").partition("Forward pass")[2].partition("Backward pass")[0]
    assert forward.count("$$") == 2 and "We go number by number, each from those before it:" in forward
    assert [line[0] for line in forward.splitlines() if " & = " in line] == list("spmdqerf")


def test_what_came_out_before_and_after() -> None:
    """The outputs stand beside their targets; of a state that is no output nothing is said."""
    assert "| $p_{1}$ | $0.8334$ | $0.9255$ | $1$ |" in page("cnn")
    states = page("lstm").partition("| What came out |")[2]
    assert "| $h_{2}$ |" in states and "$h_{0}$" not in states and "Target" in states
    assert "What came out" not in page("adam")


# -- the form and the pictures that a file asks for


def test_the_file_says_the_form() -> None:
    assert set(SAID) == set(FORMS)
    for form in ("graph", "chain", "matrix", "index"):
        said = {**VALLEY, "page": {"form": form}}
        assert solve(said).render("md") == solve(VALLEY, form=form).render("md")
        assert solve(said, form="graph").render("md") == solve(VALLEY, form="graph").render("md")


MANY: Tables = {
    "title": "Many numbers",
    "inputs": {"I": [[(r * 7 + c * 3) % 10 for c in range(12)] for r in range(12)]},
    "parameters": {"K": [[1, 2], [3, 4]], "b": 1},
    "model": {"equations": "use conv2d(x = I, y = O, channels = no)\nA = relu(O)\nL = sum(A^2)"},
}
WRONG_FORMS = [
    (VALLEY, "grpah", 'found "grpah"', 'Did you mean "graph"?'),
    (VALLEY, "delta", "expected a form that this problem has (graph, chain, matrix, index)", "It uses no layer"),
    (MANY, "graph", "expected a form that this problem has (matrix, index, delta)", "too many"),
]


@pytest.mark.parametrize(("tables", "form", "expected", "hint"), WRONG_FORMS)
def test_a_wrong_form_of_a_file_is_told(tables: Tables, form: str, expected: str, hint: str) -> None:
    with pytest.raises(InputError) as told:
        solve({**tables, "page": {"form": form}})
    assert told.value.place == "page.form" and expected in str(told.value) and hint in str(told.value)


def test_pictures_that_are_left_out_are_told() -> None:
    """On the page and on the terminal, with the reason; only where somebody asks for pictures."""
    asked = solve(MANY, with_parts=["figures"])
    why = "the windows are over arrays too large for a grid: O (11 × 11), I (12 × 12)"
    assert f"**Pictures that are left out:** {why}" in asked.render("md") and any(why in said for said in asked.remarks)
    plain = solve(MANY)
    assert why not in plain.render("md") and not plain.remarks
    assert "Pictures that are left out" not in solve("cnn", with_parts=["figures"]).render("md")


LARGE = [
    # equations and numbers that have no picture, and what is said
    ({"inputs": {"x": [1] * 40}, "parameters": {"w": 1},
      "model": {"equations": "h[0] = 0\nh[k] = tanh(w*x[k] + h[k-1])\nL = sum(h[k]^2 for k in 1..40)"}}, "unrolled"),
    ({"inputs": {"x": 2},
      "model": {"equations": "y = " + " + ".join(f"{k}*x^{k}" for k in range(2, 60)) + "\nL = y^2"}}, "circuit"),
]  # fmt: skip


@pytest.mark.parametrize(("tables", "named"), LARGE)
def test_too_large_for_any_picture(tables: Tables, named: str) -> None:
    """What cannot have a single picture is refused with the reason."""
    with pytest.raises(InputError) as told:
        solve({"title": "Large", **tables}, with_parts=["figures"])
    assert told.value.place == "with" and named in str(told.value).lower()
    assert "too many" in str(told.value) or "at most" in str(told.value)


CROSS_ENTROPIES = [
    ("L = mean(-t[n]*ln(p[n]) - (1 - t[n])*ln(1 - p[n]) for n)", True),
    ("E = mean(-t[n]*ln(p[n]) - (1 - t[n])*ln(1 - p[n]) for n)\nR = sum(w^2)\nL = E + R", True),
    ("C[n] = -t[n]*ln(p[n]) - (1 - t[n])*ln(1 - p[n])\nE = mean(C[n] for n)\nL = E + sum(w^2)", True),
    ("use binary_cross_entropy(y = p, t = t, L = E)\nL = 2*E + sum(w^2)", True),
    ("E = mean(-t[n]*ln(p[n]) - (1 - t[n])*ln(1 - p[n]) for n)\nL = E^2", False),
    ("E = mean((p[n] - t[n])^2 for n)\nL = E + sum(w^2)", False),
]


@pytest.mark.parametrize(("loss", "shorter"), CROSS_ENTROPIES)
def test_the_short_way_is_seen_behind_sums_and_penalties(loss: str, shorter: bool) -> None:
    """However the loss is put together, as long as what comes from above is a number and not a quantity."""
    problem = {
        "title": "A regression",
        "inputs": {"x": [["0.5", "1.5"], ["2.0", "-1.0"], ["1.0", "0.4"]]},
        "parameters": {"w": ["0.2", "-0.3"]},
        "targets": {"t": [1, 0, 1]},
        "model": {"equations": f"z[n] = sum(w[j]*x[n,j] for j)\np[n] = sigmoid(z[n])\n{loss}"},
    }
    assert ("There is a shorter way." in solve(problem).render("md")) == shorter
