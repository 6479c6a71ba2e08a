// swift-tools-version: 6.3
import PackageDescription

/// The version of the project: `make version` changes it, and everything else has it from here.
let version = "0.2.0"

// The manifest is the architecture: imports only go down this list, and
// `swift build --explicit-target-dependency-import-check error` holds the code to it.

/// One module map and shim header for a C library that Debian packages.
func library(_ name: String, pkgConfig: String, apt: String) -> Target {
    .systemLibrary(
        name: name, path: "Sources/CLibraries/\(name)", pkgConfig: pkgConfig, providers: [.apt([apt])])
}

let package = Package(
    name: "darktrace-exporter",
    products: [
        .executable(name: "darktrace-exporter", targets: ["darktrace-exporter"]),
        .executable(name: "darktrace-simulator", targets: ["darktrace-simulator"]),
    ],
    targets: [
        // 0: C libraries, each imported by one target (GnuTLS and RapidJSON by two).
        library("CMicroHTTPD", pkgConfig: "libmicrohttpd", apt: "libmicrohttpd-dev"),
        library("CCurl", pkgConfig: "libcurl", apt: "libcurl4-gnutls-dev"),
        library("CGnuTLS", pkgConfig: "gnutls", apt: "libgnutls28-dev"),
        library("CCrypt", pkgConfig: "libcrypt", apt: "libcrypt-dev"),
        library("CSQLite", pkgConfig: "sqlite3", apt: "libsqlite3-dev"),
        library("CYAML", pkgConfig: "yaml-0.1", apt: "libyaml-dev"),
        library("CZlib", pkgConfig: "zlib", apt: "zlib1g-dev"),

        // libpq, loaded only by an exporter that is configured to use PostgreSQL.
        .target(name: "CLibpq", path: "Sources/CLibraries/CLibpq"),

        // RapidJSON, which is headers only: nothing of it has to be installed where the exporter runs.
        .target(name: "CRapidJSON", path: "Sources/CLibraries/CRapidJSON"),

        // The allocator's settings, a header of the C library that Swift's Glibc leaves out.
        .systemLibrary(name: "CAllocator", path: "Sources/CLibraries/CAllocator"),

        // Version and revision, stamped in by the compiler of C: Swift settings cannot carry a value.
        .target(
            name: "CBuildStamp", path: "Sources/CLibraries/CBuildStamp",
            cSettings: [
                .define("STAMPED_VERSION", to: "\"\(version)\""),
                .define("STAMPED_REVISION", to: "\"\(Context.environment["REVISION"] ?? "unknown")\""),
            ]),

        // 1: leaves.
        .target(name: "Metrics", dependencies: ["Locking"]),
        .target(name: "Crypto", dependencies: ["CGnuTLS", "CCrypt"]),
        .target(name: "Values", dependencies: ["Crypto"]),
        .target(name: "Configuration", dependencies: ["CYAML", "Crypto", "Values"]),
        .target(name: "Gzip", dependencies: ["CZlib"]),
        .target(name: "Ledger"),
        .target(name: "Locking"),
        .target(name: "Logging", dependencies: ["Locking"]),

        // 2: the API as values, and its client.
        .target(name: "Darktrace", dependencies: ["CRapidJSON", "Crypto", "Locking", "Values"]),

        // 3: thin wrappers of C libraries.
        .target(name: "CurlTransport", dependencies: ["CCurl", "Crypto", "Darktrace", "Gzip", "Locking", "Values"]),
        .target(name: "SQLiteLedger", dependencies: ["CSQLite", "Ledger", "Locking"]),
        .target(name: "PostgresLedger", dependencies: ["CLibpq", "Ledger", "Locking"]),
        .target(name: "HTTPServer", dependencies: ["CMicroHTTPD", "CGnuTLS", "Locking", "Values"]),

        // 4: collection, and the scrape endpoint.
        .target(name: "Collector", dependencies: ["Darktrace", "Metrics", "Ledger", "Locking"]),
        .target(name: "ScrapeEndpoint", dependencies: ["Metrics", "Gzip", "HTTPServer", "Locking"]),

        // What exporter-toolkit does. Configuration is there because a reload reads the web file and its certificates.
        .target(
            name: "WebAuth", dependencies: ["Configuration", "Crypto", "HTTPServer", "Locking", "Values"]),

        // 5: composition.
        .target(
            name: "Exporter",
            dependencies: [
                "Configuration", "Crypto", "Darktrace", "CurlTransport", "Ledger", "SQLiteLedger", "PostgresLedger",
                "HTTPServer", "Metrics", "Gzip", "Locking", "Logging", "Collector", "ScrapeEndpoint", "Values",
                "WebAuth", "CBuildStamp", "CAllocator", "CRapidJSON",
            ]),
        .target(
            name: "Simulator",
            dependencies: ["Darktrace", "HTTPServer", "Crypto", "Gzip", "Locking", "Values", "CBuildStamp"]),

        // 6: programs, one small file each.
        .executableTarget(name: "darktrace-exporter", dependencies: ["Exporter"]),
        .executableTarget(name: "darktrace-simulator", dependencies: ["Simulator"]),

        .executableTarget(
            name: "exposition-benchmark", dependencies: ["Metrics", "ScrapeEndpoint", "HTTPServer", "Values"],
            path: "Benchmarks/Exposition"),
        .executableTarget(
            name: "collecting-benchmark",
            dependencies: [
                "Crypto", "CurlTransport", "Darktrace", "HTTPServer", "Ledger", "Locking", "SQLiteLedger", "Values",
            ],
            path: "Benchmarks/Collecting"),

        // Shared by the test targets.
        .target(
            name: "TestSupport", dependencies: ["Ledger", "PostgresLedger", "SQLiteLedger"], path: "Tests/TestSupport"),

        // Tests mirror the modules; EndToEndTests and DashboardsTests run the two programs as processes. Of the Collector
        // the tests of simulator and programs only use the list of feeds.
        .testTarget(name: "LockingTests", dependencies: ["Locking"]),
        .testTarget(name: "LoggingTests", dependencies: ["Locking", "Logging"]),
        .testTarget(name: "ValuesTests", dependencies: ["Values"]),
        .testTarget(name: "MetricsTests", dependencies: ["Metrics", "TestSupport"], resources: [.copy("Golden")]),
        .testTarget(name: "ConfigurationTests", dependencies: ["Configuration", "Crypto", "Values", "TestSupport"]),
        .testTarget(name: "CryptoTests", dependencies: ["Crypto", "CCrypt"]),
        .testTarget(name: "GzipTests", dependencies: ["Gzip", "TestSupport"]),
        .testTarget(
            name: "DarktraceTests", dependencies: ["Darktrace", "Locking"], resources: [.copy("Fixtures")]),
        .testTarget(
            name: "CurlTransportTests",
            dependencies: ["CurlTransport", "Darktrace", "HTTPServer", "Crypto", "Locking", "Values", "TestSupport"]),
        .testTarget(
            name: "LedgerTests", dependencies: ["Ledger", "Locking", "PostgresLedger", "SQLiteLedger", "TestSupport"],
            resources: [.copy("Fixtures")]),
        .testTarget(
            name: "HTTPServerTests",
            dependencies: ["HTTPServer", "Crypto", "CGnuTLS", "Locking", "Values", "TestSupport"]),
        .testTarget(
            name: "CollectorTests",
            dependencies: [
                "Collector", "Darktrace", "Ledger", "Metrics", "PostgresLedger", "SQLiteLedger", "TestSupport",
            ]),
        .testTarget(
            name: "ScrapeEndpointTests",
            dependencies: ["ScrapeEndpoint", "Metrics", "HTTPServer", "Gzip", "Locking", "Values", "TestSupport"]),
        .testTarget(
            name: "WebAuthTests",
            dependencies: ["WebAuth", "Configuration", "HTTPServer", "CCrypt", "Locking", "TestSupport"]),
        .testTarget(
            name: "ExporterTests",
            dependencies: [
                "Exporter", "Collector", "Configuration", "Darktrace", "HTTPServer", "Locking", "Logging", "Metrics",
                "ScrapeEndpoint", "Values", "CCrypt", "TestSupport",
            ]),
        .testTarget(
            name: "SimulatorTests",
            dependencies: [
                "Simulator", "Collector", "Darktrace", "HTTPServer", "Locking", "Values", "TestSupport",
                "darktrace-simulator",
            ]),
        .testTarget(
            name: "DashboardsTests", dependencies: ["darktrace-exporter", "darktrace-simulator", "TestSupport"],
            exclude: ["Checks"]),
        .testTarget(
            name: "EndToEndTests",
            dependencies: [
                "darktrace-exporter", "darktrace-simulator", "Collector", "Crypto", "CCrypt", "HTTPServer", "Values",
                "TestSupport",
            ]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)

// The six upcoming features that this compiler lists for language mode 7, and an audit list of every unsafe line.
for target in package.targets
where target.type != .system && !["CBuildStamp", "CLibpq", "CRapidJSON"].contains(target.name) {
    target.swiftSettings = [
        .enableUpcomingFeature("ExistentialAny"),  // SE-0335
        .enableUpcomingFeature("ImmutableWeakCaptures"),  // SE-0481
        .enableUpcomingFeature("InferIsolatedConformances"),  // SE-0470
        .enableUpcomingFeature("InternalImportsByDefault"),  // SE-0409
        .enableUpcomingFeature("MemberImportVisibility"),  // SE-0444
        .enableUpcomingFeature("NonisolatedNonsendingByDefault"),  // SE-0461
        .treatAllWarnings(as: .error),  // SE-0480
    ]
    if target.type != .test && target.name != "TestSupport" {
        target.swiftSettings?.append(.strictMemorySafety())  // SE-0458
    }
}
