// A service in miniature: a bounded cache, sessions, an audit log, and a summary of the day.
//
// REGRESSION in the environment seeds one of four bugs, of the kinds that a gate on RSS lets through until they have
// grown: retention, fragmentation, leak, and creep (a cache that is a little larger than it was).
#include <cstdlib>
#include <cstring>
#include <deque>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

#include <silt.h>

namespace {

bool seeded(const char *bug) {
    const char *wanted = std::getenv("REGRESSION");
    return wanted && std::strcmp(wanted, bug) == 0;
}

constexpr int rounds = 8;
constexpr int requestsPerRound = 4000;

} // namespace

namespace cache {

std::unordered_map<int, std::unique_ptr<char[]>> entries;

// Writes an entry, in the place of the one that has its key.
void put(int key) {
    constexpr size_t size = 1024;
    std::unique_ptr<char[]> &entry = entries[key];
    if (!entry) entry.reset(new char[size]);
    std::memset(entry.get(), key, size);
}

// creep: 1,500 entries more, of 1 KiB each. No budget with room in it sees them; a baseline does.
void warm() {
    const int size = 8000 + (seeded("creep") ? 1500 : 0);
    for (int key = 0; key < size; key++) put(key);
}

} // namespace cache

namespace session {

struct Session {
    char user[240];
};

// Room for all of them, side by side.
std::vector<Session> pool;
std::deque<std::unique_ptr<Session>> own;

// fragmentation: a block of its own for each, between the requests' bodies. These are freed; the sessions pin the
// pages.
void open(int user) {
    if (seeded("fragmentation")) {
        own.push_back(std::make_unique<Session>());
        std::memset(own.back()->user, user, sizeof own.back()->user);
    } else {
        pool.emplace_back();
        std::memset(pool.back().user, user, sizeof pool.back().user);
    }
}

} // namespace session

namespace audit {

struct Entry {
    char text[512];
};

std::vector<Entry *> queue;

void log(int request) {
    auto *entry = new Entry;
    std::memset(entry->text, request, sizeof entry->text);
    queue.push_back(entry);
}

// leak: the queue is emptied, and nobody frees what was in it.
void flush() {
    if (!seeded("leak"))
        for (Entry *entry : queue) delete entry;
    queue.clear();
}

} // namespace audit

namespace report {

std::vector<char> summary;

std::unique_ptr<char[]> line(int number) {
    auto text = std::make_unique<char[]>(1000);
    std::memset(text.get(), number, 1000);
    return text;
}

// retention: all lines are held before the first is written. The summary then lies above what they leave, so that glibc
// cannot give it back by itself.
void render() {
    constexpr int lines = 24000;
    std::vector<std::unique_ptr<char[]>> held;
    if (seeded("retention")) held.reserve(lines);
    for (int number = 0; number < lines; number++) {
        auto text = line(number);
        if (seeded("retention")) held.push_back(std::move(text));
    }
    summary.assign(60000, '.');
}

} // namespace report

// The bodies of a round are freed together, once all of it is answered.
static void answer() {
    std::vector<std::unique_ptr<char[]>> bodies;
    for (int request = 0; request < requestsPerRound; request++) {
        auto body = std::make_unique<char[]>(2000);
        std::memset(body.get(), request, 2000);
        bodies.push_back(std::move(body));
        session::open(request);
        cache::put(request);
    }
}

static void serve(int round) {
    answer();
    for (int request = 0; request < requestsPerRound; request++) audit::log(round + request);
    audit::flush();
}

int main() {
    // What a finding says grew, grew since the first mark.
    SILT_MARK("start");
    session::pool.reserve(rounds * requestsPerRound);
    audit::queue.reserve(requestsPerRound);
    cache::warm();
    serve(0);
    SILT_MARK("warm");
    for (int round = 1; round < rounds; round++) {
        serve(round);
        SILT_MARK("round");
    }
    SILT_MARK("served");
    report::render();
    SILT_MARK("rendered");
}
