"""The logo of a sheet: a PNG or SVG file that is really one, of bounded size, and refers to nothing outside itself.

A file is looked at, not its ending. A PNG is unpacked once, piece by piece, so that what no reader could show is told
before anything is written; an SVG may hold shapes, text and gradients, and nothing that runs, moves or is fetched.
"""

from __future__ import annotations

import re
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from xml.etree import ElementTree

from derive.errors import InputError, shorten, shown
from derive.render.logo import shows

MOST_BYTES = 500_000
"""A logo stands in every sheet of a class set."""
MOST_PIXELS = 4000
"""Along each side."""
MOST_ELEMENTS = 20_000
MOST_LETTERS = 2000
"""Of the text in an SVG file, blanks among them; setting many takes minutes."""
MOST_STYLED = 5_000_000
"""Rules of style times elements, each of which is tried."""
MOST_SIZE = 10_000
"""Pixels along each side of an SVG file; PDF has no larger page."""
MOST_UNPACKED = 4_000_000
"""Bytes of a colour profile, and of every note, in a PNG file."""
_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_SAMPLES = {0: 1, 2: 3, 3: 1, 4: 2, 6: 4}
"""Samples of a pixel by the colour type of a PNG."""
_DEPTHS = {0: (1, 2, 4, 8, 16), 2: (8, 16), 3: (1, 2, 4, 8), 4: (8, 16), 6: (8, 16)}
_SVG = "{http://www.w3.org/2000/svg}"
_LETTERED = frozenset((f"{_SVG}text",))
_SHAPES = "g path rect circle ellipse line polyline polygon text tspan clipPath"
_ELEMENTS = frozenset(f"svg defs title desc metadata style linearGradient radialGradient stop {_SHAPES}".split())
"""What may stand in a logo; all else runs, moves, is fetched, or repeats itself, which may grow without end."""
_FETCHED = re.compile(r"url\(\s*[\"']?\s*(?!#)|@import|expression\s*\(|javascript:|image-set", re.IGNORECASE)
_FOREIGN = ("http://www.inkscape.org/", "http://sodipodi.sourceforge.net/", "http://www.w3.org/1999/02/22-rdf",
            "http://creativecommons.org/", "http://purl.org/")  # fmt: skip
"""Notes that drawing programs leave, which nothing shows."""


@dataclass(frozen=True, slots=True)
class Logo:
    """A picture that has been looked at; `kind` is png or svg.

    `folder` is where the sheets of a class set find its file, "../"; a single sheet has it beside.
    """

    kind: str
    content: bytes
    folder: str = ""


def read_logo(name: str, beside: str | None = None) -> Logo:
    """The logo in a file, found from the folder of the file that names it. Raises `InputError`."""
    path = Path(name) if beside is None else Path(beside).parent / name
    place = "sheet.logo"
    try:
        if path.exists() and not path.is_file():
            raise InputError("a PNG or SVG file", "a folder, a pipe or a device", str(path), place)
        with path.open("rb") as stream:
            content = stream.read(MOST_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        found = f"none that can be read ({(reason or 'no valid name').lower()})"
        raise InputError("a PNG or SVG file", found, str(path), place) from None
    if len(content) > MOST_BYTES:
        raise InputError(f"a logo of at most {MOST_BYTES // 1000} kB", "a larger file", str(path), place)
    if content.startswith(_SIGNATURE):
        fault = _png_fault(content)
        kind = "png"
    elif content.lstrip(b"\xef\xbb\xbf \t\r\n").startswith(b"<"):
        fault = _svg_fault(content)
        kind = "svg"
    else:
        raise InputError("a PNG or SVG file", "something else", str(path), place)
    if fault is not None:
        raise InputError(*fault, str(path), place)
    if not shows(kind, content):
        raise InputError("a picture that can be drawn", f"{kind.upper()} that cannot", str(path), place)
    return Logo(kind, content)


# -- PNG


def _png_fault(content: bytes) -> tuple[str, str] | None:
    """What is wrong with a PNG file, as what was expected and what was found."""
    chunks = list(_chunks(content))
    if not chunks or chunks[0][0] != b"IHDR" or len(chunks[0][1]) != 13 or chunks[-1][0] != b"IEND":
        return "a whole PNG file", "a damaged or cut one"
    width, height, depth, colour, compression, filtering, interlaced = struct.unpack(">IIBBBBB", chunks[0][1])
    if depth not in _DEPTHS.get(colour, ()) or compression or filtering or interlaced > 1:
        return "a PNG file", "one of a kind that does not exist"
    if not 1 <= width <= MOST_PIXELS or not 1 <= height <= MOST_PIXELS:
        return f"a logo of at most {MOST_PIXELS} pixels a side", f"{width} x {height}"
    if any(kind == b"acTL" for kind, _ in chunks):
        return "a picture that stands still", "an animation"
    if colour == 3 and not any(kind == b"PLTE" and data and len(data) % 3 == 0 for kind, data in chunks):
        return "a whole PNG file", "one without its colours"
    if any(_bomb(kind, data) for kind, data in chunks):
        return "a PNG file whose colour profile and notes are short", "one whose notes are damaged or grow without end"
    bits = depth * _SAMPLES[colour]
    passes = [(width, height)] if not interlaced else list(_passes(width, height))
    size = sum(h * (1 + -(-w * bits // 8)) for w, h in passes)
    packed = b"".join(data for kind, data in chunks if kind == b"IDAT")
    if _unpacked(packed, size) != size:
        return "a whole PNG file", "one whose pixels are damaged or missing"
    return None


def _chunks(content: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The pieces of a PNG file up to its end, or to the first that is damaged."""
    at = len(_SIGNATURE)
    while at + 12 <= len(content):
        length, kind = struct.unpack(">I4s", content[at : at + 8])
        data = content[at + 8 : at + 8 + length]
        check = content[at + 8 + length : at + 12 + length]
        if len(check) < 4 or struct.unpack(">I", check)[0] != zlib.crc32(kind + data):
            return
        yield kind, data
        if kind == b"IEND":
            return
        at += 12 + length


_ADAM7 = ((0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2))


def _passes(width: int, height: int) -> Iterator[tuple[int, int]]:
    """The small pictures of an interlaced one."""
    for x, y, dx, dy in _ADAM7:
        w, h = -(-(width - x) // dx), -(-(height - y) // dy)
        if w > 0 and h > 0:
            yield w, h


def _bomb(kind: bytes, data: bytes) -> bool:
    """Whether a colour profile or a note, which readers unpack too, does not end, or is damaged."""
    _, _, packed = data.partition(b"\0")
    if kind == b"iTXt":
        packed = packed[1:].split(b"\0", 2)[-1] if packed[:1] == b"\1" else b""
        packed = b"\0" + packed if packed else b""
    if kind not in (b"iCCP", b"zTXt", b"iTXt") or not packed:
        return False
    return _unpacked(packed[1:], MOST_UNPACKED) < 0


def _unpacked(packed: bytes, size: int) -> int:
    """How many bytes come out, counted up to one too many."""
    unpacker = zlib.decompressobj()
    count, rest = 0, packed
    try:
        while rest and count <= size and not unpacker.eof:
            count += len(unpacker.decompress(rest, 1 << 16))
            rest = unpacker.unconsumed_tail
    except zlib.error:
        return -1
    return count if unpacker.eof else -1


# -- SVG


def _svg_fault(content: bytes) -> tuple[str, str] | None:
    """What is wrong with an SVG file."""
    if b"<!DOCTYPE" in content or b"<!ENTITY" in content or b"<?xml-stylesheet" in content or b"\x00" in content:
        return "an SVG file without a document type of its own", "one that has it"
    try:
        text = content.decode("utf-8-sig")
        root = ElementTree.fromstring(text)
    except UnicodeDecodeError:
        return "an SVG file in UTF-8", "another encoding"
    except (ElementTree.ParseError, ValueError) as error:
        return "an SVG file", f"no XML ({shorten(str(error))})"
    except RecursionError:
        return "an SVG file", "one nested too deeply"
    if root.tag not in (f"{_SVG}svg",):
        return "an SVG file", f"a file whose first element is {shown(root.tag.rpartition('}')[2])}"
    elements = list(root.iter())
    if len(elements) > MOST_ELEMENTS:
        return f"an SVG file of at most {MOST_ELEMENTS} elements", f"{len(elements)}"
    for element in elements:
        found = _unsafe(element)
        if found is not None:
            return "an SVG file of shapes and text alone, without scripts and links", found
    letters = sum(len(text) for element in elements if element.tag in _LETTERED for text in element.itertext())
    if letters > MOST_LETTERS:
        return f"an SVG file with at most {MOST_LETTERS} letters of text", f"{letters}"
    style = "".join(text for sheet in root.iter(f"{_SVG}style") for text in sheet.itertext())
    if len(re.findall(r"[,{>+~]|\s+", style)) * len(elements) > MOST_STYLED:
        return "an SVG file with few rules of style", "too many for its elements"
    if any("url(" in value for clip in root.iter(f"{_SVG}clipPath") for part in clip.iter()
           for value in part.attrib.values()):  # fmt: skip
        return "an SVG file whose clipping paths are plain", "one that is clipped itself"
    return _size_fault(root)


_PLACES = "d points transform gradientTransform x y x1 y1 x2 y2 cx cy r rx ry width height dx dy"
_DRAWN = frozenset(_PLACES.split())
_FAR = re.compile(r"(?<![\d.])0*[1-9]\d{6}|\d\.?[eE]\+?0*(?:[6-9]|[1-9]\d)")
"""A number so large that what draws the picture may fail."""


def _unsafe(element: ElementTree.Element) -> str | None:
    """What an element has that a logo may not have."""
    tag = str(element.tag)
    if tag.startswith("{") and tag[1:].startswith(_FOREIGN):
        return None
    name = tag.removeprefix(_SVG)
    if name not in _ELEMENTS:
        return f"the element {shown(name.rpartition('}')[2])}"
    texts = [element.text or ""] if name == "style" else []
    for key, value in element.attrib.items():
        plain = key.rpartition("}")[2]
        if plain.lower().startswith("on"):
            return f"the attribute {shown(plain)}"
        if plain in ("href", "src") and not value.lstrip().startswith("#"):
            return f"a link to {shown(value)}"
        texts.append(value)
        if plain in _DRAWN and _FAR.search(value):
            return "a number of a million or more"
    if any(_FETCHED.search(text) or "\\" in text for text in texts):
        return "a style that fetches something"
    return None


_LENGTH = re.compile(r"\s*\+?(\d{1,9}(?:\.\d{0,9})?)\s*(px|pt|mm|cm|in|em|pc|%)?\s*")
_PIXELS = {"in": 96, "cm": 38, "mm": 4, "pt": 2, "pc": 16, "em": 16}
"""Pixels in a unit of length, rounded up."""


def _size_fault(root: ElementTree.Element) -> tuple[str, str] | None:
    """A picture needs a size, its own or that of its view box."""
    box = re.split(r"[\s,]+", root.get("viewBox", "").strip())
    own = [match for key in ("width", "height") if (match := _LENGTH.fullmatch(root.get(key, "")))]
    boxed = [match for side in box[2:] if (match := _LENGTH.fullmatch(side))] if len(box) == 4 else []
    numbers = own + boxed
    if len(numbers) < 2 or any(not match[1].strip("0.") for match in numbers):
        return "an SVG file with a width and a height", "none"
    if any(len(_whole(match)) > 5 for match in numbers):
        return "an SVG file of less than 100000 units a side", "a larger one"
    fixed = len(own) == 2 and all(match[2] != "%" for match in own)
    sizes = [int(_whole(match) or "0") * _PIXELS.get(match[2], 1) for match in (own if fixed else numbers)]
    if not 1 <= min(sizes) <= max(sizes) <= MOST_SIZE:
        found = f"one of {' x '.join(match[0].strip() for match in numbers[:2])}"
        return f"an SVG file whose width and height are from 1 to {MOST_SIZE} pixels", found
    return None


def _whole(length: re.Match[str]) -> str:
    return length[1].partition(".")[0].lstrip("0")
