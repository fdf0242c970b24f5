import ArgumentParser
import Beacon
import Foundation
import Settings
import Tokens

struct TokenInspectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "Read a token, or find the tokens in a message.",
        discussion: """
            Says what a token holds and whether it was signed by a stream of this configuration. In a message file every \
            pixel is listed that a mail program would load: your own, those of the trackers in [tracking], and whether \
            it stands in quoted text, where it belongs to another message.

            WHAT is a token, the URL of a pixel, the path of a message (.eml), or - for standard input.

            EXAMPLES
              sentmark token inspect https://px.example.org/i/TOKEN.gif
              sentmark token inspect message.eml
              sentmark token inspect --json - < message.eml

            JSON
              token, stream, epoch, message, recipient, level, origin (source, server,
              damaged, unknown), source.
              Of a message: tokens: part, kind (own, foreign), quoted, token, facts.
            """)

    /// Above this a message is no mail.
    static let messageLimit = 256 << 20

    @OptionGroup var config: ConfigOptions

    @Argument(help: ArgumentHelp("A token, a pixel's URL, a message file, or -.", valueName: "what"))
    var subject: String

    @Flag(help: "Print JSON.")
    var json = false

    func run() async throws {
        let settings = try config.loadIfPresent()
        let keys = StreamKeys(of: settings)
        if subject != "-", let token = PixelText.token(in: subject) {
            return try show(token, keys)
        }
        guard subject == "-" || FileManager.default.fileExists(atPath: subject) else {
            throw Failure(
                .dataError, "\(subject): neither a token, nor the URL of a pixel, nor a file",
                action: "check how it is spelled: a token has \(Token.textCount) letters and digits")
        }
        let bytes = try InputFile(subject).readToEnd(limit: Self.messageLimit)
        if bytes.count < 1024, let token = PixelText.token(in: String(decoding: bytes, as: UTF8.self)) {
            return try show(token, keys)
        }
        let patterns = try (settings?.tracking.patterns ?? []).map { try TokenPattern($0) }
        let found = MessageTokens.find(in: bytes, patterns: patterns, keys: keys)
        try StandardOutput.write(json ? try JSONText.of(["tokens": found]) : MessageTokens.text(found))
    }

    private func show(_ token: Token, _ keys: StreamKeys) throws {
        let facts = TokenFacts(token, keys.origin(of: token))
        try StandardOutput.write(json ? try JSONText.of(facts) : facts.text)
    }
}
