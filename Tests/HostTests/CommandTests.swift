import Foundation
import Secrets
import Testing

@testable import Host

/// Real programs.
@Suite struct CommandTests {
    @Test(arguments: [
        (["printf", "secret"], "secret"), (["printf", "secret\\n"], "secret"),
        (["printf", "secret\\r\\nnotes\\n"], "secret"),
        (["/bin/sh", "-c", "echo warning >&2; echo secret"], "secret"), (["printf", "%s", "$HOME;*"], "$HOME;*"),
    ])
    func giveTheirFirstLine(_ arguments: [String], _ secret: String) async throws {
        #expect(try await CommandSecret(arguments).read() == Secret(secret))
        #expect(try CommandSecret(arguments).readBlocking() == Secret(secret))
    }

    struct Failure: Sendable, CustomTestStringConvertible {
        let arguments: [String]
        let code: HostError.Code
        let detail: String
        var testDescription: String { arguments.joined(separator: " ") }
    }

    @Test(arguments: [
        Failure(arguments: ["false"], code: .failed, detail: "ended with status 1"),
        Failure(
            arguments: ["sh", "-c", "echo gpg: no key >&2; echo secret; exit 2"], code: .failed,
            detail: "ended with status 2: gpg: no key"),
        Failure(arguments: ["sh", "-c", "kill -9 $$"], code: .failed, detail: "ended with status 137"),
        Failure(arguments: ["true"], code: .unusable, detail: "printed nothing"),
        Failure(arguments: ["echo"], code: .unusable, detail: "printed nothing"),
        Failure(arguments: ["yes"], code: .unusable, detail: "printed more than 65536 bytes"),
        Failure(arguments: ["sh", "-c", "yes >&2"], code: .unusable, detail: "printed more than 65536 bytes"),
        Failure(
            arguments: ["no-such-program"], code: .notFound, detail: "cannot be started: No such file or directory"),
        Failure(arguments: ["/"], code: .system(EACCES), detail: "cannot be started: Permission denied"),
        Failure(arguments: [], code: .unusable, detail: "cannot be started: an empty name or a NUL"),
        Failure(arguments: ["echo", "a\0b"], code: .unusable, detail: "cannot be started: an empty name or a NUL"),
    ])
    func sayWhyTheyFailed(_ failure: Failure) async {
        let error = await #expect(throws: HostError.self) { try await CommandSecret(failure.arguments).read() }
        #expect(error?.code == failure.code && error?.detail == failure.detail)
        #expect(error?.description.contains("secret") == false)
        let blocking = #expect(throws: HostError.self) { try CommandSecret(failure.arguments).readBlocking() }
        #expect(blocking == error)
    }

    @Test func areOneLineInALog() async {
        let error = await #expect(throws: HostError.self) {
            try await CommandSecret(["sh", "-c", "printf 'a\\n\\033[31mb%0400d' 1 >&2; exit 1"]).read()
        }
        let detail = error?.detail ?? ""
        #expect(detail.hasPrefix("ended with status 1: a [31mb000") && detail.hasSuffix("…") && detail.count < 340)
    }

    /// With everything they have started: the sleeper that the shell leaves in the background is killed too.
    @Test(arguments: [["sh", "-c", "sleep 600 & echo $! >&2; wait"], ["sh", "-c", "trap '' TERM; sleep 600"]])
    func areKilledWhenTheirTimeIsOver(_ arguments: [String]) async throws {
        let scratch = try Scratch()
        let path = scratch.path + "/pids"
        var words = arguments
        words[2] = "echo $$ > \(path); " + words[2].replacingOccurrences(of: ">&2", with: ">> \(path)")
        let command = Command(words, timeout: .milliseconds(300))
        let error = await #expect(throws: HostError.self) { try await command.run() }
        #expect(error?.code == .timedOut)
        let pids = try String(contentsOfFile: path, encoding: .utf8).split(separator: "\n").compactMap { Int32($0) }
        #expect(!pids.isEmpty)
        for pid in pids { #expect(await ended(pid)) }
    }

    @Test func areKilledWhenNobodyWaits() async throws {
        let scratch = try Scratch()
        let path = scratch.path + "/pid"
        let task = Task { try await Command(["sh", "-c", "echo $$ > \(path); exec sleep 600"]).run() }
        let pid = try #require(
            await until { (try? String(contentsOfFile: path, encoding: .utf8)).flatMap { Int32($0.dropLast()) } })
        task.cancel()
        let result = await task.result
        #expect(throws: HostError.self) { try result.get() }
        #expect(await ended(pid))
    }

    @Test func areNotWaitedForByWhatTheyLeaveRunning() async throws {
        let output = try await Command(["sh", "-c", "sleep 600 & echo $!"]).run()
        let pid = try #require(Int32(String(decoding: output.standardOutput, as: UTF8.self).dropLast()))
        #expect(output.status == 0)
        #expect(kill(pid, 0) == 0)
        kill(pid, SIGKILL)
    }

    @Test func mayCloseTheirOutputAndRunOn() async throws {
        let output = try await Command(["sh", "-c", "printf x; exec >&- 2>&-; sleep 0.1; exit 3"]).run()
        #expect(output == .init(status: 3, standardOutput: Array("x".utf8), standardError: []))
    }

    /// Neither our files nor what speaks to the service manager.
    @Test func inheritNothing() async throws {
        let leak = open("/dev/null", O_RDONLY)
        defer { close(leak) }
        let environment = ["NOTIFY_SOCKET": "/n", "WATCHDOG_USEC": "1", "KEPT": "yes", "PATH": "/usr/bin:/bin"]
        let files = try await Command(["ls", "/proc/self/fd"], environment: environment).run()
        // The fourth is the folder that ls reads.
        #expect(String(decoding: files.standardOutput, as: UTF8.self) == "0\n1\n2\n3\n")
        let variables = try await Command(["env"], environment: environment).run()
        let names = String(decoding: variables.standardOutput, as: UTF8.self).split(separator: "\n")
        #expect(Set(names) == ["KEPT=yes", "PATH=/usr/bin:/bin"])
        let input = try await Command(["cat"], environment: environment).run()
        #expect(input.status == 0 && input.standardOutput.isEmpty)
    }

    @Test func runManyAtOnce() async throws {
        try await withThrowingTaskGroup(of: Secret.self) { group in
            for number in 0..<40 { group.addTask { try await CommandSecret(["echo", "\(number)"]).read() } }
            var secrets: [Secret] = []
            for try await secret in group { secrets.append(secret) }
            #expect(secrets.count == 40)
        }
    }
}

/// Gone, or dead and waiting for its parent.
private func ended(_ pid: Int32) async -> Bool {
    await until {
        guard let status = try? String(contentsOfFile: "/proc/\(pid)/stat", encoding: .utf8) else { return true }
        return status.contains(") Z ") || status.contains(") X ") ? true : nil
    } ?? false
}

/// Asks until there is an answer, for ten seconds.
func until<Answer>(_ ask: () -> Answer?) async -> Answer? {
    let end = ContinuousClock.now + .seconds(10)
    while ContinuousClock.now < end {
        if let answer = ask() { return answer }
        await Task.yield()
    }
    return nil
}
