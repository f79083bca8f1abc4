"""Files of work, drawn and damaged: whatever is in one, it is judged or refused with a message, in seconds.

A file is written in one of many forms with names and values of many kinds, right ones among them; then it is damaged:
letters exchanged, lines doubled, brackets and quotation marks left open, other codings, bytes of no text. A failure is
an exception that is no `InputError`, a message that is long or has no place for the file, or a file that takes longer
than ten seconds. Failing files are kept in a folder that is named.
"""

from __future__ import annotations

import json
import random
import tempfile
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

from small_networks import network

from derive import solve
from derive.check import Marking, source
from derive.solution import Solution
from derive.work import Names
from sweeps.harmless import Outcome, kept, message_fault, watched

FILES = 10_000
NAMES = r"""
w5 out_h1 net_h1 E E_o1 w5+ dE/dw5 z[1][0] W_new[2][0][0] after[1].loss w9 z1 a1 z3 z_2 W1[0][1] dW1[0][0] h1 o1 y
y_hat delta_1 δ₁ ∂E/∂w₅ \frac{\partial{E}}{\partial{w_5}} z^{[1]} W^{[1]} dW^{[2]}_{11} \mathbf{z}^{(1)} \hat{y}_1
\nabla_W L -dL/dz[2][0] Δw5 w5* w₅⁺ fc1.weight[0][1] dense_1/kernel[0][1] coefs_[0][0][1] L(a,y) J(W,b) f'(z_2)
Theta^{(1)}_{10} net_hl net_02 E_tota1 new gradient of w5 quantity value student id name form z a w b x t L w14 I_4
O_4 Err_6 sample[1].z[1][0]
"""
VALUES = r"""
0.3775 0,3775 0.59 -0.5 +.5 1/3 1e-3 1,234 1.234,56 12% 0 -0 0.00 nan inf #REF! ____ ? 1e999 1e-999
99999999999999999999 0.5933* **0.5** 0.3… 0.5(4dp) O.3775 l.1059 ０．５ ٠٫٥ ½ 1.2·10^-3 1.2\cdot10^{-3} \num{0.5}
\boxed{0.5} =0.5 ≈0.5 (-0.5) w5-0.5*0.0822=0.3589 w1*i_1+w2*i_2+b_1=0.3775 (0.01-0.751)^2=0.549 1/(1+e^-0.3775)=0.593
w5*out_h1 sigma(net_h1) [0.1,0.2] [[1,2],[3,4]] (0.1,0.2)^T \begin{bmatrix}0.1\\0.2\end{bmatrix} [0.1_0.2] -- null
true {} [] 0.4->0.3589 :=0.3589 e^e^e^e 9^9^9
"""
DIRT = (
    *"\x00\x01\x07\x0b\x1b\x7f\x85\xa0\xad",
    *"\u200b\u202e\u2028\ufeff\ud7ff\ufffd\U0001f600\u0661\u0966",
    *("\\frac{", "\\begin{bmatrix}", "\\end{", "\\newcommand{\\x}{\\x\\x}",
      "$", "$$", "{" * 50, "(" * 60, "}" * 30),
    *('"', '""', "'", "`", "```", "|", "||", "#", "//", "/*", "\\", "^", "_", "^^", "__", "&", "%", "~", "@",
      "=", "=="),
    *("9" * 50, "x" * 300, "=" * 100, "w5" * 200, "+" * 99, "\n" * 20,
      "\t", "\r", "\r\n", "\x0c", ";" * 40, "," * 40),
    *("е", "w5=w5=w5=", "Answer 1a: `w5` = ", "- " * 40, "<!--", "-->", "\\\\", "0x10", "1_000",
      "^{[", "]}", "\\left."),
)  # fmt: skip
CODINGS = ("utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1", "cp437", "utf-7")


def run(seed: int, share: float) -> list[str]:
    """Judges the share of all files, and returns one line for each that fails."""
    count, longest, failures, refused = round(FILES * share), 0.0, list[str](), 0
    with tempfile.TemporaryDirectory() as folder:
        for number in range(count):
            draw = random.Random(f"{seed} {number}")
            problem = draw.choice(PROBLEMS)
            name, content, claims = drawn(draw, problem)
            path = Path(folder) / name
            path.write_bytes(content)
            failure, seconds, unusable = judged(problem, path, claims, draw.random() < 0.15)
            longest, refused = max(longest, seconds), refused + unusable
            if failure is not None:
                copy = kept(f"work-file-{number}", path)
                failures.append(f"{problem}, {copy}{' --claims' if claims else ''}: {failure}")
            path.unlink()
    print(f"{count} files of work, {refused} unusable; the slowest took {longest:.1f} s")
    return failures


def judged(problem: str, path: Path, claims: bool, rendered: bool) -> Outcome:
    """Judges a file and prints what was found."""

    def use() -> str | None:
        marking, names = made(problem)
        found = marking.check(source(path, names, claims))
        text = found.text()
        if rendered:
            for format in ("md", "html", "json", "csv"):
                found.render(format)
        failures = [failure for failure in map(message_fault, found.faults) if failure]
        return next(iter(failures), None if text else "an empty report")

    return watched(use)


# -- problems


TABLES: dict[str, Callable[[], Solution]] = {
    "mazur": partial(solve, "mazur"),
    "rohan-relu": partial(solve, "rohan-relu"),
    "one unit": lambda: solve(network(2, 1)),
    "a batch": lambda: solve(network(2, 2, 1, examples=2, activation="tanh")),
    "two steps": lambda: solve(network(1, 2, 2, steps=2, activation="relu"), notation="nielsen"),
}
PROBLEMS = tuple(TABLES)


@cache
def made(problem: str) -> tuple[Marking, Names]:
    solution = TABLES[problem]()
    return Marking(solution), Names(solution)


@cache
def own_names(problem: str) -> tuple[str, ...]:
    """The plain and the TeX names of a problem, and its ids."""
    namer, quantities = made(problem)[1].namer, made(problem)[1].quantities
    return tuple(text for q in quantities for text in (namer(q).text, namer(q).text, f"${namer(q).tex}$", q.id))


# -- files


def drawn(draw: random.Random, problem: str) -> tuple[str, bytes, bool]:
    """A file's name, its content, and whether it is read as a text whose equations state values."""
    kind = draw.choice(tuple(FORMS))
    suffix, make = FORMS[kind]
    text = make(draw, problem)
    for _ in range(draw.choice((0, 0, 0, 1, 1, 1, 2, 3, 6))):
        text = damaged(draw, text)
    claims = suffix == ".tex" or draw.random() < 0.1
    if draw.random() < 0.05:
        suffix = draw.choice((".txt", ".csv", ".json", ".md", ".tsv", ".tex"))
    return f"work{suffix}", coded(draw, text), claims


def name(draw: random.Random, problem: str) -> str:
    """The name of a quantity, most often one of the problem's own."""
    return draw.choice(own_names(problem)) if draw.random() < 0.7 else draw.choice(NAMES.split())


def value(draw: random.Random) -> str:
    """A value, most often a number."""
    if draw.random() < 0.6:
        return f"{draw.uniform(-1.5, 1.5):.{draw.randint(0, 9)}f}".replace(".", draw.choice("....,"))
    return draw.choice(VALUES.split())


def pairs(draw: random.Random, problem: str) -> Iterator[tuple[str, str]]:
    for _ in range(draw.choice((1, 3, 8, 30))):
        yield name(draw, problem), value(draw)


def long_table(draw: random.Random, problem: str) -> str:
    mark = draw.choice((",", ";", "\t"))
    header = draw.choice(
        ("quantity,value", "value,quantity", "#,quantity,value", "student,quantity,value", "", "sep=,")
    )
    rows = [header.replace(",", mark)]
    for number, (one, text) in enumerate(pairs(draw, problem), 1):
        cells = [one, text]
        if header.startswith("value"):
            cells.reverse()
        if header.count(",") == 2:
            cells.insert(0, str(number) if header[0] == "#" else draw.choice(("Ann", "Bob", "Zoë", "")))
        quoted = [f'"{cell}"' if mark in cell or draw.random() < 0.1 else cell for cell in cells]
        rows.append(mark.join(quoted))
    return "\n".join(rows)


def wide_table(draw: random.Random, problem: str) -> str:
    head = [one for one, _ in pairs(draw, problem)]
    people = draw.sample(("Ann", "Bob", "Cem", "Zoë"), draw.randint(1, 4))
    rows = [["student", *head], *([who, *(value(draw) for _ in head)] for who in people)]
    return "\n".join(",".join(f'"{cell}"' if "," in cell else cell for cell in row) for row in rows)


def lines(draw: random.Random, problem: str) -> str:
    sign = (" = ", "=", ": ", " ≈ ", " := ", " -> ", " ")
    end = ("\n", "\n", "; ", ", ", " and ", "   ", "\n- ", " so ")
    return "".join(f"{one}{draw.choice(sign)}{text}{draw.choice(end)}" for one, text in pairs(draw, problem))


def prose(draw: random.Random, problem: str) -> str:
    words = (
        "First I computed the layer:",
        "Error",
        "Then",
        "for the unit",
        "which gives",
        "(see 1a)",
        "Output:",
        "where",
    )
    return "".join(f"{draw.choice(words)} {line} {draw.choice(words)}" for line in lines(draw, problem).split("\n"))


def piped(draw: random.Random, problem: str) -> str:
    rows = [f"| {one} | {text} |" for one, text in pairs(draw, problem)]
    return "\n".join(["# Table", "| quantity | value |", "|---|:-:|", *rows, "", lines(draw, problem)])


def mapping(draw: random.Random, problem: str) -> str:
    found: object = {one: draw.choice((text, draw.random(), [0.1, 0.2], None)) for one, text in pairs(draw, problem)}
    if draw.random() < 0.3:
        found = {"students": [{"name": "Ann", "values": found}, {"student": "Bob", "answers": found}]}
    elif draw.random() < 0.3:
        found = [{"quantity": one, "value": text} for one, text in pairs(draw, problem)]
    return json.dumps(found, indent=draw.choice((None, 1)))


def worksheet(draw: random.Random, problem: str) -> str:
    answers = "\n".join(f"Answer {at}a: `{one}` = {text}" for at, (one, text) in enumerate(pairs(draw, problem), 1))
    form = draw.choice(("", "", "", "Form 0001-GGLJXM\n\n"))
    return f"# Worksheet\n\n**Name:** Ann Lee\n\n{form}{answers}\n"


def claims(draw: random.Random, problem: str) -> str:
    signs = (" = ", " &= ", r" \approx ", " := ", r" \to ")
    equations = (f"{one.strip('$')}{draw.choice(signs)}{text.strip('$')}" for one, text in pairs(draw, problem))
    around = (("$", "$ and "), ("$$", "$$\n"), ("\\[", "\\]\n"), ("\\begin{align}", "\\\\ \\end{align}\n"))
    return "".join(
        f"{opening}{equation}{closing}" for equation in equations for opening, closing in [draw.choice(around)]
    )


FORMS: dict[str, tuple[str, Callable[[random.Random, str], str]]] = {
    "long table": (".csv", long_table),
    "wide table": (".csv", wide_table),
    "lines": (".txt", lines),
    "prose": (".txt", prose),
    "Markdown table": (".md", piped),
    "JSON": (".json", mapping),
    "worksheet": (".md", worksheet),
    "claims": (".tex", claims),
}


def damaged(draw: random.Random, text: str) -> str:
    """A text with one kind of damage."""
    start = draw.randint(0, len(text))
    end = min(len(text), start + draw.choice((0, 1, 1, 3, 20, 200)))
    match draw.randrange(7):
        case 0:
            return text[:start] + draw.choice(DIRT) + text[end:]
        case 1:
            return text[:start] + text[end:]
        case 2:
            return text[:end] + text[start:end] * draw.choice((1, 3, 500)) + text[end:]
        case 3:
            rows = text.split("\n")
            draw.shuffle(rows)
            return "\n".join(rows)
        case 4:
            return text.replace(draw.choice(',;.=|"$\\{}[]()'), draw.choice(("", *DIRT, ";", ",")))
        case 5:
            return text.translate(
                draw.choice(({48 + d: 0x0660 + d for d in range(10)}, {48 + d: 0xFF10 + d for d in range(10)}))
            )
        case _:
            return draw.choice(
                (text.upper(), text.lower(), text[::-1], text.replace("\n", "\r"), text * 20, text + text[:start])
            )


def coded(draw: random.Random, text: str) -> bytes:
    """A text as bytes: most often UTF-8, sometimes another coding, cut, or with bytes of no text."""
    coding = draw.choice(CODINGS) if draw.random() < 0.15 else "utf-8"
    content = text.encode(coding, "replace")
    if draw.random() < 0.06:
        at = draw.randint(0, len(content))
        content = content[:at] + draw.randbytes(draw.choice((1, 4, 100))) + content[at + draw.choice((0, 1, 50)) :]
    return content[: draw.randint(0, len(content))] if draw.random() < 0.03 else content
