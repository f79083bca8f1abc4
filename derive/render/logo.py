"""A logo as the documents of each format hold it: inside them where they can, else as a file beside them.

LaTeX reads no SVG: there it is a PDF, drawn by Typst. What a logo may be is for `worksheet`.
"""

from __future__ import annotations

from base64 import b64encode
from dataclasses import dataclass
from urllib.parse import quote

from derive.render.escape import Escaped

_PAGE = '#set page(width: auto, height: auto, margin: 0pt)\n#image(bytes({source}), format: "{kind}")\n'
_SMALL = (
    "#set page(width: 72pt, height: 72pt, margin: 0pt)\n"
    '#image(bytes({source}), format: "{kind}", width: 36pt, height: 36pt)\n'
)
"""However large a picture is, it is tried small: in its own size it would take gigabytes."""
_TYPES = {"png": "image/png", "svg": "image/svg+xml"}


@dataclass(frozen=True, slots=True)
class LogoFile:
    """A picture, `kind` png or svg. Documents that hold none find it as `stem`logo.png in `folder` ("" or "../").

    Without a stem or a folder there is no such file.
    """

    kind: str
    content: bytes
    stem: str = ""
    folder: str = ""

    def file(self, format: str) -> tuple[str, bytes]:
        """The file that documents of a format refer to, by its name."""
        content = pdf_of(self.content) if format == "tex" and self.kind == "svg" else self.content
        return self._name(format), content

    def parts(self, format: str) -> dict[str, Escaped] | None:
        """What the templates of a format print; None where a document would need a file and there is none."""
        if format == "typ":
            return {"kind": Escaped(self.kind), "source": Escaped(_source(self.kind, self.content))}
        if format == "html":
            return {"address": Escaped(f"data:{_TYPES[self.kind]};base64,{b64encode(self.content).decode()}")}
        if format == "tex":
            # LaTeX looks for it in this folder and in the one above.
            return {"address": Escaped(self._name(format))}
        return {"address": Escaped(f"{self.folder}{quote(self._name(format))}")} if self.stem or self.folder else None

    def _name(self, format: str) -> str:
        return f"{self.stem}logo.{'pdf' if format == 'tex' and self.kind == 'svg' else self.kind}"


def _source(kind: str, content: bytes) -> str:
    """The content as Typst's `bytes` takes it."""
    return f'"{typst_string_of(content)}"' if kind == "svg" else f"({', '.join(map(str, content))})"


def typst_string_of(content: bytes) -> str:
    """A text file inside the quotation marks of a string, its lines as they are."""
    lines = content.decode("utf-8-sig").splitlines()
    return "\\n".join(line.replace("\\", "\\\\").replace('"', '\\"').replace("\t", " ") for line in lines)


def shows(kind: str, content: bytes) -> bool:
    """Whether the picture can be drawn."""
    import typst

    try:
        typst.compile(_SMALL.format(kind=kind, source=_source(kind, content)).encode(), format="png", ppi=72.0)
    except typst.TypstError:
        return False
    except BaseException as error:
        # What Typst calls a panic is no Exception, and has no name that could be imported.
        if type(error).__name__ != "PanicException":
            raise
        return False
    return True


def pdf_of(svg: bytes) -> bytes:
    """An SVG file as a PDF file, the same bytes on every machine."""
    import typst

    source = _PAGE.format(kind="svg", source=_source("svg", svg)).encode()
    made: bytes = typst.compile(source, format="pdf", timestamp=0, ignore_system_fonts=True)
    return made
