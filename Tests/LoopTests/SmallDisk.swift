import Foundation

/// A disk of a program's own under its state, small enough to be filled: a tmpfs in a private mount namespace, which
/// root may make, and where user namespaces are allowed anybody. Nobody else sees it, and it ends with the program.
struct SmallDisk {
    private static let isRoot = geteuid() == 0
    private static let unshare = ["unshare"] + (isRoot ? [] : ["--user", "--map-root-user"]) + ["--mount"]

    /// Why this machine does not allow it; nil if it does.
    static let refusal: String? = {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = unshare + ["mount", "-t", "tmpfs", "tmpfs", "/mnt"]
        let said = Pipe()
        process.standardError = said
        do { try process.run() } catch { return "\(error)" }
        let text = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 0 ? nil : text.trimmingCharacters(in: .whitespacesAndNewlines)
    }()

    private let program: Program
    private var state: String { program.home.appending(path: "state").path }

    init(under program: Program) { self.program = program }

    /// Starts the program on the disk, which then holds what the directory held.
    func start() throws {
        let script = """
            cp -a "$0" "$0.before" && mount -t tmpfs -o size=2m,mode=0700 tmpfs "$0" && cp -a "$0.before/." "$0" && exec "$@"
            """
        try program.start(within: Self.unshare + ["sh", "-c", script, state])
    }

    /// Runs a command of the program, which can read its state and not write it.
    func outcomeReadOnly(of arguments: [String]) throws -> Program.Outcome {
        try program.outcome(of: arguments, within: readOnly)
    }

    /// Where the program's state can be read and not written.
    var readOnly: [String] {
        let script = #"mount --bind "$0" "$0" && mount -o remount,bind,ro "$0" && exec "$@""#
        return Self.unshare + ["sh", "-c", script, state]
    }

    func fill() throws { try run("cat /dev/zero >\"$0/fill\" 2>\"$0.said\"; grep -q 'No space left' \"$0.said\"") }
    func free() throws { try run("rm \"$0/fill\"") }

    /// Where the program's other commands see the disk.
    var inside: [String] {
        ["nsenter", "--target", "\(program.processID ?? 0)", "--mount"]
            + (Self.isRoot ? [] : ["--user", "--preserve-credentials"])
    }

    private func run(_ script: String) throws {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = inside + ["sh", "-c", script, state]
        try process.run()
        process.waitUntilExit()
        guard process.terminationStatus == 0 else { throw Program.Failure(description: "\(script) failed in \(state)") }
    }
}
