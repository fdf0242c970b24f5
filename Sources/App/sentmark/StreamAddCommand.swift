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

    @OptionGroup var destination: CredentialDestination

    func run() async throws {
        // The credential may be the very file that a source of this configuration waits for.
        let settings = try config.load(filesMustExist: false)
        let server = try settings.requireServer()
        try destination.check()
        let secret = try ServerSecretFile.loadOrCreate(URL(filePath: server.secretFile), random: systemRandomBytes)
        let streams = Streams(of: server)
        let credential = try streams.add(name, secret: secret, now: Date(), random: systemRandomBytes)
        try destination.write(credential.text) {
            // Without its credential the stream is of no use to anybody.
            try streams.revoke(name, now: Date())
        }
        StandardError.write(
            """
            Stream \(name) is added. On the machine of its agent, put into the configuration:

            [[source]]
            kind = "sentmark"
            url = "\(server.publicURL)"
            credential_file = "\(destination.output ?? "<the file you put it into>")"

            """)
    }
}
