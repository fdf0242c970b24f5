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
            sort(try await next(), of: tags, &completions, each, skipped)
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
        var ended: [Tag: Completion] = [:]
        while ended.isEmpty {
            var goesOn = true
            sort(try await next(), of: tags, &ended) { goesOn = each($0) && goesOn }
            if !goesOn, ended.isEmpty { await finishIdle() }
        }
        for (_, completion) in ended where completion.status != .ok {
            throw .refused(command: Command.idle.name, completion)
        }
    }
}

/// Apart from who waits for it: in a frame that stays for hours, what a single event takes would stay as well.
@inline(never)
private func sort(
    _ events: [Session.Event], of tags: [Tag], _ completions: inout [Tag: Completion], _ each: (Untagged) -> Void,
    _ skipped: ([UInt8]) -> Void = { _ in }
) {
    for event in events {
        switch event {
        case .untagged(let untagged): each(untagged)
        case .finished(let tag, let completion): if tags.contains(tag) { completions[tag] = completion }
        case .skipped(let bytes): skipped(bytes)
        case .ready, .idling: break
        }
    }
}

extension Connection {
    /// Says LOGOUT, waits for at most a second, and closes.
    package func logout() async {
        _ = try? await run([.logout])
        close()
    }
}
