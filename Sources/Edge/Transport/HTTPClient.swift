import CCurl

/// Requests over libcurl on the shared poller; connections are kept and used again.
package actor HTTPClient {
    package struct Options: Sendable {
        /// Trust the certificates in this PEM file and no others; `nil`: those of the system.
        package var caFile: String?
        /// As in ``ConnectionOptions/proxy``.
        package var proxy: String
        package var connectTimeout: Duration

        package init(caFile: String? = nil, proxy: String = "", connectTimeout: Duration = .seconds(20)) {
            self.caFile = caFile
            self.proxy = proxy
            self.connectTimeout = connectTimeout
        }
    }

    private static let idleConnectionLimit = 4
    private let poller: Poller
    private let options: Options
    private var multi: Multi?
    private var exchanges: [EasyHandle.ID: Exchange] = [:]
    private var lastID = 0

    package init(_ options: Options = Options(), on poller: Poller) {
        self.poller = poller
        self.options = options
    }

    isolated deinit { multi?.close() }

    package nonisolated var unownedExecutor: UnownedSerialExecutor { poller.asUnownedSerialExecutor() }

    /// An answer of any status is returned; what throws is that none came, or one beyond the limits.
    /// Cancelling the task gives up at once.
    package func send(_ request: HTTPRequest) async throws(TransportError) -> HTTPResponse {
        let target = try HTTPTarget(request)
        if Task.isCancelled { throw .cancelled }
        lastID += 1
        let id = lastID
        return try await withTaskCancellationHandler {
            await withCheckedContinuation { start(request, target, id, $0) }
        } onCancel: {
            Task { await self.cancel(id) }
        }.get()
    }

    private func start(
        _ request: HTTPRequest, _ target: HTTPTarget, _ id: Int,
        _ continuation: CheckedContinuation<Result<HTTPResponse, TransportError>, Never>
    ) {
        do throws(TransportError) {
            let multi = try openMulti()
            let easy = try EasyHandle()
            let exchange = Exchange(id, easy, peer: target.peer, bodyLimit: request.bodyLimit, continuation)
            do throws(TransportError) {
                exchange.configure(request, target, options)
                try easy.check()
                try multi.add(easy)
            } catch {
                easy.close()
                throw error
            }
            exchanges[easy.id] = exchange
        } catch {
            continuation.resume(returning: .failure(error))
        }
    }

    private func openMulti() throws(TransportError) -> Multi {
        if let multi { return multi }
        // The multi acts only while a request of ours is under way, and with it this actor.
        let multi = try Multi(on: poller) { [unowned self] easy, code in finished(easy, code) }
        multi.limitIdleConnections(to: Self.idleConnectionLimit)
        self.multi = multi
        return multi
    }

    private func finished(_ easy: EasyHandle.ID, _ code: CURLcode) {
        guard let exchange = exchanges.removeValue(forKey: easy) else { return }
        let result = exchange.result(code, usesProxy: !options.proxy.isEmpty)
        multi?.remove(exchange.easy)
        exchange.easy.close()
        exchange.continuation.resume(returning: result)
    }

    private func cancel(_ id: Int) {
        guard let (easy, exchange) = exchanges.first(where: { $0.value.id == id }) else { return }
        exchanges[easy] = nil
        multi?.remove(exchange.easy)
        exchange.easy.close()
        exchange.continuation.resume(returning: .failure(.cancelled))
    }
}

/// One request under way, on the poller's thread.
private final class Exchange {
    private static let headerCountLimit = 100
    private static let headerBytesLimit = 64 << 10

    let id: Int
    let easy: EasyHandle
    let continuation: CheckedContinuation<Result<HTTPResponse, TransportError>, Never>
    private let peer: String
    private let bodyLimit: Int
    private var headers: [HTTPHeader] = []
    private var headerBytes = 0
    private var body: [UInt8] = []
    private var exceeded: String?

    init(
        _ id: Int, _ easy: EasyHandle, peer: String, bodyLimit: Int,
        _ continuation: CheckedContinuation<Result<HTTPResponse, TransportError>, Never>
    ) {
        self.id = id
        self.easy = easy
        self.peer = peer
        self.bodyLimit = bodyLimit
        self.continuation = continuation
    }

    func configure(_ request: HTTPRequest, _ target: HTTPTarget, _ options: HTTPClient.Options) {
        easy.set(CURLOPT_URL, request.url)
        easy.allow(target.isTLS ? "https" : "http", target.isTLS ? ccurl_bit_https : ccurl_bit_http)
        easy.set(CURLOPT_HTTP_VERSION, Int(CURL_HTTP_VERSION_1_1))
        easy.set(CURLOPT_FOLLOWLOCATION, 0)
        // The limit of a body is one of what it becomes.
        easy.set(CURLOPT_ACCEPT_ENCODING, "gzip")
        easy.set(CURLOPT_TIMEOUT_MS, milliseconds: request.timeout)
        easy.set(CURLOPT_CONNECTTIMEOUT_MS, milliseconds: options.connectTimeout)
        easy.set(CURLOPT_LOW_SPEED_LIMIT, 1)
        easy.set(CURLOPT_LOW_SPEED_TIME, seconds: request.idleTimeout)
        easy.setTrust(options.caFile)
        easy.setProxy(options.proxy)
        var lines = request.headers.map { Array("\($0.name): \($0.value)".utf8) }
        if let bearer = request.bearer { lines.append(bearer.reveal { Array("Authorization: Bearer ".utf8) + $0 }) }
        for header in request.secretHeaders {
            lines.append(header.value.reveal { Array("\(header.name): ".utf8) + $0 })
        }
        easy.setHeaders(lines)
        if let body = request.body { easy.set(CURLOPT_COPYPOSTFIELDS, body) }
        let context = Unmanaged.passUnretained(self).toOpaque()
        easy.set(CURLOPT_HEADERDATA, context)
        easy.set(CURLOPT_HEADERFUNCTION) { bytes, size, count, context in
            Exchange.take(bytes, size * count, context) { $0.appendHeader($1) }
        }
        easy.set(CURLOPT_WRITEDATA, context)
        easy.set(CURLOPT_WRITEFUNCTION) { bytes, size, count, context in
            Exchange.take(bytes, size * count, context) { $0.appendBody($1) }
        }
    }

    /// Taking fewer bytes than given ends the transfer.
    private static func take(
        _ bytes: UnsafeMutablePointer<CChar>?, _ count: Int, _ context: UnsafeMutableRawPointer?,
        _ append: (Exchange, UnsafeRawBufferPointer) -> Bool
    ) -> Int {
        guard let bytes, let context else { return 0 }
        let exchange = Unmanaged<Exchange>.fromOpaque(context).takeUnretainedValue()
        return append(exchange, UnsafeRawBufferPointer(start: bytes, count: count)) ? count : 0
    }

    private func appendHeader(_ line: UnsafeRawBufferPointer) -> Bool {
        // An interim answer (103) comes before the real one.
        if line.starts(with: "HTTP/".utf8) { headers = [] }
        headerBytes += line.count
        guard headerBytes <= Self.headerBytesLimit, headers.count < Self.headerCountLimit else {
            exceeded = "more headers than are accepted"
            return false
        }
        guard let colon = line.firstIndex(of: UInt8(ascii: ":")), !line.starts(with: "HTTP/".utf8) else { return true }
        headers.append(HTTPHeader(Self.text(line[..<colon]), Self.text(line[(colon + 1)...])))
        return true
    }

    private func appendBody(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= bodyLimit else {
            exceeded = "more than \(bodyLimit) bytes"
            return false
        }
        body += bytes
        return true
    }

    private static func text(_ bytes: Slice<UnsafeRawBufferPointer>) -> String {
        let isSpace = { (byte: UInt8) in byte <= 32 }
        let trimmed = bytes.drop(while: isSpace).reversed().drop(while: isSpace).reversed()
        return String(decoding: Array(trimmed), as: UTF8.self)
    }

    func result(_ code: CURLcode, usesProxy: Bool) -> Result<HTTPResponse, TransportError> {
        if let exceeded {
            return .failure(TransportError(.other, "\(peer) answers with \(exceeded)", .retryLater(after: nil)))
        }
        guard code == CURLE_OK else {
            return .failure(TransportError(CurlFailure(code, of: easy), peer: peer, usesProxy: usesProxy))
        }
        let seconds = min(easy.offset(CURLINFO_RETRY_AFTER), 86_400)
        return .success(
            HTTPResponse(
                status: easy.number(CURLINFO_RESPONSE_CODE), headers: headers, body: body,
                retryAfter: seconds > 0 ? .seconds(seconds) : nil))
    }
}
