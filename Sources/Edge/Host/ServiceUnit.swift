/// The systemd unit that runs the agent for one user. `Config/sentmark.service` is this text for `/usr/bin/sentmark`.
package struct ServiceUnit: Sendable, Equatable {
    package static let name = "sentmark.service"

    package let text: String

    /// `executable` and `configuration` are absolute paths; without the latter the agent looks in its usual place.
    package init(executable: String, configuration: String? = nil) throws(HostError) {
        var command = try [Self.word(executable)]
        if let configuration { command += ["--config", try Self.word(configuration)] }
        text = Self.template(command: (command + ["run"]).joined(separator: " "))
    }

    /// Whether this program wrote the text, in this version or another.
    package static func isOurs(_ text: String) -> Bool { text.hasPrefix(mark) }

    private static let mark = "# Written by \"sentmark service install\""

    /// Quoted for `ExecStart=` (systemd.service(5), "Command lines").
    private static func word(_ path: String) throws(HostError) -> String {
        guard path.hasPrefix("/"), path.utf8.count <= 4096, path.utf8.allSatisfy({ $0 >= 0x20 && $0 != 0x7F }) else {
            throw HostError(
                code: .unusable, subject: String(path.prefix(80)), detail: "cannot stand in a unit",
                action: "use an absolute path without control characters")
        }
        let isPlain = path.utf8.allSatisfy { byte in
            (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "/._-+".utf8.contains(byte)
        }
        if isPlain { return path }
        let escapes: [Character: String] = ["\\": "\\\\", "\"": "\\\"", "%": "%%", "$": "$$"]
        return "\"" + path.map { escapes[$0] ?? String($0) }.joined() + "\""
    }

    private static func template(command: String) -> String {
        """
        \(mark), which may write it again.
        # Changes belong in a drop-in: systemctl --user edit sentmark

        [Unit]
        Description=Sentmark, shows which sent messages were opened
        # A user manager has no network-online.target: the agent itself waits for the network.
        StartLimitIntervalSec=10min
        StartLimitBurst=10

        [Service]
        # The agent says when it is up, how it is, and every 30 seconds that it is alive.
        Type=notify
        NotifyAccess=main
        WatchdogSec=60s
        ExecStart=\(command)
        ExecReload=kill -HUP $MAINPID
        Restart=on-failure
        RestartSec=5s
        # Wrong usage, no permission, wrong configuration: another try would end the same way.
        RestartPreventExitStatus=64 77 78
        TimeoutStartSec=90s
        TimeoutStopSec=10s
        # Swift's runtime would note, each time a thread starts, that a user may not raise its priority.
        Environment=LIBDISPATCH_LOG=NO

        # What follows holds without any privilege, for the agent and for the commands that print its passwords.
        # ProtectSystem=, ProtectHome= and PrivateTmp= are not here: without PrivateUsers= a user manager ignores them.
        # They are in sentmark-namespaces.conf, for systems where user namespaces are allowed.
        # PrivateDevices=, CapabilityBoundingSet= and DynamicUser= would keep a user's service from starting.

        # No program that it starts gains rights: a password command cannot use sudo.
        NoNewPrivileges=yes
        # Files it makes are for the user alone.
        UMask=0077
        # A core dump would hold passwords.
        LimitCORE=0
        # Mail, pixels and names travel by IPv4 and IPv6; the control socket, the journal and gpg-agent are local;
        # name resolution asks the kernel for addresses by netlink.
        RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
        RestrictNamespaces=yes
        RestrictRealtime=yes
        RestrictSUIDSGID=yes
        LockPersonality=yes
        # No memory is both writable and executable. A password command with a just-in-time compiler needs this off.
        MemoryDenyWriteExecute=yes
        SystemCallArchitectures=native
        # What services need, less what only root may do. Not less "@resources": Swift's runtime calls setpriority.
        SystemCallFilter=@system-service
        SystemCallFilter=~@privileged
        # A forbidden call fails and does not kill.
        SystemCallErrorNumber=EPERM

        [Install]
        WantedBy=default.target

        """
    }
}
