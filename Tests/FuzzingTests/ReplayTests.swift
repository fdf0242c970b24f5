import Foundation
import Testing

/// What Scripts/fuzz has found, each file named for what it is: Fixtures/TARGET/WHAT-IT-IS.
struct ReplayTests {
    struct Finding: Sendable, CustomTestStringConvertible {
        let target: String
        let url: URL
        var testDescription: String { "\(target)/\(url.lastPathComponent)" }
    }

    static let findings: [Finding] = {
        let fixtures = Bundle.module.url(forResource: "Fixtures", withExtension: nil)
        return FuzzTarget.all.map(\.name).flatMap { name in
            let folder = fixtures?.appendingPathComponent(name)
            let files = folder.flatMap { try? FileManager.default.contentsOfDirectory(atPath: $0.path) } ?? []
            return files.sorted().compactMap { file in
                folder.map { Finding(target: name, url: $0.appendingPathComponent(file)) }
            }
        }
    }()

    @Test(arguments: findings)
    func holds(_ finding: Finding) throws {
        let target = try #require(FuzzTarget.all.first { $0.name == finding.target })
        try target.check([UInt8](Data(contentsOf: finding.url)))
    }

    /// A folder of another name would be replayed by nobody.
    @Test func everyFolderIsATarget() throws {
        let fixtures = try #require(Bundle.module.url(forResource: "Fixtures", withExtension: nil))
        let folders = try FileManager.default.contentsOfDirectory(atPath: fixtures.path).filter { $0 != "README" }
        #expect(Set(folders).isSubset(of: FuzzTarget.all.map(\.name)))
    }
}
