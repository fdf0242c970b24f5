import Testing

/// A disk that has become read-only, as one does after errors: what cannot run says so at once, and why.
struct ReadOnlyDiskTests {
    @Test(.enabled(if: SmallDisk.refusal == nil, "no file system can be mounted here: \(SmallDisk.refusal ?? "")"))
    func whatNeedsToWriteEndsAndSaysWhy() throws {
        let program = try Program()
        try program.write("keys/alice.password", "secret")
        try program.write(
            "config.toml",
            """
            [[account]]
            name = "alice"
            imap = "imap://127.0.0.1:1"
            user = "alice"
            password_file = "keys/alice.password"

            [[source]]
            kind = "sentmark"
            url = "\(program.url)"
            credential_file = "keys/px"

            [server]
            listen = "127.0.0.1:\(program.port)"
            public_url = "\(program.url)"
            """)
        try program.command("stream", "add", "test", "--output", program.home.appending(path: "keys/px").path)
        let disk = SmallDisk(under: program)

        let serving = try disk.outcomeReadOnly(of: ["serve"])
        #expect(serving.status == 77)
        #expect(
            serving.errors.contains(
                "hits.db.lock: Read-only file system; mount the file system for writing, or name another place"))
        let running = try disk.outcomeReadOnly(of: ["run"])
        #expect(running.status == 74)
        #expect(running.errors.contains("agent.lock: cannot be opened: Read-only file system; "))
        let check = try disk.outcomeReadOnly(of: ["serve", "--check"])
        #expect(check.status == 77)
        #expect(check.output.contains("hits.db, cannot be written: Read-only file system; see that file system, owner"))
        // What only reads does.
        let list = try disk.outcomeReadOnly(of: ["stream", "list"])
        #expect(list.status == 0 && list.output.contains("test "))
    }
}
