#if os(Linux)
    import Foundation
    import Testing

    @testable import Host

    struct MemoryTests {
        /// `RssFile` of proc(5): what this process has resident of files, in KiB.
        private func residentOfFiles() throws -> Int {
            let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
            let line = try #require(status.split(separator: "\n").first { $0.hasPrefix("RssFile:") })
            return try #require(line.split(whereSeparator: { $0 == " " || $0 == "\t" }).compactMap { Int($0) }.first)
        }

        @Test func trimGivesBackThePagesOfTheProgramAndItRunsOn() throws {
            let before = try residentOfFiles()
            Memory.trim()
            let after = try residentOfFiles()
            #expect(after < before / 2)
            #expect((0..<100).map { String($0 * $0) }.joined(separator: ",").hasSuffix("9604,9801"))
        }
    }
#endif
