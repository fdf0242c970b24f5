import CCurl

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// The libcurl that this process has loaded, and what is known to be wrong with it.
package struct CurlVersion: Sendable, Comparable, CustomStringConvertible {
    package let major: Int
    package let minor: Int
    package let patch: Int

    package init(_ major: Int, _ minor: Int, _ patch: Int) {
        self.major = major
        self.minor = minor
        self.patch = patch
    }

    package static let running: CurlVersion = {
        guard let info = ccurl_version() else { return CurlVersion(0, 0, 0) }
        let number = Int(info.pointee.version_num)
        return CurlVersion(number >> 16 & 0xff, number >> 8 & 0xff, number & 0xff)
    }()

    /// Older ones send LOGOUT and block when a connection is closed.
    package static let oldest = CurlVersion(7, 78, 0)

    package var isSupported: Bool { self >= Self.oldest }

    /// What to expect of this version, a sentence each; empty when nothing is known against it.
    package var warnings: [String] {
        var warnings: [String] = []
        if !isSupported { warnings.append("libcurl \(self) is too old: \(Self.oldest) or newer is needed") }
        if self < CurlVersion(7, 79, 0) {
            warnings.append("libcurl \(self) accepts answers injected before STARTTLS: use imaps://, or update it")
        }
        if (CurlVersion(8, 6, 0)..<CurlVersion(8, 10, 0)).contains(self) {
            warnings.append("libcurl \(self) can be slow to log in to servers with long capability lists")
        }
        if self == CurlVersion(8, 12, 0) {
            warnings.append("libcurl \(self) can hang in STARTTLS: use imaps://, or update it")
        }
        if (CurlVersion(8, 17, 0)..<CurlVersion(8, 19, 0)).contains(self) {
            warnings.append("libcurl \(self) has a fault in the time-outs of IMAP connections: update it")
        }
        return warnings
    }

    /// What the library was built without and the agent cannot do without, such as `imaps`; empty when all is there.
    package static let missing: [String] = {
        guard let info = ccurl_version() else { return ["libcurl"] }
        var missing = ["imap", "imaps", "http", "https"]
        var next = info.pointee.protocols
        while let name = next?.pointee {
            missing.removeAll { $0 == String(cString: name) }
            next = next?.successor()
        }
        // Without it every name look-up would stop all connections.
        if info.pointee.features & CURL_VERSION_ASYNCHDNS == 0 { missing.append("asynchronous name resolution") }
        return missing
    }()

    package var description: String { "\(major).\(minor).\(patch)" }

    package static func < (a: CurlVersion, b: CurlVersion) -> Bool {
        (a.major, a.minor, a.patch) < (b.major, b.minor, b.patch)
    }
}

/// What a process must do once before it uses libcurl.
enum CurlLibrary {
    /// nil when the library came up.
    static let failure: TransportError? = {
        // OpenSSL writes to sockets that the other side may have closed.
        signal(SIGPIPE, SIG_IGN)
        let code = ccurl_global_init()
        guard code == CURLE_OK else {
            return TransportError(.other, "libcurl cannot start (\(code.text))", .never)
        }
        return nil
    }()
}

extension CURLcode {
    var text: String { String(cString: curl_easy_strerror(self)) }
}
