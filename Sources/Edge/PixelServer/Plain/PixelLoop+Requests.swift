#if os(Linux)
    import Foundation
    import Glibc
    import NIOCore

    extension PixelLoop {
        private static let linger = TimeAmount.seconds(1)

        /// Something has come, or the client has ended its direction.
        func ready(_ connection: PlainConnection) {
            switch connection.phase {
            case .storing: connection.hasMore = true
            case .waiting(let until): read(connection, until)
            case .lingering: drain(connection)
            }
        }

        private func read(_ connection: PlainConnection, _ until: NIODeadline) {
            let count = recv(connection.key.descriptor, buffer.baseAddress, buffer.count, 0)
            guard count > 0 else {
                if count == 0 || errno != EAGAIN && errno != EINTR { close(connection) }
                return
            }
            let bytes = UnsafeRawBufferPointer(rebasing: buffer[..<count])
            guard count < buffer.count, let request = HeadDecoder.only(bytes, pixels.limits.head),
                Pixels.isPixel(request.path), request.method == "GET" || request.method == "HEAD"
            else { return handOver(connection, received: bytes, until: until) }
            connection.isFresh = false
            connection.isHead = request.method == "HEAD"
            connection.closes = !request.keepAlive
            let client = pixels.client(of: request, peer: connection.peer)
            if pixels.admits(request, from: client) {
                store(pixels.entry(for: request, from: client), for: connection)
            } else {
                send(.tooMany, to: connection, at: moment)
            }
        }

        func send(_ answer: EncodedAnswers.Answer, to connection: PlainConnection, at moment: Moment) {
            let closes = connection.closes || connection.isEnded || isEnding
            let isSent = answers.withBytes(of: answer, at: moment.date, head: connection.isHead, close: closes) {
                bytes in
                // A client that has not taken so many answers that this one has no room does not read.
                Glibc.send(connection.key.descriptor, bytes.baseAddress, bytes.count, CInt(MSG_NOSIGNAL))
                    == bytes.count
            }
            guard isSent else { return close(connection) }
            if closes {
                shutdown(connection.key.descriptor, CInt(SHUT_WR))
                connection.phase = .lingering(until: .now() + Self.linger)
                drain(connection)
            } else {
                connection.phase = .waiting(until: moment.headDeadline)
                if connection.hasMore {
                    connection.hasMore = false
                    ready(connection)
                }
            }
        }

        /// Others have something to say as well: what is left after some reads is dropped when the time is over.
        private func drain(_ connection: PlainConnection) {
            for _ in 0..<16 {
                let count = recv(connection.key.descriptor, buffer.baseAddress, buffer.count, 0)
                if count == 0 || count < 0 && errno != EAGAIN && errno != EINTR { return close(connection) }
                if count < 0 { return }
            }
        }
    }

    /// The loop's answers as bytes. The one that nearly everybody gets is made once a second.
    struct EncodedAnswers {
        enum Answer { case pixel, notStored, tooMany }

        private var clock = HTTPClock()
        private var date = ""
        private var pixel = ByteBuffer()

        mutating func withBytes<Result>(
            of answer: Answer, at now: Date, head: Bool, close: Bool, _ body: (UnsafeRawBufferPointer) -> Result
        ) -> Result {
            let date = clock.text(now)
            if date != self.date {
                self.date = date
                pixel = Response.pixel.encoded(date: date, body: true, close: false)
            }
            if answer == .pixel, !head, !close { return pixel.withUnsafeReadableBytes(body) }
            let response: Response =
                switch answer {
                case .pixel: .pixel
                case .notStored: .notStored
                case .tooMany: .tooMany
                }
            return response.encoded(date: date, body: !head, close: close).withUnsafeReadableBytes(body)
        }
    }
#endif
