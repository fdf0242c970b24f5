import MIME
import Testing

@testable import Outgoing

struct PolicyTests {
    private static func address(_ text: String) -> EnvelopeAddress? { EnvelopeAddress(text) }

    private static func policy(_ change: (inout TrackingPolicy) -> Void = { _ in }) -> TrackingPolicy {
        var policy = TrackingPolicy()
        policy.recipients = ["*@partner.example", "vera@example.net"].compactMap { AddressPattern($0) }
        policy.exclude = ["no@partner.example", "*@*.gov.example"].compactMap { AddressPattern($0) }
        policy.own = ["me@example.org"].compactMap(address)
        policy.ownDomains = OwnDomains.of(policy.own)
        policy.subjectPrefix = "[track]"
        policy.plusTag = "track"
        change(&policy)
        return policy
    }

    private func decide(
        _ policy: TrackingPolicy, _ recipients: [String], _ header: String = "", sender: String? = "me@example.org"
    ) -> PolicyDecision {
        let bytes = Array("From: me@example.org\r\n\(header)\r\n".utf8)
        return policy.decide(
            sender: sender.flatMap { Self.address($0) }, recipients: recipients.compactMap { Self.address($0) },
            header: HeaderFields(parsing: bytes), of: bytes)
    }

    @Test(arguments: [
        (TrackingPolicy.Track.listed, "vera@example.net", PolicyReason.listed), (.listed, "VERA@Example.NET", .listed),
        (.listed, "a@partner.example", .listed), (.listed, "a@sub.partner.example", .notListed),
        (.listed, "b@example.net", .notListed), (.listed, "no@partner.example", .excluded),
        (.always, "b@example.net", .always), (.always, "a@x.gov.example", .excluded),
        (.always, "a@gov.example", .always),
        (.always, "colleague@example.org", .ownDomain), (.always, "me@example.org", .ownAddress),
        (.never, "vera@example.net", .never),
    ])
    func goesByTheLists(_ track: TrackingPolicy.Track, _ recipient: String, _ reason: PolicyReason) {
        let decision = decide(Self.policy { $0.track = track }, [recipient])
        #expect(decision.reasons == [reason])
        #expect(decision.shared == reason)
    }

    @Test(arguments: [
        ("X-Sentmark: yes\r\n", PolicyReason.asked), ("X-Sentmark: YES\r\n", .asked), ("x-sentmark: no\r\n", .declined),
        ("X-Sentmark: yes\r\nX-Sentmark: no\r\n", .declined), ("X-Sentmark: maybe\r\n", .unclear),
        ("Subject: [track] a\r\n", .asked), ("Subject: [TRACK]a\r\n", .asked),
        ("Subject: Re: [track] a\r\n", .notListed),
        ("Subject: [track] a\r\nX-Sentmark: no\r\n", .declined), ("Auto-Submitted: auto-replied\r\n", .automatic),
        ("Auto-Submitted: no\r\n", .notListed), ("Precedence: bulk\r\n", .mailingList),
        ("List-Unsubscribe: <mailto:a@b>\r\nX-Sentmark: yes\r\n", .mailingList),
        ("Resent-From: a@b.example\r\n", .resent),
        ("Precedence: auto_reply\r\n", .automatic),
    ])
    func goesByTheHeader(_ header: String, _ reason: PolicyReason) {
        #expect(decide(Self.policy(), ["b@example.net"], header).shared == reason)
    }

    @Test func aWishDoesNotOverruleWhatIsSwitchedOff() {
        let wish = "X-Sentmark: yes\r\n"
        #expect(decide(Self.policy { $0.track = .never }, ["b@example.net"], wish).shared == .never)
        #expect(decide(Self.policy(), ["no@partner.example"], wish).shared == .excluded)
        #expect(decide(Self.policy(), ["colleague@example.org"], wish).shared == .asked)
        #expect(decide(Self.policy(), ["vera@example.net"], sender: nil).shared == .automatic)
    }

    @Test func aSharedCopyIsTrackedForAllOrForNobody() {
        let decision = decide(Self.policy(), ["vera@example.net", "b@example.net", "no@partner.example"])
        #expect(decision.reasons == [.listed, .notListed, .excluded])
        #expect(decision.shared == .notListed)
        #expect(decide(Self.policy(), ["vera@example.net", "a@partner.example"]).shared == .listed)
        #expect(decide(Self.policy(), []).shared == .ownAddress)
    }

    @Test func aTaggedAddressAsksAndIsNotTracked() {
        let decision = decide(Self.policy(), ["b@example.net", "me+Track@example.org"])
        #expect(decision.reasons == [.asked, .ownAddress])
        #expect(decision.shared == .asked)
        #expect(decide(Self.policy(), ["b@example.net"], sender: "me+track@example.org").shared == .asked)
        #expect(decide(Self.policy(), ["b+track@example.net"]).shared == .notListed)
        #expect(decide(Self.policy(), ["b@example.net", "me+x@example.org"]).reasons == [.notListed, .ownDomain])
    }

    @Test func itsWordsAreTakenOut() {
        let header = "X-Sentmark: no\r\nSubject: [track] a\r\n folded\r\nx-sentmark:\r\n yes\r\nTo: b\r\n\r\n"
        let bytes = Array(header.utf8)
        let decision = Self.policy().decide(
            sender: nil, recipients: [], header: HeaderFields(parsing: bytes), of: bytes)
        #expect(MessageEdit.apply(decision.edits, to: bytes).text == "Subject: a\r\n folded\r\nTo: b\r\n\r\n")
        let signed = Array(("DKIM-Signature: v=1\r\n" + header).utf8)
        #expect(
            Self.policy().decide(sender: nil, recipients: [], header: HeaderFields(parsing: signed), of: signed).edits
                == [])
    }

    @Test func commonProvidersAreNoOwnDomains() {
        let own = ["me@gmail.com", "me@example.org", "me@web.de"].compactMap(Self.address)
        #expect(OwnDomains.of(own) == ["example.org"])
    }

    @Test(arguments: [
        "", "a", "@example.org", "*", "*@", "*@*", "*@*.", "a*@example.org", "*@example.org\r\n", "a b@c",
        "*.example.org",
    ])
    func refusesPatterns(_ text: String) {
        #expect(AddressPattern(text) == nil)
    }

    @Test func everyReasonSaysItInWords() {
        #expect(Set(PolicyReason.allCases.map(\.explanation)).count == PolicyReason.allCases.count)
    }
}
