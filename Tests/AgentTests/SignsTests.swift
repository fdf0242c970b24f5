import SentSync
import Settings
import Testing

@testable import Agent

struct SignsTests {
    private func signs(_ lines: String) throws -> Signs {
        let text = """
            [[account]]
            imap = "imaps://imap.example.org"
            user = "me"
            password_file = "p"
            \(lines)
            """
        let settings = try Settings.parse(text: text, file: "/c/config.toml")
        return Signs(try #require(settings.accounts.first), settings)
    }

    static let wishes: [(lines: String, projections: Set<Projection>, standIns: Set<Projection>)] = [
        ("", [.keyword, .label], [.label]),
        ("show = \"none\"", [], []),
        ("show = [\"keywords\", \"labels\"]", [.keyword, .label], []),
        ("show = \"colours\"\ncopy_opened_to = \"Opened\"", [.color, .copy], []),
        ("show = \"labels\"\n[labels]\ntracked = false\nopened = false", [], []),
    ]

    @Test(arguments: wishes)
    func areWhatTheConfigurationAsksFor(
        _ lines: String, _ projections: Set<Projection>, _ standIns: Set<Projection>
    ) throws {
        let signs = try signs(lines)
        #expect(Set(signs.all.map(\.projection)) == projections)
        #expect(signs.standIns == standIns)
        // A server without labels has nothing to stand in; who asks for labels by name is told.
        #expect(
            signs.inForce(at: .init([.idle])).contains(.label) == (projections.contains(.label) && standIns.isEmpty))
        #expect(signs.inForce(at: .init([.gmail])) == signs)
    }

    @Test func theConfigurationKnowsTheColoursThatThereAre() {
        #expect(Settings.colorNames == FlagColor.allCases.map(\.rawValue))
    }
}
