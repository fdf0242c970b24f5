import Foundation
import TestSupport
import Testing

/// A real HAProxy with Config/haproxy.cfg, on a free port of loopback; all else is as it is shipped.
///
/// `@unchecked Sendable`: the process is started and ended by one test.
final class HAProxy: @unchecked Sendable {
    let port: Int
    private let process = Process()

    init(of root: URL, to server: Int, in directory: URL) throws {
        port = try Loopback.freePort()
        var text = try String(contentsOf: root.appending(path: "Config/haproxy.cfg"), encoding: .utf8)
        for (shipped, ours) in [
            ("    bind [::]:443 v6only\n", ""), ("bind :443", "bind 127.0.0.1:\(port)"),
            ("127.0.0.1:8025 send-proxy-v2", "127.0.0.1:\(server) send-proxy-v2"),
        ] {
            try #require(text.contains(shipped), "Config/haproxy.cfg has no \"\(shipped)\"")
            text = text.replacing(shipped, with: ours)
        }
        let file = directory.appending(path: "haproxy.cfg")
        try text.write(to: file, atomically: true, encoding: .utf8)
        process.executableURL = URL(filePath: "/usr/sbin/haproxy")
        process.arguments = ["-db", "-q", "-f", file.path]
    }

    /// Returns when it accepts connections.
    func start() throws {
        try process.run()
        let deadline = ContinuousClock.now + .seconds(10)
        while (try? TestClient(port: port)) == nil {
            guard process.isRunning, ContinuousClock.now < deadline else {
                throw TestClient.Failure(what: "HAProxy does not listen")
            }
            Thread.sleep(forTimeInterval: 0.02)
        }
    }

    func stop() {
        process.terminate()
        process.waitUntilExit()
    }
}
