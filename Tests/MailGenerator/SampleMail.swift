/// An ordinary mail of a size that is asked for, the same each time.
package enum SampleMail {
    /// New text and a quotation, HTML as Outlook and newsletters write it: about a tag in thirty bytes.
    package static func reply(ofAbout size: Int, _ coding: PlainCoding) -> [UInt8] {
        let lineEnd = Array("\r\n".utf8)
        var html = "<html><head><style>p {margin:0}</style></head><body lang=EN-US><div class=WordSection1>\r\n"
        let row = """
            <p class=MsoNormal style='margin-bottom:12.0pt'><span style='font-size:11.0pt;font-family:"Calibri",sans-serif'>\
            Thank you for the call, and for what you say about the second floor.<o:p></o:p></span></p>\r
            <table border=0 cellspacing=0><tr><td width=120 valign=top><a href="https://www.example.com/a/b?c=d&amp;e=f">\
            M\u{fc}ller &amp; S\u{f6}hne</a></td><td>&nbsp;12,50&nbsp;\u{20ac}</td></tr></table>\r\n
            """
        let target = coding == .base64 ? size * 3 / 4 : coding == .quotedPrintable ? size * 17 / 20 : size
        while html.utf8.count < target / 2 { html += row }
        html += "<div style='border:none;border-top:solid #E1E1E1 1.0pt;padding:3.0pt 0in 0in 0in'>\r\n"
        while html.utf8.count < target { html += row }
        html += "</div></body></html>\r\n"
        let text = MailWriter.Part.leaf(
            header: ["Content-Type: text/plain; charset=utf-8"], body: Array("Thank you for the call.".utf8),
            isLetter: false)
        let letter = MailWriter.Part.leaf(
            header: ["Content-Type: text/html; charset=utf-8", "Content-Transfer-Encoding: \(coding.rawValue)"],
            body: coding.encode(Array(html.utf8), width: 76, lineEnd: lineEnd), isLetter: true)
        var writer = MailWriter(lineEnd: lineEnd)
        writer.write(
            header: [
                "From: Me <me@example.org>", "To: Vera <vera@example.net>", "Subject: Offer",
                "Date: Mon, 23 Nov 2026 10:00:00 +0100", "Message-ID: <1@example.org>", "MIME-Version: 1.0",
            ],
            .multipart(subtype: "alternative", boundary: "_000_1_", parameters: "", parts: [text, letter]),
            preamble: "", epilogue: "")
        return writer.bytes
    }
}
