"""Starts the fake and moves it."""

import json
import subprocess
import urllib.error
import urllib.request


class Books:
    """A running fake. Ends with the `with` block."""

    def __init__(self, program, record, *arguments):
        self.process = subprocess.Popen(
            [program, "--listen", "127.0.0.1:0", "--control", "127.0.0.1:0", "--record", record,
             *arguments],
            stdout=subprocess.PIPE,
            text=True,
        )
        self.stripe = self._said("stripe ")
        self.control = self._said("control ")

    def _said(self, start):
        line = self.process.stdout.readline()
        if not line.startswith(start):
            raise SystemExit(f"the fake said {line!r}, not {start!r}")
        return line.removeprefix(start).strip()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.terminate()
        self.process.wait()

    def do(self, path, /, **order):
        """Gives an order and returns what came of it."""
        request = urllib.request.Request(
            self.control + path,
            data=json.dumps(order).encode(),
            headers={"Content-Type": "application/json"},
            method="POST",
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as answer:
                return json.load(answer)
        except urllib.error.HTTPError as error:
            raise SystemExit(f"{path} {order}: {error.code} {error.read().decode()}") from None
