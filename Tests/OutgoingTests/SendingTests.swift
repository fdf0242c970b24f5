import MIME
import Secrets
import Testing
import Tokens

@testable import Outgoing

/// What one mail becomes for its recipients.
@Suite struct SendingTests {
    static let key = StreamKey(Secret(Array(repeating: 7, count: 32)))
    static let html = Array(
        "Message-ID: <1@example.org>\r\nSubject: Hello\r\nTo: \"A. B.\" <a@far.example>\r\nContent-Type: text/html\r\n\r\n<p>Good day</p>\r\n"
            .utf8)

    static func rules(
        _ sharing: SendingRules.Sharing, signs: Bool = true, _ change: (inout TrackingPolicy) -> Void = { _ in }
    ) -> SendingRules {
        var policy = TrackingPolicy()
        policy.track = .always
        policy.own = [address("me@example.org")]
        policy.ownDomains = ["example.org"]
        change(&policy)
        return SendingRules(
            policy: policy, injector: Injector(options: InjectionOptions()) { $0.isGenuine(under: key) },
            sharing: sharing, pictureBase: "https://px.example.org"
        ) { message, recipient in
            guard signs, let stream = StreamID(1) else { return nil }
            return Token.mint(
                stream: stream, epoch: 0, key: key, message: message, recipient: recipient, level: .pseudonymous)
        }
    }

    static func address(_ text: String) -> EnvelopeAddress {
        guard let address = EnvelopeAddress(text) else { preconditionFailure("\(text) is no address") }
        return address
    }

    private func plan(
        _ rules: SendingRules, to recipients: [String], _ mail: [UInt8] = SendingTests.html, isComplete: Bool = true,
        room: Int? = nil
    ) -> SendingPlan {
        let draft = rules.draft(
            mail, sender: Self.address("me@example.org"), recipients: recipients.map(Self.address))
        return rules.plan(for: mail, draft, isComplete: isComplete, message: 99, room: room)
    }

    private func texts(_ plan: SendingPlan, _ mail: [UInt8] = SendingTests.html) -> [String] {
        plan.copies.map { String(decoding: MessageEdit.apply($0.edits, to: mail), as: UTF8.self) }
    }

    @Test func everybodySharesOneToken() throws {
        let plan = plan(Self.rules(.shared), to: ["a@far.example", "b@near.example"])
        let token = try #require(plan.copies.first?.token)
        #expect(plan.copies.map(\.recipients) == [[0, 1]])
        #expect(token.recipient == Token.wholeMessage && token.message == 99)
        #expect(texts(plan)[0].contains("/i/\(token.text).gif"))
        #expect(plan.reasons == [.policy(.always), .policy(.always)])
        #expect(plan.facts.messageID == "1@example.org" && plan.facts.names == ["A. B.", ""])
    }

    @Test func everyTrackedRecipientHasACopyAndTheOthersShareOne() throws {
        let to = ["a@far.example", "colleague@example.org", "b@near.example", "me@example.org"]
        let plan = plan(Self.rules(.each), to: to)
        #expect(plan.copies.map(\.recipients) == [[0], [2], [1, 3]])
        #expect(plan.copies.map { $0.token?.recipient } == [1, 3, nil])
        #expect(Set(plan.copies.compactMap { $0.token?.message }) == [99])
        #expect(
            plan.reasons == [.policy(.always), .policy(.ownDomain), .policy(.always), .policy(.ownAddress)])
        let texts = texts(plan)
        #expect(texts[2].utf8.elementsEqual(Self.html))
        #expect(Set(texts.map { $0.split(separator: "\r\n\r\n").first }).count == 1)
        #expect(plan.facts.recipientIsSender)
    }

    @Test func aSharedCopyIsForAllOrNobody() {
        let plan = plan(Self.rules(.shared), to: ["a@far.example", "colleague@example.org"])
        #expect(!plan.isTracked)
        #expect(plan.reasons == [.policy(.ownDomain), .policy(.ownDomain)])
    }

    @Test func whatSpeaksAgainstAMailSpeaksForAllWhoWouldBeTracked() {
        let text = Array("Message-ID: <1@example.org>\r\n\r\nGood day\r\n".utf8)
        let plan = plan(Self.rules(.each), to: ["a@far.example", "colleague@example.org"], text)
        #expect(plan.copies.map(\.recipients) == [[0, 1]])
        #expect(plan.reasons == [.untouched(.textOnly), .policy(.ownDomain)])
    }

    @Test func withoutAMessageIDThereIsNoToken() {
        let mail = Array("Content-Type: text/html\r\n\r\n<p>Good day</p>\r\n".utf8)
        #expect(plan(Self.rules(.shared), to: ["a@far.example"], mail).reasons == [.untouched(.noMessageID)])
    }

    @Test func aTokenThatCannotBeSignedIsNone() {
        let plan = plan(Self.rules(.shared, signs: false), to: ["a@far.example"])
        #expect(plan.reasons == [.trouble(.unsigned)] && !plan.isTracked)
    }

    @Test func whereThereIsNoRoomTheMailGoesOutWithout() throws {
        let growth = plan(Self.rules(.shared), to: ["a@far.example"]).growth
        #expect(plan(Self.rules(.shared), to: ["a@far.example"], room: growth).isTracked)
        let tight = plan(Self.rules(.shared), to: ["a@far.example"], room: growth - 1)
        #expect(tight.reasons == [.trouble(.sizeLimit)] && texts(tight)[0].utf8.elementsEqual(Self.html))
    }

    @Test func wordsForUsAreTakenOutOfEveryCopy() {
        let mail = Array("X-Sentmark: yes\r\n".utf8) + Self.html
        let plan = plan(Self.rules(.each) { $0.track = .listed }, to: ["a@far.example", "me@example.org"], mail)
        #expect(plan.copies.map(\.recipients) == [[0], [1]])
        #expect(texts(plan, mail).allSatisfy { !$0.contains("X-Sentmark") })
        #expect(plan.reasons == [.policy(.asked), .policy(.ownAddress)])
    }

    @Test func aMailThatIsNotAllAtHandHasOneCopy() {
        let open = Array(
            "Message-ID: <1@a>\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\nContent-Type: text/html\r\n\r\n<p>x</p>\r\n--b\r\nContent-Type: application/zip\r\n\r\n"
                .utf8)
        let plan = plan(Self.rules(.each), to: ["a@far.example", "b@near.example"], open, isComplete: false)
        #expect(plan.copies.map(\.recipients) == [[0, 1]])
        #expect(plan.copies[0].token?.recipient == Token.wholeMessage)
    }

    @Test func theHeaderAloneSettlesIt() {
        let rules = Self.rules(.shared) { $0.track = .listed }
        let header = Array(Self.html.prefix(Self.html.count - 17))
        #expect(
            rules.draft(header, sender: nil, recipients: [Self.address("a@far.example")]).settled?.reasons
                == [.policy(.automatic)])
        #expect(
            Self.rules(.shared).draft(
                header, sender: Self.address("me@example.org"), recipients: [Self.address("a@far.example")]
            ).settled == nil)
    }

    @Test func moreRecipientsThanNumbersShareAToken() {
        let many = (0..<254).map { "r\($0)@far.example" }
        #expect(plan(Self.rules(.each), to: many).copies.map(\.recipients.count) == [254])
        #expect(plan(Self.rules(.each), to: Array(many.dropLast())).copies.count == 253)
    }

    @Test func everyReasonIsReadFromItsName() {
        let all =
            PolicyReason.allCases.map(SendingReason.policy) + Untouched.allCases.map(SendingReason.untouched)
            + SendingTrouble.allCases.map(SendingReason.trouble)
        #expect(all.map { SendingReason(name: $0.name) } == all)
        #expect(Set(all.map(\.name)).count == all.count)
        #expect(all.allSatisfy { !$0.explanation.isEmpty })
    }
}
