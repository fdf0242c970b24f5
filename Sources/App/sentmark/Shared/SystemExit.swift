/// The statuses of sysexits.h that this program ends with (design: contracts, "Command line").
enum SystemExit: Int32, Sendable, CaseIterable {
    /// Wrong arguments.
    case usage = 64
    /// Input that is not what it should be.
    case dataError = 65
    /// A server, or something that was asked for, is not there.
    case unavailable = 69
    /// A recipient does not exist.
    case noUser = 67
    /// A mistake of this program.
    case software = 70
    case inputOutput = 74
    /// The same may work later.
    case temporary = 75
    case permission = 77
    case configuration = 78
}
