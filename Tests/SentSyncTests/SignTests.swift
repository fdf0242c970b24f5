import IMAP
import Opens
import Testing

@testable import SentSync

/// What is no keyword goes by the same rules.
struct SignTests {
    struct Case: Sendable, CustomTestStringConvertible {
        let testDescription: String
        var seen: SeenOnServer = .flags(["tracked", "opened"])
        var standing = opened
        var signs = SignTests.signs
        var change: @Sendable (inout CopyView) -> Void = { _ in }
        let orders: [String]
    }

    private static let keywords = [Sign(.keyword, .tracked, "tracked"), Sign(.keyword, .opened, "opened")]
    private static let labels = [Sign(.label, .tracked, "✓"), Sign(.label, .opened, "✓✓")]
    private static let colors = [Sign(.color, .tracked, "grey"), Sign(.color, .opened, "green")]
    private static let copies = [Sign(.copy, .opened, "Opened")]
    private static let signs = Signs(labels)
    private static let opened = Standing(status: .opened, readings: 1, evidence: 1)
    private static let unknown = Standing(status: .unknown, readings: 0, evidence: 0)
    private static let grey = ["\\Flagged", "$MailFlagBit1", "$MailFlagBit2"]
    private static let green = ["\\Flagged", "$MailFlagBit0", "$MailFlagBit1"]

    static let cases = ofLabels + ofColors + ofCopies

    private static let ofLabels = [
        Case(testDescription: "labels that have not been asked for", orders: ["+✓✓", "+✓"]),
        Case(
            testDescription: "labels that are there, in the server's spelling",
            seen: .flags([], labels: ["Gelesen", "work"]), signs: Signs([Sign(.label, .opened, "gelesen")]), orders: []),
        Case(
            testDescription: "a label of a verdict taken back", seen: .flags([], labels: ["✓", "✓✓"]),
            standing: unknown, orders: ["-✓✓"]),
        Case(
            testDescription: "a label that the user removed", seen: .flags([], labels: ["✓"]),
            change: { $0.withdrawn = [.opened: 1] }, orders: []),
        Case(
            testDescription: "labels only stand in, and the keywords are kept", seen: .flags([], labels: []),
            signs: Signs(keywords + labels, standIns: [.label]), orders: ["+opened", "+tracked"]),
        Case(
            testDescription: "labels stand in for the keyword that is refused", seen: .flags(["tracked"], labels: []),
            signs: Signs(keywords + labels, standIns: [.label]), change: { $0.refused = [keywords[1]] },
            orders: ["+✓✓"]),
        Case(
            testDescription: "a label that stood in stays when the keyword is tried again",
            seen: .flags(["tracked"], labels: ["✓✓"]), signs: Signs(keywords + labels, standIns: [.label]),
            orders: ["+opened"]),
        Case(
            testDescription: "a label that stood in goes with its reason", seen: .flags(["tracked"], labels: ["✓✓"]),
            standing: unknown, signs: Signs(keywords + labels, standIns: [.label]), orders: ["-✓✓"]),
    ]

    private static let ofColors = [
        Case(testDescription: "no flag yet", seen: .flags([]), signs: Signs(colors), orders: ["+green"]),
        Case(
            testDescription: "another colour of ours", seen: .flags(grey), signs: Signs(colors),
            change: { $0.paint = Paint([.grey]) }, orders: ["+green"]),
        Case(
            testDescription: "stopped between two colours", seen: .flags(grey + ["$MailFlagBit0"]),
            signs: Signs(colors),
            change: { $0.paint = Paint([.grey, .green]) }, orders: ["+green"]),
        Case(
            testDescription: "the same colour", seen: .flags(green), signs: Signs(colors),
            change: { $0.paint = Paint([.green]) }, orders: []),
        Case(testDescription: "flagged before we came", seen: .flags(grey), signs: Signs(colors), orders: []),
        Case(
            testDescription: "flagged in red, which has no bits", seen: .flags(["\\Flagged"]), signs: Signs(colors),
            orders: []),
        Case(
            testDescription: "the user chose another colour", seen: .flags(["\\Flagged", "$MailFlagBit2"]),
            signs: Signs(colors), change: { $0.paint = Paint([.grey]) }, orders: []),
        Case(
            testDescription: "the user took the flag off", seen: .flags([]), signs: Signs(colors),
            change: {
                $0.paint = Paint([.green])
                $0.withdrawn = [.opened: 1]
            }, orders: []),
        Case(
            testDescription: "a verdict taken back, and no colour for what is left", seen: .flags(green),
            standing: unknown, signs: Signs([colors[1]]), change: { $0.paint = Paint([.green]) }, orders: ["-green"]),
    ]

    private static let ofCopies = [
        Case(testDescription: "not copied yet", signs: Signs(copies), orders: ["+Opened"]),
        Case(testDescription: "copied", signs: Signs(copies), change: { $0.isCopied = true }, orders: []),
        Case(testDescription: "not opened", standing: unknown, signs: Signs(copies), orders: []),
        Case(
            testDescription: "a copy stays when the verdict is taken back", standing: unknown, signs: Signs(copies),
            change: { $0.isCopied = true }, orders: []),
        Case(
            testDescription: "nothing to know it again by", signs: Signs(copies), change: { $0.messageID = nil },
            orders: []),
    ]

    @Test(arguments: cases)
    func plans(_ example: Case) {
        var copy = CopyView(uid: 1, seen: example.seen, standing: example.standing, messageID: "m@x")
        example.change(&copy)
        #expect(KeywordPlan.orders(for: [copy], signs: example.signs).map(\.text) == example.orders)
    }

    @Test func copiesOneOfSeveralCopies() {
        let views = (1...3).map { uid in
            CopyView(uid: UID(uid), seen: .flags([]), standing: Self.opened, messageID: uid == 3 ? "n@x" : "m@x")
        }
        #expect(KeywordPlan.orders(for: views, signs: Signs(Self.copies)).map { "\($0.uids)" } == ["1,3"])
    }

    static let commands: [(StoreOrder, [Command])] = [
        (
            StoreOrder(action: .add, sign: labels[1], uids: [4]),
            [.uidStoreLabels([4], .add, [MailboxName(wire: Array("&JxMnEw-".utf8))])]
        ),
        (
            StoreOrder(action: .add, sign: colors[1], uids: [4]),
            [
                .uidStore([4], .add, [.flagged, FlagColor.allBits[0], FlagColor.allBits[1]]),
                .uidStore([4], .remove, [FlagColor.allBits[2]]),
            ]
        ),
        (
            StoreOrder(action: .remove, sign: colors[1], uids: [4]),
            [.uidStore([4], .remove, [.flagged, FlagColor.allBits[0], FlagColor.allBits[1]])]
        ),
        (StoreOrder(action: .add, sign: copies[0], uids: [4]), [.uidCopy([4], MailboxName("Opened"))]),
    ]

    @Test(arguments: commands)
    func carriesOut(_ order: StoreOrder, _ commands: [Command]) { #expect(order.commands == commands) }

    /// RFC 9979.
    @Test func colorsAreTheBitsOfANumber() {
        let bits = FlagColor.allCases.map { color in
            FlagColor.allBits.map { color.bits.contains($0) ? "1" : "0" }.joined()
        }
        #expect(bits == ["000", "100", "010", "110", "001", "101", "011"])
        for color in FlagColor.allCases {
            #expect(FlagColor(color.bits.union([.flagged, .seen])) == color)
            #expect(FlagColor(color.bits) == nil)
        }
        #expect(FlagColor(Set(FlagColor.allBits + [.flagged])) == nil)
    }

    @Test func labelsAreReadWhereFlagsAre() {
        var policy = FolderSync.Policy(since: nil) { _ in false }
        policy.readsLabels = true
        var sync = FolderSync(
            state: FolderState(uidValidity: 7, uidNext: 5, scanComplete: true, tracked: [3]), policy: policy)
        _ = sync.begin(.init(uidValidity: 7, uidNext: 5, highest: nil, exists: 4))
        let review = sync.next()
        #expect(
            review?.commands(for: Capabilities(), labels: true) == [.uidFetch([3], [.uid, .flags, .gmailLabels])])
        var data = FetchData(sequence: 1)
        data.uid = 3
        data.gmailLabels = [MailboxName("✓"), MailboxName(wire: Array("\\Sent".utf8))]
        sync.received(.fetch(data))
        #expect(sync.drainNews() == [.labels(3, [Label("✓"), Label("\\Sent")])])
    }

    static let offers: [(offer: MailboxOffer, kept: [String])] = [
        (MailboxOffer(permanentFlags: [.any, .flagged], hasLabels: true), ["green", "Opened", "opened"]),
        (MailboxOffer(permanentFlags: [.any], hasLabels: true), ["Opened", "opened"]),
        (MailboxOffer(permanentFlags: [.seen], hasLabels: true), ["Opened", "✓✓"]),
        (MailboxOffer(permanentFlags: [.seen]), ["Opened"]),
        (MailboxOffer(permanentFlags: [.seen, Flag(spelling: "OPENED")]), ["Opened", "opened"]),
        // RFC 9051 7.1: nothing said means that all flags are permanent; Exchange and others keep none all the same.
        (MailboxOffer(permanentFlags: nil), ["green", "Opened", "opened"]),
        (MailboxOffer(permanentFlags: nil, assumesKeywords: false), ["Opened"]),
        (MailboxOffer(permanentFlags: [.any, .flagged], isReadOnly: true, hasLabels: true), ["Opened"]),
    ]

    @Test(arguments: offers)
    func isKeptByWhatTheServerSaysOrByWhichOneItIs(_ offer: MailboxOffer, _ kept: [String]) {
        let all = [Self.keywords[1], Self.labels[1], Self.colors[1], Self.copies[0]]
        #expect(offer.kept(of: Signs(all, standIns: [.label])).map(\.text) == kept)
    }
}

extension UIDSet: ExpressibleByArrayLiteral {
    package init(arrayLiteral uids: UID...) { self.init(uids) }
}
