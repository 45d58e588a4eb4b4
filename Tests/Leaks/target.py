"""A program under libsilt.so that works on command and stands still in between, so that two looks are comparable."""

import json
import os
import subprocess
import tempfile


class Target:
    """`with Target(…) as target`: ends with the block, and leaves nothing behind."""

    def __init__(self, silt, library, interpreter, program, path):
        self.silt = silt
        shm = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
        self.segments = tempfile.TemporaryDirectory(prefix="silt-leaks.", dir=shm)
        # One thread for OpenBLAS: its buffers are no part of the question.
        environment = {
            "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONPATH": path, "PYTHONDONTWRITEBYTECODE": "1",
            "OPENBLAS_NUM_THREADS": "1", "LD_PRELOAD": library, "SILT_DIR": self.segments.name,
            "SILT_SAMPLE_SEED": "1",
        }
        self.process = subprocess.Popen(
            [interpreter, "-s", program], env=environment, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.stdin.close()
        try:
            self.process.wait(timeout=30)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        self.process.stdout.close()
        self.segments.cleanup()

    @property
    def pid(self):
        return self.process.pid

    def work(self, calls):
        """Returns when they are done."""
        self.process.stdin.write(f"{calls}\n")
        self.process.stdin.flush()
        if self.process.stdout.readline() != "done\n":
            raise RuntimeError(f"the program ended with status {self.process.wait(timeout=30)}")

    def ask(self, command, *options):
        """`silt COMMAND PID --json OPTIONS`."""
        done = subprocess.run(
            [self.silt, command, str(self.pid), "--json", *options], stdin=subprocess.DEVNULL, capture_output=True,
            text=True)
        if done.returncode != 0:
            raise RuntimeError(f"silt {command}: status {done.returncode}, {done.stderr.strip()}")
        return json.loads(done.stdout)

    def resident(self):
        with open(f"/proc/{self.pid}/statm") as statm:
            return int(statm.read().split()[1]) * os.sysconf("SC_PAGESIZE")
