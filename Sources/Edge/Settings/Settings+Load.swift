import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Settings {
    /// Checks a configuration's text without a look at any file.
    ///
    /// `file` is its path: it names the file in problems, and relative paths are relative to its folder.
    /// `isPrivate` says whether nobody but its owner can read it; only then a password may stand in it.
    /// No text of any size makes this crash.
    package static func parse(
        text: [UInt8], file: String, isPrivate: Bool = false, home: String? = nil
    ) throws(SettingsProblems) -> Settings {
        let decoder = Decoder(file: file, isPrivate: isPrivate, home: home)
        let root: TOMLTable
        do throws(TOMLError) {
            root = try TOMLTable(parsing: text)
        } catch {
            throw SettingsProblems(problems: [
                .init(file: file, position: error.position, path: "", what: error.reason, expected: nil)
            ])
        }
        let settings = decoder.settings(root)
        try decoder.report.throwIfWrong()
        return settings
    }

    package static func parse(
        text: String, file: String, isPrivate: Bool = false, home: String? = nil
    ) throws(SettingsProblems) -> Settings {
        try parse(text: Array(text.utf8), file: file, isPrivate: isPrivate, home: home)
    }

    /// Reads and checks the configuration at `path`.
    ///
    /// A file that others could have written is refused: it names commands to run. With `filesMustExist`, a CA,
    /// password or credential file that is not there is a problem too; a command that makes one of them says `false`.
    package static func load(
        _ path: String, filesMustExist: Bool = true,
        environment: [String: String] = ProcessInfo.processInfo.environment
    ) throws(SettingsProblems) -> Settings {
        let absolute = path.hasPrefix("/") ? path : FileManager.default.currentDirectoryPath + "/" + path
        let file = try ConfigurationFile(absolute)
        let settings = try parse(
            text: file.bytes, file: absolute, isPrivate: file.isPrivate, home: environment["HOME"])
        if filesMustExist { try settings.checkFiles() }
        return settings
    }

    /// `SENTMARK_CONFIG`, or `sentmark/config.toml` in `XDG_CONFIG_HOME` or `~/.config`.
    package static func defaultPath(environment: [String: String] = ProcessInfo.processInfo.environment) -> String {
        if let path = environment["SENTMARK_CONFIG"], !path.isEmpty { return path }
        // The XDG specification: a relative path there is to be ignored.
        let folder = environment["XDG_CONFIG_HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
        return (folder ?? (environment["HOME"] ?? "") + "/.config") + "/sentmark/config.toml"
    }

    private func checkFiles() throws(SettingsProblems) {
        let report = Report(file: file)
        for needed in neededFiles where access(needed.value, F_OK) != 0 {
            let why = String(cString: strerror(errno))
            report.problem(
                at: needed.position, needed.path, "\(quoted(needed.value)): \(why)", expected: "a file that is there")
        }
        try report.throwIfWrong()
    }
}

/// The bytes of a configuration and who else can read it.
private struct ConfigurationFile {
    let bytes: [UInt8]
    let isPrivate: Bool

    init(_ path: String) throws(SettingsProblems) {
        func refused(_ what: String, _ expected: String) -> SettingsProblems {
            SettingsProblems(problems: [
                .init(file: path, position: nil, path: "", what: what, expected: expected)
            ])
        }
        // Not blocking: a FIFO would otherwise wait for its writer.
        let descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard descriptor >= 0 else {
            throw refused(
                "cannot be read: " + String(cString: strerror(errno)),
                "a configuration there, or another path in --config or SENTMARK_CONFIG")
        }
        defer { close(descriptor) }
        var status = stat()
        guard fstat(descriptor, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            throw refused("is not a regular file", "a regular file")
        }
        guard status.st_uid == geteuid() || status.st_uid == 0, status.st_mode & 0o022 == 0 else {
            throw refused(
                "others can write it, and it says which commands to run",
                "your own file, writable by nobody else: chmod go-w")
        }
        isPrivate = status.st_mode & 0o077 == 0
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 65_536)
        // One byte more than allowed, so that the parser can tell.
        while bytes.count <= TOMLTable.maximumBytes {
            let count = read(descriptor, &chunk, chunk.count)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw refused("cannot be read: " + String(cString: strerror(errno)), "a file") }
            if count == 0 { break }
            bytes += chunk[..<count]
        }
        self.bytes = bytes
    }
}
