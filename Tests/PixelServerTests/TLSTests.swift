import Foundation
import Opens
import Secrets
import Testing

@testable import PixelServer

/// TLS that the server ends itself, with a real client, and behind a real HAProxy that passes it on.
@Suite(.serialized)
struct TLSTests {
    private static let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")

    /// ca.pem, server.pem, server.key for 127.0.0.1, in a directory of their own.
    private static func certificates() throws -> URL {
        let directory = FileManager.default.temporaryDirectory.appending(path: "tls-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: directory, withIntermediateDirectories: true)
        let code =
            "import sys; sys.path.insert(0, 'Scripts/lib'); import certificates; certificates.make_certificates(sys.argv[1])"
        try #require(try run("/usr/bin/env", ["python3", "-c", code, directory.path]).status == 0)
        return directory
    }

    private static func certificate(in directory: URL) throws -> ServerCertificate {
        ServerCertificate(
            chain: Array(try Data(contentsOf: directory.appending(path: "server.pem"))),
            key: Secret(Array(try Data(contentsOf: directory.appending(path: "server.key")))))
    }

    private static func run(_ program: String, _ arguments: [String]) throws -> (status: Int32, output: String) {
        let process = Process()
        let output = Pipe()
        process.executableURL = URL(filePath: program)
        process.arguments = arguments
        process.currentDirectoryURL = root
        process.environment = ProcessInfo.processInfo.environment.merging(["PYTHONDONTWRITEBYTECODE": "1"]) { $1 }
        process.standardOutput = output
        process.standardError = FileHandle.nullDevice
        try process.run()
        let text = try output.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        return (process.terminationStatus, String(decoding: text, as: UTF8.self))
    }

    /// The status of an answer, "000" if there was none.
    private static func get(
        _ path: String, port: Int, trusting directory: URL, _ options: [String] = []
    ) throws -> String {
        try fetch(path, port: port, trusting: directory, ["-o", "/dev/null"] + options).status
    }

    private static func fetch(
        _ path: String, port: Int, trusting directory: URL, _ options: [String]
    ) throws -> (status: String, body: String) {
        let output = try run(
            "/usr/bin/env",
            [
                "curl", "-s", "-w", "%{http_code}", "--max-time", "10", "--cacert",
                directory.appending(path: "ca.pem").path,
            ] + options + ["https://127.0.0.1:\(port)\(path)"]
        ).output
        return (String(output.suffix(3)), String(output.dropLast(3)))
    }

    private struct Hits: Decodable {
        struct Hit: Decodable { let net: String }
        let hits: [Hit]
    }

    @Test func endsTLSAndTakesARenewedCertificate() async throws {
        let (first, second) = (try Self.certificates(), try Self.certificates())
        defer { for directory in [first, second] { try? FileManager.default.removeItem(at: directory) } }
        let certificate = try Self.certificate(in: first)
        try await TestServer.run(configure: { $0.certificate = certificate }) { server in
            let pixel = "/i/\(try server.state.token()).gif"
            #expect(try Self.get(pixel, port: server.port, trusting: first) == "200")
            #expect(try Self.get(pixel, port: server.port, trusting: second) == "000")
            #expect(try Self.get(pixel, port: server.port, trusting: first, ["--tls-max", "1.1"]) == "000")
            // HTTP as it is gets no answer, and a slow or mad handshake none but a TLS alert.
            let plain = try server.client()
            try plain.send(TestServer.head(pixel))
            #expect(try !String(decoding: plain.rest(), as: UTF8.self).contains("HTTP/"))

            try server.server.renew(Self.certificate(in: second))
            #expect(try Self.get(pixel, port: server.port, trusting: second) == "200")
            #expect(try Self.get(pixel, port: server.port, trusting: first) == "000")
            // One that cannot be used changes nothing.
            let key = try Self.certificate(in: first).key
            #expect(throws: PixelServerError.self) {
                try server.server.renew(ServerCertificate(chain: Self.certificate(in: second).chain, key: key))
            }
            #expect(try Self.get(pixel, port: server.port, trusting: second) == "200")
        }
    }

    @Test func aSilentHandshakeIsCutOff() async throws {
        let directory = try Self.certificates()
        defer { try? FileManager.default.removeItem(at: directory) }
        let certificate = try Self.certificate(in: directory)
        try await TestServer.run(configure: {
            $0.certificate = certificate
            $0.limits.headSeconds = 1
        }) { server in
            let silent = try server.client()
            // The first bytes of a ClientHello that never ends.
            try silent.send([0x16, 3, 1, 2, 0, 1])
            _ = try silent.rest()
        }
    }

    @Test func behindHAProxy() async throws {
        let directory = try Self.certificates()
        defer { try? FileManager.default.removeItem(at: directory) }
        let certificate = try Self.certificate(in: directory)
        try await TestServer.run(configure: {
            $0.certificate = certificate
            $0.clientOrigin = .proxyProtocol
            $0.trustedProxies = [IPPrefix("127.0.0.1/32")].compactMap(\.self)
        }) { server in
            let proxy = try HAProxy(of: Self.root, to: server.port, in: directory)
            defer { proxy.stop() }
            try proxy.start()
            let pixel = "/i/\(try server.state.token()).gif"
            // Any address of the loopback may be a client's own.
            for address in ["127.0.0.1", "127.1.0.1", "127.1.0.2"] {
                #expect(
                    try Self.get(pixel, port: proxy.port, trusting: directory, ["--interface", address]) == "200")
            }
            let log = try Self.fetch(
                "/v1/hits", port: proxy.port, trusting: directory,
                ["-H", TestServer.authorization(server.state.credential)])
            let nets = try JSONDecoder().decode(Hits.self, from: Data(log.body.utf8)).hits.map(\.net)
            #expect(nets.count == 3 && nets[0] != nets[1] && nets[1] == nets[2])
            // Without the header there is no answer; and a stranger's is not taken off.
            #expect(try Self.get(pixel, port: server.port, trusting: directory) == "000")
            #expect(
                try Self.get(
                    pixel, port: server.port, trusting: directory, ["--interface", "127.1.0.1", "--haproxy-protocol"])
                    == "000")
        }
    }
}
