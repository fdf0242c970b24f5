import Agent
import ArgumentParser
import Dispatch
import Foundation
import Host
import Logging
import Settings

struct RunCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run",
        abstract: "Watch the Sent folders and keep their keywords true.",
        discussion: """
            Runs until SIGTERM or SIGINT. SIGHUP reads the configuration again; a bad one changes nothing and is
            reported. With [server] in the configuration the pixel server runs in the same process.
            """)

    @OptionGroup var config: ConfigOptions

    func run() async throws {
        let path = config.path
        let settings = try Settings.load(path)
        let agent = try Agent(
            directories: Directories(), logger: Logger(label: "sentmark"), show: ProgressLine.standardError.show)
        defer { ProgressLine.standardError.show("") }
        let signals = [SIGTERM, SIGINT, SIGHUP].map { number in
            signal(number, SIG_IGN)
            let source = DispatchSource.makeSignalSource(signal: number, queue: .global())
            source.setEventHandler { Task { await agent.end(number == SIGHUP ? .reload : .stop) } }
            source.activate()
            return source
        }
        defer { signals.forEach { $0.cancel() } }
        try await agent.run(settings) { try Settings.load(path) }
    }
}
