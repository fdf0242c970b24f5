import Foundation
import Logging
import Testing
import Tokens

@testable import PixelServer

/// A server whose state directory is not its own to write.
struct StateDirectoryTests {
    @Test func aSecondServerIsRefusedAndTheFirstGoesOn() async throws {
        try await TestServer.run { server in
            let state = server.state
            _ = try server.get("/i/\(state.token(1)).gif")
            let error = #expect(throws: PixelServerError.self) { try Self.server(of: state) }
            #expect(error?.code == .locked)
            #expect(
                error?.description.hasSuffix(
                    "hits.db: another process writes it; stop the other server, or give this one its own state directory"
                )
                    == true)
            #expect(try server.get("/i/\(state.token(2)).gif").status == 200)
            #expect(try server.pull().hits.map(\.seq) == [1, 2])
        }
    }

    @Test func whoeverComesAfterTheFirstHasTheLog() async throws {
        let state = try TestState()
        defer { state.remove() }
        for number: Int64 in 1...2 {
            try await TestServer.run(on: state) { server in
                _ = try server.get("/i/\(state.token(1)).gif")
                #expect(try server.pull().hits.last?.seq == number)
            }
        }
    }

    /// As the kernel refuses it; root can write whatever the modes say.
    @Test(arguments: [(EROFS, "mount the file system for writing"), (EACCES, "check its owner and mode")])
    func whatCannotBeWrittenSaysWhatToDo(_ number: Int32, _ remedy: String) {
        let error = PrivateFile.refusal(URL(filePath: "/var/lib/sentmark/hits.db.lock"), number)
        #expect(error.code == .permission)
        #expect(error.description.hasPrefix("/var/lib/sentmark/hits.db.lock: ") && error.description.contains(remedy))
    }

    private static func server(of state: TestState) throws -> PixelServer {
        var logger = Logger(label: "test", factory: { _ in SwiftLogNoOpLogHandler() })
        logger.logLevel = .critical
        let clock = state.clock
        return try PixelServer(
            configuration: PixelServer.Configuration(
                host: "127.0.0.1", port: 0, publicURL: "http://127.0.0.1", stateDirectory: state.directory),
            secret: state.secret, classify: TestServer.families, logger: logger, now: { clock.now })
    }
}
