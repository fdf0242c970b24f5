import Foundation
import IMAP
import Logging
import Mailbox
import MailboxModel
import MIME
import Opens
import Outgoing
import Secrets
import SentSync
import Servers
import Store
import Submission
import Tokens
import Transport

@testable import Agent

/// The outbox of a story's account: its connection lives between two octets of the one that watches Sent.
struct Outbox {
    let story: Story
    let store: AgentStore
    let provider: Provider
    let clock: SoakClock
    let awaited: AwaitedMail

    private static let poller = Result { () throws(TransportError) in try Poller() }
    /// More of them without an end, and it never gets anywhere.
    private static let attempts = 60

    struct Ending {
        var world: World
        var steps: ArraySlice<Story.Step>
        var demand: ModelConnection.Demand?
    }

    /// Until nothing is left in the outbox, or the agent ends.
    func serve(_ world: World, _ steps: ArraySlice<Story.Step>, seed: UInt64) async -> Ending {
        var result = Result<Void, any Error>.success(())
        var state = Ending(world: world, steps: steps)
        for attempt in 0..<Self.attempts where state.demand == nil {
            let connection = ModelConnection(
                story, state.world, state.steps, store, clock, provider: provider, seed: seed &+ UInt64(attempt) &* 7919
            )
            do {
                try await run(over: connection)
                result = .success(())
            } catch {
                result = .failure(error)
            }
            await connection.collect()
            state = Ending(world: await connection.world, steps: await connection.left, demand: await connection.demand)
            // Who has lost the database as well has stopped anyway.
            if provider.hasStopped(), state.demand == nil { state.demand = .crash }
            let isEmpty = state.world.uids(in: .outbox).isEmpty && state.world.uids(in: .sending).isEmpty
            if case .success = result, isEmpty { return state }
        }
        if state.demand == nil { state.world.violations.append("the outbox does not come to an end: \(result)") }
        return state
    }

    private func run(over connection: ModelConnection) async throws {
        try await connection.begin()
        let server = try await MailServer.meet(over: connection, host: story.software.host)
        let folders = OutboxFolders(named: Folder.outbox.rawValue, among: try await connection.listAll())
        for mailbox in folders.missing { try await connection.require(.create(mailbox)) }
        var work = OutboxWork(
            account: try await store.account(named: "work"), submission: try await submission(), store: store,
            connection: connection, server: server, folders: folders, sent: MailboxName("Sent"), pace: OutboxPace(),
            now: { [clock] in clock.now }, logger: Logger(label: "soak") { _ in SwiftLogNoOpLogHandler() })
        work.copyPatience = .zero
        // What has to be waited for comes with the time.
        for _ in 0..<6 {
            guard let due = try await work.run().due else { break }
            clock.advance(minutes: max(1, Int(due.timeIntervalSince(clock.now) / 60) + 1))
        }
    }

    private func submission() async throws -> SubmissionAccount {
        let own = [EnvelopeAddress("alice@example.net")].compactMap(\.self)
        var policy = TrackingPolicy()
        policy.own = own
        let rules = SendingRules(
            policy: policy, injector: Injector(options: InjectionOptions(), isOwn: Keys.isOurs), sharing: .shared,
            pictureBase: "https://px.example.org"
        ) { message, recipient in
            Keys.credential.flatMap {
                Token.mint(
                    stream: $0.stream, epoch: $0.epoch, key: $0.streamKey, message: message, recipient: recipient,
                    level: .pseudonymous)
            }
        }
        let options = ConnectionOptions(
            try Endpoint("smtp://127.0.0.1:\(provider.port)", cleartext: true), login: .none)
        return SubmissionAccount(
            name: "work", users: [], addresses: own, provider: "provider", rules: rules,
            log: AccountLog(
                store, OutgoingLedger(store), ("work", try await store.account(named: "work")), awaited: awaited,
                now: { Date(timeIntervalSince1970: Double(World.sent)) })
        ) { try await Upstream.open(options, on: Self.poller.get()) }
    }
}
