import Foundation

/// Where the list of streams is kept.
package protocol StreamStorage: Sendable {
    /// In the order in which they were added; empty when nothing has been stored.
    func list() throws(PixelServerError) -> [StreamRecord]

    /// Reads, lets the body change what was read, and writes it, all under one lock; with an error nothing is changed.
    func change<Result>(
        _ body: (inout [StreamRecord]) throws(PixelServerError) -> Result
    ) throws(PixelServerError) -> Result
}

/// The file `streams.json` beside the hit log. Several processes may use it at once.
package struct StreamFile: StreamStorage {
    /// Bytes; a stream takes some 120.
    static let limit = 1 << 22
    let url: URL

    package init(stateDirectory: URL) { url = stateDirectory.appendingPathComponent("streams.json") }

    package func list() throws(PixelServerError) -> [StreamRecord] {
        guard let bytes = try PrivateFile.read(url, maximum: Self.limit) else { return [] }
        return try [StreamRecord](json: bytes, from: url.path)
    }

    package func change<Result>(
        _ body: (inout [StreamRecord]) throws(PixelServerError) -> Result
    ) throws(PixelServerError) -> Result {
        try PrivateFile.makeDirectory(url.deletingLastPathComponent())
        let lock = try FileLock(url.appendingPathExtension("lock"), wait: true)
        defer { withExtendedLifetime(lock) {} }
        var records = try list()
        let result = try body(&records)
        let bytes = try records.json() + [0x0a]
        // It could not be read again.
        guard bytes.count <= Self.limit else {
            throw PixelServerError(
                .full, "\(url.path): \(records.count) streams take more than \(Self.limit) bytes",
                .needsUser("keep streams in PostgreSQL (store in [server]), or give others a server of their own"))
        }
        try PrivateFile.write(bytes, to: url)
        return result
    }
}

extension [StreamRecord] {
    /// `place` is named by the error, `.unreadable`.
    init(json bytes: [UInt8], from place: String) throws(PixelServerError) {
        let decoder = JSONDecoder()
        decoder.dateDecodingStrategy = .iso8601
        do { self = try decoder.decode([StreamRecord].self, from: Data(bytes)) } catch {
            throw PixelServerError(
                .unreadable, "\(place): not a list of streams", .needsUser("restore it from a backup"))
        }
    }

    func json() throws(PixelServerError) -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.dateEncodingStrategy = .iso8601
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        do { return [UInt8](try encoder.encode(self)) } catch {
            throw PixelServerError(.storage, "the list of streams: \(error)", .needsUser("report this as a fault"))
        }
    }
}
