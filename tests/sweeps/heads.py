"""Heads, words and options of sheets, drawn and damaged: a sheet without foreign markup, or one message.

A head has any keys with right values and wrong ones, a problem file may have it in [sheet], phrases are worded with
markup, missing places and signs that nobody sees, and the command line asks for anything. The command runs as a user
runs it. A failure is a traceback, an exit code that is neither 0 nor 2, something written beside a message, a command
that takes longer than ten seconds, or markup of a text that is markup in the page. Sheets with choices and with
mistakes are filled in with rubbish and checked.
"""

from __future__ import annotations

import json
import random
import re
import tempfile
from collections.abc import Callable
from html.parser import HTMLParser
from pathlib import Path

from click.testing import CliRunner, Result

from derive.cli import main
from derive.reading import example_text
from derive.spec.sheet import TOPICS, SheetHead
from derive.wording import phrases
from sweeps.harmless import little_memory, watched

COMMANDS = 1000
PROBLEMS = ("mazur", "mazur", "hmkcode", "netflow", "rohan-relu", "rohan-chain")
EVIL = (
    "<evil a='1'>",
    '"><evil x="y',
    "</style></title><evil>",
    "\\evil{x} $\\evil$",
    "#evil[x]",
    "[evil](evil:x)",
    "![evil](evil:x)",
    "`<evil>`",
    "*a* _b_ ~c ^d & % {evil} }} {{evil}} <% evil %> << evil >>",
    "\n\n<evil>\n",
    "\x02evil\x03",
    "--><evil>",
    "= evil",
    "\\end{document}",
    "\u202eevil",
    "\u200fא\u200e",
    "中文 عربي Größe e\u0301",
    "",
    " ",
    "x" * 1001,
    "x" * 100_000,
    "\ud7ff\uffff",
    "`" * 50,
    "$" * 9,
    "\\",
    "|",
    "# a",
    "1. a",
    "Answer 1a: `x` = 3",
    "---",
)
MILD = tuple(one for one in EVIL if one.strip() and one.isprintable() and len(one) < 100)
"""Texts that may stand on a sheet."""
NUMBERS = ("0", "1", "-1", "2", "3", "5", "9", "99", "1000", "99999999999999999999", "1.5", "x", "", "٣")
ASKED_RIGHT = (*TOPICS, "all", "shapes", "parameters", "sums", "gradients:1", "o1")
ASKED = (
    *ASKED_RIGHT,
    *("delta:1", "delta:2", "delta:0", "delta:99999999999", "gradients:x", "sums", "h1"),
    *(
        "o1",
        "h2.1",
        "dE/dw5",
        "W_new[2][0][0]",
        "W[1][0][0]",
        "los",
        "",
        ":",
        "1:1",
        "delta:",
        "after[1].loss",
        "x" * 999,
    ),
    *("delta:٣", "<evil>", "\x00", "E"),
)
ANSWERS = ("A", "b", "Z", "É", "Ａ", "0", "1e999", "9" * 400, "-0.5", "٣", "A,B", "<evil>", "3: 0.5 c", "", "α", "½")


def run(seed: int, share: float) -> list[str]:
    """Runs the share of all commands, and returns one line for each that fails."""
    count, longest, failures, refused = round(COMMANDS * share), 0.0, list[str](), 0
    with little_memory():
        for number in range(count):
            draw = random.Random(f"{seed} {number}")
            with tempfile.TemporaryDirectory() as folder:
                arguments = drawn(draw, Path(folder))
                failure, seconds, unusable = used(arguments, Path(folder), draw)
            longest, refused = max(longest, seconds), refused + unusable
            if failure is not None:
                shown = " ".join(argument[:60] for argument in arguments)
                failures.append(f"number {number}, derive {shown}: {failure}")
    print(f"{count} commands, {refused} refused; the slowest took {longest:.1f} s")
    return failures


def used(arguments: list[str], folder: Path, draw: random.Random) -> tuple[str | None, float, bool]:
    """Runs the command, looks at what it has written, and checks a filled sheet."""
    refused = False

    def use() -> str | None:
        nonlocal refused
        result = command(arguments)
        refused = result.exit_code == 2
        return fault(result, folder / "out") or (None if refused else _checked(arguments, folder, draw))

    outcome = watched(use)
    return outcome.failure, outcome.seconds, refused


def command(arguments: list[str]) -> Result:
    return CliRunner().invoke(main, arguments, catch_exceptions=False)


def fault(result: Result, out: Path) -> str | None:
    """What is wrong with how a command ended and with its files."""
    files = [path for path in out.rglob("*") if path.is_file()]
    if result.exit_code == 2:
        message = result.stderr
        if files:
            return f"a message, and {files[0].name} is written"
        if len(message) > 1500 or "Traceback" in message or not re.match(r"derive: |Usage: ", message):
            return f"the message {message[:200]!r}"
        return None
    if result.exit_code:
        return f"exit code {result.exit_code}: {result.output[:200]!r}"
    return next((found for path in files if (found := markup(path))), None if files else "nothing written")


def markup(path: Path) -> str | None:
    """Markup of a text in the page, where it should be text."""
    found = FOREIGN[path.suffix](path.read_text("utf-8")) if path.suffix in FOREIGN else None
    return f"{path.name}: {found}" if found else None


class _Tags(HTMLParser):
    """Finds elements and attributes that no template has."""

    found: str | None = None

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        for key, value in attrs:
            if key.startswith("on") or (key in ("href", "src") and "evil:" in (value or "")):
                self.found = f"the attribute {key}"
        if "evil" in tag or any("evil" in key for key, _ in attrs):
            self.found = f"the element {tag}"


def _html(text: str) -> str | None:
    tags = _Tags()
    tags.feed(text)
    return tags.found


def _md(text: str) -> str | None:
    found = re.search(r"(?<![\\`])<evil|(?<!\\)\]\(evil:|^= evil$", text, re.MULTILINE)
    return f"{text[max(found.start() - 40, 0) : found.end()]!r}" if found else None


def _tex(text: str) -> str | None:
    found = re.search(r"\\evil|(?s:\\end\{document\}.*\\end\{document\})", text)
    return f"{text[max(found.start() - 40, 0) : found.end()][:99]!r}" if found else None


def _typ(text: str) -> str | None:
    """Compiled: unknown names, open brackets and quotation marks are errors."""
    import typst

    try:
        typst.compile(text.encode(), format="pdf", ignore_system_fonts=True)
    except typst.TypstError as error:
        return str(error)[:200]
    return None


FOREIGN: dict[str, Callable[[str], str | None]] = {".html": _html, ".md": _md, ".tex": _tex, ".typ": _typ}


# -- sheets that are filled in


def _checked(arguments: list[str], folder: Path, draw: random.Random) -> str | None:
    """Fills in a Markdown sheet with rubbish and checks it."""
    sheets = sorted((folder / "out").glob("*.worksheet.md"))
    if not sheets or draw.random() < 0.3:
        return None
    text = sheets[0].read_text("utf-8")
    filled = re.sub(r"(?m)^(\S.*\d[a-z]*: .*?)(?:_{3,}|\s*)$", lambda line: f"{line[1]} {draw.choice(ANSWERS)}", text)
    if draw.random() < 0.05:
        filled += "Answer 1a: 3\n" * 20_000
    (folder / "filled.md").write_text(filled, "utf-8")
    keep = [part for name in ("--choice", "--find-the-error") if name in arguments
            for part in (name, arguments[arguments.index(name) + 1])]  # fmt: skip
    problem = next(one for one in arguments[1:] if one in PROBLEMS or one.endswith(".toml"))
    result = command(["check", problem, str(folder / "filled.md"), *keep])
    if result.exit_code not in (0, 1, 2) or "Traceback" in result.output:
        return f"the filled sheet: {result.exit_code} {result.output[:200]!r}"
    return None


# -- commands


def drawn(draw: random.Random, folder: Path) -> list[str]:
    """A command line, whose files are in a folder."""
    arguments = ["worksheet", *(_problem(draw, folder, number) for number in range(draw.choice((1, 1, 1, 1, 2, 3))))]
    (folder / "logo.svg").write_text(LOGO, "utf-8")
    arguments += ["-o", str(folder / "out"), "--format", draw.choice(("md", "md", "html", "tex", "typ", "md,html,tex"))]
    if draw.random() < 0.6:
        (folder / "head.toml").write_bytes(_head(draw).encode("utf-8", "surrogatepass"))
        arguments += ["--head", str(folder / "head.toml")]
    if draw.random() < 0.4:
        arguments += ["--ask", ",".join(draw.choice(_asked(draw)) for _ in range(draw.choice((1, 1, 2, 5))))]
    if draw.random() < 0.3:
        arguments += [
            draw.choice(("--choice", "--find-the-error")),
            draw.choice(NUMBERS if draw.random() < 0.2 else ("2", "1", "3", "4")),
        ]
    for option in ("--fragment", "--decimal-comma", "--large", "--answers-only", "--fade", "--compact", "--solution"):
        if draw.random() < 0.08:
            arguments.append(option)
    for option, values in OPTIONS.items():
        if draw.random() < 0.12:
            arguments += [option, draw.choice(values)]
    return arguments


LOGO = '<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"><title>&lt;evil></title><rect width="9"/></svg>'
OPTIONS = {
    "--blanks": ("results", "all", "formulas", "w5", "w5,w6", ",", "<evil>", "result", "E", "results", "all"),
    "--notation": ("nielsen", "standard", "mazur", "mazurr"),
    "--form": ("matrix", "delta", "chain", "index", "matrx"),
    "--decimals": ("2", "6", "5", "4", "3", *NUMBERS),
}


def _problem(draw: random.Random, folder: Path, number: int) -> str:
    """A built-in example, or a file of one with a head, a story and words of its own."""
    name = draw.choice(PROBLEMS)
    if draw.random() < 0.5:
        return name
    lines = example_text(name).splitlines()
    extra = [
        f"{key} = {_quoted(draw)}" for key in ("story", "note") if draw.random() < 0.3 and key not in "".join(lines)
    ]
    tables = ["[sheet]", *(_entry(draw, key) for key in _keys(draw) if key != "points")]
    if draw.random() < 0.3:
        tables += ["[page]", "detail = " + draw.choice(('"brief"', '"full"', '"ful"', "3"))]
        tables += ["leave_out = [" + draw.choice(('"check"', '"figures"', '"figure"', "1")) + "]"]
    tables += _words(draw)
    path = folder / f"p{number}.toml"
    path.write_bytes("\n".join([*extra, *lines, *tables]).encode("utf-8", "surrogatepass"))
    return str(path)


def _asked(draw: random.Random) -> tuple[str, ...]:
    return ASKED if draw.random() < 0.1 else ASKED_RIGHT


def _quoted(draw: random.Random) -> str:
    """A text as TOML has it."""
    text = draw.choice(EVIL if draw.random() < 0.06 else MILD)
    text = f"a {text} b" if draw.random() < 0.7 else text
    return json.dumps(text, ensure_ascii=True) if text.isascii() else json.dumps(text, ensure_ascii=False)


def _keys(draw: random.Random) -> list[str]:
    keys = sorted(SheetHead.model_fields)
    return draw.sample(keys, draw.choice((0, 1, 1, 2, 4)))


def _entry(draw: random.Random, key: str) -> str:
    """A key with a value, most often one that suits."""
    if draw.random() < 0.02:
        key = key[:-1] if len(key) > 2 else f"{key}x"
    if draw.random() < 0.04:
        value = draw.choice(("3", "true", "[]", "{}", "1e9", "nan", "2024-05-17", "[[1]]", '"x"', "-1"))
    elif key in ("footer", "grade_table", "large", "answers_only"):
        value = draw.choice(("true", "false"))
    elif key == "time":
        value = draw.choice(('"estimate"', "30", "0", "601"))
    elif key == "language":
        value = draw.choice(('"de"', '"ar"', '"he"', '"pt-BR"', '"x"', '"\\"><evil>"'))
    elif key == "ask":
        count = draw.choice((1, 1, 1, 2, 2, 2, 0, 301))
        value = json.dumps([draw.choice(_asked(draw)) for _ in range(count)])
    elif key == "points":
        topic = draw.choice((*TOPICS, *TOPICS, "1", "0", "٣", "9" * 5000, "x"))
        value = f"{{ {json.dumps(topic)} = {draw.choice(NUMBERS[:9])} }}"
    else:
        value = _quoted(draw) if key != "logo" or draw.random() < 0.1 else '"logo.svg"'
    return f"{key} = {value}"


def _head(draw: random.Random) -> str:
    lines = [_entry(draw, key) for key in _keys(draw)]
    if draw.random() < 0.2:
        lines.insert(0, "[sheet]")
    return "\n".join([*lines, *_words(draw)])


def _words(draw: random.Random) -> list[str]:
    """Phrases with their places, some of them with markup, and some with places that are none."""
    table = phrases()
    lines = ["[words]"]
    for key in draw.sample(sorted(table), draw.choice((0, 1, 3, 20))):
        text = table[key]
        match draw.randrange(60):
            case 0:
                text = draw.choice(EVIL)
            case 1:
                text = re.sub(r"\{(\w+)\}", r"{{\1}}", text)
            case 2:
                text = f"{text}{{evil}}"
            case 3:
                key = f"{key}s"
            case _:
                evil = draw.choice([one for one in MILD if "{" not in one])
                text = f"{text} {evil} " if draw.random() < 0.5 else f" {evil} {text}"
        lines.append(f"{key} = {json.dumps(text)}")
    return lines
