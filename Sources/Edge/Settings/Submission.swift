extension Settings {
    /// How tokens come into outgoing mail.
    package struct Submission: Sendable, Equatable {
        /// Where the SMTP proxy listens; STARTTLS if there is a certificate.
        package let listen: ListenAddress
        /// Where it listens for TLS from the first byte on.
        package let listenTLS: ListenAddress?
        package let certificate: Certificate?
        /// What mail clients log in with; the file is made if it is the default and not there.
        package let password: SecretOrigin
        package let isPasswordMade: Bool
        /// The source whose stream signs the tokens, by its name; `nil` if there is no source at all.
        package let source: String?
        package let track: Track
        /// Who is tracked under `listed`: addresses, `*@DOMAIN`, `*@*.DOMAIN`.
        package let recipients: [String]
        /// Who never is.
        package let exclude: [String]
        /// Domains that count as the sender's own; `nil`: those of the accounts' addresses.
        package let ownDomains: [String]?
        package let tokens: Sharing
        package let subjectPrefix: String?
        package let plusTag: String?
        package let short: Short
        package let stripQuoted: Bool
        package let htmlFromText: Bool
        package let disclosure: String?
        /// The program that `sentmark sendmail` hands mail to; `nil`: it submits by SMTP itself.
        package let sendmail: [String]?

        /// Whether nobody but this machine can reach it.
        package var isLoopback: Bool { Network.isLoopback(host: listen.host) }

        package enum Track: String, Sendable, CaseIterable { case never, listed, always }
        package enum Sharing: String, Sendable, CaseIterable { case shared, each }
        package enum Short: String, Sendable, CaseIterable { case pad, skip, inject }
    }

    /// PEM files.
    package struct Certificate: Sendable, Equatable {
        package let chainFile: String
        package let keyFile: String
    }

    /// Where an account's mail is submitted.
    package struct Provider: Sendable, Equatable {
        /// `smtps://`, or `smtp://`, which means STARTTLS unless ``cleartext``.
        package let url: ServiceURL
        /// No TLS at all; only ever true with a loopback host.
        package let cleartext: Bool
    }
}
