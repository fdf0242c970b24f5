import Beacon
import MIME
import Tokens

/// Finds the place for a token's picture in a message that is being sent.
///
/// A message is changed only if every reader of it agrees on what its parts are, where its HTML lies, and that the place
/// is in it. Any doubt, and it goes out as it is, with the reason.
package struct Injector: Sendable {
    private let options: InjectionOptions
    private let isOwn: TokenPredicate
    private let scanner = BeaconScanner()

    package init(options: InjectionOptions, isOwn: @escaping TokenPredicate) {
        self.options = options
        self.isOwn = isOwn
    }

    /// The place for a picture in a message of which these are all bytes or, if it is not complete, the first
    /// ``InjectionOptions/lookAhead``. What is beyond them is not looked at, and never changed.
    ///
    /// Time and memory grow with `head` alone, whatever is in it.
    package func place(in head: [UInt8], isComplete: Bool = true) throws(Untouched) -> Placement {
        let draft = try Draft(head, isComplete: isComplete)
        switch try BodyChoice.choose(in: draft.structure) {
        case .html(let index): return try place(inHTML: index, of: draft)
        case .text(let index):
            guard options.htmlFromText else { throw .textOnly }
            return try place(inText: index, of: draft)
        case nil:
            throw isComplete ? .noText : .tooLong
        }
    }

    private func place(inHTML index: Int, of draft: Draft) throws(Untouched) -> Placement {
        try draft.requireWhole(index)
        let leaf = try draft.leaf(index)
        // Where a header's empty line is at once that before a delimiter, nothing can stand between them.
        if leaf.content.isEmpty { throw .noPlace }
        let markup = try Markup.bytes(of: leaf, charset: draft.structure.entities[index].contentType.charset)
        // What is not encoded is in the message as it is.
        let isInMessage = leaf.encoding == .identity
        if InlinePGP.isIn(draft.message) || !isInMessage && InlinePGP.isIn(markup) { throw .inlinePGP }
        let tokens = try quotedTokens(markup)
        if options.short == .skip, markup.count <= InjectionOptions.shortLimit { throw .short }
        let place = markup.withUnsafeBufferPointer { HTMLPlace.find(in: $0, limit: HTMLPlace.limit - insertionLength) }
        guard let place, Markup.isSafe(place, in: markup, of: leaf) else { throw .noPlace }
        let images = tokens.isEmpty || !options.stripQuoted ? [] : ownImages(in: markup, from: place, tokens)
        var edits = images.map { leaf.removing($0, in: draft.message, lineEnd: draft.lineEnd) }
        if let text = BodyChoice.textVersion(of: index, in: draft.structure) {
            edits += try disclosure(inText: text, of: draft)
        }
        let length = markup.count - images.reduce(0) { $0 + $1.count }
        return Placement(
            message: draft.message, lineEnd: draft.lineEnd, target: .leaf(leaf, place), edits: edits,
            content: PictureContent(options: options, htmlLength: length, lineEnd: draft.lineEnd))
    }

    private func place(inText index: Int, of draft: Draft) throws(Untouched) -> Placement {
        try draft.requireWhole(index)
        let leaf = try draft.leaf(index)
        if leaf.content.isEmpty { throw .noText }
        let isInMessage = leaf.encoding == .identity
        if InlinePGP.isIn(draft.message) || !isInMessage && InlinePGP.isIn(leaf.content) { throw .inlinePGP }
        let alternative = try TextAlternative(of: leaf, at: index, in: draft)
        if options.short == .skip, alternative.html.count <= InjectionOptions.shortLimit { throw .short }
        return Placement(
            message: draft.message, lineEnd: draft.lineEnd, target: .alternative(alternative),
            edits: try disclosure(inText: index, of: draft),
            content: PictureContent(
                options: options, htmlLength: alternative.html.count, lineEnd: draft.lineEnd))
    }

    /// A bound of what is inserted, so that all of it is within the limit.
    private var insertionLength: Int {
        1_000 + InjectionOptions.shortLimit + PictureContent.disclosure(options.disclosure).count
    }

    /// The own tokens of the quoted text. One that is not quoted is this message's.
    private func quotedTokens(_ markup: [UInt8]) throws(Untouched) -> Set<Token> {
        var found: Set<Token> = []
        guard markup.withUnsafeBufferPointer(scanner.mayFind) else { return found }
        for finding in scanner.findings(inHTML: markup) {
            guard case .own(let token) = finding.kind, isOwn(token) else { continue }
            if !finding.quoted { throw .alreadyTracked }
            found.insert(token)
        }
        return found
    }

    private func ownImages(in markup: [UInt8], from place: Int, _ tokens: Set<Token>) -> [Range<Int>] {
        markup.withUnsafeBufferPointer { HTMLPlace.images(in: $0, from: place) }.filter { image in
            scanner.findings(inHTML: markup[image]).contains {
                if case .own(let token) = $0.kind { tokens.contains(token) } else { false }
            }
        }
    }

    private func disclosure(inText index: Int, of draft: Draft) throws(Untouched) -> [MessageEdit] {
        guard let disclosure = options.disclosure else { return [] }
        let entity = draft.structure.entities[index]
        let leaf: LeafText
        do { leaf = try draft.leaf(index) } catch { throw .disclosure }
        guard !leaf.content.isEmpty, let text = TextDisclosure.bytes(of: disclosure, for: entity) else {
            throw .disclosure
        }
        let insertion = TextDisclosure.insertion(text, in: leaf, lineEnd: draft.lineEnd)
        return [
            leaf.inserting(
                LeafInsertion(insertion.bytes), at: insertion.place, in: draft.message, lineEnd: draft.lineEnd)
        ]
    }
}

/// A message that may be changed, as far as its kind and its structure tell.
struct Draft {
    let message: [UInt8]
    let lineEnd: [UInt8]
    let structure: MessageStructure
    let isComplete: Bool

    init(_ message: [UInt8], isComplete: Bool = true) throws(Untouched) {
        lineEnd = try Self.lineEnd(of: message)
        structure = MessageParser.structure(of: message)
        try NeverTouched.check(structure, isComplete: isComplete)
        self.message = message
        self.isComplete = isComplete
    }

    private static func lineEnd(of message: [UInt8]) throws(Untouched) -> [UInt8] {
        switch message.withUnsafeBufferPointer({ LineEnds(of: $0) }) {
        case .crlf: return [0x0d, 0x0a]
        case .lf: return [0x0a]
        case .mixed: throw .lineEnds
        case .binary: throw .nul
        }
    }

    func leaf(_ index: Int) throws(Untouched) -> LeafText {
        let entity = structure.entities[index]
        guard let encoding = Encodings.named(entity.fields),
            let leaf = LeafText(message, body: entity.body, encoding: encoding)
        else { throw .transferEncoding }
        return leaf
    }

    /// Of a message that is not all at hand, the leaf and all versions of it have to be.
    func requireWhole(_ index: Int) throws(Untouched) {
        guard !isComplete else { return }
        guard structure.entities[index].parent != nil, structure.entities[index].isClosed else { throw .tooLong }
        var index = index
        while let parent = structure.entities[index].parent {
            let isAlternative = structure.entities[parent].contentType.subtype == "alternative"
            if isAlternative, !structure.entities[parent].isClosed { throw .tooLong }
            index = parent
        }
    }
}
