"""Compares the frames that the library reads with those that the interpreter says: names, files and instructions.

usage: frames.py PROBE SCENARIO. Says "ok COUNT" when COUNT comparisons held.
"""
import asyncio, ctypes, functools, os, sys, threading, types

MOST = 64
ENTRY = 1 << 63


class Code(ctypes.Structure):
    _fields_ = [(name, ctypes.c_uint32) for name in
                ("name", "name_bytes", "file", "file_bytes", "lines", "lines_bytes")] + [
                    ("first_line", ctypes.c_int32), ("reserved", ctypes.c_uint32)]


def load(kind):
    library = kind(sys.argv[1])
    library.probe_frames.argtypes = [ctypes.POINTER(ctypes.c_uint64), ctypes.c_uint]
    library.probe_code.restype = ctypes.POINTER(Code)
    library.probe_text.restype = ctypes.c_void_p
    library.probe_ns.restype = ctypes.c_double
    library.probe_dropped.restype = ctypes.c_uint64
    library.probe_codes.restype = ctypes.c_uint64
    return library


# The one holds the interpreter's lock while it is called, the other lets go of it.
holding, letting_go = load(ctypes.PyDLL), load(ctypes.CDLL)


def text(offset, count):
    return ctypes.string_at(holding.probe_text(offset), count)


def captured(library, most=MOST):
    frames = (ctypes.c_uint64 * MOST)()
    count = library.probe_frames(frames, most)
    result = []
    for value in frames[:count]:
        code = holding.probe_code((value & ~ENTRY) >> 32).contents
        result.append((text(code.name, code.name_bytes).decode(), text(code.file, code.file_bytes).decode(),
                       value & 0xffffffff, bool(value & ENTRY), code.first_line, text(code.lines, code.lines_bytes)))
    return result


def own(frame):
    result = []
    while frame:
        code = frame.f_code
        result.append((code.co_qualname, code.co_filename, frame.f_lasti, code.co_firstlineno, code.co_linetable))
        frame = frame.f_back
    return result


compared = 0
lock = threading.Lock()


def compare(entries=None):
    """The innermost frame is this one, whose instruction moves on: it is compared by name only."""
    global compared
    for library in (holding, letting_go):
        read = captured(library)
        said = own(sys._getframe())
        # captured()'s own frame
        assert read[0][0] == "captured", read[:2]
        outer = [frame[:3] + frame[4:] for frame in read[1:]]
        assert outer[0][0] == said[0][0] == "compare", (outer[0], said[0])
        expected = said[1:MOST - 1]
        assert len(outer) == 1 + len(expected), (len(outer), len(said), [f[0] for f in read], [f[0] for f in said])
        for one, other in zip(outer[1:], expected):
            assert one == (other[0], other[1], other[2], other[3], other[4][:16384]), (one, other)
        if entries is not None:
            found = sum(frame[3] for frame in read)
            assert found == entries, (found, entries, [(frame[0], frame[3]) for frame in read])
        with lock:
            compared += 1


def scenario_plain():
    compare(1)


def scenario_recursion():
    def down(depth):
        if depth:
            return down(depth - 1)
        compare(1)
    down(20)


def scenario_deep():
    def down(depth):
        if depth:
            return down(depth - 1)
        compare(0)
    sys.setrecursionlimit(3000)
    down(500)


def scenario_generators():
    def inner():
        compare()
        yield 1
        compare()

    def outer():
        yield from inner()
        compare()
        yield 2
    for _ in outer():
        compare()
    sum(value for value in (compare() or 1 for _ in range(2)))
    list(map(lambda _: compare(), [1, 2]))


def scenario_coroutines():
    async def leaf(n):
        compare()
        await asyncio.sleep(0)
        compare()
        return n

    async def source():
        for i in range(3):
            compare()
            yield await leaf(i)

    async def main():
        await asyncio.gather(*(leaf(i) for i in range(4)))
        async for _ in source():
            compare()
    asyncio.run(main())


def scenario_exceptions():
    class Held:
        def __enter__(self):
            compare()

        def __exit__(self, *_):
            compare()
            return True
    try:
        try:
            raise ValueError
        except ValueError:
            compare()
            raise KeyError
        finally:
            compare()
    except KeyError:
        compare()
    with Held():
        [].pop()


def scenario_callbacks():
    class Thing:
        def __init__(self):
            compare(2)

        def __lt__(self, other):
            compare()
            return False

        def __del__(self):
            compare()

        @property
        def name(self):
            compare()

        @functools.lru_cache
        def cached(self):
            compare()
    sorted([3, 1, 2], key=lambda _: compare(2) or 0)
    things = [types.new_class("Thing", (Thing,))() for _ in range(1)]
    Thing.__lt__(things[0], None)
    min(things[0], things[0])
    things[0].name
    things[0].cached()
    call = ctypes.CFUNCTYPE(None)

    def nested(depth):
        compare()
        if depth:
            letting_go.probe_call(call(lambda: nested(depth - 1)))
    nested(5)
    exec("def made():\n compare()\n\n\nmade()", {"compare": compare})


def scenario_threads():
    failures = []

    def work(depth):
        try:
            for _ in range(50):
                down(depth)
        except BaseException as error:
            failures.append(error)
            raise

    def down(depth):
        if depth:
            down(depth - 1)
        else:
            compare()
    threads = [threading.Thread(target=work, args=(4 * i,)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not failures


def scenario_reuse():
    """Code objects that die at once, one after another at the same addresses."""
    addresses = set()
    for i in range(300):
        space = {"compare": compare}
        exec(compile(f"def made_{i:04}():\n compare()\n", f"<made {i % 7}>", "exec"), space)
        addresses.add(id(space[f"made_{i:04}"].__code__))
        space[f"made_{i:04}"]()
        del space
    assert len(addresses) < 290, len(addresses)
    # All that a code object points at comes back at the same addresses, but its name.
    base = compile("def base(compare):\n compare()\n", "<base>", "exec").co_consts[0]
    seen = {}
    again = 0
    for i in range(500):
        code = base.replace(co_qualname=f"other_{i:04}")
        place = (id(code), id(code.co_qualname), id(code.co_linetable))
        again += place in seen
        seen[place] = i
        types.FunctionType(code, {})(compare)
        del code
    assert again > 10, again
    # What is made again is not noted again.
    before = holding.probe_codes()
    for _ in range(50):
        space = {"compare": compare}
        exec(compile("def again():\n compare()\n", "<again>", "exec"), space)
        space["again"]()
        del space
    assert holding.probe_codes() - before <= 2, (before, holding.probe_codes())


def scenario_names():
    for name in ("é", "名前", "\U0001f600", "x" * 400):
        space = {"compare": compare}
        identifier = name if name.isidentifier() else "f"
        source = f"def {identifier[:200]}():\n compare()\n{identifier[:200]}()\n"
        exec(compile(source, f"/tmp/{name}.py", "exec"), space)


def scenario_long():
    """A function with more lines than are kept of its table."""
    body = "".join(f" v{i} = {i} if c else -{i}\n" for i in range(6000))
    space = {"compare": compare, "c": 0}
    exec(compile(f"def long():\n{body} compare()\n", "<long>", "exec"), space)
    space["long"]()


def scenario_confined():
    holding.probe_confine(1)
    assert captured(holding) == []
    holding.probe_confine(0)
    compare()


def scenario_fork():
    compare()
    child = os.fork()
    if child == 0:
        try:
            holding.probe_forked()
            codes = holding.probe_codes()
            compare()
            assert holding.probe_codes() == codes, "noted again"
            exec(compile("def new():\n compare()\nnew()", "<new>", "exec"), {"compare": compare})
            assert holding.probe_codes() == codes + 2
            os._exit(0)
        finally:
            os._exit(1)
    assert os.waitpid(child, 0)[1] == 0
    compare()


def scenario_interpreters():
    try:
        import _xxsubinterpreters as interpreters
    except ImportError:
        import _interpreters as interpreters
    source = open(__file__).read().split("\nif __name__")[0]
    script = f"import sys\nsys.argv = {sys.argv!r}\n__file__ = {__file__!r}\n" \
        f"exec(compile({source!r}, 'inside', 'exec'))\nscenario_inside()"
    one = interpreters.create(isolated=False) if sys.version_info < (3, 13) else interpreters.create("legacy")
    failure = interpreters.run_string(one, script)
    assert failure is None, failure
    interpreters.destroy(one)
    compare()
    global compared
    compared += 1


def scenario_inside():
    def inner():
        read = captured(holding)
        names = [frame[0] for frame in read]
        assert names[:3] == ["captured", "scenario_inside.<locals>.inner", "scenario_inside"], names
        assert len(names) == len(own(sys._getframe())) + 1, names
    inner()


def scenario_start():
    """What a program that is not an interpreter sees, and one whose version is known."""
    assert holding.probe_version() == sys.hexversion
    assert holding.probe_state() == 1
    compare()


def scenario_speed():
    """A stack of functions each of its own, at first sight, looked at again, and settled."""
    def measure(count):
        space = {"end": lambda: letting_go.probe_ns(100)}
        for i in range(count):
            exec(compile(f"def f{i}():\n return {'end' if i == 0 else f'f{i - 1}'}()\n", f"/made/{i}.py", "exec"), space)
        return space[f"f{count - 1}"]
    made = {count: measure(count - len(own(sys._getframe())) - 1) for count in (10, 30, 60)}
    for count, function in made.items():
        print(count, "frames:", round(function()), "ns")
    import time
    time.sleep(2.5)
    for count, function in made.items():
        print(count, "frames, settled:", round(function()), "ns")
    compare()


if __name__ == "__main__":
    globals()["scenario_" + sys.argv[2]]()
    assert holding.probe_dropped() == 0, holding.probe_dropped()
    assert compared > 0
    print("ok", compared)
