import ArgumentParser
import Foundation
import PixelServer

struct StreamRetireCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "retire",
        abstract: "End the old key of a stream that was rotated.",
        discussion: """
            From now on its hits are pulled with the newest key alone. Pixels that were sent with the old key go on \
            counting.

            EXAMPLES
              sentmark stream retire me
            """)

    @OptionGroup var config: ConfigOptions

    @Argument(help: "The stream's name.")
    var name: String

    func run() async throws {
        let server = try config.load(filesMustExist: false).requireServer()
        for record in try Streams(of: server).retire(name, now: Date()) {
            StandardError.write(TerminalText.clean("Key \(record.epoch) of stream \(record.name) is retired.") + "\n")
        }
    }
}
