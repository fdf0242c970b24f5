import Foundation
import Opens
import Tokens

/// A web server's access log as a pixel server: any file that it serves under the pixels' URLs will do.
///
/// Tokens are verified here; what bears none of ours is forgotten at once. Of an address nothing is kept but the kind of its
/// network and a keyed hash of it, as the pixel server keeps them.
package struct AccessLogFeed: HitFeed {
    package enum Format: String, Sendable, CaseIterable {
        case combined, json
    }

    private let file: LogFile
    private let format: Format
    private let credential: StreamCredential
    private let lookup: NetworkLookup

    /// `lookup` tells what network an address belongs to.
    package init(
        path: String, format: Format, credential: StreamCredential,
        lookup: @escaping NetworkLookup = { NetworkTable.builtIn.origin(of: $0) }
    ) {
        file = LogFile(path: path)
        self.format = format
        self.credential = credential
        self.lookup = lookup
    }

    package func pull(
        after cursor: String?, log: String?, limit: Int, wait: Int
    ) async throws(PullError) -> Page {
        let place = cursor.flatMap { LogFile.Place($0) }
        let deadline = ContinuousClock.now + .seconds(wait)
        while true {
            let page = try page(after: place, log, limit)
            if !page.hits.isEmpty || page.more || page.cursor != cursor || ContinuousClock.now >= deadline {
                return page
            }
            do { try await Task.sleep(for: .milliseconds(500)) } catch { return page }
        }
    }

    private func page(after place: LogFile.Place?, _ log: String?, _ limit: Int) throws(PullError) -> Page {
        let piece: LogFile.Piece
        do {
            piece = try file.read(after: place)
        } catch {
            throw .log("\(file.path): cannot be read: \((error as NSError).localizedDescription)")
        }
        var hits: [Hit] = []
        for (index, line) in piece.lines.enumerated() {
            if let hit = hit(line.bytes, at: line.offset) { hits.append(hit) }
            if hits.count == limit, index + 1 < piece.lines.count {
                let next = LogFile.Place(name: piece.next.name, offset: piece.lines[index + 1].offset)
                return Page(log: name(next, log), cursor: next.text, hits: hits, more: true)
            }
        }
        return Page(log: name(piece.next, log), cursor: piece.next.text, hits: hits, more: piece.hasMore)
    }

    private func name(_ place: LogFile.Place, _ log: String?) -> String { place.name ?? log ?? "empty" }

    /// What a line of the log comes to; `offset` is where it begins. `nil` unless it is a request for a pixel of ours.
    func hit(_ bytes: ArraySlice<UInt8>, at offset: UInt64) -> Hit? {
        // Most lines are of something else.
        guard bytes.firstRange(of: PixelURL.pathPrefix.utf8) != nil else { return nil }
        let line = Array(bytes.last == 0x0d ? bytes.dropLast() : bytes)
        let parsed = format == .json ? LogLine(json: line) : LogLine(combined: line)
        guard let parsed, let token = token(in: parsed.target), token.stream == credential.stream,
            token.epoch == credential.epoch, token.isGenuine(under: credential.streamKey)
        else { return nil }
        return hit(parsed, token, Int64(clamping: offset + 1))
    }

    /// `…/i/TOKEN.gif`, whatever query is behind it.
    private func token(in target: String) -> Token? {
        let path = target.prefix { $0 != "?" && $0 != "#" }.lowercased()
        guard path.hasSuffix(PixelURL.pathSuffix) else { return nil }
        let name = path.dropLast(PixelURL.pathSuffix.count)
        guard name.dropLast(Token.textCount).hasSuffix(PixelURL.pathPrefix) else { return nil }
        return Token(text: name.suffix(Token.textCount).utf8)
    }

    private func hit(_ line: LogLine, _ token: Token, _ seq: Int64) -> Hit {
        let address = IPAddress(Substring(line.address))
        let origin = address.map(lookup) ?? NetworkOrigin()
        let agent = line.userAgent.map { $0.prefix(scalars: Hit.userAgentLimit) }
        let family = ClientFamily(userAgent: agent)
        guard token.level != .minimal else {
            return Hit(seq: seq, at: line.at, token: token.text, method: nil, netclass: origin.netclass, family: family)
        }
        var headers: [(name: String, value: String)] = []
        if let agent { headers.append(("User-Agent", agent)) }
        if let referer = line.referer { headers.append(("Referer", referer)) }
        return Hit(
            seq: seq, at: line.at, token: token.text, method: line.method.prefix(scalars: Hit.nameLimit),
            net: address.flatMap { net($0, line.at) }, netclass: origin.netclass, asn: origin.asn, ua: agent,
            family: family, signals: Signal.signals(headers: headers, method: line.method))
    }

    /// Equal within a day means the same /24 or /48.
    private func net(_ address: IPAddress, _ at: Date) -> String? {
        let day = Int64((at.timeIntervalSince1970 / 86_400).rounded(.down))
        return credential.streamKey.networkName(address.network.description, day: day)
    }
}
