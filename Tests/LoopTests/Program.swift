import Foundation
import TestSupport

/// The built program, run as a user runs it: own home, own configuration.
///
/// `@unchecked Sendable`: the process is started and ended by one test.
final class Program: @unchecked Sendable {
    struct Failure: Error, CustomStringConvertible { let description: String }

    let home: URL
    let port: Int
    private var process: Process?
    private let executable: URL

    init() throws {
        home = FileManager.default.temporaryDirectory.appending(path: "sentmark-\(UUID())")
        port = try Self.freePort()
        // The test bundle lies beside the program it tests.
        executable = Bundle.module.bundleURL.deletingLastPathComponent().appending(path: "sentmark")
        for folder in ["keys", "state", "run"] {
            try FileManager.default.createDirectory(
                at: home.appending(path: folder), withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        }
    }

    deinit {
        kill()
        try? FileManager.default.removeItem(at: home)
    }

    var url: String { "http://127.0.0.1:\(port)" }
    var log: String { (try? String(contentsOf: home.appending(path: "log"), encoding: .utf8)) ?? "" }

    func write(_ name: String, _ text: String) throws {
        let path = home.appending(path: name).path
        guard
            FileManager.default.createFile(
                atPath: path, contents: Data(text.utf8), attributes: [.posixPermissions: 0o600])
        else { throw Failure(description: "cannot write \(path)") }
    }

    func setMode(_ mode: Int, of name: String) throws {
        try FileManager.default.setAttributes(
            [.posixPermissions: mode], ofItemAtPath: home.appending(path: name).path)
    }

    /// Runs one subcommand to its end; returns its standard output.
    @discardableResult
    func command(_ arguments: String..., expecting status: Int32 = 0) throws -> String {
        let outcome = try outcome(of: arguments)
        guard outcome.status == status else {
            throw Failure(
                description: "\(arguments) ended with \(outcome.status): \(outcome.errors)\(outcome.output)")
        }
        return outcome.output
    }

    struct Outcome {
        let status: Int32
        let output: String
        let errors: String
    }

    /// - Parameter wrapper: a program that runs ours, with its arguments.
    func outcome(of arguments: [String], within wrapper: [String] = []) throws -> Outcome {
        try outcome(of: makeProcess(arguments, within: wrapper))
    }

    private func outcome(of process: Process) throws -> Outcome {
        let output = Pipe()
        process.standardOutput = output
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let said = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Outcome(status: process.terminationStatus, output: text, errors: said)
    }

    /// Runs the sendmail command, which takes its configuration from the environment.
    /// - Parameter message: a file for its standard input.
    func sendmail(_ words: [String], message: URL, within wrapper: [String] = []) throws -> Outcome {
        let process = makeProcess(["sendmail"] + words, within: wrapper, named: false)
        process.environment?["SENTMARK_CONFIG"] = home.appending(path: "config.toml").path
        process.standardInput = try FileHandle(forReadingFrom: message)
        return try outcome(of: process)
    }

    /// Starts a subcommand that goes on; with `stopAt` the program kills itself at that point between two steps.
    func start(_ subcommand: String = "run", stopAt: String? = nil, within wrapper: [String] = []) throws {
        let process = makeProcess([subcommand], within: wrapper)
        if let stopAt { process.environment?["SENTMARK_STOP_AT"] = stopAt }
        let log = home.appending(path: "log")
        if !FileManager.default.fileExists(atPath: log.path) { try write("log", "") }
        let handle = try FileHandle(forWritingTo: log)
        try handle.seekToEnd()
        process.standardError = handle
        process.standardOutput = handle
        try process.run()
        self.process = process
    }

    var processID: Int32? { process?.processIdentifier }
    var isRunning: Bool { process?.isRunning ?? false }
    var status: Int32? { process.flatMap { $0.isRunning ? nil : $0.terminationStatus } }

    /// Asks again until it is so.
    func wait(_ seconds: Double, _ what: String, _ condition: () async throws -> Bool) async throws {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while try await !condition() {
            guard ContinuousClock.now < deadline else {
                throw Failure(description: "waited \(seconds) s for \(what); log:\n\(log.suffix(4000))")
            }
            try await Task.sleep(for: .milliseconds(20))
        }
    }

    func signal(_ number: Int32) {
        if let process, process.isRunning { Foundation.kill(process.processIdentifier, number) }
    }

    func kill() {
        guard let process, process.isRunning else { return }
        Foundation.kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// One load of a pixel, as a reverse proxy passes it on. `options` are curl's. Returns the HTTP status.
    @discardableResult
    func load(
        _ url: String, from address: String, agent: String, method: String = "GET", options: [String] = []
    ) async throws -> Int {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "curl", "--silent", "--max-time", "10", "--output", "/dev/null", "--write-out", "%{http_code}", "--noproxy",
            "*",
            "-X", method, "-A", agent, "-H", "X-Forwarded-For: \(address)", url,
        ]
        if method == "HEAD" { process.arguments?.append("--head") }
        process.arguments?.append(contentsOf: options)
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return Int(text) ?? 0
    }

    /// - Parameter named: whether the configuration is an argument.
    private func makeProcess(_ arguments: [String], within wrapper: [String] = [], named: Bool = true) -> Process {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments =
            wrapper + [executable.path] + arguments
            + (named ? ["--config", home.appending(path: "config.toml").path] : [])
        var environment = ProcessInfo.processInfo.environment
        environment["HOME"] = home.path
        environment["XDG_STATE_HOME"] = home.appending(path: "state").path
        environment["XDG_RUNTIME_DIR"] = home.appending(path: "run").path
        environment["NOTIFY_SOCKET"] = nil
        process.environment = environment
        process.standardInput = FileHandle.nullDevice
        return process
    }

    static func freePort() throws -> Int { try Loopback.freePort() }
}
