import Foundation
import NIOCore

/// An answer, written as the bytes that leave: two requests that get the same `Response` get the same bytes.
struct Response: Sendable {
    let status: Int
    /// Further header lines, each with its CRLF.
    let fields: String
    let body: [UInt8]

    init(_ status: Int, fields: String, body: [UInt8] = []) {
        self.status = status
        self.fields = fields
        self.body = body
    }

    /// The smallest transparent GIF89a that every mail client shows: one pixel, two colours, 43 bytes.
    static let pixel = Response(
        200,
        fields: "Content-Type: image/gif\r\n"
            + "Cache-Control: no-store, no-cache, max-age=0, must-revalidate, private\r\nPragma: no-cache\r\n",
        body: [
            0x47, 0x49, 0x46, 0x38, 0x39, 0x61, 1, 0, 1, 0, 0x80, 0, 0, 0, 0, 0, 0xff, 0xff, 0xff,
            0x21, 0xf9, 4, 1, 0, 0, 0, 0, 0x2c, 0, 0, 0, 0, 1, 0, 1, 0, 0, 2, 2, 0x44, 1, 0, 0x3b,
        ])

    static let notFound = text(404, "not found")
    static let notStored = text(503, "try again", fields: "Retry-After: 1\r\n")
    static let tooMany = text(429, "too many requests", fields: "Retry-After: 1\r\n")
    /// The same for a key that is unknown, revoked or another server's, and for none.
    static let unauthorized = json(
        401, #"{"error":"unauthorized","detail":"the credential opens no stream here"}"#,
        fields: "WWW-Authenticate: Bearer\r\n")

    /// A page of hits, written small where the client can read that.
    static func page(_ body: [UInt8], gzip: [UInt8]?) -> Response {
        guard let gzip else { return json(200, body, fields: "Vary: Accept-Encoding\r\n") }
        return json(200, gzip, fields: "Content-Encoding: gzip\r\nVary: Accept-Encoding\r\n")
    }

    static func notAllowed(_ allowed: String) -> Response {
        Response(405, fields: "Allow: \(allowed)\r\nCache-Control: no-store\r\n")
    }

    static func refused(_ refusal: Request.Refusal) -> Response {
        switch refusal {
        case .malformed: text(400, "bad request")
        case .targetTooLong: text(414, "target too long")
        case .headTooLarge: text(431, "request head too large")
        case .body: text(413, "no body is accepted")
        }
    }

    static func text(
        _ status: Int, _ text: String, type: String = "text/plain; charset=utf-8", fields: String = ""
    ) -> Response {
        Response(
            status, fields: "Content-Type: \(type)\r\nCache-Control: no-store\r\n" + fields,
            body: Array((text + "\n").utf8))
    }

    static func json(_ status: Int, _ text: String, fields: String = "") -> Response {
        json(status, Array(text.utf8), fields: fields)
    }

    static func json(_ status: Int, _ body: [UInt8], fields: String = "") -> Response {
        Response(status, fields: "Content-Type: application/json\r\nCache-Control: no-store\r\n" + fields, body: body)
    }

    /// `body` false answers a HEAD: the same head without the body.
    func encoded(date: String, body withBody: Bool, close: Bool) -> ByteBuffer {
        var buffer = ByteBuffer()
        buffer.reserveCapacity(512 + body.count)
        buffer.writeString("HTTP/1.1 \(status) \(Self.reasons[status] ?? "Other")\r\n")
        buffer.writeString("Date: \(date)\r\nContent-Length: \(body.count)\r\n")
        buffer.writeString(fields)
        buffer.writeString("X-Content-Type-Options: nosniff\r\nContent-Security-Policy: default-src 'none'\r\n")
        buffer.writeString(close ? "Connection: close\r\n\r\n" : "\r\n")
        if withBody { buffer.writeBytes(body) }
        return buffer
    }

    private static let reasons = [
        200: "OK", 400: "Bad Request", 401: "Unauthorized", 404: "Not Found", 405: "Method Not Allowed", 410: "Gone",
        413: "Content Too Large", 414: "URI Too Long", 429: "Too Many Requests",
        431: "Request Header Fields Too Large", 500: "Internal Server Error", 503: "Service Unavailable",
    ]
}

/// The text of a Date field, made once a second.
struct HTTPClock {
    private var second: Int64 = 0
    private var cached = ""

    mutating func text(_ now: Date) -> String {
        let second = Int64(now.timeIntervalSince1970.rounded(.down))
        if second != self.second || cached.isEmpty { (self.second, cached) = (second, HTTPDate.text(now)) }
        return cached
    }
}

/// RFC 9110 section 5.6.7, IMF-fixdate: `Mon, 23 Nov 2026 15:04:05 GMT`.
enum HTTPDate {
    private static let weekdays = ["Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"]
    private static let months = [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ]

    static func text(_ date: Date) -> String {
        var seconds = time_t(date.timeIntervalSince1970.rounded(.down))
        var parts = tm()
        guard gmtime_r(&seconds, &parts) != nil else { return "Thu, 01 Jan 1970 00:00:00 GMT" }
        func two(_ value: Int32) -> String { value < 10 ? "0\(value)" : String(value) }
        let day = "\(weekdays[Int(parts.tm_wday)]), \(two(parts.tm_mday)) \(months[Int(parts.tm_mon)])"
        return "\(day) \(1900 + parts.tm_year) \(two(parts.tm_hour)):\(two(parts.tm_min)):\(two(parts.tm_sec)) GMT"
    }
}
