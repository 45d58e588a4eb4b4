import MemoryModel

/// Private anonymous memory: no name, `[heap]`, or a name that the program gave with PR_SET_VMA_ANON_NAME.
extension Mapping {
    var isAnonymous: Bool {
        !isShared && (name.isEmpty || name == "[heap]" || name.hasPrefix("[anon:"))
    }
}
