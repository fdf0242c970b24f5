import Foundation
import TestSupport
import Testing

/// `sentmark sendmail`: by a program and by SMTP, with an agent beside it and without.
@Suite(.serialized, .timeLimit(.minutes(3)))
struct SendmailTests {
    /// A sendmail that keeps what it gets, and ends as it is told.
    private static let program = """
        import os, pathlib, sys
        home = pathlib.Path(__file__).parent
        (home / "arguments").write_text("\\n".join(sys.argv[1:]))
        with open(home / "message", "wb") as file:
            while piece := sys.stdin.buffer.read(1 << 20):
                file.write(piece)
        sys.exit(int((home / "status").read_text()))
        """

    private func write(_ submission: Submission, _ message: some Sequence<UInt8>) throws -> URL {
        let file = submission.program.home.appending(path: "input")
        try Data(message).write(to: file)
        return file
    }

    private func viaProgram(_ sink: Upstream) throws -> Submission {
        let submission = try Submission(to: sink, more: "sendmail = [\"python3\", \"HOME/sendmail.py\"]")
        let home = submission.program.home
        let configuration = try String(contentsOf: home.appending(path: "config.toml"), encoding: .utf8)
        try submission.program.write("config.toml", configuration.replacing("HOME", with: home.path))
        try submission.program.write("sendmail.py", Self.program)
        try submission.program.write("status", "0")
        return submission
    }

    @Test(arguments: [true, false])
    func theRealProgramGetsTheArgumentsAndTheMessage(isRunning: Bool) async throws {
        let sink = try await Upstream.start(.sink)
        let submission = try viaProgram(sink)
        let program = submission.program
        if isRunning { _ = try await submission.start() }
        let read = { (name: String) in try Data(contentsOf: program.home.appending(path: name)) }
        for lineEnd in ["\r\n", "\n"] {
            let message = Array(
                String(decoding: Letter.html("one"), as: UTF8.self).replacing("\r\n", with: lineEnd).utf8)
            let file = try write(submission, message)
            let words = ["-oi", "-f", Letter.sender, "-N", "never", "--", Letter.tracked]
            #expect(try program.sendmail(words, message: file).status == 0)
            #expect(String(decoding: try read("arguments"), as: UTF8.self) == words.joined(separator: "\n"))
            #expect(submission.isPicture(submission.insertion(Array(try read("message")), into: message)))

            #expect(try program.sendmail(["-i", Letter.untracked], message: file).status == 0)
            #expect(Array(try read("message")) == message)
        }
        for status in [1, 67, 75] {
            try program.write("status", "\(status)")
            let outcome = try program.sendmail([Letter.tracked], message: try write(submission, Letter.html("two")))
            #expect(outcome.status == Int32(status))
        }
        let why = try program.command("why", "one@example.org")
        #expect(why.contains(Letter.tracked), "\(why)")
        await sink.stop()
    }

    @Test(arguments: [true, false])
    func byItselfItSendsToTheProvider(isRunning: Bool) async throws {
        let sink = try await Upstream.start(.sink)
        let submission = try Submission(to: sink)
        if isRunning { _ = try await submission.start() }
        let program = submission.program
        let message = String(decoding: Letter.html("one"), as: UTF8.self)
            .replacing(
                "To: bob@far.example\r\n",
                with: "To: bob@far.example\r\nCc: dora@far.example\r\nBcc: eve@far.example\r\n")
        for lineEnd in ["\r\n", "\n"] {
            let file = try write(submission, Array(message.replacing("\r\n", with: lineEnd).utf8))
            let outcome = try program.sendmail(["-t", "-oi", "-f", Letter.sender], message: file)
            #expect(outcome.status == 0, "\(outcome)")
        }
        // Without -i a dot alone is the end.
        let dot = message.replacing("Message-ID: <one@", with: "Message-ID: <dot@") + ".\r\nnot of it\r\n"
        let outcome = try program.sendmail([Letter.untracked], message: try write(submission, Array(dot.utf8)))
        #expect(outcome.status == 0, "\(outcome)")

        let arrived = try await sink.deliveries(count: 3)
        let expected = Array(message.replacing("Bcc: eve@far.example\r\n", with: "").utf8)
        for mail in arrived.prefix(2) {
            #expect(mail.recipients.sorted() == [Letter.tracked, "dora@far.example", "eve@far.example"])
            #expect(submission.isPicture(submission.insertion(mail.message, into: expected)))
        }
        #expect(arrived[2].recipients == [Letter.untracked])
        #expect(!String(decoding: arrived[2].message, as: UTF8.self).contains("not of it"))
        #expect(try program.command("why", "one@example.org").contains(Letter.tracked))
        await sink.stop()
    }

    /// `-bs`: a mail program (swaks) speaks SMTP with the command itself, which wants no password.
    @Test(arguments: [true, false])
    func onItsStreamsItSpeaksSMTP(isRunning: Bool) async throws {
        let sink = try await Upstream.start(.sink)
        let submission = try Submission(to: sink)
        if isRunning { _ = try await submission.start() }
        let message = Letter.html("one")
        // swaks ends the last line.
        let file = try write(submission, message.dropLast(2))
        func submit(to recipient: String) throws -> Program.Outcome {
            let swaks = "exec swaks --pipe \"$*\" --ehlo client.example --from \(Letter.sender) --to \(recipient)"
            return try submission.program.sendmail(
                ["-bs"], message: file, within: ["sh", "-c", "\(swaks) --data @\(file.path)", "sh"])
        }
        for recipient in [Letter.tracked, Letter.untracked] {
            let outcome = try submit(to: recipient)
            #expect(outcome.status == 0, "\(outcome)")
        }
        try await sink.behave(.init(steps: ["rcpt1": .answer("550 5.1.1 nobody")]))
        let outcome = try submit(to: Letter.tracked)
        #expect(outcome.status == 24 && outcome.output.contains("550 5.1.1 nobody"), "\(outcome)")

        let arrived = try await sink.deliveries(count: 2)
        #expect(arrived.map(\.recipients) == [[Letter.tracked], [Letter.untracked]])
        #expect(submission.isPicture(submission.insertion(arrived[0].message, into: message)))
        #expect(arrived[1].message == message)
        #expect(try submission.program.command("why", "one@example.org").contains("250 2.0.0"))
        await sink.stop()
    }

    /// By sysexits.h, and nothing is sent.
    @Test func theStatusSaysWhatIsWrong() async throws {
        let sink = try await Upstream.start(.sink)
        let submission = try Submission(to: sink)
        let program = submission.program
        let file = try write(submission, Letter.html("one"))
        let empty = submission.program.home.appending(path: "empty")
        try Data().write(to: empty)
        func expect(_ status: Int32, _ words: [String], _ message: URL) throws {
            let outcome = try program.sendmail(words, message: message)
            #expect(outcome.status == status, "\(words): \(outcome)")
            #expect(outcome.errors.hasPrefix("sentmark: sendmail: "), "\(words): \(outcome)")
        }
        try expect(64, ["-Z", Letter.tracked], file)
        try expect(64, ["-f"], file)
        try expect(64, ["--", "-oQ/tmp"], file)
        try expect(64, [], file)
        try expect(65, [Letter.tracked], empty)
        try expect(67, ["nobody at all"], file)
        let lone = submission.program.home.appending(path: "lone")
        try Data(Letter.html("lone") + Array("a\rb\r\n".utf8)).write(to: lone)
        for (step, answer, status) in [
            ("rcpt1", "550 5.1.1 nobody", 69), ("mail", "451 4.3.0 later", 75), ("dot", "554 5.6.0 no", 69),
            ("greeting", "421 4.3.2 later", 75),
        ] as [(String, String, Int32)] {
            try await sink.behave(.init(steps: [step: .answer(answer)]))
            try expect(status, [Letter.tracked], file)
        }
        try await sink.behave(.init(steps: ["dot": .drop]))
        try expect(75, [Letter.tracked], file)
        try await sink.behave(.init())
        try expect(69, [Letter.untracked], lone)
        #expect(try await sink.deliveries().isEmpty)
        await sink.stop()
        try expect(75, [Letter.tracked], file)
    }

    /// 100 MB through either way, in little memory.
    @Test func aLargeMessageIsNotHeldInMemory() async throws {
        let sink = try await Upstream.start(
            .sink, behaviour: .init(extensions: ["SIZE 200000000", "8BITMIME"], digest: true))
        let peak = [
            "python3", "-c",
            """
            import resource, subprocess, sys
            status = subprocess.call(sys.argv[1:])
            print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
            sys.exit(status)
            """,
        ]
        for isProgram in [true, false] {
            let submission = isProgram ? try viaProgram(sink) : try Submission(to: sink)
            let file = try write(submission, Letter.html("large"))
            let handle = try FileHandle(forWritingTo: file)
            try handle.seekToEnd()
            let block = Data(String(repeating: String(repeating: "x", count: 74) + "\r\n", count: 14_000).utf8)
            for _ in 0..<100 { try handle.write(contentsOf: block) }
            try handle.close()
            let outcome = try submission.program.sendmail(["-oi", Letter.untracked], message: file, within: peak)
            #expect(outcome.status == 0, "\(outcome)")
            let text = try #require(outcome.errors.firstMatch(of: /peak (\d+)/)).1
            let kilobytes = try #require(Int(text))
            #expect(kilobytes < 150_000)
            if isProgram {
                let copy = submission.program.home.appending(path: "message").path
                #expect(FileManager.default.contentsEqual(atPath: file.path, andPath: copy))
            } else {
                let digest = try submission.program.digest(of: file)
                #expect(try await sink.deliveries().map { String(decoding: $0.message, as: UTF8.self) } == [digest])
            }
        }
        await sink.stop()
    }
}

extension Program {
    /// SHA-256, in hexadecimal.
    fileprivate func digest(of file: URL) throws -> String {
        let process = Process()
        process.executableURL = URL(filePath: "/usr/bin/env")
        process.arguments = ["sha256sum", file.path]
        let output = Pipe()
        process.standardOutput = output
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return String(text.prefix(64))
    }
}
