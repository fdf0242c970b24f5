import ArgumentParser
import Foundation
import PixelServer
import Settings

struct StreamRotateCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "rotate",
        abstract: "Give a stream a new key; the old one stays good until it is retired.",
        discussion: """
            Prints a new credential, once. Its agent puts that line on top of its credential file: the first line signs \
            and pulls, and by those below it mail is known that was sent before. Then 'sentmark stream retire' ends \
            pulls with the old key, and pixels that were sent with it go on counting. A key that somebody else may know \
            is not retired but revoked, with its pixels: 'sentmark stream revoke NAME --epoch N'.

            EXAMPLES
              sentmark stream rotate me --output px.new
              sentmark stream retire me
            """)

    @OptionGroup var config: ConfigOptions

    @Argument(help: "The stream's name.")
    var name: String

    @OptionGroup var destination: CredentialDestination

    func run() async throws {
        let server = try config.load(filesMustExist: false).requireServer()
        try destination.check()
        guard let secret = try ServerSecretFile.load(URL(filePath: server.secretFile)) else {
            throw Failure(
                .configuration, "\(server.secretFile): the server's secret is not there",
                action: "restore it from a backup")
        }
        let streams = Streams(of: server)
        let credential = try streams.rotate(name, secret: secret, now: Date())
        try destination.write(credential.text) {
            try streams.revoke(name, epoch: credential.epoch, now: Date())
        }
        StandardError.write(
            TerminalText.clean(
                "Stream \(name) has two keys now. On the machine of its agent, put the new credential on the first line of "
                    + "credential_file, above the old one; then run: sentmark stream retire \(name)") + "\n")
    }
}
