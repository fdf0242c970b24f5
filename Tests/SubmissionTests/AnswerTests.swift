import TestSupport
import Testing

/// What the provider says at each step, and what the mail program then hears.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct AnswerTests {
    typealias Steps = [String: Sink.Action]

    static let refusals = [
        ["451-4.3.0 first line", "451 4.3.0 second line"], ["550-5.7.1 none of it", "550 5.7.1 ever"],
    ]

    /// Word for word, all lines; and the next mail finds the way open.
    @Test(arguments: [true, false])
    func refusalsArePassedOn(isPipelining: Bool) async throws {
        let sink = try await Sink.start(.sink)
        let extensions = isPipelining ? nil : ["SIZE 1000000", "8BITMIME"]
        for (step, position) in [("mail", 0), ("rcpt1", 1), ("rcpt2", 2), ("data", 4), ("dot", 4)] {
            for refusal in Self.refusals {
                try await sink.behave(.init(extensions: extensions))
                let answers = try await Proxy.run([.init("alice", sink)]) { proxy in
                    let client = try await proxy.client()
                    try await client.login()
                    try await sink.behave(
                        .init(steps: [step: .answer(refusal[0], refusal[1])], extensions: extensions))
                    let answers = try await client.conversation()
                    try await sink.behave(.init(extensions: extensions))
                    if step != "dot" { try await client.say("RSET") }
                    #expect(try await client.mail(plainMail("\(step)-\(refusal[0].prefix(3))")).hasPrefix("250 "))
                    return answers
                }
                #expect(answers[position] == refusal.joined(separator: "\n"), "\(step): \(answers)")
            }
        }
        // With one recipient refused, the mail is the others'; without, it is nobody's.
        let arrived = try await sink.deliveries().filter { !$0.recipients.contains("bob@far.example") }
        #expect(
            arrived.map(\.recipients) == Array(repeating: ["b@far.example"], count: 2)
                + Array(
                    repeating: ["a@far.example"], count: 2))
        await sink.stop()
    }

    /// The provider closes with a 421, or without a word, wherever it is. The mail program keeps its mail.
    @Test func nothingIsLostWhenTheProviderCloses() async throws {
        let sink = try await Sink.start(.sink)
        let closing: [Sink.Action] = [.answer("421 4.3.2 going down", thenDrop: true), .drop]
        for step in ["greeting", "ehlo", "auth", "mail", "rcpt1", "rcpt2", "data", "body", "dot"] {
            for (number, action) in closing.enumerated() {
                try await sink.behave(.init())
                try await Proxy.run([.init("alice", sink)]) { proxy in
                    let client = try await proxy.client()
                    try await client.login()
                    try await sink.behave(.init(steps: [step: action]))
                    let answers = try await client.conversation()
                    let last = try #require(answers.last { !$0.isEmpty && !$0.hasPrefix("554 5.5.1 no valid") })
                    let isOwn = ["greeting", "ehlo", "auth"].contains(step) || number == 1
                    // What was sent meanwhile can wipe out the answer on its way.
                    let isOpen = step == "body" && last.hasPrefix("451 ")
                    #expect(
                        isOwn || isOpen ? last.hasPrefix("451 ") : last == "421 4.3.2 going down", "\(step): \(answers)"
                    )
                    if step == "dot", number == 1 { #expect(last.contains("may arrive twice")) }
                    #expect(try await sink.deliveries().isEmpty, "\(step): \(answers)")
                }
            }
        }
        await sink.stop()
    }

    /// Answers that came before the end are passed on, with several commands on their way.
    @Test func answersBeforeTheEndCount() async throws {
        let sink = try await Sink.start(.sink)
        try await Proxy.run([.init("alice", sink)]) { proxy in
            for (action, rest) in [
                (Sink.Action.answer("421 4.3.2 going down", thenDrop: true), ["421 4.3.2 going down", ""]),
                (.drop, ["451 ", "451 "]),
            ] {
                try await sink.behave(.init())
                let client = try await proxy.client()
                try await client.login()
                try await sink.behave(.init(steps: ["rcpt2": action]))
                try await client.send(
                    "MAIL FROM:<alice@example.org>\r\n"
                        + ["a", "b", "c"].map { "RCPT TO:<\($0)@far.example>\r\n" }.joined())
                #expect(try await client.reply() == "250 2.1.0 ok")
                #expect(try await client.reply() == "250 2.1.5 ok")
                for answer in rest { #expect(try await client.reply().hasPrefix(answer)) }
            }
        }
        await sink.stop()
    }

    /// A provider that says nothing more is waited for, not for ever; after the end of the message it may have it.
    @Test func silenceEnds() async throws {
        let sink = try await Sink.start(.sink)
        for (step, position) in [("greeting", 0), ("auth", 0), ("mail", 0), ("rcpt1", 1), ("data", 4), ("dot", 4)] {
            try await sink.behave(.init())
            var account = Proxy.Account("alice", sink)
            account.connectTimeout = .seconds(1)
            account.patience.command = .milliseconds(300)
            account.patience.data = .milliseconds(300)
            account.patience.end = .milliseconds(300)
            let answers = try await Proxy.run([account]) { proxy in
                let client = try await proxy.client()
                try await client.login()
                try await sink.behave(.init(steps: [step: .stall]))
                return try await client.conversation()
            }
            #expect(answers[position].hasPrefix("451 "), "\(step): \(answers)")
            #expect(answers[position].contains("may arrive twice") == (step == "dot"), "\(step): \(answers)")
        }
        #expect(try await sink.deliveries().isEmpty)
        await sink.stop()
    }

    @Test func whatIsNoReplyEndsTheConnectionToTheProvider() async throws {
        let sink = try await Sink.start(.sink)
        try await Proxy.run([.init("alice", sink)]) { proxy in
            let client = try await proxy.client()
            try await client.login()
            try await sink.behave(.init(steps: ["dot": .answer("fine, thank you")]))
            let answer = try await client.mail(htmlMail("one"))
            #expect(answer.hasPrefix("451 4.4.2 ") && answer.contains("may arrive twice"))
        }
        await sink.stop()
    }

    /// Nobody is told a secret whose certificate has expired.
    @Test func anExpiredCertificateIsForTheMomentOnly() async throws {
        let sink = try await Sink.start(.sink, certificate: .expired)
        try await Proxy.run([.init("alice", sink)]) { proxy in
            let client = try await proxy.client()
            #expect(try await client.login() == "250-localhost\n250 AUTH PLAIN LOGIN")
            let answer = try await client.say("MAIL FROM:<alice@example.org>")
            #expect(answer.hasPrefix("451 4.7.5 ") && answer.contains("expired"), "\(answer)")
        }
        await sink.stop()
    }
}

extension SMTPClient {
    /// The answers to MAIL, two RCPT, DATA, a message; up to the first that ends it.
    fileprivate func conversation() async throws -> [String] {
        var answers: [String] = []
        for line in [
            "MAIL FROM:<alice@example.org>", "RCPT TO:<a@far.example>", "RCPT TO:<b@far.example>", "DATA",
        ] {
            answers.append((try? await say(line)) ?? "")
            if line.hasPrefix("MAIL"), !answers[0].hasPrefix("2") { return answers }
        }
        guard answers.last?.hasPrefix("354") == true else { return answers }
        try await send(htmlMail("conversation") + Array(".\r\n".utf8))
        return answers + [try await reply()]
    }
}
