import IMAP
import MailboxModel
import SentSync
import Testing

/// In a long first scan the server may say where to look first. It is tried on what is known before, and never believed.
struct HintTests {
    /// Tracked messages are the newest one and some old ones.
    private static func mailbox(_ count: Int = 3000) -> (MailboxModel, old: [UInt32]) {
        var mailbox = MailboxModel()
        var old: [UInt32] = []
        for number in 1...count {
            let isTracked = number % 600 == 10 || number == count
            let uid = mailbox.send(number, token: isTracked)
            if isTracked { old.append(uid) }
        }
        return (mailbox, old.dropLast())
    }

    private static var policy: FolderSync.Policy {
        var policy = Sessions.policy()
        policy.needles = ["px.example.org/i/", "t.example.com/o/"]
        return policy
    }

    private func found(
        _ mailbox: inout MailboxModel, _ policy: FolderSync.Policy, took: Duration = .seconds(10)
    ) -> [UInt32] {
        var sync = FolderSync(state: FolderState(), policy: policy)
        _ = sync.begin(Sessions.selected(mailbox))
        return Sessions.work(&sync, &mailbox, took: took).messages.map(\.uid.rawValue)
    }

    private func searches(_ mailbox: MailboxModel) -> Int { mailbox.log.count { "\($0)".contains("body(\"") } }

    @Test func whatTheServerPointsAtComesFirst() {
        var (mailbox, old) = Self.mailbox(5000)
        let order = found(&mailbox, Self.policy)
        #expect(Set(order) == Set(old + [5000]))
        #expect(searches(mailbox) == 2, "one to try it, one for all")
        let glances = mailbox.log.compactMap { command -> UIDSet? in
            guard case .uidFetch(let uids, let items, _, _) = command,
                items.contains(where: { if case .body(let section, _) = $0 { section.part.isEmpty } else { false } })
            else { return nil }
            return uids
        }
        let hinted = glances.firstIndex { Set($0.uids.map(\.rawValue)).isSubset(of: old) && $0.count > 1 }
        #expect(hinted.map { glances[$0...].contains { $0.count > 100 } } == true, "before many others")
        #expect(glances.reduce(UIDSet()) { $0.union($1) }.count == 5000, "all are looked at all the same")
    }

    @Test func aServerThatFailsTheTestIsNotAskedAgain() {
        var (mailbox, old) = Self.mailbox()
        mailbox.searchesText = false
        #expect(Set(found(&mailbox, Self.policy)) == Set(old + [3000]))
        #expect(searches(mailbox) == 1)
    }

    @Test func aShortScanGoesWithout() {
        var (mailbox, _) = Self.mailbox()
        _ = found(&mailbox, Self.policy, took: .milliseconds(10))
        #expect(searches(mailbox) == 0)
    }

    @Test func aServerThatIsKnownForItIsNotAsked() {
        var (mailbox, _) = Self.mailbox()
        var policy = Self.policy
        policy.searchesText = false
        _ = found(&mailbox, policy)
        #expect(searches(mailbox) == 0)
    }

    /// A server that breaks over it breaks once.
    @Test func itIsRememberedBeforeAllAreAskedFor() throws {
        var (mailbox, _) = Self.mailbox()
        var sync = FolderSync(state: FolderState(), policy: Self.policy)
        _ = sync.begin(Sessions.selected(mailbox))
        var stored: [Change] = []
        while let request = sync.next() {
            let command = try #require(request.commands(for: mailbox.capabilities).first)
            if stored.contains(.hinted), case .uidSearch = command { break }
            for command in request.commands(for: mailbox.capabilities) {
                mailbox.answer(command).untagged.forEach { sync.received($0) }
            }
            stored += sync.finished(request, took: .seconds(10))
        }
        #expect(stored.contains(.hinted) && !stored.contains(.scanCompleted))
        let asked = searches(mailbox)
        var again = FolderSync(state: sync.state, policy: Self.policy)
        _ = again.begin(Sessions.selected(mailbox))
        Sessions.work(&again, &mailbox, took: .seconds(10))
        #expect(searches(mailbox) == asked)
    }
}
