import Foundation
import Host
import Settings
import Transport

/// What was found on this machine.
struct HostFacts: Sendable {
    var stateDirectory: String
    /// `nil` when it is fine or not there yet.
    var stateProblem: Failure?
    var stateIsMissing: Bool
    /// Free bytes where the state is or will be.
    var free: UInt64?
    var agent: AgentPresence
    var curl: String
    var curlMissing: [String]
    var curlWarnings: [String]
}

/// What the facts about this machine mean.
enum HostChecks {
    /// Bytes. Years of hits fit into the first; below the second the next write may fail.
    static let lowSpace: UInt64 = 200 << 20
    static let noSpace: UInt64 = 10 << 20

    static func checks(_ facts: HostFacts) -> [Check] {
        let topic = "machine"
        var checks = [curl(topic, facts)]
        if let problem = facts.stateProblem {
            checks.append(Check(topic, "state", problem))
        } else if facts.stateIsMissing {
            checks.append(Check(topic, "state", .good, "\(facts.stateDirectory) will be made at the first start"))
        } else {
            checks.append(Check(topic, "state", .good, facts.stateDirectory))
        }
        if let free = facts.free { checks.append(disk(topic, free)) }
        switch facts.agent {
        case .running(let pid): checks.append(Check(topic, "agent", .good, "runs as process \(pid)"))
        case .unknown: checks.append(Check(topic, "agent", .warning, "whether it runs cannot be told on this system"))
        case .notRunning:
            checks.append(
                Check(
                    topic, "agent", .warning, "does not run",
                    action: "start it with 'sentmark run' or 'sentmark service install'"))
        }
        return checks
    }

    /// For one that was read; problems are checks of their own.
    static func configuration(_ settings: Settings, path: String) -> [Check] {
        let warnings = settings.warnings.map { Check("configuration", "file", .warning, $0.description) }
        let parts = [
            settings.accounts.count.counted("account"),
            (settings.sources.count + settings.providers.count).counted("source"),
            settings.server == nil ? nil : "a pixel server",
        ].compactMap { $0 }
        let summary = Check("configuration", "file", .good, "\(path) (\(parts.joined(separator: ", ")))")
        return [summary] + warnings
    }

    static func configuration(_ problems: SettingsProblems) -> [Check] {
        problems.problems.map { Check("configuration", "file", .failed(.configuration), $0.description) }
    }

    private static func curl(_ topic: String, _ facts: HostFacts) -> Check {
        if !facts.curlMissing.isEmpty {
            return Check(
                topic, "libcurl", .failed(.unavailable),
                "\(facts.curl) lacks \(facts.curlMissing.joined(separator: ", "))",
                action: "install a complete libcurl")
        }
        guard let first = facts.curlWarnings.first else { return Check(topic, "libcurl", .good, facts.curl) }
        return Check(topic, "libcurl", .warning, first)
    }

    private static func disk(_ topic: String, _ free: UInt64) -> Check {
        let text = free >= 10 << 30 ? "\(free >> 30) GB free" : "\(free >> 20) MB free"
        guard free < lowSpace else { return Check(topic, "disk", .good, text) }
        return Check(
            topic, "disk", free < noSpace ? .failed(.inputOutput) : .warning, text,
            action: "make room; what cannot be written is tried again later")
    }
}

extension HostFacts {
    /// Looks, and changes nothing.
    init(_ directories: Directories) {
        stateDirectory = directories.state
        let attributes = try? FileManager.default.attributesOfItem(atPath: directories.state)
        stateIsMissing = attributes == nil
        if attributes != nil {
            do throws(HostError) {
                // For one that is there this checks and makes nothing.
                try Directories.create(directories.state)
                if access(directories.state, W_OK) != 0 {
                    stateProblem = Failure(
                        .permission, "\(directories.state): cannot be written", action: "check its owner and mode")
                }
            } catch {
                stateProblem = Failure(error)
            }
        }
        free = (try? DiskSpace(at: Self.existing(directories.state)))?.available
        agent = AgentPresence.find(lock: directories.state + "/agent.lock")
        curl = "libcurl \(CurlVersion.running)"
        curlMissing = CurlVersion.missing
        curlWarnings = CurlVersion.running.warnings
    }

    /// The nearest directory on the way to a path that is there.
    private static func existing(_ path: String) -> String {
        var path = path
        while !FileManager.default.fileExists(atPath: path), let slash = path.lastIndex(of: "/") {
            path = slash == path.startIndex ? "/" : String(path[..<slash])
        }
        return path
    }
}
