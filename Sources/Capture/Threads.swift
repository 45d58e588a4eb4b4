internal import MemoryModel
internal import System

/// The thread pointers of the threads that run now.
func threadPointers(of threads: [Int32]) -> [Address] {
    threads.compactMap { threadPointer(ofThread: $0).map { Address($0) } }
}

extension HeapWitness {
    /// The shim sees a thread when it first allocates; one that never does is known from the kernel alone.
    mutating func add(threadPointers running: [Address]) {
        threadPointers += Set(running).subtracting(threadPointers).sorted()
    }
}
