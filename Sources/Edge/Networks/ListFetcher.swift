import FoundationEssentials
import Opens
import Transport

/// Fetches published lists over HTTPS. Who publishes them learns this machine's address, and the program's name: some
/// refuse whoever has none.
package struct ListFetcher: Sendable {
    package struct Fetched: Sendable {
        package let bytes: [UInt8]
        /// Where they came from in the end.
        package let url: String
    }

    private static let maximumRedirects = 5
    private static let maximumPageBytes = 4 << 20
    private let http: HTTPClient

    package init(_ http: HTTPClient) { self.http = http }

    package func fetch(_ list: PublishedList, from url: String) async throws(FetchError) -> Fetched {
        let first = try await get(url.replacing("{uuid}", with: UUID().uuidString.lowercased()))
        // A mirror may have the list itself.
        guard list == .azure, first.bytes.first(where: { $0 > 0x20 }) != UInt8(ascii: "{") else { return first }
        guard first.bytes.count <= Self.maximumPageBytes, let link = DownloadPage.link(in: first.bytes, of: first.url)
        else {
            throw FetchError(
                "\(first.url): the page names no ServiceTags_Public_….json",
                "look whether it has moved, and name its new place in [ranges]")
        }
        return try await get(link)
    }

    /// Redirects are followed to HTTPS alone, or on this machine as the request itself.
    private func get(_ url: String) async throws(FetchError) -> Fetched {
        var url = url
        for _ in 0...Self.maximumRedirects {
            let request = HTTPRequest(
                url, headers: [HTTPHeader("User-Agent", "sentmark")], timeout: .seconds(120),
                bodyLimit: PublishedList.maximumBytes)
            let response: HTTPResponse
            do throws(TransportError) { response = try await http.send(request) } catch { throw FetchError(error) }
            switch response.status {
            case 200: return Fetched(bytes: response.body, url: url)
            case 301, 302, 303, 307, 308:
                guard let location = response["Location"], let next = Self.resolve(location, from: url) else {
                    throw FetchError("\(url): redirects to nowhere, or out of HTTPS", "name its new place in [ranges]")
                }
                url = next
            case let status:
                throw FetchError(
                    "\(url): answers \(status)",
                    (400...499).contains(status)
                        ? "look whether it has moved, and name its new place in [ranges]" : "try again later")
            }
        }
        throw FetchError("\(url): more than \(Self.maximumRedirects) redirects", "name its new place in [ranges]")
    }

    static func resolve(_ location: String, from url: String) -> String? {
        guard location.utf8.count <= 2048, let base = URL(string: url),
            let next = URL(string: location, relativeTo: base)?.absoluteString
        else { return nil }
        return next.lowercased().hasPrefix("https://") || !url.lowercased().hasPrefix("https://") ? next : nil
    }
}

/// The page from which Azure's list is downloaded: the address of the list changes every week and stands in the page.
enum DownloadPage {
    /// The first `https://…/ServiceTags_Public_….json` of Microsoft's download server, or of the page's own.
    static func link(in page: [UInt8], of url: String) -> String? {
        let page = String(decoding: page, as: UTF8.self)
        // Scheme and authority.
        let own = url.split(separator: "/", maxSplits: 3, omittingEmptySubsequences: false).prefix(3)
        let hosts = ["https://download.microsoft.com/", own.joined(separator: "/") + "/"]
        for name in page.ranges(of: "/ServiceTags_Public_") {
            // Quoted in HTML, and in the JSON within.
            let isInside = { (character: Character) in !"\"'<> \n\\".contains(character) }
            let head = page[..<name.lowerBound].reversed().prefix(1024).prefix(while: isInside)
            let tail = page[name.lowerBound...].prefix(64).prefix(while: isInside)
            let link = String(head.reversed()) + tail
            if link.hasSuffix(".json"), hosts.contains(where: link.hasPrefix) { return link }
        }
        return nil
    }
}

/// Why a list was not fetched, and what to do about it.
package struct FetchError: Error, Sendable, Equatable, CustomStringConvertible {
    package let detail: String
    package let action: String

    init(_ detail: String, _ action: String) {
        self.detail = detail
        self.action = action
    }

    fileprivate init(_ error: TransportError) {
        let action = if case .needsUser(let action) = error.remedy { action } else { "try again later" }
        self.init(error.detail, action)
    }

    package var description: String { "\(detail); \(action)" }
}
