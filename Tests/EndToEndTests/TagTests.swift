import Foundation
import Testing

/// Tags, from silt.h to the answers.
struct `Requests with tags` {
    private static let example = Build.program("tagged-requests")

    /// The groups of an answer by tag, largest first.
    private func byTag(_ question: String, of pid: Int32) throws -> [(tag: String, bytes: Int)] {
        let outcome = try silt(question, "\(pid)", "--by", "tag", "--json")
        let document = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8)) as? [String: Any]
        let answer = try #require(document?["answer"] as? [String: Any], "\(outcome.errors)")
        let groups = try #require(answer["groups"] as? [[String: Any]])
        return try groups.map {
            (try #require($0["name"] as? String), try #require(($0["bytes"] as? NSNumber)?.intValue))
        }
    }

    @Test func `are told apart: one kind holds and pins, all are gone but its cache`() throws {
        try withScratch { scratch in
            let environment = ["SILT_SAMPLE": "65536"]
            try withTarget([Self.example, "--wait"], in: scratch, environment: environment) { target in
                _ = try target.ready()
                for question in ["sites", "pins"] {
                    let groups = try byTag(question, of: target.pid)
                    let all = groups.reduce(0) { $0 + $1.bytes }
                    #expect(groups.first?.tag == "search" && all > 30_000_000, "\(groups)")
                    #expect(Double(groups.first?.bytes ?? 0) > 0.95 * Double(all), "\(groups)")
                }
            }
        }
    }

    @Test func `run without the library as well`() throws {
        try withScratch { scratch in
            try withTarget([Self.example, "--wait"], in: scratch, preloaded: false) { target in
                let ready = try target.ready()
                #expect(ready.first?.liveBlocks == 40_960)
            }
        }
    }

    /// As a program of somebody else's would be built.
    @Test(arguments: ["cc -x c -std=c99", "c++ -x c++ -std=c++11", "c++ -x c++ -std=c++20"])
    func `need nothing but the header`(_ compiler: String) throws {
        try withScratch { scratch in
            let header = Build.source("shim/include/silt.h")
            let program = "\(scratch.folder)/program"
            let source = """
                #include "\(header)"
                #include "\(header)"
                int main(void) { SILT_TAG_PUSH("a"); SILT_TAG_PUSH("b"); SILT_TAG_POP(); SILT_TAG_POP(); return 0; }
                """
            try source.write(toFile: "\(program).c", atomically: false, encoding: .utf8)
            let command = "\(compiler) -Wall -Wextra -Wpedantic -Werror -o \(program) \(program).c && \(program)"
            let alone = try run(["/bin/sh", "-c", command])
            #expect(alone.status == 0 && alone.errors == "", "\(alone.errors)")
            try withTarget([program], in: scratch) { _ in }
        }
    }

    @Test func `find the header where make install puts it`() throws {
        let folder = Build.source("")
        let make = ["/usr/bin/make", "--no-print-directory", "-n", "-C", folder, "DESTDIR=/stage", "PREFIX=/usr"]
        let installed = try run(make + ["install"]).output
        #expect(installed.contains("shim/include/silt.h /stage/usr/include/silt.h\n"))
        let removed = try run(make + ["uninstall"]).output
        #expect(removed.contains(" /stage/usr/include/silt.h\n"))
    }
}
