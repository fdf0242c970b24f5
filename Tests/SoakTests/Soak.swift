import Foundation
import IMAP
import Logging
import MailboxModel
import Mailbox
import Beacon
import SentSync
import Servers
import Store

@testable import Agent

/// Plays a story: session after session of the agent against the modelled server, until both have nothing left to do.
struct Soak {
    private let story: Story
    private let path: String
    private var store: AgentStore
    private var world: World
    private var steps: ArraySlice<Story.Step>
    private var sessions: UInt64 = 0
    private var trust: ServerTrust
    private let clock = SoakClock()
    private let awaited = AwaitedMail()
    /// Of those that have an outbox.
    private let provider: Provider?

    /// More of them without a step in between, and the agent never gets anywhere.
    private static let sessionLimit = 40

    /// What is wrong with how the story ends; empty if nothing is.
    static func play(_ story: Story) async throws -> [String] {
        let folder = Scratch.folder.appending(path: "sentmark-soak-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: false)
        defer { try? FileManager.default.removeItem(at: folder) }
        var soak = try Soak(story, path: folder.appending(path: "agent.db").path)
        defer { soak.provider?.end() }
        let problems = try await soak.run()
        try soak.store.close()
        return problems
    }

    private init(_ story: Story, path: String) throws {
        self.story = story
        self.path = path
        store = try AgentStore(path: path)
        world = World(story)
        provider = story.hasOutbox ? Provider() : nil
        trust = ServerTrust(compresses: story.quirks.contains(.compresses))
        steps = story.steps[...]
        while let step = steps.first, case .append(let kind, let pick, let carries, let isSick) = step.operation {
            steps.removeFirst()
            world.append(kind, pick: pick, carries: carries, isSick: isSick)
        }
    }

    private mutating func run() async throws -> [String] {
        try await settle()
        var problems = try await problems(isRenewed: false)
        if !problems.isEmpty { return problems }

        world.noteEvidence()
        for token in Set(world.letters.values.compactMap(\.token)).sorted() { world.hit(.person, token) }
        try await settle()
        problems = try await self.problems(isRenewed: true)
        if !problems.isEmpty { return problems.map { "after new evidence: \($0)" } }

        // What the last session wrote may be news to the next one, and to nobody after that.
        try await settle()
        let before = try await store.contents()
        world.stores = []
        try await settle()
        let after = try await store.contents()
        if after != before {
            problems.append(
                "a further run changed: \(after.filter { !before.contains($0) }) from \(before.filter { !after.contains($0) })"
            )
        }
        // What the server does not keep each session tries once more.
        for order in world.stores where order.flags.contains(where: { order.areLabels || world.keepsAsItIs($0) }) {
            problems.append("a further run sent a STORE of \(order.flags)")
        }
        return problems
    }

    private mutating func problems(isRenewed: Bool) async throws -> [String] {
        let knowledge = try await store.knowledge()
        world.told = knowledge.incoming
        return world.problems(knowledge: knowledge, isRenewed: isRenewed)
    }

    /// Runs sessions until one has come to rest; where answers are watched for, until what has come by then has been seen,
    /// half an hour later.
    private mutating func settle() async throws {
        try await settleNow()
        guard story.watchesReplies else { return }
        clock.advance(minutes: 31)
        try await settleNow()
    }

    private mutating func settleNow() async throws {
        var attempts = 0
        var left = steps.count
        while true {
            attempts = steps.count == left ? attempts + 1 : 0
            left = steps.count
            guard attempts < Self.sessionLimit else { return world.violations.append("no session comes to rest") }
            if try await session() { return }
        }
    }

    private mutating func session() async throws -> Bool {
        sessions += 1
        let seed = story.seed &* 1000 &+ sessions
        world.doubted = []
        if let outbox {
            // What an earlier run has left.
            let result = await outbox.serve(world, steps, seed: ~seed)
            world = result.world
            steps = result.steps
            if try await meet(result.demand) { return false }
        }
        let connection = ModelConnection(
            story, world, steps, store, clock, provider: provider, outbox: outbox, seed: seed)
        do {
            try await connection.begin()
            var server = try await MailServer.meet(over: connection, host: story.software.host)
            try await server.enable(over: connection)
            switch try await watch(server).run(connection, MailboxName("Sent")) {
            case .newsLost: trust.notifies = false
            case .compressed, .successor: break
            }
        } catch let error as MailboxError {
            if case .unsendable = error { world.violations.append("\(error)") }
        }
        world = await connection.world
        steps = await connection.left
        _ = try await meet(await connection.demand)
        if let uid = try await store.passedOver() { world.mustBeTold[uid] = nil }
        return await connection.isAtRest
    }

    private var outbox: Outbox? {
        provider.map { Outbox(story: story, store: store, provider: $0, clock: clock, awaited: awaited) }
    }

    /// Returns whether there was one.
    private mutating func meet(_ demand: ModelConnection.Demand?) async throws -> Bool {
        switch demand {
        case .crash: try await restart()
        case .loseDatabase:
            world.mustBeTold = [:]
            try store.close()
            for suffix in ["", "-wal", "-shm"] { try? FileManager.default.removeItem(atPath: path + suffix) }
            try await restart()
        case nil: return false
        }
        return true
    }

    private mutating func restart() async throws {
        store = try AgentStore(path: path)
        world.pulled = try await store.pulled()
    }

    private func watch(_ server: MailServer) async throws -> FolderWatch {
        let patterns = [try TokenPattern(World.pattern)]
        var policy = FolderSync.Policy(
            since: story.quirks.contains(.since) ? World.firstDay : nil, patterns: patterns, isOurs: Keys.isOurs)
        policy.chunk = story.chunk
        policy.much = 3
        policy.searchesText = server.policy.searchesText
        policy.readsLabels = story.showing.hasLabels
        let tools = FolderTools(
            account: try await store.account(named: "work"), store: store, signs: story.showing.signs, server: server,
            trust: trust, judge: Bell(), awaited: awaited, cleansSince: nil,
            report: { _ in },
            now: { [clock] in clock.now },
            logger: Logger(label: "soak") { _ in SwiftLogNoOpLogHandler() },
            // At each step, or not before it has to be: nothing depends on how long it takes.
            commitInterval: story.seed.isMultiple(of: 2) ? .zero : .seconds(3600))
        return FolderWatch(
            tools: tools, policy: policy, errands: Errands(tools: tools, policy: policy, wish: .automatic),
            inbox: story.watchesReplies ? Inbox(tools: tools, policy: policy, mailboxes: [.inbox]) : nil,
            pollInterval: .zero, bell: Bell())
    }
}
