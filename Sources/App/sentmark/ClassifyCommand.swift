import ArgumentParser
import Opens

struct ClassifyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "classify",
        abstract: "Judge recorded scenarios: what would these requests for a pixel prove?",
        discussion: """
            Reads one JSON object a line (id, events, context) and prints one line for each, as soon as it is judged: the \
            class of every hit with its probability, confidence and rule, and the status of the message. What an input \
            line says is expected is not read. The first line that is not a scenario ends it with status 65.

            EXAMPLES
              sentmark classify scenarios.jsonl
              generate | sentmark classify - | jq -c '[.id, .message]'
            """)

    @Argument(help: ArgumentHelp("A file with one scenario a line, or - for standard input.", valueName: "file"))
    var file: String

    func run() async throws {
        let input = try InputFile(file)
        try Self.classify(name: input.name, read: input.read, write: { try StandardOutput.write($0) })
    }

    /// `read` returns the next bytes, none at the end.
    static func classify(name: String, read: () throws -> [UInt8], write: ([UInt8]) throws -> Void) throws {
        var lines = LineReader(limit: Classification.lineLimit)
        while let line = try lines.next(read: read) {
            // Between two lines a blank one means nothing.
            guard line.contains(where: { $0 != 0x20 && $0 != 0x09 }) else { continue }
            let verdicts: [UInt8]
            do {
                verdicts = try Classification.line(line, number: lines.number)
            } catch {
                throw Failure(.dataError, "\(name):\(error.line): \(error.reason)", action: "correct the line")
            }
            try write(verdicts + [UInt8(ascii: "\n")])
        }
    }
}
