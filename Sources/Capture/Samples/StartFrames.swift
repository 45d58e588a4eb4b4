internal import MemoryModel
internal import Segment

extension SegmentSamples {
    /// The native frames of a stack, innermost first, without the C library's own that started the thread: those outside
    /// of `main` with the program's `_start` (glibc's csu/libc-start.c), or of the thread's function (nptl's start_thread).
    ///
    /// They tell nothing, and naming them alone would read all that libc has of symbols.
    func programFrames(of stack: Stack) -> [NativeFrame] {
        let all = nativeFrames(of: stack)
        var frames = all[...]
        if frames.count > 1, !isOfLibrary(frames[frames.endIndex - 1]), isOfLibrary(frames[frames.endIndex - 2]) {
            frames.removeLast()
        }
        while let outermost = frames.last, isOfLibrary(outermost) { frames.removeLast() }
        return frames.isEmpty || stack.isCut ? all : Array(frames)
    }

    private func isOfLibrary(_ frame: NativeFrame) -> Bool {
        guard let module = frame.module, let path = modules[module]?.path else { return false }
        let name = fileName(path)
        return name.hasPrefix("libc.so") || name.hasPrefix("libc-")
    }
}
