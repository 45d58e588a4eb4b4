"""Compiling the programs, each file beside its name, into a folder outside of the repository."""

import os
import subprocess

TORTURE = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
PROGRAMS = os.path.join(TORTURE, "programs")
FORMAT = os.path.join(os.path.dirname(os.path.dirname(TORTURE)), "shim", "include")
FLAGS = ["-O1", "-g", "-Wall", "-Wextra", "-Werror", "-pthread", "-D_GNU_SOURCE", "-fno-builtin", f"-I{FORMAT}"]


def build(folder):
    """Every .c and .cpp; those named *-module become shared libraries. Returns paths by name."""
    made = {}
    for source in sorted(os.listdir(PROGRAMS)):
        name, kind = os.path.splitext(source)
        if kind not in (".c", ".cpp"):
            continue
        compiler = ["cc", "-std=gnu11"] if kind == ".c" else ["c++", "-std=c++17"]
        shared = ["-shared", "-fPIC"] if name.endswith("-module") else []
        made[name] = os.path.join(folder, name + (".so" if shared else ""))
        command = [*compiler, *FLAGS, *shared, os.path.join(PROGRAMS, source), "-o", made[name], "-ldl"]
        subprocess.run(command, check=True)
    return made
