import Foundation

/// A real nginx with Config/nginx.conf or Config/pixel-nginx.conf, on loopback and with a certificate of the test; all else is as it is shipped.
///
/// `@unchecked Sendable`: the process is started and ended by one test.
final class Nginx: @unchecked Sendable {
    let url: String
    let plainURL: String
    private let home: URL
    private let process = Process()

    /// In front of the pixel server at `port`. `certificates` holds server.pem and server.key. Everything is kept in `home`.
    init(port: Int, certificates: URL, home: URL) throws {
        self.home = home
        let (plain, tls) = (try Program.freePort(), try Program.freePort())
        plainURL = "http://127.0.0.1:\(plain)"
        url = "https://127.0.0.1:\(tls)"
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        let replacements = [
            ("    listen [::]:80;\n", ""), ("listen 80;", "listen 127.0.0.1:\(plain);"),
            ("    listen [::]:443 ssl http2;\n", ""), ("listen 443 ssl", "listen 127.0.0.1:\(tls) ssl"),
            ("/etc/letsencrypt/live/px.example.org/fullchain.pem", certificates.path + "/server.pem"),
            ("/etc/letsencrypt/live/px.example.org/privkey.pem", certificates.path + "/server.key"),
            ("/var/log/nginx/", home.path + "/"), ("server 127.0.0.1:8025;", "server 127.0.0.1:\(port);"),
        ]
        try write("site.conf", try Self.site("nginx.conf", replacements))
        try configure()
    }

    /// Without a pixel server: Config/pixel-nginx.conf, with its log in `home`.
    init(withoutServerIn home: URL, certificates: URL) throws {
        self.home = home
        let tls = try Program.freePort()
        plainURL = ""
        url = "https://127.0.0.1:\(tls)"
        try FileManager.default.createDirectory(at: home, withIntermediateDirectories: true)
        let replacements = [
            ("listen 443 ssl", "listen 127.0.0.1:\(tls) ssl"),
            ("/etc/ssl/px.example.org.pem", certificates.path + "/server.pem"),
            ("/etc/ssl/private/px.example.org.key", certificates.path + "/server.key"),
            ("/var/log/nginx/", home.path + "/"),
        ]
        try write("site.conf", "access_log off;\n" + Self.site("pixel-nginx.conf", replacements))
        try configure()
    }

    private static func site(_ name: String, _ replacements: [(String, String)]) throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..")
        var site = try String(contentsOf: root.appending(path: "Config/\(name)"), encoding: .utf8)
        for (shipped, ours) in replacements {
            guard site.contains(shipped) else {
                throw Program.Failure(description: "Config/\(name) has no \"\(shipped)\"")
            }
            site = site.replacing(shipped, with: ours)
        }
        return site
    }

    private func configure() throws {
        let folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map { "\($0)_temp_path \(home.path)/\($0);" }
        try write(
            "nginx.conf",
            """
            daemon off;
            master_process off;
            pid \(home.path)/pid;
            error_log \(home.path)/main.log info;
            events {}
            http {
                \(folders.joined(separator: " "))
                include \(home.path)/site.conf;
            }
            """)
    }

    deinit {
        guard process.isRunning else { return }
        // A child of Foundation's may have SIGTERM blocked.
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
    }

    /// What stands in any of its logs.
    var logs: String {
        ["main.log", "sentmark.log", "sentmark-error.log"].map { name in
            (try? String(contentsOf: home.appending(path: name), encoding: .utf8)) ?? ""
        }.joined()
    }

    func start() throws {
        process.executableURL = URL(filePath: "/usr/bin/env")
        // Debian has it where only root looks.
        process.environment = ["PATH": "/usr/sbin:/usr/local/sbin:/usr/bin:/bin"]
        process.arguments = ["nginx", "-c", home.path + "/nginx.conf", "-e", home.path + "/main.log"]
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = FileHandle.nullDevice
        process.standardError = FileHandle.nullDevice
        try process.run()
    }

    private func write(_ name: String, _ text: String) throws {
        try text.write(to: home.appending(path: name), atomically: true, encoding: .utf8)
    }
}
