import Beacon
import FoundationEssentials
import IMAP
import MIME
import Tokens

/// How far one message's examination has come.
struct Draft: Sendable {
    enum Stage: Sendable, Equatable {
        /// Waiting for BODYSTRUCTURE.
        case structure
        /// Waiting for its HTML parts.
        case parts
        /// BODYSTRUCTURE could not be used: the message's first bytes are read and taken apart here.
        case whole
        /// Holds a token: waiting for the header fields that people see.
        case details
        case done
    }

    /// An HTML part that is being read.
    struct Part: Sendable {
        var section: String
        /// `nil` when the part has been examined.
        var scan: PartScan?
        /// Octets as transferred, received so far.
        var received: UInt32 = 0
        var isComplete: Bool { scan == nil }
    }

    let uid: UID
    private(set) var stage: Stage
    private(set) var parts: [Part] = []
    private var flags: Set<Flag>
    private var findings: [Finding] = []
    private var details: Details?
    private var isAwaited = false
    private let isNews: Bool

    init(
        uid: UID, header: SectionContent, flags: Set<Flag>?, internalDate: InternalDate?, isNews: Bool, lookout: Lookout
    ) {
        self.uid = uid
        self.flags = flags ?? []
        self.isNews = isNews
        guard let bytes = header.bytes else {
            stage = lookout.readsBodies ? .structure : .done
            return
        }
        let fields = HeaderFields(parsing: bytes)
        if isNews { details = Details(fields, internalDate: internalDate) }
        let known: Stage = isNews ? .done : .details
        switch lookout.glance(at: fields) {
        case .tokens(let found): (findings, stage) = (found, known)
        case .awaited: (isAwaited, stage) = (true, known)
        case .mayHoldTokens: stage = .structure
        case .nothing: stage = .done
        }
    }

    mutating func received(_ data: FetchData, flags: Set<Flag>?, scanner: BeaconScanner) {
        if let flags { self.flags = flags }
        switch stage {
        case .structure:
            if let structure = data.structure { examine(structure, scanner) }
        case .parts:
            for section in data.sections { read(section) }
        case .whole:
            if let whole = data.content(of: .message)?.bytes { findings = Self.findings(inMessage: whole, scanner) }
        case .details:
            // A header beyond the parser's limit shows nothing in `status`; its message is tracked all the same.
            if let header = data.headerFields {
                details = Details(HeaderFields(parsing: header.bytes ?? []), internalDate: data.internalDate)
            }
        case .done:
            break
        }
    }

    /// Its name is waited for since its header was read: it needs no further look either.
    mutating func recognize(_ awaited: Set<String>) {
        guard isNews, findings.isEmpty, let details, details.names.all.contains(where: awaited.contains) else { return }
        (isAwaited, stage) = (true, .done)
    }

    /// The server has said all it had to say to the request.
    mutating func answered(_ request: SyncRequest) {
        switch (stage, request) {
        case (.structure, .structures):
            stage = .whole
        case (.parts, .parts(let asked)):
            finishParts(asked)
        case (.whole, .wholes):
            stage = findings.isEmpty ? .done : details == nil ? .details : .done
        case (.details, .details):
            stage = .done
        default:
            break
        }
    }

    func message(isOurs: (Token) -> Bool) -> ExaminedMessage? {
        guard let details, !findings.isEmpty || isAwaited else { return nil }
        return ExaminedMessage(
            uid: uid, flags: flags, messageID: details.names.current, earlierIDs: details.names.earlier,
            subject: details.subject, sentAt: details.sentAt,
            recipients: details.recipients, recipientIsSender: details.recipientIsSender,
            tokens: findings.map { FoundToken($0, isOurs: isOurs) }, isNews: isNews)
    }
}

extension Draft {
    private mutating func examine(_ structure: BodyStructure, _ scanner: BeaconScanner) {
        let html = structure.parts.filter(\.isReadableHTML)
        guard !html.isEmpty || !structure.isPartial else {
            stage = .whole
            return
        }
        parts = html.prefix(SyncLimits.partCount).map { part in
            Part(
                section: part.section,
                scan: PartScan(scanner: scanner, encoding: TransferEncoding(part.encoding), charset: part.charset))
        }
        stage = parts.isEmpty ? .done : .parts
    }

    private mutating func read(_ section: SectionData) {
        guard let index = parts.firstIndex(where: { Section.part($0.section) == section.section && !$0.isComplete }),
            UInt64(parts[index].received) == section.origin ?? 0
        else { return }
        guard let bytes = section.content.bytes, !bytes.isEmpty else { return complete(index) }
        parts[index].received += UInt32(clamping: bytes.count)
        // A shorter answer than was asked for is the end of the part, a longer one is all of it.
        if bytes.count != SyncLimits.partBytes || parts[index].received >= SyncLimits.partTotal {
            complete(index, with: bytes)
        } else {
            parts[index].scan?.feed(bytes)
        }
    }

    /// Examined at once: of a part that is complete nothing is kept but what was found in it.
    private mutating func complete(_ index: Int, with last: [UInt8] = []) {
        findings += parts[index].scan?.finish(with: last) ?? []
        parts[index].scan = nil
    }

    private mutating func finishParts(_ asked: [SyncRequest.PartRequest]) {
        for index in parts.indices where !parts[index].isComplete {
            let request = asked.first { $0.section == parts[index].section && $0.uids.contains(uid) }
            // Nothing came for it: the message is gone, or the server has no such part.
            if let request, request.range.lowerBound == parts[index].received { complete(index) }
        }
        guard parts.allSatisfy(\.isComplete) else { return }
        parts = []
        stage = findings.isEmpty ? .done : details == nil ? .details : .done
    }

    private static func findings(inMessage bytes: [UInt8], _ scanner: BeaconScanner) -> [Finding] {
        MessageParser.leaves(of: bytes).filter { $0.contentType.isHTML && !$0.isAttachment }
            .prefix(SyncLimits.partCount).flatMap { leaf in
                scanner.findings(inPart: bytes[leaf.body], encoding: leaf.encoding, charset: leaf.charset)
            }
    }
}

extension BodyPart {
    /// HTML of the message itself that a mail program would show.
    fileprivate var isReadableHTML: Bool {
        type == "text" && subtype == "html" && disposition != "attachment" && enclosingMessages == 0
    }
}

extension FoundToken {
    /// An own token is own only if a key of ours made it.
    fileprivate init(_ finding: Finding, isOurs: (Token) -> Bool) {
        switch finding.kind {
        case .own(let token):
            self.init(text: token.text, kind: isOurs(token) ? .own : .unverified, quoted: finding.quoted)
        case .foreign(let token):
            self.init(text: token, kind: .foreign, quoted: finding.quoted)
        }
    }
}
