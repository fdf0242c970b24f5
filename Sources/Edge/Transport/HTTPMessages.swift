import CCurl
import FoundationEssentials
import Secrets

/// A GET request, or a POST if it has a body.
package struct HTTPRequest: Sendable {
    /// `https://…`, or `http://` to this machine itself.
    package var url: String
    package var headers: [HTTPHeader]
    /// Sent as `Authorization: Bearer …`.
    package var bearer: Secret?
    /// Other header fields that nobody may see.
    package var secretHeaders: [HTTPSecretHeader] = []
    /// What is posted; without a NUL. Its type is to be named in `headers`.
    package var body: String?
    /// From here to the last byte of the answer.
    package var timeout: Duration
    /// The longest silence of the server, less than `timeout`. Longer than it holds a long poll.
    package var idleTimeout: Duration
    /// A longer body is an error.
    package var bodyLimit: Int

    package init(
        _ url: String, headers: [HTTPHeader] = [], bearer: Secret? = nil, timeout: Duration = .seconds(60),
        idleTimeout: Duration = .seconds(30), bodyLimit: Int = 4 << 20
    ) {
        self.url = url
        self.headers = headers
        self.bearer = bearer
        self.timeout = timeout
        self.idleTimeout = idleTimeout
        self.bodyLimit = bodyLimit
    }
}

package struct HTTPHeader: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) {
        self.name = name
        self.value = value
    }
}

/// A header field whose value cannot be printed.
package struct HTTPSecretHeader: Sendable, Equatable {
    package let name: String
    package let value: Secret

    package init(_ name: String, _ value: Secret) {
        self.name = name
        self.value = value
    }

    /// `Authorization: Basic …` (RFC 7617).
    package static func basic(user: String, password: Secret) -> HTTPSecretHeader {
        let pair = password.reveal { Data(user.utf8 + [UInt8(ascii: ":")] + $0) }
        return HTTPSecretHeader("Authorization", Secret("Basic " + pair.base64EncodedString()))
    }
}

/// An answer of any status. Redirects are answers too: they are not followed.
package struct HTTPResponse: Sendable, Equatable {
    package let status: Int
    /// In the server's order, at most 100 of at most 64 KB together.
    package let headers: [HTTPHeader]
    package let body: [UInt8]
    /// What `Retry-After` asks for, given as seconds or as a date; at most a day.
    package let retryAfter: Duration?

    package init(status: Int, headers: [HTTPHeader] = [], body: [UInt8] = [], retryAfter: Duration? = nil) {
        self.status = status
        self.headers = headers
        self.body = body
        self.retryAfter = retryAfter
    }

    /// The first header of this name, in any case.
    package subscript(_ name: String) -> String? {
        headers.first { $0.name.lowercased() == name.lowercased() }?.value
    }

    /// The server's time by its `Date` header, in seconds since 1970.
    package var date: Int64? {
        guard let text = self["Date"] else { return nil }
        let seconds = curl_getdate(text, nil)
        return seconds < 0 ? nil : Int64(seconds)
    }
}
