import IMAP
import MailboxModel
import Servers
import Testing

@testable import SentSync

/// What the sync asks differently because of the server.
struct ServerPolicyTests {
    /// Every second UID, so that each is a range of its own.
    private let scattered = UIDSet((1...2000).map { UID($0 * 2) })

    private func commands(_ request: SyncRequest, _ change: (inout ServerPolicy) -> Void) -> [Command] {
        var policy = ServerPolicy()
        change(&policy)
        return request.commands(for: Capabilities(), policy: policy)
    }

    private func sets(_ commands: [Command]) -> [UIDSet] {
        commands.compactMap { if case .uidFetch(let set, _, _, _) = $0 { set } else { nil } }
    }

    @Test func linesAreAsShortAsTheServerWantsThem() {
        let long = sets(commands(.review(scattered)) { _ in })
        let short = sets(commands(.review(scattered)) { $0.commandLineLength = 960 })
        #expect(long.count == 2)
        #expect(short.allSatisfy { "UID FETCH \($0) (UID FLAGS)".utf8.count <= 960 })
        #expect(short.reduce(UIDSet()) { $0.union($1) } == scattered)
        #expect(short.reduce(0) { $0 + $1.count } == scattered.count)
    }

    @Test func aFetchNamesNoMoreMessagesThanTheServerAllows() {
        let all = UIDSet(UID(1)...UID(2500))
        let sets = sets(commands(.glances(all, fields: ["CONTENT-TYPE"])) { $0.messagesPerFetch = 1000 })
        #expect(sets.map(\.description) == ["1501:2500", "501:1500", "1:500"])
    }

    /// `n:*` has four thousand million members for all we know.
    @Test func newsAreAskedForInOne() {
        let sets = sets(commands(.news(from: 7)) { $0.messagesPerFetch = 1000 })
        #expect(sets.map(\.description) == ["7:*"])
    }

    @Test(arguments: [true, false])
    func aPartIsReadToItsEndInPiecesOrWhole(_ usesPartialFetch: Bool) {
        let html = String(repeating: "<p>filler</p>\n", count: 30_000)
        var mailbox = MailboxModel()
        mailbox.append("Content-Type: text/html\n\n\(html)")
        var policy = ServerPolicy()
        policy.usesPartialFetch = usesPartialFetch
        var sync = FolderSync(state: FolderState(), policy: .init(since: nil) { _ in true })
        _ = sync.begin(.init(uidValidity: 1, uidNext: 2, highest: nil, exists: 1))
        while let request = sync.next() {
            for command in request.commands(for: mailbox.capabilities, policy: policy) {
                mailbox.answer(command).untagged.forEach { sync.received($0) }
            }
            _ = sync.finished(request)
        }
        #expect(sync.state.scanComplete)
        #expect(mailbox.log.count { $0.asksForPart } == (usesPartialFetch ? 2 : 1))
    }
}

extension Command {
    fileprivate var asksForPart: Bool {
        guard case .uidFetch(_, let items, _, _) = self else { return false }
        return items.contains { if case .body(let section, _) = $0 { section == .part("1") } else { false } }
    }
}
