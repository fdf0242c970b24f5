import Foundation
import Logging
import Submission
import TestSupport
import Testing

/// Nothing waits for ever: not for a mail program, not for a provider, not for our own log; and what waits does not keep
/// the proxy from stopping.
@Suite(.serialized, .timeLimit(.minutes(2)))
struct StallTests {
    /// What a client says before it says nothing more.
    enum Step: String, CaseIterable {
        case connected, greeted, loggedIn, mail, recipient, data, trackedContent, passedContent

        func take(_ client: SMTPClient) async throws {
            let lines = ["MAIL FROM:<alice@example.org>", "RCPT TO:<bob@far.example>", "DATA"]
            switch self {
            case .connected: break
            case .greeted: try await client.say("EHLO client.example")
            case .loggedIn: try await client.login()
            case .mail, .recipient, .data:
                try await client.login()
                for line in lines.prefix(self == .mail ? 1 : self == .recipient ? 2 : 3) { try await client.say(line) }
            case .trackedContent, .passedContent:
                try await client.login()
                try await client.begin()
                try await client.send(
                    self == .trackedContent
                        ? htmlMail("half").dropLast(9)
                        : plainMail("half", String(repeating: "text\r\n", count: 50_000))[...])
            }
        }
    }

    /// Its connection ends, none of its mail is sent, and others are served meanwhile.
    @Test(arguments: Step.allCases)
    func aClientThatSaysNothingIsShutOut(_ step: Step) async throws {
        let sink = try await Sink.start(.sink)
        try await Proxy.run([.init("alice", sink)]) {
            $0.patience = .milliseconds(300)
        } _: { proxy in
            let client = try await proxy.client()
            try await step.take(client)
            let next = try await proxy.client()
            try await next.login()
            #expect(try await next.mail(plainMail("next")) == "250 2.0.0 ok")
            #expect(try await client.reply() == "")
        }
        #expect(try await sink.deliveries().map(\.message) == [plainMail("next")])
        await sink.stop()
    }

    /// One that sends commands and reads no answer.
    @Test func aClientThatDoesNotReadIsShutOut() async throws {
        let sink = try await Sink.start(.sink)
        try await Proxy.run([.init("alice", sink)]) {
            $0.patience = .milliseconds(300)
        } _: { proxy in
            let client = try await proxy.client()
            try await client.say("EHLO client.example")
            let commands = Array(String(repeating: "EHLO client.example\r\n", count: 1_000).utf8)
            await #expect(throws: SMTPClient.Failure.self) {
                for _ in 0..<2_000 { try await client.send(commands) }
            }
            while try await client.reply() != "" {}
        }
        await sink.stop()
    }

    /// A provider that takes no content, does not begin anew, or does not take its leave.
    @Test(arguments: ["body", "rset", "quit"])
    func aProviderThatStallsIsLeft(_ step: String) async throws {
        let sink = try await Sink.start(.sink)
        var account = Proxy.Account("alice", sink)
        account.patience.command = .milliseconds(300)
        account.patience.block = .milliseconds(300)
        let answer = try await Proxy.run([account]) { proxy in
            let client = try await proxy.client()
            try await client.login()
            try await sink.behave(.init(steps: [step: .stall]))
            if step == "body" {
                // More than sockets hold.
                return try await client.mail(plainMail("1", String(repeating: "text\r\n", count: 3_000_000)))
            }
            try await client.say("MAIL FROM:<alice@example.org>")
            try await client.say("RSET")
            if step == "rset" { try await sink.behave(.init(steps: [step: .stall], connections: 2)) }
            return try await client.mail(plainMail("1"))
        }
        #expect(step == "body" ? answer.hasPrefix("451 4.4.2 ") : answer == "250 2.0.0 ok", "\(answer)")
        #expect(try await sink.deliveries().count == (step == "body" ? 0 : 1))
        await sink.stop()
    }

    enum Wait: String, CaseIterable {
        case connected, loggedIn, data, passedContent, opening, mail, dot, log
    }

    /// Ends its sessions at once, wherever they are, though everybody had hours.
    @Test(arguments: Wait.allCases)
    func aServerThatIsCancelledEnds(_ wait: Wait) async throws {
        let sink = try await Sink.start(.sink)
        var account = Proxy.Account("alice", sink)
        account.connectTimeout = .seconds(3_600)
        account.patience.command = .seconds(3_600)
        account.patience.end = .seconds(3_600)
        try await Proxy.serve([account]) {
            $0.patience = .seconds(3_600)
        } _: { port, server in
            let client = try await SMTPClient(port: port)
            switch wait {
            case .connected, .loggedIn, .data, .passedContent: try await Step(rawValue: wait.rawValue)?.take(client)
            case .opening, .mail:
                try await client.login()
                try await sink.behave(.init(steps: [wait == .mail ? "mail" : "greeting": .stall]))
                try await client.send("MAIL FROM:<alice@example.org>\r\n")
            case .dot:
                try await client.login()
                try await sink.behave(.init(steps: ["dot": .stall]))
                try await client.begin()
                try await client.send(plainMail("1") + Array(".\r\n".utf8))
            case .log:
                account.log.health = .stuck
                try await client.login()
                try await client.begin()
                try await client.send(htmlMail("1") + Array(".\r\n".utf8))
            }
            server.cancel()
            try await server.value
            while try await client.reply() != "" {}
        }
        await sink.stop()
    }

    /// Who has no mail on its way does not keep it from stopping; who has keeps it no longer than a client may be silent.
    @Test(arguments: Step.allCases)
    func aServerThatIsToStopStops(_ step: Step) async throws {
        let sink = try await Sink.start(.sink)
        let isBusy = [.mail, .recipient, .data, .trackedContent, .passedContent].contains(step)
        try await Proxy.run([.init("alice", sink)]) {
            $0.patience = isBusy ? .milliseconds(300) : .seconds(3_600)
        } _: { proxy in
            let client = try await proxy.client()
            try await step.take(client)
            await proxy.stop()
            if !isBusy { #expect(try await client.reply().hasPrefix("421 4.3.2 ")) }
            while try await client.reply() != "" {}
        }
        #expect(try await sink.deliveries().isEmpty)
        await sink.stop()
    }

    /// A log that is slow holds up its own mail, for two seconds, and nobody else's.
    @Test func aStuckLogHoldsUpNobodyElse() async throws {
        let sinks = [try await Sink.start(.sink), try await Sink.start(.sink)]
        let (stuck, good) = (Proxy.Account("alice", sinks[0]), Proxy.Account("bob", sinks[1]))
        stuck.log.health = .stuck
        try await Proxy.run([stuck, good]) { proxy in
            let (first, second) = (try await proxy.client(), try await proxy.client())
            try await first.login()
            try await second.login("bob")
            try await first.begin()
            try await first.send(htmlMail("1") + Array(".\r\n".utf8))
            #expect(try await second.mail(htmlMail("2"), from: "bob@example.org") == "250 2.0.0 ok")
            #expect(try await sinks[0].transactions().isEmpty)
            #expect(try await first.reply() == "250 2.0.0 ok")
        }
        #expect(try await sinks[0].deliveries().map(\.message) == [htmlMail("1")])
        for sink in sinks { await sink.stop() }
    }
}
