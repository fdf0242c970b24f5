import Foundation
import Host
import Logging
import Settings
import Synchronization
import Testing

@testable import sentmark

struct AgentPresenceTests {
    static let locks = """
        1: POSIX  ADVISORY  WRITE 100 fe:00:4711 0 EOF
        2: FLOCK  ADVISORY  WRITE 3601 fe:00:4711 0 EOF
        2: -> FLOCK  ADVISORY  WRITE 3602 fe:00:4712 0 EOF
        3: FLOCK  ADVISORY  READ 3603 fe:00:4713 0 EOF
        garbage
        """

    @Test(arguments: [(4711 as UInt64, 3601 as Int32?), (4712, nil), (4713, nil), (711, nil)])
    func readsTheKernelsList(_ inode: UInt64, _ pid: Int32?) {
        #expect(AgentPresence.holder(of: inode, in: Self.locks) == pid)
    }

    @Test func seesALockAndItsEnd() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "sentmark-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/agent.lock"
        #expect(AgentPresence.find(lock: path) == .notRunning)
        do {
            let lock = try ProcessLock(path)
            #expect(AgentPresence.find(lock: path) == .running(pid: getpid()))
            withExtendedLifetime(lock) {}
        }
        #expect(AgentPresence.find(lock: path) == .notRunning)
    }
}

struct BindTestTests {
    @Test func tellsAPortInUseFromAFreeOne() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let bound = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, length) == 0 && listen(descriptor, 1) == 0
                    && getsockname(descriptor, $0, &length) == 0
            }
        }
        try #require(bound)
        let port = UInt16(bigEndian: address.sin_port)
        #expect(BindTest.result(host: "127.0.0.1", port: port) == .inUse)
        close(descriptor)
        #expect(BindTest.result(host: "127.0.0.1", port: port) == .free)
    }

    @Test func saysWhyAnAddressIsNotOurs() {
        guard case .failed = BindTest.result(host: "192.0.2.1", port: 8025) else {
            Issue.record("192.0.2.1 is for documentation and on no machine")
            return
        }
    }
}

struct LogLinesTests {
    /// The lines that one message makes on a terminal and in the journal.
    @Test(arguments: [
        (
            false,
            "2026-11-23T09:00:00.000Z warning session ended account=\"a b\" again_in=5 empty=\"\" reason=\"no \\\"x\\\" �[2J\"\n"
        ),
        (true, "<4>session ended account=\"a b\" again_in=5 empty=\"\" reason=\"no \\\"x\\\" �[2J\"\n"),
    ])
    func writesOneLine(_ toJournal: Bool, _ expected: String) {
        let lines = Mutex<[String]>([])
        let handler = LogLines(toJournal: toJournal, now: { Samples.time(0) }) { line in
            lines.withLock { $0.append(line) }
        }
        var logger = Logger(label: "t") { _ in handler }
        logger[metadataKey: "account"] = "a b"
        logger.debug("not shown")
        logger.warning("session ended", metadata: ["reason": "no \"x\" \u{1b}[2J", "again_in": "5", "empty": ""])
        #expect(lines.withLock { $0 } == [expected])
    }
}

struct DoctorTests {
    @Test(arguments: [
        ([], nil as SystemExit?, "All is well.\n"),
        ([Check("t", "n", .good, "d")], nil, "All is well.\n"),
        ([Check("t", "n", .warning, "d")], nil, "1 warning.\n"),
        (
            [
                Check("t", "n", .warning, "d"), Check("t", "n", .failed(.permission), "d"),
                Check("t", "n", .failed(.usage), "d"),
            ],
            .permission, "2 problems, 1 warning.\n"
        ),
    ])
    func endsWithTheFirstProblem(_ checks: [Check], _ status: SystemExit?, _ line: String) {
        #expect(DoctorSummary.status(checks) == status)
        #expect(DoctorSummary.line(checks) == line)
    }

    /// What the settings warn of is a check; a file that is wrong is one for each mistake.
    @Test func showsTheConfiguration() throws {
        let text = "[[account]]\nimap = \"imaps://h.example\"\nuser = \"u\"\npassword_file = \"p\"\n"
        let settings = try Settings.parse(text: text, file: "/c.toml")
        let checks = HostChecks.configuration(settings, path: "/c.toml")
        #expect(checks.count == 1 + settings.warnings.count)
        #expect(checks[0].line == "✓ configuration: file: /c.toml (1 account, 0 sources)\n")
        #expect(DoctorSummary.status(checks) == nil)
        let problems = try #require(throws: SettingsProblems.self) {
            try Settings.parse(
                text: "a = 1\nb = 2\n[server]\npublic_url = \"https://px.example.org\"\n", file: "/c.toml")
        }
        #expect(
            HostChecks.configuration(problems).map(\.outcome) == [.failed(.configuration), .failed(.configuration)])
    }
}
