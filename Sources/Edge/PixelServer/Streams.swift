import Foundation
import Tokens

/// One generation of a stream's keys, as `streams.json` lists it.
package struct StreamRecord: Codable, Sendable, Equatable {
    /// 24 bits, chosen at random.
    package let stream: UInt32
    package let name: String
    /// 0…15.
    package let epoch: UInt8
    /// Whole seconds.
    package let created: Date
    package var revoked: Date?
}

/// The streams that this server gives hits of. Their list is kept beside the hits, as a file or in the same database, and
/// holds no secret. A running server sees a change within a second.
package struct Streams: Sendable {
    private let storage: any StreamStorage

    package init(_ storage: any StreamStorage) { self.storage = storage }

    package init(stateDirectory: URL) { storage = StreamFile(stateDirectory: stateDirectory) }

    /// In the order in which they were added.
    package func list() throws(PixelServerError) -> [StreamRecord] { try storage.list() }

    /// A new stream; the credential is not kept anywhere. A name that was revoked gets the same stream with its next
    /// key epoch, so that the hits it already has can be pulled again.
    /// `.stream` when the name is in use, is not 1…64 printable characters, or has had all 16 epochs.
    package func add(
        _ name: String, secret: ServerSecret, now: Date, random: RandomBytes
    ) throws(PixelServerError) -> StreamCredential {
        guard (1...64).contains(name.count), name.unicodeScalars.allSatisfy({ $0.value > 0x20 && $0.value != 0x7f })
        else {
            throw PixelServerError(
                .stream, "a stream's name has 1 to 64 characters, none of them a space",
                .needsUser("choose another name"))
        }
        return try change { (records) throws(PixelServerError) in
            let earlier = records.filter { $0.name == name }
            guard earlier.allSatisfy({ $0.revoked != nil }) else {
                throw PixelServerError(
                    .stream, "stream \(name) exists", .needsUser("choose another name, or revoke it first"))
            }
            let number: UInt32
            if let last = earlier.last { number = last.stream } else { number = try Self.unused(records, random) }
            let epoch = earlier.last.map { $0.epoch + 1 } ?? 0
            guard epoch < 16, let stream = StreamID(number), let made = secret.credential(for: stream, epoch: epoch)
            else {
                throw PixelServerError(
                    .stream, "stream \(name) has had all its 16 keys", .needsUser("choose another name"))
            }
            let created = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down))
            records.append(StreamRecord(stream: number, name: name, epoch: epoch, created: created))
            return made
        }
    }

    /// From now on its pulls are refused and its tokens count as forged. `.stream` when no such stream is in use.
    @discardableResult
    package func revoke(_ name: String, now: Date) throws(PixelServerError) -> StreamRecord {
        try change { (records) throws(PixelServerError) in
            guard let index = records.firstIndex(where: { $0.name == name && $0.revoked == nil }) else {
                throw PixelServerError(.stream, "no stream \(name) is in use", .needsUser("see the list of streams"))
            }
            records[index].revoked = Date(timeIntervalSince1970: now.timeIntervalSince1970.rounded(.down))
            return records[index]
        }
    }

    private func change<Result>(
        _ body: (inout [StreamRecord]) throws(PixelServerError) -> Result
    ) throws(PixelServerError) -> Result {
        try storage.change(body)
    }

    private static func unused(_ records: [StreamRecord], _ random: RandomBytes) throws(PixelServerError) -> UInt32 {
        for _ in 0..<64 {
            let number = random(3).reduce(0) { $0 << 8 | UInt32($1) }
            if !records.contains(where: { $0.stream == number }) { return number }
        }
        throw PixelServerError(.stream, "no unused stream number was found", .needsUser("try again"))
    }
}
