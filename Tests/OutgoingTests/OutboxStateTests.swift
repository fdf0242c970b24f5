import Foundation
import Testing

@testable import Outgoing

/// What comes next for a message of the outbox, wherever it has got to.
@Suite struct OutboxStateTests {
    private static let start = Date(timeIntervalSince1970: 1_790_000_000)

    private static func step(_ state: OutboxState, _ place: OutboxPlace, after seconds: TimeInterval = 0) -> OutboxStep
    {
        OutboxItem.next(
            OutboxItem(state, foundAt: start, changedAt: start), at: place, now: start.addingTimeInterval(seconds))
    }

    /// In the outbox, where messages are sent from, in neither.
    static let steps: [(OutboxState, [OutboxStep])] = [
        (
            .claiming,
            [.claim, .wait(until: start + OutboxItem.movePatience), .become(.gone, because: nil)]
        ),
        (.claimed, [.claim, .send, .become(.gone, because: nil)]),
        (.sending, [.lookForCopy, .lookForCopy, .lookForCopy]),
        (.sent, [.file, .file, .file]),
        (.filed, [.become(.done, because: nil), .remove, .become(.done, because: nil)]),
        (.refusing, [.setAside(.refused), .setAside(.refused), .become(.refused, because: nil)]),
        (.doubtful, [.setAside(.notSure), .setAside(.notSure), .become(.uncertain, because: nil)]),
        (
            .strange,
            [
                .become(.gone, because: nil), .wait(until: start + OutboxItem.strangerPatience),
                .become(.gone, because: nil),
            ]
        ),
    ]

    @Test(arguments: steps)
    func eachStateHasItsStep(_ state: OutboxState, _ expected: [OutboxStep]) {
        #expect(OutboxPlace.allCases.map { Self.step(state, $0) } == expected)
    }

    @Test func everyStateIsInTheTable() {
        #expect(Set(Self.steps.map(\.0)) == Set(OutboxState.allCases.filter { !$0.isEnd }))
    }

    /// What was sent once, or set aside, is a new message when somebody puts it into the outbox again.
    @Test(arguments: OutboxState.allCases.filter(\.isEnd) + [nil])
    func anEndIsTheEnd(_ state: OutboxState?) {
        let item = state.map { OutboxItem($0, foundAt: Self.start, changedAt: Self.start) }
        let steps = OutboxPlace.allCases.map { OutboxItem.next(item, at: $0, now: Self.start) }
        #expect(steps == [.claim, .become(.strange, because: nil), .nothing])
    }

    @Test func whatNobodyClaimsIsSetAsideInTheEnd() {
        #expect(
            Self.step(.claiming, .sending, after: OutboxItem.movePatience)
                == .become(.doubtful, because: .unclaimed))
        #expect(
            Self.step(.strange, .sending, after: OutboxItem.strangerPatience) == .become(.doubtful, because: .unknown))
    }

    /// A mailbox, a provider and a book, and an agent that can be stopped between any two things that it does.
    private struct Play {
        enum Stop: Error { case stop }

        var place: OutboxPlace? = .outbox
        var entry: OutboxItem?
        var deliveries = 0
        var copies = 0
        var asides = 0
        /// Things that may yet be done.
        var breath: Int
        var time = start

        private mutating func act(_ change: (inout Play) -> Void) throws {
            guard breath > 0 else { throw Stop.stop }
            breath -= 1
            change(&self)
        }

        private mutating func note(_ state: OutboxState) throws {
            try act { $0.entry = OutboxItem(state, foundAt: start, changedAt: $0.time) }
        }

        /// Until there is nothing to do or it is stopped.
        mutating func run() throws {
            for _ in 0..<50 {
                switch OutboxItem.next(entry, at: place ?? .elsewhere, now: time) {
                case .claim:
                    try note(.claiming)
                    try act { $0.place = .sending }
                    try note(.claimed)
                case .send:
                    try note(.sending)
                    try act { $0.deliveries += 1 }
                    try note(.sent)
                case .lookForCopy: try note(copies > 0 ? .filed : .doubtful)
                case .file:
                    if copies == 0 { try act { $0.copies += 1 } }
                    try note(.filed)
                case .remove:
                    try act { $0.place = nil }
                    try note(.done)
                case .setAside:
                    try act {
                        $0.asides += 1
                        $0.place = nil
                    }
                case .become(let state, _): try note(state)
                case .wait(let date): time = date
                case .nothing: return
                }
            }
            Issue.record("it does not come to rest")
        }
    }

    /// Stopped after each act, twice: never two deliveries, never two copies, and the message is always somewhere.
    @Test func stoppedAnywhereItIsSentOnceAtMost() throws {
        var ends: Set<OutboxState> = []
        for first in 0...12 {
            for second in 0...12 {
                var play = Play(breath: first)
                for breath in [second, 100] {
                    try? play.run()
                    #expect(play.place != nil || play.copies + play.asides == 1, "stopped at \(first), \(second)")
                    play.breath = breath
                }
                try play.run()
                #expect(play.deliveries <= 1 && play.copies <= 1 && play.asides <= 1)
                #expect(play.copies + play.asides == 1, "it is in Sent or set aside: \(first), \(second)")
                #expect(play.asides == 1 || play.deliveries == 1)
                let state = try #require(play.entry?.state)
                #expect(state.isEnd)
                ends.insert(state)
            }
        }
        #expect(ends == [.done, .uncertain])
    }
}
