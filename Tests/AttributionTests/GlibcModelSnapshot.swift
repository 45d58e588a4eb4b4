import MemoryModel

/// What the shim and the reader see of the simulated heaps.
extension GlibcModel {
    /// Live bytes by page: a chunk is booked from its size field to the next chunk's, [p - 8, p - 8 + size) where p is
    /// the address that the program holds, c + 16.
    var ledger: PageLedger {
        var live: [UInt64: Int] = [:]
        for chunk in heaps.flatMap(\.chunks) where chunk.state == .live {
            var position = chunk.address + 8
            while position < chunk.end + 8 {
                let next = min((position / 4096 + 1) * 4096, chunk.end + 8)
                live[position / 4096, default: 0] += Int(next - position)
                position = next
            }
        }
        return PageLedger(live)
    }

    /// - Parameter shift: 0 to list cached chunks from their begin, 8 from their size field: both are in use.
    func interior(shift: UInt64, everyHeader: Bool) -> HeapInterior {
        let ledger = ledger
        var interior = HeapInterior(arenas: [], cached: [], freeChunksAtPageStart: [])
        for arena in arenas {
            let top = arena.last?.chunks.last.map { bytes($0.address, $0.end) }
            interior.arenas.append(
                .init(isMain: arena[0].isMain, heaps: arena.map(\.range), top: top))
        }
        for heap in heaps {
            for chunk in heap.chunks where chunk.state == .cached {
                interior.cached.append(bytes(chunk.address + shift, chunk.end + shift))
            }
            for chunk in consolidated(heap) where chunk.state == .free || chunk.state == .top {
                let page = (chunk.address + 4095) / 4096
                let isClose = page * 4096 - chunk.address < 48
                if everyHeader || (isClose && ledger[Granule(page)] == 0) {
                    interior.freeChunksAtPageStart.append(Address(chunk.address))
                }
            }
        }
        return interior
    }

    func snapshot(resident: Set<UInt64>, interior: HeapInterior?) -> Snapshot {
        var lines: [Mapping] = []
        for heap in heaps {
            var line = Mapping(range: heap.range, permissions: [.read, .write])
            if heap.isMain {
                line.name = "[heap]"
                if !brkEndsWithTop { line.range.end = line.range.end + 8192 }
            }
            lines.append(line)
        }
        let bases = heaps.filter { !$0.isMain }.map(\.range.start)
        return Snapshot(
            lines, resident.sorted().map { anonymous($0, $0 + 1) },
            HeapWitness(ledger: ledger, arenaHeaps: bases, interior: interior))
    }
}
