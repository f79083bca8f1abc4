"""Models from elsewhere with bytes changed, cut out, doubled: ONNX as PyTorch exports it, and archives of Keras.

Each is read as a problem or refused with one message, in seconds; no other error, and nothing that ends the program.
"""

from __future__ import annotations

import importlib
import io
import random
import tempfile
import warnings
import zipfile
from pathlib import Path

from tools.needs import ROOT, TOOLS

from derive.imported.model_files import problem_text
from sweeps.harmless import kept, watched

FILES = 10_000
KERAS = sorted((ROOT / "tests/data/keras").glob("*.keras"))


def run(seed: int, share: float) -> list[str]:
    """Writes the share of all files, reads each, and returns one line for each that fails."""
    failures, refused, longest, count = list[str](), 0, 0.0, max(1, round(FILES * share))
    with tempfile.TemporaryDirectory() as folder:
        exported = _exported(Path(folder))
        for number in range(count):
            draw = random.Random(f"{seed} {number}")
            path = Path(folder) / ("damaged.onnx" if exported and draw.random() < 0.5 else "damaged.keras")
            path.write_bytes(_damaged(draw, draw.choice(exported)) if path.suffix == ".onnx" else _archive(draw))
            failure, seconds, unusable = watched(lambda path=path: None if problem_text(path, "A model") else "no text")
            longest, refused = max(longest, seconds), refused + unusable
            if failure is not None:
                failures.append(f"{kept(f'model-{number}', path)}: {failure}")
    print(f"{count} files, {refused} refused; the slowest took {longest:.1f} s")
    return failures


def _exported(folder: Path) -> list[bytes]:
    """The models of the tests as PyTorch writes them; none where PyTorch or ONNX is missing."""
    if not all(TOOLS[one][0]() for one in ("torch", "onnx")):
        print("without ONNX: PyTorch or ONNX is missing")
        return []
    torch, models, found = importlib.import_module("torch"), importlib.import_module("test_onnx_exported").MODELS, []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for made, shape in models.values():
            path = folder / "model.onnx"
            torch.onnx.export(made(torch).eval(), (torch.ones(*shape),), str(path), dynamo=False)
            found.append(path.read_bytes())
    return found


def _archive(draw: random.Random) -> bytes:
    """An archive with a damaged part, or a damaged archive."""
    with zipfile.ZipFile(draw.choice(KERAS)) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    whole = draw.random() < 0.1
    if not whole:
        name = draw.choice(("config.json", "model.weights.h5", "model.weights.h5", "metadata.json"))
        parts[name] = _damaged(draw, parts[name])
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in parts.items():
            archive.writestr(name, content)
    return _damaged(draw, file.getvalue()) if whole else file.getvalue()


def _damaged(draw: random.Random, content: bytes) -> bytes:
    """Some bytes changed, turned, cut out or doubled; sometimes only the beginning."""
    found, how = bytearray(content), draw.random()
    for _ in range(draw.randint(1, 6)):
        place = draw.randrange(len(found))
        if how < 0.5:
            found[place] = draw.randrange(256)
        elif how < 0.7:
            found[place] ^= 1 << draw.randrange(8)
        elif how < 0.85:
            del found[place : place + draw.randint(1, min(8, len(found) - 1))]
        else:
            found[place:place] = found[draw.randrange(len(found)) :][: draw.randint(1, 20)]
    return bytes(found[: draw.randrange(len(found))]) if draw.random() < 0.05 else bytes(found)
