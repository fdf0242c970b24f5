import Foundation

/// All that a pixel server needs to go on elsewhere: its log, its streams, its secret.
package enum Backup {
    /// Copies them into a new directory, mode 0700, while a server runs: `hits.db`, `streams.json`, `server` (the secret).
    /// What there is none of yet is left out. A directory that is there already is refused (`.permission`).
    package static func make(
        of stateDirectory: URL, secret: URL, in directory: URL
    ) throws(PixelServerError) {
        guard mkdir(directory.path, 0o700) == 0 else { throw PrivateFile.refusal(directory, errno) }
        do throws(PixelServerError) {
            // The log last: whose hits are in it is then on the list.
            _ = try PrivateFile.copy(secret, to: directory.appendingPathComponent("server"))
            _ = try PrivateFile.copy(
                stateDirectory.appendingPathComponent("streams.json"),
                to: directory.appendingPathComponent("streams.json"))
            try HitLog.backUp(stateDirectory, to: directory.appendingPathComponent("hits.db"))
        } catch {
            try? FileManager.default.removeItem(at: directory)
            throw error
        }
    }
}
