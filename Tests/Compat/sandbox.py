"""Where one case runs: a folder, an environment with or without the library, and everything that it starts.

Both runs of a case get a folder of the same name, so that no path in their output differs.
"""

import ctypes
import os
import pwd
import re
import shutil
import signal
import socket
import struct
import subprocess
import time


class Skipped(Exception):
    """What the case needs is not on this machine; the message names it."""


class Case:
    """A program: what is done with it, whether it can be preloaded at all, and how its version is found out."""

    def __init__(self, work, version, preloadable=True):
        self.work, self.version, self.preloadable = work, version, preloadable


def debian(package):
    """The version of a Debian package."""
    return says("dpkg-query", "-W", "-f", "${Version}", package)


def says(*command):
    """A version that a program tells itself: the first number with dots in what it prints."""

    def version():
        try:
            said = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL).stdout
        except OSError:
            said = ""
        found = re.search(r"\d\S*\.\d\S*", said)
        return found[0] if found else "not installed"

    return version


class Segments:
    """The directory of the segments: counts those that were made in it, which tells that the library was loaded.

    A clean end removes a segment at once, so looking at the directory afterwards would show nothing: inotify(7) does.
    """

    IN_CREATE = 0x100

    def __init__(self, folder):
        self.folder, self.made = folder, 0
        self.libc = ctypes.CDLL(None, use_errno=True)
        self.file = self.libc.inotify_init1(os.O_NONBLOCK | os.O_CLOEXEC)
        if self.file < 0 or self.libc.inotify_add_watch(self.file, os.fsencode(folder), self.IN_CREATE) < 0:
            raise OSError(ctypes.get_errno(), "inotify", folder)

    def count(self):
        """How many were made so far. The kernel keeps 16,384 events; call it between commands."""
        while True:
            try:
                data = os.read(self.file, 1 << 20)
            except BlockingIOError:
                return self.made
            at = 0
            while at < len(data):
                length = struct.unpack_from("iIII", data, at)[3]
                self.made += data[at + 16 : at + 16 + length].startswith(b"silt-")
                at += 16 + length

    def left(self):
        """Segments that their processes did not remove, for the next one to sweep."""
        return len(os.listdir(self.folder))

    def close(self):
        os.close(self.file)


class Sandbox:
    """One run of one case. `transcript` is what is compared between the two runs."""

    def __init__(self, folder, library, segments, variables):
        self.folder, self.library, self.segments = folder, library, segments
        self.transcript, self.servers = [], []
        self.environment = {
            "PATH": "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin",
            "HOME": folder, "TMPDIR": folder, "LANG": "C.UTF-8", "TZ": "UTC", "PYTHONHASHSEED": "0",
        } | variables

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, text):
        with open(self.path(name), "w") as file:
            file.write(text)
        return self.path(name)

    def say(self, *lines):
        self.transcript += lines

    def run(self, *command, keep=None, variables=None, user=None, seconds=900, input=None):
        """Runs a command to its end; its status and output (both streams, through `keep`) enter the transcript."""
        done = subprocess.run(
            command, cwd=self.folder, env=self.environment | (variables or {}), user=user, group=group_of(user),
            extra_groups=[] if user else None, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            errors="backslashreplace", timeout=seconds, input=input, stdin=None if input else subprocess.DEVNULL,
        )
        kept = keep(done.stdout) if keep else done.stdout
        self.say(f"$ {os.path.basename(command[0])}: status {done.returncode}", *kept.splitlines())
        if self.segments:
            self.segments.count()
        return done.stdout

    def serve(self, *command, user=None, ready, end=signal.SIGTERM):
        """Starts a server in a session of its own and waits until `ready()` holds. `stop` ends it."""
        log = open(self.path("server.log"), "ab")
        server = subprocess.Popen(
            command, cwd=self.folder, env=self.environment, user=user, group=group_of(user),
            extra_groups=[] if user else None, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True,
        )
        log.close()
        server.end_signal = end
        self.servers.append(server)
        limit = time.monotonic() + 60
        while not ready():
            if server.poll() is not None or time.monotonic() > limit:
                with open(self.path("server.log"), errors="replace") as file:
                    raise RuntimeError(f"{command[0]} did not start (status {server.poll()}): {file.read()[-2000:]}")
            time.sleep(0.05)
        return server

    def stop(self, server, seconds=60):
        """Ends a server as its manual says; the status enters the transcript."""
        if server.poll() is None and server.end_signal is not None:
            server.send_signal(server.end_signal)
        status = server.wait(timeout=seconds)
        self.servers.remove(server)
        self.say(f"$ server: status {status}")

    def close(self):
        """Leaves nothing running, whatever happened."""
        for server in self.servers:
            try:
                os.killpg(server.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            server.wait()
        shutil.rmtree(self.folder, ignore_errors=True)


def group_of(user):
    return pwd.getpwnam(user).pw_gid if user else None


def unprivileged():
    """A user for programs that refuse to run as root; None where we are not root anyway."""
    return "nobody" if os.geteuid() == 0 else None


def need(*paths):
    """The first of these that exists; else the case is skipped by name."""
    for path in paths:
        found = path if os.path.isabs(path) and os.access(path, os.X_OK) else shutil.which(path)
        if found:
            return found
    raise Skipped(f"no {paths[0]}")


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]
