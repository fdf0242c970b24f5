import IMAP
import Testing

@testable import SentSync

/// How many keywords fit, and what a refusal is about.
struct RefusalTests {
    static let budgets: [(listed: [String], limit: Int?, refused: [Mark], reason: String?)] = [
        ([], nil, [], nil),
        (["a", "b"], 10, [], nil),
        // `\Seen` is no keyword, and what is there already takes no place.
        (["a", "OPENED", "\\Seen"], 4, [.reached], "4 keywords, and 2 are taken; tracked and opened-again go first"),
        (["a", "b"], 4, [.openedAgain, .reached], "4 keywords, and 2 are taken; opened and tracked go first"),
        (["a", "b"], 3, [.tracked, .openedAgain, .reached], "3 keywords, and 2 are taken; opened goes first"),
        (["a", "b", "c"], 3, [.opened, .tracked, .openedAgain, .reached], "3 keywords, and 3 are taken"),
        (["a", "b", "c"], 2, [.opened, .tracked, .openedAgain, .reached], "2 keywords, and 3 are taken"),
        (["tracked", "opened", "opened-again", "reached"], 2, [], nil),
    ]

    @Test(arguments: budgets)
    func fits(_ listed: [String], _ limit: Int?, _ refused: [Mark], _ reason: String?) {
        let names: [Mark] = [.tracked, .opened, .openedAgain, .reached]
        let signs = Signs(KeywordNames(Dictionary(uniqueKeysWithValues: names.map { ($0, $0.rawValue) })))
        let refusals = KeywordBudget.refusals(
            of: signs, listed: Set(listed.map { Flag(spelling: $0) }), limit: limit)
        #expect(Set(refusals.keys.map(\.mark)) == Set(refused))
        #expect(Set(refusals.values) == Set(reason.map { ["this mailbox has room for \($0)"] } ?? []))
    }

    static let answers: [(Completion, StoreAnswer)] = [
        (Completion(.ok), .done),
        (Completion(.ok, .init(code: .modified([3]), text: "x")), .done),
        (Completion(.no, .init(code: .modified([3]), text: "x")), .done),
        (Completion(.no, .init(code: .expungeIssued, text: "x")), .done),
        (Completion(.no, .init(text: "Some of the requested messages no longer exist.")), .done),
        (Completion(.no, .init(code: .inUse, text: "x")), .later),
        (Completion(.no, .init(code: .serverBug, text: "x")), .later),
        (Completion(.no, .init(code: .unavailable, text: "x")), .later),
        (Completion(.no, .init(code: .throttled, text: "x")), .later),
        (Completion(.no, .init(text: "Server Unavailable. 15")), .later),
        (Completion(.bad, .init(text: "Request is throttled. Suggested Backoff Time: 92415 milliseconds")), .later),
        (Completion(.no, .init(code: .limit, text: "enough")), .refused("enough")),
        (Completion(.no, .init(code: .cannot, text: "never")), .refused("never")),
        (Completion(.no, .init(code: .overQuota, text: "full")), .refused("full")),
        (Completion(.no, .init(code: .noPermission, text: "")), .refused("the server refused it")),
        (Completion(.no, .init(text: "Too many user flags in mailbox")), .refused("Too many user flags in mailbox")),
        (Completion(.bad, .init(text: "Command Argument Error. 11")), .refused("Command Argument Error. 11")),
        (Completion(.no, .init(text: "hm")), .unclear("hm")), (Completion(.bad, .init(text: "hm")), .unclear("hm")),
    ]

    @Test(arguments: answers)
    func understands(_ completion: Completion, _ answer: StoreAnswer) { #expect(StoreAnswer(completion) == answer) }

    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let uids: UIDSet
        let refused: UIDSet
        /// `nil`: it is about all of them.
        let found: UIDSet?
        let atMost: Int
    }

    static let searches = [
        Case(testDescription: "one message alone", uids: [7], refused: [7], found: [7], atMost: 0),
        Case(testDescription: "one of two", uids: [7, 9], refused: [9], found: [9], atMost: 2),
        Case(testDescription: "both", uids: [7, 9], refused: [7, 9], found: nil, atMost: 2),
        Case(testDescription: "one of many", uids: UIDSet(1...5000), refused: [1234], found: [1234], atMost: 26),
        Case(
            testDescription: "three of many", uids: UIDSet(1...5000), refused: [1, 2500, 5000], found: [1, 2500, 5000],
            atMost: 80),
        Case(testDescription: "all of many", uids: UIDSet(1...5000), refused: UIDSet(1...5000), found: nil, atMost: 14),
        Case(testDescription: "none of them alone", uids: UIDSet(1...100), refused: [], found: [], atMost: 2),
    ]

    @Test(arguments: searches)
    func findsOutWhatItIsAbout(_ example: Case) {
        var search = RefusalSearch(example.uids, words: "first")
        var asked = 0
        var served = UIDSet()
        while let uids = search.next {
            asked += 1
            let isRefused = !uids.intersection(example.refused).isEmpty
            if !isRefused { served.formUnion(uids) }
            search.answered(isRefused ? "again" : nil)
        }
        #expect(asked <= example.atMost)
        #expect(search.isAboutAll == (example.found == nil))
        guard let found = example.found else { return }
        #expect(search.messages == found)
        // The others get what they were to get.
        #expect(served.union(found) == example.uids)
    }

    /// However the server answers, the search ends, and no message is forgotten.
    @Test func endsWithMostOfThemRefused() {
        var search = RefusalSearch(UIDSet(1...5000), words: "no")
        var asked = 0
        var served = UIDSet()
        while let uids = search.next {
            asked += 1
            let isRefused = uids.count > 1 || (uids.first?.rawValue ?? 0) % 2 == 1
            if !isRefused { served.formUnion(uids) }
            search.answered(isRefused ? "no" : nil)
        }
        #expect(asked < 110)
        #expect(search.messages.union(served) == UIDSet(1...5000))
    }
}
