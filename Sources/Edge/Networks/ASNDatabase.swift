import CMaxMindDB
import Foundation
import Opens

/// A database in MaxMind's format that tells the autonomous system of an address: GeoLite2-ASN, DB-IP's or IPinfo's.
///
/// What is looked up in is a copy of the file: one that is cut short while it is mapped would end the process.
///
/// `@unchecked Sendable`: the library only reads an open database, from as many threads as like.
package final class ASNDatabase: @unchecked Sendable {
    /// Bytes; GeoLite2-ASN has 10 MB.
    package static let maximumBytes = 256 << 20

    /// As the database names itself, at most 64 characters, none of them a control.
    package let name: String
    /// When it was made, by its own word.
    package let built: Date
    private let database: UnsafeMutablePointer<MMDB_s>

    /// Throws what is wrong with it, to follow the file's name in a sentence.
    package init(_ bytes: [UInt8]) throws(ListProblem) {
        let file = cmaxminddb_anonymous_file()
        guard file >= 0 else { throw ListProblem("cannot be read: this system has no files in memory") }
        defer { close(file) }
        guard Self.write(bytes, to: file) else { throw ListProblem("cannot be read: there is no memory for it") }
        let database = UnsafeMutablePointer<MMDB_s>.allocate(capacity: 1)
        database.initialize(to: MMDB_s())
        let status = MMDB_open("/proc/self/fd/\(file)", UInt32(MMDB_MODE_MMAP), database)
        guard status == MMDB_SUCCESS else {
            database.deallocate()
            throw ListProblem("is no database of MaxMind's format: \(String(cString: MMDB_strerror(status)))")
        }
        self.database = database
        let text = database.pointee.metadata.database_type.map { String(cString: $0) } ?? ""
        let shown = text.unicodeScalars.prefix(64).filter { $0.value >= 0x20 && $0.value != 0x7f }
        name = String(shown.map(Character.init))
        built = Date(timeIntervalSince1970: Double(min(database.pointee.metadata.build_epoch, 253_402_300_799)))
    }

    deinit {
        MMDB_close(database)
        database.deallocate()
    }

    /// `nil` where it knows none, and where it is damaged.
    package func asn(of address: IPAddress) -> UInt32? {
        let bytes = address.bytes
        var number: UInt32 = 0
        var text = [CChar](repeating: 0, count: 16)
        var length = text.count
        switch cmaxminddb_asn(database, bytes, bytes.count == 4 ? 1 : 0, &number, &text, &length) {
        case 1: return number
        case 2:
            let text = String(decoding: text.prefix(length).map { UInt8(bitPattern: $0) }, as: UTF8.self)
            return text.hasPrefix("AS") ? UInt32(text.dropFirst(2)) : nil
        default: return nil
        }
    }

    private static func write(_ bytes: [UInt8], to file: Int32) -> Bool {
        var done = 0
        while done < bytes.count {
            let count = bytes[done...].withUnsafeBytes { Foundation.write(file, $0.baseAddress, $0.count) }
            guard count > 0 else { return false }
            done += count
        }
        return true
    }
}
