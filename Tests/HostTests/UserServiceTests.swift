import Foundation
import Synchronization
import Testing

@testable import Host

/// Real files, and a recorder in the place of systemctl.
@Suite final class UserServiceTests {
    private let scratch: Scratch
    private let calls = Calls()
    private let service: UserService
    private var unit: String? { try? String(contentsOfFile: service.unitPath, encoding: .utf8) }

    init() throws {
        scratch = try Scratch()
        let calls = calls
        service = UserService(environment: ["XDG_CONFIG_HOME": scratch.path]) { arguments throws(HostError) in
            calls.answer(arguments)
        }
    }

    @Test func isWhereSystemdLooks() {
        #expect(service.unitPath == scratch.path + "/systemd/user/sentmark.service")
    }

    @Test func installsStartsAndExplains() async throws {
        let installation = try await service.install(executable: "/opt/sentmark")
        #expect(installation.change == .written && installation.isStarted)
        #expect(installation.advice.count == 1 && installation.advice[0].contains("loginctl enable-linger"))
        #expect(unit?.contains("\nExecStart=/opt/sentmark run\n") == true)
        let expected = ["daemon-reload", "enable sentmark.service", "start sentmark.service"]
        #expect(calls.made.filter { $0.hasPrefix("systemctl") } == expected.map { "systemctl --user " + $0 })
    }

    @Test func doesItTwiceAsOnce() async throws {
        _ = try await service.install(executable: "/opt/sentmark")
        let first = unit
        #expect(try await service.install(executable: "/opt/sentmark").change == .unchanged)
        #expect(unit == first)
        #expect(try await service.install(executable: "/opt/other").change == .replaced)
        #expect(calls.made.contains("systemctl --user restart sentmark.service"))
    }

    @Test func touchesNothingButTheFileIfSoAsked() async throws {
        let installation = try await service.install(executable: "/opt/sentmark", start: false)
        #expect(installation.change == .written && !installation.isStarted && !installation.advice.isEmpty)
        #expect(calls.made.isEmpty)
    }

    @Test func leavesAForeignUnitAlone() async throws {
        try FileManager.default.createDirectory(
            atPath: scratch.path + "/systemd/user", withIntermediateDirectories: true)
        try scratch.file("systemd/user/sentmark.service", "[Service]\nExecStart=/mine\n")
        await #expect(throws: HostError.self) { try await self.service.install(executable: "/opt/sentmark") }
        await #expect(throws: HostError.self) { try await self.service.uninstall() }
        #expect(unit == "[Service]\nExecStart=/mine\n")
        #expect(calls.made.isEmpty)
        #expect(try await service.install(executable: "/opt/sentmark", force: true).change == .replaced)
    }

    /// `systemctl --user mask` makes such a link.
    @Test func doesNotWriteThroughALink() async throws {
        let target = try scratch.file("precious", "precious")
        try FileManager.default.createDirectory(
            atPath: scratch.path + "/systemd/user", withIntermediateDirectories: true)
        try FileManager.default.createSymbolicLink(atPath: service.unitPath, withDestinationPath: target)
        await #expect(throws: HostError.self) { try await self.service.install(executable: "/opt/sentmark") }
        #expect(try await service.install(executable: "/opt/sentmark", force: true).change == .replaced)
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
    }

    @Test func uninstalls() async throws {
        #expect(try await service.uninstall() == .absent)
        #expect(calls.made.isEmpty)
        _ = try await service.install(executable: "/opt/sentmark", start: false)
        #expect(try await service.uninstall() == .removed)
        #expect(unit == nil)
        #expect(calls.made == ["systemctl --user disable --now sentmark.service", "systemctl --user daemon-reload"])
    }

    @Test func saysWhatItSees() async throws {
        _ = try await service.install(executable: "/opt/sentmark", start: false)
        let status = try await service.status()
        #expect(status.isInstalled && status.isOurs && status.isRunning)
        #expect(status.text == "2 accounts = fine" && status.pid == 42 && status.enabledState == "enabled")
        #expect(status.lingers == false && status.advice.count == 1)
    }

    @Test func saysWhyThereIsNoSession() async throws {
        calls.fail("Failed to connect to bus: No medium found\n")
        let error = await #expect(throws: HostError.self) {
            try await self.service.install(executable: "/opt/sentmark")
        }
        #expect(error?.detail == "Failed to connect to bus: No medium found")
        #expect(error?.action.contains("log in as this user") == true)
        #expect(unit != nil)
    }
}

@Suite struct ServiceUnitTests {
    @Test(
        arguments: [
            ("/opt/a b/sentmark", nil, "\"/opt/a b/sentmark\" run"), ("/opt/100%/$x", nil, "\"/opt/100%%/$$x\" run"),
            ("/o/\"q\"\\", nil, "\"/o/\\\"q\\\"\\\\\" run"),
            ("/s", "/etc/my config.toml", "/s --config \"/etc/my config.toml\" run"),
        ] as [(String, String?, String)])
    func quotesForSystemd(_ executable: String, _ configuration: String?, _ command: String) throws {
        let unit = try ServiceUnit(executable: executable, configuration: configuration)
        #expect(unit.text.contains("\nExecStart=\(command)\n"))
        #expect(ServiceUnit.isOurs(unit.text))
    }

    @Test(arguments: ["sentmark", "", "/a\nExecStart=/b", "/a\u{7F}"])
    func refusesWhatIsNoPath(_ executable: String) {
        #expect(throws: HostError.self) { try ServiceUnit(executable: executable) }
    }

    @Test func isTheFileInConfig() throws {
        let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
            .deletingLastPathComponent()
        let text = try String(contentsOf: root.appending(path: "Config/sentmark.service"), encoding: .utf8)
        #expect(try text == ServiceUnit(executable: "/usr/bin/sentmark").text)
    }
}

private final class Calls: Sendable {
    private let state = Mutex((made: [String](), failure: String?.none))

    var made: [String] { state.withLock { $0.made } }

    func fail(_ message: String) { state.withLock { $0.failure = message } }

    func answer(_ arguments: [String]) -> Command.Output {
        state.withLock { state in
            state.made.append(arguments.joined(separator: " "))
            if let failure = state.failure {
                return .init(status: 1, standardOutput: [], standardError: Array(failure.utf8))
            }
            let text =
                arguments.first == "loginctl"
                ? "Linger=no\n"
                : "ActiveState=active\nSubState=running\nUnitFileState=enabled\nStatusText=2 accounts = fine\nMainPID=42\n"
            return .init(status: 0, standardOutput: Array(text.utf8), standardError: [])
        }
    }
}
