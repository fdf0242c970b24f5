import Agent
import ArgumentParser
import Foundation
import Host
import PixelServer
import Settings
import Tokens

struct StreamEraseCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "erase",
        abstract: "Erase what the pixel server has stored of a stream, or of single tokens.",
        discussion: """
            The hits are taken out of the log, and their bytes out of its files. A stream that is in use stays in use, and \
            pixels that are loaded later are stored again: revoke it first if that shall not be. An agent keeps what it has \
            pulled, and backups keep what they have.

            A running server does it within seconds; the command waits for that.

            EXAMPLES
              sentmark stream erase me
              sentmark stream erase --token https://px.example.org/i/TOKEN.gif
            """)

    /// How long a running server is waited for.
    private static let patience = Duration.seconds(60)

    @OptionGroup var config: ConfigOptions

    @Argument(help: "The stream's name.")
    var name: String?

    @Option(help: ArgumentHelp("A token, or its pixel's URL; may be given several times.", valueName: "token"))
    var token: [String] = []

    func validate() throws {
        guard (name == nil) != token.isEmpty else {
            throw ValidationError("name a stream, or tokens with --token")
        }
    }

    func run() async throws {
        let server = try config.load(filesMustExist: false).requireServer()
        let wanted = try wanted(Streams(of: server))
        let erasures = Erasures(of: server)
        try erasures.add(wanted)
        let deadline = ContinuousClock.now + Self.patience
        while try !Set(erasures.list()).isDisjoint(with: wanted) {
            if try carryOut(erasures, server) { break }
            guard ContinuousClock.now < deadline else {
                throw Failure(
                    .temporary, "the running pixel server has not erased it in \(Self.patience.components.seconds) s",
                    action: "see its log; it goes on by itself, also after a restart")
            }
            try await Task.sleep(for: .milliseconds(100))
        }
        StandardError.write("Erased.\n")
    }

    private func wanted(_ streams: Streams) throws -> [Erasure] {
        if let name { return [.stream(try streams.stream(named: name))] }
        return try token.map { text in
            guard let token = PixelText.token(in: text) else {
                throw Failure(
                    .dataError, "\(text): neither a token nor the URL of a pixel",
                    action: "check how it is spelled: a token has \(Token.textCount) letters and digits")
            }
            return .token(token)
        }
    }

    /// False while a server runs that has the log for itself, and does it.
    private func carryOut(_ erasures: Erasures, _ server: Settings.Server) throws -> Bool {
        let log: any HitStore
        do throws(PixelServerError) {
            log = try PixelServer.Configuration(server, Directories()).openLog(random: systemRandomBytes)
        } catch {
            if error.code == .locked { return false }
            throw error
        }
        while try erasures.step({ all throws(PixelServerError) in try log.erase(all) }) != .none { continue }
        try log.close()
        return true
    }
}

extension Erasures {
    /// Of the configured pixel server.
    init(of server: Settings.Server) {
        self.init(stateDirectory: PixelServer.Configuration(server, Directories()).stateDirectory)
    }
}
