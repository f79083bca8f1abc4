r"""Equations in the letters of courses, books and programs: each is read rightly, or said to be ambiguous.

The equations follow pages and videos of these courses in their letters and their ways of counting; what they mean was
worked out by hand from the courses' definitions, not from the program.
"""

from __future__ import annotations

from functools import cache

import pytest
from small_networks import network

from derive import solve
from derive.work import Names, Work, read_text


@cache
def names_of(shape: str) -> Names:
    """The names of the built-in example mazur, or of a network of these sizes in the standard notation."""
    if shape == "mazur":
        return Names(solve("mazur"))
    sizes, _, examples = shape.partition("x")
    return Names(solve(network(*map(int, sizes.split("-")), examples=int(examples or 1))))


def read(shape: str, text: str) -> Work:
    claims = "$" in text
    return read_text(text, names_of(shape), "claims" if claims else "csv", "x.md" if claims else "x.txt")


def ids(work: Work) -> str:
    """The quantities with a number, in order."""
    return " ".join(one.quantity.id for sheet in work for one in sheet.values)


READ = [
    # course, network, what is written, the quantities that are stated
    ("Ng", "2-2-1", "$z^{[1]}_1 = 0.3$", "z[1][0]"),
    ("Ng", "2-2-1", "$a^{[1]}_2 = 0.6$", "a[1][1]"),
    ("Ng", "2-2-1", "$z^{[2]} = 0.7$, $a^{[2]} = 0.67$", "z[2][0] a[2][0]"),
    ("Ng", "2-2-1", r"$\hat{y} = a^{[2]} = 0.67$", "a[2][0]"),
    ("Ng", "2-2-1", "$dz^{[2]} = a^{[2]} - y = -0.33$", "dL/dz[2][0]"),
    ("Ng", "2-2-1", r"$dW^{[2]} = \begin{bmatrix} 0.1 & 0.2 \end{bmatrix}$", "dL/dW[2][0][0] dL/dW[2][0][1]"),
    ("Ng", "2-2-1", r"$dz^{[1]} = \begin{bmatrix} 0.1 \\ 0.2 \end{bmatrix}$", "dL/dz[1][0] dL/dz[1][1]"),
    ("Ng", "2-2-1", "$db^{[2]} = -0.07$", "dL/db[2][0]"),
    ("Ng", "3-2-1", "$W^{[1]}_{2,3} = 0.6$", "W[1][1][2]"),
    ("Ng", "2-2-1", r"$\mathcal{L}(a^{[2]}, y) = 0.05$", "loss"),
    ("Ng", "2-1", "z = 0.3\na = 0.57\ndz = -0.43\ndw1 = -0.2\ndb = -0.43",
     "z[1][0] a[1][0] dL/dz[1][0] dL/dW[1][0][0] dL/db[1][0]"),
    ("Ng", "2-1", "w1 := w1 - 0.5*dw1 = 0.2\nb := 0.3", "W_new[1][0][0] b_new[1][0]"),
    ("Ng, examples", "2-1x2", "$z^{(2)} = 0.3$, $a^{(1)} = 0.6$", "sample[1].z[1][0] sample[0].a[1][0]"),
    ("Ng, machine learning", "2-2-1", r"$\Theta^{(1)}_{12} = 0.2$, $\Theta^{(2)}_{10} = 0.1$", "W[1][0][1] b[2][0]"),
    ("Ng, machine learning", "2-2-1", "$z^{(3)}_1 = 0.7$, $a^{(2)}_2 = 0.6$", "z[2][0] a[1][1]"),
    ("Ng, machine learning", "2-2-1", r"$\delta^{(3)} = -0.33$", "dL/dz[2][0]"),
    ("3Blue1Brown", "1-1-1", "$z^{(L)} = 0.3$, $a^{(L)} = 0.6$, $a^{(L-1)} = 0.5$", "z[2][0] a[2][0] a[1][0]"),
    ("3Blue1Brown", "1-1-1", "$C_0 = (a^{(L)} - y)^2 = 0.2$", "loss"),
    ("3Blue1Brown", "1-1-1", r"$\frac{\partial C_0}{\partial w^{(L)}} = 0.05$", "dL/dW[2][0][0]"),
    ("3Blue1Brown", "1-1-1", r"$\frac{\partial C_0}{\partial a^{(L)}} = 2(a^{(L)} - y) = 0.5$", "dL/da[2][0]"),
    ("3Blue1Brown", "1-1-1", r"$\frac{\partial a^{(L)}}{\partial z^{(L)}} = 0.24$", "da/dz[2][0]"),
    ("3Blue1Brown", "1-1-1", "a_L = 0.6\na_{L-1} = 0.5", "a[2][0] a[1][0]"),
    ("Nielsen", "2-2-1", "$z^2_1 = 0.3$, $z^3_1 = 0.7$", "z[1][0] z[2][0]"),
    ("Nielsen", "2-2-1", r"$\delta^3_1 = -0.3$, $\delta^2_2 = 0.1$", "dL/dz[2][0] dL/dz[1][1]"),
    ("Nielsen", "2-2-1", r"$\delta^L_1 = -0.3$", "dL/dz[2][0]"),
    ("Nielsen", "2-2-1", r"$\frac{\partial C}{\partial b^L_1} = -0.3$", "dL/db[2][0]"),
    ("Nielsen", "2-2-1", r"$\nabla_a C = -0.3$, $z^L = 0.7$", "z[2][0]"),
    ("CS231n", "2-2-1", "W1[1][1] = 0.4\ndW1[0][0] = 0.01", "W[1][1][1] dL/dW[1][0][0]"),
    ("CS231n", "3-2-1", "dW1[2, 1] = 0.01", "dL/dW[1][1][2]"),
    ("CS231n", "2-2-1", "scores = 0.7\ndscores = -0.3", "z[2][0] dL/dz[2][0]"),
    ("CS231n", "2-2-1", "h1 = relu(z1) = 0.3\ndb2[0] = 0.1", "a[1][0] dL/db[2][0]"),
    ("CS231n, layer first", "2-2-1", "dW2_11 = 0.2\ndb2 = 0.1", "dL/dW[2][0][0] dL/db[2][0]"),
    ("CS231n, layer first", "2-2-1", "b2 = 0.1\nW2_12 = 0.2", "b[2][0] W[2][0][1]"),
    ("CS231n, layer first", "2-2-1x2", "dW2 = [0.1, 0.2]\ndb2 = 0.1", "dL/dW[2][0][0] dL/dW[2][0][1] dL/db[2][0]"),
    ("CS231n, layer first", "mazur", "dW2_11 = 0.2\ndb2 = 0.1", "dL/dW[2][0][0] dL/db[2]"),
    ("units through", "2-2-1", "W1_12 = 0.1\ndb1 = 0.3\ndb2 = 0.2", "W[1][0][1] dL/db[1][0] dL/db[1][1]"),
    ("CS231n", "2-3-1", "z1 = [0.1, 0.2, 0.3]", "z[1][0] z[1][1] z[1][2]"),
    ("Bishop", "2-2-1", "$a_1 = w_{11} x_1 + w_{12} x_2 + w_{10} = 0.3$, $z_1 = h(a_1) = 0.57$", "z[1][0] a[1][0]"),
    ("Bishop", "2-2-1", r"$\delta_1 = 0.2$, $y_1 = 0.67$, $t_1 = 1$", "dL/dz[1][0] a[2][0] t[0]"),
    ("Bishop", "2-2-1", "$E(w) = 0.05$", "loss"),
    ("Goodfellow", "2-2-1", r"$h^{(1)}_1 = 0.6$, $z^{(1)}_1 = 0.4$, $\hat{y} = 0.7$", "a[1][0] z[1][0] a[2][0]"),
    ("Goodfellow", "2-2-1", r"$\nabla_{W^{(1)}} J = \begin{bmatrix} 1 & 2 \\ 3 & 4 \end{bmatrix}$",
     "dL/dW[1][0][0] dL/dW[1][0][1] dL/dW[1][1][0] dL/dW[1][1][1]"),
    ("d2l", "2-2-1", r"$\mathbf{h} = [0.57, 0.6]$, $\mathbf{z} = [0.3, 0.4]$", "a[1][0] a[1][1] z[1][0] z[1][1]"),
    ("d2l", "2-3-1", r"$\frac{\partial J}{\partial \mathbf{W}^{(2)}} = [0.1, 0.2, 0.3]$",
     "dL/dW[2][0][0] dL/dW[2][0][1] dL/dW[2][0][2]"),
    ("fast.ai", "1-1", "pred = 0.6\nloss = 0.1\nw.grad = 0.3", "a[1][0] loss dL/dW[1][0][0]"),
    ("PyTorch", "3-2-1", "fc1.weight[1][2] = 0.6\nfc2.bias[0] = 0.1", "W[1][1][2] b[2][0]"),
    ("PyTorch", "3-2-1", "fc1.weight.grad[0][1] = 0.02\nfc2.bias.grad[0] = 0.3", "dL/dW[1][0][1] dL/db[2][0]"),
    ("PyTorch", "3-2-1", "model[0].weight[1][2] = 0.6\nmodel[2].weight.grad[0][1] = 0.1", "W[1][1][2] dL/dW[2][0][1]"),
    ("PyTorch", "3-2-1", "layers.1.weight[0][1] = 0.3", "W[2][0][1]"),
    ("Keras", "3-2-1", "dense/kernel[2][1] = 0.6", "W[1][1][2]"),
    ("scikit-learn", "3-2-1", "coefs_[0][2][1] = 0.6\nintercepts_[1][0] = 0.1", "W[1][1][2] b[2][0]"),
    ("Trask", "3-2-1", "syn0[2,1] = 0.6\nl1 = [0.5, 0.6]", "W[1][1][2] a[1][0] a[1][1]"),
    ("Mazur", "mazur", r"$\frac{\partial E_{total}}{\partial out_{o1}} = 0.74136507$", "dL/da[2][0]"),
    ("Mazur's followers", "mazur", "net_H1 = 0.3775\nout_H1 = 0.5933\nT1 = 0.01", "z[1][0] a[1][0] t[0]"),
    ("Mazur's followers", "mazur", "E_T = 0.2984\nET = 0.2984\ndET/dw5 = 0.0822", "loss dL/dW[2][0][0]"),
    ("Mazur's followers", "mazur", "h1 = w1*i1 + w2*i2 + b1 = 0.3775\na_h1 = sigmoid(h1) = 0.5933", "z[1][0] a[1][0]"),
    ("Mazur's followers", "mazur", "z1 = 0.3775\na1 = 0.5933\nz4 = 1.2249\ndelta_4 = -0.0381",
     "z[1][0] a[1][0] z[2][1] dL/dz[2][1]"),
    ("Mazur's followers", "mazur", "b_h = 0.35\nb_o = 0.6", "b[1] b[2]"),
    ("Han", "3-2-1", "w14 = 0.1\nw46 = 0.1\nI_4 = 0.3\nO_4 = 0.57\nErr_6 = -0.1",
     "W[1][0][0] W[2][0][0] z[1][0] a[1][0] dL/dz[2][0]"),
    ("Han", "3-2-1", "w_{24} = 0.3\nw_{04} = 0.1\ntheta_5 = 0.1", "W[1][0][1] b[1][0] b[1][1]"),
    ("Mitchell", "mazur", "$o_1 = 0.7514$, $z_3 = 1.1059$, $t_1 = 0.01$", "a[2][0] z[2][0] t[0]"),
    ("Rumelhart", "2-2-1", r"$net_1 = 0.3$, $\Delta w_{5} = -0.05$", "z[1][0] lr*dL/dW[2][0][0]"),
    ("Welch", "3-2-1", "z2 = [0.3, 0.4]\na2 = [0.57, 0.6]\nz3 = 0.7\nyHat = 0.67",
     "z[1][0] z[1][1] a[1][0] a[1][1] z[2][0] a[2][0]"),
    ("Welch", "3-2-1", "dJdW2 = [0.1, 0.2]", "dL/dW[2][0][0] dL/dW[2][0][1]"),
    ("HMKCODE", "2-2-1", "prediction = 0.19\nError = 0.33", "a[2][0] loss"),
    ("lecture notes", "2-2-1", r"$w_{x_1 h_2} = 0.2$, $w_{h_1 o_1} = 0.1$", "W[1][1][0] W[2][0][0]"),
    ("lecture notes", "2-2-1", "y_pred = 0.67\ny_true = 1\nMSE = 0.05", "a[2][0] t[0] loss"),
    ("lecture notes", "2-1", r"$\frac{\partial L}{\partial z} = -0.43$, $\frac{\partial L}{\partial w_2} = -0.2$",
     "dL/dz[1][0] dL/dW[1][0][1]"),
    ("lecture notes", "2-1", r"$\frac{\partial \hat{y}}{\partial z} = 0.24$, $\frac{dL}{d\hat{y}} = -0.4$",
     "da/dz[1][0] dL/da[1][0]"),
    ("lecture notes", "2-1", r"$w = (0.1, 0.3)^T$", "W[1][0][0] W[1][0][1]"),
    ("lecture notes", "2-1", r"$\nabla_w L = [0.1, 0.2]$", "dL/dW[1][0][0] dL/dW[1][0][1]"),
    ("lecture notes", "2-2-1", r"$\sigma'(z^{[1]}) = [0.24, 0.23]$", "da/dz[1][0] da/dz[1][1]"),
    ("numpy", "2-2-1", "d2 = 1\nyhat = 0.65\ndW2 = [-0.1852 -0.2026]", "a[2][0] dL/dW[2][0][0] dL/dW[2][0][1]"),
    ("numpy", "2-2-1", "Z1 = array([[0. ], [1.3]])\nA2 = 0.4", "z[1][0] z[1][1] a[2][0]"),
    ("perceptron", "2-1", "w0 = 0.1\nw_1 = 0.1\nnet = 0.3\no = 0.57", "b[1][0] W[1][0][0] z[1][0] a[1][0]"),
]  # fmt: skip

AMBIGUOUS = [
    # network, what is written, the names that are offered
    ("2-2-1", "z2 = 0.4", "z1_2 or z2_1"),  # the second unit, or the layer
    ("2-2-1", "a_2 = 0.6", "a1_2 or a2_1"),
    ("mazur", "$z^{(2)}_1 = 0.4$", "net_h1 or net_o1"),  # the inputs may be layer 0 or layer 1
    ("mazur", "$W^{[1]}_{12} = 0.21$", "w2 or w3"),  # the unit or the source first
    ("mazur", "W1[0][1] = 0.21", "w2 or w3"),
    ("mazur", "w_{12} = 0.21", "w2, w3, w6 or w7"),
    ("2-2-1", "w2 = 0.31", "w1_1_2 or w1_2_1"),  # unit by unit, or source by source
    ("mazur", "h1 = 0.3775", "net_h1 or out_h1"),
    ("2-2-1", "y = 0.4", "t_1 or a2_1"),  # the target, or the output
    ("mazur", "y_1 = 0.4", "target_o1 or out_o1"),
    ("2-2-1", "o = 0.4", "z2_1 or a2_1"),
    ("2-1x2", "z = 0.3", "z1_1@1 or z1_1@2"),  # of which example
    ("3-2-1", "dense_1/kernel[0][0] = 0.1", "w1_1_1 or w2_1_1"),
    ("2-2-2", "z = [0.1, 0.2]", "z1_1 to z1_2 or z2_1 to z2_2"),
    ("2-2-2", "W = [[1, 2], [3, 4]]", "w1_1_1 to w1_2_2 or w2_1_1 to w2_2_2"),
]
GIVEN = [
    # network, what is written, the quantities: the numbers that a problem gives show whose they are
    ("mazur", "$W^{[1]}_{12} = 0.25$, $dW^{[1]}_{12} = 0.001$", "W[1][1][0] dL/dW[1][1][0]"),
    ("mazur", "$W^{[1]}_{12} = 0.20$, $dW^{[1]}_{12} = 0.001$", "W[1][0][1] dL/dW[1][0][1]"),
    ("2-2-1", "w2 = 0.2\nw3 = 0.3\ndw2 = 0.01", "W[1][1][0] W[1][0][1] dL/dW[1][1][0]"),
    ("mazur", "W1 = [[0.15, 0.25], [0.20, 0.30]]\ndW1 = [[1, 2], [3, 4]]",
     "W[1][0][0] W[1][1][0] W[1][0][1] W[1][1][1] dL/dW[1][0][0] dL/dW[1][1][0] dL/dW[1][0][1] dL/dW[1][1][1]"),
]  # fmt: skip
UNREAD = [
    # network, what is written: nothing of the problem
    ("mazur", "z5x = 0.1"),
    ("mazur", "z^{[3]}_1 = 0.1"),
    ("2-2-1", "w_{33} = 0.1"),
    ("mazur", "net_02 = 0.1"),
    ("2-2-1", "x = 0.1"),
    ("2-2-2", "z = 0.1"),
]


@pytest.mark.parametrize(("course", "shape", "text", "expected"), READ)
def test_equations_of_courses(course: str, shape: str, text: str, expected: str) -> None:
    work = read(shape, text)
    assert ids(work) == expected, course
    told = [fault for fault in work.all_faults if "d2 = 1" not in text]
    assert not told, course


@pytest.mark.parametrize(("shape", "text", "offered"), AMBIGUOUS)
def test_equations_that_may_mean_two_things(shape: str, text: str, offered: str) -> None:
    """Both are offered, and none is taken."""
    work = read(shape, text)
    assert ids(work) == ""
    (fault,) = work.all_faults
    assert (fault.expected, fault.hint) == ("a name that only one quantity has", f"write {offered}.")


@pytest.mark.parametrize(("shape", "text", "expected"), GIVEN)
def test_given_numbers_show_what_letters_mean(shape: str, text: str, expected: str) -> None:
    work = read(shape, text)
    assert ids(work) == expected and work.all_faults == ()


def test_other_numbers_show_nothing() -> None:
    """In a class set the numbers of the problem are nobody's, and a result decides nothing."""
    others = Names(solve("mazur"), numbers=False)
    (fault,) = read_text("w_{12} = 0.45", others, "csv").all_faults
    assert fault.expected == "a name that only one quantity has"
    (sheet,) = read_text("dE/dw5 = 0.08\nw5 = 0.3", others, "csv")
    assert [one.quantity.id for one in sheet.values] == ["dL/dW[2][0][0]", "W[2][0][0]"]


@pytest.mark.parametrize(("shape", "text"), UNREAD)
def test_names_of_nothing(shape: str, text: str) -> None:
    (fault,) = read(shape, text).all_faults
    assert fault.expected == "a quantity of this problem, by its name or its id"


def test_as_many_as_there_are_courses() -> None:
    equations = sum(text.count("=") for _, _, text, _ in READ)
    assert len(READ) + len(AMBIGUOUS) >= 65 and equations > 100
    assert len({course for course, *_ in READ}) >= 20
