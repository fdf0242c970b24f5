import FoundationEssentials
import IMAP
import MIME

/// The header fields of a tracked message that `status` shows.
struct Details: Sendable, Equatable {
    /// What is asked for of the header, and nothing else.
    static let fields = MessageNames.fields + ["SUBJECT", "DATE", "FROM", "TO", "CC", "BCC"]
    static let recipientLimit = 200

    var names: MessageNames
    var subject: String
    var sentAt: Date?
    var recipients: [ExaminedMessage.Recipient]
    var recipientIsSender: Bool

    /// INTERNALDATE stands in where the message has no date that can be read.
    init(_ header: HeaderFields, internalDate: InternalDate?) {
        names = MessageNames(header)
        subject = header.subject ?? ""
        sentAt = header.date ?? internalDate.map { Date(timeIntervalSince1970: Double($0.secondsSince1970)) }
        let addresses = ["to", "cc", "bcc"].flatMap { header.addresses($0) }.prefix(Details.recipientLimit)
        recipients = addresses.map { .init(name: $0.displayName ?? "", address: $0.address) }
        let senders = Set(header.addresses("from").map { $0.address.lowercased() })
        recipientIsSender = addresses.contains { senders.contains($0.address.lowercased()) }
    }
}
