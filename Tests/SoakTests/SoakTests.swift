import Foundation
import Testing

/// Random operations, quirks, drops at any octet and crashes against a reference mailbox. Scripts/soak plays other seeds
/// and more of them.
struct SoakTests {
    /// `FIRST` or `FIRST:COUNT`.
    static let seeds: [UInt64] = {
        let wish = ProcessInfo.processInfo.environment["SENTMARK_SOAK"] ?? "1:150"
        let numbers = wish.split(separator: ":").compactMap { UInt64($0) }
        guard let first = numbers.first, first < UInt64.max / 2 else { return [] }
        return Array(first..<first + (numbers.count > 1 ? min(numbers[1], 100_000_000) : 1))
    }()

    @Test func theMailboxEndsAsTheEvidenceSays() async throws {
        try #require(!Self.seeds.isEmpty, "SENTMARK_SOAK is FIRST or FIRST:COUNT")
        let workers = 2
        await withTaskGroup(of: Void.self) { group in
            for worker in 0..<workers {
                group.addTask {
                    for index in stride(from: worker, to: Self.seeds.count, by: workers) {
                        await Self.play(Self.seeds[index])
                    }
                }
            }
        }
    }

    private static func play(_ seed: UInt64) async {
        let story = Story(seed: seed)
        let problems = await problems(of: story)
        if problems.isEmpty { return }
        let (shortest, said) = await shortened(story, problems)
        Issue.record(
            """
            \(said.joined(separator: "\n"))
            \(shortest)
            again: Scripts/soak \(seed)
            """)
    }

    private static func problems(of story: Story) async -> [String] {
        do {
            return try await Soak.play(story)
        } catch {
            return ["it ended with \(error)"]
        }
    }

    /// As few steps and quirks as show a problem, tried one by one.
    private static func shortened(_ story: Story, _ problems: [String]) async -> (Story, [String]) {
        var best = (story, problems)
        var count = Int.max
        while best.0.steps.count + best.0.quirks.count < count {
            count = best.0.steps.count + best.0.quirks.count
            for index in best.0.steps.indices.reversed() {
                var shorter = best.0
                shorter.steps.remove(at: index)
                let problems = await Self.problems(of: shorter)
                if !problems.isEmpty { best = (shorter, problems) }
            }
            for quirk in Quirk.allCases where best.0.quirks.contains(quirk) {
                var plainer = best.0
                plainer.quirks.remove(quirk)
                let problems = await Self.problems(of: plainer)
                if !problems.isEmpty { best = (plainer, problems) }
            }
        }
        return best
    }
}
