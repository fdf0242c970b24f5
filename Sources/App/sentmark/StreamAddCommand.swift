import ArgumentParser
import Foundation
import Host
import PixelServer
import Secrets
import Settings
import Tokens

struct StreamAddCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "add",
        abstract: "Add a stream and print its credential, once.",
        discussion: """
            The credential (smk1_…) goes to standard output or, better, into a file that nobody else can read. It cannot \
            be shown again: whoever loses it revokes the stream and adds it anew, which gives it other keys.

            EXAMPLES
              sentmark stream add me --output ~/.config/sentmark/keys/px
              sentmark stream add colleague | gpg --encrypt -r colleague > px.gpg
            """)

    @OptionGroup var config: ConfigOptions

    @Argument(help: "What to call it: 1 to 64 characters without a space.")
    var name: String

    @Option(
        name: .shortAndLong,
        help: ArgumentHelp("A new file for the credential, mode 0600. Never overwritten.", valueName: "file"),
        completion: .file())
    var output: String?

    func run() async throws {
        // The credential may be the very file that a source of this configuration waits for.
        let settings = try config.load(filesMustExist: false)
        let server = try settings.requireServer()
        if let output { try Self.checkRoom(for: output) }
        let secret = try ServerSecretFile.loadOrCreate(URL(filePath: server.secretFile), random: systemRandomBytes)
        let streams = Streams(of: server)
        let credential = try streams.add(name, secret: secret, now: Date(), random: systemRandomBytes).text
        guard let output else {
            try StandardOutput.write(credential.reveal { $0 } + [UInt8(ascii: "\n")])
            StandardError.write(hint("<the file you put it into>", server))
            return
        }
        do {
            try SecretFile.create(output, credential)
        } catch {
            // Without its credential the stream is of no use to anybody.
            try streams.revoke(name, now: Date())
            throw error
        }
        StandardError.write(hint(output, server))
    }

    /// Before the stream exists: each attempt uses up one of the 16 keys that a name can have.
    private static func checkRoom(for path: String) throws(Failure) {
        guard !FileManager.default.fileExists(atPath: path) else {
            throw Failure(.configuration, "\(path): is there already", action: "name another file, or move it away")
        }
        let folder = URL(filePath: path).deletingLastPathComponent().path
        guard FileManager.default.isWritableFile(atPath: folder) else {
            throw Failure(.permission, "\(folder): no file can be made there", action: "make the folder, mode 0700")
        }
    }

    private func hint(_ file: String, _ server: Settings.Server) -> String {
        """
        Stream \(name) is added. On the machine of its agent, put into the configuration:

        [[source]]
        kind = "sentmark"
        url = "\(server.publicURL)"
        credential_file = "\(file)"

        """
    }
}
