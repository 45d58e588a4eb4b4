// Leaks of C++ programs, and what looks like them.
#include "leaks.h"

#include <cstring>
#include <deque>
#include <list>
#include <map>
#include <memory>
#include <string>
#include <unordered_map>
#include <vector>

namespace {

struct Counted {
    std::shared_ptr<Counted> other;
    char payload[32];
};

struct Destroyed {
    ~Destroyed() { opaque(this); }
    int value = 7;
};

struct First {
    virtual ~First() {}
    long first = 1;
};
struct Second {
    virtual ~Second() {}
    long second = 2;
};
struct Both : First, Second {
    long third = 3;
};

template <class Type>
Type *global() {
    static Type *container = nullptr;
    if (!container) container = new Type;
    return container;
}

SITE std::vector<int> *make_vector() {
    auto *vector = static_cast<std::vector<int> *>(opaque(new std::vector<int>));
    for (int i = 0; i < 1000; i++) vector->push_back(i);
    return vector;
}

/// A vector that is lost, and its array with it.
void vector_lost() { make_vector(); }

/// A vector that a global holds.
void vector_held() { global<std::vector<std::string>>()->assign(500, std::string(100, 'x')); }

SITE void fill(std::map<std::string, std::string> &map) {
    for (int i = 0; i < 500; i++) map[std::to_string(i)] = std::string(60, 'y');
}
/// A map: its nodes have their pointers in places of their own.
void map_held() { fill(*global<std::map<std::string, std::string>>()); }

SITE void map_lost_at() {
    auto *map = static_cast<std::map<std::string, std::string> *>(opaque(new std::map<std::string, std::string>));
    fill(*map);
}
void map_lost() { map_lost_at(); }

/// A hash table, a list and a deque that are held.
void containers_held() {
    for (int i = 0; i < 2000; i++) (*global<std::unordered_map<int, std::string>>())[i] = std::string(40, 'z');
    for (int i = 0; i < 500; i++) global<std::list<std::string>>()->push_back(std::string(50, 'l'));
    for (int i = 0; i < 5000; i++) global<std::deque<long>>()->push_back(i);
}

SITE void tie() {
    auto one = std::make_shared<Counted>();
    auto two = std::make_shared<Counted>();
    one->other = two;
    two->other = one;
}
/// Shared pointers in a cycle.
void shared_cycle() { tie(); }

Second *second;
Destroyed *empty_array;
/// Held by the pointer to a base that lies inside.
void base_pointer() { second = new Both; }

/// new T[0] with a destructor: what is held lies behind the count.
void empty_new() { empty_array = new Destroyed[static_cast<size_t>(reinterpret_cast<uintptr_t>(opaque(nullptr)))]; }

Destroyed *array;
/// new T[n] with a destructor: the pointer lies behind the count, inside.
void array_new() { array = new Destroyed[100]; }

SITE void lose_string() {
    auto *text = static_cast<std::string *>(opaque(new std::string(200, 's')));
    *text += "end";
}
/// A string on the heap, and its text.
void string_lost() { lose_string(); }

struct Static {
    std::vector<std::string> *words = nullptr;
    ~Static() { delete words; }
} in_static;
/// Freed by the destructor of a static object.
void static_destructor() { in_static.words = new std::vector<std::string>(100, std::string(100, 'w')); }

SITE void throw_and_lose() {
    auto *lost = static_cast<char *>(opaque(new char[300]));
    std::memset(lost, 0, 300);
    throw 5;
}
/// Lost when an exception passed by.
void exception() {
    try {
        throw_and_lose();
    } catch (int) {
    }
}

const struct {
    const char *name;
    leak_program *run;
} programs[] = {
    {"vector_lost", vector_lost}, {"vector_held", vector_held}, {"map_held", map_held}, {"map_lost", map_lost},
    {"containers_held", containers_held}, {"shared_cycle", shared_cycle}, {"base_pointer", base_pointer},
    {"empty_new", empty_new}, {"array_new", array_new}, {"string_lost", string_lost},
    {"static_destructor", static_destructor}, {"exception", exception},
};

}  // namespace

extern "C" leak_program *find_cplusplus(const char *name) {
    for (const auto &program : programs)
        if (std::strcmp(program.name, name) == 0) return program.run;
    return nullptr;
}
