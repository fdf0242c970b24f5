import Foundation

/// Where the agent keeps its files, by the XDG Base Directory Specification.
package struct Directories: Sendable, Equatable {
    /// `$XDG_CONFIG_HOME/sentmark`, or `~/.config/sentmark`.
    package let configuration: String
    /// `$XDG_STATE_HOME/sentmark`, or `~/.local/state/sentmark`.
    package let state: String
    /// `$XDG_RUNTIME_DIR/sentmark`, or `run` in the state directory where there is none.
    package let runtime: String

    /// Where other commands ask a running agent.
    package var controlSocket: String { runtime + "/control.sock" }

    /// Relative paths in the variables are ignored, as the specification asks.
    package init(environment: [String: String] = ProcessInfo.processInfo.environment) {
        let home = environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil } ?? NSHomeDirectory()
        func folder(_ variable: String) -> String? {
            environment[variable].flatMap { $0.hasPrefix("/") ? $0 + "/sentmark" : nil }
        }
        configuration = folder("XDG_CONFIG_HOME") ?? home + "/.config/sentmark"
        state = folder("XDG_STATE_HOME") ?? home + "/.local/state/sentmark"
        runtime = folder("XDG_RUNTIME_DIR") ?? state + "/run"
    }

    /// Makes the state and the runtime directory, mode 0700, with what is missing above them.
    package func create() throws(HostError) {
        try Self.create(state)
        try Self.create(runtime)
    }

    /// Makes a directory that nobody else can enter. One that is there is left as it is, and refused if it belongs to
    /// somebody else or others can write in it.
    package static func create(_ path: String) throws(HostError) {
        var made = ""
        for part in path.split(separator: "/") {
            made += "/" + part
            guard mkdir(made, 0o700) != 0, errno != EEXIST else { continue }
            // On a read-only or foreign parent mkdir complains of that before it sees that the directory is there.
            let code = errno
            var status = stat()
            guard stat(made, &status) == 0 else {
                throw .system(
                    made, "cannot be made", action: "make it, or let XDG_STATE_HOME name another place", errno: code)
            }
        }
        var status = stat()
        guard stat(path, &status) == 0 else {
            throw .system(path, "cannot be read", action: "check the permissions above it")
        }
        guard status.st_mode & S_IFMT == S_IFDIR else {
            throw HostError(code: .unusable, subject: path, detail: "is not a directory", action: "move it away")
        }
        guard status.st_uid == geteuid() else {
            throw HostError(
                code: .unsafe, subject: path, detail: "belongs to another user",
                action: "run as user \(status.st_uid), or chown it")
        }
        guard status.st_mode & 0o022 == 0 else {
            throw HostError(
                code: .unsafe, subject: path, detail: "others can write in it", action: "chmod 700 \(path)")
        }
    }
}
