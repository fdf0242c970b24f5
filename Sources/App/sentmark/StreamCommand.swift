import Agent
import ArgumentParser
import Foundation
import Host
import PixelServer
import Settings

struct StreamCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "stream",
        abstract: "Manage whose pixels the pixel server of this machine serves.",
        discussion: """
            A stream is the feed of one mailbox owner. Its credential lets an agent sign tokens and pull what became of \
            them; the server itself keeps none of it. These commands need [server] in the configuration; a running server \
            notices within a second.

            EXAMPLES
              sentmark stream add me --output ~/.config/sentmark/keys/px
              sentmark stream list
              sentmark stream rotate me --output px.new
              sentmark stream revoke me
            """,
        subcommands: [
            StreamAddCommand.self, StreamListCommand.self, StreamRotateCommand.self, StreamRetireCommand.self,
            StreamRevokeCommand.self, StreamEraseCommand.self,
        ])
}

extension Settings {
    /// The part that commands about the pixel server work on.
    func requireServer() throws(Failure) -> Server {
        guard let server else {
            throw Failure(
                .configuration, "server: the configuration has no [server], so this machine has no pixel server",
                action: "add [server] with its public_url")
        }
        return server
    }
}

extension Streams {
    /// Of the configured pixel server.
    init(of server: Settings.Server) { self.init(server, Directories()) }
}
