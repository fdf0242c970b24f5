import CCurl

/// A multi handle of libcurl that is driven by the poller. Lives on the poller's thread.
///
/// Every owner has its own: a shared one shares connections too, and libcurl has mixed up their TLS states.
final class Multi {
    private let handle: UnsafeMutableRawPointer
    private let poller: Poller
    /// An easy handle's transfer has ended. Comes after libcurl has returned, so that it may be closed here.
    private let finished: (EasyHandle.ID, CURLcode) -> Void
    private var sockets: Set<Int32> = []
    /// libcurl has nothing to do any more; whoever took the socket over watches it.
    private var isQuiet = false
    private var isClosed = false

    init(
        on poller: Poller, finished: @escaping (EasyHandle.ID, CURLcode) -> Void
    ) throws(TransportError) {
        guard let handle = curl_multi_init() else { throw .outOfMemory }
        self.handle = handle
        self.poller = poller
        self.finished = finished
        let context = Unmanaged.passUnretained(self).toOpaque()
        guard ccurl_multi_set_callbacks(handle, Self.socketChanged, Self.timerChanged, context) == CURLM_OK else {
            close()
            throw .outOfMemory
        }
    }

    /// Starts the transfer. libcurl asks for a timer at once, so that nothing of it runs before this has returned.
    func add(_ easy: EasyHandle) throws(TransportError) {
        guard curl_multi_add_handle(handle, easy.pointer) == CURLM_OK else { throw .outOfMemory }
    }

    /// Ends the transfer, finished or not.
    func remove(_ easy: EasyHandle) {
        guard !isClosed else { return }
        curl_multi_remove_handle(handle, easy.pointer)
    }

    func limitIdleConnections(to count: Int) {
        _ = ccurl_multi_set_long(handle, CURLMOPT_MAXCONNECTS, count)
    }

    /// Stops watching, without touching handle or connection.
    func quiet() {
        isQuiet = true
        poller.cancelTimer(of: self)
        for socket in sockets { poller.unwatch(socket) }
        sockets = []
    }

    /// Closes the connections that are kept. The easy handles must have been removed.
    func close() {
        guard !isClosed else { return }
        isClosed = true
        quiet()
        curl_multi_cleanup(handle)
    }
}

extension Multi {
    private static let socketChanged: ccurl_socket = { _, socket, what, context, _ in
        guard let context else { return 0 }
        return Unmanaged<Multi>.fromOpaque(context).takeUnretainedValue().watch(socket, what) ? 0 : -1
    }

    private static let timerChanged: ccurl_timer = { _, milliseconds, context in
        guard let context else { return 0 }
        Unmanaged<Multi>.fromOpaque(context).takeUnretainedValue().setTimer(milliseconds)
        return 0
    }

    private func watch(_ socket: Int32, _ what: Int32) -> Bool {
        guard !isQuiet else { return true }
        var interest: Poller.Readiness = []
        if what == CURL_POLL_IN || what == CURL_POLL_INOUT { interest.insert(.readable) }
        if what == CURL_POLL_OUT || what == CURL_POLL_INOUT { interest.insert(.writable) }
        guard !interest.isEmpty else {
            sockets.remove(socket)
            poller.unwatch(socket)
            return true
        }
        sockets.insert(socket)
        return poller.watch(socket, for: interest) { ready in
            var events: Int32 = 0
            if ready.contains(.readable) { events |= CURL_CSELECT_IN }
            if ready.contains(.writable) { events |= CURL_CSELECT_OUT }
            if ready.contains(.broken) { events |= CURL_CSELECT_ERR }
            self.act(socket, events)
        }
    }

    private func setTimer(_ milliseconds: Int) {
        guard !isQuiet else { return }
        guard milliseconds >= 0 else { return poller.cancelTimer(of: self) }
        // libcurl forbids calls from inside this callback: 0 too goes by way of the poller.
        poller.setTimer(of: self, after: .milliseconds(milliseconds)) { self.act(CURL_SOCKET_TIMEOUT, 0) }
    }

    private func act(_ socket: curl_socket_t, _ events: Int32) {
        var running: Int32 = 0
        _ = curl_multi_socket_action(handle, socket, events, &running)
        var ended: [(EasyHandle.ID, CURLcode)] = []
        var left: Int32 = 0
        while let message = curl_multi_info_read(handle, &left) {
            guard message.pointee.msg == CURLMSG_DONE, let easy = message.pointee.easy_handle else { continue }
            ended.append((EasyHandle.ID(easy), ccurl_message_result(message)))
        }
        for (id, code) in ended { finished(id, code) }
    }
}

extension TransportError {
    package static let outOfMemory = TransportError(.other, "libcurl cannot allocate memory", .retryLater(after: nil))
}
