import NIOCore
import NIOPosix
import NIOSSL
import Secrets

/// The server's side of TLS on mail clients' connections.
struct ClientTLS: Sendable {
    typealias Client = NIOAsyncChannel<ByteBuffer, ByteBuffer>

    private let context: NIOSSLContext

    /// PEM: the chain, and its key.
    init(chain: [UInt8], key: Secret) throws(SubmissionError) {
        do {
            let certificates = try NIOSSLCertificate.fromPEMBytes(chain).map { NIOSSLCertificateSource.certificate($0) }
            let key = try key.reveal { try NIOSSLPrivateKey(bytes: $0, format: .pem) }
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: certificates, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            context = try NIOSSLContext(configuration: configuration)
        } catch {
            throw SubmissionError(
                "the certificate and its key cannot be used: \(error)",
                action: "check certificate_file and key_file in [submission]: both are PEM, and belong together")
        }
    }

    /// Takes the socket over. All that comes on it from here on is TLS.
    func adopt(_ socket: Int32) async throws -> Client {
        try await ClientBootstrap(group: MultiThreadedEventLoopGroup.singleton)
            .channelOption(.recvAllocator, value: FixedSizeRecvByteBufferAllocator(capacity: 64 << 10))
            .withConnectedSocket(socket) { [context] channel in
                channel.eventLoop.makeCompletedFuture {
                    // From the beginning: a client may greet at once.
                    try channel.pipeline.syncOperations.addHandler(NIOSSLServerHandler(context: context))
                    return try Client(wrappingChannelSynchronously: channel)
                }
            }
    }
}
