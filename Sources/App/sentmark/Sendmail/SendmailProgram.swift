import Agent
import Foundation
import Host
import MIME
import Outgoing
import SMTP
import Submission

/// Hands the message to the real sendmail command, with the arguments as they came.
struct SendmailProgram {
    let program: [String]
    let words: [String]
    let arguments: SendmailArguments
    let sender: CommandSender
    let directories: Directories

    /// Its exit status.
    func run() async throws -> Int32 {
        guard arguments.mode == .deliver else { return try runAsItIs() }
        let input = try InputFile("-")
        var head: [UInt8] = []
        var isComplete = false
        while head.count < InjectionOptions.lookAhead, !isComplete {
            let piece = try input.read()
            isComplete = piece.isEmpty
            head += piece
        }
        let (envelope, decision) = await decide(head, isComplete) ?? (nil, nil)
        let spool = try spool()
        var edits = EditedStream(decision?.plan.copies.first?.edits ?? [])
        try spool.write(edits.feed(head[...]))
        while !isComplete {
            let piece = try input.read()
            isComplete = piece.isEmpty
            try spool.write(edits.feed(piece[...]))
        }
        try spool.write(edits.finish())
        let status = try spool.run(program + words)
        if let envelope, let decision {
            // One that was ended by a signal may have queued the message.
            let state: SendingState = status == 0 ? .accepted : status > 128 ? .uncertain : .refused
            await envelope.close(decision, SendingOutcome(state, reply: "exit status \(status)"))
        }
        return status > 128 ? SystemExit.temporary.rawValue : status
    }

    /// `nil`: there is nobody to track, or nothing to decide with.
    private func decide(_ head: [UInt8], _ isComplete: Bool) async -> (Envelope, Decision)? {
        let header = HeaderFields(parsing: head)
        let address = arguments.sender.flatMap { EnvelopeAddress($0) } ?? header.sender
        let texts = arguments.recipients + (arguments.readsRecipients ? Letterhead.recipients(in: header) : [])
        let recipients = texts.compactMap { EnvelopeAddress($0) }
        // The program completes names such as "root" as it likes: whom that means is not known here.
        guard !recipients.isEmpty, recipients.count == texts.count,
            let account = sender.account(for: address)?.sharingTokens
        else { return nil }
        let envelope = Envelope(
            account: account, way: .sendmail, mail: MailCommand(arguments.sender == "" ? nil : address),
            recipients: recipients.map { RecipientCommand($0) }, waits: true)
        return (envelope, await envelope.decide(head, isComplete: isComplete, room: nil))
    }

    private func spool() throws -> SpooledInput {
        do {
            try directories.create()
            return try SpooledInput(in: directories.state)
        } catch {
            return try SpooledInput(in: NSTemporaryDirectory())
        }
    }

    private func runAsItIs() throws -> Int32 {
        let words = program + words
        var pointers = words.map { strdup($0) } + [nil]
        defer { pointers.forEach { free($0) } }
        execvp(words[0], &pointers)
        throw Failure(
            .unavailable, "sendmail: \(words[0]): cannot be started: \(String(cString: strerror(errno)))",
            action: "check `sendmail` in [submission]")
    }
}

extension HeaderFields {
    /// The address that the mail says it is from.
    var sender: EnvelopeAddress? { addresses("from").first.flatMap { EnvelopeAddress($0.address) } }
}

extension SubmissionAccount {
    /// A program gets one copy for all.
    fileprivate var sharingTokens: SubmissionAccount {
        var rules = rules
        rules?.sharing = .shared
        return SubmissionAccount(
            name: name, users: users, addresses: addresses, provider: provider, rules: rules, log: log, open: open)
    }
}
