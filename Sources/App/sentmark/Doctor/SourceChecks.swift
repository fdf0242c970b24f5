/// What was found when a source was tried, as far as it went.
struct SourceFacts: Sendable {
    struct Server: Sendable {
        var acceptsCredential: Bool
        /// How far its clock is ahead of ours; negative behind, `nil` unknown.
        var clockDifference: Duration?
        /// It is a file.
        var isLog = false
    }

    var source: String
    var url: String
    /// The stream that the credential is of.
    var credential: Result<UInt32, Failure>?
    var server: Result<Server, Failure>?

    init(source: String, url: String) {
        self.source = source
        self.url = url
    }
}

/// What the facts about a source mean.
enum SourceChecks {
    /// Above the first, times of opens look odd; above the second, rules about time are wrong.
    static let clockWarning = Duration.seconds(5)
    static let clockFailure = Duration.seconds(60)

    static func checks(_ facts: SourceFacts) -> [Check] {
        let topic = "source \(facts.source)"
        var checks: [Check] = []
        switch facts.credential {
        case nil: break
        case .failure(let failure): return [Check(topic, "credential", failure)]
        case .success(let stream): checks.append(Check(topic, "credential", .good, "read, of stream \(stream)"))
        }
        switch facts.server {
        case nil: break
        case .failure(let failure): checks.append(Check(topic, "server", failure))
        case .success(let server) where server.isLog:
            checks.append(Check(topic, "log", .good, "\(facts.url) can be read"))
        case .success(let server):
            checks.append(Check(topic, "server", .good, "\(facts.url) answers"))
            checks.append(
                server.acceptsCredential
                    ? Check(topic, "access", .good, "the credential is accepted")
                    : Check(
                        topic, "access", .failed(.permission), "the server refuses the credential",
                        action: "make a new one with 'sentmark stream add' on the server"))
            if let difference = server.clockDifference { checks.append(clock(topic, difference)) }
        }
        return checks
    }

    private static func clock(_ topic: String, _ difference: Duration) -> Check {
        let distance = difference < .zero ? .zero - difference : difference
        guard distance >= .seconds(1) else { return Check(topic, "clock", .good, "the same as the server's") }
        let side = difference > .zero ? "behind" : "ahead of"
        let detail = "\(distance.components.seconds) s \(side) the server's"
        if distance <= clockWarning { return Check(topic, "clock", .good, detail) }
        return Check(
            topic, "clock", distance > clockFailure ? .failed(.unavailable) : .warning, detail,
            action: "set both clocks by NTP: verdicts go by the time between sending and opening")
    }
}
