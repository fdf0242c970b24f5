import FoundationEssentials
import MIME

/// The small mail in the inbox that says what became of a draft that was not sent, or may not have been.
package enum OutboxNotice {
    /// - Parameters:
    ///   - end: where the draft is now.
    ///   - reason: a clause that begins in lower case and has no full stop.
    ///   - folder: the name of the folder that the draft is in, as the user reads it.
    ///   - messageID: of the notice, without angle brackets; the same each time for one draft.
    package static func message(
        _ end: OutboxEnd, reason: String, draft: [UInt8], folder: String, outbox: String, to address: EnvelopeAddress?,
        messageID: String, date: Date
    ) -> [UInt8] {
        let header = HeaderFields(parsing: draft)
        let subject = (header.subject ?? "").unicodeScalars.prefix(200)
            .map { $0.properties.generalCategory == .control ? " " : String($0) }.joined()
        let title = subject.isEmpty ? "your message" : "“\(subject)”"
        let (headline, body) =
            switch end {
            case .refused:
                (
                    "Not sent: \(title)",
                    """
                    Your message was NOT sent: \(reason).

                    It is now in the folder “\(folder)”. Correct it there, or copy it into a new message, and move it \
                    to “\(outbox)” again.
                    """
                )
            case .notSure:
                (
                    "Not sure whether it was sent: \(title)",
                    """
                    It is not known whether this message was sent: \(reason).

                    It will not be sent again by itself, so that nobody gets it twice. It is now in the folder \
                    “\(folder)”. Ask the recipient whether it has arrived. If it has not, move it to “\(outbox)” once \
                    more; if it has, delete it.
                    """
                )
            }
        let to = address.map { "To: <\($0.text)>\r\n" } ?? ""
        let text = """
            From: Sentmark <sentmark@localhost>
            \(to)Subject: \(HeaderText.unstructured(headline))
            Date: \(DateTime.text(date))
            Message-ID: <\(messageID)>
            Auto-Submitted: auto-generated
            MIME-Version: 1.0
            Content-Type: text/plain; charset=utf-8
            Content-Transfer-Encoding: base64


            """
        return Array(text.utf8.flatMap { $0 == 0x0a ? [0x0d, 0x0a] : $0 == 0x0d ? [] : [$0] })
            + HeaderText.base64Body(Array((body + "\n").utf8))
    }
}
