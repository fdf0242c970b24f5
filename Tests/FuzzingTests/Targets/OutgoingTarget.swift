import Beacon
import MIME
import Tokens

@testable import Outgoing

extension FuzzTarget {
    /// A mail on its way out, of a program that may write anything.
    static let outgoing = FuzzTarget("outgoing", workPerByte: 6_000) { input in
        var options = InjectionOptions()
        options.short = [.pad, .skip, .inject][input.choice(of: 3)]
        options.stripQuoted = input.choice(of: 2) == 0
        options.htmlFromText = input.choice(of: 2) == 0
        options.disclosure = input.choice(of: 2) == 0 ? nil : "Ünread? <b> & \n=?"
        let isComplete = input.choice(of: 2) == 0
        let cuts = input.cuts()
        let mail = input.text

        try decide(about: mail)
        let injector = Injector(options: options) { $0 == sentToken }
        let placement: Placement
        do throws(Untouched) {
            placement = try injector.place(in: mail, isComplete: isComplete)
        } catch {
            return
        }
        let edits = placement.edits(picture: PixelURL.element(for: sentToken, base: "https://px.example.org"))
        let sent = MessageEdit.apply(edits, to: mail)
        var stream = EditedStream(edits)
        var streamed: [UInt8] = []
        for piece in cuts.pieces(of: mail) { streamed += stream.feed(piece[...]) }
        streamed += stream.finish()
        try require(streamed == sent, "cut into \(cuts.lengths) the edits make another mail")
        try require(sent.count == mail.count + EditedStream(edits).growth, "the growth is not what was said")

        let found = findings(in: sent).filter { $0.kind == .own(sentToken) && !$0.quoted }
        try require(found.count == 1, "the picture is found \(found.count) times")
        // Whoever reads it as it was finds all else where it was.
        let more = MessageParser.leaves(of: sent).count - MessageParser.leaves(of: mail).count
        try require(more == 0 || more == 1 && options.htmlFromText, "there are \(more) parts more than before")
        guard isComplete else { return }
        try require((try? injector.place(in: sent)) == nil, "a second picture would be put in")
    }

    /// Whatever the header says, what is taken out of it lies in it.
    private static func decide(about mail: [UInt8]) throws {
        guard let me = EnvelopeAddress("me@example.org"), let you = EnvelopeAddress("you@far.example") else { return }
        var policy = TrackingPolicy()
        policy.own = [me]
        policy.subjectPrefix = "[track]"
        policy.plusTag = "track"
        let header = HeaderFields(parsing: mail)
        let decision = policy.decide(sender: me, recipients: [you], header: header, of: mail)
        for edit in decision.edits {
            try require(
                edit.offset >= 0 && edit.removed >= 0 && edit.offset + edit.removed <= header.bodyStart,
                "\(edit.offset) + \(edit.removed) is not in the header of \(header.bodyStart)")
        }
        let rest = MessageEdit.apply(decision.edits, to: mail)
        try require(
            Array(rest.suffix(mail.count - header.bodyStart)) == Array(mail[header.bodyStart...]), "the body is another"
        )
    }

    static func findings(in mail: [UInt8]) -> [Finding] {
        let scanner = BeaconScanner()
        return MessageParser.leaves(of: mail).filter { $0.contentType.isHTML && !$0.isAttachment }.flatMap { leaf in
            scanner.findings(inPart: mail[leaf.body], encoding: leaf.encoding, charset: leaf.charset)
        }
    }

    static let sentToken: Token = {
        let text = Base32.encode([0x50] + [UInt8](repeating: 9, count: 24))
        guard let token = Token(text) else { fatalError("\(text) is no token") }
        return token
    }()
}
