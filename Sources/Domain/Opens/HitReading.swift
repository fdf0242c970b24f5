import FoundationEssentials

extension Hit {
    /// `nil` if it is none. What ``init(from:)`` makes of it, sooner.
    package init?(json bytes: [UInt8]) {
        var text = PlainJSON(bytes)
        if let hit = Hit(plain: &text), text.isAtEnd {
            self = hit
        } else if let hit = try? JSONDecoder().decode(Hit.self, from: Data(bytes)) {
            self = hit
        } else {
            return nil
        }
    }

    /// `nil` if it is none, or ``PlainJSON`` gives up on it: then ``init(from:)`` says what it is.
    package init?(plain text: inout PlainJSON) {
        self.init(seq: 0, at: .distantPast, token: "", method: nil)
        guard let found = text.members(of: Self.names, { take(Self.fields[$0], from: &$1) }),
            found & Self.needed == Self.needed, seq > 0, !token.isEmpty, token.utf8.count <= Hit.tokenLimit
        else { return nil }
    }

    private static let fields = CodingKeys.allCases
    private static let names = fields.map { Array($0.rawValue.utf8) }
    /// By their places.
    private static let needed: UInt64 = fields.enumerated().reduce(0) { bits, field in
        [.seq, .at, .token].contains(field.element) ? bits | 1 << field.offset : bits
    }

    /// Whether the value is one of this field.
    private mutating func take(_ field: CodingKeys, from text: inout PlainJSON) -> Bool {
        switch field {
        case .seq:
            guard let value = text.integer() else { return false }
            seq = value
        case .at:
            guard let value = text.plainString().flatMap(Timestamp.parse) else { return false }
            at = value
        case .asn:
            guard let value = text.integer().flatMap({ UInt32(exactly: $0) }) else { return false }
            asn = value
        case .selfNet:
            guard let value = text.boolean() else { return false }
            selfNet = value
        case .signals:
            var count = 0
            return text.elements { text in
                guard let value = text.string() else { return false }
                if count < Hit.signalLimit { signals.insert(Signal(rawValue: value.prefix(scalars: Hit.nameLimit))) }
                count += 1
                return true
            }
        case .token, .method, .net, .netclass, .ua, .family:
            guard let value = text.string() else { return false }
            take(field, value)
        }
        return true
    }

    private mutating func take(_ field: CodingKeys, _ value: String) {
        switch field {
        case .token: token = value.lowercased()
        case .method: method = value.prefix(scalars: Hit.nameLimit)
        case .net: net = value.prefix(scalars: Hit.nameLimit)
        case .netclass: netclass = NetworkClass(rawValue: value.prefix(scalars: Hit.nameLimit))
        case .ua: ua = value.prefix(scalars: Hit.userAgentLimit)
        case .family: family = ClientFamily(rawValue: value.prefix(scalars: Hit.nameLimit))
        case .seq, .at, .asn, .selfNet, .signals: break
        }
    }
}
