import MIME

/// The part of a message that is its text, as mail programs choose it.
enum BodyChoice {
    case html(Int)
    case text(Int)

    /// Numbers are places in `structure.entities`. `nil` if there are attachments alone.
    static func choose(in structure: MessageStructure) throws(Untouched) -> BodyChoice? {
        try body(of: 0, in: structure)
    }

    /// The text version beside the HTML at `html`, if there is one.
    static func textVersion(of html: Int, in structure: MessageStructure) -> Int? {
        var index = html
        while let parent = structure.entities[index].parent {
            if structure.entities[parent].contentType.subtype == "alternative" {
                return children(of: parent, in: structure).first { isText(structure.entities[$0]) }
            }
            index = parent
        }
        return nil
    }

    /// Entities lie in the order of the message and are at most as deep as the parser's limit: this recursion ends.
    private static func body(of index: Int, in structure: MessageStructure) throws(Untouched) -> BodyChoice? {
        let entity = structure.entities[index]
        guard entity.isMultipart else {
            if isHTML(entity) { return .html(index) }
            return isText(entity) ? .text(index) : nil
        }
        let children = children(of: index, in: structure)
        switch entity.contentType.subtype {
        case "alternative":
            return try alternative(children, in: structure)
        case "related":
            guard let root = children.first else { return nil }
            // RFC 2387 3.2: another part may be the root.
            if let start = entity.contentType.parameters["start"] {
                let identifier = structure.entities[root].fields.messageID(in: "content-id")
                guard let identifier, start == "<\(identifier)>" || start == identifier else { throw .severalBodies }
            }
            return try body(of: root, in: structure)
        default:
            for child in children { if let found = try body(of: child, in: structure) { return found } }
            return nil
        }
    }

    private static func alternative(
        _ children: [Int], in structure: MessageStructure
    ) throws(Untouched) -> BodyChoice? {
        var html: BodyChoice?
        var text: BodyChoice?
        for child in children {
            switch try body(of: child, in: structure) {
            case .html(let index):
                guard html == nil else { throw .severalBodies }
                html = .html(index)
            case .text(let index): text = text ?? .text(index)
            case nil: continue
            }
        }
        return html ?? text
    }

    private static func children(of parent: Int, in structure: MessageStructure) -> [Int] {
        structure.entities.indices.filter { structure.entities[$0].parent == parent }
    }

    private static func isHTML(_ entity: MessageEntity) -> Bool { entity.contentType.isHTML && isShown(entity) }

    private static func isText(_ entity: MessageEntity) -> Bool {
        entity.contentType.type == "text" && entity.contentType.subtype == "plain" && isShown(entity)
    }

    /// A text with a file's name is a file.
    private static func isShown(_ entity: MessageEntity) -> Bool {
        guard let disposition = entity.fields.contentDisposition else {
            return entity.contentType.parameters["name"] == nil
        }
        return disposition.kind == "inline" && disposition.filename == nil
            && entity.contentType.parameters["name"] == nil
    }
}
