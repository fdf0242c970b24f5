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
    /// Since when its pulls are refused, while its tokens are good for ever.
    package var retired: Date?
    /// Since when its pulls are refused and its tokens count as forged.
    package var revoked: Date?

    /// Whether hits can be pulled with it.
    package var pulls: Bool { retired == nil && revoked == nil }
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
                    .stream, "stream \(name) exists",
                    .needsUser("choose another name, revoke it first, or rotate its key"))
            }
            let number: UInt32
            if let last = earlier.last { number = last.stream } else { number = try Self.unused(records, random) }
            return try Self.append(number, name, to: &records, secret: secret, now: now)
        }
    }

    /// One more key for a stream in use; the one before goes on being good until it is retired or revoked.
    /// `.stream` when it has two keys already that can pull, or has had all 16.
    package func rotate(_ name: String, secret: ServerSecret, now: Date) throws(PixelServerError) -> StreamCredential {
        try change { (records) throws(PixelServerError) in
            let live = records.filter { $0.name == name && $0.pulls }
            guard let last = live.last else { throw Self.notInUse(name) }
            guard live.count == 1 else {
                throw PixelServerError(
                    .stream, "stream \(name) has two keys in use",
                    .needsUser("let its agent take the newer, and retire the older first"))
            }
            return try Self.append(last.stream, name, to: &records, secret: secret, now: now)
        }
    }

    /// From now on hits are pulled with the newest key alone. Tokens of the older ones stay good: they are in mail that
    /// has been sent. `.stream` when no such stream is in use, or it has one key only.
    @discardableResult
    package func retire(_ name: String, now: Date) throws(PixelServerError) -> [StreamRecord] {
        try change { (records) throws(PixelServerError) in
            let live = records.indices.filter { records[$0].name == name && records[$0].pulls }
            guard !live.isEmpty else { throw Self.notInUse(name) }
            guard live.count > 1 else {
                throw PixelServerError(
                    .stream, "stream \(name) has one key in use", .needsUser("rotate it first, or revoke the stream"))
            }
            for index in live.dropLast() { records[index].retired = now.wholeSecond }
            return live.dropLast().map { records[$0] }
        }
    }

    /// From now on its pulls are refused and its tokens count as forged, those of the one epoch or of all that the name
    /// has. `.stream` when there is none of them in use.
    @discardableResult
    package func revoke(_ name: String, epoch: UInt8? = nil, now: Date) throws(PixelServerError) -> [StreamRecord] {
        try change { (records) throws(PixelServerError) in
            let found = records.indices.filter {
                records[$0].name == name && records[$0].revoked == nil
                    && (epoch ?? records[$0].epoch) == records[$0].epoch
            }
            guard !found.isEmpty else { throw Self.notInUse(name) }
            for index in found { records[index].revoked = now.wholeSecond }
            return found.map { records[$0] }
        }
    }

    /// The stream of that name, in use or not. `.stream` when there has been none.
    package func stream(named name: String) throws(PixelServerError) -> StreamID {
        guard let stream = try list().last(where: { $0.name == name }).flatMap({ StreamID($0.stream) }) else {
            throw PixelServerError(.stream, "there is no stream \(name)", .needsUser("see the list of streams"))
        }
        return stream
    }

    private static func notInUse(_ name: String) -> PixelServerError {
        PixelServerError(.stream, "no stream \(name) is in use", .needsUser("see the list of streams"))
    }

    private static func append(
        _ number: UInt32, _ name: String, to records: inout [StreamRecord], secret: ServerSecret, now: Date
    ) throws(PixelServerError) -> StreamCredential {
        let epoch = records.last { $0.name == name }.map { $0.epoch + 1 } ?? 0
        guard epoch < 16, let stream = StreamID(number), let made = secret.credential(for: stream, epoch: epoch)
        else {
            throw PixelServerError(
                .stream, "stream \(name) has had all its 16 keys", .needsUser("choose another name"))
        }
        records.append(StreamRecord(stream: number, name: name, epoch: epoch, created: now.wholeSecond))
        return made
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

extension Date {
    fileprivate var wholeSecond: Date { Date(timeIntervalSince1970: timeIntervalSince1970.rounded(.down)) }
}
