import IMAP

extension MailConnection {
    /// Runs commands, all of which may be in flight at once, and returns how each ended, in their order.
    /// `each` gets every untagged response that arrives meanwhile, whomever it concerns; `skipped` the first bytes of
    /// every one that could not be read.
    nonisolated(nonsending) package func run(
        _ commands: [Command], each: (Untagged) -> Void = { _ in }, skipped: ([UInt8]) -> Void = { _ in }
    ) async throws(MailboxError) -> [Completion] {
        let tags = try await start(commands)
        var completions: [Tag: Completion] = [:]
        while completions.count < tags.count {
            for event in try await next() {
                switch event {
                case .untagged(let untagged): each(untagged)
                case .finished(let tag, let completion): if tags.contains(tag) { completions[tag] = completion }
                case .skipped(let bytes): skipped(bytes)
                case .ready, .idling: break
                }
            }
        }
        return tags.compactMap { completions[$0] }
    }

    /// Runs one command that has to succeed.
    @discardableResult
    nonisolated(nonsending) package func require(
        _ command: Command, each: (Untagged) -> Void = { _ in }
    ) async throws(MailboxError) -> Completion {
        guard let completion = try await run([command], each: each).first else { throw .cancelled }
        guard completion.status == .ok else { throw .refused(command: command.name, completion) }
        return completion
    }

    /// Waits in IDLE until `each` asks to stop by returning `false`, ``finishIdle()`` is called, or the server or the
    /// session's time limit ends it.
    ///
    /// `begun` is called as soon as ``finishIdle()`` has an IDLE to end: before that it would have no effect.
    nonisolated(nonsending) package func idle(
        begun: () -> Void = {}, each: (Untagged) -> Bool
    ) async throws(MailboxError) {
        let tags = try await start([.idle])
        begun()
        var ended: Completion?
        while ended == nil {
            var goOn = true
            for event in try await next() {
                switch event {
                case .untagged(let untagged): goOn = each(untagged) && goOn
                case .finished(let tag, let completion): if tags.contains(tag) { ended = completion }
                case .ready, .idling, .skipped: break
                }
            }
            if !goOn, ended == nil { await finishIdle() }
        }
        if let ended, ended.status != .ok { throw .refused(command: Command.idle.name, ended) }
    }
}

extension Connection {
    /// Says LOGOUT, waits for at most a second, and closes.
    package func logout() async {
        _ = try? await run([.logout])
        close()
    }
}
