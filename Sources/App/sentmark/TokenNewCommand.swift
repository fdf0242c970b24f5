import Agent
import ArgumentParser
import Foundation
import Host
import Settings
import Tokens

struct TokenNewCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Make a new token for a message that you are about to send.",
        discussion: """
            Nothing is stored and no server is asked: the key of the stream signs it here. Put the pixel once into the \
            HTML of the message, after your own text and before the quoted text.

            With one source in the configuration that is used; with several, name one with --source. Without a \
            configuration give --credential-file, and --base for a URL.

            EXAMPLES
              sentmark token new
              sentmark token new --html >> message.html
              sentmark token new --json --recipient 2
              sentmark token new --url --credential-file px --base https://px.example.org

            JSON
              token, url, html
            """)

    @OptionGroup var config: ConfigOptions

    @Option(help: "The source whose stream the token belongs to.")
    var source: String?

    @Option(
        help: ArgumentHelp("A stream's credential, instead of a source.", valueName: "file"), completion: .file())
    var credentialFile: String?

    @Option(help: ArgumentHelp("What the pixel's URL begins with, with --credential-file.", valueName: "url"))
    var base: String?

    @Option(
        help: ArgumentHelp(
            "Whom this copy goes to: 0 all of them, 1 to 253 the nth recipient, 255 yourself.", valueName: "number"))
    var recipient: UInt8 = 0

    @Option(help: "What may be kept of an open. Default: [privacy] level, or pseudonymous.")
    var level: PrivacyLevel?

    @Flag(help: "What to print. Default: the token alone.")
    var form: Form?

    enum Form: String, EnumerableFlag {
        case url, html, json

        static func help(for value: Form) -> ArgumentHelp? {
            switch value {
            case .url: "The URL of the token's pixel."
            case .html: "The pixel as an HTML element."
            case .json: "All of them as JSON."
            }
        }
    }

    func validate() throws {
        guard recipient != 254 else { throw ValidationError("--recipient 254 is reserved") }
        guard source == nil || credentialFile == nil else {
            throw ValidationError("--source and --credential-file cannot both be given")
        }
        guard base == nil || credentialFile != nil else { throw ValidationError("--base needs --credential-file") }
        guard credentialFile == nil || form == nil || base != nil else {
            throw ValidationError("--credential-file needs --base for anything but the token alone")
        }
        if let base, !base.hasPrefix("https://") && !base.hasPrefix("http://") {
            throw ValidationError("--base begins with https://")
        }
    }

    func run() async throws {
        let (credential, base, level) = try materials()
        var random = SystemRandomNumberGenerator()
        let token = Token.mint(
            stream: credential.stream, epoch: credential.epoch, key: credential.streamKey,
            message: random.next(), recipient: recipient, level: level)
        guard let token else {
            throw Failure(
                .software, "token: cannot be signed", action: "check that OpenSSL on this machine has SHA-256")
        }
        try StandardOutput.write(try text(of: token, base: base))
    }

    private func text(of token: Token, base: String) throws -> String {
        let url = PixelURL.text(for: token, base: base)
        let element = PixelURL.element(for: token, base: base)
        return switch form {
        case nil: token.text + "\n"
        case .url: url + "\n"
        case .html: element + "\n"
        case .json: try JSONText.of(["token": token.text, "url": url, "html": element])
        }
    }

    private func materials() throws -> (StreamCredential, base: String, PrivacyLevel) {
        if let credentialFile {
            let base = (base ?? "").reversed().drop { $0 == "/" }.reversed()
            return (try StreamCredential(reading: credentialFile), String(base), level ?? .pseudonymous)
        }
        let settings = try config.load(filesMustExist: false)
        let source = try Self.choose(source, from: settings.sources)
        return (
            try StreamCredential(reading: source.credentialFile), source.pixelURL.text,
            level ?? PrivacyLevel(settings.privacy.level)
        )
    }

    private static func choose(_ name: String?, from sources: [Settings.Source]) throws(Failure) -> Settings.Source {
        let names = sources.map(\.name).joined(separator: ", ")
        if let name {
            if let source = sources.first(where: { $0.name == name }) { return source }
            throw Failure(
                .usage, "source \(name): the configuration has none of this name",
                action: names.isEmpty ? "add a [[source]]" : "name one of \(names)")
        }
        guard let first = sources.first else {
            throw Failure(
                .configuration, "source: the configuration has none, and a token needs its key",
                action: "add a [[source]], or give --credential-file")
        }
        guard sources.count == 1 else {
            throw Failure(.usage, "source: the configuration has several", action: "name one with --source: \(names)")
        }
        return first
    }
}

extension PrivacyLevel: ExpressibleByArgument {
    public init?(argument: String) {
        guard let level = Self.allCases.first(where: { "\($0)" == argument }) else { return nil }
        self = level
    }

    public static var allValueStrings: [String] { allCases.map { "\($0)" } }
}
