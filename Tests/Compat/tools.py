"""Command-line tools that people run all day: git, gcc, ripgrep, fd, gh."""

import hashlib
import random

from sandbox import Case, debian, need


def git(sandbox):
    program = need("git")
    dates = {"GIT_AUTHOR_DATE": "2020-01-01T00:00:00Z", "GIT_COMMITTER_DATE": "2020-01-01T00:00:00Z"}
    who = {"GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b", "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b"}
    numbers = random.Random(5)
    run = lambda *words: sandbox.run(program, *words, variables=dates | who)
    run("init", "-q", "-b", "main", ".")
    for commit in range(60):
        for file in range(5):
            lines = (f"{numbers.randrange(1000)} line {i}" for i in range(numbers.randrange(5, 400)))
            sandbox.write(f"file{numbers.randrange(40)}.txt", "\n".join(lines) + "\n")
        run("add", "-A")
        run("commit", "-q", "-m", f"Commit {commit}")
    run("gc", "-q", "--aggressive", "--prune=now")
    run("fsck", "--full", "--no-progress")
    run("log", "--stat", "--format=%H %s")
    run("blame", "-s", "file7.txt")
    run("diff", "--stat", "HEAD~30")
    run("clone", "-q", ".", sandbox.path("clone"))
    run("-C", sandbox.path("clone"), "rev-parse", "HEAD")


def c_source(functions):
    """A file that costs the compiler some 100 MB: many functions of loops, tables and calls."""
    numbers = random.Random(13)
    parts = ["#include <stdio.h>\n#include <string.h>\n"]
    for i in range(functions):
        table = ", ".join(str(numbers.randrange(1000)) for _ in range(24))
        call = f"f{numbers.randrange(i)}(x ^ {i})" if i else "x"
        parts.append(
            f"static const int t{i}[] = {{{table}}};\n"
            f"long f{i}(long x) {{\n  long sum = {i}; char text[64];\n"
            f"  for (int j = 0; j < 24; j++) {{ if (t{i}[j] > x % 500) sum += t{i}[j] * j; else sum ^= x << (j % 7); }}\n"
            f"  snprintf(text, sizeof text, \"%ld\", sum);\n"
            f"  switch (x % 5) {{ case 0: sum += strlen(text); break; case 1: sum -= {numbers.randrange(99)}; break;\n"
            f"  case 2: sum = x > 1 ? sum + {call} % 7 : sum; break; default: sum *= 3; }}\n  return sum;\n}}\n"
        )
    parts.append(f"int main(void) {{ printf(\"%ld\\n\", f{functions - 1}(1234567)); return 0; }}\n")
    return "".join(parts)


def gcc(sandbox):
    compiler, source = need("gcc"), sandbox.write("large.c", c_source(700))
    sandbox.run(compiler, "-O2", "-g", "-S", source, "-o", sandbox.path("large.s"))
    with open(sandbox.path("large.s"), "rb") as assembly:
        sandbox.say(hashlib.sha256(assembly.read()).hexdigest())
    sandbox.run(compiler, "-O1", source, "-o", sandbox.path("large"))
    sandbox.run(sandbox.path("large"))


def ripgrep(sandbox):
    program = need("rg")
    sandbox.run(program, "-j2", "--sort", "path", "-n", r"\b(struct|union) \w+ \{", "/usr/include")
    sandbox.run(program, "-j4", "-c", "-P", r"(\w)\1\1", "/usr/include", keep=sort_lines)
    sandbox.run(program, "no such text as this", "/usr/include")


def fd(sandbox):
    sandbox.run(need("fdfind", "fd"), "-j4", "-H", r"\.h$", "/usr/include", keep=sort_lines)


def sort_lines(text):
    """Several threads print: in the order in which they finish."""
    return "\n".join(sorted(text.splitlines()))


def gh(sandbox):
    program = need("gh")
    for words in (["--version"], ["help", "formatting"], ["completion", "-s", "bash"], ["config", "list"]):
        sandbox.run(program, *words)


CASES = {
    "git": Case(git, debian("git")),
    "gcc": Case(gcc, debian("gcc-12")),
    "ripgrep (Rust)": Case(ripgrep, debian("ripgrep")),
    "fd (Rust)": Case(fd, debian("fd-find")),
    "gh (Go, cgo)": Case(gh, debian("gh")),
}
