"""Servers and databases under load: redis, sqlite3, postgres, nginx."""

import http.client
import os
import random
import re
import shutil
import signal

from sandbox import Case, debian, free_port, need, unprivileged


def seeded_commands(count):
    """Commands for redis that fill it with values of many sizes, and take some away again."""
    numbers = random.Random(7)
    for i in range(count):
        key, size = numbers.randrange(count // 4), numbers.choice((8, 60, 300, 2000, 9000))
        yield numbers.choice((
            f"SET s:{key} {'v' * size}", f"HSET h:{key % 50} f{key} {i}", f"RPUSH l:{key % 20} {'e' * (size // 8)}",
            f"ZADD z:{key % 10} {key} m{i}", f"DEL s:{key}", f"APPEND s:{key} {'a' * (size // 4)}",
        ))


def redis_over(*libraries):
    """Debian's redis is linked against jemalloc; with libc preloaded behind the library it runs on glibc's malloc."""

    def redis(sandbox):
        server_path, client, load = need("redis-server"), need("redis-cli"), need("redis-benchmark")
        plain = dict(sandbox.environment)
        preload = [path for path in (sandbox.library, *libraries) if path]
        if preload:
            sandbox.environment["LD_PRELOAD"] = ":".join(preload)
        address = sandbox.path("redis.sock")
        server = sandbox.serve(
            server_path, "--port", "0", "--unixsocket", address, "--save", "", "--dir", sandbox.folder,
            "--enable-debug-command", "yes", "--io-threads", "2", ready=lambda: os.path.exists(address), end=None,
        )
        sandbox.environment = plain
        sandbox.run(load, "-s", address, "-n", "5000", "-c", "20", "-P", "8", "-r", "1000", "--csv",
                    keep=lambda text: "\n".join(line.split(",")[0] for line in text.splitlines()))
        sandbox.run(client, "-s", address, "FLUSHALL")
        commands = "\n".join(seeded_commands(8000)) + "\n"
        sandbox.run(client, "-s", address, input=commands, keep=lambda text: f"{len(text.splitlines())} answers")
        for command in (["DBSIZE"], ["DEBUG", "DIGEST"], ["SAVE"], ["DEBUG", "RELOAD"], ["DEBUG", "DIGEST"]):
            sandbox.run(client, "-s", address, *command)
        sandbox.run(client, "-s", address, "BGSAVE")
        sandbox.run(client, "-s", address, "SHUTDOWN", "NOSAVE")
        sandbox.stop(server)

    return redis


def sqlite_script(rows):
    """A seeded script of inserts, updates, deletes and selects."""
    numbers = random.Random(11)
    lines = ["CREATE TABLE t(id INTEGER PRIMARY KEY, k INT, v TEXT); CREATE INDEX tk ON t(k);", "BEGIN;"]
    for i in range(rows):
        lines.append(f"INSERT INTO t VALUES({i}, {numbers.randrange(1000)}, '{'x' * numbers.randrange(4, 600)}');")
        if i % 7 == 0:
            lines.append(f"UPDATE t SET v = v || 'y' WHERE id = {numbers.randrange(i + 1)};")
        if i % 11 == 0:
            lines.append(f"DELETE FROM t WHERE id = {numbers.randrange(i + 1)};")
        if i % 50 == 0:
            lines.append(f"SELECT count(*), sum(length(v)) FROM t WHERE k < {numbers.randrange(1000)};")
    lines += [
        "COMMIT;",
        "SELECT k, count(*), group_concat(length(v)) FROM t GROUP BY k ORDER BY count(*) DESC, k LIMIT 40;",
        "SELECT a.k, count(*) FROM t a JOIN t b ON a.k = b.k GROUP BY a.k ORDER BY 2 DESC, 1 LIMIT 20;",
        "VACUUM;", "PRAGMA integrity_check;",
    ]
    return "\n".join(lines) + "\n"


def sqlite(sandbox):
    sandbox.run(need("sqlite3"), sandbox.path("data.db"), input=sqlite_script(20000))


def postgres_folder():
    versions = sorted(os.listdir("/usr/lib/postgresql"), key=int) if os.path.isdir("/usr/lib/postgresql") else []
    return f"/usr/lib/postgresql/{versions[-1]}/bin" if versions else "/usr/lib/postgresql"


def postgres(sandbox):
    folder, user = postgres_folder(), unprivileged()
    server_path = need(f"{folder}/postgres")
    if user:
        shutil.chown(sandbox.folder, user)
    data, where = sandbox.path("data"), ["-h", sandbox.folder, "-p", "5432", "-U", "owner"]
    sandbox.run(f"{folder}/initdb", "-D", data, "-U", "owner", "-A", "trust", "--no-sync", user=user,
                keep=lambda text: "\n".join(line for line in text.splitlines() if "ok" in line))
    server = sandbox.serve(
        server_path, "-D", data, "-k", sandbox.folder, "-h", "", "-p", "5432", "-F", user=user, end=signal.SIGINT,
        ready=lambda: os.path.exists(sandbox.path(".s.PGSQL.5432")) and accepts(sandbox, folder, where, user),
    )
    no_times = lambda text: "\n".join(re.findall(r"^number of (?:trans|failed).*$", text, re.MULTILINE))
    sandbox.run(f"{folder}/pgbench", *where, "-i", "-q", "-s", "2", "postgres", user=user, keep=no_times)
    sandbox.run(f"{folder}/pgbench", *where, "-n", "-c", "4", "-j", "2", "-t", "500", "--random-seed=3", "postgres",
                user=user, keep=no_times)
    for query in (
        "SELECT sum(abalance), md5(string_agg(aid || ':' || abalance, ',' ORDER BY aid)) FROM pgbench_accounts",
        "SELECT sum(tbalance) FROM pgbench_tellers", "SELECT count(*), sum(delta) FROM pgbench_history",
    ):
        sandbox.run(f"{folder}/psql", *where, "-At", "-c", query, "postgres", user=user)
    sandbox.stop(server)


def accepts(sandbox, folder, where, user):
    """Asks without entering the transcript: how often depends on the time."""
    before = list(sandbox.transcript)
    answer = sandbox.run(f"{folder}/pg_isready", *where, user=user)
    sandbox.transcript = before
    return "accepting" in answer


NGINX = """
worker_processes 2; daemon off; pid {folder}/nginx.pid; error_log {folder}/error.log;
events {{ worker_connections 256; }}
http {{ access_log off; gzip on; gzip_types text/plain; gzip_min_length 100;
  client_body_temp_path {folder}/b; proxy_temp_path {folder}/p; fastcgi_temp_path {folder}/f; uwsgi_temp_path {folder}/u;
  scgi_temp_path {folder}/s;
  server {{ listen 127.0.0.1:{port}; root {folder}; location / {{ }} }} }}
"""


def nginx(sandbox):
    server_path, load, port = need("/usr/sbin/nginx"), need("ab"), free_port()
    settings = sandbox.write("nginx.conf", NGINX.format(folder=sandbox.folder, port=port))
    sandbox.write("page.txt", "".join(f"line {i} of the page\n" for i in range(4000)))
    command = (server_path, "-e", sandbox.path("error.log"), "-c", settings)
    server = sandbox.serve(*command, end=signal.SIGQUIT, ready=lambda: answers(port))
    counts = lambda text: "\n".join(re.findall(r"^(?:Complete|Failed|Document).*$", text, re.MULTILINE))
    for _ in range(2):
        for header in ("Accept: */*", "Accept-Encoding: gzip"):
            sandbox.run(load, "-q", "-n", "1500", "-c", "8", "-H", header, f"http://127.0.0.1:{port}/page.txt", keep=counts)
        sandbox.run(*command, "-s", "reload")
    connection = http.client.HTTPConnection("127.0.0.1", port)
    for page in ("/page.txt", "/missing"):
        connection.request("GET", page)
        answer = connection.getresponse()
        sandbox.say(f"{page}: {answer.status}", *answer.read().decode().splitlines()[:50])
    connection.close()
    sandbox.stop(server)
    with open(sandbox.path("error.log")) as log:
        sandbox.say(*sorted({word for line in log for word in re.findall(r"signal \d+ .*exited|alert|emerg", line)}))


def answers(port):
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
    try:
        connection.request("GET", "/page.txt")
        return connection.getresponse().status == 200
    except OSError:
        return False
    finally:
        connection.close()


CASES = {
    "redis-server (Debian's, jemalloc)": Case(redis_over(), debian("redis-server")),
    "redis-server (glibc's malloc)": Case(redis_over("libc.so.6"), debian("redis-server")),
    "sqlite3": Case(sqlite, debian("sqlite3")),
    "postgres under pgbench": Case(postgres, debian("postgresql-15")),
    "nginx under ab": Case(nginx, debian("nginx")),
}
