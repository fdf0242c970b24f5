import Foundation
import IMAP
import MailboxModel
import Opens
import SentSync
import Store
import Testing
import Tokens

/// Stop it at every step, resume, compare the whole state, then run once more and expect no change.
struct ConvergenceTests {
    /// What a story leaves behind: keywords on the server and what the store says of every message.
    struct Outcome: Equatable {
        var keywords: [UInt32: Set<String>]
        var flagged: Set<UInt32>
        var labels: [UInt32: Set<String>]
        /// Message-IDs, sorted.
        var copies: [String]
        var standing: [String: String]
    }

    struct Story: Sendable, CustomTestStringConvertible {
        let testDescription: String
        /// Makes the mailbox and the hits as they are before the agent's first run.
        let begin: @Sendable (inout MailboxModel) throws -> [Hit]
        /// The second run begins with an empty database.
        var losesDatabase = false
        /// What happens between the first run and the second.
        let change: @Sendable (inout MailboxModel) throws -> [Hit]
    }

    /// QRESYNC, CONDSTORE without it, and neither.
    static let servers: [Capabilities] = [
        Capabilities([.qresync, .condstore, .esearch]), Capabilities([.condstore, .esearch]), Capabilities(),
    ]

    @Test(arguments: stories)
    func everyInterruptionEndsTheSame(_ story: Story) async throws {
        for capabilities in Self.servers { try await interrupt(story, capabilities) }
    }

    /// Keywords, labels, coloured flags and copies side by side: the rules are the same for all.
    static let everySign = Signs(
        Signs(.standard).all + [
            Sign(.label, .tracked, "✓"), Sign(.label, .opened, "✓✓"), Sign(.color, .tracked, "grey"),
            Sign(.color, .opened, "green"), Sign(.copy, .opened, "Opened"),
        ])

    @Test(arguments: stories.prefix(1))
    func everyInterruptionEndsTheSameWithAllSigns(_ story: Story) async throws {
        try await interrupt(story, Self.servers[1], Self.everySign)
    }

    @Test func allSignsShowTheSame() async throws {
        let outcome = try await play(try #require(Self.stories.first), signs: Self.everySign, stopAt: nil).outcome
        #expect(outcome.keywords[1] == ["tracked", "opened", "$MailFlagBit0", "$MailFlagBit1"])
        #expect(outcome.keywords[2] == ["tracked", "reached", "$MailFlagBit1", "$MailFlagBit2"])
        #expect(outcome.flagged == [1, 2, 4])
        #expect(outcome.labels == [1: ["✓", "✓✓"], 2: ["✓"], 3: [], 4: ["✓"]])
        #expect(outcome.copies == ["m1@example.net"])
    }

    private func interrupt(
        _ story: Story, _ capabilities: Capabilities, _ signs: Signs = Signs(.standard)
    ) async throws {
        let expected = try await play(story, capabilities, signs: signs, stopAt: nil)
        #expect(expected.steps > 10)
        let workers = 2
        try await withThrowingTaskGroup(of: Void.self) { group in
            for worker in 1...workers {
                group.addTask {
                    for point in stride(from: worker, through: expected.steps, by: workers) {
                        let stopped = try await play(story, capabilities, signs: signs, stopAt: point)
                        #expect(stopped.outcome == expected.outcome, "stopped at step \(point) of \(expected.steps)")
                        #expect(
                            stopped.storesInLastRun == 0, "a further run changed something, stopped at step \(point)")
                    }
                }
            }
            try await group.waitForAll()
        }
    }

    @Test func theStoriesEndAsTheyShould() async throws {
        let outcome = try await play(try #require(Self.stories.first), stopAt: nil).outcome
        #expect(outcome.keywords[1] == ["tracked", "opened"])
        #expect(outcome.keywords[2] == ["tracked", "reached"])
        #expect(outcome.keywords[3] == [])
        #expect(outcome.keywords[4] == ["tracked"])
    }

    /// The third message's requests are no longer on the pixel server: its keyword is all that is left of them.
    @Test func aLostDatabaseCostsNoKeyword() async throws {
        let story = try #require(Self.stories.first { $0.losesDatabase })
        let outcome = try await play(story, stopAt: nil).outcome
        #expect(outcome.keywords == [1: ["tracked", "opened"], 2: ["tracked", "reached"], 3: ["tracked", "opened"]])
    }

    private func play(
        _ story: Story, _ capabilities: Capabilities = servers[0], signs: Signs = Signs(.standard), stopAt: Int?
    ) async throws -> (outcome: Outcome, steps: Int, storesInLastRun: Int) {
        var path = Scratch.folder.appending(path: "sentmark-\(UUID()).db").path
        defer {
            for suffix in ["", "-wal", "-shm", ".new", ".new-wal", ".new-shm"] {
                try? FileManager.default.removeItem(atPath: path.replacing(".new", with: "") + suffix)
            }
        }
        var mailbox = MailboxModel()
        mailbox.capabilities = capabilities
        var feed = try story.begin(&mailbox)
        let first = try LoopedAgent(path: path, stopAt: stopAt, signs: signs)
        first.feed = feed
        var stopped = false
        do { try await first.run(&mailbox) } catch is LoopedAgent.Stopped { stopped = true }
        feed += try story.change(&mailbox)
        if story.losesDatabase { path += ".new" }
        var steps = first.stepCount
        let second = try LoopedAgent(path: path, stopAt: stopped ? nil : stopAt.map { $0 - steps }, signs: signs)
        second.feed = feed
        do { try await second.run(&mailbox) } catch is LoopedAgent.Stopped {}
        steps += second.stepCount
        let third = try LoopedAgent(path: path, signs: signs)
        third.feed = feed
        try await third.run(&mailbox)
        let outcome = try await outcome(third, mailbox)
        let before = mailbox.log.count
        let fourth = try LoopedAgent(path: path, signs: signs)
        fourth.feed = feed
        try await fourth.run(&mailbox)
        let stores = mailbox.log.dropFirst(before).count { ["UID STORE", "UID COPY"].contains($0.name) }
        for agent in [first, second, third, fourth] { try agent.store.close() }
        return (outcome, steps, stores)
    }

    private func outcome(_ agent: LoopedAgent, _ mailbox: MailboxModel) async throws -> Outcome {
        // What is remembered of a message that is gone depends on whether it was ever seen.
        let lines = try await agent.store.status(StatusFilter(limit: 1000)).filter { $0.flags != nil }
        return Outcome(
            keywords: Dictionary(uniqueKeysWithValues: mailbox.messages.keys.map { ($0, mailbox.keywords(of: $0)) }),
            flagged: Set(mailbox.messages.filter { $0.value.flags.contains(.flagged) }.keys),
            labels: mailbox.messages.mapValues(\.labels), copies: mailbox.copies.sorted(),
            standing: Dictionary(
                uniqueKeysWithValues: lines.map {
                    (
                        $0.messageID ?? "",
                        "\($0.standing.status.rawValue) \($0.standing.readings) \($0.standing.evidence)"
                    )
                }))
    }

    static let stories: [Story] = [
        Story(
            testDescription: "two runs: messages, hits, more of both",
            begin: { mailbox in
                let tokens = try tokens(2)
                mailbox.send(1, token: tokens[0])
                mailbox.send(2, token: tokens[1])
                mailbox.send(3)
                return [.scanner(1, tokens[1])]
            },
            change: { mailbox in
                let tokens = try tokens(3)
                mailbox.send(4, token: tokens[2])
                return [.person(2, tokens[0])]
            }),
        Story(
            testDescription: "hits before their message, a copy in the same folder, a message expunged",
            begin: { mailbox in
                let tokens = try tokens(3)
                mailbox.send(1, token: tokens[0])
                mailbox.send(2, token: tokens[1])
                return [.person(1, tokens[2]), .person(2, tokens[0])]
            },
            change: { mailbox in
                let tokens = try tokens(3)
                mailbox.expunge(2)
                mailbox.send(3, token: tokens[2])
                mailbox.send(1, token: tokens[0])
                return []
            }),
        Story(
            testDescription: "UIDVALIDITY changes between the runs",
            begin: { mailbox in
                let tokens = try tokens(2)
                mailbox.send(1, token: tokens[0])
                mailbox.send(2)
                mailbox.send(3, token: tokens[1])
                return [.person(1, tokens[1])]
            },
            change: { mailbox in
                mailbox.renumber()
                return [.person(2, try tokens(1)[0])]
            }),
        Story(
            testDescription: "the database is lost between the runs",
            begin: { mailbox in
                let tokens = try tokens(3)
                mailbox.send(1, token: tokens[0])
                mailbox.send(2, token: tokens[1])
                mailbox.setFlag("opened", true, of: mailbox.send(3, token: tokens[2]))
                return [.person(1, tokens[0]), .scanner(2, tokens[1])]
            }, losesDatabase: true, change: { _ in [] }),
        Story(
            testDescription: "a message that cannot be read does not hold up the others",
            begin: { mailbox in
                let tokens = try tokens(2)
                mailbox.send(1, token: tokens[0])
                mailbox.unreadable = [mailbox.send(2)]
                mailbox.send(3, token: tokens[1])
                return [.person(1, tokens[0])]
            },
            change: { mailbox in
                mailbox.send(4, token: try tokens(3)[2])
                return []
            }),
    ]

    static func tokens(_ count: UInt64) throws -> [Token] { try (1...count).map { try #require(Keys.token($0)) } }
}
