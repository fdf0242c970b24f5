import MailGenerator
import Testing

@testable import Outgoing

/// `Scripts/campaign` tries many more, on a release build.
struct PropertyTests {
    private static let seeds: UInt64 = 1_500

    @Test func whatIsKnownOfAMailHolds() throws {
        var touched = 0
        for seed in 0..<Self.seeds {
            if case .touched = try MailCheck(seed: seed).run(seed: seed) { touched += 1 }
        }
        // A third of them; if all were left alone, nothing would have been tried.
        #expect(touched > Int(Self.seeds) / 5)
    }
}
