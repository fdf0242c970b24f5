/// Lets a few log in to a host at once and the others wait their turn: each login costs the server a look-up of the
/// password, made slow on purpose, and a thousand at once look like an attack.
actor LoginTurns {
    /// At once, to one host.
    static let most = 4

    private struct Waiting {
        let id: Int
        let turn: CheckedContinuation<Bool, Never>
    }

    private var taken: [String: Int] = [:]
    private var queues: [String: [Waiting]] = [:]
    private var lastID = 0

    /// Waits for a turn, which has to be given back. False if the task was cancelled meanwhile: there is none then.
    func take(at host: String) async -> Bool {
        if Task.isCancelled { return false }
        if taken[host, default: 0] < Self.most {
            taken[host, default: 0] += 1
            return true
        }
        lastID += 1
        let id = lastID
        return await withTaskCancellationHandler {
            await withCheckedContinuation { continuation in
                if Task.isCancelled {
                    continuation.resume(returning: false)
                } else {
                    queues[host, default: []].append(Waiting(id: id, turn: continuation))
                }
            }
        } onCancel: {
            Task { await self.leave(id, host) }
        }
    }

    func giveBack(at host: String) {
        guard queues[host]?.isEmpty == false, let next = queues[host]?.removeFirst() else {
            taken[host, default: 1] -= 1
            return
        }
        next.turn.resume(returning: true)
    }

    private func leave(_ id: Int, _ host: String) {
        guard let index = queues[host]?.firstIndex(where: { $0.id == id }) else { return }
        queues[host]?.remove(at: index).turn.resume(returning: false)
    }
}
