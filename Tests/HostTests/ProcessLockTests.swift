import Foundation
import Testing

@testable import Host

@Suite struct ProcessLockTests {
    @Test func isHeldOnce() throws {
        let scratch = try Scratch()
        let path = scratch.path + "/agent.lock"
        var first: ProcessLock? = try ProcessLock(path)
        #expect(try scratch.mode("agent.lock") == 0o600)
        let error = #expect(throws: HostError.self) { try ProcessLock(path) }
        #expect(error?.code == .alreadyRunning(pid: getpid()))
        #expect(error?.description.contains("process \(getpid())") == true)
        withExtendedLifetime(first) {}
        first = nil
        // The file is still there, and shorter than what it held.
        try scratch.file("agent.lock", "99999999999999999999\n")
        #expect(throws: Never.self) { try ProcessLock(path) }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "\(getpid())\n")
    }

    /// Another process holds it, dies by SIGKILL, and leaves it free.
    @Test func endsWithTheProcess() async throws {
        let scratch = try Scratch()
        let path = scratch.path + "/agent.lock"
        let task = Task {
            try await Command(["flock", path, "sh", "-c", "echo $$ > \(path); exec sleep 600"]).run()
        }
        let pid = await until { (try? String(contentsOfFile: path, encoding: .utf8)).flatMap { Int32($0.dropLast()) } }
        let error = #expect(throws: HostError.self) { try ProcessLock(path) }
        #expect(error?.code == .alreadyRunning(pid: pid))
        task.cancel()
        _ = await task.result
        #expect(await until { try? ProcessLock(path) } != nil)
    }

    @Test(arguments: ["", "not a number", "\u{0}\u{0}"])
    func namesNobodyWhenItCannot(_ content: String) throws {
        let scratch = try Scratch()
        let path = scratch.path + "/agent.lock"
        let lock = try ProcessLock(path)
        try content.write(toFile: path, atomically: false, encoding: .utf8)
        let error = #expect(throws: HostError.self) { try ProcessLock(path) }
        #expect(error?.code == .alreadyRunning(pid: nil))
        withExtendedLifetime(lock) {}
    }

    @Test func followsNoLink() throws {
        let scratch = try Scratch()
        let target = try scratch.file("precious", "precious")
        try FileManager.default.createSymbolicLink(atPath: scratch.path + "/agent.lock", withDestinationPath: target)
        #expect(throws: HostError.self) { try ProcessLock(scratch.path + "/agent.lock") }
        #expect(try String(contentsOfFile: target, encoding: .utf8) == "precious")
    }
}
