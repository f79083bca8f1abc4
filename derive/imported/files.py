"""Files of models: read up to a limit, and refused by kind where reading them would run what is in them."""

from __future__ import annotations

from pathlib import Path

from derive.errors import InputError, shown

PICKLED = (".pt", ".pth", ".pkl", ".pickle", ".bin", ".ckpt", ".joblib")
"""Ends of names of files that run a program while they are loaded."""


def read_bytes(path: Path, most: int) -> bytes:
    """What is in a file; raises `InputError` where there is none, or where it is larger than `most` bytes."""
    try:
        if path.exists() and not path.is_file():
            raise InputError("a file", "a folder, a pipe or a device", str(path))
        with path.open("rb") as stream:
            content = stream.read(most + 1)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else None
        raise InputError("a file that can be read", (reason or "no valid name").lower(), str(path)) from None
    if len(content) > most:
        raise InputError(f"a file of at most {most // 1_000_000} MB", "a larger one", str(path))
    return content


def refuse_pickled(path: Path) -> None:
    """Refuses a file that can run any program while it is loaded."""
    if path.suffix.lower() in PICKLED:
        hint = (
            "a pickled file can run any program while it is loaded, so none is opened here. Where you trust it, load "
            "it and call derive.from_torch(module, x, y, ...), or save what it holds: safetensors.torch.save_file("
            'model.state_dict(), "model.safetensors"), or torch.onnx.export(model, (x,), "model.onnx", '
            "external_data=False)"
        )
        raise InputError(
            "a .onnx, .safetensors or .keras file", f"a pickled one, {shown(path.name)}", str(path), hint=hint
        )
