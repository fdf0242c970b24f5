import Agent
import ArgumentParser
import Foundation
import Host
import PixelServer
import Settings

struct ServeBackupCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "backup",
        abstract: "Copy the pixel server's log, streams and secret while it runs.",
        discussion: """
            Makes the directory, mode 0700, with hits.db, streams.json and server, the secret that all keys come from: \
            whoever has that can read and forge everything. The keys that network hashes are made with are left out.

            To restore, stop the server, put hits.db and streams.json into its state directory and server where \
            secret_file says, remove hits.db-wal and hits.db-shm, and start it. Agents notice, and read the log from its \
            beginning; nothing counts twice. What was erased since the backup has to be erased again.

            EXAMPLES
              sentmark serve backup "/var/backups/sentmark/$(date +%F)"
            """)

    @OptionGroup var config: ConfigOptions

    @Argument(help: "A directory that is not there yet.", completion: .directory)
    var directory: String

    func run() async throws {
        let server = try config.load(filesMustExist: false).requireServer()
        guard PostgresServer(server.store) == nil else {
            throw Failure(
                .configuration, "server.store: hits and streams are in a database, which has backups of its own",
                action: "use pg_dump (docs/postgresql.md), and keep a copy of \(server.secretFile)")
        }
        try Backup.make(
            of: PixelServer.Configuration(server, Directories()).stateDirectory,
            secret: URL(filePath: server.secretFile), in: URL(filePath: directory))
    }
}
