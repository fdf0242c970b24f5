package extension Signal {
    /// The request says that nobody waits for the answer.
    static let purposePrefetch = Signal(rawValue: "purpose-prefetch")
    /// `Sec-GPC: 1`
    static let globalPrivacyControl = Signal(rawValue: "gpc")
    /// `DNT: 1`
    static let doNotTrack = Signal(rawValue: "dnt")
    /// The Referer's host is a webmail's by its name; which one is not kept.
    static let refererWebmail = Signal(rawValue: "referer-webmail")
    static let acceptLanguage = Signal(rawValue: "accept-language")
    static let secFetch = Signal(rawValue: "sec-fetch")
    static let conditional = Signal(rawValue: "conditional")
    static let noUserAgent = Signal(rawValue: "no-ua")
    /// HEAD or OPTIONS.
    static let probe = Signal(rawValue: "probe")

    /// The token did not verify: another key, another message, made up. Set by sources that see such requests.
    static let tokenForged = Signal(rawValue: "token-forged")
    /// A genuine token with something added, lost or changed, as scanners probe.
    static let tokenDamaged = Signal(rawValue: "token-damaged")
    /// The request was for a tracked link instead of the pixel.
    static let link = Signal(rawValue: "link")
    /// The provider that tells of the open says that a mail program, or its provider, fetched ahead.
    static let reportedPrefetch = Signal(rawValue: "reported-prefetch")
    /// The provider that tells of the open says that a machine made it.
    static let reportedMachine = Signal(rawValue: "reported-machine")
    /// The request was for a link that no person can see.
    static let honeypot = Signal(rawValue: "honeypot")

    /// What may be remembered of a request's headers: yes or no answers, never a header's text.
    /// Names are compared without case; only the first 64 headers are read.
    static func signals(headers: [(name: String, value: String)], method: String) -> Set<Signal> {
        var out: Set<Signal> = []
        var hasUserAgent = false
        for header in headers.prefix(64) {
            // Most fields are none of these, and this runs for every request.
            var value: String { String(decoding: header.value.utf8.prefix(512), as: UTF8.self).lowercased() }
            switch header.name.lowercased() {
            case "purpose", "sec-purpose", "x-purpose", "x-moz":
                let purpose = value
                if ["prefetch", "preview", "prerender"].contains(where: purpose.contains) {
                    out.insert(.purposePrefetch)
                }
            case "sec-gpc": if value == "1" { out.insert(.globalPrivacyControl) }
            case "dnt": if value == "1" { out.insert(.doNotTrack) }
            case "referer": if isWebmail(referer: value) { out.insert(.refererWebmail) }
            case "accept-language": if !header.value.isEmpty { out.insert(.acceptLanguage) }
            case "sec-fetch-dest", "sec-fetch-mode", "sec-fetch-site": out.insert(.secFetch)
            case "if-none-match", "if-modified-since": out.insert(.conditional)
            case "user-agent": hasUserAgent = header.value.utf8.prefix(512).contains { $0 != UInt8(ascii: " ") }
            default: break
            }
        }
        if !hasUserAgent { out.insert(.noUserAgent) }
        if ["HEAD", "OPTIONS"].contains(method.uppercased()) { out.insert(.probe) }
        return out
    }

    private static func isWebmail(referer: String) -> Bool {
        guard let scheme = referer.firstRange(of: "://") else { return false }
        let host = referer[scheme.upperBound...].prefix { $0 != "/" && $0 != "?" && $0 != "#" }
        let labels = host.split(separator: ".")
        let words = ["mail", "webmail", "roundcube", "outlook", "owa", "zimbra", "rainloop", "snappymail"]
        return labels.dropLast().contains { label in words.contains { label == $0 } }
    }
}
