import Beacon
import MIME
import Outgoing
import Tokens

/// Holds what is done with a mail to what is known of it.
package struct MailCheck: Sendable {
    package struct Problem: Error, CustomStringConvertible {
        package let description: String
    }

    package enum Result: Sendable {
        case untouched(Untouched)
        /// `isPlain` where nothing was changed but for the one insertion.
        case touched([UInt8], isPlain: Bool)
    }

    private let mail: GeneratedMail
    private let options: InjectionOptions
    private let injector: Injector

    /// The options too are those of the seed.
    package init(seed: UInt64) {
        mail = MailGenerator.mail(seed: seed)
        var dice = Dice(seed: ~seed)
        var options = InjectionOptions()
        options.short = dice.pick(InjectionOptions.Short.allCases)
        options.stripQuoted = !dice.once(in: 3)
        options.disclosure = dice.once(in: 4) ? "This mail tells its sender when it is opened & read." : nil
        self.options = options
        injector = Injector(options: options) { $0.text == GeneratedMail.quotedToken }
    }

    /// The mail as it was.
    package var original: [UInt8] { mail.bytes }

    package func run(seed: UInt64) throws(Problem) -> Result {
        let placement: Placement
        do {
            placement = try injector.place(in: mail.bytes)
        } catch {
            try expect(error)
            return .untouched(error)
        }
        let edits = placement.edits(picture: GeneratedMail.picture)
        let result = MessageEdit.apply(edits, to: mail.bytes)
        switch mail.fate {
        case .untouched(let reasons): throw problem("touched, and not left alone as \(reasons)")
        case .unknown: break
        case .touched:
            guard let html = mail.html else { throw problem("no HTML was generated") }
            if isTooShort(html) { throw problem("touched, though short") }
            try checkLeaf(html, edits, result)
            try checkPrefix(seed, edits)
        }
        try checkFinding(result)
        return .touched(result, isPlain: edits.count == 1)
    }

    private func problem(_ text: String) -> Problem { Problem(description: "\(mail.description): \(text)") }

    private func expect(_ reason: Untouched) throws(Problem) {
        switch mail.fate {
        case .unknown: return
        case .untouched(let reasons):
            // Whether it is short is asked before the place.
            if reasons.contains(reason) || reason == .short && options.short == .skip && reasons == [.noPlace] {
                return
            }
        case .touched: if reason == .short, let html = mail.html, isTooShort(html) { return }
        }
        throw problem("left alone: \(reason)")
    }

    private func isTooShort(_ html: GeneratedMail.HTML) -> Bool {
        options.short == .skip && html.content.count <= InjectionOptions.shortLimit
    }

    /// The leaf, decoded, is as it was but for the insertion at the known place; lines stay short.
    private func checkLeaf(
        _ html: GeneratedMail.HTML, _ edits: [MessageEdit], _ result: [UInt8]
    ) throws(Problem) {
        func growth(_ edits: [MessageEdit]) -> Int { edits.reduce(0) { $0 + $1.inserted.count - $1.removed } }
        let inside = edits.filter { html.range.lowerBound <= $0.offset && $0.offset <= html.range.upperBound }
        let others = edits.count - inside.count
        if others > (options.disclosure == nil ? 0 : 1) { throw problem("\(others) edits elsewhere") }
        let start = html.range.lowerBound + growth(edits.filter { $0.offset < html.range.lowerBound })
        let range = start..<html.range.upperBound - html.range.lowerBound + start + growth(inside)
        if others == 0 {
            guard result[..<start] == mail.bytes[..<html.range.lowerBound],
                result[range.upperBound...] == mail.bytes[html.range.upperBound...]
            else { throw problem("bytes outside of the HTML have changed") }
        }
        let decoded = html.coding.decode(result[range])
        let before = html.content[..<html.place]
        let after = stripped(html)
        guard decoded.count >= before.count + after.count, decoded.starts(with: before),
            decoded.suffix(after.count).elementsEqual(after)
        else { throw problem("the HTML is not as it was") }
        try checkInsertion(decoded[before.count..<(decoded.count - after.count)], total: decoded.count)
        try checkLines(html, result[range])
    }

    private func stripped(_ html: GeneratedMail.HTML) -> [UInt8] {
        guard options.stripQuoted, let image = html.ownImage else { return Array(html.content[html.place...]) }
        let blanks = [UInt8](repeating: 0x20, count: html.coding == .base64 ? image.count : 0)
        return html.content[html.place..<image.lowerBound] + blanks + html.content[image.upperBound...]
    }

    private func checkInsertion(_ bytes: ArraySlice<UInt8>, total: Int) throws(Problem) {
        var text = String(decoding: bytes, as: UTF8.self)
        // Blanks inside the tag, or a line end for one of them, are the same HTML.
        if let tag = text.firstRange(of: "<img") {
            let rest = text[tag.upperBound...].drop { $0 == " " || $0.isNewline }
            text = text[..<tag.upperBound] + " " + rest
        }
        if text.hasSuffix("\n>") || text.hasSuffix("\r\n>") { text = text.dropLast(2) + ">" }
        guard text.hasSuffix(GeneratedMail.picture) else { throw problem("inserted: \(text)") }
        var rest = text.dropLast(GeneratedMail.picture.count).drop(while: \.isNewline)
        if options.disclosure != nil {
            guard rest.hasPrefix("<div"), rest.contains("opened &amp; read.</div>") else {
                throw problem("disclosure: \(rest)")
            }
            rest = rest[(rest.firstRange(of: "</div>")?.upperBound ?? rest.startIndex)...]
        }
        if options.short == .pad, total <= InjectionOptions.shortLimit { throw problem("not padded") }
        let isComment = rest.hasPrefix("<!--") && rest.hasSuffix("-->")
        guard rest.isEmpty || options.short == .pad && isComment else { throw problem("inserted too: \(rest)") }
    }

    private func checkLines(_ html: GeneratedMail.HTML, _ leaf: ArraySlice<UInt8>) throws(Problem) {
        func longest(_ bytes: ArraySlice<UInt8>) -> Int {
            bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
                .map { $0.last == 0x0d ? $0.count - 1 : $0.count }.max() ?? 0
        }
        let limit = html.coding == .quotedPrintable || html.coding == .base64 ? 76 : 998
        let length = longest(leaf)
        if length > max(limit, longest(mail.bytes[html.range])) { throw problem("a line of \(length) characters") }
    }

    /// What is decided with the beginning alone is what would be decided with all of it.
    private func checkPrefix(_ seed: UInt64, _ edits: [MessageEdit]) throws(Problem) {
        var dice = Dice(seed: seed ^ 0x5e17)
        let cut = dice.number(0...mail.bytes.count)
        let placement: Placement
        do {
            placement = try injector.place(in: Array(mail.bytes[..<cut]), isComplete: false)
        } catch {
            return
        }
        guard placement.edits(picture: GeneratedMail.picture) == edits else {
            throw problem("decided otherwise from the first \(cut) bytes")
        }
    }

    /// The finder sees the token once, as this message's own; and it is not put in twice.
    private func checkFinding(_ result: [UInt8]) throws(Problem) {
        let scanner = BeaconScanner()
        let findings = MessageParser.leaves(of: result).filter { $0.contentType.isHTML && !$0.isAttachment }
            .flatMap { scanner.findings(inPart: result[$0.body], encoding: $0.encoding, charset: $0.charset) }
            .filter { finding in
                if case .own(let token) = finding.kind { token.text == GeneratedMail.token } else { false }
            }
        guard findings.count == 1, findings.first?.quoted == false else { throw problem("found: \(findings)") }
        let again = Injector(options: options) {
            $0.text == GeneratedMail.token || $0.text == GeneratedMail.quotedToken
        }
        do {
            _ = try again.place(in: result)
        } catch {
            return
        }
        throw problem("a second picture was put in")
    }
}
