import Synchronization

/// How many connections of strangers may be open at once, wherever they are served.
final class Seats: Sendable {
    private let limit: Int
    private let count = Atomic(0)
    private let refusals = Atomic(0)

    init(_ limit: Int) { self.limit = limit }

    var taken: Int { count.load(ordering: .relaxed) }
    /// Since the start.
    var refused: Int { refusals.load(ordering: .relaxed) }

    /// `nil` when all are taken.
    func take() -> Seat? {
        guard count.add(1, ordering: .relaxed).newValue <= limit else {
            leave()
            refusals.add(1, ordering: .relaxed)
            return nil
        }
        return Seat(of: self)
    }

    fileprivate func leave() { count.subtract(1, ordering: .relaxed) }
}

/// Taken until it is released.
final class Seat: Sendable {
    private let seats: Seats
    fileprivate init(of seats: Seats) { self.seats = seats }
    deinit { seats.leave() }
}
