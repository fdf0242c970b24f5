import ArgumentParser
import Foundation
import PixelServer

struct StreamRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "End a stream: its credential opens nothing any more.",
        discussion: """
            From now on pulls with its credential are refused, and requests for its pixels are no longer stored. Adding \
            the same name again gives it new keys; the old ones stay dead.

            EXAMPLES
              sentmark stream revoke me
            """)

    @OptionGroup var config: ConfigOptions

    @Argument(help: "The stream's name.")
    var name: String

    func run() async throws {
        let server = try config.load(filesMustExist: false).requireServer()
        let record = try Streams(of: server).revoke(name, now: Date())
        StandardError.write(TerminalText.clean("Stream \(record.name) (\(record.stream)) is revoked.") + "\n")
    }
}
