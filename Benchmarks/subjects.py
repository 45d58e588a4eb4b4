"""Who is measured: glibc alone, the forwarding yardstick, libsilt.so, and its peers as Debian and PyPI ship them.

A peer that is not here is skipped by name. Each is set up as its manual says, with its profile written to a file:
  heaptrack     its preload library alone; and "heaptrack, whole": as its users start it, with a second process that
                interprets and compresses beside the program
  libmemusage   glibc's own (libc-devtools)
  jemalloc      LD_PRELOAD, MALLOC_CONF=prof:true for the profile (a stack every 512 KiB on average, its default)
  gperftools    HEAPPROFILE, every allocation with its stack, its default
  memray        the Python row only, without native stacks, its default
"""

import glob
import os
import shutil
import subprocess
import sys

from measure import clean_environment


class Subject:
    """`share`: of the churn's operations, for peers that take so long that all of them would take hours; `command`: in
    place of the Python interpreter; `launcher`: before any program."""

    def __init__(self, name, preload=None, variables=None, share=1.0, rounds=None, command=(), litter=None, launcher=()):
        self.name, self.preload, self.share, self.rounds = name, preload, share, rounds
        self.variables, self.command, self.litter = variables or {}, list(command), litter
        self.launcher = list(launcher)

    def settings(self, behind=()):
        """The subject's own variables, its library preloaded before those `behind` it."""
        preload = [each for each in (self.preload, *behind) if each]
        return self.variables | ({"LD_PRELOAD": ":".join(preload)} if preload else {})

    def environment(self, behind=()):
        """This process's own, with the settings, and nothing else preloaded."""
        return clean_environment() | self.settings(behind)

    def clean(self):
        """A profile can take hundreds of MiB."""
        for path in glob.glob(self.litter) if self.litter else ():
            os.unlink(path)


def library(*patterns):
    for folder in ("/usr/lib/x86_64-linux-gnu", "/usr/lib/aarch64-linux-gnu", "/usr/lib/heaptrack", "/usr/lib"):
        for pattern in patterns:
            found = sorted(glob.glob(os.path.join(folder, pattern)))
            if found:
                return found[-1]
    return None


def peers(folder, rounds, skipped):
    """Those that are installed; the names of the others go to `skipped`."""
    heaptrack, memusage = library("libheaptrack_preload.so"), library("libmemusage.so")
    jemalloc, tcmalloc = library("libjemalloc.so.2"), library("libtcmalloc.so.4")
    path = lambda name: os.path.join(folder, name)
    found = [
        (heaptrack, Subject("heaptrack", heaptrack, {"DUMP_HEAPTRACK_OUTPUT": path("heaptrack.out")}, 0.02, rounds,
                            litter=path("heaptrack.*"))),
        (shutil.which("heaptrack"), Subject("heaptrack, whole", None, {}, 0.02, rounds, litter=path("whole.*"),
                                            launcher=["heaptrack", "-o", path("whole.out")])),
        (memusage, Subject("libmemusage", memusage, {}, 0.2, rounds)),
        (jemalloc, Subject("jemalloc", jemalloc, {}, 1.0, rounds)),
        (jemalloc and profiles(jemalloc, folder), Subject(
            "jemalloc, profiling", jemalloc, {"MALLOC_CONF": f"prof:true,prof_final:true,prof_prefix:{path('je')}"}, 0.5,
            rounds, litter=path("je.*"))),
        (tcmalloc, Subject("gperftools HEAPPROFILE", tcmalloc, {"HEAPPROFILE": path("gperf")}, 0.005, rounds,
                           litter=path("gperf.*"))),
    ]
    skipped += [subject.name for there, subject in found if not there]
    return [subject for there, subject in found if there]


def profiles(jemalloc, folder):
    """Whether this build of jemalloc was configured with --enable-prof: it then leaves a profile at exit."""
    prefix = os.path.join(folder, "try")
    variables = {"LD_PRELOAD": jemalloc, "MALLOC_CONF": f"prof:true,prof_final:true,prof_prefix:{prefix}"}
    subprocess.run(["/bin/true"], env=variables, stderr=subprocess.DEVNULL)
    left = glob.glob(prefix + "*")
    for path in left:
        os.unlink(path)
    return bool(left)


def memray(folder, rounds, skipped):
    """From PyPI into an environment of its own that is removed with the folder."""
    place = os.path.join(folder, "memray")
    try:
        subprocess.run(["/usr/bin/python3", "-m", "venv", place], check=True, capture_output=True)
        subprocess.run([f"{place}/bin/pip", "install", "-q", "memray"], check=True, capture_output=True, timeout=300)
    except (OSError, subprocess.SubprocessError) as error:
        skipped.append("memray")
        print(f"memray: {error}", file=sys.stderr)
        shutil.rmtree(place, ignore_errors=True)
        return []
    output = os.path.join(folder, "memray.bin")
    command = [f"{place}/bin/python", "-m", "memray", "run", "-q", "-f", "-o", output]
    return [Subject("memray", None, {}, 1.0, rounds, command, litter=output)]
