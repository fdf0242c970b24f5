import Foundation

/// The agent as a systemd service of one user, who needs no rights for it.
package struct UserService: Sendable {
    /// Runs `systemctl` or `loginctl`.
    package typealias Runner = @Sendable (_ arguments: [String]) async throws(HostError) -> Command.Output

    /// `$XDG_CONFIG_HOME/systemd/user/sentmark.service`
    package let unitPath: String
    private let user: String
    private let run: Runner

    package init(
        environment: [String: String] = ProcessInfo.processInfo.environment,
        run: @escaping Runner = { arguments throws(HostError) in
            try await Command(arguments, timeout: .seconds(60)).run()
        }
    ) {
        let configuration = Directories(environment: environment).configuration
        unitPath = String(configuration.dropLast("/sentmark".count)) + "/systemd/user/" + ServiceUnit.name
        user = String(geteuid())
        self.run = run
    }

    /// The absolute path of the running program.
    package static func currentExecutable() throws(HostError) -> String {
        guard let path = Bundle.main.executablePath, path.hasPrefix("/") else {
            throw HostError(
                code: .notFound, subject: "sentmark", detail: "its own path cannot be found",
                action: "start it by its full path")
        }
        return path
    }
}

extension UserService {
    package enum Change: Sendable, Equatable {
        case written, replaced, unchanged, removed, absent
    }

    package struct Installation: Sendable, Equatable {
        package let change: Change
        package let isStarted: Bool
        /// What the user should know, a sentence each.
        package let advice: [String]
    }

    /// Writes the unit, enables and starts it; all that is right already stays as it is.
    ///
    /// With `start` false nothing but the file is touched. A unit that this program did not write is overwritten only
    /// with `force`. The unit stays when `systemctl` fails.
    package func install(
        executable: String, configuration: String? = nil, start: Bool = true, force: Bool = false
    ) async throws(HostError) -> Installation {
        let unit = try ServiceUnit(executable: executable, configuration: configuration)
        let change = try write(unit, force: force)
        guard start else {
            return Installation(
                change: change, isStarted: false,
                advice: ["Start it with: systemctl --user daemon-reload && systemctl --user enable --now sentmark"])
        }
        try await systemctl("daemon-reload")
        try await systemctl("enable", ServiceUnit.name)
        // Start does nothing to a service that runs with the old unit.
        try await systemctl(change == .replaced ? "restart" : "start", ServiceUnit.name)
        return Installation(
            change: change, isStarted: true, advice: await lingering() == true ? [] : [Self.aboutLingering])
    }

    /// Stops and disables the service and removes its unit, as far as they are there.
    package func uninstall(force: Bool = false) async throws(HostError) -> Change {
        guard let old = try existing() else { return .absent }
        try refuseForeign(old, force: force)
        try await systemctl("disable", "--now", ServiceUnit.name)
        guard unlink(unitPath) == 0 || errno == ENOENT else {
            throw .system(unitPath, "cannot be removed", action: "remove it by hand")
        }
        try await systemctl("daemon-reload")
        return .removed
    }

    private static var aboutLingering: String {
        "It runs while you are logged in. To let it run from boot on and after you log out: loginctl enable-linger"
    }

    /// Whether the user's services run without a login; `nil` if it cannot be told.
    private func lingering() async -> Bool? {
        guard let output = try? await run(["loginctl", "show-user", user, "--property=Linger"]), output.status == 0
        else { return nil }
        return Self.properties(output.standardOutput)["Linger"] == "yes"
    }

    private func systemctl(_ arguments: String...) async throws(HostError) {
        let output = try await run(["systemctl", "--user"] + arguments)
        guard output.status == 0 else { throw Self.failure(output) }
    }

    private static func failure(_ output: Command.Output) -> HostError {
        let said = CommandSecret.oneLine(output.standardError)
        let noBus = said.contains("connect to bus") || said.contains("DBUS_SESSION_BUS_ADDRESS")
        return HostError(
            code: .failed, subject: "systemctl --user",
            detail: said.isEmpty ? "ended with status \(output.status)" : said,
            action: noBus
                ? "log in as this user (not by su or sudo), or use: machinectl shell USER@"
                : "see: journalctl --user -u sentmark -e")
    }

    fileprivate static func properties(_ bytes: [UInt8]) -> [String: String] {
        let pairs = String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            line.firstIndex(of: "=").map { (String(line[..<$0]), String(line[$0...].dropFirst())) }
        }
        return Dictionary(pairs) { first, _ in first }
    }
}

extension UserService {
    package struct Status: Sendable, Equatable {
        package let isInstalled: Bool
        /// Whether the unit is one that this program wrote.
        package let isOurs: Bool
        /// systemd's words, such as `active`, `running`, `enabled`; empty when systemd does not know the unit.
        package let activeState: String
        package let subState: String
        package let enabledState: String
        /// What the agent last said about itself.
        package let text: String
        package let pid: Int32?
        /// `nil` if it cannot be told.
        package let lingers: Bool?
        package let advice: [String]

        package var isRunning: Bool { activeState == "active" || activeState == "reloading" }
    }

    package func status() async throws(HostError) -> Status {
        let unit = try existing()
        let names = ["ActiveState", "SubState", "UnitFileState", "StatusText", "MainPID"]
        let output = try await run(
            ["systemctl", "--user", "show", ServiceUnit.name, "--property=" + names.joined(separator: ",")])
        guard output.status == 0 else { throw Self.failure(output) }
        let properties = Self.properties(output.standardOutput)
        let lingers = await lingering()
        return Status(
            isInstalled: unit != nil, isOurs: unit.map(ServiceUnit.isOurs) ?? false,
            activeState: properties["ActiveState"] ?? "", subState: properties["SubState"] ?? "",
            enabledState: properties["UnitFileState"] ?? "", text: properties["StatusText"] ?? "",
            pid: properties["MainPID"].flatMap(Int32.init).flatMap { $0 > 0 ? $0 : nil }, lingers: lingers,
            advice: unit != nil && lingers == false ? [Self.aboutLingering] : [])
    }
}

extension UserService {
    /// The unit that is there; a link is not followed, and never ours.
    private func existing() throws(HostError) -> String? {
        var status = stat()
        guard lstat(unitPath, &status) == 0 else {
            if errno == ENOENT || errno == ENOTDIR { return nil }
            throw .system(unitPath, "cannot be read", action: "check the permissions above it")
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return "" }
        guard let file = FileDescriptor(open(unitPath, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)),
            let bytes = file.read(limit: 65_536)
        else { throw .system(unitPath, "cannot be read", action: "check its permissions") }
        return String(decoding: bytes, as: UTF8.self)
    }

    private func refuseForeign(_ text: String, force: Bool) throws(HostError) {
        guard force || ServiceUnit.isOurs(text) else {
            throw HostError(
                code: .unusable, subject: unitPath, detail: "was not written by sentmark",
                action: "move it away, or say --force")
        }
    }

    private func write(_ unit: ServiceUnit, force: Bool) throws(HostError) -> Change {
        let old = try existing()
        if old == unit.text { return .unchanged }
        if let old { try refuseForeign(old, force: force) }
        try Directories.create(String(unitPath.dropLast(ServiceUnit.name.count + 1)))
        // Beside it and then into its place: systemd never reads a half of it.
        let new = unitPath + ".new"
        unlink(new)
        guard let file = FileDescriptor(open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)),
            file.write(Array(unit.text.utf8)), fsync(file.number) == 0, rename(new, unitPath) == 0
        else {
            let error = HostError.system(unitPath, "cannot be written", action: "check the folder and the disk")
            unlink(new)
            throw error
        }
        return old == nil ? .written : .replaced
    }
}
