"""Programs of this folder in languages that bring a runtime: compiled and run under the library."""

import os
import subprocess

from sandbox import Case, Skipped, debian, need, says

PROGRAMS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "programs")


def jvm(sandbox):
    compiler, machine = need("javac"), need("java")
    sandbox.run(compiler, "-d", sandbox.folder, os.path.join(PROGRAMS, "Work.java"))
    for collector in ("-XX:+UseG1GC", "-XX:+UseSerialGC"):
        sandbox.run(machine, "-Xmx256m", collector, "-cp", sandbox.folder, "Work")


def swift(sandbox):
    """The compiler is itself a large program on glibc's malloc; what it makes is linked dynamically."""
    compiler = need("swiftc")
    program = sandbox.path("work")
    sandbox.run(compiler, "-O", "-parse-as-library", "-swift-version", "6", os.path.join(PROGRAMS, "work.swift"), "-o", program)
    sandbox.run(program)


def go_program(sandbox, cgo):
    """Compiled without the library; the compiler's own caches stay in the sandbox."""
    compiler, program = need("go"), sandbox.path("work")
    variables = {key: value for key, value in sandbox.environment.items() if key not in ("LD_PRELOAD", "SILT_DIR")}
    variables |= {"GOCACHE": sandbox.path("cache"), "GOPATH": sandbox.path("go"), "CGO_ENABLED": cgo, "GOFLAGS": "-mod=mod"}
    source = os.path.join(PROGRAMS, "work.go" if cgo == "0" else "work_cgo.go")
    built = subprocess.run([compiler, "build", "-o", program, source], env=variables, capture_output=True, text=True)
    if built.returncode != 0:
        raise Skipped(f"go build: {built.stderr.strip()[:200]}")
    sandbox.run(program)


def go_toolchain(sandbox):
    """The go command is linked against libc; the compiler that it starts is static."""
    sandbox.run(need("go"), "vet", os.path.join(PROGRAMS, "work.go"),
                variables={"GOCACHE": sandbox.path("cache"), "GOPATH": sandbox.path("go")})


GO = debian("golang-1.19-go")
CASES = {
    "JVM (javac, java)": Case(jvm, debian("openjdk-17-jre-headless")),
    "Swift (swiftc and its program)": Case(swift, says("swiftc", "--version")),
    "Go program with cgo": Case(lambda sandbox: go_program(sandbox, "1"), GO),
    "go vet (Go toolchain)": Case(go_toolchain, GO),
    "Go program, static": Case(lambda sandbox: go_program(sandbox, "0"), GO, preloadable=False),
}
