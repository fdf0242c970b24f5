import IMAP
import MailboxModel
import SentSync
import Store

@testable import Mailbox

/// A connection to a ``ModelServer`` in memory, over the real ``Session``: octets go both ways in odd pieces, and between
/// any two of them something may happen. There is no other clock than the number of moments that have passed, so that
/// a story runs the same each time.
actor ModelConnection: MailConnection {
    nonisolated let greeting: Greeting
    private let story: Story
    private let store: AgentStore
    private(set) var world: World
    private var random: SplitMix64
    private var steps: ArraySlice<Story.Step>
    private var server: ModelServer
    private var session = Session(tagPrefix: "a")
    private var events: [Session.Event] = []
    private var toClient: [UInt8] = []
    /// Behind COMPRESS, at either end.
    private var ownCompression: Compression?
    private var serverCompression: Compression?
    private let clock: SoakClock
    private let provider: Provider?
    /// Served between two octets of this connection.
    private let outbox: Outbox?
    private let seed: UInt64
    private var ending: MailboxError?
    private var receivedLeft: Int?
    private var sentLeft: Int?
    /// Moments until the next step.
    private var countdown: Int
    private var moments = 0
    private var isPolling = false
    private var quietWaits = 0
    /// Keywords may have to change.
    private var isRung = false
    private(set) var demand: Demand?

    /// What a step wants of the one who runs the agent.
    enum Demand {
        case crash
        case loseDatabase
    }

    /// More of them without coming to rest, and something turns in circles.
    private static let momentLimit = 4_000

    init(
        _ story: Story, _ world: World, _ steps: ArraySlice<Story.Step>, _ store: AgentStore, _ clock: SoakClock,
        provider: Provider? = nil, outbox: Outbox? = nil, seed: UInt64
    ) {
        self.provider = provider
        self.outbox = outbox
        self.seed = seed
        self.story = story
        self.store = store
        self.clock = clock
        self.world = world
        self.steps = steps
        random = SplitMix64(seed: seed)
        countdown = steps.first?.gap ?? 0
        server = ModelServer(
            story, servesOutbox: provider != nil && outbox == nil, random: SplitMix64(seed: seed ^ 0xff))
        greeting = Greeting(text: story.software.rawValue)
    }

    var capabilities: Capabilities { session.capabilities }
    var enabled: Set<Capability> { session.enabled }
    var canCompress: Bool { ownCompression == nil && session.capabilities.contains(.compressDeflate) }
    var isCompressed: Bool { ownCompression != nil }
    var left: ArraySlice<Story.Step> { steps }
    /// Whether the agent came to rest, with nothing left to happen.
    private(set) var isAtRest = false

    func begin() async throws(MailboxError) {
        session.begin(now: 0)
        perform()
        while try await !next().contains(.ready) {}
    }

    func restrict(idle: Duration, commandsInFlight: Int) {
        session.restrict(idle: 60_000, commandsInFlight: commandsInFlight)
        perform()
    }

    func start(_ commands: [Command]) throws(MailboxError) -> [Tag] {
        if let ending { throw ending }
        var tags: [Tag] = []
        do {
            for command in commands { tags.append(try session.start(command, now: 0)) }
        } catch {
            throw .unsendable(error)
        }
        isPolling = commands.contains(.noop)
        if !isPolling, !commands.contains(.idle), !commands.contains(where: \.isStatus) { quietWaits = 0 }
        perform()
        return tags
    }

    func next() async throws(MailboxError) -> [Session.Event] {
        while events.isEmpty || random.chance(percent: 30) && !toClient.isEmpty && ending == nil {
            if let ending { throw ending }
            moments += 1
            guard moments < Self.momentLimit else {
                world.violations.append("the agent does not come to rest")
                isAtRest = true
                throw .cancelled
            }
            await pass()
        }
        defer { events = [] }
        return events
    }

    func finishIdle() {
        session.finishIdle(now: 0)
        perform()
    }
}

extension ModelConnection {
    private func pass() async {
        while countdown <= 0, !world.isHeld, ending == nil, let step = steps.popFirst() {
            countdown = steps.first?.gap ?? 0
            await apply(step.operation)
        }
        if ending != nil { return }
        if server.hasSelected { countdown -= 1 }
        if isPolling || server.isIdle, toClient.isEmpty || isPolling { await rest() }
        if toClient.isEmpty {
            if server.isClosed { endOfStream() }
        } else {
            deliver()
        }
    }

    /// Nobody has anything to say: time passes.
    private func rest() async {
        isPolling = false
        world.isHeld = false
        clock.advance()
        world.pulled =
            await attempt { try await store.pull(world.feed, after: world.pulled, limit: .max) }
            ?? world.pulled
        if await attempt({ try await store.judge() }) == true { isRung = true }
        if isRung {
            isRung = false
            wake()
        } else if !steps.isEmpty {
            countdown = 0
        } else if quietWaits > 1, await !hasErrand() {
            isAtRest = true
            ending = .closed(.loggedOut)
        } else {
            quietWaits += 1
            wake()
        }
    }

    /// What has just moved is looked for a while later, and not before the agent has been woken for it.
    private func hasErrand() async -> Bool {
        await attempt { try await store.nextErrand(of: try await store.account(named: "work")) } ?? nil != nil
    }

    /// The bell rings, or IDLE has lasted long enough.
    private func wake() {
        if server.isIdle { finishIdle() }
    }

    private func deliver() {
        let length = random.element(of: [1, 2, 7, 64, 1460, 100_000]) ?? 1
        var piece = Array(toClient.prefix(length))
        if let left = receivedLeft {
            piece = Array(piece.prefix(left))
            receivedLeft = left - piece.count
        }
        toClient.removeFirst(piece.count)
        receive(piece)
        if receivedLeft == 0 { endOfStream() }
    }

    private func receive(_ bytes: [UInt8]) {
        guard let ownCompression else {
            session.received(bytes, now: 0)
            return perform()
        }
        ownCompression.feed(bytes)
        do {
            while ending == nil, let piece = try ownCompression.next() {
                session.received(piece, now: 0)
                perform()
            }
        } catch {
            world.violations.append("what was compressed cannot be read: \(error)")
        }
    }

    private func endOfStream() {
        session.endOfStream()
        perform()
    }

    private func perform() {
        for action in session.takeActions() {
            switch action {
            case .send(let bytes): send(bytes)
            case .deliver(let event): events.append(event)
            case .compress(let received):
                ownCompression = Compression()
                if !received.isEmpty { receive(received) }
            case .wait: break
            case .close(let reason): ending = ending ?? .closed(reason)
            }
        }
    }

    /// What the provider has accepted by now.
    func collect() {
        guard let provider else { return }
        world.take(provider.take(), filesThem: story.software == .exchange)
    }

    private func serveOutbox() async {
        guard let outbox, demand == nil else { return }
        let before = world
        let result = await outbox.serve(world, steps, seed: seed &* 31 &+ UInt64(moments))
        world = result.world
        steps = result.steps
        // What happened meanwhile is news here, too, or the end of this connection.
        for uid in world.uids where world.flags(uid) != before.flags(uid) { server.noteFlags(of: uid) }
        if let demand = result.demand {
            end(demand)
        } else if world.mailbox.uidValidity != before.mailbox.uidValidity || world.isHeld && !before.isHeld {
            end(nil)
        }
    }

    private func send(_ bytes: [UInt8]) {
        collect()
        var bytes = ownCompression?.deflated(bytes) ?? bytes
        if let left = sentLeft {
            bytes = Array(bytes.prefix(left))
            sentLeft = left - bytes.count
        }
        if let serverCompression {
            serverCompression.feed(bytes)
            while let piece = try? serverCompression.next() { server.received(piece, &world) }
        } else {
            server.received(bytes, &world)
        }
        takeOutput()
        if sentLeft == 0 { endOfStream() }
    }

    /// The answer to COMPRESS is the last that is not compressed.
    private func takeOutput() {
        let bytes = server.takeOutput()
        toClient += bytes.isEmpty ? [] : serverCompression?.deflated(bytes) ?? bytes
        if server.isCompressing, serverCompression == nil { serverCompression = Compression() }
    }

    private func end(_ demand: Demand?) {
        self.demand = demand
        ending = .cancelled
    }
}

extension ModelConnection {
    private func apply(_ operation: Operation) async {
        switch operation {
        case .append(let kind, let pick, let carries, let isSick):
            world.append(kind, pick: pick, carries: carries, isSick: isSick)
        case .expunge(let pick): if let uid = world.uid(pick) { world.expunge(uid) }
        case .archive(let pick):
            guard let uid = world.uid(pick) else { break }
            let isKnown = await copy(of: uid) != nil
            if let id = world.mailbox.messages[uid]?.id { world.letters[id]?.wasKnown = isKnown }
            world.move(uid, from: .sent, to: .archive)
        case .unarchive(let pick):
            if let uid = world.uid(pick, in: .archive) { world.move(uid, from: .archive, to: .sent) }
        case .flag(let name, let on, let pick): if let uid = world.uid(pick) { await set(name, on, uid) }
        case .addMark(let name, let pick): if let uid = world.uid(pick) { await set(name, true, uid) }
        case .removeMark(let pick): await removeMark(pick)
        case .hit(let opener, let pick): world.hit(opener, pick: pick)
        case .answer(let answer, let pick, let isRead):
            guard let letter = world.answered(pick) else { break }
            let isKnown = await attempt { try await store.knows(messageID: letter.messageID) } ?? false
            world.receive(answer, to: letter, pick: pick, isRead: isRead, isKnown: isKnown)
        case .read(let pick):
            guard let uid = world.uid(pick, in: .inbox), let id = world[.inbox].messages[uid]?.id else { break }
            world[.inbox].setFlag("\\Seen", true, of: uid)
            world.letters[id]?.flags.insert(.seen)
        case .draft(let turn, let hasOwnID, let isTracked):
            world.draft(hasOwnID: hasOwnID, isTracked: isTracked)
            provider?.prepare(turn) { [store] in try? store.close() }
            await serveOutbox()
        case .pull(let judges):
            world.pulled =
                await attempt { try await store.pull(world.feed, after: world.pulled, limit: 3) } ?? world.pulled
            if judges, await attempt({ try await store.judge() }) == true { isRung = true }
        case .cutReceived(let count): receivedLeft = count
        case .cutSent(let count): sentLeft = count
        case .bye: server.sayBye()
        case .busy: server.isBusy = true
        case .crash: end(.crash)
        case .loseDatabase:
            world.inheritAll()
            world.forgetWithdrawals()
            end(.loseDatabase)
        case .renumber(let first):
            world.renumber(from: first)
            end(nil)
        case .turnBack:
            // If it has seen the first number last, it is told the same once more, and nobody could tell.
            if await attempt({ try await store.highest() }) == 1 { break }
            world.mailbox.turnBack()
            world.isHeld = true
            end(nil)
        }
        server.push(world)
        takeOutput()
    }

    private func set(_ name: String, _ on: Bool, _ uid: UInt32) async {
        let flag = Flag(spelling: name)
        guard world.flags(uid).contains(flag) != on else { return }
        if flag == .flagged, world.showing == .colors { return await paint(on, uid) }
        // What is on a message before the agent has seen it is inherited.
        if on, await copy(of: uid) == nil { world.inherit(flag, world.letter(uid)?.token) }
        world.setFlag(flag, on, of: uid)
        server.noteFlags(of: uid)
        if !on, server.hasUnread(flag, on: uid) { world.doubted.insert(flag) }
    }

    /// Who colours a flag while we do is beaten by whoever comes last: there is no truth to that.
    private func paint(_ on: Bool, _ uid: UInt32) async {
        if on, !server.isIdle { return }
        world.told = await attempt { try await store.incoming() } ?? []
        let mark = world.shownColor(uid)
        let isKnown = await isKnown(mark, on: uid)
        world.paint(on ? Showing.userColor : nil, uid)
        server.noteFlags(of: uid)
        if !on, isKnown, let mark, let id = world.mailbox.messages[uid]?.id {
            world.letters[id]?.withdrawn.insert(Flag(spelling: mark.rawValue))
        }
    }

    private func isKnown(_ mark: Mark?, on uid: UInt32) async -> Bool {
        guard let mark, let color = Showing.colorOfMark[mark], let token = world.letter(uid)?.token,
            world.wanted(token, world.flags(uid)).contains(Flag(spelling: mark.rawValue)),
            world.pulled == world.feed.count, let copy = await copy(of: uid)
        else { return false }
        return copy.isSettled && FlagColor(copy.flags) == color
    }

    private func removeMark(_ pick: Int) async {
        if world.showing == .colors {
            let marked = world.uids.filter { world.shownColor($0) != nil }
            if !marked.isEmpty { await paint(false, marked[pick % marked.count]) }
            return
        }
        let marked = world.uids.flatMap { uid in
            world.flags(uid).intersection(World.marks).sorted { $0.spelling < $1.spelling }.map { (uid, $0) }
        }
        guard !marked.isEmpty else { return }
        let (uid, mark) = marked[pick % marked.count]
        world.told = await attempt { try await store.incoming() } ?? []
        let isKnown = await isKnown(mark, on: uid)
        await set(mark.spelling, false, uid)
        if isKnown, let id = world.mailbox.messages[uid]?.id { world.letters[id]?.withdrawn.insert(mark) }
    }

    private func copy(of uid: UInt32) async -> (flags: Set<Flag>, isSettled: Bool)? {
        await attempt { try await store.copy(of: uid, in: world.mailbox) } ?? nil
    }

    /// A database that fails is a finding of its own.
    private func attempt<Value: Sendable>(_ work: () async throws -> Value) async -> Value? {
        do {
            return try await work()
        } catch {
            world.violations.append("the database: \(error)")
            return nil
        }
    }

    /// Whether the agent knows that the keyword is there, and knows all that there is to know.
    private func isKnown(_ mark: Flag, on uid: UInt32) async -> Bool {
        guard let token = world.letter(uid)?.token, world.wanted(token, world.flags(uid)).contains(mark),
            world.pulled == world.feed.count, let copy = await copy(of: uid)
        else { return false }
        return copy.isSettled && copy.flags.contains(mark)
    }
}

extension Command {
    fileprivate var isStatus: Bool { if case .status = self { true } else { false } }
}
