import IMAP
import Testing

@testable import Servers

struct PolicyTests {
    private func policy(_ quirks: [ServerQuirk], _ capabilities: [Capability] = []) -> ServerPolicy {
        ServerPolicy(quirks: quirks, capabilities: Capabilities(capabilities))
    }

    @Test func nothingKnownMeansTheDefaults() {
        #expect(policy([]) == ServerPolicy())
    }

    private static let effects: [(ServerQuirk, @Sendable (inout ServerPolicy) -> Void)] = [
        (.malformedVanished, { $0.changeDetection = .condstore }),
        (.modificationSequenceZero, { $0.changeDetection = .plain }),
        (.idRequired, { $0.requiresID = true }),
        (
            .noopIgnored,
            {
                $0.pollsWithStatus = true
                $0.pollInterval = .seconds(55)
            }
        ),
        (.idlePolls, { $0.usesIdle = false }),
        (.idleOfThreeMinutes, { $0.idleInterval = .seconds(180) }),
        (.idleOfOneMinute, { $0.idleInterval = .seconds(55) }),
        (.notifyKeepsAwake, { $0.usesNotify = false }),
        (.shortCommandLines, { $0.commandLineLength = 960 }),
        (.oneCommandAtATime, { $0.commandsInFlight = 1 }),
        (.partialFetchUnreliable, { $0.usesPartialFetch = false }),
        (.searchFails, { $0.searchesText = false }),
        (.searchRefused, { $0.searchesText = false }),
        (.searchUnavailable, { $0.searchesText = false }),
        (.searchDropsConnection, { $0.searchesText = false }),
        (.keywordsFixed, { $0.assumesKeywords = false }),
        (.keywordLimit100, { $0.keywordLimit = 100 }),
        (.keywordLimit99, { $0.keywordLimit = 99 }),
        (.submissionsFiled, { $0.filesSubmissions = false }),
    ]

    @Test(arguments: effects.indices)
    func aQuirkChangesWhatItIsAboutAndNothingElse(_ index: Int) {
        let (quirk, change) = Self.effects[index]
        var expected = ServerPolicy()
        change(&expected)
        #expect(policy([quirk]) == expected)
        #expect(expected != ServerPolicy())
    }

    @Test func everyQuirkHasAnEffect() {
        #expect(Set(Self.effects.map(\.0)) == Set(ServerQuirk.allCases))
    }

    @Test func quirksAddUpInAnyOrder() {
        #expect(policy(ServerQuirk.allCases) == policy(ServerQuirk.allCases.reversed()))
        #expect(policy([.keywordLimit100, .keywordLimit99]).keywordLimit == 99)
        #expect(policy([.malformedVanished, .modificationSequenceZero]).changeDetection == .plain)
    }

    @Test(arguments: [
        (["MESSAGELIMIT=1000"], 1000), (["MESSAGELIMIT=0"], nil), (["MESSAGELIMIT=many"], nil), ([], nil),
    ])
    func theServersOwnMessageLimitCounts(_ capabilities: [String], _ limit: Int?) {
        #expect(policy([], capabilities.map { Capability($0) }).messagesPerFetch == limit)
    }

    @Test func aPollIsANoopOrAStatusWithIt() {
        let sent = MailboxName("Sent")
        #expect(policy([]).poll(sent) == [.noop])
        #expect(policy([.noopIgnored]).poll(sent) == [.status(sent, [.messages, .uidNext]), .noop])
    }

    @Test(arguments: [(300, 55), (10, 10)])
    func theServerShortensThePollIntervalAndNeverLengthensIt(_ wanted: Int, _ taken: Int) {
        #expect(policy([.noopIgnored]).pollInterval(.seconds(wanted)) == .seconds(taken))
        #expect(policy([]).pollInterval(.seconds(wanted)) == .seconds(wanted))
    }

    @Test(arguments: [
        ([Capability.imap4rev1], ServerClass.plain), ([.condstore], .condstore), ([.qresync], .qresync),
        ([.condstore, .qresync], .qresync),
    ])
    func theClassFollowsFromWhatIsOffered(_ capabilities: [Capability], _ expected: ServerClass) {
        #expect(ServerClass(offering: Capabilities(capabilities)) == expected)
    }
}
