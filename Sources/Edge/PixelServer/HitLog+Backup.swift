import Foundation
import GRDB

extension HitLog {
    /// Writes a copy of the directory's log to a new file, mode 0600, while a server goes on writing to the log: all that
    /// was committed at one moment.
    ///
    /// The copy has no identity: the server that opens it gives it one, so that agents, whose cursors are of the log that
    /// was lost, start again from its beginning (410). Nor does it have the keys of networks, which are not to outlive two
    /// days.
    /// `.unreadable` when there is no log or it is damaged, `.permission` when the file is there already.
    package static func backUp(_ directory: URL, to copy: URL) throws(PixelServerError) {
        let url = directory.appendingPathComponent("hits.db")
        guard FileManager.default.fileExists(atPath: url.path) else {
            throw PixelServerError(.unreadable, "\(url.path): there is no hit log", .needsUser("start the server once"))
        }
        let descriptor = Foundation.open(copy.path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard descriptor >= 0 else { throw PrivateFile.refusal(copy, errno) }
        defer { Foundation.close(descriptor) }
        do {
            var configuration = GRDB.Configuration()
            // Whoever does not write does not checkpoint either: beside a server that would be one process too many.
            configuration.readonly = true
            configuration.busyMode = .timeout(5)
            let source = try DatabaseQueue(path: url.path, configuration: configuration)
            try source.inDatabase { try $0.execute(sql: "VACUUM INTO ?", arguments: [copy.path]) }
            try source.close()
            try clean(copy)
        } catch {
            unlink(copy.path)
            throw failure(error, copy)
        }
        guard fsync(descriptor) == 0 else {
            unlink(copy.path)
            throw PrivateFile.refusal(copy, errno)
        }
        try PrivateFile.syncDirectory(of: copy)
    }

    private static func clean(_ copy: URL) throws {
        var configuration = GRDB.Configuration()
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA secure_delete = ON")
            // What a journal would hold for a rollback is what is to go. A copy that fails is thrown away as a whole.
            try db.execute(sql: "PRAGMA journal_mode = OFF")
        }
        let database = try DatabaseQueue(path: copy.path, configuration: configuration)
        try database.write { db in
            try db.execute(sql: "DELETE FROM log")
            try db.execute(sql: "DELETE FROM network_keys")
        }
        let problems = try database.read { try String.fetchAll($0, sql: "PRAGMA integrity_check") }
        try database.close()
        guard problems == ["ok"] else {
            throw PixelServerError(
                .unreadable, "\(copy.path): \(problems.first ?? "damaged")", .needsUser("see to the disk of the log"))
        }
    }
}
