"""What every solution has in common: its document, as text in a format, as PDF, as a Word document, in Jupyter.

Decides which formats there are and what is refused; what the document says is for the solutions.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from derive.errors import unknown_name

if TYPE_CHECKING:
    from derive.document import Document
    from derive.notation import Namer
    from derive.palette import Colours
    from derive.scripts import Framework


class Views(ABC):
    """A solution as documents; `namer` knows the names in the formulas of its document."""

    namer: Namer

    @property
    @abstractmethod
    def name(self) -> str:
        """What the files of the solution are called."""

    @property
    @abstractmethod
    def document(self) -> Document:
        """The worked solution as a tree of blocks."""

    @property
    def decimal_comma(self) -> bool:
        """Whether numbers are shown with a comma."""
        return False

    @property
    def remarks(self) -> Sequence[str]:
        """What a user should know, apart from the document."""
        return ()

    @abstractmethod
    def _json(self) -> str:
        """The worked solution as data."""

    @abstractmethod
    def _code(self) -> str:
        """The Python that leads to this solution, for a notebook."""

    @abstractmethod
    def _script(self, framework: Framework) -> str:
        """The steps of the solution as a program for a library."""

    def _cells(self) -> tuple[Sequence[str], Mapping[tuple[int, ...], Sequence[str]]]:
        """Further cells of code for a notebook: those at its beginning, and those under the heading of a number."""
        return (), {}

    def render(
        self,
        format: str,
        paper: str = "a4",
        pictures: bool = False,
        colours: Colours | None = None,
        fragment: bool = False,
    ) -> str:
        """The worked solution as text; `paper` is "a4" or "letter".

        Formats are "md", "tex", "html", "typ", "ipynb", "json", and "numpy" and "torch", which are programs that
        compute every number again and print it beside the one of the derivation.

        Markdown holds no drawings: with `pictures` it refers to the files of `pictures()` beside it, else it has none.
        `colours` says what the colours of names and numbers tell: "role", "unit" (weights by the unit that they lead
        into) or "none"; unless it is given, Markdown and notebooks have none, and all others roles. A `fragment` is to
        be pasted into another document.
        """
        if format == "json":
            return self._json()
        from derive.scripts import FRAMEWORKS

        if format in FRAMEWORKS:
            return self._script(FRAMEWORKS[format])
        from derive.render import FORMATS, render

        _refuse_unknown(paper, colours)
        if format == "ipynb":
            return self._notebook(colours)
        if format not in FORMATS:
            raise unknown_name(format, (*FORMATS, "ipynb", "json", *FRAMEWORKS), place="format")
        stem = self.name if pictures else ""
        return render(self.document, format, self.namer, paper, stem, colours, self.decimal_comma, fragment)

    def pictures(self) -> dict[str, str]:
        """The pictures of the document as SVG, by the names of the files that its Markdown refers to."""
        from derive.diagram import to_svg
        from derive.document import figures
        from derive.render import file_name

        found = figures((*self.document.lead, *self.document.sections))
        return {file_name(self.name, figure): to_svg(figure.scene) for figure in found}

    def _notebook(self, colours: Colours | None) -> str:
        from derive.document import figures
        from derive.render import file_name, render
        from derive.render.notebook import notebook
        from derive.render.png import png

        found = figures((*self.document.lead, *self.document.sections))
        images = {file_name("figure", figure): png(figure.scene) for figure in found}
        text = render(self.document, "md", self.namer, pictures="figure", colours=colours, comma=self.decimal_comma)
        code, under = self._cells()
        return notebook(text, [self._code(), *code], images, under)

    def _repr_markdown_(self) -> str:
        """What Jupyter shows for a solution."""
        return self.render("md")

    def pdf(self, engine: str = "typst", paper: str = "a4", colours: Colours | None = None) -> bytes:
        """The worked solution as PDF: accessible (PDF/UA-1) from "typst", which is built in, or by a local "latex".

        Raises `InputError` for another engine or paper, and where LaTeX is missing or fails.
        """
        from derive.render import pdf, render

        if engine not in pdf.ENGINES:
            raise unknown_name(engine, pdf.ENGINES, place="engine")
        _refuse_unknown(paper, colours)
        if engine == "latex":
            source = render(
                self.document, "tex", self.namer, paper, colours=colours, comma=self.decimal_comma, placing=True
            )
            return pdf.latex_pdf(source, name=f"{self.name}.solution.tex")
        return pdf.typst_pdf(self.render("typ", paper, colours=colours))

    def docx(self, paper: str = "a4") -> bytes:
        """The worked solution as a Word document; needs the optional extra that brings pandoc.

        Raises `InputError` for another paper, and without the extra.
        """
        from derive.render import PAPERS
        from derive.render.docx import docx

        if paper not in PAPERS:
            raise unknown_name(paper, PAPERS, place="paper")
        return docx(self.render("pandoc"), paper)


def _refuse_unknown(paper: str, colours: Colours | None) -> None:
    """Raises `InputError` for a paper or a manner of colours that there is not."""
    from derive.palette import COLOURS
    from derive.render import PAPERS

    if paper not in PAPERS:
        raise unknown_name(paper, PAPERS, place="paper")
    if colours is not None and colours not in COLOURS:
        raise unknown_name(colours, COLOURS, place="colours")


def notebook_code(name: str, file: str | None, options: Mapping[str, str | tuple[str, ...]]) -> list[str]:
    """The lines of Python that solve a problem again, with what differs from what is usual."""
    origin = Path(file or f"{name}.toml").name
    arguments = [json.dumps(origin, ensure_ascii=False)]
    arguments += [f"{key}={json.dumps(value)}" for key, value in options.items()]
    beside = "  # the problem file, in the folder of this notebook" if Path(origin).suffix else ""
    return ["import derive", "", f"solution = derive.solve({', '.join(arguments)}){beside}"]
