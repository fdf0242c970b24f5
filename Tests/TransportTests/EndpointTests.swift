import Testing
import Transport

struct EndpointTests {
    struct Good: Sendable {
        let url: String
        var cleartext = false
        let host: String
        let port: UInt16
        let security: Endpoint.Security
    }

    @Test(arguments: [
        Good(url: "imaps://imap.example.org", host: "imap.example.org", port: 993, security: .implicitTLS),
        Good(url: "IMAPS://Imap.Example.org:1993/", host: "imap.example.org", port: 1993, security: .implicitTLS),
        Good(url: "imap://imap.example.org", host: "imap.example.org", port: 143, security: .startTLS),
        Good(url: "imap://127.0.0.1:1143", host: "127.0.0.1", port: 1143, security: .startTLS),
        Good(url: "imap://127.9.8.7", cleartext: true, host: "127.9.8.7", port: 143, security: .cleartext),
        Good(url: "imap://localhost", cleartext: true, host: "localhost", port: 143, security: .cleartext),
        Good(url: "imap://[::1]:1143", cleartext: true, host: "::1", port: 1143, security: .cleartext),
        Good(url: "imap://[0:0::0:1]", cleartext: true, host: "0:0::0:1", port: 143, security: .cleartext),
        Good(url: "imaps://[2001:db8::1]", host: "2001:db8::1", port: 993, security: .implicitTLS),
        Good(url: "imaps://bücher.example", host: "bücher.example", port: 993, security: .implicitTLS),
        Good(url: "smtps://smtp.example.org", host: "smtp.example.org", port: 465, security: .implicitTLS),
        Good(url: "smtp://smtp.example.org", host: "smtp.example.org", port: 587, security: .startTLS),
    ])
    func isRead(_ good: Good) throws {
        let endpoint = try Endpoint(good.url, cleartext: good.cleartext)
        #expect(endpoint.host == good.host)
        #expect(endpoint.port == good.port)
        #expect(endpoint.security == good.security)
    }

    @Test(arguments: [
        "", "imap.example.org", "imaps:imap.example.org", "http://imap.example.org", "imaps://", "imaps://:993",
        "imaps://host:", "imaps://host:0", "imaps://host:65536", "imaps://host:+99", "imaps://host:٣",
        "imaps://user@host", "imaps://user:secret@host", "imaps://host/INBOX", "imaps://host?x", "imaps://host#x",
        "imaps://ho st", "imaps://host\r\nx", "imaps://host%00", "imaps://[::1", "imaps://[::1]x", "imaps://[host]",
        "imaps://::1", "imaps://host\\@evil", "imaps://\(String(repeating: "a", count: 254))",
    ])
    func isRefused(_ url: String) {
        let error = #expect(throws: InvalidEndpoint.self) { try Endpoint(url) }
        #expect(error?.description.contains("secret") == false)
    }

    @Test(arguments: [
        "imap://imap.example.org", "imap://10.0.0.1", "imap://128.0.0.1", "imap://127.1", "imap://0x7f.0.0.1",
        "imap://2130706433", "imap://[::2]", "imap://[::ffff:127.0.0.1]", "imap://localhost.example.org",
        "imap://127.0.0.1.example.org", "imaps://127.0.0.1", "smtps://localhost",
    ])
    func cleartextStaysOnThisMachine(_ url: String) {
        #expect(throws: InvalidEndpoint.self) { try Endpoint(url, cleartext: true) }
    }
}
