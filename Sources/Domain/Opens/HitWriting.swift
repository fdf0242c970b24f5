import FoundationEssentials
import Tokens

/// JSON as it is written out: what `JSONEncoder` makes of ``Hit``, in a fifth of the time.
package struct JSONBytes {
    package private(set) var bytes: [UInt8] = []

    package init(capacity: Int) { bytes.reserveCapacity(capacity) }

    package mutating func raw(_ text: String) { bytes.append(contentsOf: text.utf8) }

    package mutating func append(_ hit: Hit) {
        raw(#"{"seq":"#)
        raw(String(hit.seq))
        raw(#","at":""#)
        Timestamp.append(hit.at, to: &bytes)
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
        if text.utf8.allSatisfy({ $0 >= 0x20 && $0 != UInt8(ascii: "\"") && $0 != UInt8(ascii: "\\") }) {
            raw(text)
        } else {
            for byte in text.utf8 { escaped(byte) }
        }
        bytes.append(UInt8(ascii: "\""))
    }

    private mutating func escaped(_ byte: UInt8) {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): bytes += [UInt8(ascii: "\\"), byte]
        case 0..<0x20: raw("\\u00" + [byte].hexadecimal)
        default: bytes.append(byte)
        }
    }
}

extension Hit {
    /// As the pull API serves it.
    package var json: [UInt8] {
        var out = JSONBytes(capacity: 512)
        out.append(self)
        return out.bytes
    }
}
