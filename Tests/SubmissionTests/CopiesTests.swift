import Outgoing
import TestSupport
import Testing

/// Everyone gets a copy of their own: several transactions for one mail.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct CopiesTests {
    private static let everybody = ["a@far.example", "us@example.org", "b@far.example", "c@far.example"]

    private func account(_ sink: Sink) -> Proxy.Account {
        var account = Proxy.Account("alice", sink)
        account.sharing = .each
        return account
    }

    private func mail(_ proxy: Proxy, to recipients: [String] = everybody) async throws -> String {
        let client = try await proxy.client()
        try await client.login()
        return try await client.mail(htmlMail("one"), to: recipients)
    }

    @Test func theOrderIsTheEnvelopesAndTheRestIsTheSame() async throws {
        let sink = try await Sink.start(.sink)
        let account = account(sink)
        #expect(try await Proxy.run([account]) { try await mail($0) } == "250 2.0.0 ok")
        let arrived = try await sink.deliveries()
        #expect(
            arrived.map(\.recipients) == [["a@far.example"], ["b@far.example"], ["c@far.example"], ["us@example.org"]])
        let pictures = arrived.dropLast().map { picture(in: $0.message, of: "one") }
        #expect(Set(pictures).count == 3 && !pictures.contains(nil))
        #expect(arrived[3].message == htmlMail("one"))
        let tokens = try #require(account.log.entries.first).registration.recipients.map(\.token)
        for (picture, token) in zip(pictures, [tokens[0], tokens[2], tokens[3]]) {
            #expect(picture?.contains("/i/\(token ?? "none").gif") == true)
        }
        await sink.stop()
    }

    /// Wherever it stops, the answer says who has it; sent again, nobody gets it twice, and nobody misses it.
    @Test(arguments: ["rcpt1", "data", "dot"], ["451 4.7.1 later", "550 5.7.1 never", nil])
    func halfOfItIsToldAndTheRestSentAgain(step: String, refusal: String?) async throws {
        let sink = try await Sink.start(.sink)
        let account = account(sink)
        try await Proxy.run([account]) { proxy in
            let client = try await proxy.client()
            try await client.login()
            try await client.begin(to: Self.everybody)
            // The first copy passes, and the second does not.
            let action = refusal.map { Sink.Action.answer($0) } ?? .drop
            try await sink.behave(.init(steps: [step: action], after: 1))
            try await client.send(htmlMail("one") + Array(".\r\n".utf8))
            let answer = try await client.reply()
            let isPermanent = refusal?.hasPrefix("5") == true
            #expect(answer.hasPrefix(isPermanent ? "554" : "451"), "\(answer)")
            #expect(
                answer.contains("sent to a@far.example; NOT sent to us@example.org, b@far.example, c@far.example"),
                "\(answer)")
            if let refusal { #expect(answer.contains(refusal)) }
            #expect(try await sink.deliveries().map(\.recipients) == [["a@far.example"]])

            try await sink.behave(.init())
            #expect(try await mail(proxy) == "250 2.0.0 ok")
        }
        #expect(try await sink.deliveries().flatMap(\.recipients).sorted() == Self.everybody.sorted())
        #expect(
            account.log.entries.map { $0.outcome?.state } == [
                refusal == nil && step == "dot" ? .uncertain : .partial, .accepted,
            ])
        await sink.stop()
    }

    /// All of them or none, as far as can be told before anything is sent.
    @Test func aRecipientWhoIsRefusedIsKnownBeforeTheMessage() async throws {
        let sink = try await Sink.start(.sink, behaviour: .init(steps: ["rcpt2": .answer("550 5.1.1 nobody")]))
        try await Proxy.run([account(sink)]) { proxy in
            let client = try await proxy.client()
            try await client.login()
            try await client.say("MAIL FROM:<alice@example.org>")
            #expect(try await client.say("RCPT TO:<a@far.example>") == "250 2.1.5 ok")
            #expect(try await client.say("RCPT TO:<b@far.example>") == "550 5.1.1 nobody")
            try await client.say("DATA")
            try await client.send(htmlMail("one") + Array(".\r\n".utf8))
            #expect(try await client.reply() == "250 2.0.0 ok")
        }
        #expect(try await sink.deliveries().map(\.recipients) == [["a@far.example"]])
        await sink.stop()
    }
}
