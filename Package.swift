// swift-tools-version: 6.2
import PackageDescription

/// Every Swift target of this package is compiled alike: the strictest checks the compiler has, and no warning left.
let strict: [SwiftSetting] = [
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .strictMemorySafety(),
    .treatAllWarnings(as: .error),
]

/// A Swift module of this package.
func module(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .target(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// The tests of a module.
func tests(_ name: String, _ dependencies: Target.Dependency...) -> Target {
    .testTarget(name: name, dependencies: dependencies, swiftSettings: strict)
}

/// A C program that the end-to-end tests run under the shim.
func program(_ name: String, path: String, exclude: [String] = []) -> Target {
    .executableTarget(
        name: name, path: path, exclude: exclude,
        cSettings: [.unsafeFlags(["-pthread", "-Wall", "-Wextra", "-Werror"])],
        // SwiftPM links C as if it were Swift, and Swift's runtime would fill the heap that is to be measured: the
        // first flag leaves its start-up object out, and from the static library nothing is then taken.
        linkerSettings: [.linkedLibrary("pthread"), .unsafeFlags(["-nostartfiles", "-static-stdlib"])])
}

/// A program of one behaviour, with the verdict expected of it.
func example(_ name: String) -> Target {
    program(name, path: "Examples/\(name)", exclude: ["README.md", "expected.json"])
}

let package = Package(
    name: "silt",
    products: [.executable(name: "silt", targets: ["silt"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")
    ],
    targets: [
        // The order of the folders is the way of a byte; who may import whom is held by ArchitectureTests.
        module("MemoryModel"),
        .target(name: "CSystem"),
        module("System", "CSystem"),
        module("ProcFS", "MemoryModel", "System"),
        // The format of the segment; the library's core, for the tests; the library itself is made by BuildShim.
        .systemLibrary(name: "SegmentABI", path: "shim/include"),
        .target(
            name: "ShimCore", dependencies: ["SegmentABI"], path: "shim/core", publicHeadersPath: ".",
            cSettings: [.define("_GNU_SOURCE")]),
        .plugin(name: "BuildShim", capability: .buildTool(), path: "Sources/BuildShim"),
        module("Segment", "MemoryModel", "System", "SegmentABI"),
        module("HeapWalk", "MemoryModel", "System"),
        // libdw-dev and libiberty-dev. What libdw needs of others is named too: the static program has no NEEDED.
        .target(
            name: "CLibdw",
            linkerSettings: ["dw", "elf", "lzma", "z", "iberty"].map { .linkedLibrary($0) }),
        module("Symbols", "MemoryModel", "System", "CLibdw"),
        // The inner loops of the mark.
        .target(name: "CMark"),
        module("Reachability", "MemoryModel", "CMark"),
        module("Attribution", "MemoryModel"),
        // yajl, of Debian's libyajl-dev.
        .systemLibrary(name: "CYajl", path: "Sources/CYajl"),
        module("JSONText", "CYajl"),
        // A recording and the reports in it, read back.
        module("Recordings", "MemoryModel", "JSONText"),
        module("Budgets", "MemoryModel", "JSONText"),
        .target(
            name: "Rendering", dependencies: ["MemoryModel", "JSONText"],
            resources: ["Page/Parts", "FlameGraph/Page", "RecordingPage/Page"].map { .embedInCode($0) },
            swiftSettings: strict),
        // zlib, of Debian's zlib1g-dev.
        .systemLibrary(name: "CZlib", path: "Sources/CZlib"),
        module("Gzip", "CZlib"),
        module("Capture", "MemoryModel", "System", "ProcFS", "Segment", "HeapWalk", "Symbols", "Reachability"),
        .executableTarget(
            name: "silt",
            dependencies: [
                "MemoryModel", "System", "ProcFS", "Capture", "Attribution", "JSONText", "Recordings", "Budgets",
                "Rendering", "Gzip",
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ],
            swiftSettings: strict, plugins: ["BuildShim"]),

        tests("ArchitectureTests", "silt"),
        tests("MemoryModelTests", "MemoryModel", "SampleReports"),
        // What several test modules need: programs that tests look at while they run.
        .target(name: "TestSupport", path: "Tests/TestSupport", swiftSettings: strict),
        tests("SystemTests", "System", "TestSupport"),
        tests("ProcFSTests", "ProcFS", "MemoryModel", "System", "TestSupport"),
        tests("CaptureTests", "Capture", "Segment", "ProcFS", "MemoryModel", "System", "TestSupport"),
        tests("HeapWalkTests", "HeapWalk", "MemoryModel"),
        tests("AttributionTests", "Attribution", "MemoryModel", "TestSupport"),
        tests("BudgetsTests", "Budgets", "JSONText", "MemoryModel", "TestSupport"),
        tests("ReachabilityTests", "Reachability", "MemoryModel"),
        tests("JSONTextTests", "JSONText"),
        tests("SymbolsTests", "Symbols", "MemoryModel", "System"),
        tests("SegmentTests", "Segment", "MemoryModel", "System"),
        .testTarget(
            name: "ShimTests", dependencies: ["Segment", "MemoryModel", "System", "shim-scenarios"],
            exclude: ["Programs"], swiftSettings: strict),
        // Made-up reports, for all who write or read them.
        .target(
            name: "SampleReports", dependencies: ["MemoryModel"], path: "Tests/SampleReports", swiftSettings: strict),
        tests("RecordingsTests", "Recordings", "JSONText", "Rendering", "MemoryModel", "SampleReports"),
        .testTarget(
            name: "RenderingTests", dependencies: ["Rendering", "JSONText", "MemoryModel", "Gzip", "SampleReports"],
            exclude: ["Golden", "Browser"],
            swiftSettings: strict),
        // Runs the programs of this build on one another: `swift build --build-tests` makes them all. Dependencies on
        // them would link their mains into the tests. The modules read back what these programs write.
        .testTarget(
            name: "EndToEndTests", dependencies: ["TestSupport", "Recordings", "Rendering", "MemoryModel"],
            exclude: ["Programs"], swiftSettings: strict),

        // One program a cause; Examples/README.md tells what each shows.
        example("retained-burst"),
        example("pinned-pages"),
        example("leak"),
        example("thread-arenas"),
        example("own-mappings"),
        example("untouched-block"),
        example("prefork-server"),
        example("tagged-requests"),
        // The core of the library by itself, a process a scenario.
        .executableTarget(
            name: "shim-scenarios", dependencies: ["ShimCore"], path: "Tests/ShimTests/Programs/shim-scenarios",
            cSettings: [.define("_GNU_SOURCE"), .unsafeFlags(["-pthread", "-Wall", "-Wextra", "-Werror"])],
            linkerSettings: [.linkedLibrary("pthread"), .unsafeFlags(["-nostartfiles", "-static-stdlib"])]),
        // Programs whose memory grows, or does not: Tests/Growth.
        program("growth", path: "Tests/EndToEndTests/Programs/growth"),
        // Heaps whose trimming the end-to-end tests compare with its prediction; same protocol.
        program("trim-workloads", path: "Tests/EndToEndTests/Programs/trim-workloads"),
    ],
    swiftLanguageModes: [.v6]
)
