import NIOCore
import NIOSSL
import Secrets
import Synchronization

/// What the server shows when it ends TLS itself: the chain, its own certificate first, and the key; both PEM.
package struct ServerCertificate: Sendable {
    let chain: [UInt8]
    let key: Secret

    package init(chain: [UInt8], key: Secret) {
        self.chain = chain
        self.key = key
    }

    fileprivate func context() throws(PixelServerError) -> NIOSSLContext {
        do {
            let chain = try NIOSSLCertificate.fromPEMBytes(chain).map { NIOSSLCertificateSource.certificate($0) }
            let key = try key.reveal { try NIOSSLPrivateKey(bytes: $0, format: .pem) }
            var configuration = TLSConfiguration.makeServerConfiguration(
                certificateChain: chain, privateKey: .privateKey(key))
            configuration.minimumTLSVersion = .tlsv12
            configuration.applicationProtocols = ["http/1.1"]
            return try NIOSSLContext(configuration: configuration)
        } catch {
            throw PixelServerError(
                .certificate, "the certificate and its key cannot be used: \(error)",
                .needsUser("check certificate_file and key_file in [server]: both are PEM, and belong together"))
        }
    }
}

/// TLS of the connections to come; a renewed certificate is taken without ending those that are.
final class ServerTLS: Sendable {
    private let context: Mutex<NIOSSLContext?>

    /// Without a certificate the server speaks HTTP as it is.
    init(_ certificate: ServerCertificate?) throws(PixelServerError) {
        context = Mutex(try certificate?.context())
    }

    func renew(_ certificate: ServerCertificate) throws(PixelServerError) {
        let renewed = try certificate.context()
        context.withLock { $0 = renewed }
    }

    /// What has to be in front of everything else of a connection.
    func handler() -> NIOSSLServerHandler? { context.withLock { $0.map(NIOSSLServerHandler.init(context:)) } }
}
