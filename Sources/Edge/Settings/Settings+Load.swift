import Foundation

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

extension Settings {
    /// Checks a configuration's text without a look at any file, but through `read` at the lists that it names.
    ///
    /// `file` is its path: it names the file in problems, and relative paths are relative to its folder.
    /// `isPrivate` says whether nobody but its owner can read it; only then a password may stand in it.
    /// No text of any size makes this crash.
    package static func parse(
        text: [UInt8], file: String, isPrivate: Bool = false, home: String? = nil
    ) throws(SettingsProblems) -> Settings {
        try parse(text: text, file: file, isPrivate: isPrivate, home: home) { _ throws(Rejection) in
            throw Rejection(what: "is not read here", expected: "an account for each mailbox")
        }
    }

    static func parse(
        text: [UInt8], file: String, isPrivate: Bool, home: String?,
        read: @escaping (String) throws(Rejection) -> PlainFile
    ) throws(SettingsProblems) -> Settings {
        let decoder = Decoder(file: file, isPrivate: isPrivate, home: home, read: read)
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
        let file: PlainFile
        do throws(Rejection) {
            file = try PlainFile(
                absolute, maximumBytes: TOMLTable.maximumBytes,
                expected: "a configuration there, or another path in --config or SENTMARK_CONFIG")
        } catch {
            throw SettingsProblems(problems: [
                .init(file: absolute, position: nil, path: "", what: error.what, expected: error.expected)
            ])
        }
        let settings = try parse(
            text: file.bytes, file: absolute, isPrivate: file.isPrivate, home: environment["HOME"]
        ) { path throws(Rejection) in
            try PlainFile(path, maximumBytes: AccountList.maximumBytes, expected: "a list of accounts there")
        }
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
