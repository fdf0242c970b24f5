import Secrets

/// Signs the tokens of one stream in one epoch. The agent holds it to mint offline; the server derives it.
package struct StreamKey: Sendable, Equatable {
    let secret: Secret

    package init(_ secret: Secret) { self.secret = secret }

    private static let purpose: StaticString = "sentmark/token/1"

    /// `nil` when libcrypto fails.
    func authenticate(_ bytes: UnsafeRawBufferPointer) -> TokenCode? {
        let purpose = UnsafeRawBufferPointer(start: Self.purpose.utf8Start, count: Self.purpose.utf8CodeUnitCount)
        return withUnsafeTemporaryAllocation(byteCount: purpose.count + bytes.count + 32, alignment: 1) { space in
            let message = UnsafeMutableRawBufferPointer(rebasing: space[..<(purpose.count + bytes.count)])
            let out = UnsafeMutableRawBufferPointer(rebasing: space[message.count...])
            message.copyMemory(from: purpose)
            UnsafeMutableRawBufferPointer(rebasing: message[purpose.count...]).copyMemory(from: bytes)
            return secret.reveal { key in
                KeyedHash.hmac(key: key, UnsafeRawBufferPointer(message), into: out)
                    ? TokenCode(UnsafeRawBufferPointer(out), at: 0) : nil
            }
        }
    }

    /// 16 hexadecimal digits: equal within a day means the same network. `day` counts from 1970.
    package func networkName(_ network: String, day: Int64) -> String? {
        let key = secret.reveal { KeyedHash.hmac(key: $0, Array("sentmark/network/\(day)".utf8)) }
        let hash = key.flatMap { KeyedHash.hmac(key: $0, Array(network.utf8)) }
        return hash.map { $0.prefix(8).hexadecimal }
    }
}

/// The pixel server's root key: every stream's keys derive from it, so that a token is checked without a look-up.
package struct ServerSecret: Sendable, Equatable {
    package static let byteCount = 32
    /// What HKDF extracts of it: made once, since keys are derived for each request.
    private let pseudorandomKey: Secret

    /// `nil` unless it is 32 bytes, or when libcrypto fails.
    package init?(_ secret: Secret) {
        guard secret.count == ServerSecret.byteCount, let key = secret.reveal({ KeyedHash.extract($0) }) else {
            return nil
        }
        pseudorandomKey = Secret(key)
    }

    package func streamKey(_ stream: StreamID, epoch: UInt8) -> StreamKey? {
        derive("sentmark/stream", stream, epoch).map { StreamKey(Secret($0)) }
    }

    /// What a pull of the stream's hits must present.
    package func pullKey(_ stream: StreamID, epoch: UInt8) -> Secret? {
        derive("sentmark/pull", stream, epoch).map(Secret.init)
    }

    /// The one string that `sentmark stream add` prints.
    package func credential(for stream: StreamID, epoch: UInt8) -> StreamCredential? {
        guard let key = streamKey(stream, epoch: epoch), let pull = pullKey(stream, epoch: epoch) else { return nil }
        return StreamCredential(stream: stream, epoch: epoch, streamKey: key, pullKey: pull)
    }

    /// Whether the token was made with this server's key for its stream and epoch.
    package func signed(_ token: Token) -> Bool {
        streamKey(token.stream, epoch: token.epoch).map { token.isGenuine(under: $0) } ?? false
    }

    private func derive(_ purpose: String, _ stream: StreamID, _ epoch: UInt8) -> [UInt8]? {
        pseudorandomKey.reveal { KeyedHash.expand($0, info: Array(purpose.utf8) + stream.bytes + [epoch]) }
    }
}
