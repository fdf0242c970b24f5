/// Commands about messages that are named by UID can be cut into several.
extension Command {
    /// The messages; of a search, those of its first UID set. `nil` for all other commands.
    package var uids: UIDSet? {
        switch self {
        case .uidFetch(let set, _, _, _), .uidStore(let set, _, _, _, _), .uidStoreLabels(let set, _, _),
            .uidCopy(let set, _), .uidMove(let set, _), .uidExpunge(let set):
            set
        case .uidSearch(let key, _): key.uidSet
        case .capability, .noop, .logout, .id, .enable, .list, .status, .select, .examine, .idle, .compress, .notify,
            .append, .create,
            .subscribe:
            nil
        }
    }

    /// The same about other messages; commands that name none as they are.
    package func about(_ set: UIDSet) -> Command {
        switch self {
        case .uidFetch(_, let items, let changedSince, let vanished):
            .uidFetch(set, items, changedSince: changedSince, vanished: vanished)
        case .uidStore(_, let action, let flags, let silent, let unchangedSince):
            .uidStore(set, action, flags, silent: silent, unchangedSince: unchangedSince)
        case .uidStoreLabels(_, let action, let labels): .uidStoreLabels(set, action, labels)
        case .uidCopy(_, let mailbox): .uidCopy(set, mailbox)
        case .uidMove(_, let mailbox): .uidMove(set, mailbox)
        case .uidExpunge: .uidExpunge(set)
        case .uidSearch(let key, let returning):
            key.uidSet == nil ? self : .uidSearch(key.replacingSet(set), returning: returning)
        case .capability, .noop, .logout, .id, .enable, .list, .status, .select, .examine, .idle, .compress, .notify,
            .append, .create,
            .subscribe:
            self
        }
    }

    /// The command as several whose lines are short enough, each with a part of the UID set; commands without a set as
    /// they are. A search splits at its first UID set: the results' union is the result.
    package func split(maxLineLength: Int = Command.maxLineLength) -> [Command] {
        guard let set = uids, let parts = try? about(UIDSet(1)).parts() else { return [self] }
        let overhead = parts.reduce(0) { if case .text(let text) = $1 { $0 + text.count } else { $0 } }
        let pieces = set.split(maxLength: max(0, maxLineLength - overhead)).map(about)
        return pieces.isEmpty ? [self] : pieces
    }
}
