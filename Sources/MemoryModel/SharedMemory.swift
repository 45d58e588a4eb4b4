extension Mapping {
    /// Whether it is shared memory, whatever the door: POSIX (`/dev/shm`), memfd, System V, and anonymous with MAP_SHARED.
    package var isShared: Bool {
        // Names by mm/shmem.c (`/dev/zero (deleted)`, `memfd:`), ipc/shm.c (`SYSV%08x`), fs/proc/task_mmu.c.
        for prefix in ["/dev/shm/", "/memfd:", "/SYSV", "/dev/zero (deleted)", "[anon_shmem:"] {
            if name.hasPrefix(prefix) { return true }
        }
        return name.isEmpty && permissions.contains(.shared)
    }
}
