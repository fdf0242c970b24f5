import ArgumentParser
import Foundation
import PixelServer

struct StreamRevokeCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke",
        abstract: "End a stream: its credential opens nothing any more.",
        discussion: """
            From now on pulls with its credential are refused, and requests for its pixels are no longer stored. Adding \
            the same name again gives it new keys; the old ones stay dead. What was stored is erased by \
            'sentmark stream erase'.

            With --epoch that is done to one key alone, such as one that has fallen into other hands.

            EXAMPLES
              sentmark stream revoke me
              sentmark stream revoke me --epoch 0
            """)

    @OptionGroup var config: ConfigOptions

    @Argument(help: "The stream's name.")
    var name: String

    @Option(
        help: ArgumentHelp("The key's number, as 'stream list' shows it. Default: all of them.", valueName: "number"))
    var epoch: UInt8?

    func run() async throws {
        let server = try config.load(filesMustExist: false).requireServer()
        let records = try Streams(of: server).revoke(name, epoch: epoch, now: Date())
        guard let first = records.first else { return }
        let what = epoch.map { "Key \($0) of stream \(first.name)" } ?? "Stream \(first.name) (\(first.stream))"
        StandardError.write(TerminalText.clean("\(what) is revoked.") + "\n")
    }
}
