import Foundation

/// What keeps the agent's database from being written to, while that is wished.
final class TroubledDisk {
    enum Trouble: CaseIterable, Sendable {
        case locked, full, unsyncable, readOnly

        /// Those that there can be where no file system can be mounted, and the others where one can.
        static let possible = allCases.filter { $0 != .full || SmallDisk.refusal == nil }

        /// What the log says is to be done.
        var remedy: String {
            switch self {
            case .locked: "was held, or its disk was busy; stop what uses them"
            case .full: "no space left on the disk; free some"
            case .unsyncable, .readOnly: "check the disk"
            }
        }
    }

    private let trouble: Trouble
    private let program: Program
    private let small: SmallDisk
    private let failing: FailingDisk
    private var lock: DatabaseLock?

    init(_ trouble: Trouble, under program: Program) throws {
        self.trouble = trouble
        self.program = program
        small = SmallDisk(under: program)
        failing = try FailingDisk(under: program)
    }

    /// Starts the program on it.
    func start() throws { try trouble == .full ? small.start() : failing.start() }

    /// What a command is run within that is to see the same files.
    var inside: [String] { trouble == .full ? small.inside : [] }

    func begin() throws {
        switch trouble {
        case .locked: lock = try DatabaseLock(on: program)
        case .full: try small.fill()
        case .unsyncable: try failing.begin(.sync)
        case .readOnly: try failing.begin(.write)
        }
    }

    func end() throws {
        switch trouble {
        case .locked: lock?.release()
        case .full: try small.free()
        case .unsyncable, .readOnly: try failing.end()
        }
    }
}

/// Another process that is about to write the agent's database, and takes its time.
final class DatabaseLock {
    private let process = Process()
    private let input = Pipe()

    init(on program: Program) throws {
        let script = """
            import sqlite3, sys
            connection = sqlite3.connect(sys.argv[1], isolation_level=None)
            connection.execute("BEGIN IMMEDIATE")
            print("held", flush=True)
            sys.stdin.read()
            connection.execute("ROLLBACK")
            """
        let output = Pipe()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = [
            "python3", "-c", script, program.home.appending(path: "state/sentmark/agent.db").path,
        ]
        process.standardInput = input
        process.standardOutput = output
        try process.run()
        let said = String(decoding: output.fileHandleForReading.availableData, as: UTF8.self)
        guard said.hasPrefix("held") else {
            throw Program.Failure(description: "the database cannot be locked: \(said)")
        }
    }

    deinit { release() }

    func release() {
        try? input.fileHandleForWriting.close()
        process.waitUntilExit()
    }
}
