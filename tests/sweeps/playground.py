"""The products of the built-in examples as Pyodide makes them, compared with what is made here."""

import json
import random
import subprocess
import tempfile
from pathlib import Path

from tools.needs import PYODIDE, TOOLS

from derive.playground.answers import PRODUCTS, answer
from derive.playground.packages import find_packages
from derive.playground.wheel import own_wheel
from derive.reading import example_names, example_text

WORK = {"mazur": "out_h1 = 0.5933\nw5+ = 0.4411", "circuit": "s = 1.8\np = 0.8", "hmkcode": "h1 = 0.85\nw5+ = 0.11"}


def run(seed: int, share: float) -> list[str]:
    """Makes every product, or a share of them that the seed draws, in Node; nothing where Pyodide is not installed."""
    present, remedy = TOOLS["pyodide"]
    if not present():
        print(f"left out: {remedy}")
        return []
    every = [
        {"product": product, "name": name, "problem": example_text(name), "format": format, "work": WORK.get(name, "")}
        for name in example_names()
        for product, (_, formats) in PRODUCTS.items()
        for format in formats
        if product != "check" or name in WORK
    ]
    drawn = random.Random(seed).sample(every, max(1, round(len(every) * share)))
    print(f"{len(drawn)} of {len(every)} products")
    asked = [json.dumps(request) for request in drawn]
    with tempfile.TemporaryDirectory() as folder:
        for wheel in find_packages(PYODIDE).wheels:
            Path(folder, wheel.file).write_bytes(wheel.content)
        name, content = own_wheel()
        Path(folder, name).write_bytes(content)
        command = ["node", str(PYODIDE / "answer.mjs"), folder]
        done = subprocess.run(command, input="\n".join(asked), capture_output=True, encoding="utf-8")
    answers = done.stdout.splitlines()
    if len(answers) != len(drawn):
        return [f"{len(answers)} answers to {len(drawn)} requests: {done.stderr[-2000:]}"]
    return [
        f"{request['name']}, {request['product']} as {request['format']}: {there[:300]}"
        for request, text, there in zip(drawn, asked, answers, strict=True)
        if json.loads(there) != json.loads(answer(text)) or "error" in json.loads(there)
    ]
