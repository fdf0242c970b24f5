import Foundation
import IMAP
import MailboxModel
import Servers
import Testing

@testable import SentSync

/// What is read of incoming mail, and what of it is kept.
struct IncomingLookTests {
    private static let now = Date(timeIntervalSince1970: 1_790_000_000)
    private static let pixel = "<img src=\"https://px.example.org/i/\(Sessions.token).gif\">"

    private static func look(
        _ mailbox: MailboxModel, _ state: IncomingState = IncomingState(), server: ServerPolicy = ServerPolicy()
    ) throws -> IncomingLook {
        try #require(
            IncomingLook(
                Sessions.selected(mailbox), state: state, tracked: ["sent@example.net"], since: Self.now - 86_400,
                policy: Sessions.policy(), server: server))
    }

    private static func run(_ look: IncomingLook, _ mailbox: inout MailboxModel) -> IncomingNews {
        var look = look
        while let command = look.next() {
            mailbox.answer(command).untagged.forEach { look.received($0) }
            look.answered()
        }
        return look.news
    }

    private static func mail(_ header: String, _ html: String) -> String {
        "From: Bob <Bob@Example.org>\n\(header)\nContent-Type: text/html\n\n<p>Yes.</p><blockquote>\(html)</blockquote>\n"
    }

    struct Fixture: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var header: String
        var html = pixel
        var kind: IncomingMail.Kind?
        var showsPixel = true
    }

    @Test(arguments: [
        Fixture(testDescription: "a reply", header: "In-Reply-To: <sent@example.net>", kind: .reply),
        Fixture(
            testDescription: "further down the thread", header: "References: <sent@example.net> <later@example.org>",
            kind: .reply),
        Fixture(
            testDescription: "without the quote", header: "In-Reply-To: <sent@example.net>", html: "", kind: .reply,
            showsPixel: false),
        Fixture(
            testDescription: "on holiday", header: "In-Reply-To: <sent@example.net>\nAuto-Submitted: auto-replied",
            kind: .automatic),
        Fixture(
            testDescription: "not on holiday", header: "In-Reply-To: <sent@example.net>\nAuto-Submitted: no",
            kind: .reply),
        Fixture(testDescription: "to oneself", header: "Message-ID: <sent@example.net>", kind: .copy),
        Fixture(testDescription: "another thread", header: "In-Reply-To: <other@example.net>"),
        Fixture(testDescription: "no thread", header: "Subject: Hi"),
        Fixture(
            testDescription: "Exim's old reports",
            header: "References: <sent@example.net>\nX-Failed-Recipients: bob@example.org", kind: .report),
    ])
    func kinds(_ fixture: Fixture) throws {
        var mailbox = MailboxModel()
        let uid = mailbox.append(Self.mail(fixture.header, fixture.html))
        let news = Self.run(try Self.look(mailbox), &mailbox)
        #expect(news.uidNext == UID(mailbox.uidNext))
        guard let kind = fixture.kind else {
            #expect(news.mail.isEmpty)
            #expect(mailbox.bodiesRead == 0)
            return
        }
        let mail = try #require(news.mail.first)
        #expect(mail.uid == UID(uid) && mail.kind == kind && mail.arrivedAt == Self.now && !mail.isSeen)
        #expect(mail.names == ["sent@example.net"] && mail.sender == "bob@example.org")
        #expect(mail.tokens == (fixture.showsPixel ? [Sessions.token] : []))
        #expect(mail.failed == (kind == .report ? ["bob@example.org"] : []))
    }

    /// A mailbox of other people's mail costs its headers, once.
    @Test func onlyWhatIsNewIsAskedFor() throws {
        var mailbox = MailboxModel()
        for number in 0..<1200 { mailbox.append(Self.mail("Subject: \(number)", Self.pixel)) }
        mailbox.append(Self.mail("Subject: last year", ""), at: 1_750_000_000)
        let news = Self.run(try Self.look(mailbox), &mailbox)
        #expect(mailbox.log.count == 4 && mailbox.bodiesRead == 0)
        #expect(!mailbox.log.contains { if case .select = $0 { true } else { false } })

        let known = IncomingState(uidValidity: news.uidValidity, uidNext: news.uidNext)
        #expect(Self.run(try Self.look(mailbox, known), &mailbox) == news)
        #expect(mailbox.log.count == 4)
        let uid = mailbox.append(Self.mail("In-Reply-To: <sent@example.net>", Self.pixel), flags: ["\\Seen"])
        let next = Self.run(try Self.look(mailbox, known), &mailbox)
        #expect(next.mail.map(\.uid) == [UID(uid)] && next.mail.first?.isSeen == true)
        #expect(mailbox.log.count == 7)
    }

    @Test func theLastTwoThousandAreEnough() throws {
        var mailbox = MailboxModel()
        for _ in 0..<2500 { mailbox.append(Self.mail("In-Reply-To: <sent@example.net>", "")) }
        let news = Self.run(try Self.look(mailbox), &mailbox)
        #expect(news.mail.count == IncomingLimits.candidates && news.mail.first?.uid == 2301)
        #expect(mailbox.log.count == 1 + 4 + 1 + 10)
    }

    @Test func anotherUIDValidityBeginsAnew() throws {
        var mailbox = MailboxModel()
        mailbox.append(Self.mail("In-Reply-To: <sent@example.net>", Self.pixel))
        let state = IncomingState(uidValidity: 9, uidNext: 400, unseen: UIDSet(1))
        let news = Self.run(try Self.look(mailbox, state), &mailbox)
        #expect(news.mail.count == 1 && news.seen.isEmpty && news.unseen.isEmpty)
    }

    @Test func whetherItHasBeenOpenedIsFollowed() throws {
        var mailbox = MailboxModel()
        for flags in [["\\Seen"], [], []] { mailbox.append(Self.mail("Subject: x", ""), flags: flags) }
        mailbox.expunge(3)
        let state = IncomingState(uidValidity: 1, uidNext: 4, unseen: UIDSet(UID(1)...UID(3)))
        let news = Self.run(try Self.look(mailbox, state), &mailbox)
        #expect(news.seen == UIDSet(1) && news.unseen == UIDSet(2))
    }

    /// What a server will not tell is passed over, and not asked for again.
    @Test func whatCannotBeReadIsPassedOver() throws {
        var mailbox = MailboxModel()
        let uid = mailbox.append(Self.mail("In-Reply-To: <sent@example.net>", Self.pixel))
        mailbox.unreadable = [uid]
        let news = Self.run(try Self.look(mailbox), &mailbox)
        #expect(news.mail.isEmpty && news.uidNext == UID(mailbox.uidNext))
    }

    /// Where looks break off, a message at a time; what was to be followed waits for a look that does not.
    @Test(arguments: [1, 3, nil] as [UInt32?]) func oneByOne(known: UInt32?) throws {
        var mailbox = MailboxModel()
        for _ in 0..<5 { mailbox.append(Self.mail("In-Reply-To: <sent@example.net>", Self.pixel)) }
        let state = known.map { IncomingState(uidValidity: 1, uidNext: UID($0), unseen: UIDSet(1)) }
        let look = try Self.look(mailbox, state ?? IncomingState())
        var uids: [UID] = []
        var last: IncomingLook?
        while let one = look.alone(after: last) {
            #expect(one.news.mail.isEmpty)
            var told = one
            while let command = told.next() {
                mailbox.answer(command).untagged.forEach { told.received($0) }
                told.answered()
            }
            #expect(told.news.mail.map { UID($0.uid.rawValue + 1) } == [one.news.uidNext])
            #expect(told.news.seen.isEmpty && told.news.unseen.isEmpty)
            uids += told.news.mail.map(\.uid)
            last = told
        }
        #expect(uids == ((known ?? 1)...5).map { UID($0) })
        #expect(last?.news.uidNext == look.news.uidNext && look.news.mail.isEmpty)
    }

    /// UIDNEXT is whatever the server says.
    @Test(arguments: [0, 1, 2, 4_294_967_295] as [UInt32]) func oneByOneIsBounded(next: UInt32) throws {
        let look = try #require(
            IncomingLook(
                .init(uidValidity: 1, uidNext: UID(next), highest: nil, exists: 1), state: IncomingState(),
                tracked: [], since: nil, policy: Sessions.policy(), server: ServerPolicy()))
        var count: UInt32 = 0
        var last: IncomingLook?
        while let one = look.alone(after: last) { (count, last) = (count + 1, one) }
        #expect(count == min(max(1, next) - 1, IncomingLimits.alone))
    }

    @Test func aFolderWithoutNumbersIsNotLookedAt() {
        let selected = FolderSync.Selected(uidValidity: 1, uidNext: nil, highest: nil, exists: 3)
        let look = IncomingLook(
            selected, state: IncomingState(), tracked: [], since: nil, policy: Sessions.policy(), server: ServerPolicy()
        )
        #expect(look == nil)
    }

    /// Postfix: the original is attached, its Message-ID is told nowhere else, and its HTML is shown below the report.
    @Test(arguments: [true, false]) func aReportIsReadToItsAttachment(isMixed: Bool) throws {
        let prefix = isMixed ? "3." : "3.1."
        var look = try #require(
            IncomingLook(
                .init(uidValidity: 1, uidNext: 6, highest: nil, exists: 1),
                state: IncomingState(uidValidity: 1, uidNext: 5), tracked: ["sent@example.net"], since: nil,
                policy: Sessions.policy(), server: ServerPolicy()))
        var asked: [String] = []
        while let command = look.next() {
            guard case .uidFetch(_, let items, _, _) = command else { break }
            var data = FetchData(sequence: 1)
            data.uid = 5
            for item in items {
                switch item {
                case .internalDate: data.internalDate = InternalDate(secondsSince1970: 1_790_000_000)
                case .flags: data.flags = []
                case .bodyStructure:
                    data.structure = BodyStructure(parts: [
                        BodyPart(section: "1", type: "text", subtype: "plain"),
                        BodyPart(section: "2", type: "message", subtype: "delivery-status"),
                        BodyPart(section: prefix + "1", type: "text", subtype: "plain", enclosingMessages: 1),
                        BodyPart(section: prefix + "2", type: "text", subtype: "html", enclosingMessages: 1),
                    ])
                case .body(let section, _):
                    asked.append(section.part)
                    let bytes = Array(Self.report(section).utf8)
                    data.sections.append(SectionData(section: section, content: .bytes(bytes)))
                default: break
                }
            }
            look.received(.fetch(data))
            look.answered()
        }
        #expect(asked == ["", "2", "3", prefix + "2"])
        let mail = try #require(look.news.mail.first)
        #expect(mail.kind == .report && mail.names == ["sent@example.net"])
        #expect(mail.tokens == [Sessions.token] && mail.failed == ["bob@example.org"])
    }

    private static func report(_ section: Section) -> String {
        switch section.part {
        case "": "From: MAILER-DAEMON\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n"
        case "2": "Reporting-MTA: dns; mx\n\nFinal-Recipient: rfc822; bob@example.org\nAction: failed\n"
        case "3": "Message-ID: <sent@example.net>\n\n"
        default: "<p>Hello</p>\(pixel)"
        }
    }

    /// Nothing that a server says makes it fail, ask for ever, or ask to change anything.
    @Test func anyAnswerIsBorne() throws {
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var look = try #require(
                IncomingLook(
                    .init(uidValidity: 1, uidNext: UID(.random(in: 1...50)), highest: nil, exists: 9),
                    state: IncomingState(
                        uidValidity: 1, uidNext: Bool.random() ? nil : UID(.random(in: 1...60)), unseen: UIDSet(3)),
                    tracked: ["sent@example.net"], since: nil, policy: Sessions.policy(), server: ServerPolicy()))
            var count = 0
            while let command = look.next() {
                count += 1
                switch command {
                case .uidFetch, .uidSearch: break
                default: Issue.record("\(command)")
                }
                for _ in 0..<Int.random(in: 0...6) { look.received(Self.anything(&generator)) }
                look.answered()
            }
            #expect(count < 80)
            _ = look.news
        }
    }

    private static func anything(_ generator: inout SystemRandomNumberGenerator) -> Untagged {
        if Int.random(in: 0..<4, using: &generator) == 0 {
            var result = SearchResult()
            result.all = UIDSet(UID(1)...UID(.random(in: 1...100, using: &generator)))
            return .search(result)
        }
        var data = FetchData(sequence: 1)
        data.uid = Bool.random() ? UID(.random(in: 1...60, using: &generator)) : nil
        data.flags = Bool.random() ? [.seen] : nil
        data.internalDate = Bool.random() ? InternalDate(secondsSince1970: .min) : nil
        if Bool.random() {
            data.structure = BodyStructure(parts: [
                BodyPart(section: "", type: "text", subtype: "html"),
                BodyPart(section: "1", type: "message", subtype: "delivery-status", enclosingMessages: 1),
            ])
        }
        let header = "In-Reply-To: <sent@example.net>\nContent-Type: multipart/report\n\n"
        data.sections = [
            SectionData(section: .headerFields(IncomingLook.fields), content: .bytes(Array(header.utf8))),
            SectionData(section: .part("1"), content: .absent),
        ].filter { _ in Bool.random() }
        return .fetch(data)
    }
}
