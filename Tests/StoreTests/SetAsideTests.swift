import Foundation
import IMAP
import SentSync
import Testing

@testable import Store

/// Messages that could not be read and were set aside.
struct SetAsideTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)

    /// Whether it was set aside by an earlier session or a moment ago.
    @Test func oneThatIsReadAfterAllIsSetAsideNoMore() async throws {
        let scratch = Scratch()
        let store = try AgentStore(path: scratch.path)
        let folder = try await store.folder(MailboxName("Sent"), of: try await store.account(named: "work"))
        func parked(after changes: Change...) async throws -> Int? {
            try await store.apply(changes, to: folder, signs: Signs(.standard), now: Self.now)
            return try await store.accounts(now: Self.now).first?.parked
        }
        func message(_ uid: UInt32) -> Change {
            .message(
                ExaminedMessage(
                    uid: UID(uid), flags: [], messageID: "\(uid)@x", subject: "", sentAt: nil, recipients: [],
                    recipientIsSender: false, tokens: [FoundToken(text: "t\(uid)", kind: .foreign, quoted: false)]))
        }
        #expect(try await parked(after: .parked(UID(1), reason: "r"), .parked(UID(2), reason: "r")) == 2)
        #expect(try await parked(after: message(1)) == 1)
        #expect(try await parked(after: message(3)) == 1)
        #expect(try await parked(after: message(2)) == 0)
        #expect(try await parked(after: .parked(UID(4), reason: "r"), message(4)) == 0)
    }
}
