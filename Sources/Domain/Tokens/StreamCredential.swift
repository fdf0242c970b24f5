import Secrets

/// All that an agent needs of a stream: its number, key epoch, the key that signs tokens and the key that pulls hits.
///
/// Text form `smk1_` + base32 of stream (3 bytes) ‖ epoch (1) ‖ stream key (32) ‖ pull key (32).
package struct StreamCredential: Sendable, Equatable {
    package static let prefix = "smk1_"
    package let stream: StreamID
    package let epoch: UInt8
    package let streamKey: StreamKey
    package let pullKey: Secret

    package init(stream: StreamID, epoch: UInt8, streamKey: StreamKey, pullKey: Secret) {
        self.stream = stream
        self.epoch = epoch
        self.streamKey = streamKey
        self.pullKey = pullKey
    }

    /// `nil` when it is not a credential: wrong prefix, length, alphabet or epoch.
    package init?(_ text: Secret) {
        let decoded: [UInt8]? = text.reveal { bytes in
            bytes.starts(with: Self.prefix.utf8) ? Base32.decode(bytes.dropFirst(Self.prefix.utf8.count)) : nil
        }
        guard let bytes = decoded, bytes.count == 68, bytes[3] < 16 else { return nil }
        stream = StreamID(bytes: bytes[0..<3])
        epoch = bytes[3]
        streamKey = StreamKey(Secret(Array(bytes[4..<36])))
        pullKey = Secret(Array(bytes[36..<68]))
    }

    package var text: Secret {
        let keys = streamKey.secret.reveal { $0 } + pullKey.reveal { $0 }
        return Secret(Self.prefix + Base32.encode(stream.bytes + [epoch] + keys))
    }

    /// What is sent as `Authorization: Bearer`: it opens the stream's hits and cannot sign tokens.
    package var bearer: PullBearer { PullBearer(stream: stream, epoch: epoch, key: pullKey) }
}

/// `smp1_` + base32 of stream (3 bytes) ‖ epoch (1) ‖ pull key (32).
package struct PullBearer: Sendable, Equatable {
    package static let prefix = "smp1_"
    package let stream: StreamID
    package let epoch: UInt8
    let key: Secret

    init(stream: StreamID, epoch: UInt8, key: Secret) {
        self.stream = stream
        self.epoch = epoch
        self.key = key
    }

    /// `nil` on another shape; whether it opens anything is ``isGenuine(for:)``.
    package init?(_ text: Secret) {
        let decoded: [UInt8]? = text.reveal { bytes in
            bytes.starts(with: Self.prefix.utf8) ? Base32.decode(bytes.dropFirst(Self.prefix.utf8.count)) : nil
        }
        guard let bytes = decoded, bytes.count == 36, bytes[3] < 16 else { return nil }
        stream = StreamID(bytes: bytes[0..<3])
        epoch = bytes[3]
        key = Secret(Array(bytes[4..<36]))
    }

    package var text: Secret {
        key.reveal { Secret(Self.prefix + Base32.encode(stream.bytes + [epoch] + $0)) }
    }

    /// Compares in constant time.
    package func isGenuine(for server: ServerSecret) -> Bool {
        guard let expected = server.pullKey(stream, epoch: epoch) else { return false }
        return expected.reveal { a in key.reveal { b in KeyedHash.equal(a, b) } }
    }
}
