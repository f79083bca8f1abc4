"""What the commands share: one message for a mistake, and options that are lists or one of a few words."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from functools import wraps
from typing import Any

import click
from click.shell_completion import CompletionItem

from derive.cli.defaults import place_of
from derive.errors import InputError, ProgramFault

ENGINES, PAPERS = ("typst", "latex"), ("a4", "letter")

Check = Callable[[click.Context, Any, str], Any]


INTERRUPTED = 130
"""The exit code after Ctrl-C."""


class Failure(click.ClickException):
    """A user's mistake: one message on standard error, exit code 2."""

    exit_code = 2

    def show(self, file: Any = None) -> None:
        click.echo(f"derive: {self.message}", err=True)
        if remark := other_distribution():
            click.echo(f"derive: {remark}", err=True)


class FaultOfDerive(Failure):
    """A fault of this program that it has noticed: one message on standard error, exit code 3."""

    exit_code = 3


def mended(command: Callable[..., None]) -> Callable[..., None]:
    """Turns an `InputError` into a message and exit code 2, and a `ProgramFault` into one and exit code 3.

    Anything else is a bug that has not been noticed before, and shows itself.
    """

    @wraps(command)
    def run(*args: Any, **kwargs: Any) -> None:
        try:
            command(*args, **kwargs)
        except InputError as error:
            raise Failure(str(error)) from None
        except ProgramFault as error:
            raise FaultOfDerive(str(error)) from None
        except KeyboardInterrupt:
            click.echo("derive: stopped", err=True)
            raise click.exceptions.Exit(INTERRUPTED) from None
        except BrokenPipeError:
            # The reader of our output has gone, as in `derive list | head -1`.
            sys.stderr.close()
        except OSError as error:
            raise Failure(f"the output cannot be written: {(error.strerror or str(error)).lower()}") from None

    return run


def other_distribution() -> str | None:
    """A warning where another distribution that installs a folder `derive` is in this environment, else None."""
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        other = distribution("derive")
    except PackageNotFoundError:
        return None
    return (
        f"another distribution, derive {other.version}, is installed here and writes to the same folder as "
        "derive-backprop: its files may have replaced ours.\n"
        "Install derive-backprop in an environment of its own."
    )


def problem_words(_: click.Context, __: click.Parameter, typed: str) -> list[CompletionItem]:
    """What a shell offers where a problem is named: the built-in examples, and files."""
    from derive.reading import example_names

    names = [CompletionItem(name) for name in example_names() if name.startswith(typed)]
    return [*names, CompletionItem(typed, type="file")]


def tell(remarks: Iterable[str]) -> None:
    """What the user should know of what was made, a line each, apart from the names of files."""
    for remark in remarks:
        click.echo(f"derive: {remark}", err=True)


PICTURED = frozenset({"md", "qmd", "myst"})
"""The formats that refer to pictures in files beside them."""
FRAGMENTS = ("tex", "typ", "md", "html", "qmd", "myst")
"""The formats that can be pasted into documents of one's own."""


def fragments(formats: tuple[str, ...], usual: tuple[str, ...]) -> tuple[str, ...]:
    """The formats of fragments; LaTeX where nothing but what is usual is asked for. Raises `InputError` for others."""
    from derive.errors import InputError, one_of

    if formats == usual:
        return FRAGMENTS[:1]
    for name in formats:
        if name not in FRAGMENTS:
            raise InputError(f"{one_of(FRAGMENTS)} with --fragment", name, place="--format")
    return formats


def some_of(choices: tuple[str, ...]) -> Check:
    """The check of an option that is one or more of a few words, with commas between them."""

    def check(context: click.Context, option: click.Option, text: str) -> tuple[str, ...]:
        from derive.errors import unknown_name

        chosen = tuple(dict.fromkeys(part.strip() for part in text.split(",") if part.strip()))
        for name in chosen:
            if name not in choices:
                raise Failure(str(unknown_name(name, choices, place=place_of(context, option))))
        if not chosen:
            raise Failure(f"{place_of(context, option)} needs at least one of {', '.join(choices)}")
        return chosen

    return check


def none_or_some_of(choices: tuple[str, ...]) -> Check:
    """The check of an option that is any number of a few words, with commas between them, and may be given again."""

    def check(context: click.Context, option: click.Option, texts: Any) -> tuple[str, ...]:
        one = some_of(choices)
        return tuple(dict.fromkeys(name for text in texts for name in one(context, option, text)))

    return check


def one_of(choices: tuple[str, ...]) -> Check:
    """The check of an option that is one of a few words."""

    def check(context: click.Context, option: click.Option, text: str | None) -> str | None:
        from derive.errors import unknown_name

        if text is not None and text not in choices:
            raise Failure(str(unknown_name(text, choices, place=place_of(context, option))))
        return text

    return check
