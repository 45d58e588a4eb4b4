"""A server of threads that never rests: JSON over socket pairs, with a burst now and then."""

import json
import os
import socket
import sys
import threading

PAIRS = 3
stopping = threading.Event()
served = threading.Semaphore(0)


def serve(connection):
    stream = connection.makefile("rw")
    kept = []
    for line in stream:
        request = json.loads(line)
        kept.append({"id": request["id"], "body": request["body"] * 3})
        if len(kept) > 2000:
            kept = kept[-100:]
        stream.write(json.dumps({"id": request["id"], "bytes": len(line)}) + "\n")
        stream.flush()
        served.release()


def ask(connection):
    stream = connection.makefile("rw")
    number = 0
    while not stopping.is_set():
        number += 1
        stream.write(json.dumps({"id": number, "body": "x" * (number * 37 % 5000)}) + "\n")
        stream.flush()
        assert json.loads(stream.readline())["id"] == number
        if number % 500 == 0:
            burst = [bytes(600 + i % 1000) for i in range(5000)]
            del burst
    connection.shutdown(socket.SHUT_WR)


threads = []
for _ in range(PAIRS):
    for side, work in zip(socket.socketpair(), (serve, ask)):
        threads.append(threading.Thread(target=work, args=(side,)))
for thread in threads:
    thread.start()
for _ in range(1000):
    served.acquire()
os.write(1, (json.dumps({"ready": True, "pid": os.getpid()}) + "\n").encode())
sys.stdin.buffer.read()
stopping.set()
for thread in threads:
    thread.join()
