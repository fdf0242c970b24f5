import FoundationEssentials
import Secrets
import Transport

/// The dialect of one API: how events are asked for, and how its pages hang together. Nothing here sends anything.
package protocol ProviderAPI: Sendable {
    /// As people call it.
    var name: String { get }
    var order: EventOrder { get }
    /// Seconds that the first walk looks back.
    var history: TimeInterval { get }
    /// Events a page.
    var pageSize: Int { get }
    var shape: EventShape { get }

    /// - Parameters:
    ///   - from: events from then on are asked for, where the API can be told so.
    ///   - until: when the walk began.
    ///   - page: what ``next(after:count:page:)`` returned for the page before; `nil` for the first.
    func request(from: Date, until: Date, page: String?) -> HTTPRequest
    /// The page behind an answer of `count` events to the request for `page`; `nil` behind the last.
    func next(after answer: ProviderAnswer, count: Int, page: String?) throws(PullError) -> String?
    func credential(_ key: Secret) -> HTTPSecretHeader
    /// How the mail is called that events call `id`.
    func mailName(_ id: String) -> MailName
    /// The Message-ID that the answer to ``MailName/asked(_:)`` tells, or what stands for it; `nil`: there is none.
    func messageID(of id: String, in response: HTTPResponse) -> String?
}

/// What is known of a mail's Message-ID.
package enum MailName: Sendable {
    case known(String)
    /// The provider is to be asked.
    case asked(HTTPRequest)
    case none
}

extension ProviderAPI {
    package func mailName(_ id: String) -> MailName { .known(id) }
    package func messageID(of id: String, in response: HTTPResponse) -> String? { id }
}

/// A provider's answer whose status is a success, as JSON.
package struct ProviderAnswer: Sendable, Equatable {
    let value: JSONValue

    /// - Parameter name: the provider's.
    init(_ response: HTTPResponse, of name: String) throws(PullError) {
        switch response.status {
        case 200: break
        case 401, 403: throw .keyRefused(by: name)
        case 429, 500...599: throw .busy(status: response.status, after: response.retryAfter)
        case 300..<400: throw .unexpected("it points elsewhere (HTTP \(response.status)); redirects are not followed")
        default: throw .unexpected("HTTP \(response.status)\(PullAnswer.quote(response.body))")
        }
        // Not quoted: it names recipients.
        guard let value = JSONValue(parsing: response.body) else {
            throw .unexpected("no JSON, or cut off, or lists within lists beyond \(JSONValue.depthLimit)")
        }
        self.value = value
    }
}

/// Links to further pages: the key goes with each request, so they must not lead to anybody else.
struct PageLinks: Sendable, Equatable {
    /// `https://host:port`, without anything behind it.
    private let origin: String

    /// - Parameter url: any on the server.
    init(of url: String) {
        let start = url.firstRange(of: "://")?.upperBound ?? url.startIndex
        origin = String(url[..<(url[start...].firstIndex { "/?#".contains($0) } ?? url.endIndex)])
    }

    /// The URL that `link` leads to from there.
    func resolve(_ link: String) throws(PullError) -> String {
        let isPath = link.hasPrefix("/") && !link.hasPrefix("//")
        let url = isPath ? origin + link : link
        // Octet by octet: in lower case some characters are others, such as the sign for kelvin a k.
        let rest = url.utf8.dropFirst(origin.utf8.count).first
        guard zip(url.utf8, origin.utf8).allSatisfy({ Self.lower($0) == Self.lower($1) }),
            rest == UInt8(ascii: "/") || rest == UInt8(ascii: "?")
        else { throw .unexpected("its next page is on another server") }
        guard url.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f }) else {
            throw .unexpected("the link to its next page is no URL")
        }
        guard ProviderPlace.canHold(url) else { throw .unexpected("the link to its next page is too long") }
        return url
    }

    private static func lower(_ octet: UInt8) -> UInt8 {
        (UInt8(ascii: "A")...UInt8(ascii: "Z")).contains(octet) ? octet | 0x20 : octet
    }
}

/// RFC 3986 section 2.3: everything but the unreserved characters is escaped.
func percentEncoded(_ text: String) -> String {
    var escaped = ""
    for byte in text.utf8 {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"):
            escaped.unicodeScalars.append(Unicode.Scalar(byte))
        default:
            escaped += byte < 16 ? "%0" : "%"
            escaped += String(byte, radix: 16, uppercase: true)
        }
    }
    return escaped
}
