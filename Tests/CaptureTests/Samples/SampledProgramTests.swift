import Foundation
import MemoryModel
import System
import Testing

@testable import Capture

@Suite struct `The samples of a running program` {
    static let twoSites = """
        #include <stdio.h>
        #include <stdlib.h>
        #include <string.h>
        static void *kept[300];
        static void *small(void) {
            return malloc(1000);
        }
        static void *large(void) {
            return calloc(1, 5000);
        }
        int main(void) {
            for (int i = 0; i < 100; i++) kept[i] = small();
            for (int i = 100; i < 150; i++) kept[i] = large();
            for (int i = 150; i < 160; i++) free(large());
            puts("ready");
            fflush(stdout);
            return getchar() == EOF && kept[0] ? 0 : 1;
        }
        """

    @Test func `have function, file and line of who allocated`() throws {
        let program = try SampledProgram(c: Self.twoSites)
        let heap = try program.sampled()
        #expect(heap.mean == 1 && heap.dropped == 0 && heap.degraded == [])
        func bytes(_ function: String, line: Int) -> Int {
            heap.requested(heap.live) {
                $0.function == function && $0.line == line && $0.file == "\(program.scratch.path)/program.c"
                    && $0.module == "\(program.scratch.path)/program"
            }
        }
        #expect(bytes("small", line: 6) == 100_000)
        #expect(bytes("large", line: 9) == 250_000)
        for stack in heap.stacks where stack.frames[0].function == "small" {
            #expect(stack.frames.map(\.function).prefix(2) == ["small", "main"] && stack.frames[1].line == 12)
        }
        #expect(heap.live.allSatisfy { $0.thread == program.pid && $0.born <= heap.readAt })
        #expect(heap.threadNames == [Int(program.pid): "program"])
    }

    @Test func `are left where the ledger alone is wanted`() throws {
        let program = try SampledProgram(c: Self.twoSites)
        #expect(try capture(pid: program.pid, options: CaptureOptions(readsSamples: false)).heap?.sampled == nil)
    }

    @Test func `are none where nothing is sampled`() throws {
        let program = try SampledProgram(c: Self.twoSites, environment: ["SILT_SAMPLE": "0"])
        let heap = try #require(try capture(pid: program.pid).heap)
        #expect(heap.sampled == nil && heap.liveBlocks >= 150)
    }
}
