"""Chromium without a window, told what to do by its own protocol; and a server of files for it."""

import base64
import functools
import http.server
import itertools
import json
import os
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar

from tools.needs import need

QUIET = (
    "no-sandbox disable-gpu disable-quic no-first-run disable-background-networking disable-component-update "
    "disable-features=IsolateSandboxedIframes"  # a frame without an origin of its own can be asked as the page can
)


class _Quiet(http.server.SimpleHTTPRequestHandler):
    extensions_map: ClassVar = {**http.server.SimpleHTTPRequestHandler.extensions_map, ".mjs": "text/javascript"}

    def log_message(self, format: str, *arguments: object) -> None:
        pass


@contextmanager
def served(folder: Path, port: int = 0) -> Iterator[str]:
    """The address at which a folder is served on this machine, at a free port or at one that was free before."""
    handler = functools.partial(_Quiet, directory=str(folder))
    with http.server.ThreadingHTTPServer(("127.0.0.1", port), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}/"
        finally:
            server.shutdown()


class Browser:
    """One page of a browser whose profile is in a folder."""

    def __init__(self, folder: Path, *options: str) -> None:
        need("chromium")
        (theirs_in, ours_out), (ours_in, theirs_out) = os.pipe(), os.pipe()

        def prepared() -> None:
            # The protocol is spoken on the descriptors 3 and 4.
            first, second = os.dup(theirs_in), os.dup(theirs_out)
            os.dup2(first, 3)
            os.dup2(second, 4)

        self.process = subprocess.Popen(
            ["chromium", "--headless", "--remote-debugging-pipe", f"--user-data-dir={folder}",
             *(f"--{option}" for option in (*QUIET.split(), "disable-sync", "hide-scrollbars")), *options,
             "about:blank"],
            preexec_fn=prepared, close_fds=False, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(theirs_in)
        os.close(theirs_out)
        self.out, self.rest = os.fdopen(ours_out, "wb", buffering=0), os.fdopen(ours_in, "rb", buffering=0)
        self.buffer, self.numbers = b"", itertools.count(1)
        self.events: list[dict[str, Any]] = []
        self.session = None
        pages = [one for one in self.call("Target.getTargets")["targetInfos"] if one["type"] == "page"]
        attached = self.call("Target.attachToTarget", targetId=pages[0]["targetId"], flatten=True)
        self.session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(f"{domain}.enable")

    def __enter__(self) -> "Browser":
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        self.process.terminate()
        self.process.wait(30)
        self.out.close()
        self.rest.close()

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command of the protocol, and what it gives; what happens meanwhile is among the events."""
        number = next(self.numbers)
        message = {"id": number, "method": method, "params": parameters}
        if self.session:
            message["sessionId"] = self.session
        self.out.write(json.dumps(message).encode() + b"\0")
        while True:
            found = self._message()
            if found.get("id") == number:
                assert "error" not in found, found["error"]
                return found["result"]
            self.events.append(found)

    def _message(self) -> dict[str, Any]:
        while b"\0" not in self.buffer:
            part = os.read(self.rest.fileno(), 1 << 20)
            assert part, "the browser has ended"
            self.buffer += part
        message, _, self.buffer = self.buffer.partition(b"\0")
        return json.loads(message)

    def open(self, address: str) -> None:
        self.call("Page.navigate", url=address)
        there = json.dumps(address.partition("#")[0])
        self.until(f"location.href.startsWith({there}) && document.readyState === 'complete'", 30)

    def ask(self, expression: str) -> Any:
        """The value of JavaScript on the page, when it is there."""
        found = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def until(self, expression: str, seconds: float = 120) -> Any:
        """The first value of JavaScript that is true."""
        end = time.monotonic() + seconds
        while not (found := self.ask(expression)):
            assert time.monotonic() < end, f"not within {seconds} seconds: {expression}"
            time.sleep(0.2)
        return found

    def frame(self, expression: str) -> Any:
        """The value of JavaScript in the only frame of the page."""
        tree = self.call("Page.getFrameTree")["frameTree"]
        (inside,) = tree["childFrames"]
        world = self.call("Page.createIsolatedWorld", frameId=inside["frame"]["id"])["executionContextId"]
        found = self.call("Runtime.evaluate", expression=expression, contextId=world, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def window(self, width: int, height: int, dark: bool = False) -> None:
        self.call("Emulation.setDeviceMetricsOverride", width=width, height=height, deviceScaleFactor=1, mobile=False)
        features = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
        self.call("Emulation.setEmulatedMedia", features=features)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot", format="png")["data"]))

    def complaints(self) -> list[str]:
        """Errors that the browser has told: of scripts, of policies, of what could not be loaded."""
        found = []
        for event in self.events:
            match event.get("method"):
                case "Log.entryAdded" if event["params"]["entry"]["level"] == "error":
                    entry = event["params"]["entry"]
                    found.append(f"{entry['text']} {entry.get('url', '')}")
                case "Runtime.exceptionThrown":
                    found.append(event["params"]["exceptionDetails"]["text"])
        return found
