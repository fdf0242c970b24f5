/// How mail programs mark the text that they quote or forward.
package enum QuoteMark: Sendable {
    /// The element's content is quoted.
    case content
    /// The element and all that follows it in the message is quoted: Outlook has no element around it.
    case restOfMessage

    /// What the element with these attributes begins, if anything.
    package init?(
        isBlockquote: Bool, id: UnsafeBufferPointer<UInt8>, classes: UnsafeBufferPointer<UInt8>,
        style: UnsafeBufferPointer<UInt8>
    ) {
        if isBlockquote {
            self = .content
        } else if let mark = Self.named(amongst: classes) ?? Self.named(id) ?? Self.mark(ofStyle: style) {
            self = mark
        } else {
            return nil
        }
    }

    private struct Named: Sendable {
        let name: [UInt8]
        let mark: QuoteMark
        let isSuffix: Bool

        /// Yahoo and Outlook on the web put random letters or `x_` before names.
        init(name: String, mark: QuoteMark, isSuffix: Bool = false) {
            self.name = Array(name.utf8)
            self.mark = mark
            self.isSuffix = isSuffix
        }

        func matches(_ other: UnsafeBufferPointer<UInt8>) -> Bool {
            isSuffix ? other.suffix(name.count).elementsEqual(name) : other.elementsEqual(name)
        }
    }

    private static func named(amongst classes: UnsafeBufferPointer<UInt8>) -> QuoteMark? {
        var start = 0
        while start < classes.count {
            var end = start
            while end < classes.count, classes[end] != 0x20, !classes[end].isIgnoredInURLs { end += 1 }
            if let mark = named(UnsafeBufferPointer(rebasing: classes[start..<end])) { return mark }
            start = end + 1
        }
        return nil
    }

    private static func named(_ word: UnsafeBufferPointer<UInt8>) -> QuoteMark? {
        guard let last = word.last, isLastByte[Int(last)] else { return nil }
        return marks.first { $0.matches(word) }?.mark
    }

    private static let isLastByte: [Bool] = (0...255).map { byte in marks.contains { $0.name.last == UInt8(byte) } }

    /// Classes and ids, as they are in what these programs send.
    private static let marks: [Named] = [
        // Gmail, reply and forward.
        Named(name: "gmail_quote", mark: .content), Named(name: "gmail_extra", mark: .content),
        Named(name: "gmail_quote_container", mark: .content),
        // Mailspring's line above a quotation, which is Gmail's; Zimbra's rule above one.
        Named(name: "gmail_quote_attribution", mark: .content), Named(name: "zwchr", mark: .restOfMessage),
        // Thunderbird: the line above a quotation, and a forward; Roundcube's line. The quotation is a blockquote.
        Named(name: "moz-cite-prefix", mark: .content), Named(name: "moz-forward-container", mark: .content),
        Named(name: "reply-intro", mark: .content),
        // Outlook on the web, new Outlook, Outlook for mobile and Mac.
        Named(name: "divRplyFwdMsg", mark: .restOfMessage, isSuffix: true),
        Named(name: "appendonsend", mark: .restOfMessage, isSuffix: true),
        Named(name: "OutlookMessageHeader", mark: .restOfMessage),
        Named(name: "ms-outlook-mobile-reference-message", mark: .content),
        Named(name: "mail-editor-reference-message-container", mark: .content),
        // Yahoo, Proton, Tuta, Zoho.
        Named(name: "yahoo_quoted", mark: .content, isSuffix: true),
        Named(name: "protonmail_quote", mark: .content), Named(name: "tutanota_quote", mark: .content),
        Named(name: "zmail_extra", mark: .content),
    ]

    /// Outlook for Windows writes Word's borders and no names: a line above the quoted header, or, where the user has
    /// quotations indented, one to their left. Paragraphs with borders of their own have `mso-element`.
    private static func mark(ofStyle style: UnsafeBufferPointer<UInt8>) -> QuoteMark? {
        guard style.count >= shortestStyle, holdsNone(style) else { return nil }
        let compact = style.filter { $0 > 0x20 }.map(\.lowercased)
        func has(_ text: String) -> Bool { compact.firstRange(of: Array(text.utf8), from: 0) != nil }
        guard has("border:none"), !has("mso-element:") else { return nil }
        if has("border-top:solid"), has("padding:3.0pt0") || has("padding:3pt0") { return .restOfMessage }
        if has("border-left:solid"), has("padding:0") { return .content }
        return nil
    }

    /// Asked first, since Word puts a style on every paragraph.
    private static func holdsNone(_ style: UnsafeBufferPointer<UInt8>) -> Bool {
        for index in 0..<(style.count - 3)
        where style[index] | 0x20 == UInt8(ascii: "n") && style[index + 1] | 0x20 == UInt8(ascii: "o")
            && style[index + 2] | 0x20 == UInt8(ascii: "n")
        {
            return true
        }
        return false
    }

    private static let shortestStyle = "border:none;border-left:solid;padding:0".utf8.count
}
