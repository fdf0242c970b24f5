import Foundation
import Host
import Networks
import Opens
import Settings
import Transport

/// The published lists that this machine has fetched: a file for each, in the state directory.
package struct RangesDirectory: Sendable {
    private let path: String

    package init(_ directories: Directories) { path = directories.state + "/ranges" }

    package func file(of list: PublishedList) -> String { "\(path)/\(list.rawValue).list" }

    /// `nil` if it has not been fetched. Throws when the file cannot be read, or is not what was written.
    package func read(_ list: PublishedList) throws(HostError) -> NetworkList? {
        let file = file(of: list)
        guard let bytes = try StateFile.read(file, limit: NetworkList.maximumFileBytes) else { return nil }
        let stored: NetworkList
        do throws(ListProblem) {
            stored = try NetworkList(decoding: bytes)
            guard stored.list == list else { throw ListProblem("it is another list") }
        } catch {
            throw HostError(
                code: .unusable, subject: file, detail: "\(error)",
                action: "fetch it again with 'sentmark ranges update \(list.rawValue)'")
        }
        return stored
    }

    /// On disk when this returns.
    package func write(_ list: NetworkList) throws(HostError) {
        let file = file(of: list.list)
        guard let bytes = list.encoded() else {
            throw HostError(code: .unusable, subject: file, detail: "has no checksum", action: "check libcrypto")
        }
        try Directories.create(path)
        try StateFile.replace(file, bytes)
    }
}

/// Fetches lists and puts them in the place of the stored ones, if they can be believed.
package struct RangesUpdate: Sendable {
    private let fetcher: ListFetcher
    private let directory: RangesDirectory
    private let now: @Sendable () -> Date

    package init(
        _ settings: Settings.Ranges, _ directory: RangesDirectory, on poller: Poller,
        now: @escaping @Sendable () -> Date = { Date() }
    ) {
        fetcher = ListFetcher(
            HTTPClient(.init(caFile: settings.caFile, proxy: settings.proxy?.text ?? ""), on: poller))
        self.directory = directory
        self.now = now
    }

    /// The new list; the old one stays whatever goes wrong. Throws ``FetchError``, ``RefusedList`` or ``HostError``.
    package func run(_ list: PublishedList, from url: String) async throws -> NetworkList {
        let fetched = try await fetcher.fetch(list, from: url)
        // One that is damaged is nothing to compare with.
        let previous = try? directory.read(list)
        let new: NetworkList
        do throws(ListProblem) {
            new = try list.read(fetched.bytes, from: fetched.url, at: now(), previous: previous?.published)
        } catch {
            throw RefusedList(url: fetched.url, problem: error, file: directory.file(of: list))
        }
        try directory.write(new)
        return new
    }
}

/// What was fetched is not believed.
package struct RefusedList: Error, CustomStringConvertible {
    package let url: String
    package let problem: ListProblem
    /// Where the stored one is, or would be.
    package let file: String

    package var description: String { "\(url): not believed: \(problem)" }
}
