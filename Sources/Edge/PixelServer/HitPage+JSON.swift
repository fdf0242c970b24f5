import Foundation
import Opens

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
