import CCurl
import Secrets

#if canImport(Glibc)
    import Glibc
#else
    import Darwin
#endif

/// An easy handle of libcurl: one connection, or one request. Lives on the poller's thread; ``close()`` ends it.
final class EasyHandle {
    struct ID: Hashable, Sendable {
        private let address: UInt
        init(_ pointer: UnsafeMutableRawPointer) { address = UInt(bitPattern: pointer) }
    }

    let pointer: UnsafeMutableRawPointer
    var id: ID { ID(pointer) }
    private let message: UnsafeMutablePointer<CChar>
    private var refused: CURLcode?
    private var list: UnsafeMutablePointer<curl_slist>?
    private var isClosed = false

    init() throws(TransportError) {
        guard let pointer = curl_easy_init() else { throw .outOfMemory }
        self.pointer = pointer
        message = .allocate(capacity: Int(CURL_ERROR_SIZE))
        message.initialize(repeating: 0, count: Int(CURL_ERROR_SIZE))
        set(CURLOPT_ERRORBUFFER, message)
        set(CURLOPT_NOSIGNAL, 1)
        ccurl_do_not_wait_for_resolver(pointer)
        set(CURLOPT_TCP_KEEPALIVE, 1)
        set(CURLOPT_SSLVERSION, Int(CURL_SSLVERSION_TLSv1_2))
        set(CURLOPT_SSL_VERIFYPEER, 1)
        set(CURLOPT_SSL_VERIFYHOST, 2)
        set(CURLOPT_SUPPRESS_CONNECT_HEADERS, 1)
    }

    func set(_ option: CURLoption, _ value: Int) { note(ccurl_set_long(pointer, option, value)) }
    func set(_ option: CURLoption, _ value: String?) { note(ccurl_set_string(pointer, option, value)) }
    func set(_ option: CURLoption, _ value: UnsafeMutableRawPointer) { note(ccurl_set_pointer(pointer, option, value)) }
    func set(_ option: CURLoption, _ value: @escaping ccurl_bytes) { note(ccurl_set_bytes(pointer, option, value)) }

    /// The secret must not hold a NUL.
    func set(_ option: CURLoption, _ value: Secret) {
        value.reveal { bytes in
            (bytes + [0]).withUnsafeBufferPointer { buffer in
                buffer.withMemoryRebound(to: CChar.self) { note(ccurl_set_string(pointer, option, $0.baseAddress)) }
            }
        }
    }

    func set(_ option: CURLoption, milliseconds value: Duration) {
        let (seconds, attoseconds) = value.components
        set(option, max(1, Int(seconds * 1000 + attoseconds / 1_000_000_000_000_000)))
    }

    func set(_ option: CURLoption, seconds value: Duration) {
        set(option, max(1, Int(value.components.seconds)))
    }

    func allow(_ scheme: String, _ bit: Int) { note(ccurl_allow_protocol(pointer, scheme, bit)) }

    /// Header lines of a request, each `Name: value`.
    func setHeaders(_ lines: [[UInt8]]) {
        for line in lines {
            (line + [0]).withUnsafeBufferPointer { buffer in
                buffer.withMemoryRebound(to: CChar.self) { text in
                    guard let longer = curl_slist_append(list, text.baseAddress) else {
                        return note(CURLE_OUT_OF_MEMORY)
                    }
                    list = longer
                }
            }
        }
        note(ccurl_set_list(pointer, CURLOPT_HTTPHEADER, list))
    }

    /// A proxy only where one is named, whatever the environment says.
    func setProxy(_ proxy: String) {
        set(CURLOPT_PROXY, proxy)
        set(CURLOPT_NOPROXY, "")
    }

    /// Whose certificates to believe: those of the file alone, or the system's.
    func setTrust(_ file: String?) {
        if let file {
            set(CURLOPT_CAINFO, file)
            // The built-in directory would be believed as well.
            set(CURLOPT_CAPATH, nil)
        } else if let directory = Self.systemDirectory {
            // Reading one certificate of a directory takes 2 ms and 56 KB a connection; the bundle 27 ms and 846 KB.
            set(CURLOPT_CAINFO, nil)
            set(CURLOPT_CAPATH, directory)
        }
    }

    /// Throws what libcurl did not accept of all that was set.
    func check() throws(TransportError) {
        guard let refused else { return }
        if refused == CURLE_OUT_OF_MEMORY { throw .outOfMemory }
        throw TransportError(.other, "libcurl \(CurlVersion.running) refuses an option (\(refused.text))", .never)
    }

    func number(_ info: CURLINFO) -> Int {
        var value = 0
        return ccurl_get_long(pointer, info, &value) == CURLE_OK ? value : 0
    }

    func offset(_ info: CURLINFO) -> Int64 {
        var value: curl_off_t = 0
        return ccurl_get_offset(pointer, info, &value) == CURLE_OK ? Int64(value) : 0
    }

    /// The connection's socket.
    var socket: Int32? {
        var socket: curl_socket_t = -1
        return ccurl_get_socket(pointer, &socket) == CURLE_OK && socket >= 0 ? socket : nil
    }

    /// What libcurl or the TLS library said about the failure; may be empty.
    var errorText: String { String(cString: message) }

    func close() {
        guard !isClosed else { return }
        isClosed = true
        curl_easy_cleanup(pointer)
        curl_slist_free_all(list)
        message.deallocate()
    }
}

extension EasyHandle {
    private func note(_ code: CURLcode) {
        if code != CURLE_OK, refused == nil { refused = code }
    }

    private func set(_ option: CURLoption, _ value: UnsafeMutablePointer<CChar>) {
        set(option, UnsafeMutableRawPointer(value))
    }

    /// The directory that libcurl was built with, if it is one that OpenSSL can search: names are hashes.
    private static let systemDirectory: String? = {
        guard let easy = curl_easy_init() else { return nil }
        defer { curl_easy_cleanup(easy) }
        guard let path = ccurl_built_in_ca_directory(easy), let directory = opendir(path) else { return nil }
        defer { closedir(directory) }
        while let entry = readdir(directory) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            guard name.count == 10, name.hasSuffix(".0"), name.prefix(8).allSatisfy(\.isHexDigit) else { continue }
            return String(cString: path)
        }
        return nil
    }()
}
