import Foundation
import Tokens

/// An access log that grows, and is moved away or emptied now and then.
///
/// A file is known by its first line, whatever it is called: so the rest of it is found after a rotation, also one that
/// happened while nobody looked, and a file that begins anew is another one.
struct LogFile: Sendable {
    /// Where reading goes on.
    struct Place: Equatable, Sendable {
        /// Of the first line; `nil` while there is none.
        var name: String?
        var offset: UInt64

        init(name: String?, offset: UInt64) {
            self.name = name
            self.offset = offset
        }

        /// As it is stored: `1:NAME:OFFSET`.
        init?(_ text: String) {
            let parts = text.split(separator: ":", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "1", let offset = UInt64(parts[2]) else { return nil }
            self.init(name: parts[1].isEmpty ? nil : String(parts[1]), offset: offset)
        }

        var text: String { "1:\(name ?? ""):\(offset)" }
    }

    struct Piece: Equatable {
        /// Each with the place of its first byte, without its line end.
        var lines: [(offset: UInt64, bytes: ArraySlice<UInt8>)]
        /// Behind the last line.
        var next: Place
        /// There is more already.
        var hasMore: Bool

        static func == (a: Piece, b: Piece) -> Bool {
            a.next == b.next && a.hasMore == b.hasMore && a.lines.elementsEqual(b.lines) { $0 == $1 }
        }
    }

    /// Octets that are read at once. A line that is longer is left out.
    static let pieceBytes = 1 << 20
    /// Of the first line, as many as say which file it is.
    private static let nameBytes = 512

    let path: String

    /// The lines behind `place`, as far as they are complete. Throws the system's error if there is no file.
    func read(after place: Place?) throws -> Piece {
        let current = try FileHandle(forReadingFrom: URL(filePath: path))
        defer { try? current.close() }
        let name = try Self.name(of: current)
        let size = try current.seekToEnd()
        if let place, place.name != nil, place.name != name || place.offset > size {
            // Moved away, or copied and emptied.
            if let former = former(place) {
                defer { try? former.close() }
                let piece = try Self.read(former, Place(name: place.name, offset: place.offset))
                if !piece.lines.isEmpty || piece.hasMore { return piece }
            }
            // The server writes to the file that was moved until it is told of the new one.
            if name == nil { return Piece(lines: [], next: place, hasMore: false) }
            return try Self.read(current, Place(name: name, offset: 0))
        }
        return try Self.read(current, Place(name: name, offset: place?.offset ?? 0))
    }

    /// The file that was read before, under its new name.
    private func former(_ place: Place) -> FileHandle? {
        let url = URL(filePath: path)
        let folder = url.deletingLastPathComponent()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder.path)) ?? []
        let candidates = names.filter { $0.hasPrefix(url.lastPathComponent) && $0 != url.lastPathComponent }.sorted()
        for name in candidates.prefix(200) where !name.hasSuffix(".gz") && !name.hasSuffix(".zst") {
            guard let file = try? FileHandle(forReadingFrom: folder.appending(path: name)) else { continue }
            if (try? Self.name(of: file)) == place.name, let size = try? file.seekToEnd(), size > place.offset {
                return file
            }
            try? file.close()
        }
        return nil
    }

    private static func name(of file: FileHandle) throws -> String? {
        try file.seek(toOffset: 0)
        let head = try file.read(upToCount: nameBytes) ?? Data()
        let line = head.prefix { $0 != 0x0a }
        // Too short to be the whole line: it may still grow.
        guard line.count < head.count || head.count == nameBytes, let hash = KeyedHash.sha256(Array(line)) else {
            return nil
        }
        return hash.prefix(10).hexadecimal
    }

    private static func read(_ file: FileHandle, _ place: Place) throws -> Piece {
        try file.seek(toOffset: place.offset)
        let bytes = Array(try file.read(upToCount: pieceBytes) ?? Data())
        var lines: [(UInt64, ArraySlice<UInt8>)] = []
        var start = 0
        while let end = bytes[start...].firstIndex(of: 0x0a) {
            lines.append((place.offset + UInt64(start), bytes[start..<end]))
            start = end + 1
        }
        // Of a line without an end in all of that only its end is looked for.
        if start == 0, bytes.count == pieceBytes { start = bytes.count }
        return Piece(
            lines: lines, next: Place(name: place.name, offset: place.offset + UInt64(start)),
            hasMore: start > 0 && bytes.count == pieceBytes)
    }
}
