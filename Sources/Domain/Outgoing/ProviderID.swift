/// The Message-ID that some providers put in the place of the sender's, as they tell it with their acceptance.
package enum ProviderID {
    /// - Parameters:
    ///   - reply: the text of the reply to the end of the message, without its code.
    ///   - host: the provider's, in lower case.
    /// - Returns: without angle brackets.
    package static func find(in reply: String, from host: String) -> String? {
        // Exchange Online: `2.0.0 OK <AM0PR…@AM0PR….prod.outlook.com> [Hostname=…]`
        if host.hasSuffix(".office365.com") || host.hasSuffix(".outlook.com") {
            let inside = reply.split(separator: "<").dropFirst().first?.prefix { $0 != ">" }
            return inside.flatMap { $0.contains("@") && isPlain($0) ? String($0) : nil }
        }
        // Amazon SES: `Ok 0102019…-000000`, which becomes <0102019…-000000@eu-west-1.amazonses.com>
        let parts = host.split(separator: ".")
        if parts.count == 4, parts[0].hasPrefix("email-smtp"), host.hasSuffix(".amazonaws.com") {
            let words = reply.split(separator: " ")
            guard words.count == 2, words[0].lowercased() == "ok", isPlain(words[1]) else { return nil }
            return "\(words[1])@\(parts[1] == "us-east-1" ? "email" : String(parts[1])).amazonses.com"
        }
        // Postmark: a mail is <UUID@mtasv.net> unless it says X-PM-KeepID. What its replies say is not documented; should the
        // name be among it, it is that.
        if host.hasSuffix(".postmarkapp.com") {
            return reply.split { !$0.isHexDigit && $0 != "-" }.first(where: isUUID).map {
                "\($0.lowercased())@mtasv.net"
            }
        }
        return nil
    }

    private static func isUUID(_ text: Substring) -> Bool {
        text.utf8.count == 36
            && text.split(separator: "-", omittingEmptySubsequences: false).map(\.count) == [8, 4, 4, 4, 12]
    }

    private static func isPlain(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.count <= 250 && text.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f }
    }
}
