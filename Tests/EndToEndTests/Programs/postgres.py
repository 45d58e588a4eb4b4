"""Starts a cluster of PostgreSQL below a folder, preloaded, and says ready for the postmaster and for a backend at work.

postgres.py BIN FOLDER LIBRARY: the folder may be written by nobody, who runs it all where this is root.
"""

import json
import os
import subprocess
import sys

binaries, folder, library = sys.argv[1:4]
user = {"user": 65534, "group": 65534, "extra_groups": []} if os.geteuid() == 0 else {}
cluster = f"{folder}/cluster"
quiet = {"stdin": subprocess.DEVNULL, "stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "cwd": folder, **user}

subprocess.run(
    [f"{binaries}/initdb", "-D", cluster, "-A", "trust", "-U", "silt", "--no-sync", "--locale=C"], check=True, **quiet
)
settings = {
    "listen_addresses": "",
    "unix_socket_directories": folder,
    "shared_buffers": "64MB",
    "dynamic_shared_memory_type": "mmap",
    "fsync": "off",
    "autovacuum": "off",  # Whoever is measured is left alone.
}
postmaster = subprocess.Popen(
    [f"{binaries}/postgres", "-D", cluster] + [f"--{name}={value}" for name, value in settings.items()],
    env={**os.environ, "LD_PRELOAD": library},
    **quiet,
)
ready = [f"{binaries}/pg_isready", "-q", "-h", folder]
while subprocess.run(ready, **quiet).returncode != 0:
    assert postmaster.poll() is None, "the postmaster ended"

session = subprocess.Popen(
    [f"{binaries}/psql", "-X", "-q", "-A", "-t", "-h", folder, "-U", "silt", "postgres"],
    **{**quiet, "stdin": subprocess.PIPE, "stdout": subprocess.PIPE},
)
session.stdin.write(
    b"create table t as select i, repeat('x', 100) as body from generate_series(1, 300000) i;"
    b" set work_mem = '64MB'; select count(*) from (select body || i as b from t order by b desc) s;"
    b" select pg_backend_pid();\n"
)
session.stdin.flush()
session.stdout.readline()
backend = int(session.stdout.readline())
for pid in (postmaster.pid, backend):
    os.write(1, (json.dumps({"ready": True, "pid": pid}) + "\n").encode())
sys.stdin.buffer.read()
session.stdin.close()
session.wait()
postmaster.send_signal(2)  # SIGINT: fast shutdown
postmaster.wait()
