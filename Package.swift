// swift-tools-version:6.2
import PackageDescription

#if canImport(Glibc)
    import Glibc
#endif

/// Our own targets: warnings are errors. Dependencies keep their own settings.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error)]

func wire(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Wire/\(name)", swiftSettings: strict)
}
func domain(_ name: String, _ dependencies: [Target.Dependency] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Domain/\(name)", swiftSettings: strict)
}
func edge(_ name: String, _ dependencies: [Target.Dependency] = [], _ more: [SwiftSetting] = []) -> Target {
    .target(name: name, dependencies: dependencies, path: "Sources/Edge/\(name)", swiftSettings: strict + more)
}
func tests(_ subject: String, _ dependencies: [Target.Dependency]) -> Target {
    .testTarget(
        name: "\(subject)Tests", dependencies: dependencies, path: "Tests/\(subject)Tests",
        resources: [.copy("Fixtures")], swiftSettings: strict)
}

/// A release for Linux exports no symbols and, where the loader understands it (glibc 2.36), packs its relocations: some
/// 6 MB less to touch at every start.
var releaseLinking: [LinkerSetting] {
    #if canImport(Glibc)
        var flags = ["-use-ld=lld", "-Xlinker", "--no-export-dynamic"]
        var name = [CChar](repeating: 0, count: 64)
        confstr(Int32(_CS_GNU_LIBC_VERSION), &name, name.count)
        // "glibc 2.36"
        let version = String(decoding: name.prefix { $0 != 0 }.map { UInt8($0) }, as: UTF8.self).drop { $0 != " " }
            .dropFirst().split(separator: ".").compactMap { Int($0) }
        if !version.lexicographicallyPrecedes([2, 36]) {
            flags += ["-Xlinker", "-z", "-Xlinker", "pack-relative-relocs"]
        }
        return [.unsafeFlags(flags, .when(platforms: [.linux], configuration: .release))]
    #else
        return []
    #endif
}

let log = Target.Dependency.product(name: "Logging", package: "swift-log")
let grdb = Target.Dependency.product(name: "GRDB", package: "GRDB.swift")
let lifecycle = Target.Dependency.product(name: "ServiceLifecycle", package: "swift-service-lifecycle")

let package = Package(
    name: "sentmark",
    platforms: [.macOS(.v15)],
    products: [.executable(name: "sentmark", targets: ["sentmark"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.0"),
        .package(url: "https://github.com/apple/swift-log", from: "1.14.0"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.0"),
        .package(url: "https://github.com/apple/swift-nio-ssl", from: "2.37.0"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.8.0"),
        .package(url: "https://github.com/groue/GRDB.swift", from: "7.10.0"),
    ],
    targets: [
        // C libraries, each with one owner: Transport has CCurl, Beacon CXML2, Settings CTOML, Tokens CCrypto, Host CHost,
        // Mailbox CZlib, PixelServer CPQ and CGzip, Networks CMaxMindDB. CLinux is none, but the kernel's epoll: Transport
        // and PixelServer have a loop each, since neither may contain the other.
        .target(name: "CCurl", path: "Sources/C/CCurl", linkerSettings: [.linkedLibrary("curl")]),
        .target(name: "CLinux", path: "Sources/C/CLinux"),
        .target(name: "CHost", path: "Sources/C/CHost"),
        .target(name: "CPQ", path: "Sources/C/CPQ", linkerSettings: [.linkedLibrary("dl", .when(platforms: [.linux]))]),
        .systemLibrary(
            name: "CXML2", path: "Sources/C/CXML2", pkgConfig: "libxml-2.0", providers: [.apt(["libxml2-dev"])]),
        .target(
            name: "CTOML", path: "Sources/C/CTOML",
            cxxSettings: [
                .define("TOML_HEADER_ONLY", to: "1"), .define("TOML_ENABLE_FORMATTERS", to: "0"),
            ]),
        .systemLibrary(name: "CZlib", path: "Sources/C/CZlib", pkgConfig: "zlib", providers: [.apt(["zlib1g-dev"])]),
        .target(name: "CGzip", path: "Sources/C/CGzip", linkerSettings: [.linkedLibrary("z")]),
        .systemLibrary(
            name: "CMaxMindDB", path: "Sources/C/CMaxMindDB", pkgConfig: "libmaxminddb",
            providers: [.apt(["libmaxminddb-dev"])]),
        .target(name: "CCrypto", path: "Sources/C/CCrypto", linkerSettings: [.linkedLibrary("crypto")]),

        wire("Secrets"),
        wire("MIME"),
        wire("IMAP"),
        wire("SMTP", ["MIME", "Secrets"]),

        domain("Tokens", ["CCrypto", "Secrets"]),
        domain("Beacon", ["CXML2", "MIME", "Tokens"]),
        domain("Outgoing", ["MIME", "Beacon", "Tokens"]),
        domain("Opens", ["Tokens"]),
        domain("Servers", ["IMAP"]),
        domain("SentSync", ["IMAP", "Secrets", "MIME", "Beacon", "Tokens", "Opens", "Servers"]),

        edge("Transport", ["CCurl", "CLinux", "Secrets"]),
        edge("Mailbox", ["CZlib", "Transport", "IMAP"]),
        edge(
            "Store",
            [
                "Tokens", "Opens", "SentSync", "Outgoing", "MIME", "IMAP", grdb,
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
            ]),
        edge(
            "Control",
            [
                "Outgoing", log, lifecycle,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
            ]),
        edge("Networks", ["CMaxMindDB", "Transport", "Opens"]),
        edge("HitSources", ["Transport", "MIME", "Opens", "Tokens", "Secrets"]),
        edge(
            "PixelServer",
            [
                "CGzip", "CLinux", "CPQ", "Tokens", "Opens", "Secrets", grdb, log, lifecycle,
                .product(name: "GRDBSQLite", package: "GRDB.swift"),
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                // With Submission the only one that ends TLS itself: BoringSSL is most of what it takes to build.
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ]),
        edge(
            "Submission",
            [
                "SMTP", "MIME", "Outgoing", "Tokens", "Transport", "Secrets", log, lifecycle,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOSSL", package: "swift-nio-ssl"),
            ],
            // What a session does stays on its thread: to leave it costs more than anything else that is done for a mail.
            [.enableUpcomingFeature("NonisolatedNonsendingByDefault")]),
        edge("Settings", ["CTOML", "Secrets", "MIME", "Opens"]),
        edge("Host", ["CHost", "Secrets"]),

        .target(
            name: "Agent",
            dependencies: [
                "Secrets", "MIME", "IMAP", "Tokens", "Beacon", "Outgoing", "Opens", "Servers", "SentSync", "Transport",
                "Mailbox", "Store", "Networks", "HitSources", "PixelServer", "Submission", "Control", "Settings",
                "Host",
                log, lifecycle,
            ], path: "Sources/App/Agent", swiftSettings: strict),
        .executableTarget(
            name: "sentmark",
            dependencies: [
                "Agent", "Secrets", "MIME", "IMAP", "SMTP", "Tokens", "Beacon", "Outgoing", "Opens", "Servers",
                "SentSync",
                "Transport", "Mailbox", "Store", "Networks", "HitSources", "PixelServer", "Submission", "Control",
                "Settings", "Host",
                log, lifecycle,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ], path: "Sources/App/sentmark", swiftSettings: strict, linkerSettings: releaseLinking),

        .target(name: "Dialogues", path: "Tests/Dialogues", swiftSettings: strict),
        .target(
            name: "TestSupport", dependencies: ["Dialogues"], path: "Tests/Support", resources: [.copy("Resources")],
            swiftSettings: strict),
        .target(
            name: "MailboxModel", dependencies: ["IMAP", "MIME", "Opens", "Secrets", "Tokens"],
            path: "Tests/MailboxModel", swiftSettings: strict),
        .target(
            name: "MailGenerator", dependencies: ["MIME", "Beacon", "Outgoing", "Tokens"], path: "Tests/MailGenerator",
            swiftSettings: strict),
        .executableTarget(
            name: "campaign", dependencies: ["MIME", "Outgoing", "MailGenerator"], path: "Tests/Campaign",
            swiftSettings: strict),
        .executableTarget(
            name: "verdict-speed", dependencies: ["Opens"], path: "Benchmarks/VerdictSpeed", swiftSettings: strict),
        tests("MIME", ["MIME"]),
        tests("IMAP", ["IMAP", "Dialogues"]),
        tests("SMTP", ["SMTP", "MIME", "Secrets", "Dialogues"]),
        tests("Tokens", ["Tokens", "Secrets"]),
        tests("Beacon", ["Beacon", "MIME", "Tokens", "Secrets"]),
        tests("Outgoing", ["Outgoing", "MailGenerator", "MIME", "Beacon", "Tokens", "Secrets"]),
        tests("Opens", ["Opens"]),
        tests("Servers", ["Servers", "IMAP"]),
        tests("SentSync", ["SentSync", "Servers", "MailboxModel", "IMAP", "Opens", "Secrets"]),
        tests("Transport", ["Transport", "CCurl", "Secrets", "TestSupport"]),
        tests(
            "Control",
            ["Control", "Outgoing", log, lifecycle, .product(name: "NIOCore", package: "swift-nio")]),
        tests("HitSources", ["HitSources", "Transport", "Opens", "Tokens", "Secrets", "TestSupport"]),
        tests("Networks", ["Networks", "Transport", "Opens", "TestSupport"]),
        tests("Store", ["Store", "SentSync", "Outgoing", "MIME", "IMAP", "Opens", "Tokens", "Secrets", grdb]),
        tests(
            "Convergence",
            ["Store", "SentSync", "MailboxModel", "Beacon", "IMAP", "Opens", "Tokens", "Secrets"]),
        tests(
            "Soak",
            [
                "Agent", "Store", "SentSync", "Servers", "Mailbox", "MailboxModel", "IMAP", "MIME", "Beacon", "Opens",
                "Outgoing", "Submission", "Tokens", "Transport", "Secrets", grdb, log,
            ]),
        tests(
            "PixelServer",
            [
                "PixelServer", "Tokens", "Opens", "Secrets", "TestSupport", grdb, log, lifecycle,
                .product(name: "NIOCore", package: "swift-nio"),
                .product(name: "NIOPosix", package: "swift-nio"),
                .product(name: "NIOEmbedded", package: "swift-nio"),
                .product(name: "NIOHTTP1", package: "swift-nio"),
            ]),
        tests(
            "Command",
            [
                "sentmark", "Agent", "Store", "Opens", "Servers", "SentSync", "IMAP", "Mailbox", "Beacon", "HitSources",
                "Transport", "Tokens", "Secrets", "Settings", "Host", "PixelServer", "Outgoing", "SMTP",
                log,
                .product(name: "ArgumentParser", package: "swift-argument-parser"),
            ]),
        tests("Layer", []),
        tests(
            "Fuzzing",
            [
                "IMAP", "SMTP", "MIME", "Beacon", "Outgoing", "Mailbox", "HitSources", "PixelServer", "Transport",
                "Opens", "Tokens", "Secrets",
            ]),
        tests("Mailbox", ["Mailbox", "Transport", "IMAP", "Secrets", "Dialogues", "TestSupport"]),
        tests(
            "Agent",
            [
                "Agent", "Host", "IMAP", "SentSync", "Servers", "Store", "HitSources", "Mailbox", "Settings",
                "Transport", "Secrets", "Opens", "Tokens", "MailboxModel", "TestSupport", grdb, log,
            ]),
        tests("Loop", ["sentmark", "TestSupport"]),
        tests(
            "Submission",
            [
                "Submission", "SMTP", "MIME", "Outgoing", "Tokens", "Transport", "Secrets", "TestSupport", log,
                lifecycle,
            ]),
        tests("Settings", ["Settings", "Secrets", "Opens"]),
        tests("Host", ["Host", "Secrets"]),
    ],
    swiftLanguageModes: [.v6],
    cxxLanguageStandard: .cxx17
)
