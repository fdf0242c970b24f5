import IMAP
import Opens
import Testing

@testable import SentSync

struct KeywordPlanTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var seen: [String] = []
        var standing = Standing(status: .unknown, readings: 0, evidence: 0)
        var withdrawn: [Mark: Int] = [:]
        var refused: Set<Mark> = []
        var otherwiseRefused: Set<Sign> = []
        var kept: Set<Mark> = []
        var names = KeywordNames.standard
        let orders: [String]
    }

    private static let opened = Standing(status: .opened, readings: 1, evidence: 1)

    static let cases = [
        Case(testDescription: "new message", seen: ["\\Seen"], orders: ["+tracked"]),
        Case(testDescription: "nothing to do", seen: ["tracked", "other"], orders: []),
        Case(testDescription: "the server's spelling is another", seen: ["Tracked"], orders: []),
        Case(testDescription: "opened", seen: ["tracked"], standing: opened, orders: ["+opened"]),
        Case(
            testDescription: "opened after a machine reached it", seen: ["tracked", "reached"], standing: opened,
            orders: ["+opened", "-reached"]),
        Case(
            testDescription: "opened twice", seen: ["tracked", "opened"],
            standing: Standing(status: .opened, readings: 2, evidence: 2), orders: ["+opened-again"]),
        Case(
            testDescription: "a machine alone", seen: ["tracked"],
            standing: Standing(status: .machineOnly, readings: 0, evidence: 1), orders: ["+reached"]),
        Case(
            testDescription: "no evidence where none would show", seen: ["tracked"],
            standing: Standing(status: .unknown, readings: 0, evidence: 0, isUnreliable: true), orders: ["+unreliable"]),
        Case(
            testDescription: "what was read is beyond that doubt", seen: ["tracked", "unreliable"],
            standing: Standing(status: .opened, readings: 1, evidence: 1, isUnreliable: true),
            orders: ["+opened", "-unreliable"]),
        Case(
            testDescription: "readings show there now", seen: ["tracked", "reached", "unreliable"],
            standing: Standing(status: .machineOnly, readings: 0, evidence: 1), orders: ["-unreliable"]),
        Case(
            testDescription: "a verdict taken back", seen: ["tracked", "opened"],
            standing: Standing(status: .selfOnly, readings: 0, evidence: 0), orders: ["-opened"]),
        Case(
            testDescription: "the user removed it: not fought", seen: ["tracked"], standing: opened,
            withdrawn: [.opened: 1], orders: []),
        Case(
            testDescription: "the user removed it, then something new came", seen: ["tracked"],
            standing: Standing(status: .opened, readings: 2, evidence: 2), withdrawn: [.opened: 1],
            orders: ["+opened", "+opened-again"]),
        Case(
            testDescription: "the user removed it and put it back", seen: ["tracked", "opened"], standing: opened,
            withdrawn: [.opened: 1], orders: []),
        Case(
            testDescription: "refused by the folder", seen: ["tracked"], standing: opened, refused: [.opened],
            orders: []),
        Case(
            testDescription: "refused here as a keyword, and not as something else", seen: ["tracked"],
            standing: opened, otherwiseRefused: [Sign(.label, .opened, "✓✓")], orders: ["+opened"]),
        Case(
            testDescription: "the user says: that was me", seen: ["tracked", "opened", "not-me"], standing: opened,
            orders: ["-opened"]),
        Case(
            testDescription: "from before this database, and nothing speaks against it",
            seen: ["tracked", "opened", "opened-again"], kept: [.opened, .openedAgain], orders: []),
        Case(
            testDescription: "from before this database, and the user says: that was me",
            seen: ["tracked", "opened", "not-me"], kept: [.opened], orders: ["-opened"]),
        Case(
            testDescription: "switched off", seen: [], standing: opened, names: KeywordNames([.opened: "read-by-them"]),
            orders: ["+read-by-them"]),
    ]

    @Test(arguments: cases)
    func plans(_ example: Case) {
        let signs = Signs(example.names)
        var copy = CopyView(uid: 1, seen: .flags(example.seen), standing: example.standing)
        copy.withdrawn = example.withdrawn
        copy.refused = Set(signs.all.filter { example.refused.contains($0.mark) }).union(example.otherwiseRefused)
        copy.kept = example.kept
        #expect(KeywordPlan.orders(for: [copy], signs: signs).map(\.text) == example.orders)
    }

    static let keeping: [(Standing, Bool, Set<Mark>)] = [
        (Standing(status: .unknown, readings: 0, evidence: 0), true, [.opened, .reached]),
        (Standing(status: .machineOnly, readings: 0, evidence: 1), false, [.opened, .reached]),
        (Standing(status: .machineOnly, readings: 0, evidence: 1), true, []),
        (Standing(status: .opened, readings: 1, evidence: 1), false, [.opened]),
    ]

    @Test(arguments: keeping)
    func keepsWhatNothingKnownSpeaksAgainst(_ standing: Standing, _ feedIsComplete: Bool, _ kept: Set<Mark>) {
        #expect(standing.kept(of: [.opened, .reached], feedIsComplete: feedIsComplete) == kept)
        // What a domain's history says is found out anew.
        let isKept = !feedIsComplete && standing.status != .opened
        #expect(standing.kept(of: [.unreliable], feedIsComplete: feedIsComplete) == (isKept ? [.unreliable] : []))
    }

    @Test func neverClaimsThatNobodyOpenedWhereItCannotBeKnown() {
        for status in OpenStatus.allCases {
            let standing = Standing(status: status, readings: 0, evidence: 0, isUnreliable: true)
            #expect(standing.claimedStatus == (status == .notOpened ? .unknown : status))
            #expect(Standing(status: status, readings: 0, evidence: 0).claimedStatus == status)
        }
    }

    @Test func groupsCopiesOfTheSameOrder() {
        let standing = Standing(status: .opened, readings: 1, evidence: 1)
        let copies = (1...5).map {
            CopyView(uid: UID($0), seen: .flags($0 == 3 ? [] : ["tracked"]), standing: standing)
        }
        let orders = KeywordPlan.orders(for: copies, signs: Signs(.standard))
        #expect(orders.map { "\($0.text) \($0.uids)" } == ["+opened 1:5", "+tracked 3"])
    }

    @Test func neverTouchesWhatIsNotOurs() {
        let foreign = ["\\Seen", "\\Deleted", "$Forwarded", "Work", "junk", "$MDNSent"]
        for status in OpenStatus.allCases {
            let copy = CopyView(
                uid: 1, seen: .flags(foreign), standing: Standing(status: status, readings: 3, evidence: 3))
            for order in KeywordPlan.orders(for: [copy], signs: Signs(.standard)) {
                #expect(KeywordNames.standard.names.values.contains(order.sign.text))
                #expect(order.action == .add)
            }
        }
    }

    @Test func seesWhatTheUserRemoved() {
        let gone = KeywordPlan.withdrawn(
            before: .flags(["Opened", "tracked", "\\Seen", "Work"]), after: .flags(["TRACKED"]),
            standing: Standing(status: .opened, readings: 1, evidence: 1), signs: Signs(.standard))
        #expect(gone.map(\.mark) == [.opened])
    }

    /// Its STORE may have been carried out, and the answer lost with the connection.
    @Test(arguments: [
        (["opened", "not-me"], ["not-me"], OpenStatus.opened), (["reached"], ["opened"], .opened),
        (["opened"], [], .machineOnly),
    ])
    func whatWeTakeOffWasNotRemovedByTheUser(_ before: [String], _ after: [String], _ status: OpenStatus) {
        let gone = KeywordPlan.withdrawn(
            before: .flags(before), after: .flags(after), standing: Standing(status: status, readings: 1, evidence: 1),
            signs: Signs(.standard))
        #expect(gone.isEmpty)
    }
}

extension SeenOnServer {
    static func flags(_ flags: [String], labels: [String]? = nil) -> SeenOnServer {
        SeenOnServer(flags: Set(flags.map { Flag(spelling: $0) }), labels: labels.map { Set($0.map { Label($0) }) })
    }
}

extension StoreOrder {
    /// `+opened`, `-reached`
    var text: String { (action == .add ? "+" : "-") + sign.text }
}
