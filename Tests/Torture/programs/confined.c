/// A process that confines itself by seccomp to what glibc's allocator and threads need, and goes on allocating.
///
/// usage: confined kill|errno prctl|syscall|strict [MEBIBYTES]
#include <errno.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <malloc.h>
#include <pthread.h>
#include <stddef.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "torture.h"

/// glibc's allocator: brk, mmap, munmap, mremap, mprotect, madvise(MADV_DONTNEED), futex; threads: the rest.
static const uint16_t allowed[] = {
    SYS_read, SYS_write, SYS_brk, SYS_mmap, SYS_munmap, SYS_mremap, SYS_mprotect, SYS_futex, SYS_exit, SYS_exit_group,
    SYS_rt_sigprocmask, SYS_rt_sigaction, SYS_rt_sigreturn, SYS_clone, SYS_clone3, SYS_set_robust_list, SYS_rseq,
    SYS_wait4, SYS_tgkill, SYS_gettid,
};
#define ALLOWED (sizeof allowed / sizeof allowed[0])

static long confine(const char *action, const char *how) {
    uint32_t otherwise = strcmp(action, "kill") == 0 ? SECCOMP_RET_KILL_PROCESS : SECCOMP_RET_ERRNO | EPERM;
    struct sock_filter code[ALLOWED + 16];
    uint16_t at = 0;
    code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr));
    for (size_t i = 0; i < ALLOWED; i++)
        code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, allowed[i], (uint8_t)(ALLOWED - i + 3), 0);
    code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_madvise, 0, 2);
    code[at++] = (struct sock_filter)BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, args[2]));
    code[at++] = (struct sock_filter)BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, MADV_DONTNEED, 1, 0);
    code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, otherwise);
    code[at++] = (struct sock_filter)BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
    known_pid = getpid();
    struct sock_fprog program = {.len = at, .filter = code};
    REQUIRE(prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0);
    if (strcmp(how, "syscall") == 0) return syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &program);
    return prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program, 0, 0);
}

static void *work(void *number) {
    uint64_t state = torture_seed((uintptr_t)number, 1);
    static void *blocks[4][4000];
    static size_t sizes[4][4000];
    uintptr_t index = (uintptr_t)number;
    for (int turn = 0; turn < 8000; turn++) {
        size_t at = torture_next(&state) % 4000;
        if (blocks[index][at]) drop(blocks[index][at], sizes[index][at], (uint8_t)at);
        sizes[index][at] = 1 + torture_next(&state) % (torture_next(&state) % 500 ? 9000 : 300000);
        blocks[index][at] = make(sizes[index][at], (uint8_t)at);
    }
    for (size_t at = 0; at < 4000; at += 2) {
        if (blocks[index][at]) drop(blocks[index][at], sizes[index][at], (uint8_t)at);
        blocks[index][at] = NULL;
    }
    char *own = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    REQUIRE(own != MAP_FAILED && munmap(own, 1 << 20) == 0);
    return NULL;
}

/// Only read, write and exit are left: what is allocated comes from what the heap already has.
static void strict(void) {
    free(malloc(30000));
    REQUIRE(prctl(PR_SET_SECCOMP, SECCOMP_MODE_STRICT, 0, 0, 0) == 0);
    void *blocks[100];
    for (int i = 0; i < 100; i++) blocks[i] = make((size_t)i * 3, (uint8_t)i);
    for (int i = 0; i < 100; i++) drop(blocks[i], (size_t)i * 3, (uint8_t)i);
    say("strictly confined\n");
    syscall(SYS_exit, 14);
}

int main(int count, char **values) {
    REQUIRE(count >= 3);
    mallopt(M_MMAP_THRESHOLD, 128 * 1024);
    // Shrinking a heap opens /proc/sys/vm/overcommit_memory (sysdeps/unix/sysv/linux/malloc-sysdep.h).
    mallopt(M_TRIM_THRESHOLD, 1 << 30);
    if (strcmp(values[2], "strict") == 0) strict();
    checkpoint("start");
    REQUIRE(syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 1 << 30, NULL) == -1); // libseccomp probes like this
    REQUIRE(confine(values[1], values[2]) == 0);
    work((void *)0);
    checkpoint("confined");
    long mebibytes = argument(count, values, 3, 0);
    if (mebibytes) mallopt(M_MMAP_MAX, 0);
    for (long i = 0; i < mebibytes; i++) know(malloc(1 << 20), 1);
    pthread_t threads[4];
    for (uintptr_t i = 1; i < 4; i++) REQUIRE(pthread_create(&threads[i], NULL, work, (void *)i) == 0);
    for (uintptr_t i = 1; i < 4; i++) pthread_join(threads[i], NULL);
    checkpoint_loose("confined threads", 4 * 1024, 4);
    pid_t pid = fork();
    if (pid == 0) {
        work((void *)0);
        _exit(5);
    }
    int status;
    REQUIRE(wait4(pid, &status, 0, NULL) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 5);
    say("done\n");
    return 15;
}
