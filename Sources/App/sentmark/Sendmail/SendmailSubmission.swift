import Agent
import Foundation
import Logging
import MIME
import Outgoing
import SMTP
import Submission

/// Sends the message to the account's provider.
struct SendmailSubmission {
    let arguments: SendmailArguments
    let sender: CommandSender

    /// Longer ones are no mail.
    private static let headerLimit = 8 << 20

    func run() async throws {
        switch arguments.mode {
        case .deliver: break
        case .smtp: return try await StandardStreams.serve(sender.accounts(), logger: Logger(label: "sendmail"))
        case .other(let word):
            throw Failure(
                .usage, "sendmail: \(word): there is no queue and no table of aliases here",
                action: "name the real program with `sendmail` in [submission]")
        }
        var reader = MessageReader(input: try InputFile("-"), ignoresDots: arguments.ignoresDots)
        let head = try reader.header(limit: Self.headerLimit)
        let header = HeaderFields(parsing: head)
        let address = try envelopeSender(header)
        guard let account = sender.account(for: address ?? header.sender) else {
            throw Failure(
                .configuration, "sendmail: no account sends from \(address?.text ?? "this address")",
                action: "add it to `addresses` of an [[account]], or give -f with one of them")
        }
        let recipients = try self.recipients(header)
        let from = address ?? header.sender ?? account.addresses.first
        guard let from else {
            throw Failure(.usage, "sendmail: nobody is the sender", action: "give -f ADDRESS")
        }
        var random = SystemRandomNumberGenerator()
        let facts = Letterhead.Facts(
            sender: from, fullName: arguments.fullName, now: Date(), random: random.next())
        let letterhead = Letterhead.edits(for: header, facts, lineEnd: [0x0d, 0x0a])
        let isEightBit = arguments.isEightBit || head.contains { $0 >= 0x80 }
        let envelope = Envelope(
            account: account, way: .sendmail,
            mail: MailCommand(
                arguments.sender == "" ? nil : from, mailParameters(header, head, from, recipients, isEightBit)),
            recipients: recipients.map { RecipientCommand($0, notifyParameters) }, waits: true)
        let reply = try await send(envelope, MessageEdit.apply(letterhead, to: head), &reader)
        guard reply.isPositive else {
            throw Failure(
                reply.isPermanent ? .unavailable : .temporary, "sendmail: not sent: \(reply.code) \(reply.text)")
        }
    }

    private func send(_ envelope: Envelope, _ head: [UInt8], _ reader: inout MessageReader) async throws -> Reply {
        let upstream: Upstream
        do {
            upstream = try await envelope.account.open()
        } catch {
            return ProviderTrouble.reply(to: error)
        }
        if let refusal = await envelopeRefusal(envelope, upstream) {
            await upstream.quit()
            return refusal
        }
        let transit = MailInTransit(envelope, to: upstream, declaredSize: nil)
        await transit.content(head)
        while !transit.isRefused, let piece = try reader.next() { await transit.content(piece) }
        let reply = await transit.end(reader.hasLoneReturn ? .bareLineEnd : nil)
        await upstream.quit()
        return reply
    }

    /// All of them or nobody: a command has one exit status.
    private func envelopeRefusal(_ envelope: Envelope, _ upstream: Upstream) async -> Reply? {
        if let refusal = upstream.refusal(of: envelope.mail, envelope.recipients) { return refusal }
        do {
            let replies = try await upstream.envelope(envelope.mail, envelope.recipients)
            return replies.first { !$0.isPositive }
        } catch {
            return Reply(451, "4.4.2", "\(error)")
        }
    }

    /// `nil` is the null sender.
    private func envelopeSender(_ header: HeaderFields) throws(Failure) -> EnvelopeAddress? {
        guard let text = arguments.sender, !text.isEmpty else { return nil }
        // Programs give the user's login name where they know no address.
        guard text.contains("@") else { return header.sender }
        guard let address = EnvelopeAddress(text) else {
            throw Failure(.usage, "sendmail: -f \(text): no address", action: "give one such as me@example.org")
        }
        return address
    }

    private func recipients(_ header: HeaderFields) throws(Failure) -> [EnvelopeAddress] {
        let texts = arguments.recipients + (arguments.readsRecipients ? Letterhead.recipients(in: header) : [])
        var seen: Set<EnvelopeAddress> = []
        var found: [EnvelopeAddress] = []
        for text in texts {
            guard let address = EnvelopeAddress(text) else {
                throw Failure(.noUser, "sendmail: \(text): no address", action: "give one such as you@example.org")
            }
            if seen.insert(address).inserted { found.append(address) }
        }
        if found.isEmpty {
            throw Failure(
                .usage, "sendmail: there is no recipient", action: "name one, or give -t to take them from the message")
        }
        return found
    }

    private func mailParameters(
        _ header: HeaderFields, _ head: [UInt8], _ from: EnvelopeAddress, _ recipients: [EnvelopeAddress],
        _ isEightBit: Bool
    ) -> [Parameter] {
        var parameters: [Parameter?] = []
        if isEightBit { parameters.append(Parameter("BODY", "8BITMIME")) }
        let isUTF8 =
            head[..<header.bodyStart].contains { $0 >= 0x80 }
            || ([from] + recipients).contains { !$0.text.utf8.allSatisfy { $0 < 0x80 } }
        if isUTF8 { parameters.append(Parameter("SMTPUTF8")) }
        if let returns = arguments.returns?.uppercased(), ["FULL", "HDRS"].contains(returns) {
            parameters.append(Parameter("RET", returns))
        }
        if let id = arguments.envelopeID, id.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7f && $0 != 0x2b && $0 != 0x3d }) {
            parameters.append(Parameter("ENVID", id))
        }
        return parameters.compactMap(\.self)
    }

    private var notifyParameters: [Parameter] {
        guard let notify = arguments.notify?.uppercased() else { return [] }
        let words = notify.split(separator: ",").map(String.init)
        guard !words.isEmpty, words == ["NEVER"] || words.allSatisfy({ ["SUCCESS", "FAILURE", "DELAY"].contains($0) })
        else { return [] }
        return [Parameter("NOTIFY", words.joined(separator: ","))].compactMap(\.self)
    }
}

/// Standard input as a message with the lines of the wire.
struct MessageReader {
    private let file: InputFile
    private var input: SendmailInput
    private var lines = NetworkLines()
    private var last: UInt8?
    private var isFinished = false

    init(input: InputFile, ignoresDots: Bool) {
        file = input
        self.input = SendmailInput(ignoresDots: ignoresDots)
    }

    var hasLoneReturn: Bool { lines.hasLoneReturn }

    /// `nil` at the end.
    mutating func next() throws(Failure) -> [UInt8]? {
        while !isFinished {
            var piece = lines.feed(input.feed(input.hasEnded ? [] : try file.read()))
            last = piece.last ?? last
            if input.hasEnded {
                isFinished = true
                piece += lines.finish(after: last)
            }
            if !piece.isEmpty { return piece }
        }
        return nil
    }

    /// The beginning of the message, with all of its header.
    mutating func header(limit: Int) throws(Failure) -> [UInt8] {
        var head: [UInt8] = []
        let end: [UInt8] = [0x0d, 0x0a, 0x0d, 0x0a]
        while head.firstRange(of: end) == nil, head.count < limit, let piece = try next() { head += piece }
        if head.isEmpty {
            throw Failure(.dataError, "sendmail: standard input is empty", action: "write a message to it")
        }
        return head
    }
}
