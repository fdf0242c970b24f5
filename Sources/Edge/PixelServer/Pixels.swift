import Foundation
import Logging
import NIOCore
import Opens
import Synchronization
import Tokens

/// Decides about requests for pixels, on whichever thread they arrive.
final class Pixels: Sendable {
    let streams: LiveStreams
    let selfNetworks = SelfNetworks()
    let limits: PixelServer.Limits
    private let configuration: PixelServer.Configuration
    private let secret: ServerSecret
    private let classify: Classify
    private let now: @Sendable () -> Date
    /// What readers may wish, where something is done about it.
    private let wishes: [(Signal, PixelServer.Preference)]
    private let rates: Mutex<RateLimiter>
    /// Of the streams that were asked for lately, so many at most.
    private let keys = Mutex<[UInt32: StreamKey]>([:])
    private static let keyLimit = 1024
    /// Requests answered 429, and those that were not kept since the reader wants it so; since the start.
    private let counts = Mutex((limited: 0, declined: 0))

    init(
        configuration: PixelServer.Configuration, secret: ServerSecret, classify: @escaping Classify, logger: Logger,
        now: @escaping @Sendable () -> Date
    ) {
        self.configuration = configuration
        limits = configuration.limits
        self.secret = secret
        self.classify = classify
        self.now = now
        wishes = [
            (Signal.globalPrivacyControl, configuration.globalPrivacyControl),
            (Signal.doNotTrack, configuration.doNotTrack),
        ].filter { $0.1 != .record }
        rates = Mutex(RateLimiter(rate: limits.requestsPerSecond, burst: limits.requestsAtOnce))
        let file = configuration.database == nil ? StreamFile(stateDirectory: configuration.stateDirectory) : nil
        streams = LiveStreams(file) { error in
            logger.error("the list of streams was not read", metadata: ["reason": "\(error)"])
        }
    }

    var limited: Int { counts.withLock(\.limited) }
    var declined: Int { counts.withLock(\.declined) }

    static func isPixel(_ path: Substring) -> Bool { begins(path, with: PixelURL.pathPrefix) }

    private static func isSuffix(_ text: Substring) -> Bool {
        text.utf8.count == PixelURL.pathSuffix.utf8.count && begins(text, with: PixelURL.pathSuffix)
    }

    /// Without case; what it is to begin with is in lower case.
    private static func begins(_ text: Substring, with prefix: String) -> Bool {
        var text = text
        return text.withUTF8 { text in
            guard text.count >= prefix.utf8.count else { return false }
            for (byte, other) in zip(text, prefix.utf8) where !isSame(byte, other) { return false }
            return true
        }
    }

    private static func isSame(_ byte: UInt8, _ other: UInt8) -> Bool {
        byte == other || (0x41...0x5a).contains(byte) && byte | 0x20 == other
    }

    /// Who asks.
    func client(of request: Request, peer: IPAddress) -> IPAddress {
        ClientAddress.resolve(
            peer: peer, request.headers, by: configuration.clientOrigin, trusted: configuration.trustedProxies)
    }

    /// Whether the client's network has not asked too often. Who asks is all that counts, not for what: an answer that
    /// depended on the token would tell about it.
    func admits(_ request: Request, from client: IPAddress) -> Bool {
        guard limits.requestsPerSecond > 0, !ClientAddress.isLoopback(client),
            !configuration.trustedProxies.contains(where: { $0.contains(client) })
        else { return true }
        let now = NIODeadline.now().seconds
        if rates.withLock({ $0.admits(client.network, now: now) }) { return true }
        let facts = RequestFacts(method: request.method, address: client, headers: [], userAgent: nil)
        if classify(facts).netclass?.servesManyPeople == true,
            rates.withLock({ $0.admits(client.network, factor: limits.serviceFactor, now: now) })
        {
            return true
        }
        counts.withLock { $0.limited += 1 }
        return false
    }

    /// What the log is to have of it. A good, a forged and a malformed token are told apart there alone: the same work,
    /// the same wait for the disk, the same bytes.
    func entry(for request: Request, from client: IPAddress) -> LogEntry {
        let now = now()
        let name = request.path.utf8.dropFirst(PixelURL.pathPrefix.utf8.count)
        guard let token = Token(text: name.prefix(Token.textCount)) else { return .forged }
        let record = record(request, token, from: client, at: now)
        let isGenuine = isGenuine(token)
        let isRevoked = streams.isRevoked(token.stream, epoch: token.epoch, now: now)
        guard isGenuine && !isRevoked else { return .forged }
        if let record { return .hit(record) }
        counts.withLock { $0.declined += 1 }
        // What is discarded waits for the disk as all the others do.
        return .probe
    }

    /// A stream's key is remembered, whatever the token is worth: how long this takes must not tell that.
    private func isGenuine(_ token: Token) -> Bool {
        let name = token.stream.rawValue << 4 | UInt32(token.epoch)
        if let key = keys.withLock({ $0[name] }) { return token.isGenuine(under: key) }
        guard let key = secret.streamKey(token.stream, epoch: token.epoch) else { return false }
        keys.withLock { keys in
            if keys.count >= Self.keyLimit { keys.removeAll(keepingCapacity: true) }
            keys[name] = key
        }
        return token.isGenuine(under: key)
    }

    static func answer(to request: Request) -> Response {
        request.method == "GET" || request.method == "HEAD" ? .pixel : .notAllowed("GET, HEAD")
    }

    /// `nil` when the reader does not want to be counted, and the configuration respects that.
    private func record(_ request: Request, _ token: Token, from client: IPAddress, at now: Date) -> RecordedRequest? {
        let userAgent = request.headers.first("user-agent")
        var traits = classify(
            RequestFacts(
                method: request.method, address: client, headers: request.headers.all,
                userAgent: userAgent))
        let suffix = request.path.utf8.dropFirst(PixelURL.pathPrefix.utf8.count + Token.textCount)
        if !Self.isSuffix(Substring(suffix)) || request.query != nil {
            traits.signals.insert(.tokenDamaged)
        }
        let network = client.network
        var record = RecordedRequest(
            at: now, token: token, method: request.method, network: network,
            selfNet: selfNetworks.contains(network, of: token.stream, now: now), userAgent: userAgent, traits: traits)
        for (signal, preference) in wishes where traits.signals.contains(signal) {
            switch preference {
            case .record: break
            case .minimal: record.level = .minimal
            case .discard: return nil
            }
        }
        return record
    }
}
