import Servers
import Testing

/// What seeds once found, each as short as it can be told, and so that a change of the generator takes nothing away.
struct StoryTests {
    struct Tale: Sendable, CustomTestStringConvertible {
        let testDescription: String
        let serverClass: ServerClass
        var quirks: Set<Quirk> = []
        var showing = Showing.keywords
        /// Messages a request.
        var chunk = 500
        let steps: [Story.Step]
    }

    private static let letter = Operation.append(.tracked, pick: 0, carries: nil, isSick: false)
    private static func atOnce(_ operation: Operation) -> Story.Step { Story.Step(gap: 0, operation: operation) }
    private static func atRest(_ operation: Operation) -> Story.Step {
        Story.Step(gap: Story.Step.rest, operation: operation)
    }

    static let tales: [Tale] = [
        Tale(
            testDescription: "HIGHESTMODSEQ goes back, and a message leaves unseen", serverClass: .qresync,
            steps: [
                atOnce(letter), atRest(.crash), atRest(.expunge(pick: 0)), atOnce(.turnBack),
            ]),
        Tale(
            testDescription: "a flag is told of, and a keyword written before that is stored", serverClass: .qresync,
            quirks: [.noIdle],
            steps: [atOnce(letter), atRest(.flag("\\Flagged", true, pick: 0)), atOnce(.hit(.scanner, pick: 0))]),
        Tale(
            testDescription: "one message cannot be read, and its neighbours are asked for meanwhile",
            serverClass: .plain,
            quirks: [.garblesSick], chunk: 1,
            steps: [atOnce(letter), atOnce(.append(.tracked, pick: 0, carries: nil, isSick: true)), atOnce(letter)]),
        Tale(
            testDescription:
                "HIGHESTMODSEQ goes back over a copy that a server renamed, and the user removes a keyword",
            serverClass: .qresync,
            steps: [
                atOnce(letter), atOnce(.append(.rewritten, pick: 0, carries: nil, isSick: false)),
                atOnce(.hit(.person, pick: 0)), atRest(.removeMark(pick: 0)), atOnce(.turnBack),
            ]),
        Tale(
            testDescription: "the user removes a keyword, and another one is tried again", serverClass: .condstore,
            quirks: [.dropsKeyword],
            steps: [
                atOnce(letter), atOnce(.hit(.person, pick: 0)), atRest(.bye), atOnce(.removeMark(pick: 0)),
            ]),
    ]

    @Test(arguments: tales)
    func endsAsTheEvidenceSays(_ tale: Tale) async throws {
        for chance in 1...5 {
            let story = Story(
                seed: UInt64(chance), serverClass: tale.serverClass, quirks: tale.quirks, software: .unknown,
                showing: tale.showing, brokenKeyword: "opened", chunk: tale.chunk, steps: tale.steps)
            #expect(try await Soak.play(story) == [], "with chance \(chance)")
        }
    }

    /// We took `opened` off and never heard that it was done: that was not the user, and it comes back.
    @Test func whatWeTookOffIsNotWithdrawn() async throws {
        for length in stride(from: 1, to: 100, by: 3) {
            let steps = [
                Self.atOnce(Self.letter), Self.atOnce(.hit(.person, pick: 0)), Self.atRest(.cutSent(after: length)),
                Self.atOnce(.flag("not-me", true, pick: 0)), Self.atRest(.flag("not-me", false, pick: 0)),
            ]
            let story = Story(
                seed: 1, serverClass: .qresync, quirks: [], software: .unknown, showing: .keywords,
                brokenKeyword: "opened", chunk: 500,
                steps: steps)
            #expect(try await Soak.play(story) == [], "cut after \(length) octets")
        }
    }

    /// An archive that was being selected for the first time would have been taken for a watched folder, and never again been
    /// looked through.
    @Test func anArchiveIsLookedThroughAgain() async throws {
        for length in stride(from: 1, to: 900, by: 9) {
            let steps = [
                Self.atOnce(Self.letter), Self.atOnce(Self.letter), Self.atRest(.cutReceived(after: length)),
                Self.atOnce(.archive(pick: 0)),
            ]
            let story = Story(
                seed: 1, serverClass: .qresync, quirks: [], software: .unknown, showing: .keywords,
                brokenKeyword: "opened", chunk: 500, steps: steps)
            #expect(try await Soak.play(story) == [], "cut after \(length) octets")
        }
    }

    /// Without MOVE, a draft that was marked as deleted and not expunged stayed in the outbox.
    @Test func aDraftLeavesTheOutbox() async throws {
        for length in stride(from: 150, to: 260, by: 8) {
            let draft = Operation.draft(.accepted, hasOwnID: false, isTracked: false)
            let steps = [Story.Step(gap: 2, operation: draft), Self.atOnce(.cutSent(after: length))]
            var story = Story(
                seed: 1, serverClass: .plain, quirks: [.noMove], software: .unknown, showing: .keywords,
                brokenKeyword: "opened", chunk: 500, steps: steps)
            story.hasOutbox = true
            #expect(try await Soak.play(story) == [], "cut after \(length) octets")
        }
    }
}
