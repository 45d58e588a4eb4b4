"""Installs releases from PyPI, by name and version, each into a folder of its own."""

import os
import subprocess
import tempfile


class Unavailable(Exception):
    """The release cannot be had here; the message says why."""


class Releases:
    """Removed with the folder that they lie in, unless it was named."""

    def __init__(self, interpreter, folder=None):
        self.interpreter = interpreter
        self.temporary = None if folder else tempfile.TemporaryDirectory(prefix="silt-leaks.")
        self.folder = os.path.abspath(folder or self.temporary.name)
        self.python = os.path.join(self.folder, "venv", "bin", "python")

    def close(self):
        if self.temporary:
            self.temporary.cleanup()

    def install(self, package, version, builds):
        """The folder to put into PYTHONPATH."""
        target = os.path.join(self.folder, f"{package}-{version}")
        if os.path.exists(os.path.join(target, "complete")):
            return target
        if not os.path.exists(self.python):
            made = subprocess.run([self.interpreter, "-m", "venv", os.path.dirname(os.path.dirname(self.python))],
                                  stdin=subprocess.DEVNULL, capture_output=True, text=True)
            if made.returncode != 0:
                raise Unavailable(f"no venv (python3-venv): {last_line(made)}")
        done = subprocess.run(
            [self.python, "-m", "pip", "install", "--no-deps", "--disable-pip-version-check", "--no-input", "--quiet",
             "--timeout", "20", "--retries", "2", "--upgrade", *([] if builds else ["--only-binary", ":all:"]),
             "--target", target, f"{package}=={version}"],
            stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode != 0:
            need = "; a compiler and libpython3-dev build it" if builds else ""
            raise Unavailable(f"pip cannot install {package} {version}{need}: {last_line(done)}")
        open(os.path.join(target, "complete"), "w").close()
        return target


def last_line(done):
    """The reason in one line."""
    text = done.stdout + done.stderr
    if "Retrying (" in text:
        return "PyPI cannot be reached"
    lines = text.strip().splitlines()
    errors = [line for line in lines if line.startswith("ERROR")]
    return (errors or lines or ["it says nothing"])[-1][:300]
