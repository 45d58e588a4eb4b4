import JSONText
import MemoryModel

extension DocumentReader {
    func heap(_ node: JSONNode) throws(JSONError) -> HeapReport {
        var heap = HeapReport()
        heap.live = try node.signedBytes("live_bytes")
        heap.liveBlocks = try node.signed("live_blocks")
        heap.untouched = try node.signedBytes("untouched_bytes")
        heap.predictedTrim = try node.bytes("predicted_trim_bytes")
        let range = try node.required("predicted_trim_range")
        let ends = try range.array().map { (node) throws(JSONError) in ByteCount(try node.integer()) }
        guard ends.count == 2, 0 <= ends[0], ends[0] <= ends[1], ends[1].rawValue <= JSONNode.most else {
            throw JSONError(line: range.line, "'predicted_trim_range' is no interval")
        }
        heap.predictedTrimRange = ends[0]...ends[1]
        heap.freeRuns = try node.list("free_runs").map { (node) throws(JSONError) in
            HeapReport.FreeRuns(upTo: try node.bytesIfAny("up_to_bytes"), bytes: try node.bytes("bytes"))
        }
        heap.arenas = try node.list("arenas").map { (node) throws(JSONError) in try arena(node) }
        return heap
    }

    private func arena(_ node: JSONNode) throws(JSONError) -> HeapReport.Arena {
        var arena = HeapReport.Arena(isMain: try node.truth("main"))
        arena.resident = try node.bytes("resident_bytes")
        arena.live = try node.bytes("live_bytes")
        arena.retained = try node.bytes("retained_bytes")
        arena.kept = try node.bytes("kept_bytes")
        arena.fragmented = try node.bytes("fragmented_bytes")
        return arena
    }
}
