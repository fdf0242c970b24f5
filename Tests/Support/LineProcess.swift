import Foundation

/// A child process that answers each line on its input by one line on its output.
///
/// `@unchecked Sendable`: everything mutable is touched on `queue` alone.
final class LineProcess: @unchecked Sendable {
    private let script: String
    private let queue: DispatchQueue
    private let process = Process()
    private let input = Pipe()
    private let output = Pipe()
    private var unread = Data()

    /// - Parameter script: a file for Python.
    init(_ script: String, _ arguments: [String] = []) throws {
        self.script = URL(fileURLWithPath: script).lastPathComponent
        queue = DispatchQueue(label: self.script)
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", script] + arguments
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        process.standardInput = input
        process.standardOutput = output
        try process.run()
    }

    deinit {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }

    func ask<Answer: Decodable & Sendable>(_ request: some Encodable) async throws -> Answer {
        let line = try JSONEncoder().encode(request) + [UInt8(ascii: "\n")]
        return try await onQueue {
            try self.input.fileHandleForWriting.write(contentsOf: line)
            return try self.readAnswer()
        }
    }

    /// What it says without being asked.
    func next<Answer: Decodable & Sendable>() async throws -> Answer {
        try await onQueue { try self.readAnswer() }
    }

    /// Returns when the process has ended.
    func end() async {
        try? await onQueue {
            try self.input.fileHandleForWriting.close()
            self.process.waitUntilExit()
        }
    }

    private func onQueue<Value: Sendable>(_ work: @escaping @Sendable () throws -> Value) async throws -> Value {
        try await withCheckedThrowingContinuation { continuation in
            queue.async { continuation.resume(with: Result { try work() }) }
        }
    }

    private func readAnswer<Answer: Decodable>() throws -> Answer {
        let answer = try readLine()
        if let failure = try? JSONDecoder().decode(Failure.self, from: answer) {
            throw LineProcessError(description: failure.error)
        }
        return try JSONDecoder().decode(Answer.self, from: answer)
    }

    private func readLine() throws -> Data {
        var line = unread
        unread = Data()
        var searched = 0
        while true {
            if let end = line[searched...].firstIndex(of: UInt8(ascii: "\n")) {
                unread = Data(line[(end + 1)...])
                return Data(line[..<end])
            }
            let more = output.fileHandleForReading.availableData
            guard !more.isEmpty else {
                throw LineProcessError(description: "\(script) has ended; its reason is on standard error")
            }
            searched = line.count
            line += more
        }
    }
}

/// A file by its place in the repository.
func repositoryFile(_ path: String) -> String {
    let root = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent()
    return root.appendingPathComponent(path).path
}

private struct Failure: Decodable { let error: String }

package struct LineProcessError: Error, CustomStringConvertible {
    package let description: String
}
