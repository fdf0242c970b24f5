/// Where a session stands.
extension Session {
    enum Phase: Equatable {
        case fresh
        case resynchronising(Tag)
        case ready
        case closed
    }

    /// Who may send next.
    enum Gate {
        case open
        /// The last command in flight has pieces left and waits for a `+`.
        case literal
        /// A command that runs alone.
        case exclusive
        case idle(IdleState)
    }

    enum IdleState {
        /// No `+` yet.
        case requested(finish: Bool)
        case active(since: Int64)
        case finishing
    }

    struct Outgoing {
        let tag: Tag
        let name: String
        let discipline: Command.Discipline
        let size: Int
        /// Emptied when it is sent.
        var parts: [CommandPart]
        /// What is left to send, each piece but the first after a `+`.
        var pieces: ArraySlice<[UInt8]> = []

        init(tag: Tag, command: Command, parts: [CommandPart]) {
            self.tag = tag
            self.parts = parts
            name = command.name
            size = parts.reduce(0) { $0 + $1.bytes.count }
            discipline = command.discipline
        }

        var runsAlone: Bool { discipline != .pipelined }
    }
}
