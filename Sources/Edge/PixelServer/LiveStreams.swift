import Foundation
import Synchronization
import Tokens

/// The list of streams as the running server sees it: `streams.json`, read again when the file has changed, or what it is
/// told of another storage.
final class LiveStreams: Sendable {
    private struct Key: Hashable {
        let stream: UInt32
        let epoch: UInt8
    }

    /// What tells one version of the file from another; a rename gives a new inode even within a clock tick.
    private struct Version: Equatable {
        var inode: UInt64
        var size: Int64
        var seconds: Int
        var nanoseconds: Int
    }

    private struct State {
        var active: Set<Key> = []
        var revoked: Set<Key> = []
        var version: Version?
        var lookedAt: Date?

        mutating func use(_ records: [StreamRecord]) {
            let keys = { (records: [StreamRecord]) in Set(records.map { Key(stream: $0.stream, epoch: $0.epoch) }) }
            active = keys(records.filter(\.pulls))
            revoked = keys(records.filter { $0.revoked != nil })
        }
    }

    private let file: StreamFile?
    private let failed: @Sendable (PixelServerError) -> Void
    private let state = Mutex(State())

    /// `failed` is told when the file cannot be read; what was read before stays in force. Without a file the list is
    /// what ``use(_:)`` was given last.
    init(_ file: StreamFile?, failed: @escaping @Sendable (PixelServerError) -> Void) {
        self.file = file
        self.failed = failed
    }

    func use(_ records: [StreamRecord]) { state.withLock { $0.use(records) } }

    /// Whether pulls with this generation of keys are answered. Looks at the file once more before it says no.
    func isActive(_ stream: StreamID, epoch: UInt8, now: Date) -> Bool {
        let key = Key(stream: stream.rawValue, epoch: epoch)
        return state.withLock { state in
            refresh(&state, now)
            if !state.active.contains(key) { refresh(&state, nil) }
            return state.active.contains(key)
        }
    }

    /// A stream that is not listed is not revoked: its tokens prove themselves by their MAC.
    func isRevoked(_ stream: StreamID, epoch: UInt8, now: Date) -> Bool {
        state.withLock { state in
            refresh(&state, now)
            return state.revoked.contains(Key(stream: stream.rawValue, epoch: epoch))
        }
    }

    /// At most once a second, or at once without a time.
    private func refresh(_ state: inout State, _ now: Date?) {
        guard let file else { return }
        if let now {
            if let lookedAt = state.lookedAt, abs(now.timeIntervalSince(lookedAt)) < 1 { return }
            state.lookedAt = now
        }
        var status = stat()
        guard stat(file.url.path, &status) == 0 else { return }
        #if canImport(Darwin)
            let modified = status.st_mtimespec
        #else
            let modified = status.st_mtim
        #endif
        let found = Version(
            inode: UInt64(status.st_ino), size: Int64(status.st_size), seconds: Int(modified.tv_sec),
            nanoseconds: Int(modified.tv_nsec))
        guard found != state.version else { return }
        state.version = found
        do { state.use(try file.list()) } catch { failed(error) }
    }
}
