import Outgoing
import TestSupport
import Testing

/// What becomes of a message on its way.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct ContentTests {
    /// Octet for octet, in any cuts.
    @Test(arguments: [
        "", ".", "..\r\n.x\r\n", "trailing blanks  \t \r\n", "caf\u{e9} \u{2028}\r\n",
        String(repeating: "long ", count: 20_000) + "\r\n", "\r\n\r\n\r\n",
    ])
    func untouchedMailsArriveAsTheyAre(text: String) async throws {
        let sink = try await Sink.start(.sink)
        let message = plainMail("one", text)
        try await Proxy.run([.init("alice", sink)]) { proxy in
            let client = try await proxy.client()
            try await client.login()
            try await client.begin()
            let raw = Array(
                String(decoding: message, as: UTF8.self).replacing("\r\n.", with: "\r\n..").utf8)
            for byte in raw.prefix(300) { try await client.send([byte]) }
            try await client.send(
                raw.dropFirst(300) + Array((text.hasSuffix("\r\n") || text.isEmpty ? "" : "\r\n").utf8))
            for byte in ".\r\n".utf8 { try await client.send([byte]) }
            #expect(try await client.reply() == "250 2.0.0 ok")
        }
        let end = text.hasSuffix("\r\n") || text.isEmpty ? "" : "\r\n"
        #expect(try await sink.deliveries().map(\.message) == [message + Array(end.utf8)])
        await sink.stop()
    }

    @Test func aTrackedMailDiffersByOnePictureWhichIsWrittenDownBefore() async throws {
        // The first connection is that which asks what there is, the second takes the first mail and says nothing.
        let sink = try await Sink.start(.sink, behaviour: .init(steps: ["dot": .stall], connections: 2))
        var account = Proxy.Account("alice", sink)
        account.patience.end = .seconds(2)
        try await Proxy.run([account]) { [account] proxy in
            let client = try await proxy.client()
            try await client.login()
            try await client.begin()
            try await client.send(htmlMail("one") + Array(".\r\n".utf8))
            try await wait("the entry") { !account.log.entries.isEmpty }
            #expect(account.log.entries[0].outcome == nil, "before the provider has said anything")
            #expect(try await client.reply().hasPrefix("451 4.4.2 "))
            #expect(account.log.entries[0].outcome?.state == .uncertain)
            #expect(try await client.mail(htmlMail("two")) == "250 2.0.0 ok")
            try await wait("the outcome") { account.log.entries.last?.outcome?.state == .accepted }
        }
        let arrived = try await sink.deliveries()
        #expect(arrived.count == 1)
        let shown = try #require(picture(in: arrived[0].message, of: "two"))
        let token = try #require(account.log.entries.last?.registration.recipients[0].token)
        #expect(shown.contains("/i/\(token).gif"))
        await sink.stop()
    }

    /// Mail does not wait for a log that takes nothing, or says nothing.
    @Test(arguments: [MemoryLog.Health.broken, .stuck])
    func withoutALogTheOriginalIsSent(health: MemoryLog.Health) async throws {
        let sink = try await Sink.start(.sink)
        for sharing in [SendingRules.Sharing.shared, .each] {
            var account = Proxy.Account("alice", sink)
            account.sharing = sharing
            account.log.health = health
            try await Proxy.run([account]) { proxy in
                let client = try await proxy.client()
                try await client.login()
                let answer = try await client.mail(htmlMail("one"), to: ["bob@far.example", "carol@far.example"])
                #expect(answer == "250 2.0.0 ok")
            }
        }
        let arrived = try await sink.deliveries()
        #expect(arrived.map(\.message) == [htmlMail("one"), htmlMail("one")])
        #expect(arrived.map(\.recipients) == Array(repeating: ["bob@far.example", "carol@far.example"], count: 2))
        await sink.stop()
    }

    /// The provider is asked for a mail while it comes, unless it may become several. Here it has not answered by the time
    /// that all of it is there, and takes whatever it is asked later.
    @Test func aMailIsAskedForWhileItComes() async throws {
        let sink = try await Sink.start(.sink)
        var account = Proxy.Account("alice", sink)
        account.sharing = .each
        try await Proxy.run([account]) { proxy in
            let (one, several, other) = (try await proxy.client(), try await proxy.client(), try await proxy.client())
            for client in [one, several, other] { try await client.login() }
            // The first connection has asked for the extensions.
            try await sink.behave(.init(steps: ["data": .stall], connections: 3))
            try await one.begin()
            try await several.begin(to: ["bob@far.example", "carol@far.example"])
            #expect(try await other.mail(htmlMail("other")) == "250 2.0.0 ok")
            // Whoever stalls then ends.
            try await sink.behave(.init())
            for (client, answer) in [(one, "451 4.4.2 "), (several, "250 2.0.0 ok")] {
                try await client.send(htmlMail("one") + Array(".\r\n".utf8))
                #expect(try await client.reply().hasPrefix(answer))
            }
        }
        let recipients = try await sink.deliveries().map(\.recipients)
        #expect(recipients == [["bob@far.example"], ["bob@far.example"], ["carol@far.example"]])
        await sink.stop()
    }

    /// Once for each, whether it is looked at or not.
    @Test func aLongMailIsToldOf() async throws {
        let sink = try await Sink.start(.sink)
        let (told, tell) = AsyncStream.makeStream(of: Void.self)
        try await Proxy.run([.init("alice", sink)]) {
            $0.mailIsLong = { tell.yield() }
        } _: { proxy in
            let client = try await proxy.client()
            try await client.login()
            let rest = String(repeating: String(repeating: "x", count: 70) + "\r\n", count: 8_000)
            for message in [plainMail("1", rest), htmlMail("2") + Array(rest.utf8), plainMail("3"), htmlMail("4")] {
                #expect(try await client.mail(message) == "250 2.0.0 ok")
            }
        }
        tell.finish()
        #expect(await told.reduce(0) { count, _ in count + 1 } == 2)
        await sink.stop()
    }

    /// The end of a message that its program did not end is never sent, whether its beginning has been or not.
    @Test(arguments: [true, false])
    func halfAMailIsNone(isTracked: Bool) async throws {
        let sink = try await Sink.start(.sink)
        let account = Proxy.Account("alice", sink)
        try await Proxy.run([account]) { proxy in
            let client = try await proxy.client()
            try await client.login()
            try await client.begin()
            let whole = isTracked ? htmlMail("half") : plainMail("half", String(repeating: "text\r\n", count: 50_000))
            try await client.send(whole + Array(".".utf8))
            await client.leave()
            if !isTracked { try await wait("the outcome") { account.log.entries.first?.outcome?.state == .refused } }
            let next = try await proxy.client()
            try await next.login()
            #expect(try await next.mail(plainMail("next")) == "250 2.0.0 ok")
        }
        #expect(try await sink.transactions().map(\.raw) == [plainMail("next")])
        await sink.stop()
    }

    @Test(arguments: ["bare LF\n", "bare CR\r.\r\n", "nul\0\r\n", "\n.\n", "\r\n.\n", "\r.\r"])
    func whatServersReadInDifferentWaysIsSentToNone(text: String) async throws {
        let sink = try await Sink.start(.sink)
        try await Proxy.run([.init("alice", sink)]) { proxy in
            let client = try await proxy.client()
            try await client.login()
            for message in [plainMail("one", text), htmlMail("one") + Array(text.utf8)] {
                try await client.begin()
                try await client.send(message + Array("\r\n.\r\n".utf8))
                #expect(try await client.reply().hasPrefix("554 5.6.0 "))
            }
            #expect(try await client.mail(plainMail("two")) == "250 2.0.0 ok")
        }
        #expect(try await sink.transactions().map(\.raw) == [plainMail("two")])
        await sink.stop()
    }

    /// A mail just below the provider's limit passes without a token, one above it does not.
    @Test func aTokenNeverMakesAMailTooLarge() async throws {
        let mail = htmlMail("one")
        for (room, isTracked) in [(400, true), (60, false), (0, false)] {
            let sink = try await Sink.start(.sink, behaviour: .init(extensions: ["SIZE \(mail.count + room)"]))
            let account = Proxy.Account("alice", sink)
            try await Proxy.run([account]) { proxy in
                let client = try await proxy.client()
                try await client.login()
                #expect(try await client.mail(mail) == "250 2.0.0 ok")
                try await client.begin()
                try await client.send(mail + Array((String(repeating: "x", count: room) + "\r\n.\r\n").utf8))
                #expect(try await client.reply().hasPrefix("552 5.3.4 "))
            }
            let arrived = try await sink.deliveries()
            #expect(arrived.count == 1)
            #expect((picture(in: arrived[0].message, of: "one") != nil) == isTracked)
            #expect(arrived[0].message == mail || isTracked)
            let reasons = account.log.entries.first?.registration.recipients.map(\.reason)
            #expect(reasons == [isTracked ? "always" : "size-limit"])
            await sink.stop()
        }
    }
}
