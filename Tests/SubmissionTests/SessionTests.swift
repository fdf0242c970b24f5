import Submission
import TestSupport
import Testing

/// Logins, envelopes, and several mails over one connection.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct SessionTests {
    @Test func nothingIsSentWithoutALogin() async throws {
        let sink = try await Sink.start(.sink)
        try await Proxy.run([.init("alice", sink)]) { proxy in
            let client = try await proxy.client()
            try await client.say("EHLO client.example")
            #expect(try await client.say("MAIL FROM:<alice@example.org>") == "530 5.7.0 AUTH first")
            #expect(try await client.say("RCPT TO:<bob@far.example>") == "503 5.5.1 MAIL first")
            #expect(try await client.say("DATA") == "503 5.5.1 MAIL first")
        }
        #expect(try await sink.transactions().isEmpty)
        await sink.stop()
    }

    @Test func whoTriesPasswordsIsShutOut() async throws {
        let sink = try await Sink.start(.sink)
        try await Proxy.run([.init("alice", sink)]) { proxy in
            let client = try await proxy.client()
            try await client.say("EHLO client.example")
            // alice and a wrong one, nobody and the right one, by both mechanisms.
            #expect(try await client.say("AUTH PLAIN AGFsaWNlAHdyb25n") == "535 5.7.8 wrong user or password")
            #expect(try await client.say("AUTH LOGIN bm9ib2R5") == "334 UGFzc3dvcmQ6")
            #expect(try await client.say("bG9jYWwgc2VjcmV0") == "535 5.7.8 wrong user or password")
            #expect(try await client.say("AUTH PLAIN AGFsaWNlAHdyb25n") == "535 5.7.8 wrong user or password")
            #expect(try await client.reply() == "421 4.7.0 too many failed logins")
            #expect(try await client.reply() == "")
        }
        await sink.stop()
    }

    /// The user names the account, or the sender's address does.
    @Test func theAccountIsTheOneThatIsMeant() async throws {
        let sinks = [try await Sink.start(.sink), try await Sink.start(.sink)]
        try await Proxy.run([.init("alice", sinks[0]), .init("bob", sinks[1])]) { proxy in
            let named = try await proxy.client()
            try await named.login("Bob")
            #expect(try await named.mail(plainMail("named"), from: "alice@example.org").hasPrefix("250 "))
            let chosen = try await proxy.client()
            try await chosen.login("sentmark")
            #expect(try await chosen.say("MAIL FROM:<>").hasPrefix("553 5.7.1 "))
            #expect(try await chosen.say("MAIL FROM:<carol@example.org>").hasPrefix("553 5.7.1 "))
            for (number, sender) in ["alice@example.org", "BOB+track@example.org", "alice@example.org"].enumerated() {
                #expect(try await chosen.mail(plainMail("\(number)"), from: sender).hasPrefix("250 "))
            }
        }
        #expect(try await sinks[0].deliveries().map(\.message) == [plainMail("0"), plainMail("2")])
        #expect(try await sinks[1].deliveries().map(\.message) == [plainMail("named"), plainMail("1")])
        for sink in sinks { await sink.stop() }
    }

    /// Where there is no room for a token there may be enough for the mail.
    @Test(arguments: [true, false]) func aSizeThatIsTooMuchIsDeclaredAsItIs(isPipelined: Bool) async throws {
        let mail = htmlMail("one")
        let sink = try await Sink.start(.sink, behaviour: .init(room: mail.count))
        let account = Proxy.Account("alice", sink)
        try await Proxy.run([account]) { proxy in
            let client = try await proxy.client()
            try await client.login()
            let lines = ["MAIL FROM:<alice@example.org> SIZE=\(mail.count)", "RCPT TO:<bob@far.example>"]
            if isPipelined {
                try await client.send(Array((lines.joined(separator: "\r\n") + "\r\n").utf8))
                for _ in lines { #expect(try await client.reply().hasPrefix("250 ")) }
            } else {
                for line in lines { #expect(try await client.say(line).hasPrefix("250 ")) }
            }
            try await client.say("DATA")
            try await client.send(mail + Array(".\r\n".utf8))
            #expect(try await client.reply() == "250 2.0.0 ok")
            #expect(try await client.say("MAIL FROM:<alice@example.org> SIZE=\(mail.count + 1)").hasPrefix("452 4.3.1"))
        }
        let delivery = try #require(try await sink.deliveries().first)
        #expect(delivery.mail.hasSuffix("SIZE=\(mail.count)") && delivery.message == mail)
        #expect(account.log.entries.first?.registration.recipients.map(\.reason) == ["size-limit"])
        await sink.stop()
    }

    /// As it was said: recipients, their order, and all parameters.
    @Test func theEnvelopeStaysAsItIs() async throws {
        let sink = try await Sink.start(.sink)
        let mail = "MAIL FROM:<alice@example.org> SIZE=200 BODY=8BITMIME SMTPUTF8 RET=HDRS ENVID=a+2Bb"
        let recipients = [
            "RCPT TO:<z@far.example> NOTIFY=SUCCESS,DELAY ORCPT=rfc822;z+2Bx@far.example",
            "RCPT TO:<\"a b\"@far.example> NOTIFY=NEVER", "RCPT TO:<m@far.example>", "RCPT TO:<z@far.example>",
        ]
        try await Proxy.run([.init("alice", sink)]) { proxy in
            let client = try await proxy.client()
            try await client.login()
            for line in [mail] + recipients { #expect(try await client.say(line).hasPrefix("250 ")) }
            try await client.say("DATA")
            try await client.send(plainMail("one") + Array(".\r\n".utf8))
            #expect(try await client.reply() == "250 2.0.0 ok")
        }
        let delivery = try #require(try await sink.deliveries().first)
        // What it declares has room for a token.
        #expect(delivery.mail == mail.replacing("SIZE=200", with: "SIZE=8392"))
        #expect(delivery.rcpt == recipients)
        #expect(delivery.message == plainMail("one"))
        await sink.stop()
    }

    /// What the provider has not is not offered, and what is asked for all the same is not left out in silence.
    @Test func onlyWhatTheProviderHasIsOffered() async throws {
        let sink = try await Sink.start(.sink, behaviour: .init(extensions: ["SIZE 5000", "CHUNKING", "X-OTHER"]))
        try await Proxy.run([.init("alice", sink)]) { proxy in
            let client = try await proxy.client()
            #expect(try await client.login() == "250-localhost\n250-SIZE 5000\n250 AUTH PLAIN LOGIN")
            for parameter in ["BODY=8BITMIME", "SMTPUTF8", "RET=FULL", "X-OTHER=1"] {
                #expect(try await client.say("MAIL FROM:<alice@example.org> \(parameter)").hasPrefix("555 5.5.4 "))
            }
            #expect(try await client.say("MAIL FROM:<alice@example.org> SIZE=5001").hasPrefix("552 5.3.4 "))
            #expect(try await client.say("MAIL FROM:<alice@example.org>") == "250 2.1.0 ok")
            #expect(try await client.say("RCPT TO:<bob@far.example> NOTIFY=NEVER").hasPrefix("555 5.5.4 "))
            #expect(try await client.say("BDAT 3 LAST").hasPrefix("502 "))
        }
        await sink.stop()
    }

    /// A provider that has lost an extension since it was offered refuses the mail that needs it.
    @Test func anExtensionThatHasGoneIsMissed() async throws {
        let sink = try await Sink.start(.sink)
        try await Proxy.run([.init("alice", sink)]) { proxy in
            let client = try await proxy.client()
            try await client.login()
            try await sink.behave(.init(extensions: ["PIPELINING"]))
            for (parameter, refusal) in [
                ("BODY=8BITMIME", "554 5.6.3 "), ("SMTPUTF8", "554 5.6.9 "), ("RET=FULL", "555 "),
            ] {
                #expect(try await client.say("MAIL FROM:<alice@example.org> \(parameter)").hasPrefix(refusal))
            }
            #expect(try await client.say("MAIL FROM:<alice@example.org> SIZE=10 BODY=7BIT") == "250 2.1.0 ok")
        }
        await sink.stop()
    }

    /// One connection on either side; what the provider does to its own in between is nothing to the mail program.
    @Test(arguments: ["nothing", "closed", "421", "reset refused"])
    func severalMailsPassOverOneConnection(meanwhile: String) async throws {
        let sink = try await Sink.start(.sink)
        try await Proxy.run([.init("alice", sink)]) { proxy in
            let client = try await proxy.client()
            try await client.login()
            #expect(try await client.mail(plainMail("1")) == "250 2.0.0 ok")
            // EHLO has asked on the first connection, the mail went over the second.
            switch meanwhile {
            case "closed": try await sink.behave(.init(steps: ["mail": .drop], connections: 2))
            case "421":
                try await sink.behave(
                    .init(steps: ["mail": .answer("421 4.4.2 idle for too long", thenDrop: true)], connections: 2))
            case "reset refused":
                try await sink.behave(.init(steps: ["rset": .answer("503 5.5.1 no")], connections: 2))
                try await client.say("MAIL FROM:<alice@example.org>")
                try await client.say("RSET")
            default: break
            }
            #expect(try await client.mail(htmlMail("2")) == "250 2.0.0 ok")
            #expect(try await client.mail(plainMail("3")) == "250 2.0.0 ok")
            #expect(try await client.say("QUIT").hasPrefix("221 "))
        }
        let log = try await sink.transactions()
        #expect(log.map(\.connection) == (meanwhile == "nothing" ? [2, 2, 2] : [2, 3, 3]))
        #expect(log[0].raw == plainMail("1") && log[2].raw == plainMail("3"))
        await sink.stop()
    }

    /// A 421 to the first mail of a connection is the provider's answer.
    @Test func aProviderThatIsBusyIsNotAskedTwice() async throws {
        let sink = try await Sink.start(.sink)
        try await Proxy.run([.init("alice", sink)]) { proxy in
            let client = try await proxy.client()
            try await client.login()
            try await sink.behave(.init(steps: ["mail": .answer("421 4.3.2 busy", thenDrop: true)], connections: 2))
            #expect(try await client.say("MAIL FROM:<alice@example.org>") == "421 4.3.2 busy")
            #expect(try await client.reply() == "")
        }
        await sink.stop()
    }

    @Test func aTransactionThatWasResetLeavesNothingBehind() async throws {
        let sink = try await Sink.start(.sink)
        try await Proxy.run([.init("alice", sink)]) { proxy in
            let client = try await proxy.client()
            try await client.login()
            for verb in ["RSET", "EHLO client.example"] {
                #expect(try await client.say("MAIL FROM:<alice@example.org>").hasPrefix("250 "))
                #expect(try await client.say("RCPT TO:<nobody@far.example>").hasPrefix("250 "))
                #expect(try await client.say(verb).hasPrefix("250"))
                #expect(try await client.say("DATA").hasPrefix("503 "))
                #expect(try await client.mail(plainMail(verb)).hasPrefix("250 "))
            }
        }
        #expect(try await sink.deliveries().map(\.recipients) == [["bob@far.example"], ["bob@far.example"]])
        await sink.stop()
    }

    @Test func aThousandRecipientsAreEnough() async throws {
        let sink = try await Sink.start(.sink)
        let recipients = (0..<1001).map { "RCPT TO:<r\($0)@far.example>" }
        try await Proxy.run([.init("alice", sink)]) { proxy in
            let client = try await proxy.client()
            try await client.login()
            try await client.send((["MAIL FROM:<alice@example.org>"] + recipients).joined(separator: "\r\n") + "\r\n")
            for _ in 0...1000 { #expect(try await client.reply().hasPrefix("250 ")) }
            #expect(try await client.reply().hasPrefix("452 4.5.3 "))
            try await client.say("DATA")
            try await client.send(htmlMail("many") + Array(".\r\n".utf8))
            #expect(try await client.reply() == "250 2.0.0 ok")
        }
        let delivery = try #require(try await sink.deliveries().first)
        #expect(delivery.rcpt == recipients.dropLast())
        #expect(picture(in: delivery.message, of: "many") != nil)
        await sink.stop()
    }
}
