import Outgoing

/// Mails that go out as they are.
enum Forbidden {
    static func mail(_ good: MailDraft, _ dice: inout Dice) -> GeneratedMail {
        var draft = good
        let lineEnd = draft.lineEnd
        let boundary = MailDraft.boundary(&dice)
        func leaf(_ type: String, _ text: String = "x") -> MailWriter.Part {
            .leaf(header: ["Content-Type: \(type)"], body: Array(text.utf8), isLetter: false)
        }
        func wrap(_ subtype: String, _ others: [MailWriter.Part], parameters: String = "") {
            draft.part = .multipart(
                subtype: subtype, boundary: boundary, parameters: parameters, parts: [good.part] + others)
        }
        let fate: [Untouched]
        let kind = dice.number(0...23)
        switch kind {
        case 0:
            wrap("signed", [leaf("application/pkcs7-signature; name=smime.p7s")], parameters: "; micalg=sha-256")
            fate = [.signed]
        case 1:
            wrap("signed", [leaf("application/pgp-signature")], parameters: "; protocol=\"application/pgp-signature\"")
            fate = [.signed]
        case 2:
            draft.part = .multipart(
                subtype: "encrypted", boundary: boundary, parameters: "",
                parts: [leaf("application/pgp-encrypted", "Version: 1"), leaf("application/octet-stream")])
            fate = [.encrypted]
        case 3:
            draft.part = leaf(
                "application/pkcs7-mime; smime-type=\(dice.pick(["signed-data", "enveloped-data"]))", "MIIB")
            fate = [.signed, .encrypted]
        case 4:
            draft.header.append("DKIM-Signature: v=1; a=rsa-sha256; d=example.org; s=a; bh=x; b=y")
            fate = [.dkim]
        case 5:
            draft.header.append("ARC-Seal: i=1; a=rsa-sha256; d=example.org; s=a; cv=none; b=y")
            fate = [.dkim]
        case 6:
            wrap("alternative", [leaf("text/calendar; method=REQUEST", "BEGIN:VCALENDAR")])
            fate = [.calendar]
        case 7:
            wrap("mixed", [leaf("application/octet-stream; name=\"invite.ICS\"")])
            fate = [.calendar]
        case 8:
            wrap("report", [leaf("message/delivery-status")], parameters: "; report-type=delivery-status")
            fate = [.report]
        case 9:
            wrap("mixed", [leaf("message/rfc822", "Subject: x")])
            fate = [.attachedMessage]
        case 10:
            wrap("mixed", [leaf("application/ms-tnef; name=\"winmail.dat\"")])
            fate = [.winmail]
        case 11:
            wrap("alternative", [leaf("text/x-amp-html")])
            fate = [.amp]
        case 12:
            draft.header.append("Content-MD5: Q2hlY2sgSW50ZWdyaXR5IQ==")
            fate = [.checksum]
        case 13:
            draft.part = leaf("text/plain", "Just text.")
            fate = [.textOnly]
        case 14:
            draft.part = MailDraft.attachment(&dice, lineEnd)
            fate = [.noText]
        case 15:
            wrap("alternative", [leaf("text/html", "<p>x</p>")])
            fate = [.severalBodies]
        case 16:
            draft.header.append("Content-Type: text/plain")
            fate = [.malformedHeader]
        case 17:
            draft.header.append("this is no field")
            fate = [.malformedHeader]
        case 18:
            draft.header.append("Content-Transfer-Encoding: x-uuencode")
            draft.part = leaf("text/html", "<p>x</p>")
            fate = [.transferEncoding]
        case 19:
            let charset = dice.pick(["utf-7", "utf-16", "x-unknown", "utf-32"])
            draft.part = leaf("text/html; charset=\(charset)", "<p>x</p>")
            fate = [.charset]
        case 20:
            draft.part = leaf("text/html", "<pre>-----BEGIN PGP SIGNED MESSAGE-----</pre><p>x</p>")
            fate = [.inlinePGP]
        case 21:
            let open = dice.pick([
                "<!--", "<!--> x -->", "<!-- x --!> x -->", "<plaintext>", "<p title=\"", "<style>",
                "<script><!--</script>", "<svg>",
                "<title></body></title>", "<script></body></script>", "<p<b>", "<p \u{e9}=x>", "<p a=<b>", "</p x>",
                "<svg></template></svg>",
            ])
            draft.part = leaf("text/html", "\(open) x")
            fate = [.noPlace]
        case 22:
            draft.part = leaf(
                "text/html",
                "<p>\(GeneratedMail.picture)</p>".replacing(GeneratedMail.token, with: GeneratedMail.quotedToken))
            fate = [.alreadyTracked]
        default:
            draft.part = .leaf(
                header: [
                    "Content-Type: text/html",
                    "Content-Transfer-Encoding: \(dice.pick(["quoted-printable", "base64"]))",
                ],
                body: Array("<p>a=zz not encoded".utf8), isLetter: false)
            fate = [.transferEncoding]
        }
        return draft.mail("forbidden \(kind)", fate: .untouched(fate))
    }
}

/// Mails in which something was changed by chance.
enum Damage {
    static func mail(_ good: GeneratedMail, _ dice: inout Dice) -> GeneratedMail {
        var bytes = good.bytes
        for _ in 0..<dice.number(1...4) {
            guard !bytes.isEmpty else { break }
            let at = dice.number(0...(bytes.count - 1))
            switch dice.number(1...9) {
            case 1: bytes[at] = UInt8(truncatingIfNeeded: dice.next())
            case 2: bytes.remove(at: at)
            case 3: bytes.insert(dice.pick(Array("\r\n<>=\"-: \0".utf8)), at: at)
            case 4: bytes.removeSubrange(at..<min(at + dice.number(1...200), bytes.count))
            case 5: bytes.removeSubrange(at...)
            case 6: bytes.insert(contentsOf: bytes[at..<min(at + dice.number(1...400), bytes.count)], at: at)
            case 7: bytes.insert(contentsOf: line(dice.number(0...40), of: bytes), at: at)
            default: bytes.insert(contentsOf: dice.pick(pieces), at: at)
            }
        }
        return GeneratedMail(
            description: good.description + " damaged", bytes: bytes, fate: .unknown, html: nil)
    }

    private static func line(_ number: Int, of bytes: [UInt8]) -> [UInt8] {
        let lines = bytes.split(separator: 0x0a, omittingEmptySubsequences: false)
        return Array(lines[number % lines.count]) + [0x0a]
    }

    private static let pieces: [[UInt8]] = [
        "\r\n\r\n", "--", "</body>", "<!--", "-->", "<blockquote>", "=\r\n", "=3D", "====", "<script>", "<svg>",
        "\u{1b}$B",
        "\r\nContent-Type: text/html\r\n", "\r\nContent-Transfer-Encoding: base64\r\n", "<![CDATA[", "<title>",
        "<select>",
    ].map { Array($0.utf8) }
}
