import IMAP
import MailboxModel
import SentSync
import Testing

/// News that a server tells by itself (NOTIFY): taken if all of them were told, else asked for.
struct PushedTests {
    private static func atRest(_ mailbox: inout MailboxModel) -> FolderSync {
        mailbox.send(1, token: true)
        mailbox.send(2)
        var sync = FolderSync(state: FolderState(), policy: Sessions.policy())
        _ = sync.begin(Sessions.selected(mailbox))
        Sessions.work(&sync, &mailbox)
        return sync
    }

    private static func told(_ uid: UInt32, _ mailbox: inout MailboxModel) -> Untagged? {
        mailbox.answer(.uidFetch(UIDSet(UID(uid)), SyncRequest.pushedItems)).untagged.first
    }

    private func asked(_ sync: inout FolderSync) -> SyncRequest? { sync.next() }

    @Test func whatWasToldIsNotAskedFor() throws {
        var mailbox = MailboxModel()
        var sync = Self.atRest(&mailbox)
        let uid = mailbox.send(3, token: true)
        sync.received(.exists(3))
        #expect(sync.hasNews)
        sync.received(try #require(Self.told(uid, &mailbox)))
        let next = asked(&sync)
        guard case .parts(let parts)? = next else {
            Issue.record("asks \(String(describing: next))")
            return
        }
        #expect(parts.map(\.uids) == [UIDSet(UID(uid))])
    }

    /// A message whose header says all needs no question at all.
    @Test func aMessageMayBeKnownWithoutAnyQuestion() throws {
        var mailbox = MailboxModel()
        var sync = Self.atRest(&mailbox)
        let uid = mailbox.send(3, header: "X-Sentmark-Token: \(Sessions.token)\n")
        sync.received(.exists(3))
        sync.received(try #require(Self.told(uid, &mailbox)))
        #expect(asked(&sync) == nil)
        let changes = sync.drainNews()
        #expect(changes.messages.map(\.uid) == [UID(uid)])
        #expect(changes.messages.first?.isNews == true)
        #expect(changes.contains(.checkpoint(uidNext: UID(uid + 1), highest: sync.state.highest, count: 3)))
        #expect(asked(&sync) == nil && sync.drainNews().isEmpty)
    }

    struct Gap: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let happens: @Sendable (inout FolderSync, inout MailboxModel) -> Void
    }

    static let gaps = [
        Gap(testDescription: "two arrived and one was told") { sync, mailbox in
            mailbox.send(3, token: true)
            let last = mailbox.send(4, token: true)
            sync.received(.exists(4))
            if let told = told(last, &mailbox) { sync.received(told) }
        },
        Gap(testDescription: "one left, two arrived and one was told") { sync, mailbox in
            mailbox.expunge(2)
            sync.received(.expunge(2))
            mailbox.send(3, token: true)
            let last = mailbox.send(4, token: true)
            sync.received(.exists(3))
            if let told = told(last, &mailbox) { sync.received(told) }
        },
        Gap(testDescription: "the same, told by VANISHED") { sync, mailbox in
            mailbox.expunge(2)
            sync.received(.vanished(UIDSet(2), earlier: false))
            mailbox.send(3, token: true)
            let last = mailbox.send(4, token: true)
            sync.received(.exists(3))
            if let told = told(last, &mailbox) { sync.received(told) }
        },
        Gap(testDescription: "what was told lacks the flags") { sync, mailbox in
            let last = mailbox.send(3, token: true)
            sync.received(.exists(3))
            if case .fetch(var data)? = told(last, &mailbox) {
                data.flags = nil
                sync.received(.fetch(data))
            }
        },
        Gap(testDescription: "what was told could not all be read") { sync, mailbox in
            let last = mailbox.send(3, token: true)
            sync.received(.exists(3))
            if case .fetch(var data)? = told(last, &mailbox) {
                data.isPartial = true
                sync.received(.fetch(data))
            }
        },
    ]

    @Test(arguments: gaps)
    func whatWasNotToldIsAskedFor(_ gap: Gap) {
        var mailbox = MailboxModel()
        var sync = Self.atRest(&mailbox)
        gap.happens(&sync, &mailbox)
        var copy = sync
        var requests: [SyncRequest] = []
        while let request = copy.next() { requests.append(request) }
        #expect(requests.contains(.news(from: 3)))
        Sessions.work(&sync, &mailbox)
        let expected = mailbox.messages.filter { String(decoding: $0.value.raw, as: UTF8.self).contains("<img") }.keys
        #expect(sync.state.tracked == UIDSet(expected.map { UID($0) }))
    }

    @Test func aServerThatDroppedNewsIsSelectedAnew() {
        var mailbox = MailboxModel()
        var sync = Self.atRest(&mailbox)
        #expect(!sync.hasLostNews)
        sync.received(.condition(Completion(.ok, ResponseText(code: .notificationOverflow, text: "too much"))))
        #expect(sync.hasLostNews && sync.hasNews)
    }
}
