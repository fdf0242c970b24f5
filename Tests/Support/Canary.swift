import Foundation

/// Keeps what goes over a wire, and searches files for words in any coding: `Scripts/lib/canary.py`.
package final class Canary: Sendable {
    /// Where a word was found.
    package struct Find: Decodable, Sendable, Hashable {
        package let word: String
        package let form: String
        package let file: String
    }

    package struct Result: Decodable, Sendable {
        package let found: [Find]
        /// How much was searched.
        package let bytes: Int
    }

    private let process: LineProcess

    package init() throws { process = try LineProcess(repositoryFile("Scripts/lib/canary.py")) }

    /// Relays loopback port `port` to `target` from now on, and keeps every octet in files of that new folder.
    package func tap(port: Int, target: Int, into folder: URL) async throws {
        let _: Done = try await process.ask(Tap(port: port, target: target, folder: folder.path))
    }

    package func search(_ folders: [URL], for words: [String]) async throws -> Result {
        try await process.ask(Search(folders: folders.map(\.path), words: words))
    }

    private struct Tap: Encodable {
        var `do` = "tap"
        let port: Int
        let target: Int
        let folder: String
    }

    private struct Search: Encodable {
        var `do` = "search"
        let folders: [String]
        let words: [String]
    }

    private struct Done: Decodable, Sendable {}
}
