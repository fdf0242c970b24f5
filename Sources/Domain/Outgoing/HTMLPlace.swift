/// Where in a message's HTML the picture goes: behind the new text, before whatever is quoted, at the end of the body if
/// nothing is, and in any case within the first bytes, since Gmail cuts what is longer (102 KB).
struct HTMLPlace {
    /// Bytes of HTML, the picture included.
    static let limit = 100_000

    /// `nil` where readers may differ about what is text, and where all of it is something else.
    static func find(in html: UnsafeBufferPointer<UInt8>, limit: Int) -> Int? {
        var reader = PlaceReader(html, limit: limit)
        return reader.read()
    }

    /// The pictures from `start` on, as ranges of whole tags. What comments hold is left out.
    static func images(in html: UnsafeBufferPointer<UInt8>, from start: Int) -> [Range<Int>] {
        var tokenizer = HTMLTokenizer(html)
        var found: [Range<Int>] = []
        while true {
            switch tokenizer.next() {
            case .start(let tag): if tag.name == .img, tag.range.lowerBound >= start { found.append(tag.range) }
            case .end, .conditional: continue
            case .finished, .broken: return found
            }
        }
    }
}

private struct PlaceReader {
    private let html: UnsafeBufferPointer<UInt8>
    private let limit: Int
    private var tokenizer: HTMLTokenizer
    /// Elements open in which a picture would not be shown.
    private var inert: [ElementName] = []
    /// Before the last block that began within the limit.
    private var lastBlock: Int?
    private var isConditional = false

    init(_ html: UnsafeBufferPointer<UInt8>, limit: Int) {
        self.html = html
        self.limit = limit
        tokenizer = HTMLTokenizer(html)
    }

    private static let maximumDepth = 64

    private enum Step {
        case on
        case place(Int)
        case doubt
    }

    mutating func read() -> Int? {
        while true {
            let step: Step =
                switch tokenizer.next() {
                case .start(let tag): start(tag)
                case .end(let name, let at): end(name, at: at)
                case .conditional: conditional()
                case .finished: place(endOfText)
                case .broken: tokenizer.position > limit ? place(limit + 1) : .doubt
                }
            switch step {
            case .on: if tokenizer.position > limit { return lastBlock }
            case .place(let place): return place
            case .doubt: return nil
            }
        }
    }

    /// There, or if that is too far, before the last block that is not.
    private func place(_ place: Int) -> Step {
        if place > limit { return lastBlock.map { .place($0) } ?? .doubt }
        return inert.isEmpty && !isConditional ? .place(place) : .doubt
    }

    private mutating func start(_ tag: HTMLTokenizer.Tag) -> Step {
        let kind = tag.name.kind
        if tag.name == .frameset || kind == .rawText && tag.isSelfClosing { return .doubt }
        if tag.quote != nil, inert.isEmpty { return place(tag.range.lowerBound) }
        if kind == .inert, !tag.isSelfClosing { inert.append(tag.name) }
        if inert.count > Self.maximumDepth { return .doubt }
        if kind == .block, inert.isEmpty, !isConditional, tag.range.lowerBound <= limit {
            lastBlock = tag.range.lowerBound
        }
        return .on
    }

    private mutating func end(_ name: ElementName, at: Int) -> Step {
        if name == .body || name == .html { return place(at) }
        // Those that cross are closed in more than one way.
        if name.kind == .inert, inert.popLast() != name { return .doubt }
        return .on
    }

    private mutating func conditional() -> Step {
        isConditional.toggle()
        return .on
    }

    private var endOfText: Int { (html.lastIndex { !$0.isHTMLSpace } ?? -1) + 1 }
}
