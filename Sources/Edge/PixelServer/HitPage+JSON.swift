import Foundation
import Opens
import Tokens

extension HitPage {
    /// The body of a pull's answer: the same that `JSONEncoder` makes of ``Hit``, in a fifth of the time.
    ///
    /// - Parameter cursor: printable ASCII without a quotation mark.
    func json(cursor: String) -> [UInt8] {
        var out = JSONBytes(capacity: 128 + hits.count * 320)
        out.raw(#"{"log":""#)
        out.raw(log.uuid.uuidString)
        out.raw(#"","cursor":""#)
        out.raw(cursor)
        out.raw(#"","hits":["#)
        for (index, hit) in hits.enumerated() {
            if index > 0 { out.raw(",") }
            out.append(hit)
        }
        out.raw(more ? #"],"more":true}"# : #"],"more":false}"#)
        return out.bytes
    }
}

/// JSON as it is written out.
private struct JSONBytes {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    mutating func append(_ hit: Hit) {
        raw(#"{"seq":"#)
        raw(String(hit.seq))
        raw(#","at":""#)
        raw(Timestamp.format(hit.at))
        field(#"","token":"#, hit.token)
        field(#","method":"#, hit.method)
        field(#","net":"#, hit.net)
        field(#","netclass":"#, hit.netclass?.rawValue)
        if let asn = hit.asn {
            raw(#","asn":"#)
            raw(String(asn))
        }
        field(#","ua":"#, hit.ua)
        field(#","family":"#, hit.family?.rawValue)
        // A hit of level 0 has none of what would be said in these.
        let isMinimal = hit.method == nil && hit.net == nil && hit.ua == nil
        if hit.selfNet || !isMinimal { raw(hit.selfNet ? #","self_net":true"# : #","self_net":false"#) }
        if !hit.signals.isEmpty || !isMinimal {
            var separator = #","signals":["#
            for signal in hit.signals.map(\.rawValue).sorted() {
                field(separator, signal)
                separator = ","
            }
            raw(hit.signals.isEmpty ? separator + "]" : "]")
        }
        raw("}")
    }

    private mutating func field(_ name: String, _ value: String?) {
        guard let value else { return }
        raw(name)
        string(value)
    }

    /// RFC 8259 section 7.
    private mutating func string(_ text: String) {
        bytes.append(UInt8(ascii: "\""))
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
            case 0..<0x20: raw("\\u00" + [byte].hexadecimal)
            default: bytes.append(byte)
            }
        }
        bytes.append(UInt8(ascii: "\""))
    }
}
