/// Loaded and unloaded while others allocate. Throws its own type, and passes on what is thrown through it.
#include <stdexcept>
#include <string>
#include <vector>

struct Kept {
    std::vector<std::string> lines = std::vector<std::string>(20, std::string(100, 'k'));
};
static Kept *kept = new Kept;
__attribute__((destructor)) static void leave() { delete kept; }

static thread_local std::string in_thread;

extern "C" void throw_from_module(int depth) {
    std::string local(size_t(depth * 37 + 20), 'm');
    in_thread = local;
    if (depth == 0) throw std::runtime_error("thrown in the module");
    throw_from_module(depth - 1);
    if (local.empty()) throw 1; // keeps the frame
}

extern "C" long call_through_module(long (*call)(long), long value) {
    std::vector<int> held(size_t(value % 50 + 10), int(value));
    long result = call(value);
    return result + held.back();
}
